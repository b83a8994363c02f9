/* api_private.h - what the files of the door share: from the stranger's words to ours, and back. */
#pragma once

#include "pevm/pevm.h"

#include "base/error.h"
#include "chain/chain.h"
#include "engine/engine.h"
#include "engine/tasks.h"
#include "evm/machine.h"
#include "evm/trace_call.h"
#include "evm/trace_pick.h"
#include "evm/trace_struct.h"
#include "state/memory_state.h"
#include "state/state_root.h"

/* ---- structs that grow (pevm_sized.c) ---- */

/* The caller's struct at `from`, which begins with its size, into ours at `out`, `size` bytes. What he does not know is
 * zero. `name` is that of the struct. */
enum pevm_status sized_read(
    void *out, size_t size, const void *from, const char *name, struct error *error) MUST_CHECK;
/* A struct of `size` bytes that begins with its size into another, as far as that goes; what is left of it is zero. */
void sized_write(void *to, const void *from, size_t size);
/* Zero the caller's struct of `struct_size` bytes, at least `size_min`, and write down its size. */
void sized_init(void *out, size_t struct_size, size_t size_min);

/* Hand an error out; `out` may be NULL. Returns `status`. */
enum pevm_status error_give(struct pevm_error *out,
                            enum pevm_status status,
                            const struct error *error);

/* ---- state ---- */

#define BLOCK_HASHES_KEPT 256 /* how far back a block may ask (BLOCKHASH) */

struct pevm_state {
    struct memory_state *memory;
    struct arena scratch; /* of roots */
    struct {
        uint64_t number;
        hash32 hash;
        bool is_known;
    } block_hashes[BLOCK_HASHES_KEPT]; /* by number modulo */
};

/* The stranger's view as ours. `theirs` must live as long. */
struct view view_of(const struct pevm_view *theirs);
/* ... and as somebody who knows roots: `context` of a root_source is the view. */
enum pevm_status view_root(void *context,
                           const struct changeset *changes,
                           hash32 *out,
                           struct error *error) MUST_CHECK;

/* The same changes in the other's words: nothing is copied. */
struct pevm_changes changes_out(const struct changeset *changes);
struct changeset changes_in(const struct pevm_changes *changes);

/* ---- traces ---- */

struct pevm_trace {
    enum pevm_trace_format format;
    uint32_t flags, tx_index;
    pevm_trace_write write;
    void *context;
    bool has_failed; /* the writer, in this block */
    bool is_whole;
    FILE *out; /* while a block runs */
    struct trace_struct steps;
    struct trace_call calls;
    struct trace_pick pick;
};

/* The tracer for one block whose instructions are those of `fork`. */
enum pevm_status trace_begin(pevm_trace *trace, enum fork fork, struct error *error) MUST_CHECK;
void trace_end(pevm_trace *trace);

/* The stranger's tracer as ours. `theirs` must live as long. */
struct tracer tracer_of(const struct pevm_tracer *theirs);

/* ---- configuration (pevm_config.c) ---- */

/* The caller's, whole and in range. */
enum pevm_status config_read(struct pevm_config *out,
                             const struct pevm_config *given,
                             struct error *error) MUST_CHECK;
/* Does `now` leave alone what an open engine can't change? */
enum pevm_status config_check_kept(const struct pevm_config *before,
                                   const struct pevm_config *now,
                                   struct error *error) MUST_CHECK;
struct tuning config_tuning(const struct pevm_config *config);

/* ---- engine ---- */

struct pevm_engine {
    struct engine *inside;
    struct chain chain;
    struct pevm_config config; /* in force */
    uint64_t opened_ns;
    struct arena arena; /* of one block: decoded, and its receipts in the stranger's words */
    struct engine_outcome inside_outcome;
    struct pevm_outcome outcome;
    struct pevm_tasks_outcome tasks_outcome;
};

/* A block on its way in: the stranger's words, and ours. Must not move. */
struct input_work {
    struct pevm_input given;
    struct pevm_view given_view;
    struct pevm_tracer given_tracer;
    struct block block;
    struct header parent;
    uint64_t decode_ns;
    struct view view;
    struct memory_roots memory_roots;
    struct root_source roots;
    struct tracer tracer;
    struct cancel_source cancel;
    struct engine_input input;
};

/* Read what the stranger gives, decode, and fill in work->input. Borrows from `input`, the engine's arena and `work`. */
enum pevm_status input_read(struct input_work *work,
                            pevm_engine *engine,
                            const struct pevm_input *input,
                            struct error *error) MUST_CHECK;

/* engine->outcome out of engine->inside_outcome. False: no memory. */
bool outcome_give(pevm_engine *engine, const struct input_work *work) MUST_CHECK;
