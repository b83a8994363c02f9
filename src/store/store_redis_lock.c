/* Who leads, on a server. */
#include "store/store_redis_private.h"

#include <stdio.h>

static const char keep_script[] = "if redis.call('GET',KEYS[1])==ARGV[1] then return "
                                  "redis.call('PEXPIRE',KEYS[1],ARGV[2]) end return 0";
static const char drop_script[] =
    "if redis.call('GET',KEYS[1])==ARGV[1] then return redis.call('DEL',KEYS[1]) end return 0";

static enum pevm_status take_lock(struct redis_store *redis,
                                  struct redis_link *link,
                                  const char *owner,
                                  uint64_t ttl_ms,
                                  bool *taken,
                                  struct error *error)
{
    char ttl[TOKEN_TEXT_SIZE];
    redisReply *reply;
    struct redis_command command = redis_command("SET");
    token_write(ttl, ttl_ms);
    redis_text(&command, LOCK_KEY);
    redis_text(&command, owner);
    redis_text(&command, "NX");
    redis_text(&command, "PX");
    redis_text(&command, ttl);
    redis_send(link, &command);
    TRY(redis_reply(redis, link, &reply, error));
    enum pevm_status status = PEVM_OK;
    *taken = reply->type == REDIS_REPLY_STATUS;
    if (reply->type == REDIS_REPLY_ERROR)
        status = redis_fault(redis, reply->str, error);
    else if (!*taken && reply->type != REDIS_REPLY_NIL)
        status = redis_nonsense(redis, link, reply, error);
    redis_free(reply);
    return status;
}

/* Only a plain INCR is seen by everybody who watches the token (Pika). */
static enum pevm_status next_token(struct redis_store *redis,
                                   struct redis_link *link,
                                   uint64_t *out,
                                   struct error *error)
{
    redisReply *reply;
    struct redis_command command = redis_command("INCR");
    redis_text(&command, EPOCH_KEY);
    redis_send(link, &command);
    TRY(redis_expect(redis, link, REDIS_REPLY_INTEGER, &reply, error));
    enum pevm_status status = PEVM_OK;
    if (reply->integer <= 0)
        status = error_set(error, PEVM_CORRUPT, EPOCH_KEY ": is %lld", reply->integer);
    else
        *out = (uint64_t)reply->integer;
    redis_free(reply);
    return status;
}

enum pevm_status redis_take(
    struct store *store, const char *owner, uint64_t ttl_ms, uint64_t *token, struct error *error)
{
    struct redis_store *redis = (struct redis_store *)store;
    struct redis_link *link;
    bool taken;
    TRY(redis_acquire(redis, &link, error));
    enum pevm_status status = take_lock(redis, link, owner, ttl_ms, &taken, error);
    if (status == PEVM_OK && taken) status = next_token(redis, link, token, error);
    if (status == PEVM_OK && taken) snprintf(redis->owner, sizeof redis->owner, "%s", owner);
    redis_release(redis, link);
    return status;
}

/* Pika: SET key new VX old PX ttl, and DELVX key old, compare and change in one. */
static void send_with_vx(struct redis_link *link, const char *owner, const char *ttl)
{
    struct redis_command command = redis_command(ttl == NULL ? "DELVX" : "SET");
    redis_text(&command, LOCK_KEY);
    redis_text(&command, owner);
    if (ttl != NULL) {
        redis_text(&command, "VX");
        redis_text(&command, owner);
        redis_text(&command, "PX");
        redis_text(&command, ttl);
    }
    redis_send(link, &command);
}

static void send_script(struct redis_link *link, const char *owner, const char *ttl)
{
    struct redis_command command = redis_command("EVAL");
    redis_text(&command, ttl == NULL ? drop_script : keep_script);
    redis_text(&command, "1");
    redis_text(&command, LOCK_KEY);
    redis_text(&command, owner);
    if (ttl != NULL) redis_text(&command, ttl);
    redis_send(link, &command);
}

/* Both answer 1 when the owner's name was there. `ttl` NULL: drop. */
static enum pevm_status change_lock(struct redis_store *redis,
                                    const char *owner,
                                    const char *ttl,
                                    struct error *error)
{
    struct redis_link *link;
    redisReply *reply;
    TRY(redis_acquire(redis, &link, error));
    if (link->server == SERVER_PIKA)
        send_with_vx(link, owner, ttl);
    else
        send_script(link, owner, ttl);
    enum pevm_status status = redis_expect(redis, link, REDIS_REPLY_INTEGER, &reply, error);
    if (status == PEVM_OK && reply->integer != 1)
        status = error_set(error, PEVM_FENCED, "the lock is not ours any more");
    redis_free(reply);
    redis_release(redis, link);
    return status;
}

enum pevm_status redis_keep(struct store *store,
                            const char *owner,
                            uint64_t ttl_ms,
                            struct error *error)
{
    char ttl[TOKEN_TEXT_SIZE];
    token_write(ttl, ttl_ms);
    return change_lock((struct redis_store *)store, owner, ttl, error);
}

enum pevm_status redis_drop(struct store *store, const char *owner, struct error *error)
{
    return change_lock((struct redis_store *)store, owner, NULL, error);
}
