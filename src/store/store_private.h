/* store_private.h - what a backend is to store.h. Every kind of store begins with a struct store. */
#pragma once

#include "metrics/counter.h"
#include "store/store.h"

struct store_ops {
    bool is_atomic;
    enum pevm_status (*get_many)(struct store *store,
                                 struct store_item *items,
                                 const struct bytes *keys,
                                 size_t count,
                                 struct arena *arena,
                                 struct error *error);
    enum pevm_status (*write)(struct store *store,
                              const struct store_batch *batch,
                              uint64_t token,
                              struct error *error);
    enum pevm_status (*scan)(struct store *store,
                             struct bytes prefix,
                             bool (*visit)(void *context, struct bytes key, struct bytes value),
                             void *context,
                             struct error *error);
    /* *token: 0 when somebody else leads. */
    enum pevm_status (*take)(struct store *store,
                             const char *owner,
                             uint64_t ttl_ms,
                             uint64_t *token,
                             struct error *error);
    /* PEVM_FENCED: the lock is not the owner's. */
    enum pevm_status (*keep)(struct store *store,
                             const char *owner,
                             uint64_t ttl_ms,
                             struct error *error);
    enum pevm_status (*drop)(struct store *store, const char *owner, struct error *error);
    uint64_t (*settle_ms)(const struct store *store); /* NULL: 0 */
    void (*close)(struct store *store);
};

struct store_counters {
    struct counter reads, keys, scans, writes, changes, leases;
    struct counter ended[STORE_CLASS_COUNT];
    struct counter read_times[STORE_TIMES], write_times[STORE_TIMES];
};

/* All zero but for the first and the last. */
struct store {
    const struct store_ops *ops;
    struct store_counters counters;
    char about[160];
};

/* The keys of the lock. */
#define LOCK_KEY  "evmx:lock"
#define EPOCH_KEY "evmx:epoch"

/* A token as it stands under EPOCH_KEY: decimal. PEVM_CORRUPT: it is none. */
#define TOKEN_TEXT_SIZE 21
size_t token_write(char out[TOKEN_TEXT_SIZE], uint64_t token);
enum pevm_status token_read(uint64_t *out, struct bytes text, struct error *error) MUST_CHECK;

/* For messages: the beginning of a key, printable. Returns `out`. */
#define SHOWN_KEY_SIZE 160
const char *key_shown(char out[SHOWN_KEY_SIZE], struct bytes key);

enum pevm_status fenced(struct error *error, uint64_t ours, uint64_t theirs);
