"""What a test needs: a chain, a store, services, and what they say about themselves."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import resp

pevm = None  # the command, run.py says which
full = False  # the numbers of the table of acceptance, not the short form
CHAIN_NAME = "chain.json"


class Skip(Exception):
    pass


def pick(quick, whole):
    return whole if full else quick


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def tool(*words, check=True, env=None, timeout=600):
    done = subprocess.run([pevm, *map(str, words)], capture_output=True, text=True, timeout=timeout,
                          env={**os.environ, **(env or {})})
    if check:
        assert done.returncode == 0, f"pevm {' '.join(map(str, words))}: {done.returncode}: {done.stderr[-600:]}"
    return done


def wait(what, seconds, question, pace=0.05):
    """Asks until the answer is yes; what took how long."""
    begin = time.monotonic()
    while True:
        try:
            answer = question()
        except (OSError, resp.Refused):
            answer = None
        if answer:
            return time.monotonic() - begin
        assert time.monotonic() - begin < seconds, f"not within {seconds} s: {what}"
        time.sleep(pace)


class Chain:
    """Blocks of our own making; the same for the whole run."""
    made = {}

    def __init__(self, blocks=300, txs=20, fork="Osaka", recipe="mixed", seed=7):
        self.blocks, self.txs, self.fork, self.recipe, self.seed = blocks, txs, fork, recipe, seed
        self.folder = Path(world.folder) / f"chain-{fork}-{recipe}-{blocks}-{txs}-{seed}"
        if not self.folder.exists():
            tool("make-chain", "--blocks", blocks, "--txs", txs, "--fork", fork, "--recipe", recipe, "--seed", seed,
                 "--form", "rlp", "--out", self.folder)

    @property
    def name(self):
        return self.folder / "genesis.json"

    def reference(self, last=None):
        """The digest of one undisturbed sequential run."""
        last = last or self.blocks
        key = (self.folder, last)
        if key not in Chain.made:
            store = Lmdb()
            store.load(self, last)
            config = store.config(self, {"scheduler.policy": "sequential", "engine.max_workers": 1})
            run_to_end(config)
            Chain.made[key] = store.digest()
        return Chain.made[key]


class World:
    """The folder of one run and everything that must be ended."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="pevm-e2e-")
        self.open, self.count = [], 0

    def path(self, name):
        self.count += 1
        return Path(self.folder) / f"{self.count}-{name}"

    def sweep(self):
        while self.open:
            self.open.pop().close()

    def end(self):
        self.sweep()
        shutil.rmtree(self.folder, ignore_errors=True)


world = World()


def write_config(settings):
    """dotted keys to a file, in the form that people write."""
    tree = {}
    for key, value in settings.items():
        node = tree
        *path, leaf = key.split(".")
        for word in path:
            node = node.setdefault(word, {})
        node[leaf] = value
    path = world.path("pevm.yaml")
    path.write_text("\n".join(lines_of(tree, 0)) + "\n")
    return path


def lines_of(tree, depth):
    for key, value in tree.items():
        if isinstance(value, dict):
            yield "  " * depth + key + ":"
            yield from lines_of(value, depth + 1)
        else:
            yield "  " * depth + f"{key}: {json.dumps(value) if isinstance(value, (str, bool)) else value}"


class Place:
    """A store, whichever."""

    def load(self, chain, last=None):
        tool("import", "genesis", chain.name, "--store", self.place)
        self.feed(chain, last)

    def feed(self, chain, last=None):
        tool("feed", "--file", chain.folder / "chain.rlp", "--store", self.place, *(["--last", last] if last else []))

    def config(self, chain, more=None):
        settings = {"chain.name": str(chain.name), "startup_timeout": "60s", "metrics.listen_addr": f"127.0.0.1:{free_port()}",
                    "engine.max_workers": 2, "engine.worker_affinity": False, "leader.lock_ttl": "2s",
                    "leader.renew_interval": "500ms"}
        settings.update(self.settings())
        settings.update(more or {})
        return write_config(settings)

    def digest(self):
        return tool("inspect", "digest", "--store", self.place).stdout.strip()

    def height(self):
        found = re.search(r"executed +block (\d+)", tool("inspect", "progress", "--store", self.place).stdout)
        return int(found.group(1)) if found else None


class Lmdb(Place):
    def __init__(self):
        self.place = str(world.path("lmdb"))

    def settings(self):
        return {"storage.kind": "lmdb", "storage.lmdb.path": self.place, "storage.lmdb.sync": "never"}


class Redis(Place):
    def __init__(self, *options, port=None, is_durable=False):
        if shutil.which("redis-server") is None:
            raise Skip("there is no redis-server")
        self.folder, self.port, self.process = world.path("redis"), port or free_port(), None
        self.folder.mkdir()
        self.options = [*options, "--save", "", "--appendonly", "yes" if is_durable else "no", "--appendfsync", "always"]
        self.place, self.at = f"redis:127.0.0.1:{self.port}", self.port
        world.open.append(self)
        self.start()

    def start(self):
        self.process = subprocess.Popen(["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder),
                                         *self.options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait("redis-server answers", 20, lambda: self.is_ready())

    def is_ready(self):
        client = resp.Client(self.port)
        try:
            return client.call("PING") == b"PONG"
        except resp.Refused as refused:
            return str(refused).startswith("NOAUTH")
        finally:
            client.close()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.kill()

    def call(self, *words):
        client = resp.Client(self.port)
        try:
            return client.call(*words)
        finally:
            client.close()

    def settings(self):
        return {"storage.kind": "pika", "storage.pika.addr": f"127.0.0.1:{self.at}", "storage.pika.timeout": "1s",
                "storage.pika.connect_timeout": "1s"}

    def height(self):
        return self.progress().get("latestExecutedBlock")

    def progress(self):
        value = self.call("GET", "idx:exec:progress")
        return {} if value is None else json.loads(value)

    def header(self, block):
        return self.call("GET", f"blk:hdr:{block}")

    def set_synced(self, block):
        fields = json.loads(self.call("GET", "idx:sync:progress"))
        key = next(name for name, value in fields.items() if isinstance(value, int))
        fields[key] = block
        self.call("SET", "idx:sync:progress", json.dumps(fields, separators=(",", ":")))


class Service:
    def __init__(self, config, *words, env=None, prefix=()):
        self.config = Path(config)
        text = self.config.read_text()
        self.port = int(re.search(r'listen_addr: "127.0.0.1:(\d+)"', text).group(1))
        self.log = world.path("log")
        with open(self.log, "wb") as out, open(world.path("out"), "wb") as plain:
            self.process = subprocess.Popen([*prefix, pevm, "run", "--config", str(config), *words], stdout=plain, stderr=out,
                                            env={**os.environ, **(env or {})})
        self.pid = self.process.pid
        world.open.append(self)

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def ended(self, seconds=30):
        """Its exit code."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it did not end within {seconds} s") from None

    def stop(self):
        self.signal(signal.SIGTERM)
        return self.ended()

    def lines(self):
        out = []
        for line in self.log.read_text(errors="replace").splitlines():
            try:
                out.append(json.loads(line))
            except ValueError:
                out.append({"torn": line})
        return out

    def said(self, word):
        return word in self.log.read_text(errors="replace")

    def get(self, path, timeout=3):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=timeout) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read().decode()

    def metrics(self, timeout=3):
        out = {}
        for line in self.get("/metrics", timeout)[1].splitlines():
            if line and not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                out[name] = float(value)
        return out

    def metric(self, name):
        """Summed over labels; nothing to hear: None."""
        try:
            found = [value for key, value in self.metrics(1).items() if key.split("{")[0] == f"evm_executor_{name}"]
        except OSError:
            return None
        return sum(found) if found else None

    def is_ready(self):
        return self.get("/readyz")[0] == 200

    def wait_height(self, height, seconds=60):
        return wait(f"height {height}", seconds, lambda: (self.metric("execution_height") or 0) >= height)

    def wait_unready(self, word, seconds=20):
        def question():
            status, text = self.get("/readyz")
            return status == 503 and word in text
        return wait(f"/readyz says {word}", seconds, question)


def run_to_end(config, *words, env=None, code=0, timeout=600):
    done = tool("run", "--config", config, "--until-synced", *words, env=env, check=False, timeout=timeout)
    assert done.returncode == code, f"pevm run ended with {done.returncode}, not {code}: {done.stderr[-800:]}"
    return done


def reference_equals(store, chain, last=None):
    got, wanted = store.digest(), chain.reference(last)
    assert got == wanted, f"digest {got}, the undisturbed run has {wanted}"
