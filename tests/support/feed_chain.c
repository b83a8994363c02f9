#include "support/feed_chain.h"

#include "base/rng.h"
#include "engine/block_roots.h"
#include "feed/e2store.h"
#include "feed/era1_root.h"
#include "feed/snappy_frame.h"
#include "rlp/rlp_write.h"
#include "store/receipts_value.h"
#include "support/random_types.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void make_receipts(struct feed_chain *chain, size_t at, struct rng *rng)
{
    struct block *block = &chain->blocks[at];
    struct receipt *receipts = arena_alloc_zeroed(&chain->arena, block->tx_count, sizeof *receipts);
    for (size_t i = 0; i < block->tx_count; i++) {
        receipts[i].type = block->txs[i].type;
        receipts[i].success = rng_below(rng, 2) == 0;
        receipts[i].cumulative_gas_used = 21000 * (i + 1);
        receipts[i].log_count = rng_below(rng, 3);
        receipts[i].logs = random_logs(rng, receipts[i].log_count, &chain->arena);
    }
    CHECK(receipts_write(&chain->receipts[at], receipts, block->tx_count, &chain->arena));
    CHECK(receipts_root(&block->header.receipts_root, receipts, block->tx_count, &chain->arena));
}

static void make_block(struct feed_chain *chain, size_t at, uint64_t number, struct rng *rng)
{
    struct block *block = &chain->blocks[at];
    struct header *header = &block->header;
    random_block(block, rng, &chain->arena);
    if (at == 0 && number == 0) { /* a genesis is empty */
        block->tx_count = block->ommer_count = block->withdrawal_count = 0;
        block->has_withdrawals = false;
    }
    header->number = number;
    header->difficulty = u256_from_u64(1000 + at);
    header->field_count = block->has_withdrawals ? 17 : 15;
    header->parent_hash = at == 0 ? (hash32){{0}} : chain->blocks[at - 1].header.hash;
    for (size_t i = 0; i < block->ommer_count; i++) {
        block->ommers[i].field_count = 15;
        CHECK(header_hash(&block->ommers[i].hash, &block->ommers[i], &chain->arena));
    }
    make_receipts(chain, at, rng);
    CHECK(transactions_root(&header->transactions_root, block, &chain->arena));
    CHECK(ommers_hash(&header->ommers_hash, block, &chain->arena));
    if (block->has_withdrawals)
        CHECK(withdrawals_root(&header->withdrawals_root, block, &chain->arena));
    CHECK(header_hash(&header->hash, header, &chain->arena));
    CHECK(block_encode(&chain->encodings[at], block, &chain->arena));
    chain->totals[at] =
        at == 0 ? header->difficulty : u256_add(chain->totals[at - 1], header->difficulty);
}

void feed_chain_make(struct feed_chain *chain, size_t count, uint64_t first_number, uint64_t seed)
{
    struct rng rng;
    rng_init(&rng, seed);
    *chain = (struct feed_chain){.count = count};
    arena_init(&chain->arena, 1 << 20, 0);
    chain->blocks = arena_alloc_zeroed(&chain->arena, count, sizeof *chain->blocks);
    chain->encodings = arena_alloc_zeroed(&chain->arena, count, sizeof *chain->encodings);
    chain->receipts = arena_alloc_zeroed(&chain->arena, count, sizeof *chain->receipts);
    chain->totals = arena_alloc_zeroed(&chain->arena, count, sizeof *chain->totals);
    for (size_t i = 0; i < count; i++)
        make_block(chain, i, first_number + i, &rng);
}

void feed_chain_free(struct feed_chain *chain)
{
    arena_fini(&chain->arena);
}

void feed_chain_branch(struct feed_chain *chain, size_t from)
{
    for (size_t i = from; i < chain->count; i++) {
        struct header *header = &chain->blocks[i].header;
        header->timestamp++;
        if (i > 0) header->parent_hash = chain->blocks[i - 1].header.hash;
        CHECK(header_hash(&header->hash, header, &chain->arena));
        CHECK(block_encode(&chain->encodings[i], &chain->blocks[i], &chain->arena));
    }
}

/* ---- files ---- */

#define OUTPUT_MAX ((size_t)8 << 20)

struct output {
    uint8_t *start, *to;
};

static struct output output_begin(struct feed_chain *chain)
{
    uint8_t *start = arena_alloc(&chain->arena, OUTPUT_MAX);
    assert_non_null(start);
    return (struct output){start, start};
}

static void put(struct output *output, const void *data, size_t size)
{
    CHECK((size_t)(output->to - output->start) + size <= OUTPUT_MAX);
    if (size > 0) memcpy(output->to, data, size);
    output->to += size;
}

static struct bytes output_end(const struct output *output)
{
    return bytes_of(output->start, (size_t)(output->to - output->start));
}

struct bytes feed_chain_rlp(struct feed_chain *chain)
{
    struct output output = output_begin(chain);
    for (size_t i = 0; i < chain->count; i++)
        put(&output, chain->encodings[i].data, chain->encodings[i].size);
    return output_end(&output);
}

/* Where the entry begins. */
static uint64_t put_entry(struct output *output, unsigned type, struct bytes data)
{
    uint64_t place = (uint64_t)(output->to - output->start);
    uint8_t head[8] = {(uint8_t)type,
                       (uint8_t)(type >> 8),
                       (uint8_t)data.size,
                       (uint8_t)(data.size >> 8),
                       (uint8_t)(data.size >> 16),
                       (uint8_t)(data.size >> 24)};
    put(output, head, sizeof head);
    put(output, data.data, data.size);
    return place;
}

static void put_framed(struct output *output,
                       struct feed_chain *chain,
                       unsigned type,
                       struct bytes plain)
{
    struct bytes framed;
    CHECK(snappy_frame(&framed, plain, &chain->arena));
    put_entry(output, type, framed);
}

/* rlp([transactions, ommers]): what a block has behind its header. */
static struct bytes body_of(struct feed_chain *chain, struct bytes encoding)
{
    struct bytes items;
    struct rlp_item header;
    CHECK_EQ(rlp_only_list(encoding, &items), RLP_OK);
    CHECK_EQ(rlp_next(&items, &header), RLP_OK);
    uint8_t *out = arena_alloc(&chain->arena, items.size + RLP_HEAD_SIZE_MAX);
    uint8_t *to = rlp_put_list_head(out, items.size);
    memcpy(to, items.data, items.size);
    return bytes_of(out, (size_t)(to - out) + items.size);
}

static uint64_t put_block(struct output *output, struct feed_chain *chain, size_t at)
{
    uint64_t place = (uint64_t)(output->to - output->start);
    uint8_t total[32];
    struct bytes header;
    hash32 number = u256_to_hash(chain->totals[at]);
    for (size_t i = 0; i < sizeof total; i++)
        total[i] = number.bytes[31 - i];
    CHECK(header_encode(&header, &chain->blocks[at].header, &chain->arena));
    put_framed(output, chain, ERA1_HEADER, header);
    put_framed(output, chain, ERA1_BODY, body_of(chain, chain->encodings[at]));
    put_framed(output, chain, ERA1_RECEIPTS, chain->receipts[at]);
    put_entry(output, ERA1_TOTAL_DIFFICULTY, bytes_of(total, sizeof total));
    return place;
}

struct bytes feed_chain_era1(struct feed_chain *chain)
{
    struct output output = output_begin(chain);
    uint64_t *index = arena_alloc_zeroed(&chain->arena, chain->count + 2, sizeof *index);
    hash32 *leaves = arena_alloc_zeroed(&chain->arena, chain->count, sizeof *leaves);
    put_entry(&output, E2STORE_VERSION, BYTES_EMPTY);
    index[0] = chain->blocks[0].header.number;
    for (size_t i = 0; i < chain->count; i++) {
        index[1 + i] = put_block(&output, chain, i);
        leaves[i] = era1_leaf(&chain->blocks[i].header.hash, &chain->totals[i]);
    }
    hash32 root = era1_root(leaves, chain->count);
    put_entry(&output, ERA1_ACCUMULATOR, bytes_of(root.bytes, sizeof root.bytes));
    for (size_t i = 0; i < chain->count; i++)
        index[1 + i] -= (uint64_t)(output.to - output.start);
    index[1 + chain->count] = chain->count;
    put_entry(&output, ERA1_BLOCK_INDEX, bytes_of(index, (chain->count + 2) * sizeof *index));
    return output_end(&output);
}

/* ---- the disk ---- */

static char folder[64];

static void remove_folder(void)
{
    char command[96];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command) != 0) print_message("%s stays\n", folder);
}

const char *feed_folder(void)
{
    if (folder[0] != 0) return folder;
    snprintf(folder, sizeof folder, "/tmp/pevm-feed.XXXXXX");
    assert_non_null(mkdtemp(folder));
    CHECK_EQ(atexit(remove_folder), 0);
    return folder;
}

const char *feed_file(const char *name, struct bytes content)
{
    static char path[160];
    snprintf(path, sizeof path, "%s/%s", feed_folder(), name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    CHECK_EQ(fwrite(content.data, 1, content.size, file), content.size);
    CHECK_EQ(fclose(file), 0);
    return path;
}
