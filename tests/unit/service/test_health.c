/* When a process is alive, when it is ready, and what it says when it is not. */
#include "base/arena.h"
#include "fixture/json.h"
#include "service/health.h"
#include "support/test.h"

#include <string.h>

#define S        UINT64_C(1000000000)
#define NO_FAULT TROUBLE_COUNT

static const struct health_limits limits = {.max_lag_blocks = 10, .watchdog_ns = 30 * S};

/* What the board says, and what is answered. `reason`: how the answer of /readyz begins, or /livez when that says no. */
static const struct {
    const char *about;
    enum role role;
    uint64_t executed, synced, silence_ns;
    enum trouble trouble; /* NO_FAULT: none */
    bool is_live, is_ready;
    const char *reason;
} cases[] = {
    {"a leader that keeps up",          ROLE_LEADER,   90,  100, 0,      NO_FAULT,          true,  true,  "ok\n"                                       },
    {"one block too far behind",        ROLE_LEADER,   89,  100, 0,      NO_FAULT,          true,  false, "lag: 11 blocks"                             },
    {"a feed that was taken back",      ROLE_LEADER,   100, 90,  0,      NO_FAULT,          true,  true,  "ok\n"                                       },
    {"a standby may be behind",         ROLE_STANDBY,  0,   100, 0,      NO_FAULT,          true,  true,  "ok\n"                                       },
    {"starting",                        ROLE_STARTING, 0,   0,   0,      NO_FAULT,          true,  false, "starting: the store"                        },
    {"stopping",                        ROLE_STOPPING, 100, 100, 0,      NO_FAULT,          true,  false, "stopping: told to"                          },
    {"the watchdog's time is not over",
     ROLE_LEADER,                                      100,
     100,                                                        30 * S,
     NO_FAULT,                                                                              true,
     true,                                                                                                "ok\n"                                       },
    {"the watchdog's time is over",
     ROLE_LEADER,                                      100,
     100,                                                        31 * S,
     NO_FAULT,                                                                              false,
     true,                                                                                                "stuck: the loop has not come round for 31 s"},
    {"no store",                        ROLE_LEADER,   100, 100, 0,      TROUBLE_STORE,     true,  false, "store_unreachable: words"                   },
    {"a store that went back",
     ROLE_STANDBY,                                     100,
     100,                                                        0,
     TROUBLE_REGRESSED,                                                                     true,
     false,                                                                                               "store_regressed: words"                     },
    {"nothing in it",                   ROLE_LEADER,   0,   0,   0,      TROUBLE_EMPTY,     true,  false, "no_state: words"                            },
    {"a block is not there yet",        ROLE_LEADER,   100, 100, 0,      TROUBLE_MISSING,   true,  true,  "ok\n"                                       },
    {"a bad block",                     ROLE_LEADER,   100, 100, 0,      TROUBLE_BAD_BLOCK, true,  false, "bad_block: words"                           },
    {"a reorganisation too deep",
     ROLE_LEADER,                                      100,
     100,                                                        0,
     TROUBLE_TOO_DEEP,                                                                      true,
     false,                                                                                               "reorg_too_deep: words"                      },
    {"a damaged store",
     ROLE_LEADER,                                      100,
     100,                                                        0,
     TROUBLE_DAMAGED,                                                                       true,
     false,                                                                                               "store_damaged: words"                       },
    {"a block that takes too long",
     ROLE_LEADER,                                      100,
     100,                                                        0,
     TROUBLE_TIMEOUT,                                                                       true,
     false,                                                                                               "block_timeout: words"                       },
    {"memory is short",                 ROLE_LEADER,   100, 100, 0,      TROUBLE_MEMORY,    true,  true,  "ok\n"                                       },
    {"something is wrong inside",
     ROLE_LEADER,                                      100,
     100,                                                        0,
     TROUBLE_INTERNAL,                                                                      false,
     false,                                                                                               "internal: words"                            },
};

static struct board_state state_of(size_t i)
{
    struct board_state state = {.role = cases[i].role,
                                .start_ms = 1000,
                                .has_progress = cases[i].role != ROLE_STARTING,
                                .executed = cases[i].executed,
                                .synced = cases[i].synced};
    if (cases[i].trouble == NO_FAULT) return state;
    state.troubles[cases[i].trouble].is_there = true;
    state.troubles[cases[i].trouble].since_ms = UINT64_C(1764054000123);
    snprintf(state.troubles[cases[i].trouble].text, ERROR_TEXT_MAX, "words \"of\"\na server");
    return state;
}

TEST(each_case_has_its_answer)
{
    static struct health health;
    char text[1024];
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct board_state state = state_of(i);
        health_look(&health, &state, cases[i].silence_ns, &limits);
        if (health.is_live != cases[i].is_live || health.is_ready != cases[i].is_ready)
            fail_msg("%s: live %d, ready %d", cases[i].about, health.is_live, health.is_ready);
        size_t size = health_reasons(text, sizeof text, &health, cases[i].is_live);
        CHECK_EQ(size, strlen(text));
        if (strncmp(text, cases[i].reason, strlen(cases[i].reason)) != 0)
            fail_msg("%s: %s", cases[i].about, text);
        CHECK_EQ(text[size - 1], '\n');
    }
}

TEST(without_a_known_head_nobody_is_ready)
{
    static const enum role roles[] = {ROLE_STANDBY, ROLE_LEADER};
    static struct health health;
    char text[1024];
    for (size_t i = 0; i < COUNT_OF(roles); i++) {
        struct board_state state = {.role = roles[i]};
        health_look(&health, &state, 0, &limits);
        CHECK(health.is_live && !health.is_ready);
        (void)health_reasons(text, sizeof text, &health, true);
        CHECK(strncmp(text, "starting: ", 10) == 0);
        state.troubles[TROUBLE_EMPTY].is_there = true; /* says it better */
        health_look(&health, &state, 0, &limits);
        CHECK(!health.is_ready);
        (void)health_reasons(text, sizeof text, &health, true);
        CHECK_TEXT(text, "no_state: \n");
    }
}

TEST(every_reason_has_a_line)
{
    static struct health health;
    struct board_state state = state_of(1);
    char text[1024], little[24];
    state.troubles[TROUBLE_STORE].is_there = true;
    health_look(&health, &state, 0, &limits);
    size_t size = health_reasons(text, sizeof text, &health, true);
    CHECK(strncmp(text, "store_unreachable: \nlag: 11 blocks", 34) == 0);
    CHECK_EQ(health_reasons(little, sizeof little, &health, true), size);
    CHECK_EQ(strlen(little), sizeof little - 1);
}

TEST(without_a_watchdog_silence_is_fine)
{
    static struct health health;
    struct board_state state = state_of(0);
    health_look(&health, &state, 1000 * S, &(struct health_limits){.max_lag_blocks = 10});
    CHECK(health.is_live);
}

/* All of it as JSON, read again. */
static const struct json *read_json(const struct board_state *state, struct arena *arena)
{
    static struct health health;
    static char text[1 << 14];
    const struct json *json;
    struct error error;
    FILE *file = fmemopen(text, sizeof text, "w");
    health_look(&health, state, 0, &limits);
    CHECK(health_write(&health, state, 3500, file));
    fclose(file);
    CHECK_EQ(json_parse(&json, bytes_of((const uint8_t *)text, strlen(text)), arena, &error),
             PEVM_OK);
    return json;
}

TEST(the_json_has_every_check)
{
    struct arena arena;
    struct board_state state = state_of(8);
    arena_init(&arena, 1 << 14, 0);
    const struct json *json = read_json(&state, &arena);
    CHECK(json_text_is(json_get(json, "status"), "ERROR"));
    CHECK(json_text_is(json_get(json, "role"), "leader"));
    CHECK(json_text_is(json_get(json, "uptime_seconds"), "2.500"));
    CHECK(json_get(json, "live")->boolean);
    CHECK(!json_get(json, "ready")->boolean);
    const struct json *checks = json_get(json, "checks");
    CHECK_EQ(checks->count, CHECK_COUNT);
    CHECK(json_text_is(json_get(checks->first, "name"), "store_unreachable"));
    CHECK(json_text_is(json_get(checks->first, "status"), "ERROR"));
    CHECK(json_text_is(json_get(checks->first, "text"), "words \"of\" a server"));
    CHECK(json_text_is(json_get(checks->first, "since"), "2025-11-25T07:00:00.123Z"));
    CHECK(json_text_is(json_get(checks->last, "name"), "stuck"));
    CHECK(json_text_is(json_get(checks->last, "status"), "HEALTHY"));
    CHECK_EQ(json_get(checks->last, "since")->kind, JSON_NULL);
    arena_fini(&arena);
}

TEST(a_file_without_room_is_noticed)
{
    static struct health health;
    struct board_state state = state_of(0);
    char text[64];
    FILE *file = fmemopen(text, sizeof text, "w");
    health_look(&health, &state, 0, &limits);
    CHECK(!health_write(&health, &state, 0, file));
    fclose(file);
}
