/* store_redis_private.h - connections to a server, and what it answers. */
#pragma once

#include "store/store_private.h"
#include "store/store_redis.h"

#include <hiredis/hiredis.h>

#include <pthread.h>

#define REDIS_TEXT_MAX 256

enum redis_server { SERVER_REDIS, SERVER_VALKEY, SERVER_KVROCKS, SERVER_PIKA };

/* One connection; used by one thread at a time. */
struct redis_link {
    redisContext *context;
    struct redis_link *next; /* of those that are idle */
    enum redis_server server;
    bool is_broken; /* what comes next on it cannot be trusted: it is closed */
};

struct redis_store {
    struct store store;
    char address[REDIS_TEXT_MAX], password[REDIS_TEXT_MAX];
    struct redis_options options;

    pthread_mutex_t mutex; /* of all below */
    pthread_cond_t released;
    struct redis_link *idle;
    unsigned open_count;
    unsigned failures; /* to connect, one after the other */
    uint64_t retry_ns; /* no attempt before */
    uint64_t jitter;
    enum redis_server server;     /* as last seen */
    char owner[STORE_OWNER_SIZE]; /* who took the lock through this store, "" nobody */
};

/* A connection that is ready; waits for one when all are in use. */
enum pevm_status redis_acquire(struct redis_store *redis,
                               struct redis_link **out,
                               struct error *error) MUST_CHECK;
void redis_release(struct redis_store *redis, struct redis_link *link);

/* A command: texts and bytes. It is sent with the first reply that is asked for. */
#define REDIS_WORDS_MAX 8
struct redis_command {
    const char *words[REDIS_WORDS_MAX];
    size_t sizes[REDIS_WORDS_MAX];
    int count;
};
struct redis_command redis_command(const char *name);
void redis_word(struct redis_command *command, struct bytes word);
void redis_text(struct redis_command *command, const char *word);
void redis_send(struct redis_link *link, const struct redis_command *command);
/* ... with as many words as there are. */
void redis_send_many(struct redis_link *link, int count, const char **words, const size_t *sizes);

/* The next reply, whatever it is, errors included; freed by redis_free. */
enum pevm_status redis_reply(struct redis_store *redis,
                             struct redis_link *link,
                             redisReply **out,
                             struct error *error) MUST_CHECK;

/* The next reply, which must be of that type; errors become statuses, other types make the link broken. */
enum pevm_status redis_expect(struct redis_store *redis,
                              struct redis_link *link,
                              int type,
                              redisReply **out,
                              struct error *error) MUST_CHECK;
void redis_free(redisReply *reply);

/* What an error of the server means. */
enum pevm_status redis_fault(const struct redis_store *redis,
                             const char *text,
                             struct error *error);

/* A reply that makes no sense. */
enum pevm_status redis_nonsense(const struct redis_store *redis,
                                struct redis_link *link,
                                const redisReply *reply,
                                struct error *error);

/* store_redis_lock.c */
enum pevm_status redis_take(
    struct store *store, const char *owner, uint64_t ttl_ms, uint64_t *token, struct error *error);
enum pevm_status redis_keep(struct store *store,
                            const char *owner,
                            uint64_t ttl_ms,
                            struct error *error);
enum pevm_status redis_drop(struct store *store, const char *owner, struct error *error);

/* store_redis_write.c */
enum pevm_status redis_write(struct store *store,
                             const struct store_batch *batch,
                             uint64_t token,
                             struct error *error);
