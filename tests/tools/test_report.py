#!/usr/bin/env python3
"""The report counts what programs print, and what dies without a word."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from xml.sax.saxutils import escape

REPORT = Path(__file__).resolve().parent.parent.parent / "tools/test_report.py"

CMOCKA_GOOD = "[==========] Running 2 test(s).\n[  PASSED  ] 2 test(s).\n"
CMOCKA_BAD = """[  ERROR   ] --- 1 != 2
[  FAILED  ] a_sum_is_right
skipped: there is no vectors.tar.zst
[  SKIPPED ] the_vectors_hold
[  PASSED  ] 4 test(s).
[  SKIPPED ] 1 test(s), listed below:
[  SKIPPED ] the_vectors_hold
[  FAILED  ] 1 test(s), listed below:
[  FAILED  ] a_sum_is_right
"""

# status, output -> closing line
CASES = [
    ("run", CMOCKA_GOOD, "2 passed, 0 failed, 0 skipped"),
    ("fail", CMOCKA_BAD, "4 passed, 1 failed, 1 skipped"),
    ("run", "anything", "1 passed, 0 failed, 0 skipped"),
    ("run", "50 passed, 0 failed\n", "50 passed, 0 failed, 0 skipped"),
    ("run", "50 passed, 0 failed, 3 skipped\n", "50 passed, 0 failed, 3 skipped"),
    ("fail", "50 passed, 2 failed\n", "50 passed, 2 failed, 0 skipped"),
    ("fail", "[ RUN ] died here", "0 passed, 1 failed, 0 skipped"),
    ("fail", CMOCKA_GOOD + "then it died", "2 passed, 1 failed, 0 skipped"),
    ("notrun", "skipped: no file\n", "0 passed, 0 failed, 1 skipped"),
]


def report(cases):
    """(exit status, lines) of the report over [(status, output)]."""
    with tempfile.TemporaryDirectory() as folder:
        rows = "".join(f'<testcase name="t{i}" time="0.1" status="{status}">'
                       f"<system-out>{escape(output)}</system-out></testcase>"
                       for i, (status, output) in enumerate(cases))
        (Path(folder) / "dev.xml").write_text(f"<testsuite>{rows}</testsuite>")
        done = subprocess.run([sys.executable, REPORT, folder], capture_output=True, text=True,
                              env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
        return done.returncode, (done.stdout + done.stderr).splitlines()


class Report(unittest.TestCase):
    def test_each_kind_of_program_is_counted(self):
        for status, output, closing in CASES:
            with self.subTest(status=status, output=output):
                self.assertEqual(report([(status, output)])[1][-1], closing)

    def test_the_numbers_of_all_programs_are_added(self):
        code, lines = report([(status, output) for status, output, _ in CASES])
        self.assertEqual(lines[-1], "159 passed, 5 failed, 5 skipped")
        self.assertEqual(code, 1)

    def test_it_fails_exactly_when_something_failed(self):
        self.assertEqual(report([("run", CMOCKA_GOOD), ("notrun", "")])[0], 0)
        self.assertEqual(report([("run", CMOCKA_GOOD), ("fail", "")])[0], 1)

    def test_nothing_at_all_is_a_failure(self):
        self.assertEqual(report([])[0], 1)
        self.assertEqual(report([("notrun", "")])[0], 1)

    def test_names_and_reasons_are_listed(self):
        text = "\n".join(report([("fail", CMOCKA_BAD)])[1])
        self.assertIn("  there is no vectors.tar.zst\n      t0: the_vectors_hold\n", text)
        self.assertIn("dev: t0 a_sum_is_right", text)


if __name__ == "__main__":
    unittest.main()
