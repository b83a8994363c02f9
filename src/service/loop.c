/* The main loop: leads or stands by; prepares; one block after another; and what is done about everything that goes wrong.
 *
 *     not leading ──▶ stand by
 *     leading ──▶ prepare (compare, recover, read ahead) ──▶ look at the feed ──▶ another chain? ──▶ next block ──▶ ...
 *
 * Whatever fails makes it prepare anew: what is in the store is the truth, and what this process believes is compared with it.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/rng.h"
#include "service/service_private.h"

#include <inttypes.h>

#define NS_PER_MS      UINT64_C(1000000)
#define POLL_MS        15   /* at the head: how often the feed is looked at */
#define STANDBY_MS     200  /* how often a standby looks */
#define WAIT_MS        100  /* for the next block that is on its way */
#define MISSING_MS     200  /* between two looks for a block that should be there */
#define TROUBLE_MS     1000 /* between two looks at something that somebody must mend */
#define LOOK_NS        (1000 * NS_PER_MS) /* another chain is noticed after so long while catching up */
#define BACKOFF_MIN_MS 200
#define BACKOFF_MAX_MS 5000
#define ANCESTORS      7

/* ---- trouble ---- */

static void trouble(struct service *service, enum trouble kind, const char *text)
{
    static struct log_pace paces[TROUBLE_COUNT];
    (void)board_trouble(&service->board, kind, text);
    LOG_PACED(&paces[kind], LOG_LEVEL_ERROR, text, LOG_TEXT("trouble", trouble_word(kind)));
}

static void over(struct service *service, enum trouble kind)
{
    if (board_clear(&service->board, kind))
        LOG_INFO("trouble is over", LOG_TEXT("trouble", trouble_word(kind)));
}

static void unprepare(struct service *service)
{
    service->is_prepared = false;
    store_view_clear(service->view);
    service->caches_at = UINT64_MAX;
}

/* 0.2, 0.4, ... 5 seconds, and a fifth more or less, so that many do not come at once. */
static uint64_t backoff_ms(struct service *service)
{
    unsigned doublings = service->failures < 5 ? service->failures : 5;
    uint64_t ms = (uint64_t)BACKOFF_MIN_MS << doublings;
    if (ms > BACKOFF_MAX_MS) ms = BACKOFF_MAX_MS;
    service->failures++;
    return ms * 4 / 5 + clock_now_ns() % (ms * 2 / 5 + 1);
}

/* ---- bad blocks ---- */

static unsigned reason_of(enum block_fault fault)
{
    switch (fault) {
    case BLOCK_TRANSACTION: return BAD_TRANSACTION;
    case BLOCK_GAS_USED: return BAD_GAS_USED;
    case BLOCK_RECEIPTS_ROOT: return BAD_RECEIPTS_ROOT;
    case BLOCK_BLOOM: return BAD_BLOOM;
    case BLOCK_STATE_ROOT: return BAD_STATE_ROOT;
    case BLOCK_BLOB_GAS_USED:
    case BLOCK_REQUESTS:
    case BLOCK_DEPOSIT_LAYOUT:
    case BLOCK_SYSTEM_EMPTY:
    case BLOCK_SYSTEM_FAILED: return BAD_OTHER;
    default: return BAD_HEADER;
    }
}

static bool was_refused(const struct service *service, const struct fetched *fetched)
{
    return service->is_bad && service->bad_number == fetched->number &&
           hash32_equal(&service->bad_digest, &fetched->digest);
}

/* Nothing was written. It is looked at again, and judged again when the store has another block there. */
static void refuse(struct service *service,
                   const struct fetched *fetched,
                   unsigned reason,
                   const char *text)
{
    if (!was_refused(service, fetched)) metric_add(service->writer, SERVICE_BAD_BLOCKS, reason, 1);
    service->is_bad = true;
    service->bad_number = fetched->number;
    service->bad_digest = fetched->digest;
    trouble(service, TROUBLE_BAD_BLOCK, text);
}

static void wait_for_repair(struct service *service, uint64_t number)
{
    life_sleep(&service->life, TROUBLE_MS);
    fetch_again(service->fetch, number);
    service->look_ns = 0; /* the feed may have another chain now */
}

/* ---- prepare ---- */

/* The store has less than this process knows was there, and nobody has led since who could have taken it back. */
static bool has_regressed(const struct head *head, const struct exec_progress *progress)
{
    if (!head->is_known || progress->epoch > head->epoch) return false;
    if (progress->number < head->number) return true;
    return progress->number == head->number && head->has_hash && progress->has_hash &&
           !hash32_equal(&progress->hash, &head->hash);
}

static enum pevm_status compare_progress(struct service *service,
                                         struct exec_progress *out,
                                         bool *usable,
                                         struct error *error)
{
    char text[ERROR_TEXT_MAX];
    struct head *head = &service->head;
    enum pevm_status status = commit_progress(&service->committer, out, error);
    bool is_empty = status == PEVM_NOT_FOUND;
    *usable = false;
    if (!is_empty) TRY(status);
    if (is_empty && !head->is_known) {
        trouble(service,
                TROUBLE_EMPTY,
                "there is no state in the store: bring one in with pevm import genesis or pevm "
                "import state");
        return PEVM_OK;
    }
    over(service, TROUBLE_EMPTY);
    if (is_empty || has_regressed(head, out)) {
        char now[40] = "nothing";
        if (!is_empty) snprintf(now, sizeof now, "block %" PRIu64, out->number);
        snprintf(text,
                 sizeof text,
                 "the store went back from block %" PRIu64
                 " to %s: nothing is written until it has that block again; if what it has now is "
                 "right, start this process anew",
                 head->number,
                 now);
        trouble(service, TROUBLE_REGRESSED, text);
        return PEVM_OK;
    }
    over(service, TROUBLE_REGRESSED);
    *usable = true;
    return PEVM_OK;
}

static void set_head(struct service *service, const struct exec_progress *progress)
{
    if (service->caches_at != progress->number || !service->head.is_known ||
        !hash32_equal(&service->head.hash, &progress->hash)) {
        store_view_clear(service->view);
        service->caches_at = progress->number;
    }
    service->head = head_at(progress);
}

/* Above the progress only what a commit left that was cut off. */
static enum pevm_status recover(struct service *service, uint64_t number, struct error *error)
{
    struct undo_record record;
    enum pevm_status status = commit_record(&service->committer, number + 1, &record, error);
    if (status == PEVM_OK) {
        LOG_WARN("a commit was cut off: making it whole", LOG_U64("number", number + 1));
        metric_add(service->writer, SERVICE_RECOVERIES, 0, 1);
        store_view_clear(service->view);
    } else if (status != PEVM_NOT_FOUND && status != PEVM_CORRUPT) {
        return status;
    }
    return commit_recover(&service->committer, service->token, error);
}

static enum pevm_status prepare(struct service *service, struct error *error)
{
    struct exec_progress progress;
    bool is_usable, fits;
    TRY(compare_progress(service, &progress, &is_usable, error));
    if (!is_usable) {
        life_sleep(&service->life, TROUBLE_MS);
        return PEVM_OK;
    }
    TRY(recover(service, progress.number, error));
    set_head(service, &progress);
    TRY(loop_stand_on_trie(service, &progress, error));
    TRY(commit_depth(
        &service->committer, service->config.execution_state_window_size, &service->depth, error));
    TRY(look_at_feed(service, &fits, error));
    uint64_t first = progress.number > ANCESTORS ? progress.number - ANCESTORS : 0;
    fetch_start(service->fetch,
                first,
                service->synced > progress.number ? service->synced : progress.number);
    service->is_prepared = true;
    service->wait_ns = clock_now_ns();
    board_set_heights(&service->board, progress.number, service->synced, service->depth);
    metric_set(service->writer, SERVICE_HEIGHT, 0, progress.number);
    LOG_INFO("ready",
             LOG_U64("head", progress.number),
             LOG_U64("synced", service->synced),
             LOG_U64("undoable", service->depth),
             LOG_U64("epoch", service->token));
    return fits ? PEVM_OK : follow_other_chain(service, error);
}

/* ---- one block ---- */

static void missing(struct service *service, const struct fetched *fetched)
{
    metric_set(service->writer, SERVICE_MISSING, 0, 1);
    trouble(service, TROUBLE_MISSING, fetched->error.text);
    life_sleep(&service->life, MISSING_MS);
    fetch_again(service->fetch, fetched->number);
    service->look_ns = 0;
}

static enum pevm_status judge(struct service *service,
                              const struct fetched *fetched,
                              struct error *error)
{
    const struct header *header = &fetched->block.header;
    if (service->head.has_hash && !hash32_equal(&header->parent_hash, &service->head.hash)) {
        service->bad_fault = BLOCK_PARENT_UNKNOWN;
        return follow_other_chain(service, error);
    }
    return advance(service, fetched, error);
}

static enum pevm_status take(struct service *service,
                             const struct fetched *fetched,
                             struct error *error)
{
    uint64_t number = fetched->number;
    if (fetched->status == PEVM_NOT_FOUND) {
        missing(service, fetched);
        return PEVM_OK;
    }
    metric_set(service->writer, SERVICE_MISSING, 0, 0);
    over(service, TROUBLE_MISSING);
    if (fetched->status == PEVM_CORRUPT || fetched->status == PEVM_BAD_INPUT) {
        refuse(service, fetched, BAD_DECODE, fetched->error.text);
        if (service->options->until_synced)
            return error_set(error, PEVM_INVALID_BLOCK, "%s", fetched->error.text);
        wait_for_repair(service, number);
        return PEVM_OK;
    }
    if (fetched->status != PEVM_OK) {
        *error = fetched->error;
        return fetched->status;
    }
    if (was_refused(service, fetched)) {
        wait_for_repair(service, number);
        return PEVM_OK;
    }
    enum pevm_status status = judge(service, fetched, error);
    if (status == PEVM_INVALID_BLOCK) {
        refuse(service,
               fetched,
               service->bad_fault == BLOCK_PARENT_UNKNOWN ? BAD_PARENT
                                                          : reason_of(service->bad_fault),
               error->text);
        if (service->options->until_synced) return status;
        wait_for_repair(service, number);
        return PEVM_OK;
    }
    TRY(status);
    service->is_bad = false;
    over(service, TROUBLE_BAD_BLOCK);
    return PEVM_OK;
}

/* ---- moving on ---- */

static bool must_look(const struct service *service)
{
    return service->head.number >= service->synced ||
           service->head.number - service->looked_at >= service->config.execution_batch_size ||
           clock_now_ns() - service->look_ns >= LOOK_NS;
}

static void show_progress(struct service *service)
{
    char words[64];
    if (service->options->progress == NULL || service->summary->blocks == 0) return;
    uint64_t begin = service->summary->first - 1,
             all = service->synced > begin ? service->synced - begin : 1;
    snprintf(words, sizeof words, "block %" PRIu64, service->head.number);
    service->options->progress(
        service->options->context, (double)(service->head.number - begin) / (double)all, words);
}

static enum pevm_status idle(struct service *service)
{
    over(service, TROUBLE_MISSING);
    if (service->options->until_synced) life_stop(&service->life);
    life_sleep(&service->life, POLL_MS);
    service->wait_ns = clock_now_ns();
    return PEVM_OK;
}

static enum pevm_status move(struct service *service, struct error *error)
{
    bool fits = true;
    if (must_look(service)) TRY(look_at_feed(service, &fits, error));
    if (!fits) return follow_other_chain(service, error);
    over(service, TROUBLE_TOO_DEEP);
    if (!service->has_synced || service->synced <= service->head.number) return idle(service);
    fetch_extend(service->fetch, service->synced);
    const struct fetched *fetched = fetch_next(service->fetch, service->head.number + 1, WAIT_MS);
    show_progress(service);
    return fetched == NULL ? PEVM_OK : take(service, fetched, error);
}

/* What kept us from a block is now for whoever leads to find. */
static void others_execute(struct service *service)
{
    static const enum trouble kinds[] = {TROUBLE_EMPTY,
                                         TROUBLE_MISSING,
                                         TROUBLE_BAD_BLOCK,
                                         TROUBLE_TOO_DEEP,
                                         TROUBLE_DAMAGED,
                                         TROUBLE_TIMEOUT};
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        over(service, kinds[i]);
    metric_set(service->writer, SERVICE_MISSING, 0, 0);
}

static enum pevm_status stand_by(struct service *service, struct error *error)
{
    bool fits;
    service->is_prepared = false;
    enum pevm_status status = standby_follow(service, error);
    if (status == PEVM_NOT_FOUND) {
        trouble(service,
                TROUBLE_EMPTY,
                "there is no state in the store: bring one in with pevm import genesis or pevm "
                "import state");
        status = PEVM_OK;
    } else if (status == PEVM_OK) {
        others_execute(service);
        status = look_at_feed(service, &fits, error);
        board_set_heights(&service->board, service->head.number, service->synced, 0);
        metric_set(service->writer, SERVICE_HEIGHT, 0, service->head.number);
    }
    if (status == PEVM_OK) life_sleep(&service->life, STANDBY_MS);
    return status;
}

static enum pevm_status step(struct service *service, struct error *error)
{
    uint64_t token = leader_token(service->leader);
    if (token == 0) return stand_by(service, error);
    if (service->is_prepared && token == service->token) return move(service, error);
    service->token = token;
    service->is_prepared = false;
    return prepare(service, error);
}

/* ---- what went wrong ---- */

static void fenced(struct service *service, const struct error *error)
{
    metric_add(service->writer, SERVICE_FENCED, 0, 1);
    LOG_WARN("fenced", LOG_TEXT("error", error->text), LOG_U64("epoch", service->token));
    leader_fenced(service->leader);
    unprepare(service);
    life_sleep(&service->life, STANDBY_MS);
}

/* The trouble that a status is, and how long to wait before it is tried again. */
static enum pevm_status handle(struct service *service,
                               enum pevm_status status,
                               const struct error *error)
{
    uint64_t wait_ms = TROUBLE_MS;
    switch (status) {
    case PEVM_OK:
        service->failures = 0;
        over(service, TROUBLE_STORE);
        if (!service->is_prepared) return PEVM_OK;
        over(service, TROUBLE_DAMAGED);
        over(service, TROUBLE_MEMORY);
        over(service, TROUBLE_TIMEOUT);
        over(service, TROUBLE_INTERNAL);
        return PEVM_OK;
    case PEVM_FENCED: fenced(service, error); return PEVM_OK;
    case PEVM_CANCELLED:
        if (life_is_stopping(&service->life)) return PEVM_OK;
        break;
    case PEVM_INVALID_BLOCK:
        if (service->options->until_synced) return status;
        break;
    case PEVM_LIMIT:
        trouble(service, TROUBLE_TOO_DEEP, error->text);
        if (service->options->until_synced) return status;
        break;
    case PEVM_TIMEOUT: trouble(service, TROUBLE_TIMEOUT, error->text); break;
    case PEVM_NO_MEMORY: trouble(service, TROUBLE_MEMORY, error->text); break;
    case PEVM_CORRUPT:
    case PEVM_UNSUPPORTED: trouble(service, TROUBLE_DAMAGED, error->text); break;
    case PEVM_UNAVAILABLE:
        trouble(service, TROUBLE_STORE, error->text);
        wait_ms = backoff_ms(service);
        break;
    case PEVM_IO:
    case PEVM_BAD_INPUT: /* what the server says to us: a password that was changed, say */
        trouble(service, TROUBLE_STORE, error->text);
        wait_ms = BACKOFF_MAX_MS;
        break;
    default: /* ours: whoever supervises this process may start it anew (/livez) */
        trouble(service, TROUBLE_INTERNAL, error->text);
        wait_ms = BACKOFF_MAX_MS;
    }
    unprepare(service);
    life_sleep(&service->life, wait_ms);
    return PEVM_OK;
}

enum pevm_status loop_run(struct service *service, struct error *error)
{
    uint64_t step_downs = leader_step_downs(service->leader);
    while (!life_is_stopping(&service->life)) {
        struct error fault = {0};
        board_tick(&service->board);
        if (life_take_reload(&service->life)) reload(service);
        enum pevm_status status = step(service, &fault);
        status = handle(service, status, &fault);
        gauges_refresh(service);
        if (status != PEVM_OK) {
            *error = fault;
            return status;
        }
        if (service->config.exit_on_step_down && leader_step_downs(service->leader) != step_downs)
            return error_set(
                error, PEVM_FENCED, "leadership was lost, and exit_on_step_down is set");
    }
    return PEVM_OK;
}
