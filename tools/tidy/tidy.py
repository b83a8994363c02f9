#!/usr/bin/env python3
"""Tidy: what a tool can check about the form of this tree, so that nobody has to discuss it.

    tools/tidy/tidy.py             run all checks (ctest -L tidy does)
    tools/tidy/tidy.py --sizes     the longest files and functions, for people to judge
    tools/tidy/tidy.py --format    format all C files

Each check prints its findings as "file:line: check: what, and what to do instead". Two tables stand
beside this script: layers.txt (which room may look into which) and exempt.txt (what may break a
check, and why; that list may only shrink). docs/STYLE.md explains the checks.
"""

import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CLANG_FORMAT = "clang-format-14"

# Pattern in the code of src, include and bench (without comments and strings) -> what to use instead.
# Members called the same (x->free) do not count.
BANNED = {
    r"(?:malloc|calloc|realloc|reallocarray|free|aligned_alloc|posix_memalign)\s*\(":
        "heap_alloc and friends of base/heap.h, or an arena",
    r"(?:strcpy|strcat|stpcpy|strncpy|strncat)\s*\(": "memcpy with a size that was checked, or snprintf",
    r"v?sprintf\s*\(": "snprintf",
    r"gets\s*\(": "fgets",
    r"(?:atoi|atol|atoll|atof)\s*\(": "a parser that says when its text is no number",
    r"(?:strtok|asctime|ctime|gmtime|localtime)\s*\(": "the variant that ends in _r: these share state",
    r"(?:rand|srand|random|srandom|drand48)\s*\(": "base/rng.h: seeded, the same everywhere",
    r"alloca\s*\(": "an array of fixed size, or an arena",
    r"(?:setjmp|longjmp)\s*\(": "a status (base/status.h)",
    r"(?:sleep|usleep|nanosleep)\s*\(": "waiting for what you wait for",
    r"assert\s*\(": "ASSERT or VERIFY of base/assert.h",
    r"__int128\b": "uint128 of base/compiler.h",
}
ATOMICS = r"\b(?:_Atomic|atomic_\w+|memory_order_\w+|__atomic_\w+|__sync_\w+)\b"
ATOMIC_PLACES = ("src/sync/", "src/sched/", "src/state/mv", "src/metrics/counter.h")
MACHINE_PATH = re.compile(r"(?:^|[^\w./~-])/(?:work|home|root|Users|farm)/[\w.]")
SIZE_ASKED = {".c": 600, ".h": 250}
FILE_BYTES_MAX = 1 << 20  # nothing that people wrote is larger
FUNCTION_ASKED = 70


class Findings:
    """What the checks found, less what exempt.txt allows."""

    def __init__(self):
        self.found = defaultdict(list)  # check -> [(path, line, text)]
        self.allowed = {}               # (check, path, or folder/) -> line in exempt.txt
        self.used = set()

    def add(self, check, path, line, text):
        for place in (path, os.path.dirname(path) + "/"):
            if (check, place) in self.allowed:
                self.used.add((check, place))
                return
        self.found[check].append((path, line, text))


def tracked_files():
    """Paths of all files that are, or are about to be, in the repository; from an archive: all."""
    inside_git = shutil.which("git") and (ROOT / ".git").exists()
    if inside_git:
        command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    else:
        names = {str(p.relative_to(ROOT)) for p in ROOT.rglob("*")
                 if "node_modules" not in p.parts and p.relative_to(ROOT).parts[0] not in ("build", ".git")}
    return sorted(name for name in set(names) if (ROOT / name).is_file())


def without_comments(text):
    """The code with comments, strings and characters blanked, and the lines of // comments."""
    pattern = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
    slashes = []

    def blank(match):
        piece = match.group()
        if piece.startswith("//"):
            slashes.append(text.count("\n", 0, match.start()) + 1)
        if piece.startswith('"'):
            return '"' + " " * (len(piece) - 2) + '"'
        return re.sub(r"[^\n]", " ", piece)

    return pattern.sub(blank, text), slashes


class Tree:
    def __init__(self):
        self.files = tracked_files()
        self.c_files = [f for f in self.files if f.endswith((".c", ".h"))]
        self.sources = [f for f in self.files if f.endswith((".c", ".h", ".def", ".inc"))]
        self.text = {}
        self.code = {}
        self.slashes = {}
        for path in self.files:
            try:
                self.text[path] = (ROOT / path).read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue  # not a text
        for path in self.sources:
            self.code[path], self.slashes[path] = without_comments(self.text[path])


def lines_matching(pattern, text):
    for number, line in enumerate(text.splitlines(), 1):
        match = re.search(pattern, line)
        if match:
            yield number, match.group().strip()


# ---- the checks: each takes the tree and adds to the findings ----


def read_layers():
    layers = {}
    for line in (ROOT / "tools/tidy/layers.txt").read_text().splitlines():
        line = line.split("#")[0].strip()
        if line:
            room, _, below = line.partition(":")
            layers[room.strip()] = below.split()
    return layers


def room_of(path):
    parts = path.split("/")
    return parts[1] if len(parts) > 2 and parts[0] == "src" else None


def includes_of(tree, path):
    for number, line in enumerate(tree.text[path].splitlines(), 1):
        match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if match:
            yield number, match.group(1)


def check_layers(tree, found):
    """A room includes its own headers and those that its line in layers.txt lists."""
    layers = read_layers()
    rooms = {room_of(f) for f in tree.sources} - {None}
    for room in sorted(rooms - layers.keys()):
        found.add("layers", f"src/{room}", 0, "this room has no line in tools/tidy/layers.txt")
    for path in tree.sources:
        if path.startswith("examples/"):
            continue  # what strangers write
        room = room_of(path)
        for number, name in includes_of(tree, path):
            where = name.split("/")[0]
            if name.startswith("pevm/") or where == "support":
                continue
            if "/" not in name or f"src/{name}" not in tree.text and f"tests/{name}" not in tree.text:
                found.add("layers", path, number, f'"{name}" is no file of src; say "room/file.h"')
            elif room is not None and where != room and not {where, name} & set(layers.get(room, [])):
                found.add("layers", path, number, f'{room} may not see "{name}" (tools/tidy/layers.txt)')


def check_private(tree, found):
    """*_private.h is seen by its room and by the room's tests only."""
    for path in tree.sources:
        if path.startswith(("tests/fuzz/", "bench/")):
            continue
        room_tested = re.match(r"tests/\w+/(\w+)/", path)
        owners = {room_of(path), room_tested and room_tested.group(1)}
        for number, name in includes_of(tree, path):
            if name.endswith("_private.h") and name.split("/")[0] not in owners:
                found.add("private", path, number, f'"{name}" belongs to the room {name.split("/")[0]}')


def circle_in(graph):
    """One circle of a graph {node: [node]} as a list of nodes, or None."""
    done, path = set(), []

    def visit(node):
        if node in path:
            return path[path.index(node):] + [node]
        if node in done:
            return None
        path.append(node)
        for below in graph.get(node, []):
            circle = visit(below)
            if circle:
                return circle
        path.pop()
        done.add(node)
        return None

    for node in sorted(graph):
        circle = visit(node)
        if circle:
            return circle
    return None


def check_circles(tree, found):
    """Neither rooms nor headers stand in a circle."""
    rooms = {room: [b.split("/")[0] for b in below] for room, below in read_layers().items()}
    headers = {f[4:]: [name for _, name in includes_of(tree, f)] for f in tree.sources if f.startswith("src/")}
    for what, graph in (("tools/tidy/layers.txt", rooms), ("src", headers)):
        circle = circle_in(graph)
        if circle:
            found.add("circles", what, 0, " -> ".join(circle))


def run_clang_format(paths, options):
    try:
        return subprocess.run([CLANG_FORMAT, "--style=file", *options, *paths], cwd=ROOT,
                              capture_output=True, text=True)
    except FileNotFoundError:
        sys.exit(f"tidy: {CLANG_FORMAT} is missing: run scripts/setup")


def check_format(tree, found):
    """clang-format 14 leaves every .c and .h as it is (tables are .def files)."""
    result = run_clang_format(tree.c_files, ["--dry-run"])
    seen = set()
    for line in result.stderr.splitlines():
        match = re.match(r"(.+?):(\d+):\d+: (?:warning|error): ", line)
        if match and match.group(1) not in seen:
            seen.add(match.group(1))
            path = os.path.relpath(ROOT / match.group(1), ROOT)
            found.add("format", path, int(match.group(2)), "not formatted; run make fmt")


def check_banned(tree, found):
    """Names that we do not use, with what we use."""
    for path in tree.sources:
        if path.startswith(("tests/", "examples/")):
            continue
        for pattern, instead in BANNED.items():
            for number, name in lines_matching(r"(?<![\w.>])" + pattern, tree.code[path]):
                found.add("banned", path, number, f"{name.rstrip('( ')} is not used here: {instead}")


def check_comments(tree, found):
    """/* */ comments only; TODO with the number of an issue, FIXME never."""
    for path in tree.sources:
        for number in tree.slashes[path]:
            found.add("comments", path, number, "// comment: write /* */")
    for path, text in tree.text.items():
        if path.startswith("tools/tidy/") or path.startswith("docs/"):
            continue
        for number, _ in lines_matching(r"\bFIXME\b", text):
            found.add("comments", path, number, "FIXME does not reach main: mend it, or open an issue and write a TODO")
        for number, _ in lines_matching(r"\bTODO\b(?!\(#\d+\))", text):
            found.add("comments", path, number, "TODO without an issue: write TODO(#12)")


def check_atomics(tree, found):
    """What threads share is in few places."""
    for path in tree.sources:
        if not path.startswith("src/") or path.startswith(ATOMIC_PLACES):
            continue
        for number, name in lines_matching(ATOMICS, tree.code[path]):
            found.add("atomics", path, number, f"{name}: atomics live in {', '.join(ATOMIC_PLACES)}")


def check_tests(tree, found):
    """Each src/<room>/<noun>.c has tests/unit/<room>/test_<noun>.c, which CMake knows. A part of a noun
    (trie_node.c) may be tested with the whole (test_trie.c)."""
    for path in tree.c_files:
        room = room_of(path)
        if room is None or not path.endswith(".c"):
            continue
        words = Path(path).stem.split("_")
        nouns = ["_".join(words[:count]) for count in range(len(words), 0, -1)]
        if not any(f"tests/unit/{room}/test_{noun}.c" in tree.text for noun in nouns):
            found.add("tests", path, 0, f"has no tests/unit/{room}/test_{nouns[0]}.c")
    for path in tree.c_files:
        match = re.fullmatch(r"tests/unit/(\w+)/test_(\w+)\.c", path)
        if match is None:
            continue
        lists = tree.text.get(f"tests/unit/{match.group(1)}/CMakeLists.txt", "")
        if not re.search(rf"\b{match.group(2)}\b", lists):
            found.add("tests", path, 0, f"is not in tests/unit/{match.group(1)}/CMakeLists.txt: it never runs")


def check_rooms(tree, found):
    """Each room has a README, and each of its .c files is compiled."""
    for room in sorted({room_of(f) for f in tree.sources} - {None}):
        if f"src/{room}/README.md" not in tree.text:
            found.add("rooms", f"src/{room}", 0, "has no README.md (owns, words, rules, threads, tested by)")
    cmake = " ".join(text for path, text in tree.text.items() if path.endswith((".cmake", "CMakeLists.txt")))
    for path in tree.c_files:
        room = room_of(path)
        if room is None or not path.endswith(".c"):
            continue
        lists = tree.text.get(f"src/{room}/CMakeLists.txt", "")
        if not re.search(rf"\b{re.escape(Path(path).name)}", lists) and path[4:] not in cmake:
            found.add("rooms", path, 0, f"is not in src/{room}/CMakeLists.txt: it is never compiled")


def check_headers(tree, found):
    """#pragma once inside; include guards in include/, where strangers' compilers come by."""
    for path in tree.c_files:
        if not path.endswith(".h"):
            continue
        once = "#pragma once" in tree.text[path]
        if path.startswith("include/") and once:
            found.add("headers", path, 0, "public headers have an include guard")
        if path.startswith("src/") and not once:
            found.add("headers", path, 0, "has no #pragma once")


def check_machine(tree, found):
    """Nothing in the tree names a path of the machine it was written on."""
    for path, text in tree.text.items():
        for number, name in lines_matching(MACHINE_PATH, text):
            found.add("machine", path, number, f"{name}...: a path of some machine")


def check_large(tree, found):
    """No file is so large that nobody wrote it: databases, recordings, builds."""
    for path in tree.files:
        size = (ROOT / path).stat().st_size
        if size > FILE_BYTES_MAX:
            found.add("large", path, 0, f"{size} bytes: what is made does not belong into the tree")


CHECKS = {
    "layers": check_layers,
    "private": check_private,
    "circles": check_circles,
    "format": check_format,
    "banned": check_banned,
    "comments": check_comments,
    "atomics": check_atomics,
    "tests": check_tests,
    "rooms": check_rooms,
    "headers": check_headers,
    "machine": check_machine,
    "large": check_large,
}


# ---- exempt.txt ----


def read_exempt(found):
    """Lines "check  path  reason" (a path that ends in / is all files of that folder) and "at most  N
    check". Unused lines and stale limits are findings."""
    limits, counts = {}, defaultdict(int)
    for number, line in enumerate((ROOT / "tools/tidy/exempt.txt").read_text().splitlines(), 1):
        line = line.split("#")[0].strip()
        if not line:
            continue
        words = line.split(None, 2)
        if words[:2] == ["at", "most"]:
            limit, _, check = words[2].partition(" ")
            limits[check.strip()] = int(limit)
        elif len(words) < 3 or words[0] not in CHECKS:
            sys.exit(f'tidy: tools/tidy/exempt.txt:{number}: wanted "check  path  reason"')
        else:
            found.allowed[words[0], words[1]] = number
            counts[words[0]] += 1
    return limits, counts


def check_exempt(found, limits, counts):
    for (check, path), number in found.allowed.items():
        if (check, path) not in found.used:
            found.found["exempt"].append(("tools/tidy/exempt.txt", number,
                                          f"{path} passes {check} now: take the line out, lower the limit"))
    for check in CHECKS:
        if counts[check] != limits.get(check, 0):
            found.found["exempt"].append(
                ("tools/tidy/exempt.txt", 0,
                 f"{counts[check]} lines for {check}, the limit says {limits.get(check, 0)}: "
                 "it follows the lines down, never up"))


# ---- sizes ----


def functions_of(path, text):
    """(lines, path:line, name) of each function: a { and the next } at the beginning of a line."""
    start = name = None
    last = ""
    for number, line in enumerate(text.splitlines(), 1):
        if line == "{":
            start = number
            match = re.search(r"(\w+)\s*\(", last)
            name = match.group(1) if match else "?"
        elif line == "}" and start is not None:
            yield number - start - 1, f"{path}:{start}", name
            start = None
        elif line and not line[0].isspace() and "(" in line:
            last = line


def report_sizes(tree, rows):
    files = []
    for path in tree.c_files:
        if path.startswith(("src/", "include/")):
            size = tree.text[path].count("\n")
            files.append((size / SIZE_ASKED[Path(path).suffix], size, path))
    beyond = sum(share > 1 for share, _, _ in files)
    print(f"files beyond {SIZE_ASKED['.c']} (.c) or {SIZE_ASKED['.h']} (.h) lines: {beyond} of {len(files)}; the longest:")
    for _, size, path in sorted(files, reverse=True)[:rows]:
        print(f"  {size:5}  {path}")
    functions = [f for path in tree.c_files if path.startswith("src/") for f in functions_of(path, tree.text[path])]
    beyond = sum(size > FUNCTION_ASKED for size, _, _ in functions)
    print(f"functions beyond {FUNCTION_ASKED} lines: {beyond} of {len(functions)}; the longest:")
    for size, where, name in sorted(functions, reverse=True)[:rows]:
        print(f"  {size:5}  {where}  {name}")


def run_checks(tree):
    found = Findings()
    limits, counts = read_exempt(found)
    for check in CHECKS.values():
        check(tree, found)
    check_exempt(found, limits, counts)
    return found


def main():
    option = sys.argv[1] if len(sys.argv) > 1 else ""
    if option not in ("", "--sizes", "--format") or len(sys.argv) > 2:
        sys.exit(__doc__.strip())
    tree = Tree()
    if option == "--sizes":
        report_sizes(tree, 25)
        return
    if option == "--format":
        result = run_clang_format(tree.c_files, ["-i"])
        sys.exit(result.stderr or result.returncode)

    found = run_checks(tree)
    report_sizes(tree, 5)
    for check, findings in found.found.items():
        for path, line, text in findings:
            print(f"{path}:{line}: {check}: {text}" if line else f"{path}: {check}: {text}")
    failed = len(found.found)
    print(f"{len(CHECKS) + 1 - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
