#include "service/page_data.h"

#include "pevm/pevm.h"

#include "engine/engine_metrics.h"
#include "fixture/json_write.h"
#include "metrics/process.h"
#include "service/service_metrics.h"
#include "service/words.h"

#define MILLI     1000.0
#define NS_PER_US 1000

static void put_words(struct json_writer *json, const char *key, const char *text)
{
    char clean[ERROR_TEXT_MAX];
    words_clean(clean, sizeof clean, text);
    json_put_text(json, key, clean);
}

static void put_flag(struct json_writer *json, const char *key, bool value)
{
    json_key(json, key);
    json_bool(json, value);
}

/* ---- parts ------------------------------------------------------------------------------------- */

static void put_place(struct json_writer *json, const struct page_data *data)
{
    const struct board_state *state = data->state;
    json_put_text(json, "version", PEVM_VERSION_TEXT);
    put_words(json, "chain", state->chain);
    put_words(json, "store", state->store);
    put_words(json, "verify", state->verify);
    json_put_text(json, "role", role_word(state->role));
    json_put_number(json, "epoch", state->epoch);
    json_put_number(json, "start_ms", state->start_ms);
    json_put_number(json, "now_ms", data->now_ms);
    put_flag(json, "live", data->health->is_live);
    put_flag(json, "ready", data->health->is_ready);
    put_flag(json, "has_progress", state->has_progress);
    json_put_number(json, "executed", state->executed);
    json_put_number(json, "synced", state->synced);
    json_put_number(json, "lag", health_lag(state));
    json_put_number(json, "depth", state->depth);
}

/* What is wrong, the unfit and the harmless alike. */
static void put_troubles(struct json_writer *json, const struct health *health)
{
    json_key(json, "troubles");
    json_open(json, '[');
    for (size_t i = 0; i < CHECK_COUNT; i++) {
        const struct health_check *check = &health->checks[i];
        if (!check->is_error) continue;
        json_open(json, '{');
        json_put_text(json, "name", check->word);
        put_flag(json, "unfit", check->stops_ready || check->stops_live);
        json_put_number(json, "since_ms", check->since_ms);
        json_put_text(json, "text", check->text);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void put_rate(struct json_writer *json,
                     const struct metrics *table,
                     const char *key,
                     enum service_metric metric)
{
    json_put_decimal(json, key, (double)metrics_value(table, metric, 0) / MILLI);
}

static uint64_t sum_of(const struct metrics *table, enum service_metric metric)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < metric_series(metrics_spec(table, metric)); i++)
        sum += metrics_value(table, metric, i);
    return sum;
}

static void put_counts(struct json_writer *json, const struct metrics *table)
{
    static const struct {
        const char *key;
        enum service_metric metric;
    } counts[] = {
        {"txs",          SERVICE_TXS         },
        {"txs_failed",   SERVICE_TXS_FAILED  },
        {"gas",          SERVICE_GAS         },
        {"executions",   SERVICE_EXECUTIONS  },
        {"bad_blocks",   SERVICE_BAD_BLOCKS  },
        {"divergences",  SERVICE_DIVERGENCES },
        {"reorgs",       SERVICE_REORGS      },
        {"leaderships",  SERVICE_ELECTIONS   },
        {"store_errors", SERVICE_STORE_ERRORS},
        {"memory_limit", SERVICE_MEMORY_LIMIT},
    };
    put_rate(json, table, "blocks_per_second", SERVICE_SPEED);
    put_rate(json, table, "txs_per_second", SERVICE_TPS);
    put_rate(json, table, "mgas_per_second", SERVICE_MGAS);
    for (size_t i = 0; i < COUNT_OF(counts); i++)
        json_put_number(json, counts[i].key, sum_of(table, counts[i].metric));
    json_put_number(json, "memory", process_resident_bytes());
}

static void put_caches(struct json_writer *json, const struct metrics *table)
{
    const struct metric_spec *spec = metrics_spec(table, SERVICE_CACHE_ENTRIES);
    json_key(json, "caches");
    json_open(json, '[');
    for (size_t i = 0; i < PAGE_CACHES; i++) {
        json_open(json, '{');
        json_put_text(json, "name", spec->values[i]);
        json_put_number(json, "entries", metrics_value(table, SERVICE_CACHE_ENTRIES, i));
        json_put_number(json, "bytes", metrics_value(table, SERVICE_CACHE_BYTES, i));
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void put_contracts(struct json_writer *json, const struct board_state *state)
{
    json_key(json, "contracts");
    json_open(json, '[');
    for (size_t i = 0; i < state->contract_count; i++) {
        const struct board_contract *contract = &state->contracts[i];
        json_open(json, '{');
        json_put_address(json, "address", &contract->who);
        json_put_number(json, "txs", contract->txs);
        json_put_number(json, "gas", contract->gas);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void put_block(struct json_writer *json, const struct board_block *block)
{
    json_open(json, '{');
    json_put_number(json, "number", block->number);
    json_put_hash(json, "hash", &block->hash);
    json_put_number(json, "at_ms", block->at_ms);
    json_put_number(json, "txs", block->txs);
    json_put_number(json, "failed", block->failed_txs);
    json_put_number(json, "gas", block->gas_used);
    json_put_number(json, "executions", block->executions);
    json_put_number(json, "execute_us", block->execute_ns / NS_PER_US);
    json_put_number(json, "verify_us", block->verify_ns / NS_PER_US);
    json_put_number(json, "commit_us", block->commit_ns / NS_PER_US);
    json_close(json, '}');
}

static void put_blocks(struct json_writer *json, const struct board_state *state)
{
    json_key(json, "blocks");
    json_open(json, '[');
    for (size_t i = 0; i < state->block_count; i++)
        put_block(json, &state->blocks[i]);
    json_close(json, ']');
}

/* ---- rows -------------------------------------------------------------------------------------- */

static const char *const columns[] = {"at_ms",
                                      "executed",
                                      "synced",
                                      "blocks",
                                      "txs",
                                      "gas",
                                      "executions",
                                      "account_hits",
                                      "account_misses",
                                      "slot_hits",
                                      "slot_misses",
                                      "code_hits",
                                      "code_misses",
                                      "busy_us",
                                      "idle_us",
                                      "p50_us",
                                      "p90_us",
                                      "p99_us"};

/* In the order of the columns. */
static void put_row(struct json_writer *json, const struct page_sample *sample)
{
    uint64_t numbers[COUNT_OF(columns)] = {sample->at_ms,
                                           sample->executed,
                                           sample->synced,
                                           sample->blocks,
                                           sample->txs,
                                           sample->gas,
                                           sample->executions,
                                           sample->cache_hits[CACHE_ACCOUNTS],
                                           sample->cache_misses[CACHE_ACCOUNTS],
                                           sample->cache_hits[CACHE_SLOTS],
                                           sample->cache_misses[CACHE_SLOTS],
                                           sample->cache_hits[CACHE_CODES],
                                           sample->cache_misses[CACHE_CODES],
                                           sample->busy_ns / NS_PER_US,
                                           sample->idle_ns / NS_PER_US,
                                           sample->commit_p50_ns / NS_PER_US,
                                           sample->commit_p90_ns / NS_PER_US,
                                           sample->commit_p99_ns / NS_PER_US};
    json_open(json, '[');
    for (size_t i = 0; i < COUNT_OF(columns); i++)
        json_number(json, numbers[i]);
    json_close(json, ']');
}

static void put_rows(struct json_writer *json, const struct page_samples *samples, uint64_t row)
{
    uint64_t first = page_samples_first(samples);
    json_key(json, "columns");
    json_open(json, '[');
    for (size_t i = 0; i < COUNT_OF(columns); i++)
        json_text(json, columns[i]);
    json_close(json, ']');
    json_key(json, "rows");
    json_open(json, '[');
    for (uint64_t i = row > first ? row : first; i < samples->count; i++)
        put_row(json, page_samples_at(samples, i));
    json_close(json, ']');
}

bool page_data_write(const struct page_data *data, uint64_t row, FILE *file)
{
    struct json_writer json;
    json_writer_init(&json, file);
    json_open(&json, '{');
    put_place(&json, data);
    put_troubles(&json, data->health);
    put_counts(&json, data->service);
    json_put_number(&json,
                    "workers",
                    data->engine == NULL ? 0 : metrics_value(data->engine, METRIC_THREADS, 0));
    put_caches(&json, data->service);
    put_contracts(&json, data->state);
    put_blocks(&json, data->state);
    put_rows(&json, data->samples, row);
    json_close(&json, '}');
    return fflush(file) == 0 && !json_writer_failed(&json);
}
