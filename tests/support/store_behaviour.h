/* store_behaviour.h - what every store must do: one table, run against each kind.
 *
 * A place is an empty database that can be opened. `pass_time` lets leases and values expire.
 */
#pragma once

#include "store/store.h"

struct store_place {
    enum pevm_status (*open)(struct store_place *place, struct store **out, struct error *error);
    void (*pass_time)(struct store_place *place, struct store *store, uint64_t ms);
    void *context;
    bool forgets;    /* values with a time to live disappear */
    bool opens_many; /* several stores on one place, in one process */
};

struct store_behaviour {
    const char *name;
    void (*check)(struct store_place *place);
};

extern const struct store_behaviour store_behaviours[];
extern const size_t store_behaviour_count;

/* Run them all, each on a place that `renew` has emptied. */
void store_behave(struct store_place *place, void (*renew)(struct store_place *place));

/* ---- for other tests of stores ---- */

struct store *place_open(struct store_place *place);
struct bytes text_bytes(const char *text);
/* Set one key. */
enum pevm_status put_text(struct store *store, const char *key, const char *value, uint64_t token);
/* The value of a key, or NULL when it is absent; lives until the next call. Fails the test on any other answer. */
const char *get_text(struct store *store, const char *key);
