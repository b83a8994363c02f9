/* store_place.h - the store that a command line names: --store PLACE.
 *
 *     lmdb:FOLDER, or FOLDER           LMDB in that folder
 *     redis:HOST:PORT, redis:/SOCKET   a server that speaks the Redis protocol; its password, its database and the rest come
 *                                      from the variables of the service (EVM_EXECUTOR_STORAGE_PIKA_PASSWORD)
 */
#pragma once

#include "store/store.h"

#define STORE_PLACE_DEFAULT "pevm-data" /* as in the configuration */

/* PEVM_UNSUPPORTED: no store of that kind. PEVM_BAD_INPUT: an address or a variable. A server is looked for when it is needed. */
enum pevm_status store_place_open(struct store **out,
                                  const char *place,
                                  struct error *error) MUST_CHECK;

/* Is there a store at a place? PEVM_NOT_FOUND: a folder without one (opening would make it). Of a server nothing is asked. */
enum pevm_status store_place_check(const char *place, struct error *error) MUST_CHECK;
