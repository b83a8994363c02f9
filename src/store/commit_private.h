/* commit_private.h - what the files of commit.h share. */
#pragma once

#include "store/commit.h"
#include "store/keyspace.h"

/* A key in the committer's arena; false: no memory. */
bool commit_key(struct committer *committer, const struct key *key, struct bytes *out) MUST_CHECK;

/* Write `progress` into the batch. */
void commit_put_progress(struct committer *committer, const struct exec_progress *progress);

/* The account after a change, as it is stored; of `account` what was before is looked at. */
struct stored_account account_after(const struct account_change *change,
                                    const struct undo_account *account);

enum pevm_status commit_no_memory(struct error *error);

/* What block `input` finds in the store and leaves, as a record; and the record that leaves the window with it, NULL when there
 * is none. Everything lies in the arena. */
struct commit_plan {
    struct undo_record record;
    struct exec_progress before;
    const struct code_change *new_codes; /* those that the record names, in its order */
    const struct undo_record *leaving;   /* NULL: none */
};
enum pevm_status commit_plan(struct committer *committer,
                             struct commit_plan *out,
                             const struct commit_input *input,
                             struct error *error) MUST_CHECK;
