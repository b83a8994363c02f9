/* tx_run_state.h - how far a transaction has come, so that it can stop at a blocked read and go on (tx_run.c). */
#pragma once

#include "evm/tx_run.h"

enum tx_stage {
    TX_STAGE_CHECK,
    TX_STAGE_AUTHORIZE,
    TX_STAGE_PREPARE,
    TX_STAGE_EXECUTE,
    TX_STAGE_PAY,
    TX_STAGE_SWEEP
};

struct tx_run_state {
    enum tx_stage stage;
    bool message_started; /* machine_run was called and paused */
    const struct tx *tx;
    struct tx_room room;
    size_t authorization_next; /* the first one not yet processed */
    int64_t intrinsic_gas, floor_gas;
    u256 effective_price;
    struct tx_env env;
    struct message message;
    struct message_result message_result;
    struct account_entry *sender;
};
