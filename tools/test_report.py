#!/usr/bin/env python3
"""Sum up what ctest ran: tools/test_report.py FOLDER, which holds one JUnit file per ctest run.

A test program counts with the numbers that it printed itself: cmocka's, or a closing line "N passed, N
failed, N skipped". One that prints none counts once, as passed, failed or skipped. What was skipped and
what failed is listed by name. The last line is "N passed, N failed, N skipped".
"""

import re
import sys
import xml.etree.ElementTree as xml
from collections import defaultdict
from pathlib import Path

CLOSING = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", re.M)
CMOCKA = {
    "passed": re.compile(r"^\[  PASSED  \] (\d+) test\(s\)", re.M),
    "failed": re.compile(r"^\[  FAILED  \] (\d+) test\(s\)", re.M),
    "skipped": re.compile(r"^\[  SKIPPED \] (\d+) test\(s\)", re.M),
}
CMOCKA_NAME = re.compile(r"^\[  (SKIPPED|FAILED )\s*\] (?!\d+ test)(\S+)", re.M)
SKIP_REASON = re.compile(r"^skipped: (.+)$", re.M)


def counts_printed(output):
    """[passed, failed, skipped] as the program says, or None."""
    closing = CLOSING.findall(output)
    if closing:
        return [int(number or 0) for number in closing[-1]]
    if CMOCKA["passed"].search(output):
        return [sum(map(int, pattern.findall(output))) for pattern in CMOCKA.values()]
    return None


def counts_of(case):
    status, output = case.get("status"), case.findtext("system-out") or ""
    counts = counts_printed(output)
    if status == "run":
        return counts or [1, 0, 0]
    if status in ("notrun", "disabled") or case.find("skipped") is not None:
        return [0, 0, 1]
    counts = counts or [0, 0, 0]
    counts[1] = max(counts[1], 1)  # it failed, whatever it printed before it died
    return counts


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip())
    files = sorted(Path(sys.argv[1]).glob("*.xml"), key=lambda path: path.stat().st_mtime)
    if not files:
        sys.exit(f"test_report: no results in {sys.argv[1]}: did a build fail?")
    total, skipped, failed = [0, 0, 0], defaultdict(set), []
    for path in files:
        build = path.name.split(".")[0]
        for case in xml.parse(path).getroot().iter("testcase"):
            name, output = case.get("name"), case.findtext("system-out") or ""
            counts = counts_of(case)
            total = [a + b for a, b in zip(total, counts)]
            print(f"{build:12} {name:48} {counts[0]:6} passed {counts[1]:4} failed {counts[2]:4} skipped"
                  f" {float(case.get('time', 0)):7.1f} s")
            inside = {kind: [n for k, n in CMOCKA_NAME.findall(output) if k.strip() == kind]
                      for kind in ("SKIPPED", "FAILED")}
            if counts[1]:
                failed.append(f"{build}: {name} {' '.join(sorted(set(inside['FAILED'])))}")
            if counts[2]:
                reasons = sorted(set(SKIP_REASON.findall(output))) or ["the program says no reason"]
                names = sorted(set(inside["SKIPPED"]))
                skipped["; ".join(reasons)].update(f"{name}: {each}" for each in names or ["all of it"])
    if skipped:
        print("\nskipped:")
        for why, names in sorted(skipped.items()):
            print(f"  {why}")
            for each in sorted(names):
                print(f"      {each}")
    if failed:
        print("\nfailed:")
        for what in failed:
            print(f"  {what}")
    print(f"\n{total[0]} passed, {total[1]} failed, {total[2]} skipped")
    sys.exit(1 if total[1] or not total[0] else 0)


if __name__ == "__main__":
    main()
