#include "cli/chain_world.h"

#include "base/heap.h"
#include "crypto/ecdsa.h"
#include "crypto/keccak.h"
#include "types/tx_sender.h"

#define ACCESS_ADDRESS_GAS 2400 /* EIP-2930 */
#define ACCESS_SLOT_GAS    1900
#define AUTHORIZATION_GAS  25000 /* EIP-7702 */
#define ACCESS_ENTRIES_MAX 3
#define ACCESS_SLOTS_MAX   3
#define AUTHORIZATIONS_MAX 3
#define GWEI               UINT64_C(1000000000)

/* ---- people ---------------------------------------------------------------------------------------- */

static void person_make(struct person *person, struct rng *rng)
{
    *person = (struct person){0};
    do { /* ends: all but one in 2^128 random words are keys */
        rng_fill(rng, person->secret.bytes, sizeof person->secret.bytes);
    } while (!ecdsa_address(&person->who, &person->secret));
}

bool chain_world_init(struct chain_world *world, uint64_t seed, size_t people_count)
{
    ASSERT(people_count >= 2); /* somebody must have a neighbour */
    *world = (struct chain_world){.people_count = people_count, .nft_next = 1};
    rng_init(&world->rng, seed);
    world->people = heap_alloc_zeroed(people_count, sizeof *world->people);
    if (world->people == NULL) return false;
    person_make(&world->founder, &world->rng);
    for (size_t i = 0; i < people_count; i++)
        person_make(&world->people[i], &world->rng);
    for (size_t i = 0; i < AUTHORITY_COUNT; i++)
        person_make(&world->authorities[i], &world->rng);
    return true;
}

void chain_world_fini(struct chain_world *world)
{
    heap_free(world->people);
    *world = (struct chain_world){0};
}

struct person *world_person(struct chain_world *world)
{
    return &world->people[rng_below(&world->rng, world->people_count)];
}

address world_new_address(struct chain_world *world)
{
    address who;
    rng_fill(&world->rng, who.bytes, sizeof who.bytes);
    return who;
}

/* ---- data ------------------------------------------------------------------------------------------ */

static struct bytes put_words(struct chain_world *world,
                              struct bytes head,
                              const u256 *words,
                              size_t count)
{
    uint8_t *data = arena_alloc(world->arena, head.size + 32 * count);
    if (data == NULL) return BYTES_EMPTY;
    memcpy(data, head.data, head.size);
    for (size_t i = 0; i < count; i++)
        u256_to_be(data + head.size + 32 * i, words[i]);
    return bytes_of(data, head.size + 32 * count);
}

struct bytes call_data(struct chain_world *world,
                       const char *signature,
                       const u256 *words,
                       size_t count)
{
    hash32 hash;
    keccak256(&hash, signature, strlen(signature));
    return put_words(world, bytes_of(hash.bytes, 4), words, count);
}

struct bytes creation_data(struct chain_world *world,
                           struct bytes code,
                           const u256 *words,
                           size_t count)
{
    return put_words(world, code, words, count);
}

/* ---- what the types add ---------------------------------------------------------------------------- */

/* The recipient with some slots, and strangers. */
static bool dress_access_list(struct chain_world *world, struct tx *tx)
{
    size_t count = rng_below(&world->rng, ACCESS_ENTRIES_MAX + 1);
    struct access_entry *entries = arena_alloc_zeroed(world->arena, count, sizeof *entries);
    if (count > 0 && entries == NULL) return false;
    for (size_t i = 0; i < count; i++) {
        size_t slot_count = rng_below(&world->rng, ACCESS_SLOTS_MAX + 1);
        hash32 *slots = arena_alloc_zeroed(world->arena, slot_count, sizeof *slots);
        if (slot_count > 0 && slots == NULL) return false;
        for (size_t k = 0; k < slot_count; k++)
            slots[k].bytes[31] = (uint8_t)rng_below(&world->rng, 8);
        entries[i] = (struct access_entry){.slots = slots, .slot_count = slot_count};
        entries[i].account = i == 0 && !tx->is_creation ? tx->to : world_new_address(world);
        tx->gas_limit += ACCESS_ADDRESS_GAS + ACCESS_SLOT_GAS * slot_count;
    }
    tx->access_list = entries;
    tx->access_count = count;
    return true;
}

static bool dress_blobs(struct chain_world *world, struct tx *tx)
{
    uint64_t most = world->rules.tx_blobs_max < world->rules.blob.max ? world->rules.tx_blobs_max
                                                                      : world->rules.blob.max;
    if (most > world->blobs_left) most = world->blobs_left;
    if (most > 3) most = 3; /* leave some for others */
    size_t count = 1 + rng_below(&world->rng, most);
    hash32 *hashes = arena_alloc_zeroed(world->arena, count, sizeof *hashes);
    if (hashes == NULL) return false;
    for (size_t i = 0; i < count; i++) {
        rng_fill(&world->rng, hashes[i].bytes, sizeof hashes[i].bytes);
        hashes[i].bytes[0] = 0x01; /* KZG commitments, EIP-4844 */
    }
    tx->blob_hashes = hashes;
    tx->blob_count = count;
    tx->max_blob_fee = u256_mul_u64(world->blob_fee, 1 + rng_below(&world->rng, 3));
    world->blobs_left -= count;
    return true;
}

/* One in eight has no effect: a wrong nonce or another chain's id. */
static bool authorization_make(struct chain_world *world, struct authorization *tuple)
{
    struct person *authority = &world->authorities[rng_below(&world->rng, AUTHORITY_COUNT)];
    uint64_t dice = rng_below(&world->rng, 16);
    *tuple = (struct authorization){
        .chain_id = u256_from_u64(dice == 0  ? world->rules.chain_id + 1
                                  : dice < 4 ? 0
                                             : world->rules.chain_id),
        .nonce = dice == 1 ? authority->nonce + 7 : authority->nonce,
        .authority = authority->who,
        .authority_valid = true,
    };
    if (dice < 12)
        tuple->delegate = world->contracts.churn; /* else: the zero address takes the code away */
    int parity;
    hash32 hash;
    authorization_signing_hash(&hash, tuple);
    if (!ecdsa_sign(&tuple->r, &tuple->s, &parity, &hash, &authority->secret)) return false;
    tuple->y_parity = (uint8_t)parity;
    if (dice > 1) authority->nonce++;
    return true;
}

static bool dress_authorizations(struct chain_world *world, struct tx *tx)
{
    size_t count = 1 + rng_below(&world->rng, AUTHORIZATIONS_MAX);
    struct authorization *tuples = arena_alloc_zeroed(world->arena, count, sizeof *tuples);
    if (tuples == NULL) return false;
    for (size_t i = 0; i < count; i++)
        if (!authorization_make(world, &tuples[i])) return false;
    tx->authorizations = tuples;
    tx->authorization_count = count;
    tx->gas_limit += AUTHORIZATION_GAS * count;
    return true;
}

static void dress_fees(struct chain_world *world, struct tx *tx)
{
    u256 tip = u256_from_u64(TX_GAS_PRICE_MIN + rng_below(&world->rng, 30 * GWEI));
    tx->max_priority_fee = tip;
    tx->max_fee = u256_add(world->base_fee, tip);
    if (tx->type < TX_DYNAMIC_FEE)
        tx->max_priority_fee = tx->max_fee;
    else if (rng_below(&world->rng, 4) == 0) /* a cap that cuts the tip */
        tx->max_fee = u256_add(world->base_fee, u256_div(tip, u256_from_u64(2)));
    if (u256_less(tx->max_fee, tx->max_priority_fee)) tx->max_priority_fee = tx->max_fee;
}

bool world_dress(struct chain_world *world, struct tx *tx, enum tx_type type)
{
    bool can_be_blob = !tx->is_creation && world->blobs_left > 0;
    if (type == TX_BLOB && !can_be_blob) type = TX_DYNAMIC_FEE;
    if (type == TX_SET_CODE && tx->is_creation) type = TX_DYNAMIC_FEE;
    tx->type = type;
    tx->is_protected = type != TX_LEGACY ||
                       (world->rules.fork >= FORK_SPURIOUS_DRAGON && rng_below(&world->rng, 8) > 0);
    tx->chain_id = tx->is_protected ? world->rules.chain_id : 0;
    dress_fees(world, tx);
    bool has_list =
        type == TX_ACCESS_LIST || (type > TX_ACCESS_LIST && rng_below(&world->rng, 8) == 0);
    if (has_list && !dress_access_list(world, tx)) return false;
    if (type == TX_BLOB) return dress_blobs(world, tx);
    if (type == TX_SET_CODE) return dress_authorizations(world, tx);
    return true;
}

bool world_sign(struct chain_world *world, struct person *from, struct tx *tx)
{
    hash32 hash;
    int parity;
    tx->nonce = from->nonce;
    if (!tx_signing_hash(&hash, tx, world->arena)) return false;
    if (!ecdsa_sign(&tx->r, &tx->s, &parity, &hash, &from->secret)) return false;
    tx->y_parity = (uint8_t)parity;
    if (!tx_encode(&tx->encoding, tx, world->arena)) return false;
    keccak256(&tx->hash, tx->encoding.data, tx->encoding.size);
    tx->sender = from->who;
    tx->sender_known = true;
    from->nonce++;
    return true;
}
