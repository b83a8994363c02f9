#include "service/health.h"

#include "pevm/pevm.h"

#include "fixture/json_write.h"
#include "service/words.h"

#include <inttypes.h>
#include <time.h>

#define NS_PER_S UINT64_C(1000000000)

static const char *const words[CHECK_COUNT] = {
#define X(code, word, unfit) [code] = word,
    TROUBLE_LIST(X)
#undef X
#define X(code, word) [code] = word,
        CHECK_LIST(X)
#undef X
};

/* ---- checks ------------------------------------------------------------------------------------ */

uint64_t health_lag(const struct board_state *state)
{
    bool is_behind = state->has_progress && state->synced > state->executed;
    return is_behind ? state->synced - state->executed : 0;
}

static void look_at_troubles(struct health *out, const struct board_state *state)
{
    for (size_t i = 0; i < TROUBLE_COUNT; i++) {
        struct health_check *check = &out->checks[i];
        check->is_error = state->troubles[i].is_there;
        check->stops_live = i == TROUBLE_INTERNAL;
        check->stops_ready = trouble_is_unfit((enum trouble)i);
        if (!check->is_error) continue;
        check->since_ms = state->troubles[i].since_ms;
        words_clean(check->text, sizeof check->text, state->troubles[i].text);
    }
}

/* Has it begun to lead or to follow, and said how far it is? What else keeps it from that has a trouble of its own. */
static bool is_starting(const struct health *health, const struct board_state *state)
{
    if (state->role == ROLE_STARTING) return true;
    if (state->has_progress || state->role == ROLE_STOPPING) return false;
    for (size_t i = 0; i < TROUBLE_COUNT; i++)
        if (health->checks[i].is_error && health->checks[i].stops_ready) return false;
    return true;
}

static void look_at_role(struct health *out, const struct board_state *state)
{
    struct health_check *starting = &out->checks[CHECK_STARTING];
    struct health_check *stopping = &out->checks[CHECK_STOPPING];
    starting->stops_ready = stopping->stops_ready = true;
    starting->is_error = is_starting(out, state);
    stopping->is_error = state->role == ROLE_STOPPING;
    if (starting->is_error) {
        starting->since_ms = state->start_ms;
        snprintf(starting->text,
                 sizeof starting->text,
                 "the store is being opened and the last block looked for");
    }
    if (stopping->is_error)
        snprintf(stopping->text, sizeof stopping->text, "told to end: it ends after this block");
}

/* Only a leader can do something about it. */
static void look_at_lag(struct health *out, const struct board_state *state, uint64_t most)
{
    struct health_check *check = &out->checks[CHECK_LAG];
    uint64_t lag = health_lag(state);
    check->stops_ready = true;
    check->is_error = state->role == ROLE_LEADER && lag > most;
    if (!check->is_error) return;
    snprintf(check->text,
             sizeof check->text,
             "%" PRIu64
             " blocks are in the store and not executed; health.max_lag_blocks is %" PRIu64,
             lag,
             most);
}

static void look_at_loop(struct health *out, uint64_t silence_ns, uint64_t watchdog_ns)
{
    struct health_check *check = &out->checks[CHECK_STUCK];
    check->stops_live = true;
    check->is_error = watchdog_ns != 0 && silence_ns > watchdog_ns;
    if (!check->is_error) return;
    snprintf(check->text,
             sizeof check->text,
             "the loop has not come round for %" PRIu64 " s; health.watchdog is %" PRIu64 " s",
             silence_ns / NS_PER_S,
             watchdog_ns / NS_PER_S);
}

void health_look(struct health *out,
                 const struct board_state *state,
                 uint64_t silence_ns,
                 const struct health_limits *limits)
{
    *out = (struct health){.is_live = true, .is_ready = true};
    look_at_troubles(out, state);
    look_at_role(out, state);
    look_at_lag(out, state, limits->max_lag_blocks);
    look_at_loop(out, silence_ns, limits->watchdog_ns);
    for (size_t i = 0; i < CHECK_COUNT; i++) {
        struct health_check *check = &out->checks[i];
        check->word = words[i];
        if (check->is_error && check->stops_live) out->is_live = false;
        if (check->is_error && check->stops_ready) out->is_ready = false;
    }
}

/* ---- answers ----------------------------------------------------------------------------------- */

size_t health_reasons(char *out, size_t size, const struct health *health, bool of_ready)
{
    size_t done = 0;
    if (of_ready ? health->is_ready : health->is_live) return (size_t)snprintf(out, size, "ok\n");
    for (size_t i = 0; i < CHECK_COUNT; i++) {
        const struct health_check *check = &health->checks[i];
        if (!check->is_error || !(of_ready ? check->stops_ready : check->stops_live)) continue;
        done += (size_t)snprintf(done < size ? out + done : NULL,
                                 done < size ? size - done : 0,
                                 "%s: %s\n",
                                 check->word,
                                 check->text);
    }
    return done;
}

/* "2026-11-25T07:00:00.123Z", or null. */
static void put_since(struct json_writer *json, uint64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm parts;
    char text[40], day[24];
    json_key(json, "since");
    if (ms == 0 || gmtime_r(&seconds, &parts) == NULL) {
        json_null(json);
        return;
    }
    strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(text, sizeof text, "%s.%03uZ", day, (unsigned)(ms % 1000));
    json_text(json, text);
}

static void put_checks(struct json_writer *json, const struct health *health)
{
    json_key(json, "checks");
    json_open(json, '[');
    for (size_t i = 0; i < CHECK_COUNT; i++) {
        const struct health_check *check = &health->checks[i];
        json_open(json, '{');
        json_put_text(json, "name", check->word);
        json_put_text(json, "status", check->is_error ? "ERROR" : "HEALTHY");
        json_put_text(json, "text", check->text);
        put_since(json, check->since_ms);
        json_close(json, '}');
    }
    json_close(json, ']');
}

bool health_write(const struct health *health,
                  const struct board_state *state,
                  uint64_t now_ms,
                  FILE *file)
{
    struct json_writer json;
    bool is_well = health->is_live && health->is_ready;
    uint64_t uptime_ms = now_ms > state->start_ms ? now_ms - state->start_ms : 0;
    json_writer_init(&json, file);
    json_open(&json, '{');
    json_put_text(&json, "status", is_well ? "HEALTHY" : "ERROR");
    json_key(&json, "live");
    json_bool(&json, health->is_live);
    json_key(&json, "ready");
    json_bool(&json, health->is_ready);
    json_put_text(&json, "role", role_word(state->role));
    json_put_number(&json, "epoch", state->epoch);
    json_put_number(&json, "executed", state->executed);
    json_put_number(&json, "synced", state->synced);
    json_put_number(&json, "lag", health_lag(state));
    json_put_decimal(&json, "uptime_seconds", (double)uptime_ms / 1000);
    json_put_text(&json, "version", PEVM_VERSION_TEXT);
    put_checks(&json, health);
    json_close(&json, '}');
    return fflush(file) == 0 && !json_writer_failed(&json);
}
