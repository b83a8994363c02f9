#!/usr/bin/env python3
"""pevm_ctypes.py FOLDER CHAIN - the library from Python, through ctypes. PEVM_LIBRARY: its path (libpevm.so.0.1)."""

import ctypes as c
import os
import sys
from pathlib import Path

OK = 0
THROUGHPUT = 0


class Bytes(c.Structure):
    _fields_ = [("data", c.c_char_p), ("size", c.c_size_t)]


class Address(c.Structure):
    _fields_ = [("bytes", c.c_uint8 * 20)]


class Hash(c.Structure):
    _fields_ = [("bytes", c.c_uint8 * 32)]

    def __str__(self):
        return bytes(self.bytes).hex()


class U256(c.Structure):
    _fields_ = [("words", c.c_uint64 * 4)]

    @classmethod
    def of(cls, number):
        return cls((c.c_uint64 * 4)(*(number >> 64 * i & (1 << 64) - 1 for i in range(4))))


class Error(c.Structure):
    _fields_ = [("text", c.c_char * 512)]


class Config(c.Structure):
    _fields_ = [("struct_size", c.c_size_t), ("chain", c.c_char_p), ("workers", c.c_uint32), ("policy", c.c_uint32),
                ("validation", c.c_uint32), ("conflict_detection", c.c_uint32), ("dependency_analysis", c.c_uint32),
                ("validation_batch_size", c.c_uint32),
                ("attempts_max", c.c_uint32), ("memory_pressure_percent", c.c_uint32),
                ("adaptive", c.c_uint8), ("load_balancing", c.c_uint8),
                ("scaling", c.c_uint8), ("affinity", c.c_uint8), ("numa", c.c_uint8), ("spin", c.c_uint8), ("padding", c.c_uint8 * 2),
                ("task_timeout_ns", c.c_uint64), ("execution_timeout_ns", c.c_uint64),
                ("memory_max_bytes", c.c_uint64), ("memory_pool_bytes", c.c_uint64),
                ("version_gc_interval_ns", c.c_uint64), ("code_cache_bytes", c.c_uint64)]


class Input(c.Structure):
    _fields_ = [("struct_size", c.c_size_t), ("block", Bytes), ("parent_header", Bytes), ("state", c.c_void_p),
                ("view", c.c_void_p), ("parent_total_difficulty", c.c_void_p), ("tracer", c.c_void_p),
                ("trace", c.c_void_p), ("is_cancelled", c.c_void_p), ("cancel_context", c.c_void_p),
                ("dependencies", c.c_void_p), ("dependency_count", c.c_size_t), ("gas_estimates", c.c_void_p),
                ("gas_estimate_count", c.c_size_t),
                ("skip_header_compare", c.c_uint8), ("skip_body_roots", c.c_uint8), ("padding", c.c_uint8 * 6)]


class Changes(c.Structure):
    _fields_ = [("accounts", c.c_void_p), ("account_count", c.c_size_t), ("codes", c.c_void_p),
                ("code_count", c.c_size_t)]


class Outcome(c.Structure):
    """As far as it is used here: the library lends it, so its end does not matter."""
    _fields_ = [("is_valid", c.c_uint8), ("has_receipts_root", c.c_uint8), ("has_state_root", c.c_uint8),
                ("has_requests_hash", c.c_uint8), ("tx_index", c.c_uint32), ("fault", c.c_char_p),
                ("tx_fault", c.c_char_p), ("fault_text", c.c_char_p), ("number", c.c_uint64), ("block_hash", Hash),
                ("receipts", c.c_void_p), ("receipt_count", c.c_size_t), ("changes", Changes),
                ("gas_used", c.c_uint64), ("blob_gas_used", c.c_uint64), ("bloom", c.c_uint8 * 256),
                ("receipts_root", Hash), ("state_root", Hash), ("requests_hash", Hash)]


def load():
    library = c.CDLL(os.environ.get("PEVM_LIBRARY", "libpevm.so.0.1"))
    library.pevm_version.restype = library.pevm_status_text.restype = c.c_char_p
    library.pevm_state_set_account.argtypes = [c.c_void_p, c.c_void_p, c.c_uint64, c.c_void_p, Bytes]
    library.pevm_state_set_block_hash.argtypes = [c.c_void_p, c.c_uint64, c.c_void_p]
    library.pevm_config_init_sized.argtypes = [c.c_void_p, c.c_size_t, c.c_int]
    library.pevm_input_init_sized.argtypes = [c.c_void_p, c.c_size_t]
    library.pevm_state_free.argtypes = library.pevm_engine_close.argtypes = [c.c_void_p]
    return library


def check(library, status, error=None):
    if status != OK:
        raise RuntimeError((error.text if error and error.text else library.pevm_status_text(status)).decode())


def read_state(library, path):
    """state.txt (examples/world.h) as a state of the library's."""
    state = c.c_void_p()
    check(library, library.pevm_state_new(c.byref(state)))
    for line in path.read_text().splitlines():
        kind, *words = line.split()
        if kind == "hash":
            known = Hash.from_buffer_copy(bytes.fromhex(words[1]))
            library.pevm_state_set_block_hash(state, int(words[0]), c.byref(known))
            continue
        who = Address.from_buffer_copy(bytes.fromhex(words[0]))
        if kind == "account":
            code = b"" if words[4] == "-" else bytes.fromhex(words[4])
            balance = U256.of(int(words[2], 16))
            check(library, library.pevm_state_set_account(state, c.byref(who), int(words[1]), c.byref(balance),
                                                          Bytes(code, len(code))))
        else:
            slot, value = (U256.of(int(word, 16)) for word in words[1:])
            check(library, library.pevm_state_set_slot(state, c.byref(who), c.byref(slot), c.byref(value)))
    return state


def main(folder, chain):
    library, error = load(), Error()
    config, engine = Config(), c.c_void_p()
    library.pevm_config_init_sized(c.byref(config), c.sizeof(config), THROUGHPUT)
    config.chain = chain.encode()
    check(library, library.pevm_engine_open(c.byref(engine), c.byref(config), c.byref(error)), error)

    state, block = read_state(library, folder / "state.txt"), (folder / "block.rlp").read_bytes()
    given, outcome = Input(), c.POINTER(Outcome)()
    library.pevm_input_init_sized(c.byref(given), c.sizeof(given))
    given.block, given.state = Bytes(block, len(block)), state
    check(library, library.pevm_engine_execute(engine, c.byref(outcome), c.byref(given), c.byref(error)), error)

    result = outcome.contents
    if not result.is_valid:
        raise RuntimeError(f"invalid: {result.fault.decode()}: {result.fault_text.decode()}")
    print(f"pevm {library.pevm_version().decode()}: {result.receipt_count} receipts, {result.gas_used} gas, "
          f"state root {result.state_root}")
    library.pevm_engine_close(engine)
    library.pevm_state_free(state)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), sys.argv[2])
