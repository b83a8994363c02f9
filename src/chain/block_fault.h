/* block_fault.h - every reason for which a block is refused, with the official tests' words for it ('|' joins several).
 * A fault is a value; the text beside it says what was expected and what came.
 *
 * Names that are here although they sound like another fault:
 *   INVALID_DIFFICULTY (BLOCK_POS_DIFFICULTY)         after the merge 0 is the only right difficulty
 *   UncleInChain (BLOCK_OMMER_ANCESTOR)               an ancestor is in the chain
 *   InvalidUncleParentHash (BLOCK_OMMER_ANCESTOR)     the genesis as an ommer: an ancestor, and without a parent
 */
#pragma once

#include "base/error.h"

/*  code, text for people, names in the official tests (BlockException.* and the old retesteth ones), '|' between */
/* clang-format off */
#define BLOCK_FAULT_LIST(X)                                                                                              \
    X(BLOCK_VALID, "valid", "")                                                                                          \
    X(BLOCK_MALFORMED, "the encoding is not that of a block",                                                            \
      "RLP_STRUCTURES_ENCODING|INCORRECT_BLOCK_FORMAT|RLP_INVALID_ADDRESS|RLP_INVALID_FIELD_OVERFLOW_64|"                \
      "RLP_WITHDRAWALS_NOT_READ|INPUT_UNMARSHAL_ADDRESS_ERROR|INPUT_UNMARSHAL_ERROR|RLP_ExpectedAsList")                 \
    X(BLOCK_TOO_LONG, "the block's RLP is longer than the limit", "RLP_BLOCK_LIMIT_EXCEEDED")                            \
    X(BLOCK_FIELDS, "header or body fields do not fit the fork",                                                         \
      "INCORRECT_BLOCK_FORMAT|IMPORT_IMPOSSIBLE_LEGACY|IMPORT_IMPOSSIBLE_LEGACY_WRONG_PARENT|"                           \
      "IMPORT_IMPOSSIBLE_LONDON_WRONG_PARENT|IMPORT_IMPOSSIBLE_PARIS_OVER_SHANGHAI|IMPORT_IMPOSSIBLE_SHANGHAI|"          \
      "1559BlockImportImpossible_HeaderIsLegacy|LegacyBlockImportImpossible|LegacyBlockImportImpossible2|"               \
      "ParisBlockImportImpossible|ShanghaiBlockImportImpossible")                                                        \
    X(BLOCK_PARENT_UNKNOWN, "the parent is not known", "UNKNOWN_PARENT|UNKNOWN_PARENT_ZERO|UnknownParent|UnknownParent2") \
    X(BLOCK_NUMBER, "number is not the parent's plus one", "INVALID_BLOCK_NUMBER|InvalidNumber")                         \
    X(BLOCK_TIMESTAMP, "timestamp not after the parent's",                                                               \
      "INVALID_BLOCK_TIMESTAMP_OLDER_THAN_PARENT|InvalidTimestamp|InvalidTimestampOlderParent")                          \
    X(BLOCK_EXTRA_DATA, "extra data longer than 32 bytes", "EXTRA_DATA_TOO_BIG|ExtraDataTooBig")                         \
    X(BLOCK_EXTRA_DATA_DAO, "extra data is not dao-hard-fork", "EXTRA_DATA_INVALID_DAO|ExtraDataIncorrectDAO")           \
    X(BLOCK_GAS_LIMIT, "gas limit out of bounds", "INVALID_GASLIMIT|GASLIMIT_TOO_BIG|InvalidGasLimit|InvalidGasLimit2")  \
    X(BLOCK_GAS_USED_ABOVE_LIMIT, "gas used above the gas limit", "GAS_USED_OVERFLOW|TooMuchGasUsed|BlockGasLimitReached") \
    X(BLOCK_BASE_FEE, "base fee is not the one EIP-1559 gives",                                                          \
      "INVALID_BASEFEE_PER_GAS|1559BlockImportImpossible_BaseFeeWrong")                                                  \
    X(BLOCK_DIFFICULTY, "difficulty is not the formula's",                                                               \
      "INVALID_DIFFICULTY|InvalidDifficulty|IMPORT_IMPOSSIBLE_PARIS_WRONG_POS|3675PoSBlockRejected")                     \
    X(BLOCK_POS_DIFFICULTY, "difficulty after the merge",                                                                \
      "IMPORT_IMPOSSIBLE_DIFFICULTY_OVER_PARIS|IMPORT_IMPOSSIBLE_PARIS_WRONG_POW|PostParisDifficultyIsNot0|"             \
      "3675PoWBlockRejected|3675PreParis1559BlockRejected|INVALID_DIFFICULTY|InvalidDifficulty")                                                              \
    X(BLOCK_POS_NONCE, "nonce after the merge", "3675PreParis1559BlockRejected|PostParisDifficultyIsNot0")               \
    X(BLOCK_POS_OMMERS, "ommers after the merge",                                                                        \
      "IMPORT_IMPOSSIBLE_UNCLES_OVER_PARIS|PostParisUncleHashIsNotEmpty|3675PreParis1559BlockRejected")                  \
    X(BLOCK_OMMERS_HASH, "ommers hash is not that of the ommers", "InvalidUnclesHash")                                   \
    X(BLOCK_OMMER_COUNT, "more than two ommers", "TooManyUncles")                                                        \
    X(BLOCK_OMMER, "an ommer's header is not valid",                                                                     \
      "InvalidDifficulty|InvalidGasLimit|InvalidGasLimit2|InvalidNumber|InvalidTimestamp|InvalidTimestampOlderParent|"    \
      "ExtraDataTooBig|TooMuchGasUsed")                                                                                  \
    X(BLOCK_OMMER_PARENT, "an ommer's parent is no ancestor of the last seven",                                          \
      "UNCLE_PARENT_INCORRECT|UncleParentIsNotAncestor|InvalidUncleParentHash|UncleTooOld|UncleIsBrother")               \
    X(BLOCK_OMMER_ANCESTOR, "an ommer is an ancestor", "UncleIsAncestor|UncleInChain|InvalidUncleParentHash")            \
    X(BLOCK_OMMER_TWICE, "an ommer was rewarded before", "UncleInChain|UncleIsBrother")                                  \
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
/* clang-format on */

enum block_fault {
#define X(code, text, official) code,
    BLOCK_FAULT_LIST(X)
#undef X
        BLOCK_FAULT_COUNT,
};

/* All static. */
const char *block_fault_text(enum block_fault fault);
const char *block_fault_name(enum block_fault fault);     /* "BLOCK_GAS_USED" */
const char *block_fault_official(enum block_fault fault); /* without "BlockException." */

/* Write why into `text` (room: ERROR_TEXT_MAX); returns `fault`, so that `return block_fault_say(...)` reads well. */
enum block_fault block_fault_say(char *text, enum block_fault fault, const char *format, ...)
    PRINTF_LIKE(3, 4);
