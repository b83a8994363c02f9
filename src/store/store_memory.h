/* store_memory.h - a store in memory: for tests, and to see how fast the rest would be with nothing below.
 *
 * A database may be opened several times, as several services would. It can be told to stop after so many changes, as if the
 * power went: then nothing is answered until it is started again, and what was changed stays changed. Batches are applied one
 * change at a time, so that every cut can be had.
 */
#pragma once

#include "store/store.h"

struct memory_db;

struct memory_db *memory_db_new(void) MUST_CHECK; /* NULL: no memory */
void memory_db_free(struct memory_db *db);        /* all its stores are closed; may be NULL */

/* `db` may be NULL: then the store has one of its own, which goes with it. */
enum pevm_status store_memory_open(struct store **out,
                                   struct memory_db *db,
                                   struct error *error) MUST_CHECK;

/* Stop in front of the change after the next `changes`. */
void memory_db_stop_after(struct memory_db *db, uint64_t changes);
void memory_db_start(struct memory_db *db);

/* After `after` reads more the next `count` fail, as if the line were cut for a while. */
void memory_db_fail_reads(struct memory_db *db, uint64_t after, uint64_t count);

/* The clock of expiry, in milliseconds: stands still but for this. */
void memory_db_pass_time(struct memory_db *db, uint64_t ms);

size_t memory_db_count(const struct memory_db *db);     /* keys, those that have expired included */
uint64_t memory_db_changes(const struct memory_db *db); /* applied so far */
