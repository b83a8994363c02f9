#include "crypto/keccak.h"
#include "store/undo_apply.h"
#include "support/test.h"

#include <stdio.h>

#define A    "0x0000000000000000000000000000000000000001"
#define B    "0x0000000000000000000000000000000000000002"
#define Z    "0x0000000000000000000000000000000000000000000000000000000000000000"
#define W(n) "0x000000000000000000000000000000000000000000000000000000000000000" #n

static const struct undo_slot slots[] = {
    {{{1}}, {{0}}, {{5}}},
    {{{2}}, {{6}}, {{0}}}
};
static const hash32 codes[] = {{{0}}};
static struct undo_account accounts[] = {
    {.who = {{[19] = 1}}, .exists = true, .slots = slots, .slot_count = 2},
    {.who = {{[19] = 2}},    .existed = true                 },
};
static const struct undo_record record = {
    .number = 7, .accounts = accounts, .account_count = 2, .codes = codes, .code_count = 1};

static const char *shown(const struct store_batch *batch)
{
    static char text[8192];
    struct store_change change;
    size_t size = 0;
    for (size_t place = 0; store_batch_next(batch, &place, &change);) {
        static const char *const kinds[] = {"set", "del", "--"};
        size += (size_t)snprintf(text + size,
                                 sizeof text - size,
                                 "%s %.*s%s%.*s%s\n",
                                 kinds[change.kind],
                                 (int)change.key.size,
                                 (const char *)change.key.data,
                                 change.kind == CHANGE_SET ? " " : "",
                                 (int)change.value.size,
                                 (const char *)change.value.data,
                                 change.ttl_ms == 9 ? " ttl" : "");
    }
    return text;
}

static const struct key_style style = {.history_ttl_ms = 9};

static void begin(void)
{
    accounts[0].after.code_hash = accounts[1].before.code_hash = keccak_empty;
    accounts[0].after.nonce = 3;
    accounts[1].before.nonce = 4;
}

TEST(forward_writes_history_and_the_latest)
{
    struct store_batch batch = {0};
    begin();
    undo_put_after(&batch, &record, &style);
    CHECK_TEXT(shown(&batch),
               "set st:7:acc:" A " {\"balance\":0,\"nonce\":3,\"codeHash\":\"" Z
               "\",\"storageRoot\":\"" Z "\"} ttl\n"
               "set st:latest:acc:" A " {\"balance\":0,\"nonce\":3,\"codeHash\":\"" Z
               "\",\"storageRoot\":\"" Z "\"}\n"
               "set st:7:stor:" A ":" W(1) " " W(
                   5) " ttl\n"
                      "set st:latest:stor:" A ":" W(1) " " W(
                          5) "\n"
                             "set st:7:stor:" A
                             ":" W(2) " " Z " ttl\n"
                                      "del st:latest:stor:" A
                                      ":" W(2) "\n"
                                               "set st:7:acc:" B
                                               " {\"balance\":0,\"nonce\":0,\"codeHash\":\"" Z
                                               "\",\"storageRoot\":\"" Z
                                               "\",\"deleted\":true} ttl\n"
                                               "del st:latest:acc:" B "\n");
    store_batch_fini(&batch);
}

TEST(back_writes_what_was_and_takes_the_rest_away)
{
    struct store_batch batch = {0};
    begin();
    undo_put_before(&batch, &record, &style);
    CHECK_TEXT(shown(&batch),
               "del st:latest:acc:" A "\n"
               "del st:latest:stor:" A
               ":" W(1) "\n"
                        "set st:latest:stor:" A
                        ":" W(2) " " W(6) "\n"
                                          "set st:latest:acc:" B
                                          " {\"balance\":0,\"nonce\":4,\"codeHash\":\"" Z
                                          "\",\"storageRoot\":\"" Z "\"}\n"
                                          "del st:7:acc:" A "\n"
                                          "del st:7:stor:" A
                                          ":" W(1) "\n"
                                                   "del st:7:stor:" A
                                                   ":" W(2) "\n"
                                                            "del st:7:acc:" B "\n"
                                                            "del blk:rcpt:7\n"
                                                            "del st:code:" Z "\n");
    store_batch_fini(&batch);
}

TEST(out_of_the_window_the_record_goes_last)
{
    struct store_batch batch = {0};
    begin();
    undo_put_out(&batch, &record, &style);
    CHECK_TEXT(shown(&batch),
               "del st:7:acc:" A "\n"
               "del st:7:stor:" A ":" W(1) "\n"
                                           "del st:7:stor:" A ":" W(2) "\n"
                                                                       "del st:7:acc:" B "\n"
                                                                       "-- \n"
                                                                       "del evmx:undo:7\n"
                                                                       "del st:undo:7\n");
    store_batch_fini(&batch);
}
