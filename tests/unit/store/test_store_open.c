#include "store/store_open.h"
#include "support/config_file.h"
#include "support/store_behaviour.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>

static struct error error;

static struct store *open_with(const struct config *config)
{
    struct store *store;
    if (store_open(&store, config, &error) != PEVM_OK) fail_msg("%s", error.text);
    return store;
}

TEST(a_store_in_memory_goes_with_it)
{
    struct config_trial trial = {.yaml = "storage:\n  kind: memory\n"};
    struct store *store = open_with(config_of(&trial));
    CHECK_TEXT(store_about(store), "memory");
    CHECK_EQ(put_text(store, "a", "1", 0), PEVM_OK);
    store_close(store);
    store = open_with(&trial.config);
    assert_null(get_text(store, "a"));
    store_close(store);
}

TEST(the_folder_and_the_server_are_those_of_the_configuration)
{
    char folder[] = "/tmp/pevm_open_XXXXXX", yaml[160], command[64];
    assert_non_null(mkdtemp(folder));
    snprintf(yaml,
             sizeof yaml,
             "storage:\n  lmdb:\n    path: %s/db\n    sync: never\n    map_size: 1MB\n",
             folder);
    struct config_trial trial = {.yaml = yaml};
    struct store *store = open_with(config_of(&trial));
    CHECK(strstr(store_about(store), "LMDB ") == store_about(store) &&
          strstr(store_about(store), folder) != NULL);
    CHECK_EQ(put_text(store, "a", "1", 0), PEVM_OK);
    store_close(store);
    snprintf(command, sizeof command, "rm -r %s", folder);
    CHECK_EQ(system(command), 0);

    trial.yaml = "storage:\n  pika:\n    addr: \"pika:9221\"\n";
    store = open_with(config_of(&trial));
    CHECK_TEXT(store_about(store), "Redis protocol, pika:9221");
    store_close(store);
}

TEST(limits_and_styles_are_those_of_the_configuration)
{
    struct config_trial trial = {
        .yaml = "storage:\n  cache_size: 64MB\n  pika:\n    address_case: lower\n"
                "execution:\n  state_window_size: 7\n  history_ttl: 2m\n"
                "  state_cache_size: 1\n  storage_cache_size: 2\n  code_cache_size: 3\n"};
    const struct config *config = config_of(&trial);
    struct commit_options options = store_commit_options(config);
    struct store_view_limits limits = store_limits(config);
    CHECK(options.window == 7 && options.style.lower && options.style.history_ttl_ms == 120000);
    CHECK(limits.accounts_max == 1 && limits.slots_max == 2 && limits.codes_max == 3);
    CHECK_EQ(limits.bytes_max, 64u << 20);
}
