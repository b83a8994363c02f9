#include "cli/both_paths.h"

#include "base/clock.h"

#include <sched.h>
#include <stdio.h>

#define YIELD_EVERY 5 /* reads of the pre-state, about: by chance */

enum pevm_status both_paths_init(struct both_paths *paths, unsigned workers, struct error *error)
{
    struct engine_options options = {.chain = &chain_mainnet, .workers = 1};
    *paths = (struct both_paths){.chain = &chain_mainnet, .workers = workers};
    enum pevm_status status = engine_new(&paths->one, &options);
    options.workers = workers;
    if (status == PEVM_OK && workers > 0) status = engine_new(&paths->many, &options);
    if (status == PEVM_OK) return PEVM_OK;
    both_paths_fini(paths);
    return error_set(error, status, "no engine: %s", pevm_status_text(status));
}

void both_paths_fini(struct both_paths *paths)
{
    engine_free(paths->one);
    engine_free(paths->many);
    *paths = (struct both_paths){.workers = 0};
}

void both_paths_set_chain(struct both_paths *paths, const struct chain *chain)
{
    paths->chain = chain;
    engine_set_chain(paths->one, chain);
    if (paths->many != NULL) engine_set_chain(paths->many, chain);
}

/* ---- a pre-state that lets others go first ----------------------------------------------------- */

/* The context is the view inside. */
static const struct view *approach(void *context)
{
    if (clock_now_ns() % YIELD_EVERY == 0) (void)sched_yield();
    return context;
}

static enum view_answer restless_account(void *context,
                                         const address *who,
                                         unsigned parts,
                                         struct view_account *out)
{
    const struct view *inner = approach(context);
    return inner->ops->account(inner->context, who, parts, out);
}

static enum view_answer restless_slot(void *context,
                                      const address *who,
                                      const u256 *slot,
                                      u256 *out)
{
    const struct view *inner = approach(context);
    return inner->ops->slot(inner->context, who, slot, out);
}

static enum view_answer restless_code(void *context,
                                      const address *who,
                                      const hash32 *hash,
                                      struct bytes *out)
{
    const struct view *inner = approach(context);
    return inner->ops->code(inner->context, who, hash, out);
}

static enum view_answer restless_has_storage(void *context, const address *who, bool *out)
{
    const struct view *inner = approach(context);
    return inner->ops->has_storage(inner->context, who, out);
}

static enum view_answer restless_block_hash(void *context, uint64_t number, hash32 *out)
{
    const struct view *inner = approach(context);
    return inner->ops->block_hash(inner->context, number, out);
}

/* ---- executing --------------------------------------------------------------------------------- */

static bool receipts_have_roots(const struct both_paths *paths, const struct engine_input *input)
{
    const struct header *header = &input->block->header;
    struct rules rules = chain_rules(
        paths->chain, header->number, header->timestamp, input->parent_total_difficulty);
    return rules.fork < FORK_BYZANTIUM && input->roots != NULL;
}

static enum pevm_status compare(struct both_paths *paths,
                                const struct engine_outcome *expected,
                                const struct engine_input *input,
                                struct error *error)
{
    static const struct view_ops ops = {
        restless_account, restless_slot, restless_code, restless_has_storage, restless_block_hash};
    struct view inner = *input->pre_state, view = {&ops, &inner};
    struct engine_input on_many = *input;
    struct engine_outcome outcome;
    char text[OUTCOME_TEXT_MAX];
    on_many.pre_state = &view;
    on_many.tracer = NULL;
    on_many.is_parallel = on_many.even_if_small = true;
    enum pevm_status status = engine_execute(paths->many, &outcome, &on_many, error);
    if (status != PEVM_OK) {
        error_prefix(error, "%u workers", paths->workers);
        return status;
    }
    const char *difference = outcome_differs(text, expected, &outcome);
    if (difference == NULL) return PEVM_OK;
    snprintf(
        paths->difference, sizeof paths->difference, "%u workers: %s", paths->workers, difference);
    return PEVM_OK;
}

static enum pevm_status compare_without_roots(struct both_paths *paths,
                                              const struct engine_input *input,
                                              struct error *error)
{
    struct engine_input bare = *input;
    struct engine_outcome expected;
    bare.roots = NULL;
    bare.tracer = NULL;
    bare.skip_header_compare = true;
    TRY(engine_execute(paths->one, &expected, &bare, error));
    return compare(paths, &expected, &bare, error);
}

enum pevm_status both_paths_execute(struct both_paths *paths,
                                    struct engine_outcome *outcome,
                                    const struct engine_input *input,
                                    struct error *error)
{
    bool has_second = paths->many != NULL;
    bool wants_no_roots = has_second && receipts_have_roots(paths, input);
    paths->difference[0] = 0;
    if (wants_no_roots) TRY(compare_without_roots(paths, input, error));
    TRY(engine_execute(paths->one, outcome, input, error));
    return has_second && !wants_no_roots ? compare(paths, outcome, input, error) : PEVM_OK;
}
