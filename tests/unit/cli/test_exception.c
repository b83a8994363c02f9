#include "cli/exception.h"
#include "support/test.h"

TEST(one_common_name_is_enough)
{
    CHECK(exception_matches("TransactionException.NONCE_IS_MAX", "NONCE_IS_MAX"));
    CHECK(
        exception_matches("BlockException.INVALID_GASLIMIT", "GASLIMIT_TOO_BIG|INVALID_GASLIMIT"));
    CHECK(exception_matches("TransactionException.A|BlockException.B", "C|B"));
    CHECK(exception_matches("TR_NoFunds", "INSUFFICIENT_ACCOUNT_FUNDS|TR_NoFunds|TR_NoFundsX"));
}

TEST(names_are_compared_as_a_whole)
{
    CHECK(!exception_matches("TR_NoFunds", "TR_NoFundsX"));
    CHECK(!exception_matches("TR_NoFundsX", "TR_NoFunds"));
    CHECK(!exception_matches("TransactionException.RLP_ERROR", "RLP_ERROR_EOF|RLP"));
    CHECK(!exception_matches("TransactionException.A", "TransactionExceptionA"));
    CHECK(!exception_matches("a", "A"));
}

TEST(no_expectation_is_fulfilled_by_anything)
{
    CHECK(exception_matches("", "RLP_ERROR"));
    CHECK(exception_matches("", ""));
}

TEST(an_empty_name_fits_nothing)
{
    CHECK(!exception_matches("A", ""));
    CHECK(!exception_matches("|", ""));
    CHECK(!exception_matches("TransactionException.", ""));
    CHECK(!exception_matches("|A", "|B"));
}
