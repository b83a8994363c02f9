/* What all sources have in common: checks, an end, blocks that are taken back. */
#include "feed/block_source.h"
#include "feed/block_source_private.h"
#include "support/feed_chain.h"
#include "support/test.h"

#include <stdio.h>

static struct error error;
static struct feed_chain chain, other;

/* A source that plays a list: blocks of `chain` by index, and -n: take back those above n. */
struct player {
    const int *script;
    size_t at, count;
    bool branch; /* after a roll back: blocks of `other` */
    bool was_closed;
};

static enum pevm_status play(
    void *self, struct raw_block *out, bool *found, struct arena *scratch, struct error *failure)
{
    struct player *player = self;
    (void)scratch;
    (void)failure;
    *found = player->at < player->count;
    if (!*found) return PEVM_OK;
    int what = player->script[player->at++];
    out->name = "player";
    if (what >= 0) {
        out->encoding = (player->branch ? &other : &chain)->encodings[what];
        return PEVM_OK;
    }
    out->is_rollback = true;
    out->number = (uint64_t)-what;
    out->hash = chain.blocks[-what].header.hash;
    player->branch = true;
    return PEVM_OK;
}

static double half(const void *self)
{
    (void)self;
    return 0.5;
}

static void note_close(void *self)
{
    ((struct player *)self)->was_closed = true;
}

static const struct source_kind kind = {play, half, note_close};

TEST(blocks_may_be_taken_back_and_others_follow)
{
    static const int script[] = {0, 1, 2, 3, -2, 3, 4};
    struct player player = {.script = script, .count = COUNT_OF(script)};
    struct block_source *source;
    struct feed_item item;
    feed_chain_make(&chain, 8, 0, 4);
    /* the same up to block 2, then others */
    feed_chain_make(&other, 8, 0, 4);
    feed_chain_branch(&other, 3);
    CHECK_EQ(block_source_new(&source, &kind, &player, &error), PEVM_OK);
    for (size_t i = 0; i < COUNT_OF(script); i++) {
        CHECK_EQ(block_source_next(source, &item, &error), PEVM_OK);
        CHECK_EQ(item.event, script[i] < 0 ? FEED_REORG : FEED_BLOCK);
        CHECK_EQ(item.number, script[i] < 0 ? 2 : script[i]);
        if (script[i] < 0) CHECK(hash32_equal(&item.hash, &chain.blocks[2].header.hash));
    }
    CHECK(hash32_equal(&item.hash, &other.blocks[4].header.hash));
    CHECK_EQ(block_source_next(source, &item, &error), PEVM_OK);
    CHECK_EQ(item.event, FEED_END);
    CHECK(block_source_progress(source) == 0.5);
    block_source_close(source);
    CHECK(player.was_closed);
}

TEST(a_block_that_does_not_follow_is_refused_by_name_and_number)
{
    static const int script[] = {0, 1, 3};
    struct player player = {.script = script, .count = COUNT_OF(script)};
    struct block_source *source;
    struct feed_item item;
    CHECK_EQ(block_source_new(&source, &kind, &player, &error), PEVM_OK);
    CHECK_EQ(block_source_next(source, &item, &error), PEVM_OK);
    CHECK_EQ(block_source_next(source, &item, &error), PEVM_OK);
    CHECK_EQ(block_source_next(source, &item, &error), PEVM_BAD_INPUT);
    CHECK_TEXT(error.text, "player: block 3: number: expected 2, got 3");
    block_source_close(source);
    feed_chain_free(&chain);
    feed_chain_free(&other);
}
