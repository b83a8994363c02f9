/* trace_call.h - the tree of calls of one message as JSON, in the manner of geth's callTracer.
 *
 *     {"type":"CALL","from":"0x..","to":"0x..","value":"0x0","gas":"0x..","gasUsed":"0x..","input":"0x..",
 *      "output":"0x..","error":"..","calls":[..]}
 *
 * "value" is left out for STATICCALL, "to" for a creation that failed, "output" when empty, "error" when there is none,
 * "calls" when there are none.
 */
#pragma once

#include "base/arena.h"
#include "evm/tracer.h"

#include <stdio.h>

struct trace_call_node;

struct trace_call {
    FILE *out;
    struct arena arena; /* the tree; emptied when it was printed */
    struct trace_call_node *root, *current;
    size_t
        lost; /* frames that were left out because memory ran out: told behind the JSON, as {"truncated":N} */
    struct tracer tracer;
};

/* One object and a newline go to `out` when the outermost frame ends. `trace` must not move. */
void trace_call_init(struct trace_call *trace, FILE *out);
void trace_call_fini(struct trace_call *trace);
