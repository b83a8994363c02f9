#include "support/script_world.h"

#include "base/heap.h"
#include "base/rng.h"
#include "crypto/keccak.h"
#include "sched/seats.h"

#include <string.h>

/* ---- the base -------------------------------------------------------------------------------- */

static address account_of(unsigned place)
{
    return (address){
        {[0] = 0x5c, [19] = (uint8_t)place}
    };
}

static enum view_answer base_account(void *context,
                                     const address *who,
                                     unsigned parts,
                                     struct view_account *out)
{
    const struct script_world *world = context;
    unsigned place = who->bytes[19];
    *out = (struct view_account){.balance = u256_from_u64(world->base.balances[place]),
                                 .code_hash = keccak_empty,
                                 .nonce = world->base.nonces[place],
                                 .exists = true,
                                 .parts = (uint8_t)parts};
    return VIEW_OK;
}

static enum view_answer base_slot(void *context, const address *who, const u256 *slot, u256 *out)
{
    const struct script_world *world = context;
    (void)who;
    *out = u256_from_u64(world->base.slots[slot->words[0]]);
    return VIEW_OK;
}

static enum view_answer base_code(void *context,
                                  const address *who,
                                  const hash32 *hash,
                                  struct bytes *out)
{
    (void)context, (void)who, (void)hash;
    *out = BYTES_EMPTY;
    return VIEW_OK;
}

static bool has_storage(const struct script_state *state)
{
    for (unsigned i = 0; i < SCRIPT_SLOTS; i++)
        if (state->slots[i] != 0) return true;
    return false;
}

static enum view_answer base_has_storage(void *context, const address *who, bool *out)
{
    const struct script_world *world = context;
    (void)who;
    *out = has_storage(&world->base);
    return VIEW_OK;
}

static enum view_answer base_block_hash(void *context, uint64_t number, hash32 *out)
{
    (void)context, (void)number;
    *out = keccak_empty;
    return VIEW_OK;
}

/* ---- one after another: what must come out ------------------------------------------------------ */

static uint64_t mixed(uint64_t result, uint64_t seen)
{
    return (result * 31 + seen + 1) & 0xffff; /* small, so that silent stores happen */
}

/* One operation on plain numbers. False: invalid. */
static bool op_expect(struct script_state *state, const struct script_op *op, uint64_t *result)
{
    switch ((enum script_kind)op->kind) {
    case SCRIPT_READ: *result = mixed(*result, state->slots[op->place]); return true;
    case SCRIPT_WRITE: state->slots[op->place] = *result; return true;
    case SCRIPT_PUT: state->slots[op->place] = op->value; return true;
    case SCRIPT_PAY: state->balances[op->place] += op->value; return true;
    case SCRIPT_SPEND:
        if (state->balances[op->place] < op->value) return false;
        state->balances[op->place] -= op->value;
        return true;
    case SCRIPT_LOOK: *result = mixed(*result, state->balances[op->place]); return true;
    case SCRIPT_SEND:
        if (state->nonces[op->place] != op->value) return false;
        state->nonces[op->place]++;
        return true;
    case SCRIPT_IS: return state->slots[op->place] == op->value;
    case SCRIPT_STORAGE: *result = mixed(*result, has_storage(state)); return true;
    case SCRIPT_RESET: memset(state->slots, 0, sizeof state->slots); return true;
    case SCRIPT_CHOOSE:
    case SCRIPT_END: break;
    }
    return true;
}

static bool script_expect(struct script_state *state, const struct script *script, uint64_t *result)
{
    *result = script->tip;
    for (unsigned i = 0; i < SCRIPT_OPS_MAX && script->ops[i].kind != SCRIPT_END; i++) {
        if (script->ops[i].kind == SCRIPT_CHOOSE)
            i += *result & 1;
        else if (!op_expect(state, &script->ops[i], result))
            return false;
    }
    state->balances[SCRIPT_COINBASE] += script->tip;
    return true;
}

static void expect(struct script_world *world)
{
    struct script_state state = world->base;
    uint32_t tx = 0;
    for (; tx < world->count; tx++) {
        world->expected = state;
        bool is_valid = script_expect(&state, &world->scripts[tx], &world->expected_results[tx]);
        if (!is_valid || world->scripts[tx].is_refused) break;
    }
    if (tx == world->count) world->expected = state;
    world->expected_final = tx;
}

/* ---- side by side ---------------------------------------------------------------------------- */

static void problem(struct script_world *world, const char *text)
{
    if (world->problem == NULL) world->problem = text;
}

/* A script on its way: what it has written itself is its own to know. */
struct course {
    struct mv_attempt *attempt;
    struct view view;
    unsigned at; /* the operation that comes next, or is asked again */
    uint64_t result;
    bool has_slot[SCRIPT_SLOTS], is_reset;
    uint64_t slots[SCRIPT_SLOTS];
    bool has_balance[SCRIPT_ACCOUNTS], is_exact[SCRIPT_ACCOUNTS], has_nonce[SCRIPT_ACCOUNTS];
    uint64_t given[SCRIPT_ACCOUNTS], min[SCRIPT_ACCOUNTS], nonces[SCRIPT_ACCOUNTS];
    int64_t deltas[SCRIPT_ACCOUNTS];
};

enum stop { GO_ON, STOP_BLOCKED, STOP_INVALID, STOP_NO_MEMORY };

static enum stop stop_of(enum view_answer answer)
{
    if (answer == VIEW_OK) return GO_ON;
    return answer == VIEW_BLOCKED ? STOP_BLOCKED : STOP_NO_MEMORY;
}

static enum stop slot_get(struct course *course, unsigned place, uint64_t *out)
{
    address who = account_of(0);
    u256 key = u256_from_u64(place), value;
    *out = course->slots[place];
    if (course->has_slot[place]) return GO_ON;
    *out = 0;
    if (course->is_reset) return GO_ON;
    enum view_answer answer = course->view.ops->slot(course->view.context, &who, &key, &value);
    if (answer == VIEW_OK) *out = u256_low64(value);
    return stop_of(answer);
}

static void slot_set(struct course *course, unsigned place, uint64_t value)
{
    course->has_slot[place] = true;
    course->slots[place] = value;
}

/* The balance as it is now, as the base and all below have it. */
static enum stop balance_get(struct course *course, unsigned place)
{
    address who = account_of(place);
    struct view_account account;
    if (course->has_balance[place]) return GO_ON;
    enum view_answer answer =
        course->view.ops->account(course->view.context, &who, VIEW_BALANCE, &account);
    if (answer == VIEW_OK) course->given[place] = u256_low64(account.balance);
    course->has_balance[place] = answer == VIEW_OK;
    return stop_of(answer);
}

static enum stop balance_spend(struct course *course, unsigned place, uint64_t value)
{
    enum stop stop = balance_get(course, place);
    if (stop != GO_ON) return stop;
    int64_t now = (int64_t)course->given[place] + course->deltas[place];
    if (now < (int64_t)value) {
        course->is_exact[place] = true; /* why it is not valid */
        return STOP_INVALID;
    }
    int64_t least = (int64_t)value - course->deltas[place];
    if (least > (int64_t)course->min[place]) course->min[place] = (uint64_t)least;
    course->deltas[place] -= (int64_t)value;
    return GO_ON;
}

static enum stop balance_look(struct course *course, unsigned place)
{
    enum stop stop = balance_get(course, place);
    if (stop != GO_ON) return stop;
    course->is_exact[place] = true;
    course->result = mixed(course->result, course->given[place] + (uint64_t)course->deltas[place]);
    return GO_ON;
}

static enum stop nonce_use(struct course *course, unsigned place, uint64_t nonce)
{
    address who = account_of(place);
    struct view_account account = {.nonce = course->nonces[place]};
    if (!course->has_nonce[place]) {
        course->attempt->sender = who;
        course->attempt->nonce = nonce;
        enum stop stop =
            stop_of(course->view.ops->account(course->view.context, &who, VIEW_NONCE, &account));
        if (stop != GO_ON) return stop;
    }
    if (account.nonce != nonce) return STOP_INVALID;
    course->has_nonce[place] = true;
    course->nonces[place] = nonce + 1;
    return GO_ON;
}

static enum stop storage_ask(struct course *course)
{
    address who = account_of(0);
    bool has = false;
    for (unsigned i = 0; i < SCRIPT_SLOTS; i++)
        if (course->has_slot[i]) return STOP_INVALID; /* scripts ask before they write */
    enum stop stop = stop_of(course->view.ops->has_storage(course->view.context, &who, &has));
    if (stop == GO_ON) course->result = mixed(course->result, has);
    return stop;
}

static enum stop op_run(struct course *course, const struct script_op *op)
{
    uint64_t value;
    enum stop stop = GO_ON;
    switch ((enum script_kind)op->kind) {
    case SCRIPT_READ:
        stop = slot_get(course, op->place, &value);
        if (stop == GO_ON) course->result = mixed(course->result, value);
        return stop;
    case SCRIPT_WRITE: slot_set(course, op->place, course->result); return GO_ON;
    case SCRIPT_PUT: slot_set(course, op->place, op->value); return GO_ON;
    case SCRIPT_PAY: course->deltas[op->place] += op->value; return GO_ON;
    case SCRIPT_SPEND: return balance_spend(course, op->place, op->value);
    case SCRIPT_LOOK: return balance_look(course, op->place);
    case SCRIPT_SEND: return nonce_use(course, op->place, op->value);
    case SCRIPT_IS:
        stop = slot_get(course, op->place, &value);
        return stop == GO_ON && value != op->value ? STOP_INVALID : stop;
    case SCRIPT_STORAGE: return storage_ask(course);
    case SCRIPT_RESET:
        course->is_reset = true;
        memset(course->has_slot, 0, sizeof course->has_slot);
        return GO_ON;
    case SCRIPT_CHOOSE:
    case SCRIPT_END: break;
    }
    return GO_ON;
}

static bool log_balances(struct course *course)
{
    for (unsigned place = 0; place < SCRIPT_ACCOUNTS; place++) {
        address who = account_of(place);
        u256 given = u256_from_u64(course->given[place]), min = u256_from_u64(course->min[place]);
        if (course->has_balance[place] &&
            !mv_log_balance(course->attempt, &who, &given, &min, course->is_exact[place]))
            return false;
    }
    return true;
}

static bool put_slots(struct course *course)
{
    address who = account_of(0);
    if (course->is_reset && !mv_write_reset(course->attempt, &who)) return false;
    for (unsigned place = 0; place < SCRIPT_SLOTS; place++) {
        u256 key = u256_from_u64(place), value = u256_from_u64(course->slots[place]);
        if (course->has_slot[place] && !mv_write_slot(course->attempt, &who, &key, &value))
            return false;
    }
    return true;
}

static bool put_accounts(struct course *course)
{
    for (unsigned place = 0; place < SCRIPT_ACCOUNTS; place++) {
        address who = account_of(place);
        int64_t delta = course->deltas[place];
        u256 value = u256_from_u64((uint64_t)(delta < 0 ? -delta : delta));
        if (delta < 0) value = u256_negate(value);
        if (delta != 0 && !mv_write_balance(course->attempt, &who, &value)) return false;
        if (course->has_nonce[place] &&
            !mv_write_nonce(course->attempt, &who, course->nonces[place]))
            return false;
    }
    return true;
}

static enum stop script_run(struct course *course, const struct script *script)
{
    for (; course->at < SCRIPT_OPS_MAX && script->ops[course->at].kind != SCRIPT_END;
         course->at++) {
        if (script->ops[course->at].kind == SCRIPT_CHOOSE) {
            course->at += course->result & 1;
            continue;
        }
        enum stop stop = op_run(course, &script->ops[course->at]);
        if (stop != GO_ON) return stop;
    }
    return GO_ON;
}

static enum attempt_end go_on(struct script_world *world,
                              struct course *course,
                              uint32_t *readers_to)
{
    struct mv_attempt *attempt = course->attempt;
    const struct script *script = &world->scripts[attempt->tx];
    if (world->is_running[attempt->tx]) problem(world, "a transaction was held twice");
    if (attempt->tx < world->accepted) problem(world, "a final transaction ran again");
    world->is_running[attempt->tx] = true;
    enum stop stop = script_run(course, script);
    world->results[attempt->tx] = course->result;
    if (stop == STOP_NO_MEMORY) problem(world, "no memory");
    enum attempt_end end = stop == STOP_BLOCKED ? ATTEMPT_BLOCKED : ATTEMPT_LOST;
    u256 tip = u256_from_u64(script->tip);
    if (stop == GO_ON && log_balances(course) && put_slots(course) && put_accounts(course) &&
        mv_publish(attempt, &tip, readers_to))
        end = ATTEMPT_SOUND;
    if (stop == STOP_INVALID && log_balances(course) && mv_publish(attempt, &U256_ZERO, readers_to))
        end = ATTEMPT_UNSURE;
    world->is_running[attempt->tx] = false;
    return end;
}

static enum attempt_end run(void *context,
                            struct mv_attempt *attempt,
                            unsigned seat,
                            uint32_t *readers_to)
{
    struct script_world *world = context;
    struct course *course = &world->courses[seat];
    attempt->sender = (address){{0xff}};
    world->attempts[attempt->tx]++;
    *course = (struct course){.attempt = attempt,
                              .view = mv_attempt_view(attempt),
                              .result = world->scripts[attempt->tx].tip};
    return go_on(world, course, readers_to);
}

static enum attempt_end resume(void *context,
                               struct mv_attempt *attempt,
                               unsigned seat,
                               uint32_t *readers_to)
{
    struct script_world *world = context;
    struct course *course = &world->courses[seat];
    if (course->attempt != attempt) problem(world, "an attempt went on in another seat");
    return go_on(world, course, readers_to);
}

static bool accept(void *context, uint32_t tx)
{
    struct script_world *world = context;
    if (tx != world->accepted) problem(world, "not in block order");
    if (world->is_running[tx]) problem(world, "accepted while it runs");
    if (world->scripts[tx].is_refused) return false;
    if (tx >= world->expected_final) problem(world, "accepted, and can't be in the block");
    if (world->results[tx] != world->expected_results[tx])
        problem(world, "a final attempt read what a sequential run does not read");
    world->accepted = tx + 1;
    return true;
}

static bool is_cancelled(void *context)
{
    struct script_world *world = context;
    if (world->cancel != NULL && world->cancel(world->cancel_context)) world->was_cancelled = true;
    return world->was_cancelled;
}

static const struct speculation_ops ops = {run, resume, accept, is_cancelled};

/* ---- life ------------------------------------------------------------------------------------ */

bool script_world_init(struct script_world *world, unsigned workers)
{
    static const struct view_ops base_ops = {
        base_account, base_slot, base_code, base_has_storage, base_block_hash};
    *world = (struct script_world){
        .view = {&base_ops, world}
    };
    world->courses = heap_alloc_zeroed(workers * SEATS_PER_WORKER, sizeof *world->courses);
    return world->courses != NULL &&
           mv_new(&world->mv, &(struct mv_options){.workers = workers}) == PEVM_OK &&
           speculation_new(&world->speculation, workers) == PEVM_OK;
}

void script_world_fini(struct script_world *world)
{
    heap_free(world->courses);
    speculation_free(world->speculation);
    mv_free(world->mv);
}

void script_world_begin(struct script_world *world,
                        const struct script *scripts,
                        uint32_t count,
                        uint32_t claim_size)
{
    world->scripts = scripts;
    world->count = count;
    expect(world);
    memset(world->attempts, 0, sizeof world->attempts);
    memset(world->is_running, 0, sizeof world->is_running);
    world->accepted = 0;
    world->problem = NULL;
    world->was_cancelled = false;
    struct mv_block block = {.base = &world->view,
                             .tx_count = count,
                             .locations_expected = 100,
                             .coinbase = account_of(SCRIPT_COINBASE)};
    struct speculation_block speculation = {.ops = &ops,
                                            .context = world,
                                            .mv = world->mv,
                                            .tx_count = count,
                                            .claim_size = claim_size,
                                            .hints = world->hints};
    if (mv_begin(world->mv, &block) != PEVM_OK ||
        speculation_begin(world->speculation, &speculation) != PEVM_OK)
        problem(world, "no memory to begin");
}

/* ---- afterwards ------------------------------------------------------------------------------ */

static bool see_account(void *context, const struct mv_account_change *change)
{
    struct script_state *state = context;
    state->balances[change->who.bytes[19]] = u256_low64(change->now.balance);
    state->nonces[change->who.bytes[19]] = change->now.nonce;
    if (change->storage_reset) memset(state->slots, 0, sizeof state->slots);
    return true;
}

static bool see_slot(void *context, const address *who, const struct mv_slot_change *change)
{
    struct script_state *state = context;
    (void)who;
    state->slots[change->slot.words[0]] = u256_low64(*change->now);
    return true;
}

const char *script_world_judge(struct script_world *world)
{
    struct speculation_end end = speculation_end(world->speculation);
    struct script_state state = world->base;
    if (world->problem != NULL) return world->problem;
    mv_validate(world->mv);
    if (end.final != world->accepted) return "not all that was accepted is final";
    if (world->was_cancelled) return NULL;
    if (end.final != world->expected_final) return "it did not come as far as it should";
    if (mv_each_account(world->mv, end.final, see_account, &state) != PEVM_OK) return "no changes";
    if (mv_each_slot(world->mv, end.final, see_slot, &state) != PEVM_OK) return "no changes";
    if (memcmp(&state, &world->expected, sizeof state) != 0) return "the state is another";
    return NULL;
}

/* ---- random scripts -------------------------------------------------------------------------- */

static struct script_op random_op(struct rng *rng,
                                  unsigned places,
                                  uint64_t nonces[SCRIPT_ACCOUNTS])
{
    static const uint8_t kinds[] = {SCRIPT_READ,
                                    SCRIPT_READ,
                                    SCRIPT_READ,
                                    SCRIPT_WRITE,
                                    SCRIPT_WRITE,
                                    SCRIPT_PUT,
                                    SCRIPT_PAY,
                                    SCRIPT_PAY,
                                    SCRIPT_SPEND,
                                    SCRIPT_LOOK,
                                    SCRIPT_CHOOSE};
    uint8_t place = (uint8_t)rng_below(rng, places);
    if (rng_below(rng, 5) == 0) return (struct script_op)SEND(place, (uint8_t)nonces[place]++);
    if (rng_below(rng, 40) == 0) return (struct script_op)RESET;
    return (struct script_op){kinds[rng_below(rng, COUNT_OF(kinds))],
                              rng_below(rng, 12) == 0 ? SCRIPT_COINBASE : place,
                              (uint8_t)rng_below(rng, 3)};
}

void scripts_random(struct script *out, uint32_t count, unsigned places, uint64_t seed)
{
    struct rng rng;
    uint64_t nonces[SCRIPT_ACCOUNTS] = {0};
    rng_init(&rng, seed);
    for (uint32_t tx = 0; tx < count; tx++) {
        struct script *script = &out[tx];
        *script = (struct script){.tip = (uint8_t)rng_below(&rng, 3)};
        unsigned length = 1 + (unsigned)rng_below(&rng, SCRIPT_OPS_MAX), sends = 0;
        for (unsigned i = 0; i < length; i++) {
            struct script_op op = random_op(&rng, places, nonces);
            bool is_late = op.kind == SCRIPT_SEND && (sends++ > 0 || i > 0);
            if (is_late) nonces[op.place]--; /* one sender, and first: not behind CHOOSE */
            script->ops[i] = is_late ? (struct script_op)READ(op.place) : op;
        }
        if (rng_below(&rng, 8) == 0) script->ops[0] = (struct script_op)STORAGE;
        if (rng_below(&rng, 200) == 0) script->ops[0] = (struct script_op)IS(0, 1);
        script->is_refused = rng_below(&rng, 300) == 0;
    }
}
