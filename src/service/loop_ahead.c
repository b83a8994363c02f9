/* The state that a block will touch, read before it is executed: a server is asked a few times for all of it, not once for each. */
#include "base/clock.h"
#include "service/service_private.h"
#include "store/keyspace.h"

#define RUNS_MAX     4 /* guesses; what is still missing then is read when it is asked for */
#define WEIGHT_PARTS 8 /* an average over about so many blocks */

struct names {
    struct key *keys;
    size_t count;
};

static void add_account(struct names *names, const address *who)
{
    names->keys[names->count++] = key_of_account(who);
}

/* Who pays and who is called, and what access lists name. */
static bool collect(struct names *names, const struct block *block, struct arena *arena)
{
    size_t most = 2 * block->tx_count + 1;
    for (size_t i = 0; i < block->tx_count; i++) {
        most += block->txs[i].access_count;
        for (size_t j = 0; j < block->txs[i].access_count; j++)
            most += block->txs[i].access_list[j].slot_count;
    }
    *names = (struct names){.keys = arena_alloc(arena, most * sizeof *names->keys)};
    if (names->keys == NULL) return false;
    add_account(names, &block->header.coinbase);
    for (size_t i = 0; i < block->tx_count; i++) {
        const struct tx *tx = &block->txs[i];
        if (tx->sender_known) add_account(names, &tx->sender);
        if (!tx->is_creation) add_account(names, &tx->to);
        for (size_t j = 0; j < tx->access_count; j++) {
            const struct access_entry *entry = &tx->access_list[j];
            add_account(names, &entry->account);
            for (size_t k = 0; k < entry->slot_count; k++) {
                u256 slot = u256_from_be(entry->slots[k].bytes);
                names->keys[names->count++] = key_of_slot(&entry->account, &slot);
            }
        }
    }
    return true;
}

static void average(double *mean, double value)
{
    *mean += (value - *mean) / WEIGHT_PARTS;
}

/* Does a run cost less than asking for each key that it finds? Where the server is next door it may not. */
static bool guessing_pays(const struct ahead *ahead)
{
    return !ahead->is_tried || ahead->missing * ahead->trip_ns > ahead->run_ns;
}

/* Code that is missing stops the run when it cannot be read; then the block's own run will tell. */
static size_t guess(struct service *service,
                    const struct execution *execution,
                    const struct block *block)
{
    struct ahead *ahead = &service->ahead;
    struct engine_outcome outcome;
    struct error error = {0};
    struct view view = store_guess_view(&ahead->guess);
    struct engine_input input = {.block = block,
                                 .parent = execution->parent,
                                 .pre_state = &view,
                                 .skip_header_compare = true,
                                 .skip_body_roots = true};
    uint64_t start_ns = clock_now_ns();
    store_guess_begin(&ahead->guess);
    enum pevm_status status = engine_execute(ahead->engine, &outcome, &input, &error);
    average(&ahead->run_ns, (double)(clock_now_ns() - start_ns));
    return status == PEVM_OK ? ahead->guess.count : 0;
}

static uint64_t misses(struct service *service)
{
    struct store_view_counts counts;
    store_view_count(service->view, &counts);
    return counts.accounts.misses + counts.slots.misses + counts.codes.misses;
}

void loop_read_ahead(struct service *service,
                     const struct execution *execution,
                     const struct block *block)
{
    struct ahead *ahead = &service->ahead;
    struct error error = {0};
    struct names names;
    size_t found = 0;
    if (ahead->engine == NULL || block->tx_count == 0) return;
    arena_reset(&service->arena);
    if (!collect(&names, block, &service->arena)) return;
    /* What could not be read is asked for again, and tells then. */
    uint64_t start_ns = clock_now_ns();
    (void)!store_view_fetch(service->view, names.keys, names.count, &error);
    average(&ahead->trip_ns, (double)(clock_now_ns() - start_ns));
    bool pays = guessing_pays(ahead);
    for (unsigned i = 0; pays && i < RUNS_MAX; i++) {
        size_t count = guess(service, execution, block);
        ahead->is_tried = true;
        if (count == 0) break;
        found += count;
        if (store_view_fetch(service->view, ahead->guess.keys, ahead->guess.count, &error) !=
            PEVM_OK)
            break;
    }
    ahead->found = (double)found;
    ahead->misses_before = misses(service);
}

void loop_read_behind(struct service *service)
{
    struct ahead *ahead = &service->ahead;
    if (ahead->engine == NULL) return;
    average(&ahead->missing, ahead->found + (double)(misses(service) - ahead->misses_before));
}

enum pevm_status loop_ahead_open(struct service *service, struct error *error)
{
    struct engine_options options = {.chain = &service->chain.chain,
                                     .workers = 1,
                                     .code_cache_bytes = GUESS_CODE_BYTES,
                                     .tuning = {.policy = SCHED_SEQUENTIAL}};
    if (service->config.storage_kind != STORE_PIKA) return PEVM_OK;
    if (engine_new(&service->ahead.engine, &options) == PEVM_OK &&
        store_guess_init(&service->ahead.guess, service->view) == PEVM_OK)
        return PEVM_OK;
    return error_set(error, PEVM_NO_MEMORY, "no memory to read ahead");
}

void loop_ahead_close(struct service *service)
{
    store_guess_fini(&service->ahead.guess);
    engine_free(service->ahead.engine);
}
