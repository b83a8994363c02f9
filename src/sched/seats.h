/* seats.h - where the attempts of a block sit while they run, and while they are blocked: numbers, handed out and given back.
 *
 * Each worker has a few of its own. It alone takes from them, so no two workers meet; a seat is given back by whoever ran last
 * in it, to the worker it belongs to.
 *
 * Who may call what at the same time: seats_take(worker) that worker; seats_give anybody; begin, new, free the owner alone.
 * Order pair [A] a seat is given back (release) <-> it is taken again (acquire). Progress: wait-free.
 */
#pragma once

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

#define SEATS_PER_WORKER 4
#define SEAT_NONE        UINT32_MAX

struct seats;

enum pevm_status seats_new(struct seats **out, unsigned workers) MUST_CHECK;
void seats_free(struct seats *seats); /* may be NULL */

/* All are free but one for each worker, which has the worker's number; `only_one`: there are no others. */
void seats_begin(struct seats *seats, bool only_one);

/* Another one, below workers * SEATS_PER_WORKER, or SEAT_NONE. */
unsigned seats_take(struct seats *seats, unsigned worker);
void seats_give(struct seats *seats, unsigned seat);
