#include "store/store_lmdb.h"

#include "base/clock.h"
#include "base/heap.h"
#include "store/store_private.h"

#include <sys/stat.h>

#include <errno.h>
#include <inttypes.h>
#include <lmdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MAP_SIZE_MAX   (UINT64_C(1) << 46)
#define READERS_MAX    1024
#define OPEN_MAX       16
#define BOOT_ID_SIZE   40
#define SPACE_SIZE     40 /* pid:[4026531836] */
#define LOCK_TEXT_SIZE (STORE_OWNER_SIZE + BOOT_ID_SIZE + SPACE_SIZE + 72)
#define NS_PER_MS      1000000u

struct lmdb_store {
    struct store store;
    struct folder *folder;
    MDB_env *env;
    MDB_dbi dbi;
    /* The map may be moved when no transaction of this process is open: transactions hold it for reading. */
    pthread_rwlock_t map;
    char boot_id[BOOT_ID_SIZE];
    char space[SPACE_SIZE]; /* in which process numbers mean something */
};

static struct lmdb_store *lmdb_of(struct store *store)
{
    return (struct lmdb_store *)store;
}

static enum pevm_status status_of(int code)
{
    switch (code) {
    case 0: return PEVM_OK;
    case ENOMEM: return PEVM_NO_MEMORY;
    case ENOSPC:
    case EDQUOT:
    case EAGAIN:
    case MDB_READERS_FULL: return PEVM_UNAVAILABLE;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_PANIC:
    case MDB_INVALID: return PEVM_CORRUPT;
    case MDB_VERSION_MISMATCH:
    case MDB_INCOMPATIBLE: return PEVM_UNSUPPORTED;
    case ENOENT: return PEVM_NOT_FOUND;
    default: return PEVM_IO;
    }
}

static enum pevm_status fault(const struct lmdb_store *lmdb,
                              int code,
                              const char *what,
                              struct error *error)
{
    return error_set(
        error, status_of(code), "%s: %s: %s", lmdb->store.about, what, mdb_strerror(code));
}

/* Another process has made the file larger, or we want to (`size` > 0). */
static int set_map_size(struct lmdb_store *lmdb, size_t size)
{
    pthread_rwlock_wrlock(&lmdb->map);
    int code = mdb_env_set_mapsize(lmdb->env, size);
    pthread_rwlock_unlock(&lmdb->map);
    return code;
}

static int double_map(struct lmdb_store *lmdb)
{
    MDB_envinfo info;
    int code = mdb_env_info(lmdb->env, &info);
    if (code != 0) return code;
    if (info.me_mapsize > MAP_SIZE_MAX / 2) return MDB_MAP_FULL;
    return set_map_size(lmdb, 2 * info.me_mapsize);
}

/* Begin a transaction; the map is held until end_txn. */
static int begin_txn(struct lmdb_store *lmdb, unsigned flags, MDB_txn **out)
{
    for (unsigned attempt = 0;; attempt++) { /* ends: three attempts */
        int dead;
        pthread_rwlock_rdlock(&lmdb->map);
        int code = mdb_txn_begin(lmdb->env, NULL, flags, out);
        if (code == 0) return 0;
        pthread_rwlock_unlock(&lmdb->map);
        if (attempt == 2) return code;
        if (code == MDB_MAP_RESIZED)
            code = set_map_size(lmdb, 0);
        else if (code == MDB_READERS_FULL)
            code = mdb_reader_check(lmdb->env, &dead); /* places of processes that died */
        if (code != 0) return code;
    }
}

static void abort_txn(struct lmdb_store *lmdb, MDB_txn *txn)
{
    mdb_txn_abort(txn);
    pthread_rwlock_unlock(&lmdb->map);
}

static int commit_txn(struct lmdb_store *lmdb, MDB_txn *txn)
{
    int code = mdb_txn_commit(txn);
    pthread_rwlock_unlock(&lmdb->map);
    return code;
}

/* LMDB takes pointers to what it does not change. */
static MDB_val val_of(struct bytes bytes)
{
    return (MDB_val){.mv_size = bytes.size, .mv_data = (void *)(uintptr_t)bytes.data};
}

static struct bytes bytes_from(MDB_val value)
{
    return bytes_of(value.mv_data, value.mv_size);
}

static enum pevm_status get_all(struct lmdb_store *lmdb,
                                MDB_txn *txn,
                                struct store_item *items,
                                const struct bytes *keys,
                                size_t count,
                                struct arena *arena,
                                struct error *error)
{
    char shown[SHOWN_KEY_SIZE];
    for (size_t i = 0; i < count; i++) {
        MDB_val key = val_of(keys[i]), value;
        int code = mdb_get(txn, lmdb->dbi, &key, &value);
        items[i] = (struct store_item){.found = code == 0};
        if (code == MDB_NOTFOUND) continue;
        if (code != 0) return fault(lmdb, code, key_shown(shown, keys[i]), error);
        if (!arena_copy(arena, &items[i].value, bytes_from(value)))
            return error_set(error, PEVM_NO_MEMORY, "%s: no memory", key_shown(shown, keys[i]));
    }
    return PEVM_OK;
}

static enum pevm_status lmdb_get_many(struct store *store,
                                      struct store_item *items,
                                      const struct bytes *keys,
                                      size_t count,
                                      struct arena *arena,
                                      struct error *error)
{
    struct lmdb_store *lmdb = lmdb_of(store);
    MDB_txn *txn;
    int code = begin_txn(lmdb, MDB_RDONLY, &txn);
    if (code != 0) return fault(lmdb, code, "read", error);
    enum pevm_status status = get_all(lmdb, txn, items, keys, count, arena, error);
    abort_txn(lmdb, txn);
    return status;
}

static enum pevm_status lmdb_scan(struct store *store,
                                  struct bytes prefix,
                                  bool (*visit)(void *context,
                                                struct bytes key,
                                                struct bytes value),
                                  void *context,
                                  struct error *error)
{
    struct lmdb_store *lmdb = lmdb_of(store);
    MDB_txn *txn;
    MDB_cursor *cursor;
    MDB_val key = val_of(prefix), value;
    int code = begin_txn(lmdb, MDB_RDONLY, &txn);
    if (code != 0) return fault(lmdb, code, "scan", error);
    code = mdb_cursor_open(txn, lmdb->dbi, &cursor);
    if (code == 0) {
        code = mdb_cursor_get(cursor, &key, &value, prefix.size == 0 ? MDB_FIRST : MDB_SET_RANGE);
        while (code == 0 && key.mv_size >= prefix.size &&
               memcmp(key.mv_data, prefix.data == NULL ? key.mv_data : prefix.data, prefix.size) ==
                   0 &&
               visit(context, bytes_from(key), bytes_from(value)))
            code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT); /* ends: the file has an end */
        mdb_cursor_close(cursor);
    }
    abort_txn(lmdb, txn);
    return code == 0 || code == MDB_NOTFOUND ? PEVM_OK : fault(lmdb, code, "scan", error);
}

/* ---- writing ---- */

static const struct bytes lock_key = {(const uint8_t *)LOCK_KEY, sizeof LOCK_KEY - 1};
static const struct bytes epoch_key = {(const uint8_t *)EPOCH_KEY, sizeof EPOCH_KEY - 1};

static int put(struct lmdb_store *lmdb, MDB_txn *txn, struct bytes key, struct bytes value)
{
    MDB_val key_val = val_of(key), value_val = val_of(value);
    return mdb_put(txn, lmdb->dbi, &key_val, &value_val, 0);
}

static int remove_key(struct lmdb_store *lmdb, MDB_txn *txn, struct bytes key)
{
    MDB_val key_val = val_of(key);
    int code = mdb_del(txn, lmdb->dbi, &key_val, NULL);
    return code == MDB_NOTFOUND ? 0 : code;
}

/* The token that the store has; 0: none yet. */
static enum pevm_status read_token(struct lmdb_store *lmdb,
                                   MDB_txn *txn,
                                   uint64_t *out,
                                   struct error *error)
{
    MDB_val key = val_of(epoch_key), value;
    int code = mdb_get(txn, lmdb->dbi, &key, &value);
    *out = 0;
    if (code == MDB_NOTFOUND) return PEVM_OK;
    if (code != 0) return fault(lmdb, code, EPOCH_KEY, error);
    return token_read(out, bytes_from(value), error);
}

static int apply(struct lmdb_store *lmdb, MDB_txn *txn, const struct store_batch *batch)
{
    struct store_change change;
    int code = 0;
    for (size_t place = 0;
         code == 0 && store_batch_next(batch, &place, &change);) { /* ends: it moves on */
        if (change.kind == CHANGE_SET) code = put(lmdb, txn, change.key, change.value);
        if (change.kind == CHANGE_DELETE) code = remove_key(lmdb, txn, change.key);
    }
    return code;
}

/* One attempt; *code: what LMDB said, MDB_MAP_FULL means that a larger map may help. */
static enum pevm_status write_once(struct lmdb_store *lmdb,
                                   const struct store_batch *batch,
                                   uint64_t token,
                                   int *code,
                                   struct error *error)
{
    MDB_txn *txn;
    uint64_t theirs;
    *code = begin_txn(lmdb, 0, &txn);
    if (*code != 0) return fault(lmdb, *code, "write", error);
    enum pevm_status status = token == 0 ? PEVM_OK : read_token(lmdb, txn, &theirs, error);
    if (status == PEVM_OK && token != 0 && token != theirs) status = fenced(error, token, theirs);
    if (status == PEVM_OK) *code = apply(lmdb, txn, batch);
    if (status != PEVM_OK || *code != 0) {
        abort_txn(lmdb, txn);
        return status != PEVM_OK ? status : fault(lmdb, *code, "write", error);
    }
    *code = commit_txn(lmdb, txn);
    return *code == 0 ? PEVM_OK : fault(lmdb, *code, "commit", error);
}

static enum pevm_status lmdb_write(struct store *store,
                                   const struct store_batch *batch,
                                   uint64_t token,
                                   struct error *error)
{
    struct lmdb_store *lmdb = lmdb_of(store);
    for (;;) { /* ends: the map doubles up to its limit */
        int code;
        enum pevm_status status = write_once(lmdb, batch, token, &code, error);
        if (code != MDB_MAP_FULL) return status;
        code = double_map(lmdb);
        if (code != 0) return fault(lmdb, code, "making the map larger", error);
    }
}

/* ---- the lock: "owner boot-id until space pid start" -------------------------------------------------------
 * `until` is of that boot's clock. Space, pid and start name the process, as its own machine counts: where we can see that it is
 * gone, nobody waits for its lease to run out. */

struct lock_text {
    char owner[STORE_OWNER_SIZE], boot_id[BOOT_ID_SIZE], space[SPACE_SIZE];
    uint64_t until_ns, pid, start;
};

/* When a process started, in the kernel's ticks since boot; 0: there is none, or a dead one that nobody has buried. */
static uint64_t process_start(uint64_t pid)
{
    char path[48], text[1024];
    snprintf(path, sizeof path, "/proc/%" PRIu64 "/stat", pid);
    FILE *file = fopen(path, "r");
    if (file == NULL) return 0;
    size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[size] = 0;
    const char *at = strrchr(text, ')'); /* the name may have any characters */
    if (at == NULL || at[1] == 0 || strchr("ZXx", at[2]) != NULL) return 0;
    for (unsigned field = 2; at != NULL && field < 22; field++) /* starttime is the 22nd: proc(5) */
        at = strchr(at + 1, ' ');
    return at == NULL ? 0 : strtoull(at + 1, NULL, 10);
}

/* An unreadable lock is nobody's. */
static bool read_lock(struct lmdb_store *lmdb, MDB_txn *txn, struct lock_text *out)
{
    char text[LOCK_TEXT_SIZE];
    MDB_val key = val_of(lock_key), value;
    *out = (struct lock_text){.pid = 0};
    if (mdb_get(txn, lmdb->dbi, &key, &value) != 0 || value.mv_size >= sizeof text) return false;
    memcpy(text, value.mv_data, value.mv_size);
    text[value.mv_size] = 0;
    int count = sscanf(text,
                       "%47s %39s %" SCNu64 " %39s %" SCNu64 " %" SCNu64,
                       out->owner,
                       out->boot_id,
                       &out->until_ns,
                       out->space,
                       &out->pid,
                       &out->start);
    if (count != 6) out->space[0] = 0; /* somebody who does not name his process */
    return count >= 3;
}

static int write_lock(struct lmdb_store *lmdb, MDB_txn *txn, const char *owner, uint64_t ttl_ms)
{
    char text[LOCK_TEXT_SIZE];
    uint64_t until = clock_boot_ns() + ttl_ms * NS_PER_MS, pid = (uint64_t)getpid();
    int size = snprintf(text,
                        sizeof text,
                        "%s %s %" PRIu64 " %s %" PRIu64 " %" PRIu64,
                        owner,
                        lmdb->boot_id,
                        until,
                        lmdb->space,
                        pid,
                        process_start(pid));
    return put(lmdb, txn, lock_key, bytes_of(text, (size_t)size));
}

static bool is_gone(const struct lmdb_store *lmdb, const struct lock_text *lock)
{
    return lock->space[0] != 0 && strcmp(lock->space, lmdb->space) == 0 &&
           process_start(lock->pid) != lock->start;
}

static bool is_held(const struct lmdb_store *lmdb, const struct lock_text *lock)
{
    bool is_of_this_boot = strcmp(lock->boot_id, lmdb->boot_id) == 0;
    return is_of_this_boot && clock_boot_ns() < lock->until_ns && !is_gone(lmdb, lock);
}

static enum pevm_status finish_txn(
    struct lmdb_store *lmdb, MDB_txn *txn, enum pevm_status status, int code, struct error *error)
{
    if (status != PEVM_OK || code != 0)
        abort_txn(lmdb, txn);
    else
        code = commit_txn(lmdb, txn);
    if (status != PEVM_OK || code == 0) return status;
    return fault(lmdb, code, LOCK_KEY, error);
}

static enum pevm_status lmdb_take(
    struct store *store, const char *owner, uint64_t ttl_ms, uint64_t *token, struct error *error)
{
    struct lmdb_store *lmdb = lmdb_of(store);
    struct lock_text lock;
    char text[TOKEN_TEXT_SIZE];
    MDB_txn *txn;
    uint64_t next = 0;
    int code = begin_txn(lmdb, 0, &txn);
    if (code != 0) return fault(lmdb, code, LOCK_KEY, error);
    bool is_free = !read_lock(lmdb, txn, &lock) || !is_held(lmdb, &lock);
    enum pevm_status status = read_token(lmdb, txn, &next, error);
    next++;
    if (is_free && status == PEVM_OK) {
        size_t size = token_write(text, next);
        code = write_lock(lmdb, txn, owner, ttl_ms);
        if (code == 0) code = put(lmdb, txn, epoch_key, bytes_of(text, size));
    }
    status = finish_txn(lmdb, txn, status, code, error);
    if (status == PEVM_OK && is_free) *token = next;
    return status;
}

/* ttl 0: drop it. */
static enum pevm_status lmdb_keep(struct store *store,
                                  const char *owner,
                                  uint64_t ttl_ms,
                                  struct error *error)
{
    struct lmdb_store *lmdb = lmdb_of(store);
    struct lock_text lock;
    MDB_txn *txn;
    enum pevm_status status = PEVM_OK;
    int code = begin_txn(lmdb, 0, &txn);
    if (code != 0) return fault(lmdb, code, LOCK_KEY, error);
    if (!read_lock(lmdb, txn, &lock) || strcmp(lock.owner, owner) != 0)
        status = error_set(error, PEVM_FENCED, "the lock is not ours any more");
    else
        code = ttl_ms == 0 ? remove_key(lmdb, txn, lock_key) : write_lock(lmdb, txn, owner, ttl_ms);
    return finish_txn(lmdb, txn, status, code, error);
}

static enum pevm_status lmdb_drop(struct store *store, const char *owner, struct error *error)
{
    return lmdb_keep(store, owner, 0, error);
}

/* ---- opening ---- */

/* LMDB must not be opened twice in one process: what is open, by its place on the disk. */
static struct folder {
    bool is_open;
    dev_t device;
    ino_t inode;
} folders[OPEN_MAX];
static pthread_mutex_t folders_mutex = PTHREAD_MUTEX_INITIALIZER;

/* NULL: it is open already, or too many are. */
static struct folder *take_folder(const struct stat *about)
{
    struct folder *out = NULL;
    pthread_mutex_lock(&folders_mutex);
    for (size_t i = 0; i < OPEN_MAX; i++) {
        struct folder *folder = &folders[i];
        if (!folder->is_open && out == NULL) out = folder;
        if (!folder->is_open || folder->device != about->st_dev || folder->inode != about->st_ino)
            continue;
        out = NULL;
        break;
    }
    if (out != NULL) *out = (struct folder){true, about->st_dev, about->st_ino};
    pthread_mutex_unlock(&folders_mutex);
    return out;
}

static void give_folder(struct folder *folder)
{
    pthread_mutex_lock(&folders_mutex);
    folder->is_open = false;
    pthread_mutex_unlock(&folders_mutex);
}

static void lmdb_close(struct store *store)
{
    struct lmdb_store *lmdb = lmdb_of(store);
    mdb_env_close(lmdb->env);
    give_folder(lmdb->folder);
    pthread_rwlock_destroy(&lmdb->map);
    heap_free(lmdb);
}

static const struct store_ops lmdb_ops = {.is_atomic = true,
                                          .get_many = lmdb_get_many,
                                          .write = lmdb_write,
                                          .scan = lmdb_scan,
                                          .take = lmdb_take,
                                          .keep = lmdb_keep,
                                          .drop = lmdb_drop,
                                          .close = lmdb_close};

/* A lock of another boot of this machine is nobody's: its clock began anew. */
static void read_boot_id(char out[BOOT_ID_SIZE])
{
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "r");
    if (file == NULL || fscanf(file, "%39s", out) != 1) snprintf(out, BOOT_ID_SIZE, "unknown");
    if (file != NULL) fclose(file);
}

static void read_space(char out[SPACE_SIZE])
{
    ssize_t size = readlink("/proc/self/ns/pid", out, SPACE_SIZE - 1);
    if (size <= 0)
        size = snprintf(out, SPACE_SIZE, "unknown-%ld", (long)getpid()); /* nobody's else */
    out[size] = 0;
}

static int open_dbi(struct lmdb_store *lmdb)
{
    MDB_txn *txn;
    int code = mdb_txn_begin(lmdb->env, NULL, 0, &txn);
    if (code != 0) return code;
    code = mdb_dbi_open(txn, NULL, 0, &lmdb->dbi);
    if (code == 0) return mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return code;
}

/* The size is a wish: a file that is larger already keeps its own. */
static int open_env(struct lmdb_store *lmdb, const struct lmdb_options *options)
{
    int code = mdb_env_create(&lmdb->env);
    if (code != 0) return code;
    size_t size = (size_t)options->map_size_min & ~(size_t)4095;
    code = mdb_env_set_mapsize(lmdb->env, size < (1u << 20) ? 1u << 20 : size);
    if (code == 0) code = mdb_env_set_maxreaders(lmdb->env, READERS_MAX);
    unsigned flags = MDB_NOTLS | (options->never_sync ? MDB_NOSYNC : 0u);
    if (code == 0) code = mdb_env_open(lmdb->env, options->path, flags, 0644);
    if (code == 0) code = open_dbi(lmdb);
    if (code != 0) mdb_env_close(lmdb->env);
    return code;
}

static enum pevm_status open_folder(struct folder **out, const char *path, struct error *error)
{
    struct stat about;
    if ((mkdir(path, 0755) != 0 && errno != EEXIST) || stat(path, &about) != 0)
        return error_set(
            error, errno == ENOENT ? PEVM_NOT_FOUND : PEVM_IO, "%.200s: %s", path, strerror(errno));
    *out = take_folder(&about);
    if (*out == NULL)
        return error_set(error, PEVM_LIMIT, "%.200s: is open in this process already", path);
    return PEVM_OK;
}

static enum pevm_status open_store(struct lmdb_store *lmdb,
                                   const struct lmdb_options *options,
                                   struct error *error)
{
    lmdb->store.ops = &lmdb_ops;
    snprintf(lmdb->store.about,
             sizeof lmdb->store.about,
             "LMDB %d.%d.%d, %.100s",
             MDB_VERSION_MAJOR,
             MDB_VERSION_MINOR,
             MDB_VERSION_PATCH,
             options->path);
    read_boot_id(lmdb->boot_id);
    read_space(lmdb->space);
    TRY(open_folder(&lmdb->folder, options->path, error));
    pthread_rwlock_init(&lmdb->map, NULL);
    int code = open_env(lmdb, options);
    if (code == 0) return PEVM_OK;
    pthread_rwlock_destroy(&lmdb->map);
    give_folder(lmdb->folder);
    return fault(lmdb, code, "open", error);
}

enum pevm_status store_lmdb_open(struct store **out,
                                 const struct lmdb_options *options,
                                 struct error *error)
{
    struct lmdb_store *lmdb = heap_alloc_zeroed(1, sizeof *lmdb);
    if (lmdb == NULL) return error_set(error, PEVM_NO_MEMORY, "%.200s: no memory", options->path);
    enum pevm_status status = open_store(lmdb, options, error);
    if (status == PEVM_OK)
        *out = &lmdb->store;
    else
        heap_free(lmdb);
    return status;
}
