/* pevm inspect as a user meets it. */
#include "base/hex.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "store/commit.h"
#include "store/store_lmdb.h"
#include "support/captured.h"
#include "support/commit_world.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BLOCKS 9

static char folder[64], out[1 << 14], err[1 << 12];
static struct commit_world *world;

static int run(const char *line)
{
    char words[256];
    char *argv[16] = {"inspect", "--store", folder}, *rest = NULL;
    int argc = 3;
    snprintf(words, sizeof words, "%s", line);
    for (char *word = strtok_r(words, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest))
        argv[argc++] = word;
    struct captured into = {out, err, sizeof out, sizeof err};
    return captured_run(&into, cmd_inspect, argc, argv);
}

static void begin(void)
{
    struct store *store;
    struct committer committer;
    struct error error;
    struct commit_options options = {.window = 4};
    snprintf(folder, sizeof folder, "/tmp/pevm_inspect_XXXXXX");
    assert_non_null(mkdtemp(folder));
    struct lmdb_options lmdb = {folder, 1 << 20, true};
    CHECK_EQ(store_lmdb_open(&store, &lmdb, &error), PEVM_OK);
    commit_init(&committer, store, &options);
    world = commit_world_new(14, BLOCKS);
    hash32 genesis = commit_world_hash(world, 0);
    CHECK_EQ(commit_start(&committer, 0, &genesis, 0, &error), PEVM_OK);
    for (uint64_t number = 1; number <= BLOCKS; number++)
        CHECK_EQ(commit_block(&committer, commit_world_input(world, number), &error), PEVM_OK);
    commit_fini(&committer);
    store_close(store);
}

static void end(void)
{
    char command[96];
    commit_world_free(world);
    snprintf(command, sizeof command, "rm -r %s", folder);
    CHECK_EQ(system(command), 0);
}

TEST(progress_says_how_far_it_is)
{
    begin();
    CHECK_EQ(run("progress"), EXIT_DONE);
    CHECK(strstr(out, "\nfed         nothing yet\nexecuted    block 9, 0x") != NULL);
    CHECK(strstr(out, "\nwindow      4 blocks can be undone\nleader      nobody\n") != NULL);
    end();
}

TEST(accounts_and_slots_are_shown_as_they_are_and_were)
{
    begin();
    unsigned checked = 0;
    for (unsigned i = 0; i < COMMIT_WORLD_ACCOUNTS; i++) {
        for (uint64_t height = BLOCKS - 4; height <= BLOCKS; height++) {
            const struct model_account *model = &commit_world_model(world, height)->accounts[i];
            address who = model_address(i);
            char name[HEX_ADDRESS_SIZE], line[160], expected[160];
            snprintf(
                line, sizeof line, "account %s --at %u", hex_address(name, &who), (unsigned)height);
            int code = run(line);
            CHECK_EQ(code, model->exists ? EXIT_DONE : EXIT_FAILED);
            if (!model->exists) continue;
            snprintf(expected,
                     sizeof expected,
                     "\nafter block %u\nbalance     %u wei\nnonce       %u\ncode        ",
                     (unsigned)height,
                     (unsigned)model->balance,
                     (unsigned)model->nonce);
            if (strstr(out, expected) == NULL) fail_msg("%s", out);
            snprintf(line, sizeof line, "slot %s 1000 --at %u", name, (unsigned)height);
            CHECK_EQ(run(line), EXIT_DONE);
            CHECK_EQ(strlen(out), 67);
            CHECK_EQ(strtoul(out + 50, NULL, 16), model->slots[1]);
            checked++;
        }
    }
    CHECK(checked > 10);
    CHECK_EQ(run("slot 0x0000000000000000000000000000000000000001 0x10"), EXIT_DONE);
    CHECK_TEXT(out, "0x0000000000000000000000000000000000000000000000000000000000000000\n");
    CHECK_EQ(run("account 0x0000000000000000000000000000000000000001 --at 1"),
             EXIT_DATA); /* left the window */
    CHECK(strstr(err, "pevm inspect: block 1 has left the window") == err);
    end();
}

TEST(keys_and_the_digest_are_shown)
{
    begin();
    CHECK_EQ(run("get idx:exec:progress"), EXIT_DONE);
    CHECK(strstr(out, "{\"latestExecutedBlock\":9,") == out);
    CHECK_EQ(run("get st:undo:9"), EXIT_DONE);
    CHECK(strstr(out, "0x01f9") == out);
    CHECK_EQ(run("get nothing"), EXIT_FAILED);
    CHECK_TEXT(err, "pevm inspect: nothing: is absent\n");
    CHECK_EQ(run("digest"), EXIT_DONE);
    CHECK_EQ(strlen(out), 67);
    CHECK_EQ(run("block 3"), EXIT_FAILED);
    CHECK_TEXT(err, "pevm inspect: the header is missing\n");
    end();
}

TEST(what_is_asked_wrongly_is_told)
{
    begin();
    CHECK_EQ(run(""), EXIT_USAGE);
    CHECK_EQ(run("everything"), EXIT_USAGE);
    CHECK_EQ(run("account"), EXIT_USAGE);
    CHECK_EQ(run("account 0x12"), EXIT_DATA);
    CHECK_TEXT(err, "pevm inspect: \"0x12\": wanted an address: 0x and 40 digits\n");
    CHECK_EQ(run("slot 0x0000000000000000000000000000000000000001 x"), EXIT_DATA);
    CHECK_EQ(run("block 18446744073709551616"), EXIT_DATA);
    end();
}
