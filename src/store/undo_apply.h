/* undo_apply.h - an undo record as changes of keys: forward, back, and out of the window.
 *
 * History (st:{n}:...) says what a key was after block n: zeros for a slot that went, "deleted" for an account that went; a
 * key that is absent there did not change. Latest keys are deleted where there is nothing.
 */
#pragma once

#include "store/batch.h"
#include "store/undo_value.h"

struct key_style {
    bool lower;              /* addresses in lower case */
    uint64_t history_ttl_ms; /* 0: history does not expire by itself */
};

/* History and latest values as block n left them. */
void undo_put_after(struct store_batch *batch,
                    const struct undo_record *record,
                    const struct key_style *style);

/* Latest values as block n found them; its history, its receipts and the codes it added go. */
void undo_put_before(struct store_batch *batch,
                     const struct undo_record *record,
                     const struct key_style *style);

/* Its history goes. */
void undo_put_history_gone(struct store_batch *batch,
                           const struct undo_record *record,
                           const struct key_style *style);

/* Its history goes, then the record itself: it left the window. */
void undo_put_out(struct store_batch *batch,
                  const struct undo_record *record,
                  const struct key_style *style);

/* The record itself goes, and that of riders. */
void undo_put_gone(struct store_batch *batch, uint64_t number);
