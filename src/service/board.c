#include "service/board.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *const role_words[] = {
#define X(code, word) word,
    ROLE_LIST(X)
#undef X
};

static const struct {
    const char *word;
    bool is_unfit;
} troubles[] = {
#define X(code, word, unfit) {word, unfit},
    TROUBLE_LIST(X)
#undef X
};

static uint64_t unix_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void board_init(struct board *board)
{
    memset(board, 0, sizeof *board);
    pthread_mutex_init(&board->mutex, NULL);
    board->state.start_ms = unix_ms();
    board_tick(board);
}

void board_fini(struct board *board)
{
    pthread_mutex_destroy(&board->mutex);
}

void board_tick(struct board *board)
{
    counter_set(&board->tick_ns, clock_now_ns());
}

uint64_t board_silence(struct board *board)
{
    uint64_t then = counter_read(&board->tick_ns);
    uint64_t now = clock_now_ns();
    return now > then ? now - then : 0;
}

static struct board_state *enter(struct board *board)
{
    pthread_mutex_lock(&board->mutex);
    return &board->state;
}

static void leave(struct board *board)
{
    pthread_mutex_unlock(&board->mutex);
}

void board_set_names(struct board *board, const char *chain, const char *store, const char *verify)
{
    struct board_state *state = enter(board);
    snprintf(state->chain, sizeof state->chain, "%s", chain);
    snprintf(state->store, sizeof state->store, "%s", store);
    snprintf(state->verify, sizeof state->verify, "%s", verify);
    leave(board);
}

void board_set_role(struct board *board, enum role role, uint64_t epoch)
{
    struct board_state *state = enter(board);
    state->role = role;
    if (epoch != 0) state->epoch = epoch;
    leave(board);
}

void board_set_heights(struct board *board, uint64_t executed, uint64_t synced, uint64_t depth)
{
    struct board_state *state = enter(board);
    state->has_progress = true;
    state->executed = executed;
    state->synced = synced;
    state->depth = depth;
    leave(board);
}

void board_add_block(struct board *board, const struct board_block *block)
{
    struct board_state *state = enter(board);
    state->blocks[board->block_next++ % BOARD_BLOCKS] = *block;
    if (state->block_count < BOARD_BLOCKS) state->block_count++;
    leave(board);
}

void board_set_contracts(struct board *board, const struct board_contract *contracts, size_t count)
{
    struct board_state *state = enter(board);
    state->contract_count = count < BOARD_CONTRACTS ? count : BOARD_CONTRACTS;
    if (count > 0) memcpy(state->contracts, contracts, state->contract_count * sizeof *contracts);
    leave(board);
}

bool board_trouble(struct board *board, enum trouble trouble, const char *text)
{
    struct board_state *state = enter(board);
    bool is_new = !state->troubles[trouble].is_there;
    if (is_new) state->troubles[trouble].since_ms = unix_ms();
    state->troubles[trouble].is_there = true;
    snprintf(state->troubles[trouble].text, sizeof state->troubles[trouble].text, "%s", text);
    leave(board);
    return is_new;
}

bool board_clear(struct board *board, enum trouble trouble)
{
    struct board_state *state = enter(board);
    bool was_there = state->troubles[trouble].is_there;
    state->troubles[trouble].is_there = false;
    leave(board);
    return was_there;
}

void board_copy(struct board *board, struct board_state *out)
{
    const struct board_state *state = enter(board);
    *out = *state;
    for (size_t i = 0; i < out->block_count; i++)
        out->blocks[i] = state->blocks[(board->block_next - 1 - i) % BOARD_BLOCKS];
    leave(board);
}

const char *role_word(enum role role)
{
    return role_words[role];
}

const char *trouble_word(enum trouble trouble)
{
    return troubles[trouble].word;
}

bool trouble_is_unfit(enum trouble trouble)
{
    return troubles[trouble].is_unfit;
}
