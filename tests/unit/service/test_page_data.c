/* What the page is told is JSON, whatever the names and troubles are, and each reader gets the rows that it has not got. */
#include "base/arena.h"
#include "fixture/json.h"
#include "service/page_data.h"
#include "service/service_metrics.h"
#include "support/test.h"

#include <string.h>

static struct board_state place;
static struct health health;
static struct page_samples samples;
static char text[1 << 18];

static const struct json *written(struct arena *arena, struct metrics *service, uint64_t row)
{
    static const struct health_limits limits = {10, 0};
    const struct json *json;
    struct error error;
    health_look(&health, &place, 0, &limits);
    struct page_data data = {
        .state = &place, .health = &health, .samples = &samples, .service = service, .now_ms = 7};
    FILE *file = fmemopen(text, sizeof text, "w");
    CHECK(page_data_write(&data, row, file));
    fclose(file);
    CHECK_EQ(json_parse(&json, bytes_of((const uint8_t *)text, strlen(text)), arena, &error),
             PEVM_OK);
    return json;
}

/* One line only: an event ends with an empty one. */
TEST(it_is_json_on_one_line_even_when_full)
{
    struct arena arena;
    struct metrics *service;
    arena_init(&arena, 1 << 18, 0);
    CHECK_EQ(service_metrics_new(&service), PEVM_OK);
    memset(&place, 0xff, sizeof place);
    place.role = ROLE_LEADER;
    place.has_progress = true;
    place.block_count = BOARD_BLOCKS;
    place.contract_count = BOARD_CONTRACTS;
    snprintf(place.chain, sizeof place.chain, "a \"chain\"\n</script>");
    place.store[sizeof place.store - 1] = place.verify[sizeof place.verify - 1] = 0;
    for (size_t i = 0; i < TROUBLE_COUNT; i++) {
        place.troubles[i].is_there = true;
        memset(place.troubles[i].text, '\\', ERROR_TEXT_MAX - 1);
        place.troubles[i].text[ERROR_TEXT_MAX - 1] = 0;
    }
    samples.count = 1000;
    memset(samples.ring, 0xff, sizeof samples.ring);
    const struct json *json = written(&arena, service, 0);
    CHECK(strchr(text, '\n') == text + strlen(text) - 1);
    CHECK(json_text_is(json_get(json, "chain"), "a \"chain\" </script>"));
    CHECK_EQ(json_get(json, "blocks")->count, BOARD_BLOCKS);
    CHECK_EQ(json_get(json, "contracts")->count, BOARD_CONTRACTS);
    CHECK_EQ(json_get(json, "rows")->count, PAGE_SAMPLES);
    CHECK(json_get(json, "troubles")->count >= TROUBLE_COUNT);
    metrics_free(service);
    arena_fini(&arena);
}

TEST(rows_go_on_where_the_reader_is)
{
    struct arena arena;
    struct metrics *service;
    arena_init(&arena, 1 << 18, 0);
    CHECK_EQ(service_metrics_new(&service), PEVM_OK);
    place =
        (struct board_state){.role = ROLE_LEADER, .has_progress = true, .executed = 5, .synced = 9};
    samples = (struct page_samples){0};
    for (uint64_t i = 0; i < 4; i++)
        page_samples_take(&samples, &place, service, NULL, i);
    const struct json *json = written(&arena, service, 3);
    CHECK_EQ(json_get(json, "rows")->count, 1);
    CHECK_EQ(json_get(json, "rows")->first->count, json_get(json, "columns")->count);
    CHECK(json_text_is(json_get(json, "rows")->first->first, "3"));
    CHECK(json_text_is(json_get(json, "lag"), "4"));
    CHECK_EQ(json_get(written(&arena, service, 4), "rows")->count, 0);
    CHECK_EQ(json_get(written(&arena, service, 0), "rows")->count, 4);
    metrics_free(service);
    arena_fini(&arena);
}
