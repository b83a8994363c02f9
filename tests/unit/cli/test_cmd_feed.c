/* pevm import and pevm feed, from files to a store on disk. */
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "feed/store_feed.h"
#include "store/store_lmdb.h"
#include "support/feed_chain.h"
#include "support/test.h"

#include <stdio.h>
#include <string.h>

static struct error error;
static struct feed_chain chain;
static char folder[160];

static const char genesis[] = "{\"config\":{\"chainId\":7},\"gasLimit\":5000,\"difficulty\":1,"
                              "\"alloc\":{\"00000000000000000000000000000000000000aa\":"
                              "{\"balance\":\"5\"}}}";

static int run(int (*command)(int, char **), const char *const *words)
{
    static char copies[12][200];
    char *argv[13] = {0};
    int argc = 0;
    for (; words[argc] != NULL; argc++) {
        snprintf(copies[argc], sizeof copies[argc], "%s", words[argc]);
        argv[argc] = copies[argc];
    }
    return command(argc, argv);
}

/* How far the feed is; -1: there is none. */
static int64_t fed(void)
{
    struct lmdb_options options = {folder, 1 << 20, true};
    struct store *store;
    struct store_feed feed;
    CHECK_EQ(store_lmdb_open(&store, &options, &error), PEVM_OK);
    CHECK_EQ(store_feed_open(&feed, store, &error), PEVM_OK);
    int64_t progress = feed.has_progress ? (int64_t)feed.progress : -1;
    store_feed_close(&feed);
    store_close(store);
    return progress;
}

static void new_store(const char *name)
{
    snprintf(folder, sizeof folder, "%s/%s", feed_folder(), name);
}

TEST(a_chain_file_comes_into_a_store_in_two_goes)
{
    feed_chain_make(&chain, 50, 0, 8);
    new_store("fed");
    char file[160];
    snprintf(file, sizeof file, "%s", feed_file("chain.rlp", feed_chain_rlp(&chain)));
    const char *first[] = {"feed", "--file", file, "--last", "20", "--store", folder, NULL};
    const char *rest[] = {"feed", "--file", file, "--store", folder, NULL};
    CHECK_EQ(run(cmd_feed, first), EXIT_DONE);
    CHECK_EQ(fed(), 20);
    CHECK_EQ(run(cmd_feed, rest), EXIT_DONE);
    CHECK_EQ(fed(), 49);
    CHECK_EQ(run(cmd_feed, rest), EXIT_DONE);

    struct feed_chain other;
    feed_chain_make(&other, 60, 0, 9);
    snprintf(file, sizeof file, "%s", feed_file("other.rlp", feed_chain_rlp(&other)));
    CHECK_EQ(run(cmd_feed, rest), EXIT_DATA);
    CHECK_EQ(fed(), 49);
    feed_chain_free(&other);
}

TEST(what_came_before_an_error_is_kept)
{
    new_store("cut");
    struct bytes content = feed_chain_rlp(&chain);
    content.size -= 10;
    const char *file = feed_file("cut.rlp", content);
    const char *words[] = {"feed", "--file", file, "--store", folder, NULL};
    CHECK_EQ(run(cmd_feed, words), EXIT_DATA);
    CHECK_EQ(fed(), 48);
}

TEST(a_genesis_is_the_block_that_others_follow)
{
    new_store("genesis");
    const char *file = feed_file("genesis.json", bytes_of(genesis, sizeof genesis - 1));
    const char *words[] = {"import", "genesis", file, "--store", folder, NULL};
    const char *check[] = {"import", "genesis", file, "--check", NULL};
    CHECK_EQ(run(cmd_import, check), EXIT_DONE);
    CHECK_EQ(run(cmd_import, words), EXIT_DONE);
    CHECK_EQ(fed(), 0);
    CHECK_EQ(run(cmd_import, words), EXIT_DATA);
    char chain_file[160];
    snprintf(chain_file, sizeof chain_file, "%s", feed_file("chain.rlp", feed_chain_rlp(&chain)));
    const char *others[] = {"feed", "--file", chain_file, "--store", folder, NULL};
    CHECK_EQ(run(cmd_feed, others), EXIT_DATA); /* its block 0 is another */
}

TEST(a_state_is_what_the_block_it_belongs_to_left)
{
    static const char text[] = "{\"address\":\"0x00000000000000000000000000000000000000aa\","
                               "\"balance\":\"5\"}\n";
    char block[96];
    new_store("state");
    const char *file = feed_file("state.jsonl", bytes_of(text, sizeof text - 1));
    snprintf(block,
             sizeof block,
             "30:0x%064d",
             7); /* whoever brings a state says which block it belongs to */
    const char *words[] = {"import", "state", file, "--block", block, "--store", folder, NULL};
    const char *nothing[] = {"import", "state", file, "--store", folder, NULL};
    CHECK_EQ(run(cmd_import, nothing), EXIT_USAGE);
    CHECK_EQ(run(cmd_import, words), EXIT_DONE);
    CHECK_EQ(fed(), 30);
}

TEST(a_command_line_that_means_nothing_is_told)
{
    const char *none[] = {"feed", NULL};
    const char *two[] = {"feed", "--file", "a", "--era1", "b", NULL};
    const char *what[] = {"import", "blocks", "x", NULL};
    const char *gone[] = {"feed", "--file", "/nowhere/x", "--store", folder, NULL};
    CHECK_EQ(run(cmd_feed, none), EXIT_USAGE);
    CHECK_EQ(run(cmd_feed, two), EXIT_USAGE);
    CHECK_EQ(run(cmd_import, what), EXIT_USAGE);
    CHECK_EQ(run(cmd_feed, gone), EXIT_IO);
    feed_chain_free(&chain);
}
