#include "engine/scaling.h"

#define SIXTEENTHS   16
#define BLOCK_NS_MIN 100000 /* shorter ones are over before everybody is awake */
#define NEW_SHARE    4      /* a block counts for a quarter */

void scaling_init(struct scaling *scaling, unsigned max)
{
    *scaling = (struct scaling){.max = max, .workers = max, .busy = max * SIXTEENTHS};
}

void scaling_learn(struct scaling *scaling, uint64_t busy_ns, uint64_t block_ns)
{
    if (block_ns < BLOCK_NS_MIN || scaling->max < 2) return;
    uint64_t busy = busy_ns / (block_ns / SIXTEENTHS);
    uint64_t most = (uint64_t)scaling->workers * SIXTEENTHS;
    if (busy > most) busy = most;
    scaling->busy = (scaling->busy * (NEW_SHARE - 1) + (uint32_t)busy) / NEW_SHARE;
    uint32_t wanted = (scaling->busy + SIXTEENTHS - 1) / SIXTEENTHS + 1;
    if (busy + SIXTEENTHS / 2 >= most) wanted = scaling->workers * 2; /* all of them: try more */
    if (wanted < 2) wanted = 2;
    scaling->workers = wanted > scaling->max ? scaling->max : wanted;
}
