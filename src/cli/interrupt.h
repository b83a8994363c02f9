/* interrupt.h - Ctrl-C and SIGTERM as something that a long command asks for: it ends at a place of its choice. The second one ends
 * the process at once, as without this. */
#pragma once

#include <stdbool.h>

void interrupt_catch(void);

/* Did one come since? */
bool interrupt_came(void);
