/* execute_record.h - a view that remembers what was read through it, so that a block can be executed again somewhere else. One thread. */
#pragma once

#include "engine/engine.h"

struct recorder;

/* `state` is borrowed. */
enum pevm_status recorder_new(struct recorder **out,
                              const struct view *state,
                              struct error *error) MUST_CHECK;
void recorder_free(struct recorder *recorder); /* may be NULL */

struct view recorder_view(struct recorder *recorder);

/* The block of `input` with all it has read, as a bundle with a partial state (fixture/bundle_write.h). */
enum pevm_status recorder_write(struct recorder *recorder,
                                const char *folder,
                                const struct engine_input *input,
                                const struct chain *chain,
                                struct error *error) MUST_CHECK;
