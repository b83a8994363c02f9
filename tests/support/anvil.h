/* anvil.h - a real node for tests: anvil, from the npm package @foundry-rs/anvil. PEVM_ANVIL is its path; else it is looked for in
 * PATH. A chain of its own on this machine, a second between blocks, rules of Cancun.
 */
#pragma once

#include "feed/rpc.h"

struct anvil {
    int pid;
    char url[64];
    struct rpc *rpc;
    struct arena arena;
    uint64_t time; /* of the last block */
};

/* False: there is none; the reason is printed: skip the test. */
bool anvil_start(struct anvil *anvil);
void anvil_stop(struct anvil *anvil);

/* One call, which must succeed; the result lives until the next. */
const struct json *anvil_ask(struct anvil *anvil, const char *method, const char *params);

/* A transaction of the first account in a block of its own: `fields` are those beside "from". Gives its hash as text. */
const char *anvil_send(struct anvil *anvil, const char *fields);
