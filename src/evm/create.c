/* CREATE and CREATE2 (rules, section 12; EIP-684, 1014, 2681, 3541, 3860, 7610). */
#include "base/assert.h"
#include "crypto/keccak.h"
#include "evm/interp_memory.h"
#include "evm/machine_private.h"
#include "evm/opcodes.h"
#include "evm/ops_frame.h"
#include "types/contract_address.h"

struct create {
    enum message_kind kind;
    const u256 *value, *offset, *size, *salt; /* salt: of CREATE2 */
    u256 *result;
    bool is_refused, collides;
    uint64_t memory_end;
    struct account_entry *account; /* the new one */
    int64_t gas, child_gas;
};

static struct create create_decode(enum message_kind kind, u256 *top)
{
    return (struct create){
        .kind = kind,
        .value = top,
        .offset = top - 1,
        .size = top - 2,
        .salt = top - 3,
        .result = kind == MESSAGE_CREATE2 ? top - 3 : top - 2,
    };
}

static bool price(const struct frame *frame, struct create *create)
{
    const struct machine *machine = frame->machine;
    if (!memory_range_end(create->offset, create->size, &create->memory_end)) return false;
    uint64_t size = create->size->words[0];
    if (size > machine->env->rules.initcode_size_max) return false;
    int64_t word_gas = machine->env->rules.initcode_word_gas;
    if (create->kind == MESSAGE_CREATE2) word_gas += GAS_WORD_KECCAK;
    create->gas = frame->gas - OP_CREATE_GAS - memory_growth_gas(frame, create->memory_end) -
                  word_gas * (int64_t)words_of(size);
    if (create->gas < 0) return false;
    bool is_capped = machine->fork >= FORK_TANGERINE_WHISTLE;
    create->child_gas = is_capped ? create->gas - create->gas / 64 : create->gas;
    return true;
}

static enum view_answer load_creator(const struct frame *frame, struct create *create)
{
    struct journal *journal = &frame->machine->journal;
    create->is_refused = frame->depth >= DEPTH_MAX;
    if (create->is_refused) return VIEW_OK;
    bool can_pay;
    enum view_answer answer = journal_account_load(journal, frame->account, VIEW_NONCE);
    if (answer == VIEW_OK)
        answer = journal_can_pay(journal, frame->account, create->value, &can_pay);
    if (answer != VIEW_OK) return answer;
    create->is_refused = frame->account->nonce == UINT64_MAX || !can_pay;
    return VIEW_OK;
}

/* The memory that holds the init code is there. */
static void find_address(const struct frame *frame, const struct create *create, address *out)
{
    if (create->kind == MESSAGE_CREATE) {
        create_address(out, &frame->self, frame->account->nonce);
        return;
    }
    hash32 salt = u256_to_hash(*create->salt), init_hash;
    keccak256(&init_hash,
              frame->memory + op_offset(create->offset, create->size),
              create->size->words[0]);
    create2_address(out, &frame->self, &salt, &init_hash);
}

enum view_answer create_load(struct machine *machine, struct account_entry *account, bool *collides)
{
    struct journal *journal = &machine->journal;
    enum view_answer answer = journal_account_load(journal, account, VIEW_NONCE | VIEW_CODE_HASH);
    if (answer != VIEW_OK) return answer;
    *collides = account->nonce != 0 || !hash32_equal(&account->code_hash, &keccak_empty);
    return *collides ? VIEW_OK : journal_has_storage(journal, account, collides);
}

bool create_begin(struct machine *machine,
                  struct account_entry *creator,
                  struct account_entry *account,
                  const u256 *value)
{
    uint64_t nonce = machine->fork >= FORK_SPURIOUS_DRAGON ? 1 : 0; /* EIP-161 */
    return journal_create(&machine->journal, account, nonce) &&
           value_transfer(machine, creator, account, value);
}

const struct code *create_init_code(struct machine *machine, struct bytes bytes)
{
    static const hash32 unused_hash;
    if (bytes.size == 0) return &code_empty;
    void *memory = arena_alloc(&machine->arena, code_memory_size(bytes.size));
    return memory == NULL ? NULL : code_build(memory, bytes, &unused_hash);
}

/* The last reads. Memory is grown for them: when one is blocked it shrinks back, so that it is paid for again. */
static enum halt load_target(struct frame *frame, struct create *create)
{
    struct machine *machine = frame->machine;
    uint64_t memory_size = frame->memory_size;
    TRY_MEMORY(memory_grow(frame, create->memory_end));
    if (create->is_refused) return HALT_NONE;
    address who;
    find_address(frame, create, &who);
    create->account = journal_account(&machine->journal, &who);
    TRY_MEMORY(create->account != NULL);
    enum view_answer answer = create_load(machine, create->account, &create->collides);
    if (likely(answer == VIEW_OK)) return HALT_NONE;
    memory_shrink(frame, memory_size);
    return halt_of_view(answer);
}

static enum halt begin(struct frame *frame, const struct create *create)
{
    struct machine *machine = frame->machine;
    struct frame_request request = {
        .kind = create->kind,
        .gas = create->child_gas,
        .account = create->account,
        .caller = frame->self,
        .value = *create->value,
        .checkpoint = journal_checkpoint(&machine->journal),
        .mark = arena_mark(&machine->arena),
    };
    struct bytes init =
        bytes_of(frame->memory + op_offset(create->offset, create->size), create->size->words[0]);
    request.code = create_init_code(machine, init);
    TRY_MEMORY(request.code != NULL);
    TRY_MEMORY(create_begin(machine, frame->account, create->account, create->value));
    frame->pc++;
    frame->top = create->result - 1;
    frame_push(machine, &request);
    return HALT_CALL;
}

static enum halt create_step(struct frame *frame, u256 *top, enum message_kind kind)
{
    struct machine *machine = frame->machine;
    struct create create = create_decode(kind, top);
    if (unlikely(frame->is_static)) return HALT_STATIC;
    if (unlikely(!price(frame, &create))) return HALT_OUT_OF_GAS;
    TRY_VIEW(load_creator(frame, &create));
    enum halt halt = load_target(frame, &create);
    if (unlikely(halt != HALT_NONE)) return halt;

    trace_charged(frame, create.is_refused ? create.gas : create.gas - create.child_gas);
    machine->return_data = BYTES_EMPTY;
    frame->gas = create.gas;
    if (!create.is_refused) {
        frame->gas -= create.child_gas;
        TRY_MEMORY(account_mark_warm(machine, create.account));
        TRY_MEMORY(journal_set_nonce(&machine->journal, frame->account, frame->account->nonce + 1));
        if (!create.collides) return begin(frame, &create);
    }
    set_u64(create.result, 0);
    return HALT_NONE;
}

enum halt step_create(struct frame *frame, u256 *top)
{
    return create_step(frame, top, MESSAGE_CREATE);
}

enum halt step_create2(struct frame *frame, u256 *top)
{
    return create_step(frame, top, MESSAGE_CREATE2);
}

enum halt create_deposit(struct frame *frame)
{
    struct machine *machine = frame->machine;
    struct bytes code = machine->output;
    if (code.size == 0) return HALT_RETURN;
    if (machine->fork >= FORK_LONDON && code.data[0] == 0xef) return HALT_CODE_PREFIX;
    if (code.size > machine->env->rules.code_size_max) return HALT_CODE_SIZE;
    int64_t cost = GAS_DEPOSIT_BYTE * (int64_t)code.size;
    if (frame->gas < cost) {
        if (machine->fork > FORK_FRONTIER) return HALT_OUT_OF_GAS;
        machine->output = BYTES_EMPTY; /* Frontier: a contract without code, and the gas stays */
        return HALT_RETURN;
    }
    frame->gas -= cost;
    TRY_MEMORY(journal_set_code(&machine->journal, frame->account, code));
    return HALT_RETURN;
}

void create_end(struct frame *parent, struct frame *child, enum halt halt)
{
    parent->gas += child->gas;
    parent->top++;
    *parent->top = halt_is_success(halt) ? u256_from_address(&child->self) : U256_ZERO;
    parent->machine->return_data = halt == HALT_REVERT ? parent->machine->output : BYTES_EMPTY;
}
