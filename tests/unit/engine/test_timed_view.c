#include "engine/timed_view.h"
#include "support/desk.h"
#include "support/test.h"

TEST(answers_are_those_of_the_view_inside_and_each_is_counted)
{
    static struct desk desk;
    desk_account(&desk, 1, 100, 7)->slot_zero = u256_from_u64(5);
    struct view inside = desk_view(&desk);
    struct timed_view timed;
    timed_view_init(&timed, &inside);
    struct view view = timed_view(&timed);
    address who = desk_address(1);
    struct view_account account;
    u256 word;
    bool has;
    CHECK_EQ(view.ops->account(view.context, &who, VIEW_ALL_PARTS, &account), VIEW_OK);
    CHECK_EQ(account.nonce, 7);
    CHECK_EQ(view.ops->slot(view.context, &who, &U256_ZERO, &word), VIEW_OK);
    CHECK_EQ(u256_low64(word), 5);
    CHECK_EQ(view.ops->has_storage(view.context, &who, &has), VIEW_OK);
    desk.answer = VIEW_FAILED;
    CHECK_EQ(view.ops->slot(view.context, &who, &U256_ZERO, &word), VIEW_FAILED);
    CHECK_EQ(counter_read(&timed.reads), 4);
    CHECK(counter_read(&timed.ns) > 0);
}
