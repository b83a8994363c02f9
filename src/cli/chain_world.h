/* chain_world.h - who and what there is on a made chain: people with keys, contracts, and the block in the making. Builds and
 * signs transactions.
 *
 * Words
 *   person      an account with a key and ether; sends transactions
 *   authority   an account with a key that sends nothing: its code is set by others (EIP-7702)
 *   founder     the person who deploys the contracts and hands out tokens before the chain begins
 *
 * Everything comes from the seed: the same seed gives the same chain on every machine.
 */
#pragma once

#include "base/arena.h"
#include "base/rng.h"
#include "chain/rules.h"
#include "types/tx.h"

#define AUTHORITY_COUNT  8
#define NFT_REMEMBERED   256 /* whose the last minted ones are, as far as we know */
#define TX_PLAIN_GAS     21000
#define TX_TYPE_GAS_MAX  100000               /* what world_dress adds at most */
#define TX_GAS_PRICE_MIN UINT64_C(1000000000) /* wei; before London */

struct person {
    hash32 secret;
    address who;
    uint64_t nonce; /* of the next transaction */
};

struct chain_contracts {
    address tokens[2], pair, nft, nursery, churn;
    address garden; /* zero before Cancun */
};

struct chain_world {
    struct rng rng;
    struct arena *arena; /* of the block in the making */

    struct person founder;
    struct person *people; /* on the heap */
    size_t people_count;
    struct person authorities[AUTHORITY_COUNT];
    struct chain_contracts contracts;
    uint64_t nft_next;                /* the id that the next mint will give */
    size_t nft_owner[NFT_REMEMBERED]; /* index of a person, by id modulo */

    /* the block in the making */
    struct rules rules;
    uint64_t number, timestamp;
    u256 base_fee, blob_fee;
    uint64_t gas_left, blobs_left;
};

/* People and authorities with keys; no contracts yet. */
bool chain_world_init(struct chain_world *world, uint64_t seed, size_t people_count) MUST_CHECK;
void chain_world_fini(struct chain_world *world);

/* Somebody. */
struct person *world_person(struct chain_world *world);
/* An address that nobody has used before. */
address world_new_address(struct chain_world *world);

/* Call data: selector of `signature` and `count` words, in the world's arena; size 0 when memory runs out. */
struct bytes call_data(struct chain_world *world,
                       const char *signature,
                       const u256 *words,
                       size_t count) MUST_CHECK;
/* `code` and behind it `count` words. */
struct bytes creation_data(struct chain_world *world,
                           struct bytes code,
                           const u256 *words,
                           size_t count) MUST_CHECK;

/* Give the transaction a type, its lists and its fees. `gas_limit` grows by what the lists cost. A type that cannot be here
 * (creation, no blobs left) becomes a dynamic-fee transaction. */
bool world_dress(struct chain_world *world, struct tx *tx, enum tx_type type) MUST_CHECK;

/* Nonce, signature, encoding, hash, sender. */
bool world_sign(struct chain_world *world, struct person *from, struct tx *tx) MUST_CHECK;
