/* official.h - the official test files, for unit tests that read them through: every JSON document of an archive
 * whose name has a given part, one at a time.
 *
 *     if (!official_each("tests_misc.tar.zst", "RLPTests/", check_file, NULL)) skip();
 */
#pragma once

#include "fixture/json.h"
#include "support/test.h"

/* `file` is the document; it and all in the arena live for the call. `name` is for messages. */
typedef void official_check(const char *name,
                            const struct json *file,
                            struct arena *arena,
                            void *context);

/* False when the archive is not here. Fails the test when it cannot be read, or has nothing of that name. */
bool official_each(const char *archive, const char *part, official_check *check, void *context);

/* A member that must be there, as text, as number, as bytes. */
const char *official_text(const struct json *object, const char *key, struct arena *arena);
uint64_t official_u64(const struct json *object, const char *key);
struct bytes official_bytes(const struct json *object, const char *key, struct arena *arena);

/* Bytes of a member that must have exactly that size. */
void official_fixed(void *out, size_t size, const struct json *object, const char *key);
