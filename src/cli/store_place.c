#include "cli/store_place.h"

#include "store/store_lmdb.h"
#include "store/store_open.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAP_SIZE_MIN ((uint64_t)1 << 30)

static const char lmdb[] = "lmdb:", redis[] = "redis:";

static bool begins_with(const char *text, const char *begin)
{
    return strncmp(text, begin, strlen(begin)) == 0;
}

/* Password, database, timeouts: as the environment says to the service. */
static enum pevm_status open_server(struct store **out, const char *server, struct error *error)
{
    struct config config;
    char setting[CONFIG_TEXT_SIZE + 32];
    const char *settings[] = {"storage.kind=pika", setting};
    struct config_input input = {.environment = (const char *const *)environ,
                                 .settings = settings,
                                 .setting_count = COUNT_OF(settings)};
    snprintf(setting, sizeof setting, "storage.pika.addr=%.*s", CONFIG_TEXT_SIZE, server);
    TRY(config_load(&config, &input, error));
    return store_open(out, &config, error);
}

/* "redis:HOST:PORT", and "redis://HOST:PORT" as others write it. A path begins with one slash. */
static const char *server_of(const char *place)
{
    const char *server = place + strlen(redis);
    return begins_with(server, "//") ? server + 2 : server;
}

enum pevm_status store_place_open(struct store **out, const char *place, struct error *error)
{
    size_t kind_size = strcspn(place, ":/");
    bool has_kind = place[kind_size] == ':';
    if (begins_with(place, redis)) return open_server(out, server_of(place), error);
    if (has_kind && !begins_with(place, lmdb))
        return error_set(error,
                         PEVM_UNSUPPORTED,
                         "%s: there is no store of the kind \"%.*s\"; give a folder, lmdb:FOLDER "
                         "or redis:HOST:PORT",
                         place,
                         (int)kind_size,
                         place);
    struct lmdb_options options = {.path = has_kind ? place + strlen(lmdb) : place,
                                   .map_size_min = MAP_SIZE_MIN};
    return store_lmdb_open(out, &options, error);
}

enum pevm_status store_place_check(const char *place, struct error *error)
{
    char path[4096];
    const char *folder = begins_with(place, lmdb) ? place + strlen(lmdb) : place;
    if (begins_with(place, redis)) return PEVM_OK;
    int size = snprintf(path, sizeof path, "%s/data.mdb", folder);
    if (size > 0 && (size_t)size < sizeof path && access(path, F_OK) == 0) return PEVM_OK;
    return error_set(error, PEVM_NOT_FOUND, "%.400s: there is no store in this folder", folder);
}
