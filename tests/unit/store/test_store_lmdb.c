#include "base/clock.h"
#include "store/store_lmdb.h"
#include "support/store_behaviour.h"
#include "support/test.h"

#include <sys/wait.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[64];
static struct lmdb_options options = {folder, 1 << 20, true};

static enum pevm_status open_lmdb(struct store_place *place,
                                  struct store **out,
                                  struct error *error)
{
    (void)place;
    return store_lmdb_open(out, &options, error);
}

/* The machine's clock: it is waited for. */
static void pass_time(struct store_place *place, struct store *store, uint64_t ms)
{
    (void)place;
    (void)store;
    uint64_t until = clock_boot_ns() + ms * 1000000;
    while (clock_boot_ns() < until) { /* ends: the clock moves on */
    }
}

static void remove_folder(void)
{
    char command[128];
    if (folder[0] == 0) return;
    snprintf(command, sizeof command, "rm -rf %s", folder);
    CHECK_EQ(system(command), 0);
    folder[0] = 0;
}

static void renew(struct store_place *place)
{
    (void)place;
    remove_folder();
    snprintf(folder, sizeof folder, "/tmp/pevm_lmdb_XXXXXX");
    assert_non_null(mkdtemp(folder));
}

static struct store_place place = {open_lmdb, pass_time, NULL, false, false};

TEST(lmdb_behaves_like_every_store)
{
    store_behave(&place, renew);
    remove_folder();
}

TEST(the_file_grows_when_it_is_full)
{
    struct store_batch batch = {0};
    struct error error;
    static uint8_t large[1 << 16];
    renew(&place);
    struct store *store = place_open(&place);
    for (unsigned i = 0; i < 128; i++) { /* 8 MB into a map of 1 MB, two values each time */
        char key[16];
        store_batch_reset(&batch);
        snprintf(key, sizeof key, "k%u", i);
        memset(large, (int)i, sizeof large);
        store_batch_set(&batch, text_bytes(key), bytes_of(large, sizeof large), 0);
        store_batch_set(&batch, text_bytes("last"), text_bytes(key), 0);
        if (store_write(store, &batch, 0, &error) != PEVM_OK) fail_msg("%s", error.text);
    }
    CHECK_TEXT(get_text(store, "last"), "k127");
    store_close(store);
    store = place_open(&place); /* with a map of 1 MB again: the file says how large it is */
    CHECK_TEXT(get_text(store, "last"), "k127");
    store_batch_fini(&batch);
    store_close(store);
    remove_folder();
}

TEST(a_folder_is_opened_once_in_a_process)
{
    struct store *again;
    struct error error;
    renew(&place);
    struct store *store = place_open(&place);
    CHECK_EQ(store_lmdb_open(&again, &options, &error), PEVM_LIMIT);
    CHECK(strstr(error.text, ": is open in this process already") != NULL);
    store_close(store);
    store = place_open(&place);
    store_close(store);
    remove_folder();
}

TEST(another_process_sees_what_was_written_and_who_leads)
{
    struct store_lease lease;
    struct error error;
    renew(&place);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) { /* leads, writes, and dies without a word */
        struct store *store;
        store_lease_init(&lease, "child");
        if (store_lmdb_open(&store, &options, &error) != PEVM_OK) _exit(1);
        if (store_lease_take(store, &lease, 100000, &error) != PEVM_OK || lease.token == 0)
            _exit(2);
        _exit(put_text(store, "a", "1", lease.token) == PEVM_OK ? 0 : 3);
    }
    int status;
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK_EQ(status, 0);
    struct store *store = place_open(&place);
    CHECK_TEXT(get_text(store, "a"), "1");
    store_lease_init(&lease, "parent");
    CHECK_EQ(store_lease_take(store, &lease, 1000, &error), PEVM_OK);
    CHECK_EQ(lease.token, 2); /* a dead process leads nobody */
    store_close(store);
    remove_folder();
}

/* The child leads for a minute, says so through the pipe, and stays until it is killed. */
static pid_t lead_in_child(int ready)
{
    pid_t child = fork();
    if (child != 0) return child;
    struct store *store;
    struct store_lease lease;
    struct error error;
    store_lease_init(&lease, "child");
    if (store_lmdb_open(&store, &options, &error) != PEVM_OK ||
        store_lease_take(store, &lease, 60000, &error) != PEVM_OK || lease.token == 0)
        _exit(1);
    (void)!write(ready, "x", 1);
    for (;;)
        pause();
}

TEST(who_is_killed_is_replaced_at_once_and_who_is_stopped_is_not)
{
    struct store *store;
    struct store_lease lease;
    struct error error;
    int ready[2], state;
    char byte;
    renew(&place);
    CHECK_EQ(pipe(ready), 0);
    pid_t child = lead_in_child(ready[1]);
    CHECK_EQ(read(ready[0], &byte, 1), 1);
    CHECK_EQ(store_lmdb_open(&store, &options, &error), PEVM_OK);
    store_lease_init(&lease, "parent");

    CHECK_EQ(kill(child, SIGSTOP), 0);
    CHECK_EQ(store_lease_take(store, &lease, 1000, &error), PEVM_OK);
    CHECK_EQ(lease.token, 0);

    CHECK_EQ(kill(child, SIGKILL), 0);
    siginfo_t info;
    CHECK_EQ(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0); /* dead, not buried */
    CHECK_EQ(store_lease_take(store, &lease, 1000, &error), PEVM_OK);
    CHECK_EQ(lease.token, 2);
    CHECK_EQ(waitpid(child, &state, 0), child);
    store_close(store);
    close(ready[0]);
    close(ready[1]);
    remove_folder();
}

TEST(what_cannot_be_opened_is_named)
{
    struct store *store;
    struct error error;
    struct lmdb_options nowhere = {"/nowhere/at/all", 1 << 20, false};
    CHECK_EQ(store_lmdb_open(&store, &nowhere, &error), PEVM_NOT_FOUND);
    CHECK_TEXT(error.text, "/nowhere/at/all: No such file or directory");
    renew(&place);
    char path[96];
    snprintf(path, sizeof path, "%s/data.mdb", folder);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    for (unsigned i = 0; i < 4096; i++)
        fputs("no database ", file);
    fclose(file);
    CHECK_EQ(store_lmdb_open(&store, &options, &error), PEVM_CORRUPT);
    CHECK(strstr(error.text, "MDB_INVALID") != NULL && strstr(error.text, folder) != NULL);
    struct lmdb_options is_file = {path, 1 << 20, false};
    CHECK_EQ(store_lmdb_open(&store, &is_file, &error), PEVM_IO);
    remove_folder();
}
