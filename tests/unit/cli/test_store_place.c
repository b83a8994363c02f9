/* What --store may say. */
#include "cli/store_place.h"
#include "support/feed_chain.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>

static struct error error;

TEST(a_folder_is_an_lmdb_store_with_its_kind_or_without)
{
    static const struct {
        const char *kind, *name;
    } forms[] = {
        {"",      "one"       },
        {"lmdb:", "two"       },
        {"",      "with:colon"}
    };
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        char place[200];
        struct store *store;
        snprintf(place, sizeof place, "%s%s/%s", forms[i].kind, feed_folder(), forms[i].name);
        if (store_place_open(&store, place, &error) != PEVM_OK) fail_msg("%s", error.text);
        store_close(store);
    }
}

TEST(another_kind_is_named)
{
    struct store *store;
    CHECK_EQ(store_place_open(&store, "mysql:x", &error), PEVM_UNSUPPORTED);
    CHECK_TEXT(error.text,
               "mysql:x: there is no store of the kind \"mysql\"; give a folder, lmdb:FOLDER or "
               "redis:HOST:PORT");
}

TEST(a_server_is_looked_for_when_it_is_needed)
{
    struct store *store;
    CHECK_EQ(store_place_open(&store, "redis:/nowhere/socket", &error), PEVM_OK);
    CHECK_TEXT(store_about(store), "Redis protocol, /nowhere/socket");
    store_close(store);
    CHECK_EQ(store_place_open(&store, "redis:nowhere", &error), PEVM_BAD_INPUT);
    CHECK_EQ(store_place_open(&store, "redis://127.0.0.1:1", &error), PEVM_OK);
    store_close(store);
    CHECK(strstr(error.text, "storage.pika.addr: \"nowhere\" will not do") == error.text);
}

TEST(variables_of_the_service_count_for_servers)
{
    struct store *store;
    CHECK_EQ(setenv("EVM_EXECUTOR_STORAGE_PIKA_DB", "many", 1), 0);
    CHECK_EQ(store_place_open(&store, "redis:/nowhere/socket", &error), PEVM_BAD_INPUT);
    CHECK(strstr(error.text, "environment: EVM_EXECUTOR_STORAGE_PIKA_DB") == error.text);
    CHECK_EQ(unsetenv("EVM_EXECUTOR_STORAGE_PIKA_DB"), 0);
}

TEST(a_folder_without_a_store_is_told_and_stays_as_it_is)
{
    char place[200];
    struct store *store;
    snprintf(place, sizeof place, "lmdb:%s/three", feed_folder());
    CHECK_EQ(store_place_check(place, &error), PEVM_NOT_FOUND);
    CHECK(strstr(error.text, "/three: there is no store in this folder") != NULL);
    CHECK_EQ(store_place_open(&store, place, &error), PEVM_OK);
    store_close(store);
    CHECK_EQ(store_place_check(place, &error), PEVM_OK);
    CHECK_EQ(store_place_check("redis:/nowhere", &error), PEVM_OK);
}
