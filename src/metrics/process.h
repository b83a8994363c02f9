/* process.h - what this process takes of the machine. Any thread. */
#pragma once

#include <stdint.h>

uint64_t process_resident_bytes(void); /* 0 where the system does not say */
