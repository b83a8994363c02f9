#include "base/clock.h"
#include "store/store_digest.h"
#include "store/store_redis.h"
#include "support/commit_world.h"
#include "support/fake_server.h"
#include "support/redis_server.h"
#include "support/store_behaviour.h"
#include "support/test.h"

#include <signal.h>
#include <stdio.h>

static struct redis_server server;
static struct fake_server *fake;
static struct error error;
static struct redis_options options = {.password = "",
                                       .connections_max = 8,
                                       .pipeline_size = 1000,
                                       .connect_timeout_ms = 1000,
                                       .timeout_ms = 5000};

static enum pevm_status open_redis(struct store_place *place,
                                   struct store **out,
                                   struct error *told)
{
    (void)place;
    options.address = fake != NULL ? fake_server_path(fake) : server.path;
    return store_redis_open(out, &options, told);
}

static void pass_time(struct store_place *place, struct store *store, uint64_t ms)
{
    (void)place;
    (void)store;
    uint64_t until = clock_boot_ns() + ms * 1000000;
    while (clock_boot_ns() < until) { /* ends: the clock moves on */
    }
}

static struct store_place place = {open_redis, pass_time, NULL, true, true};

static bool on_key(void *context, struct bytes key, struct bytes value)
{
    (void)value;
    store_batch_delete(context, key);
    return true;
}

static void empty(struct store *store)
{
    struct store_batch batch = {0};
    CHECK_EQ(store_scan(store, BYTES_EMPTY, on_key, &batch, &error), PEVM_OK);
    CHECK_EQ(store_write(store, &batch, 0, &error), PEVM_OK);
    store_batch_fini(&batch);
}

static void renew_redis(struct store_place *it)
{
    struct store *store = place_open(it);
    empty(store);
    store_close(store);
}

static void renew_fake(struct store_place *it)
{
    (void)it;
    if (fake != NULL) fake_server_stop(fake);
    fake = fake_server_start(NULL);
}

static void stop_fake(void)
{
    fake_server_stop(fake);
    fake = NULL;
}

TEST(redis_behaves_like_every_store)
{
    static const unsigned sizes[] = {1000, 7};
    if (!redis_server_start(&server, "")) return;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        options.pipeline_size = sizes[i];
        store_behave(&place, renew_redis);
    }
    options.pipeline_size = 1000;
    struct store *store = place_open(&place);
    assert_null(get_text(store, "nothing"));
    CHECK(strstr(store_about(store), "Redis 7.") == store_about(store));
    CHECK_EQ(store_settle_ms(store), 0);
    store_close(store);
    redis_server_stop(&server);
}

TEST(a_pika_behaves_like_every_store)
{
    static const unsigned sizes[] = {1000, 7};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        options.pipeline_size = sizes[i];
        store_behave(&place, renew_fake);
    }
    options.pipeline_size = 1000;
    struct store *store = place_open(&place);
    assert_null(get_text(store, "nothing"));
    CHECK(strstr(store_about(store), "Pika 4.0.1, /tmp/") == store_about(store));
    CHECK_EQ(store_settle_ms(store), options.timeout_ms);
    store_close(store);
    stop_fake();
}

/* ---- errors of the server ---- */

static const struct {
    const char *reply, *hint;
    enum pevm_status status;
} faults[] = {
    {"-LOADING Redis is loading the dataset in memory\r\n",
     "it is loading its data",                                                                                                  PEVM_UNAVAILABLE},
    {"-BUSY Redis is busy running a script.\r\n",
     "it runs a script of somebody's",                                                                                          PEVM_UNAVAILABLE},
    {"-OOM command not allowed when used memory > 'maxmemory'.\r\n",                           "maxmemory",                     PEVM_UNAVAILABLE},
    {"-READONLY You can't write against a read only replica.\r\n",
     "it is a replica",                                                                                                         PEVM_UNAVAILABLE},
    {"-MISCONF Redis is configured to save RDB snapshots\r\n",
     "cannot write to its disk",                                                                                                PEVM_UNAVAILABLE},
    {"-EXECABORT Transaction discarded\r\n",                                                   "it refused one of the changes", PEVM_UNAVAILABLE},
    {"-ERR Writing binlog failed, maybe no space left on device\r\n",
     "its disk is full",                                                                                                        PEVM_UNAVAILABLE},
    {"-ERR Error running script (call to f_1): @user_script: 1: -OOM command not allowed\r\n",
     "maxmemory",                                                                                                               PEVM_UNAVAILABLE},
    {"-CLUSTERDOWN The cluster is down\r\n",                                                   "it is a cluster",               PEVM_UNSUPPORTED},
    {"-MOVED 3999 127.0.0.1:6381\r\n",                                                         "it is a cluster",               PEVM_UNSUPPORTED},
    {"-NOAUTH Authentication required.\r\n",                                                   "storage.pika.password",         PEVM_BAD_INPUT  },
    {"-WRONGTYPE Operation against a key holding the wrong kind of value\r\n",
     "holds something else",                                                                                                    PEVM_CORRUPT    },
    {"-ERR something nobody has seen\r\n",                                                     "ERR something nobody has seen", PEVM_IO         },
    {"+OK\r\n",                                                                                "is not what was asked for",     PEVM_UNAVAILABLE},
    {":7\r\n",                                                                                 "is not what was asked for",     PEVM_UNAVAILABLE},
    {"*1\r\n$1\r\nx\r\n",                                                                      "is not what was asked for",     PEVM_UNAVAILABLE},
    {"HTTP/1.1 400 Bad Request\r\n\r\n",                                                       "Protocol error",                PEVM_UNAVAILABLE},
};

static enum pevm_status get(struct store *store, const char *key)
{
    struct arena arena;
    struct bytes value;
    arena_init(&arena, 4096, 0);
    error_clear(&error);
    enum pevm_status status = store_get(store, &value, text_bytes(key), &arena, &error);
    arena_fini(&arena);
    return status;
}

TEST(each_error_has_its_class_and_none_is_an_absent_key)
{
    renew_fake(&place);
    struct store *store = place_open(&place);
    CHECK_EQ(put_text(store, "a", "1", 0), PEVM_OK);
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        fake_server_answer(fake, "GET", 0, faults[i].reply);
        CHECK_EQ(get(store, "a"), faults[i].status);
        if (strstr(error.text, faults[i].hint) == NULL) fail_msg("%s", error.text);
        CHECK_TEXT(get_text(store, "a"), "1"); /* and then it goes on */
    }
    store_close(store);
    stop_fake();
}

TEST(a_reply_that_does_not_come_or_not_whole_is_no_answer)
{
    options.timeout_ms = 300;
    static const char *const pieces[] = {
        "", "$", "$5\r\n", "$5\r\nab", "$5\r\nabcde", "*2\r\n$1\r\na\r\n", ":1", "-LOAD"};
    renew_fake(&place);
    struct store *store = place_open(&place);
    CHECK_EQ(put_text(store, "a", "1", 0), PEVM_OK);
    for (size_t i = 0; i < COUNT_OF(pieces); i++) {
        fake_server_answer_and_close(fake, "GET", 0, pieces[i]);
        CHECK_EQ(get(store, "a"), PEVM_UNAVAILABLE);
        CHECK_TEXT(get_text(store, "a"), "1");
    }
    fake_server_answer_and_hang(fake, "GET", 0, "$5\r\nab");
    uint64_t start = clock_now_ns();
    CHECK_EQ(get(store, "a"), PEVM_UNAVAILABLE);
    CHECK(strstr(error.text, ": no answer within 300 ms") != NULL);
    CHECK(clock_now_ns() - start < UINT64_C(5000000000));
    CHECK_TEXT(get_text(store, "a"), "1");
    store_close(store);
    stop_fake();
    options.timeout_ms = 5000;
}

TEST(connections_that_were_closed_meanwhile_are_noticed_before_they_are_used)
{
    renew_fake(&place);
    struct store *store = place_open(&place);
    CHECK_EQ(put_text(store, "a", "1", 0), PEVM_OK);
    CHECK_EQ(fake_server_connections(fake), 1);
    CHECK_TEXT(get_text(store, "a"), "1");
    CHECK_EQ(fake_server_connections(fake), 1);
    fake_server_drop(fake);
    pass_time(&place, store, 20);
    CHECK_EQ(get(store, "a"), PEVM_OK);
    CHECK_EQ(fake_server_connections(fake), 2);
    store_close(store);
    stop_fake();
}

/* ---- changes ---- */

TEST(a_token_that_grows_between_watch_and_exec_lets_nothing_through)
{
    struct store_lease lease;
    renew_fake(&place);
    struct store *store = place_open(&place);
    store_lease_init(&lease, "one");
    CHECK_EQ(store_lease_take(store, &lease, 100000, &error), PEVM_OK);
    CHECK_EQ(put_text(store, "a", "1", lease.token), PEVM_OK);
    fake_server_race(fake, "evmx:epoch");
    CHECK_EQ(put_text(store, "a", "2", lease.token), PEVM_FENCED);
    CHECK_TEXT(get_text(store, "a"), "1");
    CHECK_EQ(put_text(store, "a", "3", lease.token), PEVM_FENCED);
    CHECK_EQ(put_text(store, "a", "4", lease.token + 1), PEVM_OK);
    store_close(store);
    stop_fake();
}

TEST(what_fails_inside_of_a_transaction_is_told_and_the_next_step_does_not_begin)
{
    static const char *const replies[] = {
        "*2\r\n+OK\r\n-ERR Writing binlog failed\r\n", "-EXECABORT x\r\n", "*1\r\n+OK\r\n"};
    struct store_lease lease;
    renew_fake(&place);
    struct store *store = place_open(&place);
    store_lease_init(&lease, "one");
    CHECK_EQ(store_lease_take(store, &lease, 100000, &error), PEVM_OK);
    for (size_t i = 0; i < COUNT_OF(replies); i++) {
        struct store_batch batch = {0};
        store_batch_set(&batch, text_bytes("a"), text_bytes("1"), 0);
        store_batch_set(&batch, text_bytes("b"), text_bytes("1"), 0);
        store_batch_barrier(&batch);
        store_batch_set(&batch, text_bytes("progress"), text_bytes("1"), 0);
        fake_server_answer(fake, "EXEC", 0, replies[i]);
        CHECK_EQ(store_write(store, &batch, lease.token, &error), PEVM_UNAVAILABLE);
        store_batch_fini(&batch);
        assert_null(get_text(
            store, "progress")); /* on a new connection: nobody knows what the old one is in */
    }
    store_close(store);
    stop_fake();
}

TEST(a_command_that_is_not_queued_stops_the_step)
{
    struct store_lease lease;
    renew_fake(&place);
    struct store *store = place_open(&place);
    store_lease_init(&lease, "one");
    CHECK_EQ(store_lease_take(store, &lease, 100000, &error), PEVM_OK);
    fake_server_answer(fake, "SET", 0, "-OOM command not allowed\r\n");
    fake_server_answer(
        fake, "EXEC", 0, "-EXECABORT Transaction discarded because of previous errors.\r\n");
    struct store_batch batch = {0};
    store_batch_set(&batch, text_bytes("a"), text_bytes("1"), 0);
    CHECK_EQ(store_write(store, &batch, lease.token, &error), PEVM_UNAVAILABLE);
    CHECK(strstr(error.text, "maxmemory") != NULL); /* the cause, not that there was one */
    store_batch_fini(&batch);
    store_close(store);
    stop_fake();
}

TEST(a_full_server_takes_nothing_and_goes_on_when_it_has_room)
{
    static uint8_t large[1 << 16];
    struct store_lease lease;
    struct store_batch batch = {0};
    enum pevm_status status = PEVM_OK;
    if (!redis_server_start(&server, "--maxmemory 4mb --maxmemory-policy noeviction")) return;
    struct store *store = place_open(&place);
    store_lease_init(&lease, "one");
    CHECK_EQ(store_lease_take(store, &lease, 100000, &error), PEVM_OK);
    for (unsigned i = 0; i < 100 && status == PEVM_OK; i++) {
        char key[16];
        snprintf(key, sizeof key, "k%u", i);
        store_batch_reset(&batch);
        store_batch_set(&batch, text_bytes(key), bytes_of(large, sizeof large), 0);
        store_batch_barrier(&batch);
        store_batch_set(&batch, text_bytes("progress"), text_bytes(key), 0);
        status = store_write(store, &batch, lease.token, &error);
    }
    CHECK_EQ(status, PEVM_UNAVAILABLE);
    CHECK(strstr(error.text, "maxmemory") != NULL);
    empty(store); /* deleting is allowed */
    CHECK_EQ(store_lease_take(store, &lease, 100000, &error), PEVM_OK);
    CHECK_EQ(put_text(store, "a", "1", lease.token), PEVM_OK);
    store_batch_fini(&batch);
    store_close(store);
    redis_server_stop(&server);
}

TEST(a_server_that_gives_a_token_twice_is_found_out_by_the_name_on_the_lock)
{
    struct store_lease one, other;
    if (!redis_server_start(&server, "")) return;
    struct store *store = place_open(&place), *second = place_open(&place);
    store_lease_init(&one, "one");
    store_lease_init(&other, "other");
    CHECK_EQ(store_lease_take(store, &one, 100000, &error), PEVM_OK);
    CHECK_EQ(put_text(store, "a", "1", one.token), PEVM_OK);
    empty(second); /* as if an older copy had come back */
    CHECK_EQ(store_lease_take(second, &other, 100000, &error), PEVM_OK);
    CHECK_EQ(other.token, one.token);
    CHECK_EQ(put_text(store, "a", "2", one.token), PEVM_FENCED);
    CHECK_EQ(put_text(second, "a", "3", other.token), PEVM_OK);
    store_close(store);
    store_close(second);
    redis_server_stop(&server);
}

/* ---- connecting ---- */

TEST(without_a_server_calls_fail_at_once_until_the_next_attempt)
{
    struct store *store;
    options.address = "/nowhere/socket";
    CHECK_EQ(store_redis_open(&store, &options, &error), PEVM_OK);
    CHECK_TEXT(store_about(store), "Redis protocol, /nowhere/socket");
    CHECK_EQ(get(store, "a"), PEVM_UNAVAILABLE);
    CHECK(strstr(error.text, "/nowhere/socket: No such file or directory") != NULL);
    CHECK_EQ(get(store, "a"), PEVM_UNAVAILABLE);
    CHECK(strstr(error.text, "/nowhere/socket: cannot be reached; the next attempt is in ") ==
          error.text);
    store_close(store);
}

TEST(a_server_that_was_killed_is_found_again)
{
    if (!redis_server_start(&server, "--appendonly yes --appendfsync always")) return;
    struct store *store = place_open(&place);
    CHECK_EQ(put_text(store, "a", "1", 0), PEVM_OK);
    redis_server_kill(&server);
    CHECK_EQ(get(store, "a"), PEVM_UNAVAILABLE);
    redis_server_restart(&server);
    uint64_t until = clock_now_ns() + UINT64_C(6000000000);
    while (get(store, "a") == PEVM_UNAVAILABLE && clock_now_ns() < until) { /* ends: 6 seconds */
    }
    CHECK_TEXT(get_text(store, "a"), "1");
    store_close(store);
    redis_server_stop(&server);
}

TEST(a_server_that_is_stopped_does_not_answer_in_time)
{
    if (!redis_server_start(&server, "")) return;
    options.timeout_ms = 300;
    struct store *store = place_open(&place);
    CHECK_EQ(put_text(store, "a", "1", 0), PEVM_OK);
    CHECK_EQ(kill(server.pid, SIGSTOP), 0);
    CHECK_EQ(get(store, "a"), PEVM_UNAVAILABLE);
    CHECK(strstr(error.text, "no answer within 300 ms") != NULL);
    CHECK_EQ(kill(server.pid, SIGCONT), 0);
    uint64_t until = clock_now_ns() + UINT64_C(6000000000);
    while (get(store, "a") == PEVM_UNAVAILABLE && clock_now_ns() < until) { /* ends: 6 seconds */
    }
    CHECK_TEXT(get_text(store, "a"), "1");
    store_close(store);
    redis_server_stop(&server);
    options.timeout_ms = 5000;
}

static void try_with(const char *password,
                     unsigned database,
                     enum pevm_status expected,
                     const char *hint)
{
    struct store *store;
    struct redis_options other = options;
    other.address = server.path;
    other.password = password;
    other.database = database;
    CHECK_EQ(store_redis_open(&store, &other, &error), PEVM_OK);
    enum pevm_status status = get(store, "a");
    if (status != expected) fail_msg("%s", error.text);
    if (hint[0] != 0 && strstr(error.text, hint) == NULL) fail_msg("%s", error.text);
    CHECK(strstr(error.text, "sesame") == NULL);
    store_close(store);
}

TEST(passwords_and_databases_are_judged_at_once)
{
    if (!redis_server_start(&server, "--requirepass opensesame")) return;
    try_with("opensesame", 0, PEVM_NOT_FOUND, "a: is absent");
    try_with("opensesame", 3, PEVM_NOT_FOUND, "");
    try_with("", 0, PEVM_BAD_INPUT, "it wants a password: storage.pika.password");
    try_with("wrongsesame", 0, PEVM_BAD_INPUT, "the password is wrong: storage.pika.password");
    try_with("opensesame", 99, PEVM_BAD_INPUT, "it has no such database: storage.pika.db");
    redis_server_stop(&server);
}

TEST(clusters_and_strangers_are_refused)
{
    fake = fake_server_start("redis_version:7.0.0\r\nredis_mode:cluster\r\n");
    struct store *store = place_open(&place);
    CHECK_EQ(get(store, "a"), PEVM_UNSUPPORTED);
    CHECK(strstr(error.text, "is a cluster, which cannot be used") != NULL);
    store_close(store);
    stop_fake();
    fake =
        fake_server_start("redis_version:7.0.0\r\nredis_mode:standalone\r\n"); /* but no scripts */
    store = place_open(&place);
    CHECK_EQ(get(store, "a"), PEVM_IO);
    CHECK(strstr(error.text, "unknown command 'EVAL'") != NULL);
    store_close(store);
    stop_fake();
    fake = fake_server_start("something:1\r\n");
    store = place_open(&place);
    CHECK_EQ(get(store, "a"), PEVM_UNSUPPORTED);
    store_close(store);
    stop_fake();
}

TEST(addresses_are_looked_at_when_it_is_opened)
{
    static const char *const bad[] = {
        "", "host", "host:", ":1", "host:0", "host:65536", "host:1x", "[::1:5"};
    static const char *const good[] = {"host:1", "[::1]:5", "/path", "127.0.0.1:65535"};
    struct store *store;
    struct redis_options other = options;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        other.address = bad[i];
        CHECK_EQ(store_redis_open(&store, &other, &error), PEVM_BAD_INPUT);
    }
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        other.address = good[i];
        CHECK_EQ(store_redis_open(&store, &other, &error), PEVM_OK);
        store_close(store);
    }
}

/* ---- whole blocks ---- */

#define BLOCKS 40

static hash32 commit_all(bool is_led)
{
    struct commit_world *world = commit_world_new(1, BLOCKS);
    struct committer committer;
    struct commit_options commit_options = {.style = {.history_ttl_ms = 3600000}, .window = 8};
    struct store_lease lease;
    hash32 genesis = commit_world_hash(world, 0), digest;
    struct store *store = place_open(&place);
    commit_init(&committer, store, &commit_options);
    store_lease_init(&lease, "one");
    if (is_led) CHECK_EQ(store_lease_take(store, &lease, 100000, &error), PEVM_OK);
    CHECK_EQ(commit_start(&committer, 0, &genesis, lease.token, &error), PEVM_OK);
    for (uint64_t number = 1; number <= BLOCKS; number++) {
        struct commit_input input = *commit_world_input(world, number);
        input.token = lease.token;
        if (commit_block(&committer, &input, &error) != PEVM_OK) fail_msg("%s", error.text);
    }
    commit_world_check_latest(store, commit_world_model(world, BLOCKS));
    CHECK_EQ(commit_rewind(&committer, BLOCKS - 5, lease.token, &error), PEVM_OK);
    commit_world_check_latest(store, commit_world_model(world, BLOCKS - 5));
    CHECK_EQ(store_digest(store, &digest, &error), PEVM_OK);
    commit_fini(&committer);
    store_close(store);
    commit_world_free(world);
    return digest;
}

TEST(blocks_lie_the_same_on_every_server)
{
    renew_fake(&place);
    hash32 pika = commit_all(true);
    renew_fake(&place);
    hash32 plain = commit_all(false);
    CHECK(hash32_equal(&pika, &plain));
    stop_fake();
    if (!redis_server_start(&server, "")) return;
    hash32 redis = commit_all(true);
    CHECK(hash32_equal(&pika, &redis));
    redis_server_stop(&server);
}
