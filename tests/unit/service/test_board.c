/* What is written comes out; troubles are told once; the newest block is first. */
#include "service/board.h"
#include "support/test.h"

TEST(the_newest_block_is_first_and_old_ones_go)
{
    struct board board;
    struct board_state state;
    board_init(&board);
    for (uint64_t i = 1; i <= BOARD_BLOCKS + 3; i++)
        board_add_block(&board, &(struct board_block){.number = i});
    board_copy(&board, &state);
    CHECK_EQ(state.block_count, BOARD_BLOCKS);
    CHECK_EQ(state.blocks[0].number, BOARD_BLOCKS + 3);
    CHECK_EQ(state.blocks[BOARD_BLOCKS - 1].number, 4);
    board_fini(&board);
}

TEST(a_trouble_is_new_once_and_keeps_its_newest_text)
{
    struct board board;
    struct board_state state;
    board_init(&board);
    CHECK(board_trouble(&board, TROUBLE_STORE, "refused"));
    CHECK(!board_trouble(&board, TROUBLE_STORE, "timed out"));
    board_copy(&board, &state);
    CHECK(state.troubles[TROUBLE_STORE].is_there);
    CHECK_TEXT(state.troubles[TROUBLE_STORE].text, "timed out");
    CHECK(board_clear(&board, TROUBLE_STORE));
    CHECK(!board_clear(&board, TROUBLE_STORE));
    CHECK(board_trouble(&board, TROUBLE_STORE, "again"));
    CHECK_TEXT(trouble_word(TROUBLE_STORE), "store_unreachable");
    board_fini(&board);
}

TEST(leaving_a_role_keeps_the_epoch)
{
    struct board board;
    struct board_state state;
    board_init(&board);
    board_set_role(&board, ROLE_LEADER, 7);
    board_set_role(&board, ROLE_STANDBY, 0);
    board_copy(&board, &state);
    CHECK_EQ(state.epoch, 7);
    CHECK_TEXT(role_word(state.role), "standby");
    board_fini(&board);
}
