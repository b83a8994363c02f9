#include "service/leader.h"

#include "base/clock.h"
#include "base/heap.h"
#include "base/log.h"

#include <sys/random.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NS_PER_MS     UINT64_C(1000000)
#define NS_PER_S      UINT64_C(1000000000)
#define ASK_MS        250 /* how often a standby looks whether the lease is free */
#define RETRY_MS      200 /* after the store did not answer */
#define MARGIN_MIN_NS (200 * NS_PER_MS)
#define MARGIN_PARTS  10 /* a tenth of a lease */

struct leader {
    struct leader_options options;
    struct store_lease lease; /* the thread's own */
    struct counter token, until_ns, fenced, step_downs;
    pthread_t thread;
    pthread_mutex_t mutex; /* for waiting only */
    pthread_cond_t told;
    struct counter is_ending;
};

/* Unique: whoever has the same name would count as us. */
static void make_owner(char out[STORE_OWNER_SIZE])
{
    uint64_t words[2] = {clock_boot_ns(), (uint64_t)getpid()};
    if (getrandom(words, sizeof words, 0) != (ssize_t)sizeof words)
        words[0] ^= clock_now_ns() << 20;
    snprintf(out,
             STORE_OWNER_SIZE,
             "p%ldr%016" PRIx64 "%08" PRIx32,
             (long)getpid(),
             words[0],
             (uint32_t)words[1]);
}

static uint64_t margin_ns(const struct leader *leader)
{
    uint64_t part = leader->options.ttl_ns / MARGIN_PARTS;
    return part > MARGIN_MIN_NS ? part : MARGIN_MIN_NS;
}

uint64_t leader_token(const struct leader *leader)
{
    if (clock_boot_ns() + margin_ns(leader) >= counter_read(&leader->until_ns)) return 0;
    return counter_read(&leader->token);
}

uint64_t leader_step_downs(const struct leader *leader)
{
    return counter_read(&leader->step_downs);
}

static void publish(struct leader *leader)
{
    counter_set(&leader->until_ns, leader->lease.until_ns);
    counter_set(&leader->token, leader->lease.token);
}

static void begin_leading(struct leader *leader)
{
    struct metrics_writer *writer = leader->options.writer;
    publish(leader);
    counter_set(&leader->fenced, 0);
    metric_set(writer, SERVICE_LEADER, 0, 1);
    metric_set(writer, SERVICE_EPOCH, 0, leader->lease.token);
    metric_add(writer, SERVICE_ELECTIONS, 0, 1);
    if (!life_is_stopping(leader->options.life))
        board_set_role(leader->options.board, ROLE_LEADER, leader->lease.token);
    LOG_INFO("leading", LOG_U64("epoch", leader->lease.token));
    life_wake(leader->options.life);
}

/* Somebody else leads, or nobody. */
static void stand_by(struct leader *leader)
{
    if (!life_is_stopping(leader->options.life))
        board_set_role(leader->options.board, ROLE_STANDBY, 0);
}

static void stop_leading(struct leader *leader, const char *why)
{
    struct metrics_writer *writer = leader->options.writer;
    uint64_t token = leader->lease.token;
    leader->lease.token = 0;
    counter_set(&leader->token, 0);
    counter_set(&leader->fenced, 0);
    counter_add(&leader->step_downs, 1);
    metric_set(writer, SERVICE_LEADER, 0, 0);
    metric_add(writer, SERVICE_STEP_DOWNS, 0, 1);
    stand_by(leader);
    LOG_WARN("stepping down", LOG_U64("epoch", token), LOG_TEXT("reason", why));
    life_wake(leader->options.life);
}

/* Where the fence alone could let a change of the old leader through, its time passes first. */
static bool settle(struct leader *leader, struct error *error)
{
    uint64_t settle_ms = store_settle_ms(leader->options.store);
    uint64_t until_ns = clock_boot_ns() + settle_ms * NS_PER_MS;
    while (clock_boot_ns() < until_ns && counter_read(&leader->is_ending) == 0) {
        life_sleep(leader->options.life, RETRY_MS);
        if (store_lease_keep(
                leader->options.store, &leader->lease, leader->options.ttl_ns / NS_PER_MS, error) !=
            PEVM_OK)
            return false;
    }
    return true;
}

static uint64_t try_to_lead(struct leader *leader)
{
    static struct log_pace pace;
    struct error error = {0};
    enum pevm_status status = store_lease_take(
        leader->options.store, &leader->lease, leader->options.ttl_ns / NS_PER_MS, &error);
    if (status != PEVM_OK) {
        LOG_PACED(&pace,
                  LOG_LEVEL_WARN,
                  "the lease could not be asked for",
                  LOG_TEXT("error", error.text));
        return RETRY_MS;
    }
    if (leader->lease.token == 0) {
        stand_by(leader);
        return ASK_MS;
    }
    if (!settle(leader, &error)) {
        leader->lease.token = 0;
        return RETRY_MS;
    }
    begin_leading(leader);
    return leader->options.renew_ns / NS_PER_MS;
}

static uint64_t go_on_leading(struct leader *leader)
{
    static struct log_pace pace;
    struct error error = {0};
    if (counter_read(&leader->fenced) != 0) {
        stop_leading(leader, "fenced: the store refused a write, somebody else leads");
        return ASK_MS;
    }
    enum pevm_status status = store_lease_keep(
        leader->options.store, &leader->lease, leader->options.ttl_ns / NS_PER_MS, &error);
    if (status == PEVM_OK) {
        publish(leader);
        return leader->options.renew_ns / NS_PER_MS;
    }
    if (status == PEVM_FENCED) {
        stop_leading(leader, "fenced: the lease is not ours any more");
        return ASK_MS;
    }
    LOG_PACED(
        &pace, LOG_LEVEL_WARN, "the lease could not be renewed", LOG_TEXT("error", error.text));
    if (clock_boot_ns() + margin_ns(leader) < leader->lease.until_ns) return RETRY_MS;
    stop_leading(leader, "the lease ran out before the store answered");
    return ASK_MS;
}

/* Until so much time has passed, or somebody has something to say. */
static void rest(struct leader *leader, uint64_t ms)
{
    uint64_t until_ns = clock_now_ns() + ms * NS_PER_MS;
    struct timespec until = {.tv_sec = (time_t)(until_ns / NS_PER_S),
                             .tv_nsec = (long)(until_ns % NS_PER_S)};
    pthread_mutex_lock(&leader->mutex);
    while (counter_read(&leader->is_ending) == 0 &&
           counter_read(&leader->fenced) == 0) /* ends: the time is over */
        if (pthread_cond_timedwait(&leader->told, &leader->mutex, &until) != 0) break;
    pthread_mutex_unlock(&leader->mutex);
}

static void tell(struct leader *leader, struct counter *what)
{
    pthread_mutex_lock(&leader->mutex);
    counter_set(what, 1);
    pthread_cond_broadcast(&leader->told);
    pthread_mutex_unlock(&leader->mutex);
}

void leader_fenced(struct leader *leader)
{
    counter_set(&leader->token, 0);
    tell(leader, &leader->fenced);
}

static void *leader_main(void *context)
{
    struct leader *leader = context;
    (void)pthread_setname_np(pthread_self(), "pevm-leader");
    while (counter_read(&leader->is_ending) == 0) {
        uint64_t ms = leader->lease.token == 0 ? try_to_lead(leader) : go_on_leading(leader);
        rest(leader, ms);
    }
    return NULL;
}

enum pevm_status leader_new(struct leader **out,
                            const struct leader_options *options,
                            struct error *error)
{
    char owner[STORE_OWNER_SIZE];
    pthread_condattr_t clock;
    struct leader *leader = heap_alloc_zeroed(1, sizeof *leader);
    *out = NULL;
    if (leader == NULL) return error_set(error, PEVM_NO_MEMORY, "no memory for a leader");
    leader->options = *options;
    make_owner(owner);
    store_lease_init(&leader->lease, owner);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_mutex_init(&leader->mutex, NULL);
    pthread_cond_init(&leader->told, &clock);
    pthread_condattr_destroy(&clock);
    int fault = pthread_create(&leader->thread, NULL, leader_main, leader);
    if (fault != 0) {
        heap_free(leader);
        return error_set(error, PEVM_LIMIT, "no thread could be started: %s", strerror(fault));
    }
    *out = leader;
    return PEVM_OK;
}

void leader_free(struct leader *leader)
{
    if (leader == NULL) return;
    struct error error = {0};
    tell(leader, &leader->is_ending);
    pthread_join(leader->thread, NULL);
    pthread_cond_destroy(&leader->told);
    pthread_mutex_destroy(&leader->mutex);
    if (leader->lease.token != 0) {
        metric_set(leader->options.writer, SERVICE_LEADER, 0, 0);
        if (store_lease_drop(leader->options.store, &leader->lease, &error) != PEVM_OK)
            LOG_WARN("the lease could not be dropped; it runs out by itself",
                     LOG_TEXT("error", error.text));
    }
    heap_free(leader);
}
