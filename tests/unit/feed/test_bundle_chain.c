/* Bundles that were written are a chain again. */
#include "crypto/keccak.h"
#include "feed/bundle_chain.h"
#include "fixture/bundle_write.h"
#include "support/feed_chain.h"
#include "support/test.h"

#include <stdio.h>

static struct error error;
static struct arena arena;

static struct header next_header(const struct header *parent)
{
    struct header header = {
        .ommers_hash = keccak_empty_list,
        .transactions_root = keccak_empty_trie,
        .receipts_root = keccak_empty_trie,
        .gas_limit = 1000000,
        .field_count = 15,
    };
    if (parent != NULL) {
        header.number = parent->number + 1;
        header.parent_hash = parent->hash;
    }
    CHECK(header_hash(&header.hash, &header, &arena));
    return header;
}

/* The bundles 1 to 12, but those that are left out. */
static void write_set(const char *folder, uint64_t without)
{
    struct bundle_set *set;
    struct header parent = next_header(NULL);
    struct memory_state *state = memory_state_new();
    CHECK_EQ(bundle_set_open(&set, folder, &error), PEVM_OK);
    for (uint64_t number = 1; number <= 12; number++) {
        struct block block = {.header = next_header(&parent)};
        struct bundle_note note = {
            .network = "Istanbul",
            .fork = "Istanbul",
            .chain_id = 1,
            .source = "test",
            .parent = &parent,
        };
        if (number != without) CHECK_EQ(bundle_set_add(set, &block, state, &note, &error), PEVM_OK);
        parent = block.header;
    }
    CHECK_EQ(bundle_set_close(set, &error), PEVM_OK);
    memory_state_free(state);
}

static uint64_t read_all(const char *path, enum pevm_status *status)
{
    struct block_source *source;
    struct feed_item item;
    uint64_t last = 0;
    CHECK_EQ(bundle_chain_open(&source, &path, 1, &error), PEVM_OK);
    while ((*status = block_source_next(source, &item, &error)) == PEVM_OK &&
           item.event == FEED_BLOCK) {
        CHECK_EQ(item.number, last + 1);
        last = item.number;
    }
    CHECK(block_source_progress(source) <= 1);
    block_source_close(source);
    return last;
}

TEST(the_blocks_of_a_set_come_by_number)
{
    enum pevm_status status;
    char path[128];
    arena_init(&arena, 4096, 0);
    snprintf(path, sizeof path, "%s/set", feed_folder());
    write_set(path, 0);
    CHECK_EQ(read_all(path, &status), 12);
    CHECK_EQ(status, PEVM_OK);
}

TEST(a_set_with_a_gap_is_no_chain)
{
    enum pevm_status status;
    char path[128];
    snprintf(path, sizeof path, "%s/gap", feed_folder());
    write_set(path, 7);
    CHECK_EQ(read_all(path, &status), 6);
    CHECK_EQ(status, PEVM_BAD_INPUT);
    CHECK_TEXT(error.text, "8: block 8: number: expected 7, got 8");
    arena_fini(&arena);
}

TEST(where_no_bundle_is_there_is_no_chain)
{
    struct block_source *source;
    const char *path = "/nowhere/at/all";
    CHECK_EQ(bundle_chain_open(&source, &path, 1, &error), PEVM_NOT_FOUND);
}
