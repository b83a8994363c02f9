#include "support/test.h"
#include "types/tx_fault.h"

/* Is `name` one of the names joined in `list`? */
static bool has_name(const char *list, const char *name)
{
    size_t size = strlen(name);
    for (const char *at = list; (at = strstr(at, name)) != NULL; at++)
        if ((at == list || at[-1] == '|') && (at[size] == '|' || at[size] == 0)) return true;
    return false;
}

TEST(every_fault_has_name_and_text)
{
    for (int i = 0; i < TX_FAULT_COUNT; i++) {
        enum tx_fault fault = (enum tx_fault)i;
        CHECK_EQ(strncmp(tx_fault_name(fault), "TX_", 3), 0);
        CHECK(strlen(tx_fault_text(fault)) >= 5);
        bool is_silent = fault == TX_VALID || fault == TX_NO_MEMORY;
        CHECK_EQ(strlen(tx_fault_official(fault)) == 0, is_silent);
    }
    CHECK_TEXT(tx_fault_name(TX_FUNDS), "TX_FUNDS");
    CHECK_TEXT(tx_fault_text(TX_FUNDS), "sender cannot pay gas and value");
}

TEST(no_fault_lists_a_name_twice)
{
    for (int i = 0; i < TX_FAULT_COUNT; i++) {
        const char *list = tx_fault_official((enum tx_fault)i);
        for (const char *at = list; at != NULL && *at != 0;) {
            char name[80];
            const char *end = strchr(at, '|');
            size_t size = end == NULL ? strlen(at) : (size_t)(end - at);
            CHECK(size > 0 && size < sizeof name);
            memcpy(name, at, size);
            name[size] = 0;
            at = end == NULL ? NULL : end + 1;
            CHECK(at == NULL || !has_name(at, name));
        }
    }
}

/* All names that the official suites use for transactions, old and new. */
TEST(every_official_name_has_a_fault)
{
    static const char *const names[] = {
        /* clang-format off */
        "ADDRESS_TOO_LONG", "ADDRESS_TOO_SHORT", "EC_RECOVERY_FAIL", "GASLIMIT_OVERFLOW",
        "GASLIMIT_PRICE_PRODUCT_OVERFLOW", "GASPRICE_OVERFLOW", "GAS_ALLOWANCE_EXCEEDED",
        "GAS_LIMIT_EXCEEDS_MAXIMUM", "INITCODE_SIZE_EXCEEDED", "INSUFFICIENT_ACCOUNT_FUNDS",
        "INSUFFICIENT_MAX_FEE_PER_BLOB_GAS", "INSUFFICIENT_MAX_FEE_PER_GAS",
        "INTRINSIC_GAS_BELOW_FLOOR_GAS_COST", "INTRINSIC_GAS_TOO_LOW", "INVALID_CHAINID",
        "INVALID_SIGNATURE_VRS", "NONCE_IS_MAX", "NONCE_MISMATCH_TOO_HIGH",
        "NONCE_MISMATCH_TOO_LOW", "NONCE_OVERFLOW", "NONCE_TOO_BIG",
        "PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS", "PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS_2",
        "PRIORITY_OVERFLOW", "RLP_ERROR_EOF", "RLP_ERROR_SIZE", "RLP_ERROR_SIZE_LEADING_ZEROS",
        "RLP_INVALID_ACCESS_LIST_ADDRESS_TOO_LONG", "RLP_INVALID_ACCESS_LIST_ADDRESS_TOO_SHORT",
        "RLP_INVALID_ACCESS_LIST_STORAGE_TOO_LONG", "RLP_INVALID_ACCESS_LIST_STORAGE_TOO_SHORT",
        "RLP_INVALID_DATA", "RLP_INVALID_GASLIMIT", "RLP_INVALID_HEADER", "RLP_INVALID_NONCE",
        "RLP_INVALID_SIGNATURE_R", "RLP_INVALID_SIGNATURE_S", "RLP_INVALID_TO",
        "RLP_INVALID_VALUE", "RLP_LEADING_ZEROS_BASEFEE", "RLP_LEADING_ZEROS_DATA_SIZE",
        "RLP_LEADING_ZEROS_GASLIMIT", "RLP_LEADING_ZEROS_GASPRICE", "RLP_LEADING_ZEROS_NONCE",
        "RLP_LEADING_ZEROS_NONCE_SIZE", "RLP_LEADING_ZEROS_PRIORITY_FEE", "RLP_LEADING_ZEROS_R",
        "RLP_LEADING_ZEROS_S", "RLP_LEADING_ZEROS_V", "RLP_LEADING_ZEROS_VALUE",
        "RLP_TOO_FEW_ELEMENTS", "RLP_TOO_MANY_ELEMENTS", "SENDER_NOT_EOA", "TYPE_1_TX_PRE_FORK",
        "TYPE_2_TX_PRE_FORK", "TYPE_3_TX_BLOB_COUNT_EXCEEDED", "TYPE_3_TX_CONTRACT_CREATION",
        "TYPE_3_TX_INVALID_BLOB_VERSIONED_HASH", "TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED",
        "TYPE_3_TX_PRE_FORK", "TYPE_3_TX_WITH_FULL_BLOBS", "TYPE_3_TX_ZERO_BLOBS",
        "TYPE_4_EMPTY_AUTHORIZATION_LIST", "TYPE_4_TX_CONTRACT_CREATION", "TYPE_4_TX_PRE_FORK",
        "TYPE_NOT_SUPPORTED", "VALUE_OVERFLOW",
        "BlockGasLimitReached", "IntrinsicGas", "SenderNotEOA", "SenderNotEOAorNoCASH",
        "TR_BLOBCREATE", "TR_BLOBLIST_OVERSIZE", "TR_BLOBVERSION_INVALID", "TR_EMPTYBLOB",
        "TR_FeeCapLessThanBlocks", "TR_FeeCapLessThanBlocksORGasLimitReached",
        "TR_FeeCapLessThanBlocksORNoFunds", "TR_GasLimitReached", "TR_InitCodeLimitExceeded",
        "TR_IntrinsicGas", "TR_NoFunds", "TR_NoFundsOrGas", "TR_NoFundsX", "TR_NonceHasMaxValue",
        "TR_NonceTooHigh", "TR_NonceTooLow", "TR_RLP_WRONGVALUE", "TR_TipGtFeeCap",
        "TR_TypeNotSupported", "TR_TypeNotSupportedBlob",
        /* clang-format on */
    };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        bool is_known = false;
        for (int fault = 0; fault < TX_FAULT_COUNT; fault++)
            is_known = is_known || has_name(tx_fault_official((enum tx_fault)fault), names[i]);
        if (!is_known) fail_msg("no fault is called %s", names[i]);
    }
}

TEST(joined_reasons_belong_to_both_faults)
{
    CHECK(has_name(tx_fault_official(TX_FUNDS), "TR_NoFundsOrGas"));
    CHECK(has_name(tx_fault_official(TX_INTRINSIC_GAS), "TR_NoFundsOrGas"));
    CHECK(has_name(tx_fault_official(TX_SENDER_NOT_EOA), "SenderNotEOAorNoCASH"));
    CHECK(has_name(tx_fault_official(TX_FUNDS), "SenderNotEOAorNoCASH"));
    CHECK(!has_name(tx_fault_official(TX_FUNDS), "NoFunds"));
}
