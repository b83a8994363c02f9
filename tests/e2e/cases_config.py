"""What is refused before anything is done, and with which code."""
import os
import re
import socket
import time

from harness import Chain, Lmdb, Redis, Service, free_port, tool, world, write_config

SECRET = "hunter2-is-secret"


def refused(config, *words, env=None, code=78, seconds=2.0, check=False):
    begin = time.monotonic()
    done = tool(*(("config", "check") if check else ("run",)), "--config", config, env=env, check=False, timeout=60)
    took = time.monotonic() - begin
    assert done.returncode == code, f"code {done.returncode}, not {code}: {done.stderr[-300:]}"
    assert took < seconds, f"{took:.1f} s"
    for word in words:
        assert re.search(word, done.stderr + done.stdout), f"no \"{word}\" in: {done.stderr[-400:]}"
    return done


def ac_02_wrong_password_or_database():
    chain = Chain()
    redis = Redis("--requirepass", SECRET)
    for more, word in (({"storage.pika.password": "wrong-" + SECRET}, "storage.pika.password"), ({}, "storage.pika.password"),
                       ({"storage.pika.password": SECRET, "storage.pika.db": 15}, "storage.pika.db")):
        if "storage.pika.db" in more:
            redis.close()
            redis = Redis("--requirepass", SECRET, "--databases", "4")
        done = refused(redis.config(chain, more), word)
        assert SECRET not in done.stdout + done.stderr


def ac_27_bad_configuration_key():
    for text, word in (("exection:\n  batch_size: 3\n", "execution"),
                       ("execution:\n  state_cach_size: 3\n", "state_cache_size")):
        path = world.path("bad.yaml")
        path.write_text(text)
        line = 1 if word == "execution" else 2
        for check in (False, True):
            refused(path, word, rf"{re.escape(path.name)}:{line}", check=check)


def ac_28_bad_value_in_the_environment():
    path = write_config({"chain.name": str(Chain().name)})
    for value in ("abc", "-1", "0", "1e12", "10 "):
        refused(path, "EVM_EXECUTOR_EXECUTION_BATCH_SIZE", re.escape(value), "1.*10000", check=True,
                env={"EVM_EXECUTOR_EXECUTION_BATCH_SIZE": value})


def ac_29_environment_overrides():
    path = write_config({"chain.name": str(Chain().name), "execution.batch_size": 7, "storage.pika.password": SECRET})
    def dump(env):
        return tool("config", "dump", "--config", path, env=env).stdout
    assert SECRET not in dump({}), "the password is shown"
    for env, word in (({}, "batch_size: 7"), ({"EVM_EXECUTOR_EXECUTION_BATCH_SIZE": "8"}, "batch_size: 8"),
                      ({"PEVM_MAX_WORKERS": "3"}, "max_workers: 3"), ({"PEVM_LOG_LEVEL": "warn"}, "level: \"?warn")):
        assert re.search(word, dump(env)), f"{env}: no \"{word}\""
    refused(path, "max_workers|worker_count", check=True,
            env={"EVM_EXECUTOR_ENGINE_MAX_WORKERS": "3", "EVM_EXECUTOR_WORKER_POOLS_TX_EXECUTOR_WORKER_COUNT": "4"})


def ac_30_unknown_chain():
    refused(write_config({"chain.name": "foo", "storage.kind": "memory"}), "bsc", "mainnet")
    refused(write_config({"chain.name": "bsc", "chain.network_id": 1, "storage.kind": "memory"}), "network_id")


def ac_31_port_in_use():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = Lmdb().config(Chain(), {"metrics.listen_addr": f"127.0.0.1:{taken.getsockname()[1]}"})
        refused(config, "listen_addr", code=74)


def ac_01_store_down_at_start():
    chain, port = Chain(), free_port()
    redis = Redis(port=port)
    redis.load(chain, 50)
    saved = redis.config(chain, {"startup_timeout": "0"})
    redis.call("SAVE")
    redis.kill()
    service = Service(saved)
    service.wait_unready("store_unreachable")
    assert service.get("/livez")[0] == 200
    time.sleep(4)
    said = [line for line in service.lines() if line.get("level") == "error"]
    assert len(said) <= 2, f"{len(said)} lines of errors in 4 s"
    redis.start()
    begin = time.monotonic()
    service.wait_height(50)
    assert time.monotonic() - begin < 12, "connected too late"
    assert service.stop() == 0
    config = write_config({"chain.name": str(chain.name), "startup_timeout": "2s", "storage.kind": "pika",
                           "storage.pika.addr": f"127.0.0.1:{free_port()}", "metrics.listen_addr": f"127.0.0.1:{free_port()}"})
    refused(config, code=69, seconds=8)
    assert os.path.exists(config)
