#include "store/store_redis.h"

#include "base/heap.h"
#include "store/store_redis_private.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define SCAN_COUNT "1000" /* keys that the server looks at in one call */

static struct redis_store *redis_of(struct store *store)
{
    return (struct redis_store *)store;
}

/* ---- reading ---- */

/* One GET's reply as an item. GET and not MGET: a key of another type must be an error, not absent. */
static enum pevm_status take_item(struct redis_store *redis,
                                  struct redis_link *link,
                                  struct bytes key,
                                  struct store_item *out,
                                  struct arena *arena,
                                  struct error *error)
{
    redisReply *reply;
    char shown[SHOWN_KEY_SIZE];
    enum pevm_status status = PEVM_OK;
    TRY(redis_reply(redis, link, &reply, error));
    *out = (struct store_item){.found = reply->type == REDIS_REPLY_STRING};
    if (reply->type == REDIS_REPLY_ERROR) {
        status = redis_fault(redis, reply->str, error);
        error_prefix(error, "%s", key_shown(shown, key));
    } else if (reply->type != REDIS_REPLY_STRING && reply->type != REDIS_REPLY_NIL) {
        status = redis_nonsense(redis, link, reply, error);
    } else if (out->found &&
               !arena_copy(arena, &out->value, bytes_of(reply->str, (size_t)reply->len))) {
        status = error_set(error, PEVM_NO_MEMORY, "%s: no memory", key_shown(shown, key));
    }
    redis_free(reply);
    return status;
}

/* At most pipeline_size keys. After a fault the other replies are of no use: the connection is closed with them. */
static enum pevm_status get_some(struct redis_store *redis,
                                 struct redis_link *link,
                                 struct store_item *items,
                                 const struct bytes *keys,
                                 size_t count,
                                 struct arena *arena,
                                 struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        struct redis_command command = redis_command("GET");
        redis_word(&command, keys[i]);
        redis_send(link, &command);
    }
    for (size_t i = 0; i < count; i++) {
        enum pevm_status status = take_item(redis, link, keys[i], &items[i], arena, error);
        if (status == PEVM_OK) continue;
        link->is_broken = true;
        return status;
    }
    return PEVM_OK;
}

static enum pevm_status get_on(struct redis_store *redis,
                               struct redis_link *link,
                               struct store_item *items,
                               const struct bytes *keys,
                               size_t count,
                               struct arena *arena,
                               struct error *error)
{
    for (size_t done = 0; done < count;) { /* ends: done grows */
        size_t left = count - done, most = redis->options.pipeline_size;
        size_t some = left < most ? left : most;
        TRY(get_some(redis, link, items + done, keys + done, some, arena, error));
        done += some;
    }
    return PEVM_OK;
}

static enum pevm_status redis_get_many(struct store *store,
                                       struct store_item *items,
                                       const struct bytes *keys,
                                       size_t count,
                                       struct arena *arena,
                                       struct error *error)
{
    struct redis_store *redis = redis_of(store);
    struct redis_link *link;
    TRY(redis_acquire(redis, &link, error));
    enum pevm_status status = get_on(redis, link, items, keys, count, arena, error);
    redis_release(redis, link);
    return status;
}

/* ---- scanning ---- */

struct scan {
    struct redis_store *redis;
    struct redis_link *link;
    struct arena arena; /* of one page */
    char cursor[32];
    bool (*visit)(void *context, struct bytes key, struct bytes value);
    void *context;
    bool goes_on;
};

/* A pattern that means the prefix and then anything. */
static bool pattern_of(struct arena *arena, struct bytes prefix, struct bytes *out)
{
    char *text = arena_alloc_aligned(arena, 2 * prefix.size + 1, 1);
    size_t size = 0;
    if (text == NULL) return false;
    for (size_t i = 0; i < prefix.size; i++) {
        if (memchr("*?[]^\\", prefix.data[i], 6) != NULL) text[size++] = '\\';
        text[size++] = (char)prefix.data[i];
    }
    text[size++] = '*';
    *out = bytes_of(text, size);
    return true;
}

/* Keys of the page with their values, one round trip; a key that went meanwhile is passed over. */
static enum pevm_status visit_page(struct scan *scan, const redisReply *names, struct error *error)
{
    size_t count = names->elements;
    struct bytes *keys = arena_alloc_zeroed(&scan->arena, count + 1, sizeof *keys);
    struct store_item *items = arena_alloc_zeroed(&scan->arena, count + 1, sizeof *items);
    if (keys == NULL || items == NULL) return error_set(error, PEVM_NO_MEMORY, "no memory to scan");
    for (size_t i = 0; i < count; i++) {
        const redisReply *name = names->element[i];
        if (name->type != REDIS_REPLY_STRING)
            return redis_nonsense(scan->redis, scan->link, name, error);
        keys[i] = bytes_of(name->str, (size_t)name->len);
    }
    TRY(get_on(scan->redis, scan->link, items, keys, count, &scan->arena, error));
    for (size_t i = 0; i < count && scan->goes_on; i++)
        if (items[i].found) scan->goes_on = scan->visit(scan->context, keys[i], items[i].value);
    return PEVM_OK;
}

static enum pevm_status scan_page(struct scan *scan, struct bytes prefix, struct error *error)
{
    redisReply *reply;
    struct bytes pattern;
    struct redis_command command = redis_command("SCAN");
    arena_reset(&scan->arena);
    if (!pattern_of(&scan->arena, prefix, &pattern))
        return error_set(error, PEVM_NO_MEMORY, "no memory to scan");
    redis_text(&command, scan->cursor);
    redis_text(&command, "MATCH");
    redis_word(&command, pattern);
    redis_text(&command, "COUNT");
    redis_text(&command, SCAN_COUNT);
    redis_send(scan->link, &command);
    TRY(redis_expect(scan->redis, scan->link, REDIS_REPLY_ARRAY, &reply, error));
    enum pevm_status status;
    if (reply->elements != 2 || reply->element[0]->type != REDIS_REPLY_STRING ||
        reply->element[1]->type != REDIS_REPLY_ARRAY) {
        status = redis_nonsense(scan->redis, scan->link, reply, error);
    } else {
        snprintf(scan->cursor, sizeof scan->cursor, "%.31s", reply->element[0]->str);
        status = visit_page(scan, reply->element[1], error);
    }
    redis_free(reply);
    return status;
}

static enum pevm_status redis_scan(struct store *store,
                                   struct bytes prefix,
                                   bool (*visit)(void *context,
                                                 struct bytes key,
                                                 struct bytes value),
                                   void *context,
                                   struct error *error)
{
    struct scan scan = {.redis = redis_of(store),
                        .cursor = "0",
                        .visit = visit,
                        .context = context,
                        .goes_on = true};
    TRY(redis_acquire(scan.redis, &scan.link, error));
    arena_init(&scan.arena, 1 << 16, 0);
    enum pevm_status status;
    do {
        status = scan_page(&scan, prefix, error);
    } while (status == PEVM_OK && scan.goes_on &&
             strcmp(scan.cursor, "0") != 0); /* ends: as the server says */
    arena_fini(&scan.arena);
    redis_release(scan.redis, scan.link);
    return status;
}

/* ---- opening ---- */

static void redis_close(struct store *store)
{
    struct redis_store *redis = redis_of(store);
    for (struct redis_link *link = redis->idle, *next; link != NULL; link = next) {
        next = link->next;
        link->is_broken = true;
        redis_release(redis, link);
    }
    pthread_mutex_destroy(&redis->mutex);
    pthread_cond_destroy(&redis->released);
    heap_free(redis);
}

/* Pika looks at the token before it locks: a change of the old leader that is inside already may still slip through, for as
 * long as its answer may take. */
static uint64_t redis_settle_ms(const struct store *store)
{
    const struct redis_store *redis = (const struct redis_store *)store;
    return redis->server == SERVER_PIKA ? redis->options.timeout_ms : 0;
}

static const struct store_ops redis_ops = {.is_atomic = false,
                                           .get_many = redis_get_many,
                                           .write = redis_write,
                                           .scan = redis_scan,
                                           .take = redis_take,
                                           .keep = redis_keep,
                                           .drop = redis_drop,
                                           .settle_ms = redis_settle_ms,
                                           .close = redis_close};

static bool is_address(const char *text)
{
    char *end;
    const char *colon = strrchr(text, ':');
    if (text[0] == '/') return true;
    if (colon == NULL || colon == text || colon[1] < '0' || colon[1] > '9') return false;
    unsigned long port = strtoul(colon + 1, &end, 10);
    return *end == 0 && port > 0 && port <= 65535 && (text[0] != '[' || colon[-1] == ']');
}

enum pevm_status store_redis_open(struct store **out,
                                  const struct redis_options *options,
                                  struct error *error)
{
    struct sigaction old;
    ASSERT(options->connections_max > 0 && options->pipeline_size > 0);
    if (!is_address(options->address) || strlen(options->address) >= REDIS_TEXT_MAX)
        return error_set(error,
                         PEVM_BAD_INPUT,
                         "\"%.100s\" is no address; wanted host:port, or a path",
                         options->address);
    if (strlen(options->password) >= REDIS_TEXT_MAX)
        return error_set(error, PEVM_BAD_INPUT, "storage.pika.password: is too long");
    struct redis_store *redis = heap_alloc_zeroed(1, sizeof *redis);
    if (redis == NULL)
        return error_set(error, PEVM_NO_MEMORY, "%.100s: no memory", options->address);
    if (sigaction(SIGPIPE, NULL, &old) == 0 && old.sa_handler == SIG_DFL)
        (void)signal(SIGPIPE, SIG_IGN);
    redis->store.ops = &redis_ops;
    redis->options = *options;
    snprintf(redis->address, sizeof redis->address, "%s", options->address);
    snprintf(redis->password, sizeof redis->password, "%s", options->password);
    redis->options.address = redis->address;
    redis->options.password = redis->password;
    redis->jitter = (uintptr_t)redis;
    snprintf(
        redis->store.about, sizeof redis->store.about, "Redis protocol, %.100s", options->address);
    pthread_mutex_init(&redis->mutex, NULL);
    pthread_cond_init(&redis->released, NULL);
    *out = &redis->store;
    return PEVM_OK;
}
