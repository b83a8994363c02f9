/* service_private.h - what the parts of the loop share: everything that is open while the service runs. */
#pragma once

#include "engine/engine.h"
#include "service/board.h"
#include "service/chain_choice.h"
#include "service/execute.h"
#include "service/fetch.h"
#include "service/hot_contracts.h"
#include "service/leader.h"
#include "service/life.h"
#include "service/rates.h"
#include "service/service.h"
#include "service/service_metrics.h"
#include "store/commit.h"
#include "store/store_guess.h"
#include "store/store_open.h"
#include "store/store_trie.h"
#include "store/store_view.h"

/* What gauges are computed from. */
struct gauges {
    uint64_t at_ns, span_ns; /* when they were taken; when the last minute began */
    struct store_counts store;
    struct store_view_counts view;
};

/* The block that is committed last, as this process knows it. */
struct head {
    bool is_known;
    uint64_t number;
    hash32 hash;
    bool has_hash;
    uint64_t epoch;
};

static inline struct head head_at(const struct exec_progress *progress)
{
    return (struct head){.is_known = true,
                         .number = progress->number,
                         .hash = progress->hash,
                         .has_hash = progress->has_hash,
                         .epoch = progress->epoch};
}

/* Reading ahead from a server (loop_ahead.c). */
struct ahead {
    struct engine
        *engine; /* that guesses; NULL: the store is on this machine, and nothing is read ahead */
    struct store_guess guess;
    bool is_tried;
    double found;           /* keys that guesses found for the block */
    uint64_t misses_before; /* of the caches, when it began */
    double missing;         /* keys of a block that no cache had, on the average; ... */
    double trip_ns, run_ns; /* ... what asking the server takes, and a guess */
};

#define GUESS_CODE_BYTES ((size_t)64 << 20)

struct service {
    const struct service_options *options;
    struct service_summary *summary;
    struct config config;
    struct chain_choice chain;
    struct board board;
    struct life life;
    struct metrics *metrics;
    struct metrics_writer *writer; /* the loop's */
    struct store *store;
    struct store_view *view;
    struct committer committer;
    struct store_trie *trie; /* NULL: verify: header */
    struct root_source roots;
    struct engine *engine;
    unsigned workers; /* of the engine */
    struct executor executor;
    struct ahead ahead;
    struct fetch *fetch;
    struct leader *leader;
    struct http_server *http;
    struct arena arena; /* of one look at the store */
    struct hot_contracts hot;
    struct rates rates;
    struct gauges gauges;

    /* The loop. */
    bool is_prepared; /* recovered, head known, reading ahead */
    uint64_t token;   /* with which it was prepared */
    struct head head;
    uint64_t caches_at; /* the view's caches are those after this block; UINT64_MAX: empty */
    uint64_t synced;    /* as last seen */
    bool has_synced;
    uint64_t looked_at; /* head.number when the feed's progress was last read */
    uint64_t look_ns;   /* when */
    unsigned failures;  /* of the store, in a row */
    bool is_bad;        /* a block was refused: */
    hash32 bad_digest;  /* as the store had it */
    uint64_t bad_number;
    enum block_fault bad_fault;
    uint64_t wait_ns; /* since when the next block is waited for */
    struct {
        uint64_t number, timestamp; /* a block some time ago */
        double seconds;             /* between blocks, since then */
    } pace;
    uint64_t depth; /* blocks that can be undone */
};

/* ---- loop.c ---- */

/* Until told to stop. */
enum pevm_status loop_run(struct service *service, struct error *error) MUST_CHECK;

/* ---- loop_look.c: what the feed says, what is in the store ---- */

/* Reads how far the feed is and the header that the store has at the head. *fits: it is the head's, or there is none to compare. */
enum pevm_status look_at_feed(struct service *service, bool *fits, struct error *error) MUST_CHECK;

/* The hash of the header that the store has for a block. PEVM_NOT_FOUND; PEVM_CORRUPT. */
enum pevm_status look_at_header(struct service *service,
                                uint64_t number,
                                struct header *out,
                                struct error *error) MUST_CHECK;

/* ---- loop_follow.c: other chains ---- */

/* The store's chain is another one than the one that was executed: back to the last block of both. PEVM_INVALID_BLOCK: the
 * block above the head has another parent, though the head is the store's. PEVM_LIMIT: it lies below the window. */
enum pevm_status follow_other_chain(struct service *service, struct error *error) MUST_CHECK;

/* ---- loop_advance.c: one block ---- */

/* Execute and commit block head + 1. */
enum pevm_status advance(struct service *service,
                         const struct fetched *fetched,
                         struct error *error) MUST_CHECK;

/* History stays for twice the window at least, by the pace of the chain as it was last seen. */
void loop_set_history_ttl(struct service *service);

/* ---- loop_ahead.c ---- */

enum pevm_status loop_ahead_open(struct service *service, struct error *error) MUST_CHECK;
void loop_ahead_close(struct service *service);
/* Before a block is executed; afterwards. */
void loop_read_ahead(struct service *service,
                     const struct execution *execution,
                     const struct block *block);
void loop_read_behind(struct service *service);

/* ---- loop_trie.c ---- */

/* The tries are those of the progress then; built where there are none. */
enum pevm_status loop_stand_on_trie(struct service *service,
                                    const struct exec_progress *progress,
                                    struct error *error) MUST_CHECK;

/* ---- loop_standby.c ---- */

/* What others committed goes into our caches, so that they are warm when it is our turn. */
enum pevm_status standby_follow(struct service *service, struct error *error) MUST_CHECK;

/* ---- service_gauges.c ---- */

/* What is not counted where it happens. At most every metrics.collection_interval. */
void gauges_refresh(struct service *service);

/* ---- service_reload.c ---- */

/* ---- service.c ---- */

/* Another engine from the next block on; takes it. */
void service_swap_engine(struct service *service, struct engine *engine, unsigned workers);
/* Health's limits as the configuration has them. */
void service_set_health(struct service *service);
/* What the heap keeps for later goes back to the system. */
void release_memory(void);

/* The configuration anew. What is wrong with it is logged, and nothing changes. */
void reload(struct service *service);
/* What the configuration says about the engine, the caches, the log, health. */
void apply_config(struct service *service);
struct engine_options engine_options_of(const struct service *service);
