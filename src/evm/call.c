/* CALL, CALLCODE, DELEGATECALL, STATICCALL (rules, section 11), and precompiles in place of a frame (section 15). */
#include "base/assert.h"
#include "evm/interp_memory.h"
#include "evm/machine_private.h"
#include "evm/opcodes.h"
#include "evm/ops_frame.h"
#include "evm/precompile.h"

/* One call, from its operands to the child's frame. */
struct call {
    enum message_kind kind;
    const u256 *requested_gas, *value; /* value: NULL when the instruction has none */
    const u256 *input_offset, *input_size, *output_offset, *output_size;
    u256 *result; /* its place on the stack */
    int operand_count;
    bool has_value; /* there is one, and it is not zero */

    uint64_t memory_end;
    address target;                 /* the operand */
    struct account_entry *account;  /* of the target */
    const struct code *code;        /* what will run */
    struct account_entry *delegate; /* EIP-7702: whose code that is, or NULL */
    bool is_precompile;
    bool is_refused; /* too deep, or not enough balance */

    int64_t gas; /* left to the caller */
    int64_t child_gas;
};

static struct call call_decode(enum message_kind kind, u256 *top)
{
    struct call call = {.kind = kind, .requested_gas = top, .target = u256_to_address(top[-1])};
    u256 *next = top - 2;
    if (kind == MESSAGE_CALL || kind == MESSAGE_CALLCODE) {
        call.value = next--;
        call.has_value = !u256_is_zero(*call.value);
    }
    call.input_offset = next;
    call.input_size = next - 1;
    call.output_offset = next - 2;
    call.output_size = next - 3;
    call.result = next - 3;
    call.operand_count = (int)(top - next) + 4;
    return call;
}

/* The price of memory and of reaching the target; what depends on its state comes later. False: out of gas. */
static bool price_operands(const struct frame *frame, struct call *call)
{
    uint64_t input_end, output_end;
    if (!memory_range_end(call->input_offset, call->input_size, &input_end)) return false;
    if (!memory_range_end(call->output_offset, call->output_size, &output_end)) return false;
    call->memory_end = input_end > output_end ? input_end : output_end;
    call->gas = frame->gas - memory_growth_gas(frame, call->memory_end) -
                frame->machine->prices.call - account_surcharge(frame->machine, call->account) -
                (call->has_value ? GAS_CALL_VALUE : 0);
    return call->gas >= 0;
}

/* Does the call bring the target to life, for 25,000 gas? Asked only where the answer matters. */
static enum view_answer price_new_account(const struct frame *frame, struct call *call)
{
    struct machine *machine = frame->machine;
    bool empty_counts = machine->fork >= FORK_SPURIOUS_DRAGON;
    if (call->kind != MESSAGE_CALL || (empty_counts && !call->has_value)) return VIEW_OK;
    bool is_new;
    enum view_answer answer = account_is_new(machine, call->account, &is_new);
    if (answer == VIEW_OK && is_new) call->gas -= GAS_NEW_ACCOUNT;
    return answer;
}

/* EIP-7702: code of the target that points to a delegate makes the call reach that, too. */
static enum halt price_delegate(const struct frame *frame, struct call *call)
{
    struct machine *machine = frame->machine;
    if (machine->fork < FORK_PRAGUE || call->is_precompile) return HALT_NONE;
    TRY_VIEW(journal_code(&machine->journal, call->account));
    if (likely(!call->account->code->is_delegation)) return HALT_NONE;
    call->delegate = journal_account(&machine->journal, &call->account->code->delegate);
    TRY_MEMORY(call->delegate != NULL);
    call->gas -= machine->prices.call;
    if (call->delegate != call->account) /* which the call has made warm already */
        call->gas -= account_surcharge(machine, call->delegate);
    return call->gas < 0 ? HALT_OUT_OF_GAS : HALT_NONE;
}

/* What the child gets: from Tangerine Whistle on at most all but a 64th (EIP-150). */
static bool price_child(const struct frame *frame, struct call *call)
{
    bool is_capped = frame->machine->fork >= FORK_TANGERINE_WHISTLE;
    int64_t most = is_capped ? call->gas - call->gas / 64 : call->gas;
    bool fits =
        u256_fits_u64(*call->requested_gas) && call->requested_gas->words[0] <= (uint64_t)most;
    if (!fits && !is_capped) return false;
    call->child_gas = fits ? (int64_t)call->requested_gas->words[0] : most;
    call->gas -= call->child_gas;
    if (call->has_value) call->child_gas += GAS_CALL_STIPEND;
    return true;
}

/* The last reads: is the call refused, and if not, what will run. */
static enum view_answer load_rest(const struct frame *frame, struct call *call)
{
    struct journal *journal = &frame->machine->journal;
    enum view_answer answer = VIEW_OK;
    call->is_refused = frame->depth >= DEPTH_MAX;
    if (call->is_refused) return VIEW_OK;
    if (call->has_value) {
        bool can_pay;
        answer = journal_can_pay(journal, frame->account, call->value, &can_pay);
        if (answer != VIEW_OK) return answer;
        call->is_refused = !can_pay;
        if (call->is_refused) return VIEW_OK;
    }
    call->code = &code_empty;
    if (call->is_precompile) return VIEW_OK;
    struct account_entry *owner = call->delegate != NULL ? call->delegate : call->account;
    answer = journal_code(journal, owner);
    if (answer == VIEW_OK) call->code = owner->code;
    return answer;
}

/* Everything is read and paid: make it so. */
static bool commit(struct frame *frame, const struct call *call)
{
    struct machine *machine = frame->machine;
    if (!account_mark_warm(machine, call->account)) return false;
    if (call->delegate != NULL && !account_mark_warm(machine, call->delegate)) return false;
    if (!memory_grow(frame, call->memory_end)) return false;
    trace_charged(frame, call->gas);
    frame->gas = call->gas;
    machine->return_data = BYTES_EMPTY;
    return true;
}

static struct frame_request request_of(const struct frame *frame, const struct call *call)
{
    bool keeps_self = call->kind == MESSAGE_CALLCODE || call->kind == MESSAGE_DELEGATECALL;
    return (struct frame_request){
        .kind = call->kind,
        .is_static = frame->is_static || call->kind == MESSAGE_STATICCALL,
        .gas = call->child_gas,
        .code = call->code,
        .account = keeps_self ? frame->account : call->account,
        .caller = call->kind == MESSAGE_DELEGATECALL ? frame->caller : frame->self,
        .value = call->value != NULL                  ? *call->value
                 : call->kind == MESSAGE_DELEGATECALL ? frame->value
                                                      : U256_ZERO,
        .input = bytes_of(frame->memory + op_offset(call->input_offset, call->input_size),
                          call->input_size->words[0]),
        .output_offset = op_offset(call->output_offset, call->output_size),
        .output_size = call->output_size->words[0],
        .checkpoint = journal_checkpoint(&frame->machine->journal),
        .mark = arena_mark(&frame->machine->arena),
    };
}

/* What is written back and remembered of a child's output. */
static void take_output(struct frame *frame,
                        struct bytes output,
                        uint64_t offset,
                        uint64_t size_max)
{
    uint64_t size = output.size < size_max ? output.size : size_max;
    if (size > 0) memcpy(frame->memory + offset, output.data, size);
    frame->machine->return_data = output;
}

/* A child that needs no frame: no code, or a precompile. */
static enum halt call_at_once(struct frame *frame,
                              const struct call *call,
                              const struct frame_request *request)
{
    struct machine *machine = frame->machine;
    enum halt halt = HALT_STOP;
    int64_t gas = request->gas;
    struct bytes output = BYTES_EMPTY;
    trace_enter_request(machine, request, frame->depth + 2);
    if (call->is_precompile)
        halt = precompile_frame(
            machine, &call->target, request->input, &gas, &output, frame_memory_behind(frame));
    if (halt_is_pause(halt)) return halt;
    if (!halt_is_success(halt)) journal_revert(&machine->journal, request->checkpoint);
    trace_leave(machine, frame->depth + 2, halt, request->gas - gas, output);
    frame->gas += gas;
    take_output(frame, output, request->output_offset, request->output_size);
    set_bool(call->result, halt_is_success(halt));
    return HALT_NONE;
}

static enum halt call_begin(struct frame *frame, const struct call *call)
{
    struct machine *machine = frame->machine;
    struct frame_request request = request_of(frame, call);
    bool reaches_target = call->kind == MESSAGE_CALL || call->kind == MESSAGE_STATICCALL;
    if (reaches_target && touches_matter(machine))
        TRY_MEMORY(journal_touch(&machine->journal, call->account));
    if (call->kind == MESSAGE_CALL && call->has_value)
        TRY_MEMORY(value_transfer(machine, frame->account, call->account, call->value));
    if (call->code->size == 0) return call_at_once(frame, call, &request);
    frame->pc++;
    frame->top = call->result - 1;
    frame_push(machine, &request);
    return HALT_CALL;
}

static enum halt call_step(struct frame *frame, u256 *top, enum message_kind kind)
{
    struct machine *machine = frame->machine;
    struct call call = call_decode(kind, top);
    if (unlikely(kind == MESSAGE_CALL && call.has_value && frame->is_static)) return HALT_STATIC;
    call.account = journal_account(&machine->journal, &call.target);
    TRY_MEMORY(call.account != NULL);
    call.is_precompile = is_precompile(&call.target, machine->fork);
    if (unlikely(!price_operands(frame, &call))) return HALT_OUT_OF_GAS;
    TRY_VIEW(price_new_account(frame, &call));
    if (unlikely(call.gas < 0)) return HALT_OUT_OF_GAS;
    enum halt halt = price_delegate(frame, &call);
    if (unlikely(halt != HALT_NONE)) return halt;
    if (unlikely(!price_child(frame, &call))) return HALT_OUT_OF_GAS;
    TRY_VIEW(load_rest(frame, &call));

    TRY_MEMORY(commit(frame, &call));
    if (likely(!call.is_refused)) return call_begin(frame, &call);
    frame->gas += call.child_gas;
    set_bool(call.result, false);
    return HALT_NONE;
}

enum halt step_call(struct frame *frame, u256 *top)
{
    return call_step(frame, top, MESSAGE_CALL);
}

enum halt step_callcode(struct frame *frame, u256 *top)
{
    return call_step(frame, top, MESSAGE_CALLCODE);
}

enum halt step_delegatecall(struct frame *frame, u256 *top)
{
    return call_step(frame, top, MESSAGE_DELEGATECALL);
}

enum halt step_staticcall(struct frame *frame, u256 *top)
{
    return call_step(frame, top, MESSAGE_STATICCALL);
}

void call_end(struct frame *parent, struct frame *child, enum halt halt)
{
    parent->gas += child->gas;
    take_output(parent, parent->machine->output, child->output_offset, child->output_size);
    set_bool(++parent->top, halt_is_success(halt));
}

enum halt precompile_frame(struct machine *machine,
                           const address *who,
                           struct bytes input,
                           int64_t *gas,
                           struct bytes *output,
                           uint8_t *room)
{
    struct arena_mark mark = arena_mark(&machine->arena);
    struct precompile_result run = {0};
    precompile_run(&run, who, machine->fork, input, *gas, &machine->arena);
    if (unlikely(run.no_memory || run.output.size > (size_t)(machine->memory_end - room)))
        return HALT_NO_MEMORY;
    if (!run.ok) {
        *gas = 0;
        arena_release(&machine->arena, mark);
        return HALT_PRECOMPILE;
    }
    VERIFY(run.gas_used >= 0 && run.gas_used <= *gas);
    *gas -= run.gas_used;
    if (run.output.size > 0) memcpy(room, run.output.data, run.output.size);
    if (room + run.output.size > machine->memory_high)
        machine->memory_high = room + run.output.size;
    *output = bytes_of(room, run.output.size);
    arena_release(&machine->arena, mark);
    return HALT_RETURN;
}
