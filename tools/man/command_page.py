#!/usr/bin/env python3
"""command_page.py PROGRAM [--check FILE]: the manual page pevm(1), out of what the commands say of themselves.

Printed as roff; with --check compared with FILE, which has the page that is installed.
"""

import re
import subprocess
import sys
from pathlib import Path

HEAD = r'''.\" Written by tools/man/command_page.py from "pevm help"; a test compares.
.TH PEVM 1 "" pevm "User commands"
.SH NAME
pevm \- executes blocks of Ethereum chains, and serves as an executor
.SH SYNOPSIS
.B pevm
.I COMMAND
.RI [ OPTION ...]
.RI [ ARGUMENT ...]
.SH DESCRIPTION
Give it a block and a way to read state, and it gives back receipts, changes and the state root.
.B pevm run
follows a chain in a store, block after block; the other commands bring data in, try blocks, tests and tracing out.
.SH COMMANDS
'''

TAIL = r'''.SH SIGNALS OF RUN
.TP
.B SIGTERM, SIGINT
The block that is being executed is finished, the lock is given up, the exit code is 0.
A second one ends the process at once, with 130 (SIGINT) or 143 (SIGTERM); the next start makes whole what was cut off.
.TP
.B SIGHUP
The configuration is read anew, between two blocks. A broken file changes nothing.
.TP
.B SIGUSR1
The file of the log is opened anew.
.SH EXIT STATUS
.TP
.B 0
Done; told to stop.
.TP
.B 1
Something that was checked is wrong: a test, a root, a block.
.TP
.B 64
The command line is wrong.
.TP
.B 65
A file is malformed.
.TP
.B 69
The store cannot be reached.
.TP
.B 70
No memory, or an error of ours.
.TP
.B 74
A file, an address or a device cannot be used.
.TP
.B 75
Leadership was lost, and exit_on_step_down is set.
.TP
.B 78
The configuration is wrong, or does not fit the store.
.TP
.B 130, 143
Ended by a signal.
.SH ENVIRONMENT
.B EVM_EXECUTOR_
and a key in capitals sets that key; the short names are in
.BR pevm.yaml (5).
.SH SEE ALSO
.BR pevm.yaml (5)
'''


def said(program, *words):
    return subprocess.run([program, "help", *words], capture_output=True, text=True, check=True).stdout


def roff(line):
    line = line.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + line if line.startswith((".", "'")) else line


def page(program):
    names = re.findall(r"^  (\S+) ", said(program), re.M)
    if not names:
        sys.exit(f"{program} help names no commands")
    parts = [HEAD]
    for name in names:
        parts.append(f".SS {name}\n.nf\n")
        parts += [roff(line) + "\n" for line in said(program, name).rstrip().split("\n")]
        parts.append(".fi\n")
    return "".join(parts) + TAIL


def main(words):
    if len(words) == 3 and words[1] == "--check":
        fresh = Path(words[2]).read_text() == page(words[0])
        print("1 passed, 0 failed" if fresh else f"{words[2]} is stale: python3 tools/man/command_page.py "
              "build/release/pevm > docs/man/pevm.1\n0 passed, 1 failed")
        return 0 if fresh else 1
    if len(words) != 1:
        sys.exit(__doc__)
    print(page(words[0]), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
