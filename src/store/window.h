/* window.h - accounts and slots as they were after one of the last blocks.
 *
 * The first record above block h that names a key has its value at h; when none does, the latest value is it. Costs a record
 * for each block between h and the head, so it is for questions, not for execution. Whoever asks while blocks are committed
 * asks with a store of its own, and asks again when the head has moved (PEVM_LIMIT or PEVM_CORRUPT then mean just that).
 */
#pragma once

#include "store/commit.h"

/* PEVM_NOT_FOUND: the account did not exist. PEVM_LIMIT: the block is ahead, or has left the window. */
enum pevm_status window_account(struct committer *committer,
                                uint64_t height,
                                const address *who,
                                struct stored_account *out,
                                struct error *error) MUST_CHECK;

/* 0 when the slot or the account was absent. */
enum pevm_status window_slot(struct committer *committer,
                             uint64_t height,
                             const address *who,
                             const u256 *slot,
                             u256 *out,
                             struct error *error) MUST_CHECK;
