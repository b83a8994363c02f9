/* block_fault.h - every reason for which a block is refused, with the official tests' words for it ('|' joins several). */
#pragma once

/*  code, text for people, names in the official tests (BlockException.* and the old retesteth ones), '|' between */
#define BLOCK_FAULT_LIST(X)                                                                                              \
    X(BLOCK_VALID, "valid", "")                                                                                          \
    X(BLOCK_MALFORMED, "the encoding is not that of a block", "RLP_STRUCTURES_ENCODING|INCORRECT_BLOCK_FORMAT")          \
    X(BLOCK_TOO_LONG, "the block's RLP is longer than the limit", "RLP_BLOCK_LIMIT_EXCEEDED")                            \
    X(BLOCK_FIELDS, "header or body fields do not fit the fork", "INCORRECT_BLOCK_FORMAT")                               \
    X(BLOCK_PARENT_UNKNOWN, "the parent is not known", "UNKNOWN_PARENT|UNKNOWN_PARENT_ZERO|UnknownParent|UnknownParent2") \
    X(BLOCK_NUMBER, "number is not the parent's plus one", "INVALID_BLOCK_NUMBER|InvalidNumber")                         \
    X(BLOCK_TIMESTAMP, "timestamp not after the parent's", "INVALID_BLOCK_TIMESTAMP_OLDER_THAN_PARENT")                  \
    X(BLOCK_EXTRA_DATA, "extra data longer than 32 bytes", "EXTRA_DATA_TOO_BIG|ExtraDataTooBig")                         \
    X(BLOCK_EXTRA_DATA_DAO, "extra data is not dao-hard-fork", "EXTRA_DATA_INVALID_DAO|ExtraDataIncorrectDAO")           \
    X(BLOCK_GAS_LIMIT, "gas limit out of the parent's bounds", "INVALID_GASLIMIT|GASLIMIT_TOO_BIG")                      \
    X(BLOCK_GAS_USED_ABOVE_LIMIT, "gas used above the gas limit", "GAS_USED_OVERFLOW|TooMuchGasUsed")                    \
    X(BLOCK_BASE_FEE, "base fee is not the one EIP-1559 gives", "INVALID_BASEFEE_PER_GAS")                               \
    X(BLOCK_DIFFICULTY, "difficulty is not the formula's", "INVALID_DIFFICULTY|InvalidDifficulty")                       \
    X(BLOCK_POS_HEADER, "difficulty, nonce or ommers after the merge", "IMPORT_IMPOSSIBLE_UNCLES_OVER_PARIS")            \
    X(BLOCK_OMMERS_HASH, "ommers hash is not that of the ommers", "InvalidUnclesHash")                                   \
    X(BLOCK_OMMER_COUNT, "more than two ommers", "TooManyUncles")                                                        \
    X(BLOCK_OMMER, "an ommer is not valid here", "UNCLE_PARENT_INCORRECT")                                               \
    X(BLOCK_TRANSACTIONS_ROOT, "transactions root differs", "INVALID_TRANSACTIONS_ROOT|InvalidTransactionsRoot")         \
    X(BLOCK_WITHDRAWALS_ROOT, "withdrawals root differs", "INVALID_WITHDRAWALS_ROOT|InvalidWithdrawals")                 \
    X(BLOCK_EXCESS_BLOB_GAS, "excess blob gas is not the parent's successor", "INCORRECT_EXCESS_BLOB_GAS")               \
    X(BLOCK_BLOB_GAS_ABOVE_LIMIT, "blob gas used above the limit", "BLOB_GAS_USED_ABOVE_LIMIT")                          \
    X(BLOCK_BLOB_GAS_USED, "blob gas used differs", "INCORRECT_BLOB_GAS_USED")                                           \
    X(BLOCK_TRANSACTION, "a transaction is invalid", "")                                                                 \
    X(BLOCK_GAS_USED, "gas used differs", "INVALID_GAS_USED|InvalidGasUsed")                                             \
    X(BLOCK_RECEIPTS_ROOT, "receipts root differs", "INVALID_RECEIPTS_ROOT|InvalidReceiptsStateRoot")                    \
    X(BLOCK_BLOOM, "logs bloom differs", "INVALID_LOG_BLOOM|InvalidLogBloom")                                            \
    X(BLOCK_STATE_ROOT, "state root differs", "INVALID_STATE_ROOT|InvalidStateRoot")                                     \
    X(BLOCK_REQUESTS, "requests hash differs", "INVALID_REQUESTS")                                                       \
    X(BLOCK_DEPOSIT_LAYOUT, "a deposit log has another layout", "INVALID_DEPOSIT_EVENT_LAYOUT")                          \
    X(BLOCK_SYSTEM_EMPTY, "a system contract has no code", "SYSTEM_CONTRACT_EMPTY")                                      \
    X(BLOCK_SYSTEM_FAILED, "a system call failed", "SYSTEM_CONTRACT_CALL_FAILED")

enum block_fault {
#define X(code, text, official) code,
    BLOCK_FAULT_LIST(X)
#undef X
        BLOCK_FAULT_COUNT,
};

const char *block_fault_text(enum block_fault fault);
const char *block_fault_name(enum block_fault fault);
const char *block_fault_official(enum block_fault fault);
