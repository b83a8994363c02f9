/* store_guess.h - which part of the state a block will ask for: found out by a run that guesses what it does not know.
 *
 *     store_guess_begin(guess)
 *     engine_execute(... .pre_state = the guess's view ...)      what comes out is worth nothing
 *     store_view_fetch(view, guess->keys, guess->count)     and again, until nothing is missing
 *
 * What the caches have is answered from there; of all else the key is noted, and "there is none" is the answer. A transaction that was
 * told wrong goes another way, but mostly it still asks for what it would have asked for: two or three runs find nearly all, in as
 * many round trips. Nothing of it can change what the block does: only the caches fill.
 *
 * Code is really read (it stays for as long as the process lives, and a wrong one would stay, too). One thread.
 */
#pragma once

#include "store/store_view.h"

#define GUESS_KEYS_MAX 16384 /* of a block; the rest is read when it is asked for */

struct store_guess {
    struct store_view *view; /* borrowed */
    struct view inner;       /* of it */
    struct key *keys;        /* not known, each once or a few times */
    size_t count;
};

/* PEVM_NO_MEMORY. */
enum pevm_status store_guess_init(struct store_guess *guess, struct store_view *view) MUST_CHECK;
void store_guess_fini(struct store_guess *guess); /* of a zeroed object: nothing */

/* Another run. */
void store_guess_begin(struct store_guess *guess);

struct view store_guess_view(struct store_guess *guess);
