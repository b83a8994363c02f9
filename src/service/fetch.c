#include "service/fetch.h"

#include "base/clock.h"
#include "base/heap.h"
#include "crypto/keccak.h"
#include "feed/block_check.h"
#include "store/block_value.h"
#include "store/keyspace.h"
#include "types/tx_sender.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define THREADS_MAX 64
#define READ_MAX    16 /* blocks in one round trip */
#define KEYS        3
#define ARENA_CHUNK ((size_t)1 << 18)
#define KEEP_MAX    ((size_t)4 << 20)   /* of a block that is gone */
#define BYTES_MAX   ((size_t)256 << 20) /* of blocks that wait: big ones are not read as far ahead */
#define NS_PER_MS   UINT64_C(1000000)
#define NS_PER_S    UINT64_C(1000000000)

enum slot_state { SLOT_FREE, SLOT_READING, SLOT_READ, SLOT_DECODING, SLOT_READY };

struct slot {
    struct fetched fetched;
    enum slot_state state;
    struct bytes encoding;
    struct arena arena;
};

struct fetch {
    struct fetch_options options;
    pthread_mutex_t mutex;
    pthread_cond_t work, ready;
    struct slot *slots;
    uint32_t slot_count;
    uint64_t first, last, next; /* first: there is room from it on; next: to be read */
    uint64_t keep;              /* the first one that was not released */
    uint64_t wanted;            /* the loop waits for this one; UINT64_MAX: it does not */
    bool is_reading, is_paused, is_ending;
    uint32_t at_work;
    pthread_t threads[THREADS_MAX];
    unsigned thread_count;
};

static struct slot *slot_of(struct fetch *fetch, uint64_t number)
{
    return &fetch->slots[number % fetch->slot_count];
}

/* ---- reading ---- */

struct reading {
    uint64_t first;
    uint32_t count;
    struct arena arena;
};

static const enum key_kind kinds[KEYS] = {KEY_HEADER, KEY_TXS, KEY_BODY};

static enum pevm_status ask(struct fetch *fetch,
                            struct reading *reading,
                            struct store_item items[READ_MAX * KEYS],
                            struct error *error)
{
    struct key_text texts[READ_MAX * KEYS];
    struct bytes keys[READ_MAX * KEYS];
    for (uint32_t i = 0; i < reading->count * KEYS; i++) {
        struct key key = key_of_block(kinds[i % KEYS], reading->first + i / KEYS);
        texts[i] = key_write(&key, false);
        keys[i] = key_bytes(&texts[i]);
    }
    return store_get_many(
        fetch->options.store, items, keys, (size_t)reading->count * KEYS, &reading->arena, error);
}

/* What the store has of a block, in one number. */
static hash32 digest_of(const struct store_item items[KEYS])
{
    hash32 parts[KEYS], out;
    for (size_t i = 0; i < KEYS; i++) {
        memset(&parts[i], items[i].found, sizeof parts[i]);
        if (items[i].found) keccak256(&parts[i], items[i].value.data, items[i].value.size);
    }
    keccak256(&out, parts, sizeof parts);
    return out;
}

/* Which of them, when block_join says that one is missing. */
static const char *missing_key(const struct block_parts *parts)
{
    if (parts->header.size == 0) return "blk:hdr";
    return parts->txs.size == 0 ? "blk:txs" : "blk:body";
}

static void join(struct slot *slot, const struct store_item items[KEYS])
{
    struct fetched *fetched = &slot->fetched;
    struct block_parts parts = {items[0].value, items[1].value, items[2].value};
    arena_reset(&slot->arena);
    fetched->digest = digest_of(items);
    fetched->status = block_join(&slot->encoding, &parts, &slot->arena, &fetched->error);
    if (fetched->status == PEVM_OK) return;
    if (fetched->status == PEVM_NOT_FOUND)
        error_set(&fetched->error,
                  PEVM_NOT_FOUND,
                  "%s:%" PRIu64 " is not in the store, though the feed says it is",
                  missing_key(&parts),
                  fetched->number);
    else
        error_prefix(&fetched->error, "block %" PRIu64, fetched->number);
}

/* The slots were set aside, so that only they are touched here. Of a store that fails one slot tells. */
static void read_blocks(struct fetch *fetch, struct reading *reading)
{
    struct store_item items[READ_MAX * KEYS];
    struct error error = {0};
    arena_reset(&reading->arena);
    memset(items, 0, sizeof items);
    enum pevm_status status = ask(fetch, reading, items, &error);
    for (uint32_t i = 0; i < reading->count; i++) {
        struct slot *slot = slot_of(fetch, reading->first + i);
        if (status == PEVM_OK) {
            join(slot, &items[(size_t)i * KEYS]);
        } else {
            slot->fetched.status = status;
            slot->fetched.error = error;
        }
    }
}

static size_t bytes_waiting(const struct fetch *fetch)
{
    size_t bytes = 0;
    for (uint32_t i = 0; i < fetch->slot_count; i++)
        if (fetch->slots[i].state != SLOT_FREE) bytes += fetch->slots[i].arena.bytes_held;
    return bytes;
}

/* Set aside the next blocks that are to be read. Locked. */
static bool take_reading(struct fetch *fetch, struct reading *out)
{
    if (fetch->is_reading || fetch->next > fetch->last) return false;
    uint64_t room_end = fetch->first + fetch->slot_count;
    if (fetch->next >= room_end) return false;
    bool is_awaited = fetch->wanted == fetch->next;
    if (!is_awaited && bytes_waiting(fetch) > BYTES_MAX) return false;
    uint64_t end = fetch->next + READ_MAX;
    if (end > room_end) end = room_end;
    if (end - 1 > fetch->last) end = fetch->last + 1;
    out->first = fetch->next;
    out->count = (uint32_t)(end - fetch->next);
    for (uint64_t n = out->first; n < end; n++) {
        struct slot *slot = slot_of(fetch, n);
        slot->state = SLOT_READING;
        slot->fetched = (struct fetched){.number = n};
    }
    fetch->next = end;
    fetch->is_reading = true;
    return true;
}

static void finish_reading(struct fetch *fetch, const struct reading *reading)
{
    for (uint32_t i = 0; i < reading->count; i++) {
        struct slot *slot = slot_of(fetch, reading->first + i);
        slot->state = slot->fetched.status == PEVM_OK ? SLOT_READ : SLOT_READY;
    }
    fetch->is_reading = false;
}

/* ---- decoding ---- */

/* The lowest block that waits for it. Locked. */
static struct slot *take_decoding(struct fetch *fetch)
{
    uint64_t end = fetch->next;
    for (uint64_t n = fetch->first; n < end; n++) {
        struct slot *slot = slot_of(fetch, n);
        if (slot->state != SLOT_READ) continue;
        slot->state = SLOT_DECODING;
        return slot;
    }
    return NULL;
}

static enum pevm_status recover(struct slot *slot, const struct chain *chain, struct error *error)
{
    struct block *block = &slot->fetched.block;
    uint64_t start_ns = clock_now_ns();
    struct rules rules = chain_rules(chain, block->header.number, block->header.timestamp, NULL);
    enum signature_range range = rules.fork >= FORK_HOMESTEAD ? SIGNATURE_LOW_S : SIGNATURE_ANY_S;
    for (size_t i = 0; i < block->tx_count; i++)
        if (tx_recover_sender(&block->txs[i], range, &slot->arena) == TX_NO_MEMORY)
            return error_set(error, PEVM_NO_MEMORY, "no memory to recover senders");
    slot->fetched.recover_ns = clock_now_ns() - start_ns;
    return PEVM_OK;
}

/* `is_awaited`: the engine recovers the senders, on all its workers. */
static enum pevm_status decode(struct slot *slot,
                               const struct chain *chain,
                               bool is_awaited,
                               struct error *error)
{
    struct block *block = &slot->fetched.block;
    TRY(block_decode(block, slot->encoding, &slot->arena, NULL, error));
    if (block->header.number != slot->fetched.number)
        return error_set(
            error, PEVM_BAD_INPUT, "number: the header says %" PRIu64, block->header.number);
    TRY(block_check_body(block, &slot->arena, error));
    return is_awaited ? PEVM_OK : recover(slot, chain, error);
}

static void decode_slot(struct fetch *fetch, struct slot *slot, bool is_awaited)
{
    struct fetched *fetched = &slot->fetched;
    fetched->status = decode(slot, fetch->options.chain, is_awaited, &fetched->error);
    if (fetched->status != PEVM_OK)
        error_prefix(&fetched->error, "block %" PRIu64, fetched->number);
}

/* ---- letting go ---- */

static void free_slot(struct slot *slot)
{
    slot->state = SLOT_FREE;
    if (slot->arena.bytes_held > KEEP_MAX) arena_fini(&slot->arena);
}

/* What nobody needs any more; a thread may still be at work on it, and then it goes when that is done. Locked. */
static void let_go(struct fetch *fetch)
{
    for (; fetch->first < fetch->keep && fetch->first < fetch->next; fetch->first++) {
        struct slot *slot = slot_of(fetch, fetch->first);
        if (slot->state == SLOT_READING || slot->state == SLOT_DECODING) return;
        free_slot(slot);
    }
}

/* ---- threads ---- */

static bool work(struct fetch *fetch, struct reading *reading)
{
    if (fetch->is_paused) return false;
    struct slot *slot = take_decoding(fetch);
    bool reads = slot == NULL && take_reading(fetch, reading);
    if (slot == NULL && !reads) return false;
    bool is_awaited =
        slot != NULL && fetch->wanted == slot->fetched.number && !fetch->options.recovers_always;
    fetch->at_work++;
    pthread_mutex_unlock(&fetch->mutex);
    if (slot != NULL)
        decode_slot(fetch, slot, is_awaited);
    else
        read_blocks(fetch, reading);
    pthread_mutex_lock(&fetch->mutex);
    fetch->at_work--;
    if (slot != NULL)
        slot->state = SLOT_READY;
    else
        finish_reading(fetch, reading);
    let_go(fetch);
    pthread_cond_broadcast(&fetch->ready);
    pthread_cond_broadcast(&fetch->work);
    return true;
}

static void *fetch_main(void *context)
{
    struct fetch *fetch = context;
    struct reading reading = {0};
    (void)pthread_setname_np(pthread_self(), "pevm-fetch");
    arena_init(&reading.arena, ARENA_CHUNK, 0);
    pthread_mutex_lock(&fetch->mutex);
    while (!fetch->is_ending)
        if (!work(fetch, &reading)) pthread_cond_wait(&fetch->work, &fetch->mutex);
    pthread_mutex_unlock(&fetch->mutex);
    arena_fini(&reading.arena);
    return NULL;
}

static enum pevm_status start_threads(struct fetch *fetch, struct error *error)
{
    unsigned count = fetch->options.threads;
    if (count == 0) count = 1;
    if (count > THREADS_MAX) count = THREADS_MAX;
    for (; fetch->thread_count < count; fetch->thread_count++) {
        int fault = pthread_create(&fetch->threads[fetch->thread_count], NULL, fetch_main, fetch);
        if (fault != 0)
            return error_set(error, PEVM_LIMIT, "no thread could be started: %s", strerror(fault));
    }
    return PEVM_OK;
}

enum pevm_status fetch_new(struct fetch **out,
                           const struct fetch_options *options,
                           struct error *error)
{
    pthread_condattr_t clock;
    struct fetch *fetch = heap_alloc_zeroed(1, sizeof *fetch);
    *out = NULL;
    if (fetch == NULL) return error_set(error, PEVM_NO_MEMORY, "no memory to read ahead");
    fetch->options = *options;
    fetch->slot_count = options->queue + FETCH_BACK;
    fetch->wanted = UINT64_MAX;
    fetch->next = 1; /* beyond `last`: nothing is to be read yet */
    fetch->slots = heap_alloc_zeroed(fetch->slot_count, sizeof *fetch->slots);
    pthread_mutex_init(&fetch->mutex, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&fetch->ready, &clock);
    pthread_condattr_destroy(&clock);
    pthread_cond_init(&fetch->work, NULL);
    enum pevm_status status = PEVM_OK;
    if (fetch->slots == NULL) status = error_set(error, PEVM_NO_MEMORY, "no memory to read ahead");
    for (uint32_t i = 0; status == PEVM_OK && i < fetch->slot_count; i++)
        arena_init(&fetch->slots[i].arena, ARENA_CHUNK, 0);
    if (status == PEVM_OK) status = start_threads(fetch, error);
    if (status != PEVM_OK) {
        fetch_free(fetch);
        return status;
    }
    *out = fetch;
    return PEVM_OK;
}

void fetch_free(struct fetch *fetch)
{
    if (fetch == NULL) return;
    pthread_mutex_lock(&fetch->mutex);
    fetch->is_ending = true;
    pthread_cond_broadcast(&fetch->work);
    pthread_mutex_unlock(&fetch->mutex);
    for (unsigned i = 0; i < fetch->thread_count; i++)
        pthread_join(fetch->threads[i], NULL);
    for (uint32_t i = 0; fetch->slots != NULL && i < fetch->slot_count; i++)
        arena_fini(&fetch->slots[i].arena);
    pthread_cond_destroy(&fetch->work);
    pthread_cond_destroy(&fetch->ready);
    pthread_mutex_destroy(&fetch->mutex);
    heap_free(fetch->slots);
    heap_free(fetch);
}

/* ---- the loop's side ---- */

/* Nobody is at work until resume. Locked. */
static void pause_work(struct fetch *fetch)
{
    fetch->is_paused = true;
    while (fetch->at_work > 0) /* ends: no new work is taken */
        pthread_cond_wait(&fetch->ready, &fetch->mutex);
}

static void resume_work(struct fetch *fetch)
{
    fetch->is_paused = false;
    pthread_cond_broadcast(&fetch->work);
}

void fetch_start(struct fetch *fetch, uint64_t first, uint64_t last)
{
    pthread_mutex_lock(&fetch->mutex);
    pause_work(fetch);
    for (uint32_t i = 0; i < fetch->slot_count; i++)
        free_slot(&fetch->slots[i]);
    fetch->first = fetch->next = fetch->keep = first;
    fetch->last = last;
    fetch->wanted = UINT64_MAX;
    resume_work(fetch);
    pthread_mutex_unlock(&fetch->mutex);
}

void fetch_extend(struct fetch *fetch, uint64_t last)
{
    pthread_mutex_lock(&fetch->mutex);
    if (last > fetch->last) {
        fetch->last = last;
        pthread_cond_broadcast(&fetch->work);
    }
    pthread_mutex_unlock(&fetch->mutex);
}

/* Locked. */
static const struct fetched *find(struct fetch *fetch, uint64_t number)
{
    struct slot *slot = slot_of(fetch, number);
    bool is_there =
        slot->state == SLOT_READY && slot->fetched.number == number && number < fetch->next;
    return is_there ? &slot->fetched : NULL;
}

const struct fetched *fetch_peek(struct fetch *fetch, uint64_t number)
{
    pthread_mutex_lock(&fetch->mutex);
    const struct fetched *found = find(fetch, number);
    pthread_mutex_unlock(&fetch->mutex);
    return found;
}

const struct fetched *fetch_next(struct fetch *fetch, uint64_t number, unsigned wait_ms)
{
    uint64_t until_ns = clock_now_ns() + wait_ms * NS_PER_MS;
    struct timespec until = {.tv_sec = (time_t)(until_ns / NS_PER_S),
                             .tv_nsec = (long)(until_ns % NS_PER_S)};
    pthread_mutex_lock(&fetch->mutex);
    fetch->wanted = number;
    const struct fetched *found = find(fetch, number);
    while (found == NULL) { /* ends: the time is over */
        if (pthread_cond_timedwait(&fetch->ready, &fetch->mutex, &until) != 0) break;
        found = find(fetch, number);
    }
    if (found == NULL) found = find(fetch, number);
    if (found != NULL) fetch->wanted = UINT64_MAX;
    pthread_mutex_unlock(&fetch->mutex);
    return found;
}

void fetch_release(struct fetch *fetch, uint64_t number)
{
    pthread_mutex_lock(&fetch->mutex);
    if (number >= fetch->keep) fetch->keep = number + 1;
    let_go(fetch);
    pthread_cond_broadcast(&fetch->work);
    pthread_mutex_unlock(&fetch->mutex);
}

void fetch_again(struct fetch *fetch, uint64_t number)
{
    pthread_mutex_lock(&fetch->mutex);
    pause_work(fetch);
    for (uint64_t n = number; n < fetch->next; n++)
        free_slot(slot_of(fetch, n));
    if (fetch->next > number) fetch->next = number;
    resume_work(fetch);
    pthread_mutex_unlock(&fetch->mutex);
}

struct fetch_counts fetch_count(struct fetch *fetch)
{
    struct fetch_counts counts = {0};
    pthread_mutex_lock(&fetch->mutex);
    for (uint32_t i = 0; i < fetch->slot_count; i++)
        counts.ready += fetch->slots[i].state == SLOT_READY;
    counts.busy = fetch->at_work;
    pthread_mutex_unlock(&fetch->mutex);
    return counts;
}
