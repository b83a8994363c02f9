/* chain.name: names, files, and everything that is wrong with either. */
#include "service/chain_choice.h"
#include "support/service_world.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct chain_choice choice;
static struct error error;

static enum pevm_status choose(const char *name, uint64_t id)
{
    struct config config = {.chain_network_id = id};
    snprintf(config.chain_name, sizeof config.chain_name, "%s", name);
    error_clear(&error);
    return chain_choice_read(&choice, &config, &error);
}

TEST(known_chains_have_their_ids_and_first_blocks)
{
    CHECK_EQ(choose("mainnet", 0), PEVM_OK);
    CHECK_EQ(choice.chain.chain_id, 1);
    CHECK(choice.has_genesis);
    CHECK_HEX(bytes_of(choice.genesis_hash.bytes, 32),
              "d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3");
    CHECK_EQ(choose("sepolia", 11155111), PEVM_OK);
    CHECK_EQ(choice.chain.chain_id, 11155111);
}

TEST(others_are_refused_and_the_known_ones_named)
{
    static const char *const names[] = {"foo", "bsc", "Mainnet", "mainnet "};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        CHECK_EQ(choose(names[i], 0), PEVM_UNSUPPORTED);
        CHECK(strstr(error.text, "chain.name") != NULL);
        CHECK(strstr(error.text, "mainnet, sepolia") != NULL);
    }
}

TEST(another_id_is_refused)
{
    CHECK_EQ(choose("mainnet", 56), PEVM_BAD_INPUT);
    CHECK_TEXT(error.text, "chain.network_id: is 56, but the id of mainnet is 1");
}

TEST(a_file_is_a_chain)
{
    struct service_world world;
    char path[128];
    service_world_make(&world, &(struct service_plan){.count = 1, .txs = 1});
    snprintf(path, sizeof path, "%s/genesis/genesis.json", world.folder);
    CHECK_EQ(choose(path, 0), PEVM_OK);
    CHECK(choice.has_genesis);
    CHECK(hash32_equal(&choice.genesis_hash, &world.hashes[0]));
    CHECK_EQ(choice.chain.chain_id, world.chain.chain_id);
    CHECK_EQ(choose(path, world.chain.chain_id + 1), PEVM_BAD_INPUT);
    service_world_free(&world);
}

TEST(a_file_that_is_not_there_or_is_none_is_named)
{
    char path[] = "/tmp/pevm-choice-XXXXXX";
    CHECK_EQ(choose("no-such-file.json", 0), PEVM_NOT_FOUND);
    CHECK(strstr(error.text, "no-such-file.json") != NULL);
    int file = mkstemp(path);
    CHECK(write(file, "{\"config\": [}", 13) == 13);
    close(file);
    CHECK_EQ(choose(path, 0), PEVM_BAD_INPUT);
    CHECK(strstr(error.text, "chain.name") != NULL);
    CHECK(strstr(error.text, path) != NULL);
    CHECK_EQ(unlink(path), 0);
}
