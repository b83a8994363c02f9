#include "cli/store_place.h"

#include "store/store_lmdb.h"

#include <string.h>

#define MAP_SIZE_MIN ((uint64_t)1 << 30)

enum pevm_status store_place_open(struct store **out, const char *place, struct error *error)
{
    static const char lmdb[] = "lmdb:";
    size_t kind_size = strcspn(place, ":/");
    bool has_kind = place[kind_size] == ':';
    if (has_kind && strncmp(place, lmdb, sizeof lmdb - 1) != 0)
        return error_set(
            error,
            PEVM_UNSUPPORTED,
            "%s: there is no store of the kind \"%.*s\"; give a folder, or lmdb:FOLDER",
            place,
            (int)kind_size,
            place);
    struct lmdb_options options = {.path = has_kind ? place + sizeof lmdb - 1 : place,
                                   .map_size_min = MAP_SIZE_MIN};
    return store_lmdb_open(out, &options, error);
}
