#!/usr/bin/env python3
"""soak.py - AC-46: services at the head of a growing chain while everything goes wrong now and then; at the end the digest is the
undisturbed one's, and neither descriptors nor threads nor memory have grown.

    tests/e2e/soak.py --binary build/release/pevm --minutes 10       (24 h: --minutes 1440)

Faults: the server is killed (AC-03), a leader is killed (AC-07) or paused (AC-08), the line is slow or cut (AC-32).
"""
import argparse
import os
import random
import signal
import sys
import time

import harness
import resp

TTL = {"leader.lock_ttl": "1s", "leader.renew_interval": "200ms", "execution.state_window_size": 64, "storage.cache_size": "16MB"}
GROWTH = 0.01  # an hour; in a short run a tenth at most
ROOM = {"memory": 16 << 10, "threads": 2, "descriptors": 2}  # KB: caches fill up to storage.cache_size; connections come when needed


def size_of(service):
    with open(f"/proc/{service.pid}/status") as status:
        fields = dict(line.split(":", 1) for line in status)
    return {"memory": int(fields["RssAnon"].split()[0]), "threads": int(fields["Threads"]),
            "descriptors": len(os.listdir(f"/proc/{service.pid}/fd"))}


class Soak:
    def __init__(self, chain, seed):
        self.chain, self.rng = chain, random.Random(seed)
        self.redis, self.source = harness.Redis(is_durable=True), harness.Redis()
        self.redis.load(chain, 1)
        self.source.load(chain)
        self.line = resp.Line(self.redis.port)
        self.redis.at = self.line.port
        self.block, self.counts = 1, {}
        self.services = [self.start() for _ in range(2)]
        self.faults = (self.kill_server, self.kill_leader, self.pause_leader, self.slow, self.cut)

    def start(self):
        return harness.Service(self.redis.config(self.chain, TTL))

    def publish(self):
        for kind in ("hdr", "txs", "body"):
            value = self.source.call("GET", f"blk:{kind}:{self.block + 1}")
            if value is not None:
                self.redis.call("SET", f"blk:{kind}:{self.block + 1}", value)
        self.redis.set_synced(self.block + 1)
        self.block += 1

    def kill_server(self):
        self.redis.kill()
        time.sleep(self.rng.uniform(0, 2))
        self.redis.start()

    def leader(self):
        return next((index for index, service in enumerate(self.services) if service.metric("leader") == 1), 0)

    def kill_leader(self):
        index = self.leader()
        self.services[index].kill()
        self.services[index] = self.start()

    def pause_leader(self):
        service = self.services[self.leader()]
        service.signal(signal.SIGSTOP)
        time.sleep(self.rng.uniform(0.1, 3))
        service.signal(signal.SIGCONT)

    def slow(self):
        self.line.delay = self.rng.uniform(0.001, 0.02)
        time.sleep(2)
        self.line.delay = 0

    def cut(self):
        self.line.cut_after = self.rng.randrange(100000)

    def step(self):
        if self.rng.random() < 0.03:
            fault = self.rng.choice(self.faults)
            self.counts[fault.__name__] = self.counts.get(fault.__name__, 0) + 1
            fault()
        for service in self.services:
            assert service.process.poll() is None, f"a service ended: {service.log.read_text()[-500:]}"
        self.publish()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="build/release/pevm")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=46)
    options = parser.parse_args()
    harness.pevm = options.binary
    pace, end = 0.2, time.monotonic() + options.minutes * 60
    try:
        chain = harness.Chain(int(options.minutes * 60 / pace) + 10, 10)
        soak = Soak(chain, options.seed)
        sizes = {}
        while time.monotonic() < end and soak.block < chain.blocks:
            soak.step()
            if soak.block % 50 == 0:
                for service in soak.services:
                    sizes.setdefault(service.pid, []).append((time.monotonic(), size_of(service)))
            time.sleep(pace)
        harness.wait("the head", 60, lambda: soak.redis.height() == soak.block)
        for service in soak.services:
            assert service.stop() == 0
        harness.reference_equals(soak.redis, chain, soak.block)
        for pid, seen in sizes.items():
            grown(pid, seen[len(seen) // 3:])
        print(f"{soak.block} blocks, faults {soak.counts}: the digest is that of an undisturbed run")
        return 0
    finally:
        harness.world.end()


def grown(pid, seen):
    if len(seen) < 3:
        return
    (begin, first), (end, last) = seen[0], seen[-1]
    allowed = max(0.1, GROWTH * (end - begin) / 3600)
    for name in first:
        assert last[name] <= first[name] * (1 + allowed) + ROOM[name], f"{name} of {pid} grew from {first[name]} to {last[name]}"
    print(f"process {pid}: {first} -> {last}")


if __name__ == "__main__":
    sys.exit(main())
