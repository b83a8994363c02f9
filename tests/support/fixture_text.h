/* fixture_text.h - parts of official test files, written: headers and accounts as JSON in the words of the tests. */
#pragma once

#include "fixture/json_write.h"
#include "state/memory_state.h"
#include "types/header.h"

/* An object with the header's fields and its hash. */
void header_text(struct json_writer *json, const struct header *header);

/* An object of accounts, with code and storage. */
void alloc_text(struct json_writer *json, const struct memory_state *state);

/* A member that is bytes in hex. */
void member_bytes(struct json_writer *json, const char *key, struct bytes bytes);
