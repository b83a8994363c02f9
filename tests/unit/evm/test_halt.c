#include "evm/halt.h"
#include "support/test.h"

TEST(halts_are_success_revert_exception_or_pause)
{
    CHECK(halt_is_success(HALT_STOP) && halt_is_success(HALT_RETURN) &&
          halt_is_success(HALT_SELFDESTRUCT));
    CHECK(!halt_is_success(HALT_REVERT) && !halt_is_exceptional(HALT_REVERT) &&
          !halt_is_pause(HALT_REVERT));
    CHECK(halt_is_exceptional(HALT_OUT_OF_GAS) && halt_is_exceptional(HALT_PRECOMPILE));
    CHECK(!halt_is_exceptional(HALT_CALL) && halt_is_pause(HALT_CALL) &&
          halt_is_pause(HALT_CANCELLED));
}

TEST(every_halt_has_words)
{
    for (int halt = 0; halt < HALT_COUNT; halt++)
        CHECK(strlen(halt_text((enum halt)halt)) > 0);
    CHECK_TEXT(halt_geth_text(HALT_REVERT), "execution reverted");
    CHECK_TEXT(halt_geth_text(HALT_STOP), "");
}
