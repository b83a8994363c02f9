/* chain_action.h - what a transaction on a made chain can do, as a table (chain_action.def). */
#pragma once

#include "cli/chain_world.h"

enum action_code {
#define ACTION(code, function, since, gas) ACTION_##code,
#include "cli/chain_action.def"
#undef ACTION
    ACTION_COUNT,
};

struct chain_action {
    enum fork since;
    uint64_t gas;
    /* Recipient, value and data of a transaction that *from sends; another sender may be chosen. False: no memory. */
    bool (*fill)(struct chain_world *world, struct person **from, struct tx *tx);
};

extern const struct chain_action chain_actions[ACTION_COUNT];
