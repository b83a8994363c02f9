#include "support/fake_server.h"

#include "base/clock.h"
#include "base/heap.h"
#include "support/test.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CLIENTS_MAX 64
#define WORDS_MAX   8
#define QUEUE_MAX   4096
#define COUNTS_MAX  32
#define ANSWERS_MAX 8
#define PAGE        100 /* keys in one reply to SCAN */
#define INPUT_MAX   ((size_t)1 << 25)

struct command {
    struct bytes words[WORDS_MAX];
    size_t count;
};

struct entry {
    char *key, *value;
    size_t key_size, value_size;
    uint64_t expires_ns; /* 0: never */
};

struct client {
    int file; /* -1: free */
    char *input;
    size_t input_size;
    bool in_multi, is_watching, is_touched, hangs;
    struct bytes watched;
    char *queue[QUEUE_MAX]; /* whole commands as they came */
    size_t queue_sizes[QUEUE_MAX], queue_count;
};

struct answer {
    char command[16], reply[512];
    unsigned skip;
    bool is_set, closes, hangs;
};

struct fake_server {
    char folder[64], path[96], info[512];
    pthread_t thread;
    pthread_mutex_t mutex;
    int listener, wake[2];
    bool stops, drops;
    struct entry *entries;
    size_t count, room;
    struct client clients[CLIENTS_MAX];
    struct answer answers[ANSWERS_MAX];
    char race[64];
    struct {
        char name[16];
        unsigned count;
    } counts[COUNTS_MAX];
    unsigned connections;
    FILE *out; /* replies of the command in work */
};

/* ---- the keys ---- */

static bool is_key(const struct entry *entry, struct bytes key)
{
    return bytes_equal(bytes_of(entry->key, entry->key_size), key);
}

static void remove_at(struct fake_server *server, size_t index)
{
    free(server->entries[index].key);
    free(server->entries[index].value);
    server->entries[index] = server->entries[--server->count];
}

static struct entry *find(struct fake_server *server, struct bytes key)
{
    for (size_t i = 0; i < server->count; i++) {
        struct entry *entry = &server->entries[i];
        if (!is_key(entry, key)) continue;
        if (entry->expires_ns == 0 || clock_now_ns() < entry->expires_ns) return entry;
        remove_at(server, i);
        return NULL;
    }
    return NULL;
}

static char *copy_of(struct bytes bytes)
{
    char *copy = malloc(bytes.size + 1);
    assert_non_null(copy);
    if (bytes.size > 0) memcpy(copy, bytes.data, bytes.size);
    copy[bytes.size] = 0;
    return copy;
}

static void touch(struct fake_server *server, struct bytes key)
{
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        if (server->clients[i].file >= 0 && server->clients[i].is_watching &&
            bytes_equal(server->clients[i].watched, key))
            server->clients[i].is_touched = true;
}

static void set(struct fake_server *server, struct bytes key, struct bytes value, uint64_t ttl_ms)
{
    struct entry *entry = find(server, key);
    touch(server, key);
    if (entry == NULL) {
        if (server->count == server->room) {
            server->room = server->room == 0 ? 64 : 2 * server->room;
            server->entries = realloc(server->entries, server->room * sizeof *server->entries);
            assert_non_null(server->entries);
        }
        entry = &server->entries[server->count++];
        *entry = (struct entry){.key = copy_of(key), .key_size = key.size};
    } else {
        free(entry->value);
    }
    entry->value = copy_of(value);
    entry->value_size = value.size;
    entry->expires_ns = ttl_ms == 0 ? 0 : clock_now_ns() + ttl_ms * 1000000;
}

static bool remove_key(struct fake_server *server, struct bytes key)
{
    struct entry *entry = find(server, key);
    if (entry == NULL) return false;
    touch(server, key);
    remove_at(server, (size_t)(entry - server->entries));
    return true;
}

/* ---- the commands ---- */

static bool is_word(struct bytes word, const char *text)
{
    return word.size == strlen(text) && strncasecmp((const char *)word.data, text, word.size) == 0;
}

static void put_bulk(FILE *out, const char *text, size_t size)
{
    fprintf(out, "$%zu\r\n", size);
    fwrite(text, 1, size, out);
    fputs("\r\n", out);
}

static void on_get(struct fake_server *server, const struct command *command)
{
    const struct entry *entry = find(server, command->words[1]);
    if (entry == NULL)
        fputs("$-1\r\n", server->out);
    else
        put_bulk(server->out, entry->value, entry->value_size);
}

static void on_set(struct fake_server *server, const struct command *command)
{
    struct bytes key = command->words[1], value = command->words[2], old = {0};
    bool only_new = false, only_same = false;
    uint64_t ttl = 0;
    for (size_t i = 3; i < command->count; i++) {
        if (is_word(command->words[i], "NX")) only_new = true;
        if (is_word(command->words[i], "PX"))
            ttl = strtoull((const char *)command->words[++i].data, NULL, 10);
        if (is_word(command->words[i], "VX")) {
            only_same = true;
            old = command->words[++i];
        }
    }
    const struct entry *entry = find(server, key);
    bool is_same = entry != NULL && bytes_equal(bytes_of(entry->value, entry->value_size), old);
    bool sets = only_same ? is_same : only_new ? entry == NULL : true;
    if (sets) set(server, key, value, ttl);
    if (only_same)
        fprintf(server->out, ":%d\r\n", is_same ? 1 : entry == NULL ? 0 : -1);
    else
        fputs(sets ? "+OK\r\n" : "$-1\r\n", server->out);
}

static void on_del(struct fake_server *server, const struct command *command)
{
    fprintf(server->out, ":%d\r\n", remove_key(server, command->words[1]));
}

static void on_delvx(struct fake_server *server, const struct command *command)
{
    const struct entry *entry = find(server, command->words[1]);
    bool is_same =
        entry != NULL && bytes_equal(bytes_of(entry->value, entry->value_size), command->words[2]);
    int result = is_same ? 1 : entry == NULL ? 0 : -1;
    if (is_same) (void)remove_key(server, command->words[1]);
    fprintf(server->out, ":%d\r\n", result);
}

static void increment(struct fake_server *server, struct bytes key)
{
    char text[32];
    const struct entry *entry = find(server, key);
    unsigned long long next = entry == NULL ? 1 : strtoull(entry->value, NULL, 10) + 1;
    int size = snprintf(text, sizeof text, "%llu", next);
    set(server, key, bytes_of(text, (size_t)size), 0);
    if (server->out != NULL) fprintf(server->out, ":%s\r\n", text);
}

/* Only what we ask with: a prefix, escaped, and a star. */
static bool matches(const struct entry *entry, struct bytes pattern)
{
    size_t at = 0;
    for (size_t i = 0; i + 1 < pattern.size; i++, at++) {
        if (pattern.data[i] == '\\') i++;
        if (at == entry->key_size || (uint8_t)entry->key[at] != pattern.data[i]) return false;
    }
    return true;
}

static void on_scan(struct fake_server *server, const struct command *command)
{
    size_t begin = strtoull((const char *)command->words[1].data, NULL, 10), found = 0;
    size_t end = begin + PAGE < server->count ? begin + PAGE : server->count;
    char next[32];
    for (size_t i = begin; i < end; i++)
        found += matches(&server->entries[i], command->words[3]);
    int size = snprintf(next, sizeof next, "%zu", end == server->count ? 0 : end);
    fputs("*2\r\n", server->out);
    put_bulk(server->out, next, (size_t)size);
    fprintf(server->out, "*%zu\r\n", found);
    for (size_t i = begin; i < end; i++)
        if (matches(&server->entries[i], command->words[3]))
            put_bulk(server->out, server->entries[i].key, server->entries[i].key_size);
}

static void on_ok(struct fake_server *server, const struct command *command)
{
    (void)command;
    fputs("+OK\r\n", server->out);
}

static void on_info(struct fake_server *server, const struct command *command)
{
    (void)command;
    put_bulk(server->out, server->info, strlen(server->info));
}

static void on_incr(struct fake_server *server, const struct command *command)
{
    increment(server, command->words[1]);
}

static const struct {
    const char *name;
    size_t words_min;
    void (*run)(struct fake_server *server, const struct command *command);
} commands[] = {
    {"GET",    2, on_get  },
    {"SET",    3, on_set  },
    {"DEL",    2, on_del  },
    {"DELVX",  3, on_delvx},
    {"INCR",   2, on_incr },
    {"SCAN",   6, on_scan },
    {"AUTH",   2, on_ok   },
    {"SELECT", 2, on_ok   },
    {"INFO",   1, on_info },
};

static void run_plain(struct fake_server *server, const struct command *command)
{
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        if (!is_word(command->words[0], commands[i].name) || command->count < commands[i].words_min)
            continue;
        commands[i].run(server, command);
        return;
    }
    fprintf(server->out,
            "-ERR unknown command '%.*s'\r\n",
            (int)command->words[0].size,
            (const char *)command->words[0].data);
}

/* ---- the protocol ---- */

/* A whole command at the front of `text`; how many bytes it has, 0: not all are there. */
static size_t parse(const char *text, size_t size, struct command *out)
{
    const char *at = text, *end = text + size;
    char *after;
    if (size < 4 || memchr(text, '\n', size) == NULL) return 0;
    assert_true(*at == '*');
    out->count = strtoul(at + 1, &after, 10);
    assert_true(out->count >= 1 && out->count <= WORDS_MAX);
    at = after + 2;
    for (size_t i = 0; i < out->count; i++) {
        if (at >= end || memchr(at, '\n', (size_t)(end - at)) == NULL) return 0;
        assert_true(*at == '$');
        size_t word = strtoul(at + 1, &after, 10);
        at = after + 2;
        if ((size_t)(end - at) < word + 2) return 0;
        out->words[i] = bytes_of(at, word);
        at += word + 2;
    }
    return (size_t)(at - text);
}

static void forget_transaction(struct client *client)
{
    for (size_t i = 0; i < client->queue_count; i++)
        free(client->queue[i]);
    if (client->is_watching) free((void *)(uintptr_t)client->watched.data);
    client->queue_count = 0;
    client->in_multi = client->is_watching = client->is_touched = false;
}

static void run_exec(struct fake_server *server, struct client *client)
{
    if (server->race[0] != 0) {
        FILE *out = server->out;
        server->out = NULL;
        increment(server, bytes_of(server->race, strlen(server->race)));
        server->out = out;
        server->race[0] = 0;
    }
    if (client->is_touched) {
        fputs("*-1\r\n", server->out);
    } else {
        fprintf(server->out, "*%zu\r\n", client->queue_count);
        for (size_t i = 0; i < client->queue_count; i++) {
            struct command command;
            assert_true(parse(client->queue[i], client->queue_sizes[i], &command) > 0);
            run_plain(server, &command);
        }
    }
    forget_transaction(client);
}

static void count(struct fake_server *server, struct bytes name)
{
    for (size_t i = 0; i < COUNTS_MAX; i++) {
        if (server->counts[i].count == 0)
            snprintf(server->counts[i].name,
                     sizeof server->counts[i].name,
                     "%.*s",
                     (int)name.size,
                     (const char *)name.data);
        if (!is_word(name, server->counts[i].name)) continue;
        server->counts[i].count++;
        return;
    }
}

/* Was an answer prepared? Then it is given. */
static bool give_answer(struct fake_server *server,
                        struct client *client,
                        const struct command *command)
{
    for (size_t i = 0; i < ANSWERS_MAX; i++) {
        struct answer *answer = &server->answers[i];
        if (!answer->is_set || !is_word(command->words[0], answer->command)) continue;
        if (answer->skip > 0) {
            answer->skip--;
            continue;
        }
        answer->is_set = false;
        fputs(answer->reply, server->out);
        client->hangs = answer->hangs || answer->closes;
        if (answer->closes) client->input_size = SIZE_MAX; /* closed when the reply is out */
        return true;
    }
    return false;
}

static void run_command(struct fake_server *server,
                        struct client *client,
                        const struct command *command,
                        size_t size)
{
    count(server, command->words[0]);
    if (give_answer(server, client, command)) return;
    if (is_word(command->words[0], "WATCH")) {
        if (client->is_watching) free((void *)(uintptr_t)client->watched.data);
        client->watched = bytes_of(copy_of(command->words[1]), command->words[1].size);
        client->is_watching = true;
        fputs("+OK\r\n", server->out);
    } else if (is_word(command->words[0], "MULTI")) {
        client->in_multi = true;
        fputs("+OK\r\n", server->out);
    } else if (is_word(command->words[0], "EXEC")) {
        run_exec(server, client);
    } else if (client->in_multi) {
        assert_true(client->queue_count < QUEUE_MAX);
        client->queue_sizes[client->queue_count] = size;
        client->queue[client->queue_count++] = copy_of(bytes_of(client->input, size));
        fputs("+QUEUED\r\n", server->out);
    } else {
        run_plain(server, command);
    }
}

static void close_client(struct client *client)
{
    forget_transaction(client);
    close(client->file);
    free(client->input);
    *client = (struct client){.file = -1};
}

static void write_all(int file, const char *text, size_t size)
{
    while (size > 0) { /* ends: the socket takes bytes, or fails */
        ssize_t done = send(file, text, size, MSG_NOSIGNAL);
        if (done <= 0) return;
        text += done;
        size -= (size_t)done;
    }
}

/* Everything that is whole in the input. */
static void serve_input(struct fake_server *server, struct client *client)
{
    char *text = NULL;
    size_t text_size = 0;
    server->out = open_memstream(&text, &text_size);
    assert_non_null(server->out);
    while (!client->hangs) { /* ends: the input shrinks */
        struct command command;
        size_t size = parse(client->input, client->input_size, &command);
        if (size == 0) break;
        run_command(server, client, &command, size);
        if (client->input_size == SIZE_MAX) break;
        client->input_size -= size;
        memmove(client->input, client->input + size, client->input_size);
    }
    fclose(server->out);
    write_all(client->file, text, text_size);
    free(text);
    if (client->input_size == SIZE_MAX) close_client(client);
}

static void on_input(struct fake_server *server, struct client *client)
{
    if (client->input == NULL) client->input = malloc(INPUT_MAX);
    assert_true(client->input != NULL && client->input_size < INPUT_MAX);
    ssize_t size =
        read(client->file, client->input + client->input_size, INPUT_MAX - client->input_size);
    if (size <= 0) {
        close_client(client);
        return;
    }
    if (client->hangs) return;
    client->input_size += (size_t)size;
    serve_input(server, client);
}

static void on_connection(struct fake_server *server)
{
    int file = accept(server->listener, NULL, NULL);
    if (file < 0) return;
    server->connections++;
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        if (server->clients[i].file >= 0) continue;
        server->clients[i].file = file;
        return;
    }
    close(file);
}

static void *serve(void *context)
{
    struct fake_server *server = context;
    for (bool stops = false; !stops;) { /* ends: fake_server_stop */
        struct pollfd files[CLIENTS_MAX + 2];
        char bytes[16];
        for (size_t i = 0; i < CLIENTS_MAX; i++)
            files[i] = (struct pollfd){.fd = server->clients[i].file, .events = POLLIN};
        files[CLIENTS_MAX] = (struct pollfd){.fd = server->listener, .events = POLLIN};
        files[CLIENTS_MAX + 1] = (struct pollfd){.fd = server->wake[0], .events = POLLIN};
        (void)poll(files, COUNT_OF(files), -1);
        pthread_mutex_lock(&server->mutex);
        for (size_t i = 0; i < CLIENTS_MAX; i++)
            if (files[i].revents != 0) on_input(server, &server->clients[i]);
        if (files[CLIENTS_MAX].revents != 0) on_connection(server);
        if (files[CLIENTS_MAX + 1].revents != 0)
            assert_true(read(server->wake[0], bytes, sizeof bytes) > 0);
        for (size_t i = 0; i < CLIENTS_MAX && server->drops; i++)
            if (server->clients[i].file >= 0) close_client(&server->clients[i]);
        server->drops = false;
        stops = server->stops;
        pthread_mutex_unlock(&server->mutex);
    }
    return NULL;
}

/* ---- life ---- */

struct fake_server *fake_server_start(const char *info)
{
    struct fake_server *server = calloc(1, sizeof *server);
    struct sockaddr_un place = {.sun_family = AF_UNIX};
    assert_non_null(server);
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        server->clients[i].file = -1;
    snprintf(server->info,
             sizeof server->info,
             "%s",
             info != NULL
                 ? info
                 : "# Server\r\npika_version:4.0.1\r\nredis_version:4.0.1\r\nos:Linux\r\n");
    snprintf(server->folder, sizeof server->folder, "/tmp/pevm_fake_XXXXXX");
    assert_non_null(mkdtemp(server->folder));
    snprintf(server->path, sizeof server->path, "%s/socket", server->folder);
    snprintf(place.sun_path, sizeof place.sun_path, "%s", server->path);
    server->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK_EQ(bind(server->listener, (const struct sockaddr *)&place, sizeof place), 0);
    CHECK_EQ(listen(server->listener, 64), 0);
    CHECK_EQ(pipe(server->wake), 0);
    CHECK_EQ(pthread_mutex_init(&server->mutex, NULL), 0);
    CHECK_EQ(pthread_create(&server->thread, NULL, serve, server), 0);
    return server;
}

static void wake(struct fake_server *server)
{
    CHECK_EQ(write(server->wake[1], "x", 1), 1);
}

void fake_server_stop(struct fake_server *server)
{
    pthread_mutex_lock(&server->mutex);
    server->stops = true;
    pthread_mutex_unlock(&server->mutex);
    wake(server);
    CHECK_EQ(pthread_join(server->thread, NULL), 0);
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        if (server->clients[i].file >= 0) close_client(&server->clients[i]);
    while (server->count > 0)
        remove_at(server, 0);
    free(server->entries);
    close(server->listener);
    close(server->wake[0]);
    close(server->wake[1]);
    unlink(server->path);
    rmdir(server->folder);
    pthread_mutex_destroy(&server->mutex);
    free(server);
}

const char *fake_server_path(const struct fake_server *server)
{
    return server->path;
}

static void prepare(struct fake_server *server,
                    const char *command,
                    unsigned skip,
                    const char *reply,
                    bool closes,
                    bool hangs)
{
    pthread_mutex_lock(&server->mutex);
    size_t i = 0;
    while (i < ANSWERS_MAX && server->answers[i].is_set)
        i++;
    assert_true(i < ANSWERS_MAX);
    struct answer *answer = &server->answers[i];
    *answer = (struct answer){.skip = skip, .is_set = true, .closes = closes, .hangs = hangs};
    snprintf(answer->command, sizeof answer->command, "%s", command);
    snprintf(answer->reply, sizeof answer->reply, "%s", reply);
    pthread_mutex_unlock(&server->mutex);
}

void fake_server_answer(struct fake_server *server,
                        const char *command,
                        unsigned skip,
                        const char *reply)
{
    prepare(server, command, skip, reply, false, false);
}

void fake_server_answer_and_close(struct fake_server *server,
                                  const char *command,
                                  unsigned skip,
                                  const char *reply)
{
    prepare(server, command, skip, reply, true, false);
}

void fake_server_answer_and_hang(struct fake_server *server,
                                 const char *command,
                                 unsigned skip,
                                 const char *reply)
{
    prepare(server, command, skip, reply, false, true);
}

void fake_server_race(struct fake_server *server, const char *key)
{
    pthread_mutex_lock(&server->mutex);
    snprintf(server->race, sizeof server->race, "%s", key);
    pthread_mutex_unlock(&server->mutex);
}

unsigned fake_server_count(struct fake_server *server, const char *command)
{
    unsigned out = 0;
    pthread_mutex_lock(&server->mutex);
    for (size_t i = 0; i < COUNTS_MAX; i++)
        if (strcmp(server->counts[i].name, command) == 0) out = server->counts[i].count;
    pthread_mutex_unlock(&server->mutex);
    return out;
}

unsigned fake_server_connections(struct fake_server *server)
{
    pthread_mutex_lock(&server->mutex);
    unsigned out = server->connections;
    pthread_mutex_unlock(&server->mutex);
    return out;
}

void fake_server_drop(struct fake_server *server)
{
    pthread_mutex_lock(&server->mutex);
    server->drops = true;
    pthread_mutex_unlock(&server->mutex);
    wake(server);
}
