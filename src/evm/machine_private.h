/* machine_private.h - the inside of struct machine, and what the parts of the interpreter call of each other. */
#pragma once

#include "base/arena.h"
#include "evm/frame.h"
#include "evm/gas_table.h"
#include "evm/machine.h"
#include "evm/precompile.h"
#include "evm/tx_run_state.h"

enum machine_stage {
    MACHINE_IDLE,
    MACHINE_STARTING, /* the outermost message waits for a state read before its frame exists */
    MACHINE_RUNNING,
};

/* The instruction being traced, as it was before it was executed. */
struct trace_mark {
    const uint8_t *pc;
    u256 *top;
    int64_t gas;
    uint64_t memory_size;
    bool is_open; /* not yet told to the tracer */
};

struct machine {
    ALIGNED(CACHE_LINE) uintptr_t dispatch[256]; /* handler of each opcode in this fork */
    uintptr_t dispatch_traced[256];

    struct gas_prices prices;
    enum fork fork;
    const struct block_env *env;
    const struct tx_env *tx;

    struct bytes
        return_data; /* of the last call of the running frame; lies in memory or in return_buffer */
    struct bytes output; /* of the frame that ended */

    struct frame *frames; /* DEPTH_MAX + 1 */
    struct frame *frame;  /* the running one */
    u256 *stack;
    uint8_t *memory, *memory_end;
    uint8_t
        *memory_high; /* what was used since memory was last given back to the system ends here */
    uint8_t *return_buffer, *return_high; /* as big as memory: see keep_return_data */
    size_t memory_bytes;

    struct journal journal;
    struct arena arena; /* init code, output of precompiles: a stack, released when frames end */

    const struct tracer *tracer;
    struct trace_mark trace;

    bool (*is_over)(void *context); /* machine_set_poll; may be NULL */
    void *poll_context;
    uint32_t turns; /* frames entered and left so far */

    enum machine_stage stage;
    struct message message; /* the outermost one */
    struct tx_run_state run_state;
};

/* ---- the loop (interp.c, compiled twice) ---- */

/* Run `frame` from where it stands until it ends, calls, or cannot go on. */
enum halt interp_run(struct frame *frame);
enum halt interp_run_traced(struct frame *frame);
void interp_fill(uintptr_t dispatch[256], enum fork fork);
void interp_fill_traced(uintptr_t dispatch[256], enum fork fork);

/* ---- frames (machine.c) ---- */

/* What a new frame is made from. */
struct frame_request {
    enum message_kind kind;
    bool is_static;
    int64_t gas;
    const struct code *code;
    struct account_entry *account; /* of the frame's own address */
    address caller;
    u256 value;
    struct bytes input;
    uint64_t output_offset, output_size;
    struct journal_checkpoint checkpoint;
    struct arena_mark mark;
};

/* Make it the running frame, above the one that runs now (if any). */
void frame_push(struct machine *machine, const struct frame_request *request);

/* Where a child's memory begins: behind its parent's, on a cache line. */
uint8_t *frame_memory_behind(const struct frame *frame);

/* A jump has left less gas than frame->gas_low: HALT_NONE, or why the frame does not go on. */
enum halt frame_poll(struct frame *frame, int64_t gas);

/* Would a first payment to the account bring it to life: not there, or empty (EIP-161)? */
enum view_answer account_is_new(struct machine *machine,
                                struct account_entry *account,
                                bool *out) MUST_CHECK;

/* Move `value`, which journal_can_pay found with `from`; false when memory runs out. */
bool value_transfer(struct machine *machine,
                    struct account_entry *from,
                    struct account_entry *to,
                    const u256 *value) MUST_CHECK;

/* EIP-161 is about forks before Paris, where empty accounts may exist. */
ALWAYS_INLINE bool touches_matter(const struct machine *machine)
{
    return machine->fork < FORK_PARIS;
}

/* ---- calls and creations ---- */

enum halt step_call(struct frame *frame, u256 *top);
enum halt step_callcode(struct frame *frame, u256 *top);
enum halt step_delegatecall(struct frame *frame, u256 *top);
enum halt step_staticcall(struct frame *frame, u256 *top);
enum halt step_create(struct frame *frame, u256 *top);
enum halt step_create2(struct frame *frame, u256 *top);

/* The child has ended: give its results to the parent. */
void call_end(struct frame *parent, struct frame *child, enum halt halt);
void create_end(struct frame *parent, struct frame *child, enum halt halt);

/* What a new contract's init code left is stored, or refused (rules, section 12, step 8): the frame's new halt. */
enum halt create_deposit(struct frame *frame);

/* Read what a creation must know of the new account. `collides`: something is there already (EIP-684, EIP-7610). */
enum view_answer create_load(struct machine *machine,
                             struct account_entry *account,
                             bool *collides) MUST_CHECK;

/* The account becomes a contract and gets its value; false when memory runs out. */
bool create_begin(struct machine *machine,
                  struct account_entry *creator,
                  struct account_entry *account,
                  const u256 *value) MUST_CHECK;

/* Init code as a code object in the machine's arena, or NULL. */
const struct code *create_init_code(struct machine *machine, struct bytes bytes) MUST_CHECK;

/* Does a call of this address run a precompile? The common "no" costs two comparisons. */
ALWAYS_INLINE bool is_precompile(const address *who, enum fork fork)
{
    uint64_t high, middle;
    memcpy(&high, who->bytes, sizeof high);
    memcpy(&middle, who->bytes + 8, sizeof middle);
    return unlikely((high | middle) == 0) && precompile_exists(who, fork);
}

/* Run it in place of a frame: gas is what the frame has, and what it has left afterwards. The output is put at `room`,
 * a place in the machine's memory. HALT_RETURN, HALT_PRECOMPILE or HALT_NO_MEMORY. */
enum halt precompile_frame(struct machine *machine,
                           const address *who,
                           struct bytes input,
                           int64_t *gas,
                           struct bytes *output,
                           uint8_t *room);

/* ---- instructions that read state (interp_state.c) ---- */

enum halt step_sload(struct frame *frame, u256 *top);
enum halt step_sstore(struct frame *frame, u256 *top);
enum halt step_tload(struct frame *frame, u256 *top);
enum halt step_tstore(struct frame *frame, u256 *top);
enum halt step_balance(struct frame *frame, u256 *top);
enum halt step_selfbalance(struct frame *frame, u256 *top);
enum halt step_extcodesize(struct frame *frame, u256 *top);
enum halt step_extcodehash(struct frame *frame, u256 *top);
enum halt step_extcodecopy(struct frame *frame, u256 *top);
enum halt step_blockhash(struct frame *frame, u256 *top);
enum halt step_log(struct frame *frame, u256 *top, unsigned topic_count);
enum halt step_selfdestruct(struct frame *frame, u256 *top);

/* ---- tracing (trace_hook.c) ---- */

/* The instruction will be executed and leaves `gas_left`: tell the tracer, unless nobody watches or it was told. */
void trace_charged(struct frame *frame, int64_t gas_left);
/* The instruction halts the frame. */
void trace_fault(struct frame *frame, int64_t gas_left, enum halt fault);
void trace_enter(struct machine *machine, const struct trace_frame *frame);
void trace_enter_request(struct machine *machine, const struct frame_request *request, int depth);
void trace_leave(
    struct machine *machine, int depth, enum halt halt, int64_t gas_used, struct bytes output);

/* ---- what steps have in common ---- */

ALWAYS_INLINE enum halt halt_of_view(enum view_answer answer)
{
    return answer == VIEW_BLOCKED ? HALT_BLOCKED : HALT_STATE_FAILED;
}

/* Leave the step when a read could not be answered, or memory ran out. */
#define TRY_VIEW(call)                                                                             \
    do {                                                                                           \
        enum view_answer view_answer_ = (call);                                                    \
        if (unlikely(view_answer_ != VIEW_OK)) return halt_of_view(view_answer_);                  \
    } while (0)
#define TRY_MEMORY(call)                                                                           \
    do {                                                                                           \
        if (unlikely(!(call))) return HALT_NO_MEMORY;                                              \
    } while (0)

/* What an access to this account costs beyond the warm price (EIP-2929). */
ALWAYS_INLINE int64_t account_surcharge(const struct machine *machine,
                                        const struct account_entry *account)
{
    return account->warm ? 0 : machine->prices.account_cold;
}

MUST_CHECK ALWAYS_INLINE bool account_mark_warm(struct machine *machine,
                                                struct account_entry *account)
{
    return account->warm || machine->prices.account_cold == 0 ||
           journal_warm_account(&machine->journal, account);
}
