/* Many messages through one wide permutation. Each message has a place ("lane") in the wide state;
 * when it is done, the next one takes the place, whatever the lengths are. */
#include "base/assert.h"
#include "crypto/keccak_private.h"

struct lane {
    const uint8_t *next; /* what is not absorbed yet */
    size_t left;
    hash32 *out;               /* where the hash goes; NULL: nobody is here */
    bool done;                 /* the last block went in */
    uint8_t last[KECCAK_RATE]; /* padded */
};

struct lanes {
    ALIGNED(64) uint64_t state[KECCAK_WORDS * KECCAK_WIDTH_MAX];
    uint64_t keep[KECCAK_WIDTH_MAX];
    struct lane lane[KECCAK_WIDTH_MAX];
    unsigned width;
};

static void state_take(uint64_t *words, const struct lanes *lanes, unsigned s, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        words[i] = lanes->state[i * lanes->width + s];
}

/* Hand out what is done. */
static void lane_settle(struct lanes *lanes, unsigned s)
{
    struct lane *lane = &lanes->lane[s];
    if (lane->out == NULL || !lane->done) return;
    uint64_t hash[4];
    state_take(hash, lanes, s, 4);
    memcpy(lane->out->bytes, hash, sizeof hash);
    lane->out = NULL;
}

static void lane_start(struct lanes *lanes, unsigned s, hash32 *out, struct bytes input)
{
    struct lane *lane = &lanes->lane[s];
    lane->next = input.data;
    lane->left = input.size;
    lane->out = out;
    lane->done = false;
    lanes->keep[s] = 0;
}

static const uint8_t *lane_block(struct lane *lane)
{
    static const uint8_t nothing[KECCAK_RATE];
    if (lane->out == NULL) return nothing;
    if (lane->left >= KECCAK_RATE) {
        const uint8_t *block = lane->next;
        lane->next += KECCAK_RATE;
        lane->left -= KECCAK_RATE;
        return block;
    }
    keccak_pad(lane->last, lane->next, lane->left);
    lane->done = true;
    return lane->last;
}

/* The only message left goes on by itself. */
static void lane_finish_alone(struct lanes *lanes, unsigned s)
{
    uint64_t state[KECCAK_WORDS] = {0};
    struct lane *lane = &lanes->lane[s];
    if (lanes->keep[s] != 0) state_take(state, lanes, s, KECCAK_WORDS);
    keccak_finish(lane->out, state, lane->next, lane->left);
}

void keccak_lanes(hash32 *out,
                  const struct bytes *inputs,
                  size_t count,
                  unsigned width,
                  keccak_wide_absorb *absorb)
{
    ASSERT(width <= KECCAK_WIDTH_MAX);
    struct lanes lanes;
    const uint8_t *blocks[KECCAK_WIDTH_MAX];
    size_t started = 0;

    memset(lanes.state, 0, sizeof lanes.state);
    lanes.width = width;
    for (unsigned s = 0; s < width; s++)
        lanes.lane[s].out = NULL;

    for (;;) { /* ends: each round takes a block from each message in work, and none starts twice */
        unsigned busy = 0, any = 0;
        for (unsigned s = 0; s < width; s++) {
            lanes.keep[s] = UINT64_MAX;
            lane_settle(&lanes, s);
            if (lanes.lane[s].out == NULL && started < count) {
                lane_start(&lanes, s, &out[started], inputs[started]);
                started++;
            }
            if (lanes.lane[s].out == NULL) continue;
            busy++;
            any = s;
        }
        if (busy == 0) return;
        if (busy == 1) {
            lane_finish_alone(&lanes, any);
            return;
        }
        for (unsigned s = 0; s < width; s++)
            blocks[s] = lane_block(&lanes.lane[s]);
        absorb(lanes.state, blocks, lanes.keep);
    }
}
