#include "engine/hand_over.h"

#include "engine/finish.h"

#define SCRATCH_CHUNK ((size_t)1 << 20)

void hand_over_init(struct hand_over *over, struct team *team, struct budget *budget)
{
    over->team = team;
    arena_init(&over->arena, SCRATCH_CHUNK, 0);
    if (budget != NULL) arena_set_keeper(&over->arena, &budget->keeper);
}

void hand_over_fini(struct hand_over *over)
{
    arena_fini(&over->arena);
}

/* ---- what the block's state takes -------------------------------------------------------------- */

static bool take_account(void *context, const struct mv_account_change *change)
{
    struct block_state *state = context;
    if (change->storage_reset && !block_state_clear_storage(state, &change->who)) return false;
    if (!block_state_take_account(state, &change->who, &change->before, &change->now)) return false;
    bool has_code = change->code != NULL && change->code->size > 0;
    return !has_code || block_state_add_code(state, &change->now.code_hash, *change->code);
}

/* A slot whose base nobody has asked for was written by its account's creation, which needs an empty storage, or by what came
 * after that: there was nothing. */
static bool take_slot(void *context, const address *who, const struct mv_slot_change *change)
{
    const u256 *before = change->before == NULL ? &U256_ZERO : change->before;
    return block_state_take_slot(context, who, &change->slot, before, change->now);
}

static struct mv_visitor visitor_of(struct block_state *state)
{
    return (struct mv_visitor){.account = take_account, .slot = take_slot, .context = state};
}

static enum pevm_status judged(struct block_run *run, enum pevm_status status)
{
    if (status == PEVM_OK) return PEVM_OK;
    return status == PEVM_NO_MEMORY ? run_no_memory(run)
                                    : run_view_failed(run, "changes of the transactions");
}

enum pevm_status hand_over_now(struct block_run *run, struct mv *mv, uint32_t tx)
{
    struct mv_visitor visitor = visitor_of(run->state);
    return judged(run, mv_take_all(mv, tx, &visitor));
}

static bool take_one(void *context, struct block_state *state, const address *who)
{
    struct hand_over *over = context;
    struct mv_visitor visitor = visitor_of(state);
    uint32_t count = (uint32_t)over->run->input->block->tx_count;
    enum pevm_status status = mv_take(over->mv, count, who, &visitor);
    if (status != PEVM_OK) over->status = status;
    return status == PEVM_OK;
}

enum pevm_status hand_over_later(struct hand_over *over,
                                 struct block_run *run,
                                 struct mv *mv,
                                 unsigned workers,
                                 const uint64_t *gas)
{
    struct block_state_source source = {.take = take_one, .context = over};
    over->mv = mv;
    over->run = run;
    over->workers = workers;
    over->gas = gas;
    over->status = PEVM_OK;
    run->hand_over = over;
    if (block_state_set_source(run->state, &source)) return PEVM_OK;
    return judged(run, over->status == PEVM_OK ? PEVM_NO_MEMORY : over->status);
}

/* ---- the end --------------------------------------------------------------------------------- */

/* A part of the receipts is complete now: gas of all below, too. */
static void receipts_finish(struct hand_over *over, unsigned part)
{
    struct block_run *run = over->run;
    size_t count = run->input->block->tx_count, parts = over->changes.parts;
    size_t end = count * (part + 1) / parts;
    over->blooms[part] = (bloom){{0}};
    for (size_t i = count * part / parts; i < end; i++) {
        struct receipt *receipt = &run->receipts[i];
        receipt->cumulative_gas_used = over->gas[i];
        if (receipt->log_count > 0) bloom_or(&over->blooms[part], &receipt->bloom);
    }
}

/* Two items for each part, side by side. */
static void find_one(unsigned item, void *context)
{
    struct hand_over *over = context;
    if (item % 2 == 0)
        mv_changes_find_slots(&over->changes, item / 2);
    else
        receipts_finish(over, item / 2);
}

static void find_next(unsigned item, void *context)
{
    struct hand_over *over = context;
    if (item % 2 == 0)
        mv_changes_find_accounts(&over->changes, item / 2);
    else
        mv_changes_write_slots(&over->changes, item / 2);
}

static void write_one(unsigned item, void *context)
{
    struct hand_over *over = context;
    mv_changes_write_accounts(&over->changes, item);
}

/* By several workers, when there is more than one part. */
static void share(struct hand_over *over,
                  unsigned count,
                  void (*body)(unsigned item, void *context))
{
    unsigned workers = over->changes.parts == 1 ? 1 : over->workers;
    team_share(over->team, workers, count, body, over);
}

static void outcome_finish(const struct hand_over *over, struct block_run *run)
{
    struct engine_outcome *outcome = run->outcome;
    size_t count = run->input->block->tx_count;
    outcome->receipts = run->receipts;
    outcome->receipt_count = count;
    for (unsigned part = 0; part < over->changes.parts; part++)
        bloom_or(&outcome->bloom, &over->blooms[part]);
    outcome->gas_used = run->gas_used;
    outcome->blob_gas_used = run->blob_gas_used;
    VERIFY((count == 0 ? 0 : over->gas[count - 1]) == run->gas_used);
}

/* Those whose change is more than another balance, nonce or slot: the block's state knows how that is told. */
static enum pevm_status take_odd(struct hand_over *over, struct block_run *run)
{
    unsigned part = 0;
    uint32_t index = 0;
    address who;
    for (unsigned i = 0; i < over->changes.parts; i++)
        if (over->changes.is_unreadable[i]) return judged(run, PEVM_STATE_UNREADABLE);
    while (mv_changes_next_odd(&over->changes, &part, &index, &who)) /* ends: there are so many */
        if (!block_state_meet(run->state, &who))
            return judged(run, over->status == PEVM_OK ? PEVM_NO_MEMORY : over->status);
    return PEVM_OK;
}

/* The next block like this one may be left to one worker, whose changes all go through the block's state: what that takes is taken
 * now. Without memory it is taken then. */
static void expect_alone(const struct block_run *run)
{
    const struct changeset *changes = &run->outcome->changes;
    size_t slots = 0;
    for (size_t i = 0; i < changes->account_count; i++)
        slots += changes->accounts[i].slot_count;
    /* As many again that are written and come back to what they were. */
    (void)!block_state_reserve(
        run->state, changes->account_count + run->input->block->tx_count, 2 * slots);
}

static enum pevm_status changes_make(struct hand_over *over, struct block_run *run)
{
    struct mv_changes *changes = &over->changes;
    struct changeset *out = &run->outcome->changes;
    if (!mv_changes_slots(changes, run->arena)) return run_no_memory(run);
    share(over, 2 * changes->parts, find_next);
    TRY(take_odd(over, run));
    TRY(finish_changes(run)); /* of those that the block's state knows */
    if (!mv_changes_accounts(changes, out->accounts, out->account_count, run->arena))
        return run_no_memory(run);
    share(over, changes->parts, write_one);
    out->accounts = changes->accounts;
    out->account_count += changes->account_count;
    expect_alone(run);
    return PEVM_OK;
}

enum pevm_status hand_over_finish(struct hand_over *over, struct block_run *run)
{
    struct mv_changes *changes = &over->changes;
    uint32_t count = (uint32_t)run->input->block->tx_count;
    unsigned parts = mv_changes_parts(over->mv, over->workers);
    arena_reset(&over->arena);
    if (!mv_changes_begin(changes, over->mv, count, parts, &over->arena)) {
        /* No room for several: the block's state takes all. */
        TRY(hand_over_now(run, over->mv, count));
        finish_receipts(run, count);
        return finish_changes(run);
    }
    share(over, 2 * parts, find_one);
    outcome_finish(over, run);
    return changes_make(over, run);
}
