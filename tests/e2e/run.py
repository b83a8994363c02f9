#!/usr/bin/env python3
"""run.py - the acceptance behaviours of the service (AC-01 to AC-46) against the real `pevm run`.

    tests/e2e/run.py --binary build/release/pevm            the short form, which CI runs
    tests/e2e/run.py --full --run 'AC-(06|07|08)'                    the numbers of the table of acceptance

One line for each test, and at the end "N passed, N failed, N skipped"; the exit status is 0 only if nothing failed.
"""
import argparse
import inspect
import re
import sys
import time
import traceback

import cases_blocks
import cases_config
import cases_leader
import cases_life
import cases_store
import harness

MODULES = (cases_config, cases_blocks, cases_store, cases_leader, cases_life)


def tests():
    for module in MODULES:
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if name.startswith("ac_") and function.__module__ == module.__name__:
                number, _, words = name[3:].partition("_")
                yield f"AC-{number} {words.replace('_', ' ')}", function


def run_one(title, function, verbose):
    begin, result, why = time.monotonic(), "ok", ""
    try:
        function()
    except harness.Skip as skip:
        result, why = "skipped", str(skip)
    except Exception as fault:  # whatever it is, the next test runs
        result, why = "FAILED", f"{type(fault).__name__}: {fault}"
        if verbose:
            traceback.print_exc()
    if result == "FAILED":
        for thing in harness.world.open:
            if isinstance(thing, harness.Service):
                why += "\n    " + "\n    ".join(thing.log.read_text(errors="replace").splitlines()[-6:])
    harness.world.sweep()
    print(f"{title} ... {result} ({time.monotonic() - begin:.1f} s)" + (f": {why}" if why else ""), flush=True)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="build/release/pevm", help="the command that is tested")
    parser.add_argument("--run", default="", metavar="REGEX", help="only tests whose line fits")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--quick", action="store_true", help="fewer rounds (what is done without --full)")
    form.add_argument("--full", action="store_true", help="the numbers of the table of acceptance")
    parser.add_argument("--jobs", type=int, default=1, choices=[1], help="tests at a time: their times are what is tested")
    parser.add_argument("--verbose", action="store_true", help="where a failure comes from")
    options = parser.parse_args()
    harness.pevm, harness.full = options.binary, options.full
    counts = {"ok": 0, "FAILED": 0, "skipped": 0}
    try:
        for title, function in sorted(tests(), key=lambda test: test[0]):
            if re.search(options.run, title):
                counts[run_one(title, function, options.verbose)] += 1
    finally:
        harness.world.end()
    print(f"{counts['ok']} passed, {counts['FAILED']} failed, {counts['skipped']} skipped")
    return 0 if counts["FAILED"] == 0 and counts["ok"] > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
