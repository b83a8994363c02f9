#include "engine/timed_view.h"

#include "base/clock.h"

void timed_view_init(struct timed_view *timed, const struct view *inside)
{
    timed->inside = inside;
    counter_set(&timed->reads, 0);
    counter_set(&timed->ns, 0);
}

static enum view_answer answered(struct timed_view *timed,
                                 uint64_t start_ns,
                                 enum view_answer answer)
{
    counter_add_shared(&timed->reads, 1);
    counter_add_shared(&timed->ns, clock_now_ns() - start_ns);
    return answer;
}

static enum view_answer on_account(void *context,
                                   const address *who,
                                   unsigned parts,
                                   struct view_account *out)
{
    struct timed_view *timed = context;
    const struct view *inside = timed->inside;
    uint64_t start_ns = clock_now_ns();
    return answered(timed, start_ns, inside->ops->account(inside->context, who, parts, out));
}

static enum view_answer on_slot(void *context, const address *who, const u256 *slot, u256 *out)
{
    struct timed_view *timed = context;
    const struct view *inside = timed->inside;
    uint64_t start_ns = clock_now_ns();
    return answered(timed, start_ns, inside->ops->slot(inside->context, who, slot, out));
}

static enum view_answer on_code(void *context,
                                const address *who,
                                const hash32 *code_hash,
                                struct bytes *out)
{
    struct timed_view *timed = context;
    const struct view *inside = timed->inside;
    uint64_t start_ns = clock_now_ns();
    return answered(timed, start_ns, inside->ops->code(inside->context, who, code_hash, out));
}

static enum view_answer on_has_storage(void *context, const address *who, bool *out)
{
    struct timed_view *timed = context;
    const struct view *inside = timed->inside;
    uint64_t start_ns = clock_now_ns();
    return answered(timed, start_ns, inside->ops->has_storage(inside->context, who, out));
}

static enum view_answer on_block_hash(void *context, uint64_t number, hash32 *out)
{
    struct timed_view *timed = context;
    const struct view *inside = timed->inside;
    uint64_t start_ns = clock_now_ns();
    return answered(timed, start_ns, inside->ops->block_hash(inside->context, number, out));
}

struct view timed_view(struct timed_view *timed)
{
    static const struct view_ops ops = {
        on_account, on_slot, on_code, on_has_storage, on_block_hash};
    return (struct view){&ops, timed};
}
