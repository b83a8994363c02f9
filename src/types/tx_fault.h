/* tx_fault.h - every reason for which a transaction cannot be in a block, with the official tests' words for it.
 *
 * Three dialects are in use there: TransactionException.* of today, the same with finer names in the tests of
 * single transactions, and the old names of the legacy suites. All names of a reason are joined by '|'; where the
 * tests join two reasons in one name ("A or B"), both have it; and where they change with the fork what they call the
 * same v, both reasons have both names.
 */
#pragma once

/* clang-format off */
/* What an encoding can be wrong about, in the words of the tests. It may be of a type too early for its fork, besides. */
#define TX_MALFORMED_OFFICIAL                                                                      \
    "RLP_ERROR|RLP_ERROR_EOF|RLP_ERROR_SIZE|RLP_ERROR_SIZE_LEADING_ZEROS"                          \
    "|RLP_TOO_FEW_ELEMENTS|RLP_TOO_MANY_ELEMENTS|RLP_INVALID_HEADER|RLP_INVALID_DATA"              \
    "|RLP_INVALID_GASLIMIT|RLP_INVALID_NONCE|RLP_INVALID_TO|RLP_INVALID_VALUE"                     \
    "|RLP_INVALID_SIGNATURE_R|RLP_INVALID_SIGNATURE_S"                                             \
    "|RLP_INVALID_ACCESS_LIST_ADDRESS_TOO_LONG|RLP_INVALID_ACCESS_LIST_ADDRESS_TOO_SHORT"          \
    "|RLP_INVALID_ACCESS_LIST_STORAGE_TOO_LONG|RLP_INVALID_ACCESS_LIST_STORAGE_TOO_SHORT"          \
    "|RLP_LEADING_ZEROS_BASEFEE|RLP_LEADING_ZEROS_DATA_SIZE|RLP_LEADING_ZEROS_GASLIMIT"            \
    "|RLP_LEADING_ZEROS_GASPRICE|RLP_LEADING_ZEROS_NONCE|RLP_LEADING_ZEROS_NONCE_SIZE"             \
    "|RLP_LEADING_ZEROS_PRIORITY_FEE|RLP_LEADING_ZEROS_R|RLP_LEADING_ZEROS_S|RLP_LEADING_ZEROS_V"  \
    "|RLP_LEADING_ZEROS_VALUE|ADDRESS_TOO_LONG|ADDRESS_TOO_SHORT|GASLIMIT_OVERFLOW"                \
    "|GASPRICE_OVERFLOW|NONCE_OVERFLOW|PRIORITY_OVERFLOW|VALUE_OVERFLOW|TR_RLP_WRONGVALUE"         \
    "|TYPE_NOT_SUPPORTED"

/*  code, text for people, names in the official tests */
#define TX_FAULT_LIST(X)                                                                           \
    X(TX_VALID, "valid", "")                                                                       \
    X(TX_MALFORMED, "the encoding is not that of a transaction", TX_MALFORMED_OFFICIAL)            \
    X(TX_TYPE_UNKNOWN, "transaction type unknown in this fork",                                    \
      "TYPE_NOT_SUPPORTED|TR_TypeNotSupported")                                                    \
    X(TX_TYPE_1_EARLY, "access-list transaction before Berlin",                                    \
      "TYPE_1_TX_PRE_FORK|TYPE_NOT_SUPPORTED|TR_TypeNotSupported")                                 \
    X(TX_TYPE_2_EARLY, "dynamic-fee transaction before London",                                    \
      "TYPE_2_TX_PRE_FORK|TYPE_NOT_SUPPORTED|TR_TypeNotSupported")                                 \
    X(TX_TYPE_3_EARLY, "blob transaction before Cancun",                                           \
      "TYPE_3_TX_PRE_FORK|TYPE_NOT_SUPPORTED|TR_TypeNotSupported|TR_TypeNotSupportedBlob")         \
    X(TX_TYPE_4_EARLY, "set-code transaction before Prague",                                       \
      "TYPE_4_TX_PRE_FORK|TYPE_NOT_SUPPORTED|TR_TypeNotSupported")                                 \
    X(TX_CHAIN_ID_WRONG, "signed for another chain", "INVALID_CHAINID|INVALID_SIGNATURE_VRS")      \
    X(TX_SIGNATURE_INVALID, "signature values out of range",                                       \
      "INVALID_SIGNATURE_VRS|INVALID_CHAINID")                                                     \
    X(TX_SENDER_UNRECOVERABLE, "no sender can be recovered from the signature",                    \
      "EC_RECOVERY_FAIL")                                                                          \
    X(TX_INTRINSIC_GAS, "gas limit below the intrinsic gas",                                       \
      "INTRINSIC_GAS_TOO_LOW|IntrinsicGas|TR_IntrinsicGas|TR_NoFundsOrGas")                        \
    X(TX_FLOOR_GAS, "gas limit below the calldata floor",                                          \
      "INTRINSIC_GAS_BELOW_FLOOR_GAS_COST")                                                        \
    X(TX_NONCE_MAX, "nonce is 2^64 - 1", "NONCE_IS_MAX|NONCE_TOO_BIG|TR_NonceHasMaxValue")         \
    X(TX_NONCE_TOO_LOW, "nonce below the sender's", "NONCE_MISMATCH_TOO_LOW|TR_NonceTooLow")       \
    X(TX_NONCE_TOO_HIGH, "nonce above the sender's", "NONCE_MISMATCH_TOO_HIGH|TR_NonceTooHigh")    \
    X(TX_INITCODE_SIZE, "init code longer than the limit",                                         \
      "INITCODE_SIZE_EXCEEDED|TR_InitCodeLimitExceeded")                                           \
    X(TX_GAS_CAP, "gas limit above the cap for one transaction", "GAS_LIMIT_EXCEEDS_MAXIMUM")      \
    X(TX_BLOCK_GAS, "gas limit above what is left in the block",                                   \
      "GAS_ALLOWANCE_EXCEEDED|GAS_USED_OVERFLOW|TooMuchGasUsed|BlockGasLimitReached"               \
      "|TR_GasLimitReached|TR_FeeCapLessThanBlocksORGasLimitReached")                              \
    X(TX_BLOCK_BLOB_GAS, "more blobs than are left in the block",                                  \
      "TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED|TYPE_3_TX_BLOB_COUNT_EXCEEDED"                    \
      "|BLOB_GAS_USED_ABOVE_LIMIT|TR_BLOBLIST_OVERSIZE")                                           \
    X(TX_BLOB_COUNT, "more blobs than one transaction may carry",                                  \
      "TYPE_3_TX_BLOB_COUNT_EXCEEDED|TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED"                    \
      "|TR_BLOBLIST_OVERSIZE")                                                                     \
    X(TX_BLOB_NONE, "blob transaction without blobs", "TYPE_3_TX_ZERO_BLOBS|TR_EMPTYBLOB")         \
    X(TX_BLOB_VERSION, "a blob hash does not begin with 0x01",                                     \
      "TYPE_3_TX_INVALID_BLOB_VERSIONED_HASH|TR_BLOBVERSION_INVALID")                              \
    X(TX_BLOB_FEE, "blob fee cap below the block's blob fee",                                      \
      "INSUFFICIENT_MAX_FEE_PER_BLOB_GAS")                                                         \
    X(TX_BLOB_CREATION, "blob transaction without a recipient",                                    \
      "TYPE_3_TX_CONTRACT_CREATION|TR_BLOBCREATE")                                                 \
    X(TX_BLOB_NETWORK_FORM, "blob transaction in network form", "TYPE_3_TX_WITH_FULL_BLOBS")       \
    X(TX_SET_CODE_CREATION, "set-code transaction without a recipient",                            \
      "TYPE_4_TX_CONTRACT_CREATION")                                                               \
    X(TX_SET_CODE_EMPTY, "set-code transaction without authorizations",                            \
      "TYPE_4_EMPTY_AUTHORIZATION_LIST")                                                           \
    X(TX_PRIORITY_ABOVE_FEE, "priority fee above the fee cap",                                     \
      "PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS|PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS_2"              \
      "|TR_TipGtFeeCap")                                                                           \
    X(TX_FEE_BELOW_BASE, "fee cap below the base fee",                                             \
      "INSUFFICIENT_MAX_FEE_PER_GAS|TR_FeeCapLessThanBlocks"                                       \
      "|TR_FeeCapLessThanBlocksORGasLimitReached|TR_FeeCapLessThanBlocksORNoFunds")                \
    X(TX_FUNDS, "sender cannot pay gas and value",                                                 \
      "INSUFFICIENT_ACCOUNT_FUNDS|TR_NoFunds|TR_NoFundsX|TR_NoFundsOrGas"                          \
      "|TR_FeeCapLessThanBlocksORNoFunds|SenderNotEOAorNoCASH")                                    \
    X(TX_COST_OVERFLOW, "gas times fee does not fit 256 bits",                                     \
      "GASLIMIT_PRICE_PRODUCT_OVERFLOW|INSUFFICIENT_ACCOUNT_FUNDS|TR_NoFunds|TR_NoFundsX"          \
      "|TR_NoFundsOrGas")                                                                          \
    X(TX_SENDER_NOT_EOA, "the sender has code",                                                    \
      "SENDER_NOT_EOA|SenderNotEOA|SenderNotEOAorNoCASH")                                          \
    X(TX_NO_MEMORY, "out of memory while decoding", "")
/* clang-format on */

enum tx_fault {
#define X(code, text, official) code,
    TX_FAULT_LIST(X)
#undef X
        TX_FAULT_COUNT,
};

/* For people; static. */
const char *tx_fault_text(enum tx_fault fault);
/* "TX_FUNDS"; static. */
const char *tx_fault_name(enum tx_fault fault);
/* The names in the official tests, without "TransactionException.", joined by '|'; static. */
const char *tx_fault_official(enum tx_fault fault);
