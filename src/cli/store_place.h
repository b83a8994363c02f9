/* store_place.h - the store that a command line names: --store PLACE.
 *
 *     lmdb:FOLDER, or FOLDER     LMDB in that folder
 */
#pragma once

#include "store/store.h"

#define STORE_PLACE_DEFAULT "pevm-data" /* as in the configuration */

/* PEVM_UNSUPPORTED: no store of that kind. */
enum pevm_status store_place_open(struct store **out,
                                  const char *place,
                                  struct error *error) MUST_CHECK;
