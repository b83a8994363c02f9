#include "support/service_world.h"

#include "base/clock.h"
#include "cli/chain_maker.h"
#include "feed/store_feed.h"
#include "feed/store_sink.h"
#include "store/keyspace.h"
#include "store/store_digest.h"
#include "store/store_lmdb.h"
#include "store/value.h"
#include "support/test.h"

#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SETTINGS_MAX 32
#define MAP_SIZE     ((size_t)256 << 20)

static struct error error;

#define MUST(call)                                                                                 \
    do {                                                                                           \
        if ((call) != PEVM_OK) fail_msg("%s: %s", #call, error.text);                              \
    } while (0)

/* ---- the chain ---- */

static void write_genesis(const struct service_world *world, const struct made_block *made)
{
    char path[128];
    struct bundle_set *set;
    snprintf(path, sizeof path, "%s/genesis", world->folder);
    MUST(bundle_set_open(&set, path, &error));
    MUST(bundle_set_genesis(set, made->note.parent, made->pre_state, &made->note, &error));
    MUST(bundle_set_close(set, &error));
}

static void begin(struct service_world *world, const struct made_block *made)
{
    world->genesis = *made->note.parent;
    world->genesis.extra_data = bytes_of("", 0);
    world->hashes[0] = made->note.parent->hash;
    world->state = memory_state_clone(made->pre_state);
    assert_non_null(world->state);
    write_genesis(world, made);
}

static void make_room(struct service_world *world, uint64_t count)
{
    arena_init(&world->arena, 1 << 20, 0);
    world->count = count;
    world->encodings = arena_alloc_zeroed(&world->arena, count + 1, sizeof *world->encodings);
    world->hashes = arena_alloc_zeroed(&world->arena, count + 1, sizeof *world->hashes);
    assert_non_null(world->encodings);
    assert_non_null(world->hashes);
}

void service_world_make(struct service_world *world, const struct service_plan *plan)
{
    const char *network = plan->network == NULL ? "Shanghai" : plan->network;
    struct chain_maker *maker;
    struct chain_plan chain = {.network = network,
                               .recipe = recipe_find(plan->recipe == NULL ? "erc20" : plan->recipe),
                               .seed = plan->seed,
                               .txs = plan->txs};
    *world = (struct service_world){.folder = "/tmp/pevm-service-XXXXXX"};
    assert_non_null(mkdtemp(world->folder));
    make_room(world, plan->count);
    MUST(chain_by_network(&world->chain, network, &error));
    MUST(chain_maker_new(&maker, &chain, &error));
    for (uint64_t n = 1; n <= plan->count; n++) {
        struct made_block made;
        MUST(chain_maker_next(maker, &made, &error));
        if (n == 1) begin(world, &made);
        assert_true(block_encode(&world->encodings[n], made.block, &world->arena));
        world->hashes[n] = made.block->header.hash;
    }
    chain_maker_free(maker);
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

void service_world_free(struct service_world *world)
{
    if (world->state != NULL) (void)nftw(world->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    memory_state_free(world->state);
    arena_fini(&world->arena);
}

struct block service_world_block(struct service_world *world, uint64_t number)
{
    struct block block;
    MUST(block_decode(&block, world->encodings[number], &world->arena, NULL, &error));
    return block;
}

static void put_header(struct service_world *world, struct block *block)
{
    uint64_t number = block->header.number;
    assert_true(header_hash(&block->header.hash, &block->header, &world->arena));
    assert_true(block_encode(&world->encodings[number], block, &world->arena));
    world->hashes[number] = block->header.hash;
}

static void link_from(struct service_world *world, uint64_t number)
{
    for (; number <= world->count; number++) {
        struct block block = service_world_block(world, number);
        block.header.parent_hash = world->hashes[number - 1];
        put_header(world, &block);
    }
}

void service_world_spoil(struct service_world *world,
                         uint64_t number,
                         void (*change)(struct header *header))
{
    struct block block = service_world_block(world, number);
    change(&block.header);
    put_header(world, &block);
    link_from(world, number + 1);
}

void service_world_branch(struct service_world *branch,
                          const struct service_world *world,
                          uint64_t fork,
                          uint8_t whose)
{
    *branch = *world;
    branch->state = NULL;
    make_room(branch, world->count);
    for (uint64_t n = 0; n <= world->count; n++) {
        branch->encodings[n] = world->encodings[n];
        branch->hashes[n] = world->hashes[n];
    }
    for (uint64_t n = fork + 1; n <= world->count; n++) {
        struct block block = service_world_block(branch, n);
        memset(block.header.coinbase.bytes, whose, sizeof block.header.coinbase.bytes);
        block.header.parent_hash = branch->hashes[n - 1];
        put_header(branch, &block);
    }
}

/* ---- into stores ---- */

void service_world_found(const struct service_world *world, struct store *store)
{
    struct store_sink sink;
    struct key_style style = {0};
    MUST(store_sink_open(&sink, store, &style, &error));
    MUST(state_sink_put_all(&sink.sink, world->state, &error));
    MUST(store_sink_start(&sink, 0, &world->hashes[0], &error));
    store_sink_close(&sink);
}

/* The last block that the store has of this chain. */
static uint64_t common_with(struct service_world *world, struct store_feed *feed)
{
    hash32 hash;
    uint64_t number = feed->progress < world->count ? feed->progress : world->count;
    for (; number > 0; number--) {
        enum pevm_status status = store_feed_hash(feed, number, &hash, &error);
        if (status == PEVM_OK && hash32_equal(&hash, &world->hashes[number])) break;
    }
    return number;
}

void service_world_feed(struct service_world *world, struct store *store, uint64_t last)
{
    struct store_feed feed;
    uint64_t number = 0;
    MUST(store_feed_open(&feed, store, &error));
    if (feed.has_progress) {
        number = common_with(world, &feed);
        if (number < feed.progress)
            MUST(store_feed_rewind(&feed, number, &world->hashes[number], &error));
    }
    while (number++ < last) {
        struct feed_item item = {.event = FEED_BLOCK,
                                 .number = number,
                                 .hash = world->hashes[number],
                                 .encoding = world->encodings[number],
                                 .block = service_world_block(world, number)};
        MUST(store_feed_put(&feed, &item, &error));
    }
    MUST(store_feed_flush(&feed, &error));
    store_feed_close(&feed);
}

void service_world_put(struct store *store, const char *key, struct bytes value)
{
    struct store_batch batch = {0};
    struct bytes name = bytes_of(key, strlen(key));
    if (value.data == NULL)
        store_batch_delete(&batch, name);
    else
        store_batch_set(&batch, name, value, 0);
    MUST(store_write(store, &batch, 0, &error));
    store_batch_fini(&batch);
}

/* ---- services ---- */

struct store *service_world_open(const struct service_world *world)
{
    char path[128];
    struct store *store;
    snprintf(path, sizeof path, "%s/lmdb", world->folder);
    struct lmdb_options options = {.path = path, .map_size_min = MAP_SIZE, .never_sync = true};
    MUST(store_lmdb_open(&store, &options, &error));
    return store;
}

struct setting_list {
    char texts[2][160];
    const char *list[SETTINGS_MAX];
    size_t count;
};

/* Does the test say something else about the same key? */
static bool is_replaced(const char *setting, const char *const *settings)
{
    size_t size = strcspn(setting, "=") + 1;
    for (size_t i = 0; settings != NULL && settings[i] != NULL; i++)
        if (strncmp(settings[i], setting, size) == 0) return true;
    return false;
}

static void fill_settings(struct setting_list *out,
                          const struct service_world *world,
                          const char *const *settings)
{
    static const char *const ours[] = {"storage.kind=lmdb",
                                       "storage.lmdb.sync=never",
                                       "storage.lmdb.map_size=256MB",
                                       "metrics.enabled=false",
                                       "engine.worker_affinity=false",
                                       "engine.max_workers=2",
                                       "leader.lock_ttl=1s",
                                       "leader.renew_interval=200ms"};
    const char *all[COUNT_OF(ours) + 2];
    snprintf(out->texts[0], 160, "storage.lmdb.path=%s/lmdb", world->folder);
    snprintf(out->texts[1], 160, "chain.name=%s/genesis/genesis.json", world->folder);
    memcpy(all, ours, sizeof ours);
    all[COUNT_OF(ours)] = out->texts[0];
    all[COUNT_OF(ours) + 1] = out->texts[1];
    out->count = 0;
    for (size_t i = 0; i < COUNT_OF(all); i++)
        if (!is_replaced(all[i], settings)) out->list[out->count++] = all[i];
    for (size_t i = 0; settings != NULL && settings[i] != NULL; i++)
        out->list[out->count++] = settings[i];
}

enum pevm_status service_world_run(const struct service_world *world,
                                   const char *const *settings,
                                   struct service_summary *summary,
                                   struct error *fault)
{
    struct setting_list list;
    fill_settings(&list, world, settings);
    struct service_options options = {
        .settings = list.list, .setting_count = list.count, .until_synced = true};
    error_clear(fault);
    return service_run(&options, summary, fault);
}

pid_t service_world_spawn(const struct service_world *world, const char *const *settings)
{
    char path[128];
    struct setting_list list;
    struct service_summary summary;
    fflush(stdout);
    fflush(stderr);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child > 0) return child;
    snprintf(path, sizeof path, "%s/stderr", world->folder);
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (file < 0 || dup2(file, STDOUT_FILENO) < 0 || dup2(file, STDERR_FILENO) < 0) _exit(100);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that failed leaves none behind */
    fill_settings(&list, world, settings);
    struct service_options options = {.settings = list.list, .setting_count = list.count};
    enum pevm_status status = service_run(&options, &summary, &error);
    if (status != PEVM_OK) fprintf(stderr, "%s\n", error.text);
    _exit((int)status);
}

int service_world_wait(pid_t child, unsigned seconds)
{
    int status = 0;
    uint64_t until_ns = clock_now_ns() + seconds * UINT64_C(1000000000);
    while (waitpid(child, &status, WNOHANG) == 0) { /* ends: the time is over */
        if (clock_now_ns() > until_ns) {
            (void)kill(child, SIGKILL);
            (void)waitpid(child, &status, 0);
            fail_msg("process %ld did not end within %u s", (long)child, seconds);
        }
        (void)poll(NULL, 0, 5);
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

struct service_state service_world_state(const struct service_world *world)
{
    struct service_state state = {0};
    struct exec_progress progress = {0};
    struct bytes value;
    struct arena arena;
    struct store *store = service_world_open(world);
    struct key_text key = key_write(&(struct key){.kind = KEY_EXEC_PROGRESS}, false);
    arena_init(&arena, 4096, 0);
    MUST(store_digest(store, &state.digest, &error));
    MUST(store_get(store, &value, key_bytes(&key), &arena, &error));
    MUST(exec_progress_read(&progress, value, &error));
    state.number = progress.number;
    state.hash = progress.hash;
    arena_fini(&arena);
    store_close(store);
    return state;
}
