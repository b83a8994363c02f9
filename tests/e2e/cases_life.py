"""How a service lives and ends: signals, reload, logs, metrics, health, memory."""
import json
import os
import re
import shutil
import signal
import subprocess
import time

from cases_leader import group, leader_of
from harness import Chain, Lmdb, Redis, Service, pick, reference_equals, run_to_end, wait, world

DOCUMENTED = ("execution_height", "execution_lag", "execution_speed_bps", "txs_executed_total", "txs_failed_total", "gas_used_total",
              "evm_execution_latency_seconds", "state_accounts_cached", "state_cache_hit_rate", "state_write_batch_size",
              "state_commit_latency_seconds", "worker_pool_active_workers", "worker_pool_queue_length",
              "worker_pool_tasks_completed_total", "worker_pool_tasks_failed_total")
POOLS = ("tx-executor", "state-committer", "receipt-writer")


def ac_34_at_the_head():
    chain = Chain()
    redis = Redis()
    redis.load(chain, 20)
    service = Service(redis.config(chain))
    wait("the head", 20, lambda: redis.height() == 20)
    source = Redis()
    source.load(chain)
    late = []
    for block in range(21, 21 + pick(40, 270)):
        begin = time.monotonic()
        for kind in ("hdr", "txs", "body"):
            value = source.call("GET", f"blk:{kind}:{block}")
            if value is not None:
                redis.call("SET", f"blk:{kind}:{block}", value)
        redis.set_synced(block)
        published = time.monotonic()
        wait("the block", 2, lambda: redis.height() == block, 0.002)
        late.append(time.monotonic() - published)
        time.sleep(max(0, pick(0.1, 0.45) - (time.monotonic() - begin)))
    late.sort()
    print(f"    half of them within {late[len(late) // 2] * 1000:.0f} ms, 99 % within {late[len(late) * 99 // 100] * 1000:.0f} ms",
          flush=True)
    assert late[len(late) * 99 // 100] < 0.15, f"{late[-3:]}"
    assert service.stop() == 0


def ac_35_told_to_stop():
    chain = Chain()
    for is_busy in (False, True, True):
        redis = Redis()
        redis.load(chain, 300 if is_busy else 30)
        services = group(redis, chain, 2, {"leader.lock_ttl": "30s", "leader.renew_interval": "1s"})
        wait("work", 20, lambda: (redis.height() or 0) >= (5 if is_busy else 30), 0.01)
        old = leader_of(services) or services[0]
        rest = [service for service in services if service is not old]
        begin = time.monotonic()
        old.signal(signal.SIGTERM)
        assert old.ended(25) == 0
        assert time.monotonic() - begin < 10
        wait("the standby leads", 2.5, lambda: leader_of(rest))
        wait("the end", 30, lambda: redis.height() == (300 if is_busy else 30))
        assert rest[0].stop() == 0
        reference_equals(redis, chain, redis.height())


def ac_36_second_signal():
    chain = Chain()
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        redis = Redis()
        redis.load(chain)
        service = Service(redis.config(chain, {"engine.max_workers": 1}))
        wait("work", 20, lambda: (redis.height() or 0) > 5, 0.01)
        redis.process.send_signal(signal.SIGSTOP)  # so that the first stop takes long
        time.sleep(0.1)
        service.signal(number)
        time.sleep(0.3)
        if service.process.poll() is None:
            service.signal(number)
            got = service.ended(3)
            assert got == code, f"code {got}"
        redis.process.send_signal(signal.SIGCONT)
        time.sleep(2.2)  # the lock
        run_to_end(redis.config(chain))
        reference_equals(redis, chain)


def ac_37_reload():
    chain = Chain()
    store = Lmdb()
    store.load(chain, 60)
    config = store.config(chain, {"logging.level": "info"})
    service = Service(config)
    service.wait_height(60)
    text = config.read_text()
    def put(changed):
        config.write_text(changed)
        service.signal(signal.SIGHUP)
    def reloads(word):
        return sum(value for key, value in service.metrics().items() if "reload" in key and word in key)
    put(text.replace('level: "info"', 'level: "debug"').replace("max_workers: 2", "max_workers: 3"))
    wait("the reload", 5, lambda: reloads("applied") == 1)
    for key in ("logging.level", "engine.max_workers"):
        assert any(line.get("key") == key for line in service.lines()), f"{key} is not logged"
    put(text.replace(store.place, store.place + "-other"))
    wait("the refusal", 5, lambda: reloads("refused") == 1)
    assert service.said("storage.lmdb.path")
    put("execution: [broken\n")
    wait("the refusal of what is broken", 5, lambda: reloads("refused") == 2)
    put(text)
    wait("the old one again", 5, lambda: reloads("applied") == 2)
    assert service.stop() == 0
    reference_equals(store, chain, 60)


def ac_38_log_rotation():
    chain = Chain()
    store = Lmdb()
    store.load(chain)
    folder = world.path("logs")
    folder.mkdir()
    path = folder / "pevm.log"
    service = Service(store.config(chain, {"logging.file": str(path), "logging.level": "debug", "engine.max_workers": 1}))
    moved = 0
    wait("a log", 10, path.exists)
    while (service.metric("execution_height") or 0) < chain.blocks:
        os.rename(path, folder / f"pevm.log.moved{moved}")
        moved += 1
        service.signal(signal.SIGUSR1)
        wait("it is opened anew", 3, path.exists)
        time.sleep(0.05)
    files = len(os.listdir(f"/proc/{service.pid}/fd"))
    service.signal(signal.SIGUSR1)
    time.sleep(0.3)
    assert abs(len(os.listdir(f"/proc/{service.pid}/fd")) - files) <= 2, "descriptors leak"
    assert service.stop() == 0
    numbers = []
    for name in folder.iterdir():
        for line in name.read_text().splitlines():
            fields = json.loads(line)
            if fields.get("msg", fields.get("message")) == "block committed":
                numbers.append(fields["number"])
    assert sorted(numbers) == list(range(1, chain.blocks + 1)), f"{len(numbers)} blocks are in the log"


def ac_39_metrics_contract():
    chain = Chain()
    redis = Redis()
    redis.load(chain)
    service = Service(redis.config(chain))
    wait("metrics", 5, lambda: service.metrics())
    first = service.metrics()
    names = {key.split("{")[0] for key in first}
    for name in DOCUMENTED:
        assert any(found.startswith("evm_executor_" + name) for found in names), f"{name} is not there from the start"
    for pool in POOLS:
        assert f'evm_executor_worker_pool_active_workers{{pool="{pool}"}}' in first, pool
    before, slowest = first, 0.0
    while (service.metric("execution_height") or 0) < chain.blocks:
        begin = time.monotonic()
        now = service.metrics()
        slowest = max(slowest, time.monotonic() - begin)
        for key, value in before.items():
            if re.search(r"_(total|count|bucket|sum)(\{|$)", key):
                assert now[key] >= value, f"{key} went back"
        before = now
    print(f"    the slowest of the answers took {slowest * 1000:.0f} ms", flush=True)
    wait("height is the progress", 3, lambda: service.metric("execution_height") == redis.height())
    if shutil.which("promtool"):
        done = subprocess.run(["promtool", "check", "metrics"], input=service.get("/metrics")[1], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[:400]
    assert service.stop() == 0


def ac_24_memory_limit():
    chain = Chain(blocks=pick(300, 2000), txs=200)
    store = Lmdb()
    store.load(chain)
    service = Service(store.config(chain), env={"PEVM_MEMORY_LIMIT": "512MB"})
    most = 0
    while (service.metric("execution_height") or 0) < chain.blocks:
        with open(f"/proc/{service.pid}/status") as status:
            fields = dict(line.split(":", 1) for line in status)
        most = max(most, int(fields["RssAnon"].split()[0]) * 1024)
        time.sleep(0.1)
    print(f"    at most {most >> 20} MB without the files that are mapped", flush=True)
    assert most <= 512 * 1.1 * (1 << 20)
    assert service.stop() == 0


def ac_40_stuck_loop():
    """A loop that hangs: it waits for a server that was stopped, longer than the watchdog has patience."""
    chain = Chain()
    redis = Redis()
    redis.load(chain)
    service = Service(redis.config(chain, {"engine.max_workers": 1, "health.watchdog": "1s", "storage.pika.timeout": "20s",
                                           "leader.lock_ttl": "60s"}))
    wait("work", 20, lambda: (redis.height() or 0) > 5, 0.01)
    redis.process.send_signal(signal.SIGSTOP)
    wait("/livez says 503", 5, lambda: service.get("/livez")[0] == 503)
    wait("stacks", 5, lambda: service.said("thread "))
    redis.process.send_signal(signal.SIGCONT)
    wait("/livez says 200", 5, lambda: service.get("/livez")[0] == 200)
    service.kill()
    redis.call("DEL", "evmx:lock")
    run_to_end(redis.config(chain))
    reference_equals(redis, chain)
