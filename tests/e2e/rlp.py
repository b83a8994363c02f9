"""RLP, Keccak and headers: enough to make blocks that are wrong on purpose, and empty ones for another chain."""


def encode(item):
    if isinstance(item, list):
        body = b"".join(encode(part) for part in item)
        return length(len(body), 0xC0) + body
    if len(item) == 1 and item[0] < 0x80:
        return item
    return length(len(item), 0x80) + item


def length(size, offset):
    if size < 56:
        return bytes([offset + size])
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([offset + 55 + len(digits)]) + digits


def decode(data):
    item, rest = decode_one(data)
    assert not rest, "trailing bytes"
    return item


def decode_one(data):
    first = data[0]
    if first < 0x80:
        return data[:1], data[1:]
    is_list = first >= 0xC0
    size = first - (0xC0 if is_list else 0x80)
    begin = 1
    if size > 55:
        begin = 1 + size - 55
        size = int.from_bytes(data[1:begin], "big")
    body, rest = data[begin:begin + size], data[begin + size:]
    if not is_list:
        return body, rest
    items = []
    while body:
        item, body = decode_one(body)
        items.append(item)
    return items, rest


def number(value):
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


ROTATIONS = ((0, 36, 3, 41, 18), (1, 44, 10, 45, 2), (62, 6, 43, 15, 61), (28, 55, 25, 21, 56), (27, 20, 39, 8, 14))
MASK = (1 << 64) - 1


def round_constants():
    out, state = [], 1
    for _ in range(24):
        value = 0
        for j in range(7):
            if state & 1:
                value |= 1 << ((1 << j) - 1)
            state = ((state << 1) ^ (0x171 if state & 0x80 else 0)) & 0xFF
        out.append(value)
    return out


CONSTANTS = round_constants()


def rotate(value, by):
    return ((value << by) | (value >> (64 - by))) & MASK if by else value


def permute(a):
    for constant in CONSTANTS:
        c = [a[x][0] ^ a[x][1] ^ a[x][2] ^ a[x][3] ^ a[x][4] for x in range(5)]
        d = [c[(x + 4) % 5] ^ rotate(c[(x + 1) % 5], 1) for x in range(5)]
        b = [[0] * 5 for _ in range(5)]
        for x in range(5):
            for y in range(5):
                b[y][(2 * x + 3 * y) % 5] = rotate(a[x][y] ^ d[x], ROTATIONS[x][y])
        for x in range(5):
            for y in range(5):
                a[x][y] = b[x][y] ^ (~b[(x + 1) % 5][y] & MASK & b[(x + 2) % 5][y])
        a[0][0] ^= constant


def keccak(data):
    rate = 136
    padded = bytearray(data + b"\x01" + b"\x00" * (rate - 1 - len(data) % rate))
    padded[-1] |= 0x80
    a = [[0] * 5 for _ in range(5)]
    for begin in range(0, len(padded), rate):
        for i in range(rate // 8):
            at = begin + 8 * i
            a[i % 5][i // 5] ^= int.from_bytes(padded[at:at + 8], "little")
        permute(a)
    return b"".join(a[i % 5][i // 5].to_bytes(8, "little") for i in range(4))


# Places in a header.
PARENT, STATE_ROOT, TX_ROOT, RECEIPTS_ROOT, BLOOM, NUMBER, GAS_LIMIT, GAS_USED, TIME, EXTRA, BASE_FEE = 0, 3, 4, 5, 6, 8, 9, 10, 11, 12, 15
EMPTY_ROOT = keccak(b"\x80")


def base_fee_after(parent):
    used, target = int.from_bytes(parent[GAS_USED], "big"), int.from_bytes(parent[GAS_LIMIT], "big") // 2
    fee = int.from_bytes(parent[BASE_FEE], "big")
    if used > target:
        return fee + max(fee * (used - target) // target // 8, 1)
    return fee - fee * (target - used) // target // 8


def empty_child(parent, extra=b"another"):
    """The header of an empty block on top of another (Paris)."""
    child = list(parent)
    child[PARENT] = keccak(encode(parent))
    child[TX_ROOT] = child[RECEIPTS_ROOT] = EMPTY_ROOT
    child[BLOOM] = bytes(256)
    child[NUMBER] = number(int.from_bytes(parent[NUMBER], "big") + 1)
    child[GAS_USED] = b""
    child[TIME] = number(int.from_bytes(parent[TIME], "big") + 12)
    child[EXTRA] = extra
    child[BASE_FEE] = number(base_fee_after(parent))
    return child


assert keccak(b"").hex().startswith("c5d2460186f7233c")
