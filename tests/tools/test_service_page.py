#!/usr/bin/env python3
"""The live page of a real service, in a real browser: its numbers appear, follow the chain, and say when nobody is there any more.

    tests/tools/test_service_page.py PEVM
"""

import json
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

sys.dont_write_bytecode = True
import chromium  # noqa: E402

PEVM = None
WAIT_S = 60
FIRST, ALL = 20, 40


def free_port():
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return place.getsockname()[1]


class Service:
    """A chain of its own, half of it fed, and who executes it."""

    def __init__(self, folder):
        self.folder, self.port, self.process = Path(folder), free_port(), None
        self.chain, self.store = self.folder / "chain", self.folder / "store"
        self.call("make-chain", "--blocks", ALL, "--txs", 20, "--form", "rlp", "--out", self.chain)
        self.call("import", "genesis", self.chain / "genesis.json", "--store", self.store)
        self.feed(FIRST)
        (self.folder / "pevm.yaml").write_text(
            f"chain:\n  name: {self.chain}/genesis.json\nstorage:\n  lmdb:\n    path: {self.store}\n"
            f"metrics:\n  listen_addr: 127.0.0.1:{self.port}\n")

    def call(self, *words):
        done = subprocess.run([PEVM, *map(str, words)], capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(f"pevm {words[0]}: {done.returncode}\n{done.stdout}{done.stderr}")

    def feed(self, last):
        self.call("feed", "--file", self.chain / "chain.rlp", "--last", last, "--store", self.store)

    def start(self):
        log = open(self.folder / "log", "a")
        self.process = subprocess.Popen([PEVM, "run", "-c", self.folder / "pevm.yaml"], stdout=log, stderr=log)
        log.close()
        until = time.monotonic() + WAIT_S
        while True:  # ends: it is ready, or the time is over
            try:
                return self.get("readyz")
            except (urllib.error.URLError, ConnectionError):
                if time.monotonic() > until or self.process.poll() is not None:
                    raise AssertionError((self.folder / "log").read_text()) from None
                time.sleep(0.1)

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(WAIT_S)

    def get(self, path):
        with urllib.request.urlopen(self.address(path), timeout=WAIT_S) as answer:
            return answer.read().decode()

    def address(self, path=""):
        return f"http://127.0.0.1:{self.port}/{path}"


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        cls.addClassCleanup(cls.folder.cleanup)
        cls.service = Service(cls.folder.name)
        cls.addClassCleanup(cls.service.stop)
        cls.service.start()
        cls.browser = chromium.Browser(WAIT_S)
        cls.addClassCleanup(cls.browser.__exit__)

    def setUp(self):
        self.browser.look(1240, 900)
        self.browser.go(self.service.address())
        self.browser.wait("now !== null && rows.length > 0")

    def tearDown(self):
        self.assertEqual(self.browser.faults, [])

    def text(self, name):
        return self.browser.evaluate(f"document.getElementById({json.dumps(name)}).textContent")

    def test_1_numbers_appear_and_follow_the_chain(self):
        self.browser.wait(f"$('executed').textContent === '{FIRST}'")
        self.browser.wait(f"$('blocks').querySelector('tbody td').textContent === '{FIRST}'")
        self.browser.wait("$('ready').textContent === 'ready'")
        self.assertIn("leader, epoch ", self.text("role"))
        self.service.feed(ALL)
        self.browser.wait(f"$('executed').textContent === '{ALL}'")
        self.browser.wait(f"$('blocks').querySelector('tbody td').textContent === '{ALL}'")
        self.assertEqual(self.text("lag"), "all that is in the store is executed")
        for tile in ("txs", "mgas", "again", "hits", "commit", "busy"):
            self.browser.wait(f"/^[0-9]/.test($('tile-{tile}').textContent)")
        self.assertGreater(self.browser.evaluate("$('contracts').querySelectorAll('tbody tr').length"), 2)
        self.assertEqual(self.browser.evaluate("$('caches').querySelectorAll('tbody tr').length"), 3)

    def test_2_every_chart_has_a_line_once_blocks_came(self):
        self.browser.wait("rows.length > 2")
        empty = "CHARTS.filter(c => ![...c.svg.querySelectorAll('.line')].some(l => l.getAttribute('d'))).map(c => c.title)"
        self.assertEqual(self.browser.evaluate(empty), [])
        labels = self.browser.evaluate("CHARTS.map(c => c.svg.getAttribute('aria-label'))")
        self.assertTrue(labels[0].startswith(f"Height, block: in the store {ALL}, executed {ALL}"), labels[0])
        self.assertEqual(self.browser.evaluate("[...document.querySelectorAll('svg text')].filter(t => /NaN|Infinity|undefined/.test(t.textContent)).length"), 0)
        self.assertIsNone(self.browser.evaluate("(/NaN|Infinity|undefined|null/.exec(document.body.innerText) || [])[0]"))

    def test_3_nothing_is_loaded_from_elsewhere(self):
        names = self.browser.evaluate("performance.getEntriesByType('resource').map(e => e.name)")
        for name in names:
            self.assertTrue(name.startswith((self.service.address(), "data:")), name)

    def test_4_a_phone_shows_all_of_it(self):
        for width in (400, 320):
            self.browser.look(width, 800, dark=True)
            self.assertLessEqual(self.browser.evaluate("document.documentElement.scrollWidth"), width)
        self.assertNotEqual(self.browser.evaluate("getComputedStyle(document.body).backgroundColor"), "rgb(250, 249, 246)")

    def test_5_troubles_are_shown_as_text(self):
        shown = self.browser.evaluate("""take({...now, ready: false, rows: [], troubles: [
            {name: "store_unreachable", unfit: true, since_ms: now.now_ms - 5000, text: "refused <b>twice</b>"}]}),
            [$("troubles").textContent, $("ready").textContent, getComputedStyle($("troubles").firstChild).color]""")
        self.assertEqual(shown, ["store_unreachablerefused <b>twice</b>since 5 s", "not ready", "rgb(179, 38, 30)"])
        self.browser.wait("$('troubles').textContent === ''")

    def test_6_who_is_gone_is_missed_and_found_again(self):
        self.service.stop()
        self.browser.wait("!$('lost').hidden && document.body.classList.contains('lost')")
        self.assertIn("Connection lost", self.text("lost"))
        self.assertEqual(self.text("executed"), str(ALL))
        self.service.start()
        self.browser.wait("$('lost').hidden && $('ready').textContent === 'ready'")
        self.assertEqual(self.text("executed"), str(ALL))


if __name__ == "__main__":
    PEVM = sys.argv.pop(1)
    if chromium.find() is None:
        print("skipped: there is no Chromium")
        sys.exit(77)
    unittest.main()
