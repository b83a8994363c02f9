#include "state/mv_place.h"

#include "state/mv_private.h"

STATIC_ASSERT((int)MV_AT_BALANCE == (int)MV_BALANCE && (int)MV_AT_SLOT == (int)MV_SLOT &&
                  (int)MV_AT_HAS_STORAGE == (int)MV_HAS_STORAGE,
              "the same kinds");

#define KIND_COUNT ((size_t)MV_AT_NOWHERE)

/* ---- in words -------------------------------------------------------------------------------- */

struct mv_location mv_location_of(const struct mv *mv, uint32_t place)
{
    struct mv_location out = {.kind = MV_AT_NOWHERE};
    size_t kind = (size_t)mv_place_kind(place);
    uint32_t id = mv_place_id(place);
    bool is_slot = kind == MV_SLOT;
    uint32_t count =
        atomic32_load(is_slot ? &mv->slot_next : &mv->account_next, memory_order_relaxed);
    if (kind >= KIND_COUNT || id >= count) return out;
    out.kind = (enum mv_location_kind)kind;
    out.who = mv->accounts[is_slot ? mv->slots[id].account : id].key;
    if (is_slot) out.slot = mv->slots[id].key;
    return out;
}

const char *mv_location_name(enum mv_location_kind kind)
{
    static const char *const names[] = {[MV_AT_BALANCE] = "balance",
                                        [MV_AT_NONCE] = "nonce",
                                        [MV_AT_CODE] = "code",
                                        [MV_AT_EXISTENCE] = "existence",
                                        [MV_AT_RESET] = "storage reset",
                                        [MV_AT_SLOT] = "slot",
                                        [MV_AT_HAS_STORAGE] = "has storage",
                                        [MV_AT_NOWHERE] = "unknown"};
    ASSERT((size_t)kind < COUNT_OF(names));
    return names[kind];
}

/* ---- the longest chain ----------------------------------------------------------------------- */

/* The chains that end with whoever wrote a location, as far as the walk through the block has come. Of balances, whose
 * versions are sums, the longest of all that wrote; of others that of the last. */
struct walk {
    const struct mv *mv;
    struct mv_chain *kinds[KIND_COUNT]; /* by kind: by id */
    const address *sender;              /* of the transaction that the walk is at */
    struct mv_chain
        any; /* the longest of all so far: before whoever reads the coinbase's balance */
};

static void longer(struct mv_chain *chain, const struct mv_chain *other)
{
    if (other->cost > chain->cost) *chain = *other;
}

static void read_balance(const struct walk *walk,
                         uint32_t id,
                         uint64_t seen_at,
                         struct mv_chain *chain)
{
    const struct mv_balance_seen *seen = (const struct mv_balance_seen *)(uintptr_t)seen_at;
    const struct mv_account_row *row = &walk->mv->accounts[id];
    if (!seen->is_exact && !u256_less(row->base_balance, seen->min)) return;
    longer(chain, id == walk->mv->coinbase ? &walk->any : &walk->kinds[MV_BALANCE][id]);
}

/* What an account is made of. */
static void read_existence(const struct walk *walk, uint32_t id, struct mv_chain *chain)
{
    longer(chain, &walk->kinds[MV_NONCE][id]);
    longer(chain, &walk->kinds[MV_CODE][id]);
    longer(chain, &walk->kinds[MV_EXISTENCE][id]);
}

static void read_one(const struct walk *walk, const struct mv_read *read, struct mv_chain *chain)
{
    uint32_t id = mv_place_id(read->place);
    enum mv_kind kind = mv_place_kind(read->place);
    switch (kind) {
    case MV_BALANCE: read_balance(walk, id, read->seen, chain); return;
    case MV_EXISTENCE: read_existence(walk, id, chain); return;
    case MV_SLOT: longer(chain, &walk->kinds[MV_RESET][walk->mv->slots[id].account]); break;
    case MV_HAS_STORAGE: longer(chain, &walk->kinds[MV_RESET][id]); break;
    case MV_NONCE:
        if (address_equal(&walk->mv->accounts[id].key, walk->sender)) return;
        break;
    case MV_CODE:
    case MV_RESET: break;
    }
    longer(chain, &walk->kinds[kind][id]);
}

static void write_one(struct walk *walk, const struct mv_write *write, const struct mv_chain *chain)
{
    uint32_t id = mv_place_id(write->place);
    enum mv_kind kind = mv_place_kind(write->place);
    struct mv_chain *at = &walk->kinds[kind][id];
    if (kind != MV_BALANCE)
        *at = *chain;
    else
        longer(at, chain);
    if (kind == MV_SLOT) longer(&walk->kinds[MV_HAS_STORAGE][walk->mv->slots[id].account], chain);
}

static void walk_tx(struct walk *walk, const struct mv_record *record, uint64_t cost)
{
    struct mv_chain chain = {0, 0};
    for (uint32_t i = 0; i < record->read_count; i++)
        read_one(walk, &record->reads[i], &chain);
    chain.cost += cost;
    chain.txs++;
    for (uint32_t i = 0; i < record->write_count; i++)
        write_one(walk, &record->writes[i], &chain);
    longer(&walk->any, &chain);
}

bool mv_longest_chain(const struct mv *mv,
                      uint32_t tx_count,
                      const uint64_t *costs,
                      const address *senders,
                      struct arena *arena,
                      struct mv_chain *out)
{
    struct walk walk = {.mv = mv};
    VERIFY(tx_count <= mv->tx_count);
    for (size_t kind = 0; kind < KIND_COUNT; kind++) {
        const struct atomic32 *next = kind == MV_SLOT ? &mv->slot_next : &mv->account_next;
        size_t count = atomic32_load(next, memory_order_relaxed);
        walk.kinds[kind] = arena_alloc_zeroed(arena, count + 1, sizeof *walk.kinds[kind]);
        if (walk.kinds[kind] == NULL) return false;
    }
    for (uint32_t tx = 0; tx < tx_count; tx++) {
        walk.sender = &senders[tx];
        walk_tx(&walk, &mv->records[tx], costs[tx]);
    }
    *out = walk.any;
    return true;
}
