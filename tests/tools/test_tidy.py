#!/usr/bin/env python3
"""The tidy test finds each fault that is planted, and nothing in a tree without one."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools/tidy"))
import tidy  # noqa: E402

CLEAN = {
    ".clang-format": (ROOT / ".clang-format").read_text(),
    "tools/tidy/layers.txt": "base:\nrlp: base\nevm: base rlp/rlp_read.h\n",
    "tools/tidy/exempt.txt": "",
    "cmake/rooms.cmake": "",
    "include/pevm/types.h": "#ifndef PEVM_TYPES_H\n#define PEVM_TYPES_H\n#endif\n",
    "src/base/README.md": "# base\n",
    "src/base/CMakeLists.txt": "pevm_room(base arena.c)\n",
    "src/base/arena.h": '/* arena.h - free( in a comment, "malloc(" in a string. */\n#pragma once\n',
    "src/base/arena.c": '#include "base/arena.h"\n\nint arena_size(void)\n{\n    return 1;\n}\n',
    "src/rlp/README.md": "# rlp\n",
    "src/rlp/CMakeLists.txt": "pevm_room(rlp)\n",
    "src/rlp/rlp_read.h": "#pragma once\n",
    "src/rlp/rlp_private.h": "#pragma once\n",
    "src/evm/README.md": "# evm\n",
    "src/evm/frame.h": '#pragma once\n\n#include "base/arena.h"\n#include "rlp/rlp_read.h"\n',
    "tests/unit/base/CMakeLists.txt": "pevm_test(base arena)\n",
    "tests/unit/base/test_arena.c": '#include "base/arena.h"\n',
}

ARENA = CLEAN["src/base/arena.c"]


def with_line(line):
    return ARENA.replace("    return 1;", f"    {line}\n    return 1;")


# Check that must fire -> files that change (None: the file is not there).
PLANTED = [
    ("layers", {"src/base/arena.h": '#pragma once\n\n#include "rlp/rlp_read.h"\n'}),
    ("layers", {"src/evm/frame.h": '#pragma once\n\n#include "rlp/rlp_write.h"\n',
                "src/rlp/rlp_write.h": "#pragma once\n"}),
    ("layers", {"src/evm/frame.h": '#pragma once\n\n#include "base/absent.h"\n'}),
    ("layers", {"src/evm/frame.h": '#pragma once\n\n#include "frame.h"\n'}),
    ("layers", {"src/attic/README.md": "# attic\n", "src/attic/old.h": "#pragma once\n"}),
    ("private", {"tests/unit/base/test_arena.c": '#include "rlp/rlp_private.h"\n'}),
    ("circles", {"tools/tidy/layers.txt": "base: evm\nrlp: base\nevm: base rlp/rlp_read.h\n"}),
    ("circles", {"src/base/arena.h": '#pragma once\n\n#include "base/bytes.h"\n',
                 "src/base/bytes.h": '#pragma once\n\n#include "base/arena.h"\n'}),
    ("format", {"src/base/arena.c": ARENA.replace("    return", "  return")}),
    ("banned", {"src/base/arena.c": with_line("malloc(1);")}),
    ("banned", {"src/base/arena.c": with_line("sprintf(text, format);")}),
    ("banned", {"src/base/arena.c": with_line("return atoi(text);")}),
    ("comments", {"src/base/arena.c": with_line("(void)0; // no")}),
    ("comments", {"src/base/arena.c": with_line("/* TO" + "DO later */")}),
    ("comments", {"src/base/README.md": "FIX" + "ME\n"}),
    ("atomics", {"src/base/arena.c": with_line("static _Atomic int count;")}),
    ("large", {"data.mdb": "x" * (1 << 20) + "x"}),
    ("atomics", {"src/base/arena.c": with_line("__atomic_store_n(place, 1, 5);")}),
    ("tests", {"tests/unit/base/test_arena.c": None}),
    ("tests", {"tests/unit/base/CMakeLists.txt": ""}),
    ("rooms", {"src/rlp/README.md": None}),
    ("rooms", {"src/base/CMakeLists.txt": "pevm_room(base)\n"}),
    ("headers", {"src/rlp/rlp_read.h": ""}),
    ("headers", {"include/pevm/types.h": "#pragma once\n"}),
    ("machine", {"src/base/README.md": "see /" + "work/place\n"}),
    ("machine", {"src/base/arena.c": with_line('open("/' + 'home/me/file");')}),
    ("exempt", {"tools/tidy/exempt.txt": "banned src/base/arena.c nothing to exempt\nat most 1 banned\n"}),
    ("exempt", {"tools/tidy/exempt.txt": "banned src/base/arena.c one more than the limit\n",
                "src/base/arena.c": with_line("malloc(1);")}),
]

ALLOWED = [
    {"src/base/arena.c": with_line("heap_free(0), x->free(1), x.malloc(2);")},
    {"src/base/arena.c": with_line("/* TO" + "DO(#12) later */")},
    {"src/base/README.md": "https://example.org/" + "home/page, ../work/place\n"},
    {"src/base/arena.c": with_line("malloc(1);"),
     "tools/tidy/exempt.txt": "# reasons\nbanned  src/base/arena.c  the one door\nat most 1 banned\n"},
    {"src/base/arena.c": with_line("malloc(1);"),
     "tools/tidy/exempt.txt": "banned  src/base/  all of this folder\nat most 1 banned\n"},
    {"src/base/arena_chunk.c": ARENA, "src/base/CMakeLists.txt": "pevm_room(base arena.c arena_chunk.c)\n"},
]


def findings(changes):
    with tempfile.TemporaryDirectory() as folder:
        tidy.ROOT = Path(folder)
        for name, text in {**CLEAN, **changes}.items():
            if text is not None:
                path = tidy.ROOT / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
        return dict(tidy.run_checks(tidy.Tree()).found)


class Planted(unittest.TestCase):
    def test_a_clean_tree_has_no_findings(self):
        self.assertEqual(findings({}), {})

    def test_every_fault_is_found_by_its_check_alone(self):
        for check, changes in PLANTED:
            with self.subTest(check=check, changes=changes):
                self.assertEqual(list(findings(changes)), [check])

    def test_every_check_has_a_fault_planted(self):
        self.assertEqual({check for check, _ in PLANTED}, tidy.CHECKS.keys() | {"exempt"})

    def test_what_looks_like_a_fault_but_is_none_passes(self):
        for changes in ALLOWED:
            with self.subTest(changes=changes):
                self.assertEqual(findings(changes), {})


if __name__ == "__main__":
    unittest.main()
