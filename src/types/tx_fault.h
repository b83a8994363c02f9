/* tx_fault.h - every reason for which a transaction cannot be in a block, with the official tests' word for it. */
#pragma once

/*  code, text for people, name in the official tests (several names are joined by '|') */
#define TX_FAULT_LIST(X)                                                                                       \
    X(TX_VALID, "valid", "")                                                                                   \
    X(TX_MALFORMED, "the encoding is not that of a transaction", "RLP_ERROR")                                  \
    X(TX_TYPE_UNKNOWN, "transaction type unknown in this fork", "TYPE_NOT_SUPPORTED")                          \
    X(TX_TYPE_1_EARLY, "access-list transaction before Berlin", "TYPE_1_TX_PRE_FORK")                          \
    X(TX_TYPE_2_EARLY, "dynamic-fee transaction before London", "TYPE_2_TX_PRE_FORK")                          \
    X(TX_TYPE_3_EARLY, "blob transaction before Cancun", "TYPE_3_TX_PRE_FORK")                                 \
    X(TX_TYPE_4_EARLY, "set-code transaction before Prague", "TYPE_4_TX_PRE_FORK")                             \
    X(TX_CHAIN_ID_WRONG, "signed for another chain", "INVALID_CHAINID")                                        \
    X(TX_SIGNATURE_INVALID, "signature values out of range", "INVALID_SIGNATURE_VRS")                          \
    X(TX_SENDER_UNRECOVERABLE, "no sender can be recovered from the signature", "EC_RECOVERY_FAIL")            \
    X(TX_INTRINSIC_GAS, "gas limit below the intrinsic gas", "INTRINSIC_GAS_TOO_LOW")                          \
    X(TX_FLOOR_GAS, "gas limit below the calldata floor", "INTRINSIC_GAS_BELOW_FLOOR_GAS_COST")                \
    X(TX_NONCE_MAX, "nonce is 2^64 - 1", "NONCE_IS_MAX")                                                       \
    X(TX_NONCE_TOO_LOW, "nonce below the sender's", "NONCE_MISMATCH_TOO_LOW")                                  \
    X(TX_NONCE_TOO_HIGH, "nonce above the sender's", "NONCE_MISMATCH_TOO_HIGH")                                \
    X(TX_INITCODE_SIZE, "init code longer than the limit", "INITCODE_SIZE_EXCEEDED")                           \
    X(TX_GAS_CAP, "gas limit above the cap for one transaction", "GAS_LIMIT_EXCEEDS_MAXIMUM")                  \
    X(TX_BLOCK_GAS, "gas limit above what is left in the block", "GAS_ALLOWANCE_EXCEEDED")                     \
    X(TX_BLOCK_BLOB_GAS, "more blobs than are left in the block", "TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED") \
    X(TX_BLOB_COUNT, "more blobs than one transaction may carry", "TYPE_3_TX_BLOB_COUNT_EXCEEDED")             \
    X(TX_BLOB_NONE, "blob transaction without blobs", "TYPE_3_TX_ZERO_BLOBS")                                  \
    X(TX_BLOB_VERSION, "a blob hash does not begin with 0x01", "TYPE_3_TX_INVALID_BLOB_VERSIONED_HASH")        \
    X(TX_BLOB_FEE, "blob fee cap below the block's blob fee", "INSUFFICIENT_MAX_FEE_PER_BLOB_GAS")             \
    X(TX_BLOB_CREATION, "blob transaction without a recipient", "TYPE_3_TX_CONTRACT_CREATION")                 \
    X(TX_BLOB_NETWORK_FORM, "blob transaction in network form", "TYPE_3_TX_WITH_FULL_BLOBS")                   \
    X(TX_SET_CODE_CREATION, "set-code transaction without a recipient", "TYPE_4_TX_CONTRACT_CREATION")         \
    X(TX_SET_CODE_EMPTY, "set-code transaction without authorizations", "TYPE_4_EMPTY_AUTHORIZATION_LIST")     \
    X(TX_PRIORITY_ABOVE_FEE, "priority fee above the fee cap", "PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS")        \
    X(TX_FEE_BELOW_BASE, "fee cap below the base fee", "INSUFFICIENT_MAX_FEE_PER_GAS")                         \
    X(TX_FUNDS, "sender cannot pay gas and value", "INSUFFICIENT_ACCOUNT_FUNDS")                               \
    X(TX_COST_OVERFLOW, "gas times fee does not fit 256 bits", "GASLIMIT_PRICE_PRODUCT_OVERFLOW")              \
    X(TX_SENDER_NOT_EOA, "the sender has code", "SENDER_NOT_EOA")                                              \
    X(TX_NO_MEMORY, "out of memory while decoding", "")

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
/* The name in the official tests, without "TransactionException."; static. */
const char *tx_fault_official(enum tx_fault fault);
