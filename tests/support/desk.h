/* desk.h - a view that gives what it was told to give, says what it was asked, and can be told to block or to fail. For tests
 * of what reads through a view: the journal.
 *
 *     struct desk desk = {0};
 *     desk_account(&desk, 1, 100, 7);             (address ...01: balance 100, nonce 7)
 *     struct view view = desk_view(&desk);
 *
 * And a scene: a journal that reads from a desk.
 */
#pragma once

#include "evm/journal.h"

#define DESK_ACCOUNTS_MAX 8

struct desk_account {
    address who;
    u256 balance;
    uint64_t nonce;
    struct bytes code;
    hash32 code_hash;
    u256 slot_zero; /* the only slot that is not zero */
};

struct desk {
    struct desk_account accounts[DESK_ACCOUNTS_MAX];
    size_t count;
    enum view_answer answer; /* VIEW_OK, or what every read gets instead */
    bool gives_all_parts;    /* more than was asked for */

    /* What was asked, since the test last set them to 0. */
    unsigned account_reads, slot_reads, code_reads, storage_reads;
    unsigned parts; /* of the last account read */
};

address desk_address(unsigned number);
struct desk_account *desk_account(struct desk *desk,
                                  unsigned number,
                                  uint64_t balance,
                                  uint64_t nonce);
void desk_set_code(struct desk_account *account, struct bytes code);
struct view desk_view(struct desk *desk);

struct scene {
    struct desk desk;
    struct code_cache *codes;
    struct journal journal;
};

struct scene *scene_new(size_t cache_bytes);
void scene_free(struct scene *scene);

/* A new transaction (Osaka); the desk's counters begin anew. */
void scene_begin(struct scene *scene);

struct account_entry *scene_entry(struct scene *scene, unsigned number);
struct slot_entry *scene_slot(struct scene *scene, unsigned number, uint64_t key);
void scene_credit(struct scene *scene, unsigned number, uint64_t amount);
void scene_debit(struct scene *scene, unsigned number, uint64_t amount);
void scene_load(struct scene *scene, unsigned number, unsigned parts);
void scene_write(struct scene *scene, unsigned number, uint64_t key, uint64_t value);
