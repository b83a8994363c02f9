/* Connections: opened, kept, given up. */
#include "base/clock.h"
#include "base/hash.h"
#include "base/heap.h"
#include "store/store_redis_private.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#define RETRY_MIN_MS 200
#define RETRY_MAX_MS 5000
#define NS_PER_MS    1000000u

static struct timeval timeval_of(unsigned ms)
{
    return (struct timeval){.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};
}

/* ---- commands and replies ---- */

struct redis_command redis_command(const char *name)
{
    struct redis_command command = {.count = 0};
    redis_text(&command, name);
    return command;
}

void redis_word(struct redis_command *command, struct bytes word)
{
    ASSERT(command->count < REDIS_WORDS_MAX);
    command->words[command->count] = word.size == 0 ? "" : (const char *)word.data;
    command->sizes[command->count++] = word.size;
}

void redis_text(struct redis_command *command, const char *word)
{
    redis_word(command, bytes_of(word, strlen(word)));
}

void redis_send_many(struct redis_link *link, int count, const char **words, const size_t *sizes)
{
    if (redisAppendCommandArgv(link->context, count, words, sizes) != REDIS_OK)
        link->is_broken = true;
}

void redis_send(struct redis_link *link, const struct redis_command *command)
{
    const char *words[REDIS_WORDS_MAX];
    memcpy(words, command->words, sizeof words);
    redis_send_many(link, command->count, words, command->sizes);
}

void redis_free(redisReply *reply)
{
    if (reply != NULL) freeReplyObject(reply);
}

/* A connection that failed. */
static enum pevm_status link_fault(const struct redis_store *redis,
                                   const redisContext *context,
                                   struct error *error)
{
    if (context == NULL || context->err == REDIS_ERR_OOM)
        return error_set(error, PEVM_NO_MEMORY, "%.100s: no memory", redis->address);
    if (context->err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK))
        return error_set(error,
                         PEVM_UNAVAILABLE,
                         "%.100s: no answer within %u ms",
                         redis->address,
                         redis->options.timeout_ms);
    return error_set(error, PEVM_UNAVAILABLE, "%.100s: %.120s", redis->address, context->errstr);
}

enum pevm_status redis_reply(struct redis_store *redis,
                             struct redis_link *link,
                             redisReply **out,
                             struct error *error)
{
    void *reply = NULL;
    *out = NULL;
    if (link->is_broken) return link_fault(redis, NULL, error);
    if (redisGetReply(link->context, &reply) == REDIS_OK) {
        *out = reply;
        return PEVM_OK;
    }
    link->is_broken = true;
    return link_fault(redis, link->context, error);
}

enum pevm_status redis_nonsense(const struct redis_store *redis,
                                struct redis_link *link,
                                const redisReply *reply,
                                struct error *error)
{
    link->is_broken = true;
    return error_set(error,
                     PEVM_UNAVAILABLE,
                     "%.100s: an answer of type %d is not what was asked for",
                     redis->address,
                     reply->type);
}

enum pevm_status redis_expect(struct redis_store *redis,
                              struct redis_link *link,
                              int type,
                              redisReply **out,
                              struct error *error)
{
    enum pevm_status status = redis_reply(redis, link, out, error);
    if (status != PEVM_OK || (*out)->type == type) return status;
    if ((*out)->type == REDIS_REPLY_ERROR)
        status = redis_fault(redis, (*out)->str, error);
    else
        status = redis_nonsense(redis, link, *out, error);
    redis_free(*out);
    *out = NULL;
    return status;
}

static const struct {
    const char *begin, *hint;
    enum pevm_status status;
} faults[] = {
#define REDIS_FAULT(begin, status, hint) {begin, hint, status},
#include "store/store_redis_fault.def"
#undef REDIS_FAULT
};

/* Inside of a script old servers put the error behind words of their own. */
static const char *skip_script(const char *text)
{
    const char *inner =
        strncmp(text, "ERR Error running script", 24) == 0 ? strstr(text, ": -") : NULL;
    return inner == NULL ? text : inner + 3;
}

enum pevm_status redis_fault(const struct redis_store *redis, const char *text, struct error *error)
{
    char shown[SHOWN_KEY_SIZE];
    const char *what = skip_script(text);
    key_shown(shown, bytes_of(what, strlen(what)));
    for (size_t i = 0; i < COUNT_OF(faults); i++)
        if (strncmp(what, faults[i].begin, strlen(faults[i].begin)) == 0)
            return error_set(
                error, faults[i].status, "%.100s: %s (%s)", redis->address, faults[i].hint, shown);
    return error_set(error, PEVM_IO, "%.100s: %s", redis->address, shown);
}

/* ---- opening ---- */

static void link_free(struct redis_link *link)
{
    if (link->context != NULL) redisFree(link->context);
    heap_free(link);
}

/* host:port, [host]:port, or a path. */
static redisContext *connect_context(const struct redis_store *redis)
{
    char host[REDIS_TEXT_MAX];
    struct timeval timeout = timeval_of(redis->options.connect_timeout_ms);
    if (redis->address[0] == '/') return redisConnectUnixWithTimeout(redis->address, timeout);
    const char *colon = strrchr(redis->address, ':'); /* store_redis_open looked */
    int begin = redis->address[0] == '[' ? 1 : 0;
    int size = (int)(colon - redis->address) - 2 * begin;
    snprintf(host, sizeof host, "%.*s", size, redis->address + begin);
    return redisConnectWithTimeout(host, (int)strtoul(colon + 1, NULL, 10), timeout);
}

/* The value behind "name:" in what INFO says; false: it is not there. */
static bool info_value(const char *info, const char *name, char *out, size_t room)
{
    const char *at = strstr(info, name);
    if (at == NULL) return false;
    at += strlen(name);
    size_t size = strcspn(at, "\r\n");
    snprintf(out, room, "%.*s", (int)size, at);
    return true;
}

/* Which server it is, and whether it will do. */
static enum pevm_status look_at(struct redis_store *redis,
                                struct redis_link *link,
                                const char *info,
                                struct error *error)
{
    static const struct {
        const char *field, *name;
        enum redis_server server;
    } kinds[] = {
        {"pika_version:",    "Pika",    SERVER_PIKA   },
        {"kvrocks_version:", "Kvrocks", SERVER_KVROCKS},
        {"valkey_version:",  "Valkey",  SERVER_VALKEY },
        {"redis_version:",   "Redis",   SERVER_REDIS  },
    };
    char version[32], mode[32];
    if (info_value(info, "redis_mode:", mode, sizeof mode) && strcmp(mode, "cluster") == 0)
        return error_set(
            error, PEVM_UNSUPPORTED, "%.100s: is a cluster, which cannot be used", redis->address);
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (!info_value(info, kinds[i].field, version, sizeof version)) continue;
        link->server = kinds[i].server;
        pthread_mutex_lock(&redis->mutex);
        redis->server = link->server;
        snprintf(redis->store.about,
                 sizeof redis->store.about,
                 "%s %s, %.100s",
                 kinds[i].name,
                 version,
                 redis->address);
        pthread_mutex_unlock(&redis->mutex);
        return PEVM_OK;
    }
    return error_set(
        error, PEVM_UNSUPPORTED, "%.100s: INFO names no server that is known", redis->address);
}

/* Password, database, kind: one round trip. Scripts must work where we need them. */
static enum pevm_status greet(struct redis_store *redis,
                              struct redis_link *link,
                              struct error *error)
{
    char number[16];
    redisReply *reply;
    struct redis_command auth = redis_command("AUTH"), select = redis_command("SELECT"),
                         info = redis_command("INFO");
    struct redis_command script = redis_command("EVAL");
    bool has_password = redis->password[0] != 0;
    snprintf(number, sizeof number, "%u", redis->options.database);
    redis_text(&auth, redis->password);
    redis_text(&select, number);
    redis_text(&info, "server");
    redis_text(&script, "return 1");
    redis_text(&script, "0");
    if (has_password) redis_send(link, &auth);
    if (redis->options.database != 0) redis_send(link, &select);
    redis_send(link, &info);
    redis_send(link, &script);

    for (unsigned i = 0; i < 2; i++) {
        if (i == 0 ? !has_password : redis->options.database == 0) continue;
        TRY(redis_expect(redis, link, REDIS_REPLY_STATUS, &reply, error));
        redis_free(reply);
    }
    TRY(redis_expect(redis, link, REDIS_REPLY_STRING, &reply, error));
    enum pevm_status status = look_at(redis, link, reply->str, error);
    redis_free(reply);
    TRY(status);
    TRY(redis_reply(redis, link, &reply, error));
    if (reply->type == REDIS_REPLY_ERROR && link->server != SERVER_PIKA)
        status = redis_fault(redis, reply->str, error);
    redis_free(reply);
    return status;
}

static enum pevm_status open_link(struct redis_store *redis,
                                  struct redis_link **out,
                                  struct error *error)
{
    struct redis_link *link = heap_alloc_zeroed(1, sizeof *link);
    if (link == NULL) return error_set(error, PEVM_NO_MEMORY, "%.100s: no memory", redis->address);
    link->context = connect_context(redis);
    enum pevm_status status = PEVM_OK;
    if (link->context == NULL || link->context->err != 0)
        status = link_fault(redis, link->context, error);
    else if (redisSetTimeout(link->context, timeval_of(redis->options.timeout_ms)) != REDIS_OK)
        status = link_fault(redis, link->context, error);
    if (status == PEVM_OK) status = greet(redis, link, error);
    if (status != PEVM_OK)
        link_free(link);
    else
        *out = link;
    return status;
}

/* ---- the pool ---- */

/* Nothing should come on an idle connection: if something does, it is its end. */
static bool is_alive(const struct redis_link *link)
{
    struct pollfd waiting = {.fd = link->context->fd, .events = POLLIN};
    return poll(&waiting, 1, 0) == 0;
}

/* An idle connection, or a place for a new one (*out NULL). */
static enum pevm_status take_place_locked(struct redis_store *redis,
                                          struct redis_link **out,
                                          struct error *error)
{
    for (;;) { /* ends: somebody releases one */
        *out = redis->idle;
        if (*out != NULL) {
            redis->idle = (*out)->next;
            if (is_alive(*out)) return PEVM_OK;
            link_free(*out);
            redis->open_count--;
            continue;
        }
        uint64_t now = clock_now_ns();
        if (redis->failures > 0 && now < redis->retry_ns)
            return error_set(error,
                             PEVM_UNAVAILABLE,
                             "%.100s: cannot be reached; the next attempt is in %" PRIu64 " ms",
                             redis->address,
                             (redis->retry_ns - now) / NS_PER_MS);
        if (redis->open_count < redis->options.connections_max) {
            redis->open_count++;
            return PEVM_OK;
        }
        pthread_cond_wait(&redis->released, &redis->mutex);
    }
}

/* 0.2 to 5 seconds, less up to a quarter, so that several do not come at once. */
static void note_attempt_locked(struct redis_store *redis, bool failed)
{
    uint64_t wait = RETRY_MIN_MS;
    if (!failed) {
        redis->failures = 0;
        return;
    }
    for (unsigned i = 0; i < redis->failures && wait < RETRY_MAX_MS; i++)
        wait *= 2;
    if (wait > RETRY_MAX_MS) wait = RETRY_MAX_MS;
    redis->failures++;
    redis->jitter = hash_mix(redis->jitter + 1, UINT64_C(0x9e3779b97f4a7c15));
    redis->retry_ns = clock_now_ns() + (wait - redis->jitter % (wait / 4)) * NS_PER_MS;
}

enum pevm_status redis_acquire(struct redis_store *redis,
                               struct redis_link **out,
                               struct error *error)
{
    pthread_mutex_lock(&redis->mutex);
    enum pevm_status status = take_place_locked(redis, out, error);
    pthread_mutex_unlock(&redis->mutex);
    if (status != PEVM_OK || *out != NULL) return status;
    status = open_link(redis, out, error);
    pthread_mutex_lock(&redis->mutex);
    note_attempt_locked(redis, status == PEVM_UNAVAILABLE);
    if (status != PEVM_OK) redis->open_count--;
    pthread_mutex_unlock(&redis->mutex);
    return status;
}

void redis_release(struct redis_store *redis, struct redis_link *link)
{
    pthread_mutex_lock(&redis->mutex);
    if (link->is_broken) {
        link_free(link);
        redis->open_count--;
    } else {
        link->next = redis->idle;
        redis->idle = link;
    }
    pthread_cond_signal(&redis->released);
    pthread_mutex_unlock(&redis->mutex);
}
