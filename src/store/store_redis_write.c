/* Changes on a server: in a script that holds the fence, or in transactions that watch it. */
#include "base/heap.h"
#include "store/store_redis_private.h"

#include <inttypes.h>
#include <stdio.h>

#define CHUNK_BYTES_MAX ((size_t)8 << 20)

/* KEYS: epoch, lock, then one for each change. ARGV: token, owner, then for each change "d", or a time to live and a value. The
 * lock may have expired, but nobody else's name may be on it: a server that came back with older data may give a token twice. */
static const char change_script[] =
    "if redis.call('GET',KEYS[1])~=ARGV[1] then "
    "return redis.error_reply('FENCED '..tostring(redis.call('GET',KEYS[1]))) end "
    "local o=redis.call('GET',KEYS[2]) "
    "if o and o~=ARGV[2] then return redis.error_reply('FENCED '..ARGV[1]) end "
    "local a=3 "
    "for k=3,#KEYS do local t=ARGV[a] "
    "if t=='d' then redis.call('DEL',KEYS[k]) a=a+1 "
    "elseif t=='0' then redis.call('SET',KEYS[k],ARGV[a+1]) a=a+2 "
    "else redis.call('SET',KEYS[k],ARGV[a+1],'PX',t) a=a+2 end end "
    "return #KEYS-2";

/* Changes that go together: of one batch, without a barrier inside unless they stop at the first that fails. */
struct chunk {
    size_t begin, end; /* places in the batch */
    size_t count, bytes;
};

/* The next chunk from `place` on; false at the end. */
static bool next_chunk(const struct redis_store *redis,
                       const struct store_batch *batch,
                       size_t place,
                       bool over_barriers,
                       struct chunk *out)
{
    struct store_change change;
    *out = (struct chunk){.begin = place, .end = place};
    while (out->count < redis->options.pipeline_size && out->bytes < CHUNK_BYTES_MAX &&
           store_batch_next(batch, &place, &change)) { /* ends: the place moves on */
        bool is_barrier = change.kind == CHANGE_BARRIER;
        if (is_barrier && !over_barriers && out->count > 0) break;
        out->end = place;
        out->count += !is_barrier;
        out->bytes += change.key.size + change.value.size;
    }
    return out->count > 0;
}

static enum pevm_status fenced_by(uint64_t token, const char *theirs, struct error *error)
{
    uint64_t other;
    if (token_read(&other, bytes_of(theirs, strlen(theirs)), NULL) != PEVM_OK)
        other = 0; /* it is gone */
    return fenced(error, token, other);
}

/* ---- scripts ---- */

/* Words of a command as hiredis wants them. */
struct words {
    const char **texts;
    size_t *sizes;
    char (*numbers)[TOKEN_TEXT_SIZE]; /* times to live */
    int count;
};

static void add(struct words *words, struct bytes word)
{
    words->texts[words->count] = word.size == 0 ? "" : (const char *)word.data;
    words->sizes[words->count++] = word.size;
}

static void add_text(struct words *words, const char *word)
{
    add(words, bytes_of(word, strlen(word)));
}

static void add_changes(struct words *words,
                        const struct store_batch *batch,
                        const struct chunk *chunk,
                        bool keys)
{
    struct store_change change;
    size_t index = 0;
    for (size_t place = chunk->begin; place < chunk->end;) { /* ends: it moves on */
        if (!store_batch_next(batch, &place, &change) || change.kind == CHANGE_BARRIER) continue;
        if (keys) {
            add(words, change.key);
            continue;
        }
        char *number = words->numbers[index++];
        if (change.kind == CHANGE_DELETE) {
            add_text(words, "d");
            continue;
        }
        token_write(number, change.ttl_ms);
        add_text(words, number);
        add(words, change.value);
    }
}

static void send_script(struct redis_store *redis,
                        struct redis_link *link,
                        const struct store_batch *batch,
                        const struct chunk *chunk,
                        uint64_t token,
                        struct words *words)
{
    char keys[TOKEN_TEXT_SIZE], token_text[TOKEN_TEXT_SIZE];
    token_write(keys, chunk->count + 2);
    token_write(token_text, token);
    words->count = 0;
    add_text(words, "EVAL");
    add_text(words, change_script);
    add_text(words, keys);
    add_text(words, EPOCH_KEY);
    add_text(words, LOCK_KEY);
    add_changes(words, batch, chunk, true);
    add_text(words, token_text);
    add_text(words, redis->owner);
    add_changes(words, batch, chunk, false);
    redis_send_many(link, words->count, words->texts, words->sizes);
}

static enum pevm_status run_script(struct redis_store *redis,
                                   struct redis_link *link,
                                   const struct store_batch *batch,
                                   const struct chunk *chunk,
                                   uint64_t token,
                                   struct words *words,
                                   struct error *error)
{
    redisReply *reply;
    send_script(redis, link, batch, chunk, token, words);
    TRY(redis_reply(redis, link, &reply, error));
    enum pevm_status status = PEVM_OK;
    if (reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "FENCED ", 7) == 0)
        status = fenced_by(token, reply->str + 7, error);
    else if (reply->type == REDIS_REPLY_ERROR)
        status = redis_fault(redis, reply->str, error);
    else if (reply->type != REDIS_REPLY_INTEGER || reply->integer != (long long)chunk->count)
        status = redis_nonsense(redis, link, reply, error);
    redis_free(reply);
    return status;
}

static enum pevm_status write_with_scripts(struct redis_store *redis,
                                           struct redis_link *link,
                                           const struct store_batch *batch,
                                           uint64_t token,
                                           struct error *error)
{
    size_t changes = batch->change_count < redis->options.pipeline_size
                         ? batch->change_count
                         : redis->options.pipeline_size;
    size_t room = 3 * changes + 8;
    struct words words = {.texts = heap_alloc_zeroed(room, sizeof(const char *)),
                          .sizes = heap_alloc_zeroed(room, sizeof(size_t)),
                          .numbers = heap_alloc_zeroed(changes, TOKEN_TEXT_SIZE)};
    enum pevm_status status = PEVM_OK;
    struct chunk chunk = {.end = 0};
    if (words.texts == NULL || words.sizes == NULL || words.numbers == NULL)
        status = error_set(error, PEVM_NO_MEMORY, "no memory to send changes");
    while (status == PEVM_OK &&
           next_chunk(redis, batch, chunk.end, true, &chunk)) /* ends: the place moves on */
        status = run_script(redis, link, batch, &chunk, token, &words, error);
    heap_free(words.texts);
    heap_free(words.sizes);
    heap_free(words.numbers);
    return status;
}

/* ---- plain commands and transactions ---- */

static void send_change(struct redis_link *link, const struct store_change *change)
{
    char number[TOKEN_TEXT_SIZE];
    struct redis_command command = redis_command(change->kind == CHANGE_DELETE ? "DEL" : "SET");
    redis_word(&command, change->key);
    if (change->kind == CHANGE_SET) redis_word(&command, change->value);
    if (change->kind == CHANGE_SET && change->ttl_ms != 0) {
        token_write(number, change->ttl_ms);
        redis_text(&command, "PX");
        redis_text(&command, number);
    }
    redis_send(link, &command);
}

static void send_changes(struct redis_link *link,
                         const struct store_batch *batch,
                         const struct chunk *chunk)
{
    struct store_change change;
    for (size_t place = chunk->begin; place < chunk->end;) /* ends: it moves on */
        if (store_batch_next(batch, &place, &change) && change.kind != CHANGE_BARRIER)
            send_change(link, &change);
}

static void send_word(struct redis_link *link, const char *name)
{
    struct redis_command command = redis_command(name);
    redis_send(link, &command);
}

/* Keep the first error of several replies: all are read, so that the connection stays in step. */
static void keep_first(enum pevm_status *first,
                       enum pevm_status status,
                       struct error *error,
                       const struct error *told)
{
    if (*first != PEVM_OK || status == PEVM_OK) return;
    *first = status;
    if (error != NULL) *error = *told;
}

/* `count` replies that are no errors. */
static enum pevm_status take_replies(struct redis_store *redis,
                                     struct redis_link *link,
                                     size_t count,
                                     struct error *error)
{
    enum pevm_status first = PEVM_OK;
    for (size_t i = 0; i < count && !link->is_broken; i++) {
        struct error told = {0};
        redisReply *reply;
        enum pevm_status status = redis_reply(redis, link, &reply, &told);
        if (status == PEVM_OK && reply->type == REDIS_REPLY_ERROR)
            status = redis_fault(redis, reply->str, &told);
        redis_free(reply);
        keep_first(&first, status, error, &told);
    }
    return first;
}

static enum pevm_status write_plainly(struct redis_store *redis,
                                      struct redis_link *link,
                                      const struct store_batch *batch,
                                      struct error *error)
{
    struct chunk chunk = {.end = 0};
    while (next_chunk(redis, batch, chunk.end, false, &chunk)) { /* ends: the place moves on */
        send_changes(link, batch, &chunk);
        TRY(take_replies(redis, link, chunk.count, error));
    }
    return PEVM_OK;
}

/* Watch the token, and ask whether it is still ours, and whose name is on the lock. */
static void send_watch(struct redis_link *link)
{
    struct redis_command command = redis_command("WATCH"), get = redis_command("GET"),
                         owner = redis_command("GET");
    redis_text(&command, EPOCH_KEY);
    redis_text(&get, EPOCH_KEY);
    redis_text(&owner, LOCK_KEY);
    redis_send(link, &command);
    redis_send(link, &get);
    redis_send(link, &owner);
}

/* A value that must be `wanted`, or may be absent. */
static enum pevm_status take_name(struct redis_store *redis,
                                  struct redis_link *link,
                                  const char *wanted,
                                  bool may_be_absent,
                                  uint64_t token,
                                  struct error *error)
{
    redisReply *reply;
    enum pevm_status status = PEVM_OK;
    TRY(redis_reply(redis, link, &reply, error));
    bool is_nil = reply->type == REDIS_REPLY_NIL;
    if (reply->type == REDIS_REPLY_ERROR)
        status = redis_fault(redis, reply->str, error);
    else if (!is_nil && reply->type != REDIS_REPLY_STRING)
        status = redis_nonsense(redis, link, reply, error);
    else if (is_nil ? !may_be_absent : strcmp(reply->str, wanted) != 0)
        status = fenced_by(token, is_nil || may_be_absent ? "" : reply->str, error);
    redis_free(reply);
    return status;
}

static enum pevm_status take_watch(struct redis_store *redis,
                                   struct redis_link *link,
                                   uint64_t token,
                                   struct error *error)
{
    redisReply *reply;
    char ours[TOKEN_TEXT_SIZE];
    token_write(ours, token);
    TRY(redis_expect(redis, link, REDIS_REPLY_STATUS, &reply, error));
    redis_free(reply);
    TRY(take_name(redis, link, ours, false, token, error));
    return take_name(redis, link, redis->owner, true, token, error);
}

/* What EXEC says: nothing when the token changed, else a reply for each change. */
static enum pevm_status take_exec(struct redis_store *redis,
                                  struct redis_link *link,
                                  size_t count,
                                  uint64_t token,
                                  struct error *error)
{
    redisReply *reply;
    TRY(redis_reply(redis, link, &reply, error));
    enum pevm_status status = PEVM_OK;
    if (reply->type == REDIS_REPLY_ERROR)
        status = redis_fault(redis, reply->str, error);
    else if (reply->type == REDIS_REPLY_NIL)
        status = fenced(error, token, 0);
    else if (reply->type != REDIS_REPLY_ARRAY || reply->elements != count)
        status = redis_nonsense(redis, link, reply, error);
    for (size_t i = 0; status == PEVM_OK && i < count; i++)
        if (reply->element[i]->type == REDIS_REPLY_ERROR)
            status = redis_fault(redis, reply->element[i]->str, error);
    redis_free(reply);
    return status;
}

/* One step, whose watch was sent before: nothing of it is applied when the token is not ours. With it goes the watch of the next,
 * so that each step takes one round trip. */
static enum pevm_status write_step(struct redis_store *redis,
                                   struct redis_link *link,
                                   const struct store_batch *batch,
                                   const struct chunk *chunk,
                                   uint64_t token,
                                   struct error *error)
{
    struct error told = {0};
    struct chunk next;
    TRY(take_watch(redis, link, token, error));
    send_word(link, "MULTI");
    send_changes(link, batch, chunk);
    send_word(link, "EXEC");
    if (next_chunk(redis, batch, chunk->end, false, &next)) send_watch(link);
    enum pevm_status status =
        take_replies(redis, link, 1 + chunk->count, error); /* OK, and QUEUED for each */
    if (link->is_broken) return status;
    enum pevm_status exec = take_exec(redis, link, chunk->count, token, &told);
    keep_first(&status, exec, error, &told);
    return status;
}

static enum pevm_status write_watched(struct redis_store *redis,
                                      struct redis_link *link,
                                      const struct store_batch *batch,
                                      uint64_t token,
                                      struct error *error)
{
    struct chunk chunk = {.end = 0};
    send_watch(link);
    while (next_chunk(redis, batch, chunk.end, false, &chunk)) { /* ends: the place moves on */
        enum pevm_status status = write_step(redis, link, batch, &chunk, token, error);
        if (status == PEVM_OK) continue;
        link->is_broken = true; /* it may still watch, or collect */
        return status;
    }
    return PEVM_OK;
}

enum pevm_status redis_write(struct store *store,
                             const struct store_batch *batch,
                             uint64_t token,
                             struct error *error)
{
    struct redis_store *redis = (struct redis_store *)store;
    struct redis_link *link;
    enum pevm_status status;
    TRY(redis_acquire(redis, &link, error));
    if (token == 0)
        status = write_plainly(redis, link, batch, error);
    else if (link->server == SERVER_PIKA)
        status = write_watched(redis, link, batch, token, error);
    else
        status = write_with_scripts(redis, link, batch, token, error);
    redis_release(redis, link);
    return status;
}
