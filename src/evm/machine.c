#include "evm/machine.h"

#include "base/assert.h"
#include "base/heap.h"
#include "evm/interp_memory.h"
#include "evm/machine_private.h"

#include <sys/mman.h>

#define MEMORY_RESERVE_DEFAULT (UINT64_C(4) << 30)
#define MEMORY_RESERVE_MIN     (UINT64_C(1) << 20)
#define MEMORY_KEEP                                                                                \
    (UINT64_C(1) << 20) /* given back to the system beyond that, between transactions */
#define STACK_BYTES       ((size_t)(DEPTH_MAX + 1) * STACK_MAX * sizeof(u256))
#define ARENA_CHUNK_BYTES (256 * 1024)

/* ---- life ---------------------------------------------------------------------------------------- */

enum pevm_status machine_new(struct machine **out, const struct machine_options *options)
{
    struct machine *machine = heap_alloc_zeroed(1, sizeof *machine);
    *out = NULL;
    if (machine == NULL) return PEVM_NO_MEMORY;
    uint64_t bytes =
        options->memory_reserve_bytes == 0 ? MEMORY_RESERVE_DEFAULT : options->memory_reserve_bytes;
    if (bytes < MEMORY_RESERVE_MIN) bytes = MEMORY_RESERVE_MIN;
    machine->memory_bytes = bytes & ~(uint64_t)(CACHE_LINE - 1);
    arena_init(&machine->arena, ARENA_CHUNK_BYTES, 0);
    machine->frames = heap_alloc_zeroed(DEPTH_MAX + 1, sizeof *machine->frames);
    machine->stack = heap_reserve(STACK_BYTES);
    machine->memory = heap_reserve(machine->memory_bytes);
    machine->return_buffer = heap_reserve(machine->memory_bytes);
    bool has_journal = journal_init(&machine->journal, options->codes);
    if (!has_journal || !arena_warm(&machine->arena) || machine->frames == NULL ||
        machine->stack == NULL || machine->memory == NULL || machine->return_buffer == NULL) {
        machine_free(machine);
        return PEVM_NO_MEMORY;
    }
    machine->memory_end = machine->memory + machine->memory_bytes;
    machine->memory_high = machine->memory;
    machine->return_high = machine->return_buffer;
    *out = machine;
    return PEVM_OK;
}

void machine_free(struct machine *machine)
{
    if (machine == NULL) return;
    journal_fini(&machine->journal);
    arena_fini(&machine->arena);
    heap_free(machine->frames);
    heap_unreserve(machine->stack, STACK_BYTES);
    heap_unreserve(machine->memory, machine->memory_bytes);
    heap_unreserve(machine->return_buffer, machine->memory_bytes);
    heap_free(machine);
}

struct journal *machine_journal(struct machine *machine)
{
    return &machine->journal;
}

const struct block_env *machine_env(const struct machine *machine)
{
    return machine->env;
}

struct tx_run_state *machine_run_state(struct machine *machine)
{
    return &machine->run_state;
}

void machine_set_block(struct machine *machine,
                       const struct block_env *env,
                       const struct tracer *tracer)
{
    bool is_first = machine->env == NULL;
    machine->env = env;
    machine->tracer = tracer;
    if (!is_first && machine->fork == env->rules.fork) return;
    machine->fork = env->rules.fork;
    machine->prices = *gas_prices_of(machine->fork);
    interp_fill(machine->dispatch, machine->fork);
    interp_fill_traced(machine->dispatch_traced, machine->fork);
}

/* ---- frames -------------------------------------------------------------------------------------- */

uint8_t *frame_memory_behind(const struct frame *frame)
{
    uint64_t size = (frame->memory_size + CACHE_LINE - 1) & ~(uint64_t)(CACHE_LINE - 1);
    return frame->memory + size;
}

void trace_enter_request(struct machine *machine, const struct frame_request *request, int depth)
{
    if (likely(machine->tracer == NULL)) return;
    struct trace_frame frame = {
        .kind = (int)request->kind,
        .depth = depth,
        .caller = request->caller,
        .to = request->account->key,
        .value = request->value,
        .gas = request->gas,
        .input = request->input,
    };
    trace_enter(machine, &frame);
}

void frame_push(struct machine *machine, const struct frame_request *request)
{
    struct frame *parent = machine->frame;
    struct frame *frame = parent == NULL ? machine->frames : parent + 1;
    u256 *stack = parent == NULL ? machine->stack + 1 : parent->top + 1;
    VERIFY(frame <= machine->frames + DEPTH_MAX);
    *frame = (struct frame){
        .pc = request->code->bytes,
        .top = stack - 1,
        .gas = request->gas,
        .stack = stack,
        .memory = parent == NULL ? machine->memory : frame_memory_behind(parent),
        .code_start = request->code->bytes,
        .code_size = request->code->size,
        .jumpdests = request->code->jumpdests,
        .machine = machine,
        .account = request->account,
        .input = request->input,
        .value = request->value,
        .self = request->account->key,
        .caller = request->caller,
        .is_static = request->is_static,
        .kind = (uint8_t)request->kind,
        .depth = (uint16_t)(frame - machine->frames),
        .gas_start = request->gas,
        .output_offset = request->output_offset,
        .output_size = request->output_size,
        .checkpoint = request->checkpoint,
        .mark = request->mark,
    };
    machine->frame = frame;
    machine->return_data = BYTES_EMPTY;
    trace_enter_request(machine, request, frame->depth + 1);
}

enum view_answer account_is_new(struct machine *machine, struct account_entry *account, bool *out)
{
    if (machine->fork >= FORK_SPURIOUS_DRAGON)
        return journal_is_empty(&machine->journal, account, out);
    enum view_answer answer = journal_account_load(&machine->journal, account, VIEW_EXISTENCE);
    *out = answer == VIEW_OK && !account->exists;
    return answer;
}

bool value_transfer(struct machine *machine,
                    struct account_entry *from,
                    struct account_entry *to,
                    const u256 *value)
{
    if (u256_is_zero(*value) || from == to) return true;
    return journal_debit(&machine->journal, from, value) &&
           journal_credit(&machine->journal, to, value);
}

static bool is_creation(const struct frame *frame)
{
    return frame->kind == MESSAGE_CREATE || frame->kind == MESSAGE_CREATE2;
}

/* The frame has halted: what it did stays or is undone. HALT_NO_MEMORY when the new code cannot be kept. */
static enum halt frame_end(struct machine *machine, struct frame *frame, enum halt halt)
{
    if (halt_is_success(halt) && is_creation(frame)) halt = create_deposit(frame);
    if (halt_is_pause(halt)) return halt;
    if (!halt_is_success(halt)) journal_revert(&machine->journal, frame->checkpoint);
    if (halt_is_exceptional(halt)) {
        frame->gas = 0;
        machine->output = BYTES_EMPTY;
    }
    arena_release(&machine->arena, frame->mark);
    trace_leave(machine, frame->depth + 1, halt, frame->gas_start - frame->gas, machine->output);
    return halt;
}

void machine_set_poll(struct machine *machine, bool (*is_over)(void *context), void *context)
{
    machine->is_over = is_over;
    machine->poll_context = context;
}

static int64_t gas_low(int64_t gas)
{
    return gas > POLL_GAS ? gas - POLL_GAS : 0;
}

enum halt frame_poll(struct frame *frame, int64_t gas)
{
    struct machine *machine = frame->machine;
    if (gas < 0) return HALT_OUT_OF_GAS;
    frame->gas_low = gas_low(gas);
    return machine->is_over(machine->poll_context) ? HALT_CANCELLED : HALT_NONE;
}

/* Before a frame runs, for the first time or again. */
static bool turn_is_over(struct machine *machine, struct frame *frame)
{
    if (machine->is_over == NULL) return false;
    frame->gas_low = gas_low(frame->gas);
    return ++machine->turns % POLL_TURNS == 0 && machine->is_over(machine->poll_context);
}

/* Run until the outermost frame has ended or something is in the way. */
static enum halt drive(struct machine *machine)
{
    for (;;) { /* ends: all gas is finite */
        struct frame *frame = machine->frame;
        if (unlikely(turn_is_over(machine, frame))) return HALT_CANCELLED;
        enum halt halt =
            unlikely(machine->tracer != NULL) ? interp_run_traced(frame) : interp_run(frame);
        if (halt == HALT_CALL) continue;
        if (unlikely(halt_is_pause(halt))) return halt;
        halt = frame_end(machine, frame, halt);
        if (frame->depth == 0 || halt_is_pause(halt)) return halt;
        struct frame *parent = frame - 1;
        machine->frame = parent;
        if (is_creation(frame))
            create_end(parent, frame, halt);
        else
            call_end(parent, frame, halt);
    }
}

/* ---- the outermost message ------------------------------------------------------------------------ */

/* What start_* found out when the message needs no frame. */
static enum halt end_at_once(struct machine *machine,
                             enum halt halt,
                             int64_t gas_left,
                             struct bytes output)
{
    struct frame *frame = machine->frames;
    frame->gas = gas_left;
    machine->output = output;
    return halt;
}

static enum halt start_call(struct machine *machine,
                            struct account_entry *caller,
                            struct account_entry *target)
{
    const struct message *message = &machine->message;
    struct frame_request request = {
        .kind = MESSAGE_CALL,
        .gas = message->gas,
        .code = message->code,
        .account = target,
        .caller = message->caller,
        .value = message->value,
        .input = message->input,
        .checkpoint = journal_checkpoint(&machine->journal),
        .mark = arena_mark(&machine->arena),
    };
    if (touches_matter(machine)) TRY_MEMORY(journal_touch(&machine->journal, target));
    TRY_MEMORY(value_transfer(machine, caller, target, &message->value));
    bool runs_precompile =
        !message->is_delegated && is_precompile(&message->code_address, machine->fork);
    if (message->code->size > 0 && !runs_precompile) {
        frame_push(machine, &request);
        return HALT_CALL;
    }
    trace_enter_request(machine, &request, 1);
    enum halt halt = HALT_STOP;
    int64_t gas = message->gas;
    struct bytes output = BYTES_EMPTY;
    if (runs_precompile)
        halt = precompile_frame(
            machine, &message->code_address, message->input, &gas, &output, machine->memory);
    if (halt_is_pause(halt)) return halt;
    if (!halt_is_success(halt)) journal_revert(&machine->journal, request.checkpoint);
    trace_leave(machine, 1, halt, message->gas - gas, output);
    return end_at_once(machine, halt, gas, output);
}

static enum halt start_create(struct machine *machine,
                              struct account_entry *creator,
                              struct account_entry *account)
{
    const struct message *message = &machine->message;
    bool collides;
    TRY_VIEW(create_load(machine, account, &collides));
    if (collides) return end_at_once(machine, HALT_COLLISION, 0, BYTES_EMPTY);
    struct frame_request request = {
        .kind = MESSAGE_CREATE,
        .gas = message->gas,
        .code = create_init_code(machine, message->input),
        .account = account,
        .caller = message->caller,
        .value = message->value,
        .checkpoint = journal_checkpoint(&machine->journal),
        .mark = arena_mark(&machine->arena),
    };
    TRY_MEMORY(request.code != NULL);
    TRY_MEMORY(create_begin(machine, creator, account, &message->value));
    frame_push(machine, &request);
    return HALT_CALL;
}

/* HALT_CALL when the first frame is there. */
static enum halt start(struct machine *machine)
{
    struct journal *journal = &machine->journal;
    const struct message *message = &machine->message;
    struct account_entry *caller = journal_account(journal, &message->caller);
    struct account_entry *target = journal_account(journal, &message->to);
    TRY_MEMORY(caller != NULL && target != NULL);
    bool can_pay;
    TRY_VIEW(journal_can_pay(journal, caller, &message->value, &can_pay));
    /* A transaction is checked before: only a message made by hand can come here. */
    if (!can_pay) return end_at_once(machine, HALT_REVERT, message->gas, BYTES_EMPTY);
    return message->kind == MESSAGE_CREATE ? start_create(machine, caller, target)
                                           : start_call(machine, caller, target);
}

static bool go_on(struct machine *machine, struct message_result *result)
{
    enum halt halt = HALT_CALL;
    if (machine->stage == MACHINE_STARTING) halt = start(machine);
    if (halt == HALT_CALL) {
        machine->stage = MACHINE_RUNNING;
        halt = drive(machine);
    }
    *result = (struct message_result){.halt = halt};
    if (halt_is_pause(halt)) return false;
    machine->stage = MACHINE_IDLE;
    result->gas_left = machine->frames[0].gas;
    result->output = machine->output;
    return true;
}

/* Pages that only a big transaction needed go back to the system. */
static void trim(uint8_t *memory, uint8_t **high)
{
    if (*high <= memory + MEMORY_KEEP) return;
    (void)madvise(memory + MEMORY_KEEP, (size_t)(*high - memory) - MEMORY_KEEP, MADV_DONTNEED);
    *high = memory + MEMORY_KEEP;
}

bool machine_run(struct machine *machine,
                 const struct tx_env *tx,
                 const struct message *message,
                 struct message_result *result)
{
    ASSERT(machine->env != NULL &&
           (message->kind == MESSAGE_CALL || message->kind == MESSAGE_CREATE));
    trim(machine->memory, &machine->memory_high);
    trim(machine->return_buffer, &machine->return_high);
    arena_reset(&machine->arena);
    machine->tx = tx;
    machine->message = *message;
    machine->frame = NULL;
    machine->output = machine->return_data = BYTES_EMPTY;
    machine->stage = MACHINE_STARTING;
    return go_on(machine, result);
}

bool machine_resume(struct machine *machine, struct message_result *result)
{
    ASSERT(machine->stage != MACHINE_IDLE);
    return go_on(machine, result);
}
