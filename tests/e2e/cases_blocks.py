"""Blocks that are not there, not right, or of another chain."""
import json
import random
import re
import time

import rlp
from harness import Chain, Redis, Service, Lmdb, pick, reference_equals, run_to_end, wait

AT = 40  # the block that is wrong


def running(blocks=60, wrong=None, more=None, chain=None):
    """A service on a store in which wrong(redis) has damaged something."""
    chain = chain or Chain(fork="Paris")
    redis = Redis()
    redis.load(chain, blocks)
    if wrong:
        wrong(redis)
    return chain, redis, Service(redis.config(chain, more))


def keys_of_block(redis, block):
    return sorted(redis.call("KEYS", f"st:{block}:*") + redis.call("KEYS", f"blk:rcpt:{block}"))


def ac_11_missing_block():
    for kind in ("hdr", "txs"):
        key, kept = f"blk:{kind}:{AT}", {}
        def take_away(redis):
            kept[key] = redis.call("GET", key)
            redis.call("DEL", key)
        chain, redis, service = running(wrong=take_away)
        service.wait_height(AT - 1)
        wait("blocks_missing is 1", 10, lambda: service.metric("blocks_missing") == 1)
        reads = int(redis.call("INFO", "commandstats").decode().split("cmdstat_get:calls=")[1].split(",")[0])
        time.sleep(2)
        again = int(redis.call("INFO", "commandstats").decode().split("cmdstat_get:calls=")[1].split(",")[0])
        assert (again - reads) / 2 <= 10 * 3 * 20, f"{(again - reads) / 2:.0f} reads/s"
        assert redis.height() == AT - 1
        assert service.said(key), f"the log does not name {key}"
        redis.call("SET", key, kept[key])
        assert service.wait_height(AT, 3) < 1.5, "went on too late"
        service.wait_height(60)
        assert service.stop() == 0
        reference_equals(redis, chain, 60)


def ac_12_empty_block():
    chain = Chain(fork="Paris")
    for body in (b"\xc0", None):
        redis = Redis()
        redis.load(chain, 50)
        header = rlp.encode(rlp.empty_child(rlp.decode(redis.header(50))))
        redis.call("SET", "blk:hdr:51", header)
        redis.call("DEL", "blk:txs:51", "blk:body:51")
        if body:
            redis.call("SET", "blk:txs:51", body)
        redis.set_synced(51)
        run_to_end(redis.config(chain))
        assert redis.height() == 51


def mutations(rng, data, count):
    """Truncated, trailing bytes, wrong nesting, 2^32 lengths, leading zeros, any bit."""
    for i in range(count):
        kind = i % 6
        at = rng.randrange(len(data))
        if kind == 0:
            yield data[:at]
        elif kind == 1:
            yield data + bytes(rng.randrange(1, 9))
        elif kind == 2:
            yield data[:at] + bytes([data[at] ^ 0xC0]) + data[at + 1:]
        elif kind == 3:
            yield data[:at] + b"\xbb\xff\xff\xff\xff" + data[at:]
        elif kind == 4:
            yield data[:at] + b"\x00" + data[at:]
        else:
            yield data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1:]


def ac_13_corrupt_rlp():
    rng = random.Random(13)
    chain, redis, service = running(AT)
    service.wait_height(AT)
    chain_blocks = Redis()
    chain_blocks.load(chain, AT + 1)
    good = {kind: chain_blocks.call("GET", f"blk:{kind}:{AT + 1}") for kind in ("hdr", "txs")}
    for kind in good:
        for bad in mutations(rng, good[kind], pick(6, 300)):
            if bad == good[kind]:
                continue
            for name, value in good.items():
                redis.call("SET", f"blk:{name}:{AT + 1}", bad if name == kind else value)
            redis.set_synced(AT + 1)
            service.wait_unready("bad_block", 10)
            assert service.get("/livez")[0] == 200
            assert redis.height() == AT and not keys_of_block(redis, AT + 1)
    for name, value in good.items():
        redis.call("SET", f"blk:{name}:{AT + 1}", value)
    service.wait_height(AT + 1, 10)
    assert service.stop() == 0
    reference_equals(redis, chain, AT + 1)


def change(place, how):
    def wrong(redis):
        header = rlp.decode(redis.header(AT))
        header[place] = how(header[place])
        redis.call("SET", f"blk:hdr:{AT}", rlp.encode(header))
        redis.call("DEL", f"blk:hdr:{AT + 1}")
        redis.set_synced(AT)
    return wrong


def refuses(wrong, reason, more=None):
    chain, redis, service = running(wrong=wrong, more=more)
    service.wait_height(AT - 1)
    service.wait_unready("bad_block")
    found = {key: value for key, value in service.metrics().items() if "bad_blocks_total" in key and value}
    assert any(reason in key for key in found), f"{reason} is not among {found}"
    assert redis.height() == AT - 1 and not keys_of_block(redis, AT), "something was written"
    assert redis.call("GET", f"st:undo:{AT}") is None, "an undo record was written"
    assert service.stop() == 0
    reference_equals(redis, chain, AT - 1)
    return service


def flip(value):
    return bytes([value[0] ^ 1]) + value[1:]


def plus(by):
    return lambda value: rlp.number(int.from_bytes(value, "big") + by)


def ac_14_header_checks():
    refuses(change(rlp.NUMBER, plus(1)), "decode")
    refuses(change(rlp.TX_ROOT, flip), "decode")
    refuses(change(rlp.PARENT, flip), "parent")
    def future_field(redis):
        header = rlp.decode(redis.header(AT)) + [rlp.EMPTY_ROOT]  # withdrawals, which came later
        txs = rlp.decode(redis.call("GET", f"blk:txs:{AT}"))
        redis.call("SET", f"blk:hdr:{AT}", rlp.encode(header))
        redis.call("SET", f"blk:body:{AT}", rlp.encode([txs, [], []]))
        redis.set_synced(AT)
    refuses(future_field, "header")


def ac_15_gas_used_mismatch():
    for by in (1, -1):
        service = refuses(change(rlp.GAS_USED, plus(by)), "gas_used")
        assert service.said("gas of a refused block"), "no table of gas"


def ac_16_receipts_root_and_bloom_mismatch():
    refuses(change(rlp.RECEIPTS_ROOT, flip), "receipts_root")
    refuses(change(rlp.BLOOM, flip), "bloom")


def ac_17_state_root_mismatch():
    refuses(change(rlp.STATE_ROOT, flip), "state_root", {"verify": "full"})


def ac_18_invalid_transaction():
    """A chain whose blocks are honest about their bodies, and whose transactions come twice: the second has a nonce that was used."""
    def twice(redis):
        header = rlp.decode(redis.header(AT))
        before = redis.call("GET", f"blk:txs:{AT - 1}")
        old = rlp.decode(redis.header(AT - 1))
        header[rlp.TX_ROOT] = old[rlp.TX_ROOT]
        redis.call("SET", f"blk:hdr:{AT}", rlp.encode(header))
        redis.call("SET", f"blk:txs:{AT}", before)
        redis.call("DEL", f"blk:body:{AT}", f"blk:hdr:{AT + 1}")
        redis.set_synced(AT)
    refuses(twice, "transaction")


def other_chain(redis, ancestor, length):
    """Empty blocks from the ancestor on."""
    header = rlp.decode(redis.header(ancestor))
    for block in range(ancestor + 1, ancestor + length + 1):
        header = rlp.empty_child(header)
        redis.call("SET", f"blk:hdr:{block}", rlp.encode(header))
        redis.call("SET", f"blk:txs:{block}", b"\xc0")
        redis.call("DEL", f"blk:body:{block}")
    redis.set_synced(ancestor + length)


def other_reference(chain, ancestor, length):
    redis = Redis()
    redis.load(chain, ancestor)
    other_chain(redis, ancestor, length)
    run_to_end(redis.config(chain))
    return redis.digest()


def ac_19_reorganisation():
    chain, head = Chain(fork="Paris"), 120
    for depth, is_running in pick(((1, True), (7, False), (64, True)), ((1, True), (1, False), (2, True), (64, True), (64, False),
                                                                       (100, True), (119, True))):
        redis = Redis()
        redis.load(chain, head)
        config = redis.config(chain)
        service = Service(config)
        service.wait_height(head)
        if not is_running:
            assert service.stop() == 0
        other_chain(redis, head - depth, depth + 1)
        if not is_running:
            service = Service(config)
        wait("the new head", 20, lambda: redis.height() == head + 1)
        wait("a reorganisation is counted", 5, lambda: service.metric("reorgs_total") == 1 and
             service.metric("reorg_depth") == depth)
        assert service.stop() == 0
        assert redis.digest() == other_reference(chain, head - depth, depth + 1), f"depth {depth}: another digest"


def ac_20_reorganisation_below_the_window():
    chain = Chain(fork="Paris")
    redis = Redis()
    redis.load(chain, 60)
    service = Service(redis.config(chain, {"execution.state_window_size": 10}))
    service.wait_height(60)
    before = redis.digest()
    other_chain(redis, 30, 31)
    service.wait_unready("reorg_too_deep")
    assert redis.height() == 60 and redis.digest() == before
    assert service.stop() == 0


def ac_21_window():
    chain, window = Chain(), 16
    redis = Redis()
    redis.load(chain, pick(100, 300))
    run_to_end(redis.config(chain, {"execution.state_window_size": window}))
    head = redis.height()
    records = sorted(int(key.split(b":")[2]) for key in redis.call("KEYS", "st:undo:*"))
    assert records == list(range(head - window + 1, head + 1)), records
    heights = {int(key.split(b":")[1]) for key in redis.call("KEYS", "st:[0-9]*:*")}
    assert heights <= set(records) and len(heights) == window, sorted(heights)
    lives = [redis.call("TTL", f"st:undo:{n}") for n in records]
    assert set(lives) == {-1}, "undo records expire"


def ac_44_progress_set_back_by_hand():
    chain = Chain()
    for store in (Redis(),):
        store.load(chain, 80)
        config = store.config(chain)
        run_to_end(config)
        before = everything(store)
        tool_rewind(store, 70)
        run_to_end(config)
        after = everything(store)
        different = [key for key in before.keys() | after.keys() if before.get(key) != after.get(key)]
        assert not different, f"{len(different)} keys differ, {different[:3]}"


def everything(redis):
    """All but time and leadership."""
    out = {}
    for key in redis.call("KEYS", "*"):
        if not key.startswith((b"evmx:", b"idx:exec:progress")):
            out[key] = redis.call("GET", key)
            if key.startswith(b"st:undo:"):
                out[key] = len(out[key])
    return out


def tool_rewind(redis, block):
    """As somebody would do it by hand: the number and the hash of an earlier block."""
    progress = redis.call("GET", "idx:exec:progress").decode()
    fields = redis.progress()
    text = progress.replace(f'"latestExecutedBlock":{fields["latestExecutedBlock"]}', f'"latestExecutedBlock":{block}')
    text = text.replace(fields["latestExecutedHash"], "0x" + rlp.keccak(redis.header(block)).hex())
    redis.call("SET", "idx:exec:progress", text)


def ac_45_documented_layout():
    """Accounts and slots as the documents have them, key by key; and the same state in other spellings is read."""
    chain = Chain()
    redis = Redis()
    redis.load(chain, 60)
    config = redis.config(chain)
    run_to_end(config, "--set", "execution.state_window_size=64")
    for key in redis.call("KEYS", "st:latest:acc:*"):
        fields = list(json.loads(redis.call("GET", key)))
        assert fields[:4] == ["balance", "nonce", "codeHash", "storageRoot"], (key, fields)
        assert b" " not in redis.call("GET", key)
    for key in redis.call("KEYS", "st:latest:stor:*")[:200]:
        value = redis.call("GET", key)
        assert len(value) == 66 and value.startswith(b"0x"), (key, value)
    # Quoted balances, as other writers have them.
    for key in redis.call("KEYS", "st:latest:acc:*"):
        value = redis.call("GET", key).decode()
        redis.call("SET", key, re.sub(r'"balance":(\d+)', r'"balance":"\1"', value))
    redis.feed(chain, 90)
    run_to_end(config)
    lmdb = Lmdb()
    lmdb.load(chain, 90)
    run_to_end(lmdb.config(chain))
    assert redis.height() == lmdb.height() == 90
