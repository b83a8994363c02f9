/* desk.h - a view that gives what it was told to give, says what it was asked, and can be told to block or to fail. For tests
 * of what reads through a view: the journal.
 *
 *     struct desk desk = {0};
 *     desk_account(&desk, 1, 100, 7);             (address ...01: balance 100, nonce 7)
 *     struct view view = desk_view(&desk);
 */
#pragma once

#include "state/view.h"

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
