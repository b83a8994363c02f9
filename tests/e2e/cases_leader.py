"""Several services on one store."""
import random
import signal
import threading
import time

from harness import Chain, Redis, Service, pick, reference_equals, wait

RNG = random.Random(6)
TTL = {"leader.lock_ttl": "1s", "leader.renew_interval": "200ms", "engine.max_workers": 1}
TTL_S = 1.0
GRACE_S = 2.0


class Watch:
    """Asks everybody ten times a second who leads.

    A process that is stopped says nothing; what it said before does not count for now. When two say yes in one round, both are asked
    again: they were not asked at one moment."""

    def __init__(self, services):
        self.services, self.is_ending, self.two, self.samples = services, False, [], 0
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def leaders(self):
        return [service.pid for service in list(self.services)
                if service.process.poll() is None and service.metric("leader") == 1]

    def watch(self):
        while not self.is_ending:
            found = self.leaders()
            self.samples += 1
            if len(found) > 1 and len(set(found) & set(self.leaders())) > 1:
                self.two.append(found)
            time.sleep(0.1)

    def end(self):
        self.is_ending = True
        self.thread.join()
        assert self.samples > 3, "nobody was asked"
        assert not self.two, f"two leaders: {self.two}"


def leader_of(services):
    for service in services:
        if service.process.poll() is None and service.metric("leader") == 1:
            return service
    return None


def group(redis, chain, count, more=None):
    return [Service(redis.config(chain, {**TTL, **(more or {})})) for _ in range(count)]


def ac_06_executors_race():
    chain = Chain()
    for count in (2, 4):
        for _ in range(pick(1, 5)):
            redis = Redis()
            redis.load(chain, 200)
            services = group(redis, chain, count)
            watch = Watch(services)
            wait("the end", 60, lambda: redis.height() == 200)
            time.sleep(0.5)
            watch.end()
            total = sum(service.metric("txs_executed_total") or 0 for service in services)
            assert total == 200 * chain.txs, f"{total} transactions executed and committed"
            for service in services:
                assert service.stop() == 0
            reference_equals(redis, chain, 200)


def ac_07_leader_killed():
    chain = Chain()
    redis = Redis()
    redis.load(chain)
    services = group(redis, chain, 2)
    wait("somebody leads", 5, lambda: leader_of(services))
    watch = Watch(services)
    for _ in range(pick(4, 50)):
        victim = leader_of(services)
        if victim is None:
            wait("somebody leads", 5, lambda: leader_of(services))
            victim = leader_of(services)
        time.sleep(RNG.uniform(0, 0.3))
        victim.kill()
        rest = [service for service in services if service is not victim]
        took = wait("the standby leads", TTL_S + GRACE_S, lambda: leader_of(rest))
        assert took <= TTL_S + GRACE_S
        rest.append(group(redis, chain, 1)[0])
        services[:] = rest
    wait("the end", 60, lambda: redis.height() == chain.blocks)
    watch.end()
    for service in services:
        assert service.stop() == 0
    reference_equals(redis, chain)


def ac_08_leader_paused():
    chain = Chain()
    rounds, done = pick(5, 50), 0
    while done < rounds:
        redis = Redis()
        redis.load(chain)
        services = group(redis, chain, 2)
        wait("somebody leads", 5, lambda: leader_of(services))
        for _ in range(5):
            old = leader_of(services)
            time.sleep(RNG.uniform(0, 0.1))
            old.signal(signal.SIGSTOP)
            rest = [service for service in services if service is not old]
            took = wait("the standby leads", TTL_S + GRACE_S, lambda: leader_of(rest))
            assert took <= TTL_S + GRACE_S
            epoch = leader_of(rest).metric("epoch")
            old.signal(signal.SIGCONT)
            wait("the old one stands by", 2, lambda: old.metric("leader") == 0)
            assert leader_of(rest) and leader_of(rest).metric("epoch") == epoch, "leadership moved again"
            done += 1
        wait("the end", 60, lambda: redis.height() == chain.blocks)
        assert any(service.said("stepping down") for service in services)
        for service in services:
            assert service.stop() == 0
        reference_equals(redis, chain)


def ac_08_stopped_server_line():
    """A write that was on its way when the leader stopped: the server is held, the lock runs out, another leads, the write comes."""
    chain = Chain()
    redis = Redis()
    redis.load(chain, 200)
    services = group(redis, chain, 1)
    wait("it executes", 20, lambda: (redis.height() or 0) > 10)
    services[0].signal(signal.SIGSTOP)
    height = redis.height()
    redis.call("DEL", "evmx:lock")
    redis.call("INCR", "evmx:epoch")
    redis.call("SET", "evmx:lock", "somebody", "PX", 3000)
    services[0].signal(signal.SIGCONT)
    if height < 200:
        wait("it stands by", 2, lambda: services[0].metric("leader") == 0)
        assert redis.height() <= height + 1
        assert services[0].said("fenced")
    wait("the end", 30, lambda: redis.height() == 200)
    assert services[0].stop() == 0
    reference_equals(redis, chain, 200)


def ac_10_lock_is_lost():
    """The server came back with an older lock and token."""
    chain = Chain()
    redis = Redis()
    redis.load(chain, 60)
    services = group(redis, chain, 2)
    wait("the head", 20, lambda: redis.height() == 60)
    old = leader_of(services)
    epoch = int(redis.call("GET", "evmx:epoch"))
    redis.call("DEL", "evmx:lock")
    redis.call("SET", "evmx:epoch", epoch - 1)
    wait("the one whose token is not stored steps down", 5, lambda: old.said("stepping down"))
    redis.feed(chain, 120)
    wait("somebody goes on", 15, lambda: redis.height() == 120)
    for service in services:
        assert service.stop() == 0
    reference_equals(redis, chain, 120)
