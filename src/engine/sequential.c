/* The specification: what a block's transactions do is what this does. Every other path must equal it. */
#include "engine/apply.h"
#include "engine/block_run.h"
#include "engine/finish.h"
#include "engine/tx_receipt.h"

#define WHO_MAX 40 /* the word, 20 digits */

/* What is left of the block's gas and blob gas. */
static struct tx_room room_left(const struct block_run *run)
{
    return (struct tx_room){
        .gas = run->env.gas_limit - run->gas_used,
        .blob_gas = run->env.rules.blob.max * (uint64_t)GAS_PER_BLOB - run->blob_gas_used,
    };
}

/* Before Byzantium a receipt has the state root after its transaction. */
static enum pevm_status receipt_add_root(struct block_run *run, struct receipt *receipt)
{
    if (run->env.rules.fork >= FORK_BYZANTIUM || run->input->roots == NULL) return PEVM_OK;
    receipt->has_state_root = true;
    return run_state_root(run, &receipt->state_root);
}

/* "transaction 7", by hand: printf would take an eighth of the time of a transfer. */
static void tell_who(char text[WHO_MAX], size_t index)
{
    char digits[20]; /* of the largest 64-bit number */
    size_t first = sizeof digits;
    do { /* ends: index gets smaller */
        digits[--first] = (char)('0' + index % 10);
        index /= 10;
    } while (index != 0 && first > 0);
    memcpy(text, "transaction ", 12);
    memcpy(text + 12, digits + first, sizeof digits - first);
    text[12 + sizeof digits - first] = 0;
}

/* What the transaction reads through. */
static struct view observed_view(const struct block_run *run, size_t index)
{
    const struct tx_observer *observer = run->input->observer;
    struct view view = block_state_view(run->state);
    if (likely(observer == NULL || observer->view == NULL)) return view;
    return observer->view(observer->context, index, &view);
}

static enum pevm_status transaction_run(struct block_run *run, size_t index)
{
    const struct tx *tx = &run->input->block->txs[index];
    struct receipt *receipt = &run->receipts[index];
    struct view view = observed_view(run, index);
    struct tx_room room = room_left(run);
    struct tx_result result;
    char who[WHO_MAX];

    tell_who(who, index);
    run->watch_machine.since_ns = 0;
    enum run_answer answer = tx_run(run->machine, &view, tx, &room, &result);
    if (answer == RUN_INVALID) return run_refuse_tx(run, index, result.fault);
    if (answer != RUN_DONE) return run_failed(run, answer, who);

    const struct tx_observer *observer = run->input->observer;
    if (unlikely(observer != NULL))
        observer->done(observer->context, index, machine_journal(run->machine), &result);
    TRY(apply_journal(run, machine_journal(run->machine), who));
    run->gas_used += (uint64_t)result.gas_used;
    run->blob_gas_used += tx->blob_count * (uint64_t)GAS_PER_BLOB;
    if (!tx_receipt_make(receipt, tx, &result, run->arena)) return run_no_memory(run);
    return receipt_add_root(run, receipt);
}

enum pevm_status sequential_run_from(struct block_run *run, size_t first)
{
    struct event_ring *ring = event_ring(run->events, 0);
    machine_set_block(run->machine, &run->env, run->input->tracer);
    if (first < run->input->block->tx_count)
        event_note(ring, (struct event){.kind = EVENT_SEQUENTIAL, .tx = (uint32_t)first});
    for (size_t i = first; i < run->input->block->tx_count && !run_is_refused(run); i++) {
        TRY(run_check_stop(run));
        event_note(ring, (struct event){.kind = EVENT_RUN, .tx = (uint32_t)i});
        TRY(transaction_run(run, i));
        event_note(ring, (struct event){.kind = EVENT_EXECUTED, .tx = (uint32_t)i});
        event_note(ring, (struct event){.kind = EVENT_FINAL, .tx = (uint32_t)i});
    }
    return PEVM_OK;
}

enum pevm_status sequential_run(struct block_run *run)
{
    return sequential_run_from(run, 0);
}
