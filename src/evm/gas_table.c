#include "evm/gas_table.h"

#include "base/compiler.h"

#include <stddef.h>

/* clang-format off */
/* since               bala ext  hash call sloa | cold, slot | exp | selfd. cold  refund | net    sentry cold  set    reset  noop  clear */
static const struct gas_prices eras[] = {
 { FORK_FRONTIER,        20,  20,   0,  40,  50,    0,    0,   10,     0,    0, 24000,  false,    0,    0, 20000,  5000, 5000, 15000 },
 { FORK_TANGERINE_WHISTLE,
                        400, 700,   0, 700, 200,    0,    0,   10,  5000,    0, 24000,  false,    0,    0, 20000,  5000, 5000, 15000 },
 { FORK_SPURIOUS_DRAGON,
                        400, 700,   0, 700, 200,    0,    0,   50,  5000,    0, 24000,  false,    0,    0, 20000,  5000, 5000, 15000 },
 { FORK_CONSTANTINOPLE, 400, 700, 400, 700, 200,    0,    0,   50,  5000,    0, 24000,  true,     0,    0, 20000,  5000,  200, 15000 },
 { FORK_PETERSBURG,     400, 700, 400, 700, 200,    0,    0,   50,  5000,    0, 24000,  false,    0,    0, 20000,  5000, 5000, 15000 },
 { FORK_ISTANBUL,       700, 700, 700, 700, 800,    0,    0,   50,  5000,    0, 24000,  true,  2300,    0, 20000,  5000,  800, 15000 },
 { FORK_BERLIN,         100, 100, 100, 100, 100, 2500, 2000,   50,  5000, 2600, 24000,  true,  2300, 2100, 20000,  2900,  100, 15000 },
 { FORK_LONDON,         100, 100, 100, 100, 100, 2500, 2000,   50,  5000, 2600,     0,  true,  2300, 2100, 20000,  2900,  100,  4800 },
};
/* clang-format on */

const struct gas_prices *gas_prices_of(enum fork fork)
{
    size_t i = COUNT_OF(eras) - 1;
    while (i > 0 && fork < eras[i].since)
        i--;
    return &eras[i];
}
