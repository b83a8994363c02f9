#!/usr/bin/env python3
"""throughput.py - catching up with a chain on LMDB and on Redis: a table of blocks/s, Mgas/s, round trips, memory, and where time goes.

    tests/e2e/throughput.py --binary build/release/pevm                   10,000 blocks of 200 transactions
    tests/e2e/throughput.py --binary build/release/pevm --blocks 500      sooner

Round trips are counted by a line of our own in front of the server, in a second run, because it makes the server slower. "Own" is the
share of the wall clock that is neither execution nor recovery of signatures nor roots, with recovery as if it ran on two threads at once; where
that hides everything else, it is the share of commits, which nothing runs beside.
"""
import argparse
import platform
import re
import subprocess
import threading
import time
from pathlib import Path

import harness
import resp

ROW = "{:<14} {:>8} {:>9} {:>8} {:>9} {:>9} {:>9} {:>8} {:>6}"


def memory_of(pid):
    with open(f"/proc/{pid}/status") as status:
        fields = dict(line.split(":", 1) for line in status)
    return int(fields["RssAnon"].split()[0]) / 1024


def measure(config, sizes):
    """Runs to the end; the lines that the command printed, and how large it was over time."""
    begin = time.monotonic()
    process = subprocess.Popen([harness.pevm, "run", "--config", str(config), "--until-synced"], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True)
    def watch():
        while process.poll() is None:
            try:
                sizes.append(memory_of(process.pid))
            except (OSError, KeyError):
                return
            time.sleep(0.2)
    threading.Thread(target=watch, daemon=True).start()
    text = process.communicate()[0]
    assert process.returncode == 0, f"pevm run ended with {process.returncode}"
    return text, time.monotonic() - begin


def numbers(text):
    find = lambda pattern: float(re.search(pattern, text).group(1))
    return {"seconds": find(r"Mgas, ([\d.]+) s"), "blocks": find(r"(\d+) blocks/s"), "mgas": find(r"([\d.]+) Mgas/s"),
            **{name: find(rf"{name} ([\d.]+)") for name in ("senders", "execution", "roots", "commit")}}


def row(name, store, chain, turns):
    sizes = []
    text, _ = measure(store.config(chain), sizes)
    got = numbers(text)
    wall = got["seconds"] * 1000 / chain.blocks
    # Two threads recover ahead; the loop waits for what they do not get done meanwhile.
    own = max(got["commit"] / wall, 1 - (got["execution"] + got["roots"] + got["senders"] / 2) / wall)
    late = sizes[len(sizes) // 4:] or [0]
    assert store.height() == chain.blocks
    print(ROW.format(name, f"{got['blocks']:.0f}", f"{got['mgas']:.1f}", f"{wall:.3f}", f"{got['execution']:.3f}", f"{got['senders']:.3f}",
                     f"{got['commit']:.3f}", turns, f"{own * 100:.0f}%"), flush=True)
    print(f"{'':14} memory without mapped files: {late[0]:.0f} MB after a quarter, {late[-1]:.0f} MB at the end, at most {max(sizes or [0]):.0f} MB",
          flush=True)


def count_turns(chain, blocks):
    redis = harness.Redis()
    redis.load(chain, blocks)
    line = resp.Line(redis.port)
    redis.at = line.port
    measure(redis.config(chain), [])
    line.close()
    return f"{line.turns / blocks:.1f}"


def machine():
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    build = harness.tool("version").stdout.splitlines()
    return [f"{cpu.group(1) if cpu else platform.machine()}, {harness.os.cpu_count()} processors, load {harness.os.getloadavg()[0]:.1f}", *build]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="build/release/pevm")
    parser.add_argument("--blocks", type=int, default=10000)
    parser.add_argument("--txs", type=int, default=200)
    parser.add_argument("--recipe", default="mixed")
    options = parser.parse_args()
    harness.pevm = options.binary
    try:
        chain = harness.Chain(options.blocks, options.txs, recipe=options.recipe)
        print("\n".join(machine()))
        print(f"{options.blocks} blocks of {options.txs} transactions ({options.recipe}); ms per block\n")
        print(ROW.format("store", "blocks/s", "Mgas/s", "all", "execute", "senders", "commit", "trips", "own"))
        for name, kind in (("LMDB", harness.Lmdb), ("Redis", harness.Redis)):
            store = kind()
            store.load(chain)
            row(name, store, chain, "-" if name == "LMDB" else count_turns(chain, min(options.blocks, 500)))
            harness.world.sweep()
    finally:
        harness.world.end()


if __name__ == "__main__":
    main()
