#include "service/life.h"

#include "base/clock.h"
#include "base/log.h"
#include "service/life_stacks.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_MS    UINT64_C(1000000)
#define NS_PER_S     UINT64_C(1000000000)
#define LOOK_MS      500 /* how often the watchdog looks */
#define SIGNALLED    128 /* exit codes of shells */
#define URGENT_PARTS 2   /* half of the grace is for the block, half for the rest */

static void fill_signals(sigset_t *set)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1};
    sigemptyset(set);
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        sigaddset(set, numbers[i]);
}

static void wake(struct life *life)
{
    pthread_mutex_lock(&life->mutex);
    life->wakes++;
    pthread_cond_broadcast(&life->changed);
    pthread_mutex_unlock(&life->mutex);
}

void life_wake(struct life *life)
{
    wake(life);
}

static void on_stop(struct life *life, int number)
{
    if (counter_read(&life->stop_signal) != 0) {
        LOG_WARN("told to stop a second time: ending at once", LOG_U64("signal", (uint64_t)number));
        _exit(SIGNALLED + number);
    }
    counter_set(&life->stop_at_ns, clock_now_ns());
    counter_set(&life->stop_signal, (uint64_t)number);
    board_set_role(life->board, ROLE_STOPPING, 0);
    LOG_INFO("told to stop", LOG_U64("signal", (uint64_t)number));
    wake(life);
}

static void on_signal(struct life *life, int number)
{
    switch (number) {
    case SIGHUP:
        counter_add(&life->reloads, 1);
        wake(life);
        break;
    case SIGUSR1: log_reopen_request(); break;
    default: on_stop(life, number);
    }
}

/* A stop that takes too long, a loop that does not come round. */
static void look(struct life *life)
{
    uint64_t watchdog_ns = counter_read(&life->watchdog_ns);
    if (counter_read(&life->stop_signal) != 0) {
        uint64_t past_ns = clock_now_ns() - counter_read(&life->stop_at_ns);
        if (past_ns < counter_read(&life->grace_ns)) return;
        LOG_ERROR("the stop took longer than shutdown_timeout: ending at once; the next start "
                  "makes whole what was cut off");
        _exit(0);
    }
    if (watchdog_ns == 0) return;
    bool is_silent = board_silence(life->board) > watchdog_ns;
    if (is_silent && !life->was_dumped) {
        LOG_ERROR("the main loop does not come round; what every thread is doing follows on "
                  "standard error",
                  LOG_NS("silent_for", board_silence(life->board)));
        stack_dump_all();
    }
    life->was_dumped = is_silent;
}

static void *life_main(void *context)
{
    struct life *life = context;
    sigset_t set;
    (void)pthread_setname_np(pthread_self(), "pevm-life");
    fill_signals(&set);
    for (;;) { /* ends: life_end */
        struct timespec until = {.tv_nsec = LOOK_MS * (long)NS_PER_MS};
        int number = sigtimedwait(&set, NULL, &until);
        pthread_mutex_lock(&life->mutex);
        bool is_ending = life->is_ending;
        pthread_mutex_unlock(&life->mutex);
        if (is_ending) return NULL;
        if (number > 0) on_signal(life, number);
        look(life);
    }
}

enum pevm_status life_begin(struct life *life, struct board *board, struct error *error)
{
    sigset_t set;
    pthread_condattr_t clock;
    *life = (struct life){.board = board};
    fill_signals(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    stack_dump_prepare();
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_mutex_init(&life->mutex, NULL);
    pthread_cond_init(&life->changed, &clock);
    pthread_condattr_destroy(&clock);
    int fault = pthread_create(&life->thread, NULL, life_main, life);
    if (fault == 0) return PEVM_OK;
    return error_set(error, PEVM_LIMIT, "no thread could be started: %s", strerror(fault));
}

void life_end(struct life *life)
{
    pthread_mutex_lock(&life->mutex);
    life->is_ending = true;
    pthread_mutex_unlock(&life->mutex);
    pthread_kill(life->thread, SIGUSR1);
    pthread_join(life->thread, NULL);
    pthread_cond_destroy(&life->changed);
    pthread_mutex_destroy(&life->mutex);
}

void life_set_limits(struct life *life, uint64_t watchdog_ns, uint64_t grace_ns)
{
    counter_set(&life->watchdog_ns, watchdog_ns);
    counter_set(&life->grace_ns, grace_ns);
}

bool life_is_stopping(const struct life *life)
{
    return counter_read(&life->stop_signal) != 0;
}

bool life_is_urgent(const struct life *life)
{
    if (!life_is_stopping(life)) return false;
    uint64_t past_ns = clock_now_ns() - counter_read(&life->stop_at_ns);
    return past_ns > counter_read(&life->grace_ns) / URGENT_PARTS;
}

void life_stop(struct life *life)
{
    if (life_is_stopping(life)) return;
    counter_set(&life->stop_at_ns, clock_now_ns());
    counter_set(&life->stop_signal, SIGTERM);
    board_set_role(life->board, ROLE_STOPPING, 0);
    wake(life);
}

bool life_take_reload(struct life *life)
{
    uint64_t asked = counter_read(&life->reloads);
    pthread_mutex_lock(&life->mutex);
    bool is_new = asked != life->reloads_seen;
    life->reloads_seen = asked;
    pthread_mutex_unlock(&life->mutex);
    return is_new;
}

void life_sleep(struct life *life, uint64_t ms)
{
    struct timespec until;
    uint64_t until_ns = clock_now_ns() + ms * NS_PER_MS;
    until = (struct timespec){.tv_sec = (time_t)(until_ns / NS_PER_S),
                              .tv_nsec = (long)(until_ns % NS_PER_S)};
    pthread_mutex_lock(&life->mutex);
    uint64_t wakes = life->wakes;
    while (life->wakes == wakes && !life_is_stopping(life)) /* ends: the time is over */
        if (pthread_cond_timedwait(&life->changed, &life->mutex, &until) == ETIMEDOUT) break;
    pthread_mutex_unlock(&life->mutex);
}
