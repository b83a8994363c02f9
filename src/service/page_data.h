/* page_data.h - what the live page shows, as one JSON object: where the service stands, and a row for each second of the last
 * minutes. */
#pragma once

#include "service/health.h"
#include "service/page_samples.h"

struct page_data {
    const struct board_state *state;
    const struct health *health;
    const struct page_samples *samples;
    const struct metrics *service; /* service_metrics.h */
    const struct metrics *engine;  /* engine_metrics.h; NULL: there is none yet */
    uint64_t now_ms;
};

/* With the samples from number `row` on, as far as they are kept. False: a write failed. */
bool page_data_write(const struct page_data *data, uint64_t row, FILE *file) MUST_CHECK;
