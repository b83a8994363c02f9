/* known_address.h - accounts with a meaning that the commands must know. */
#pragma once

#include "base/bytes.h"

extern const address beacon_roots_address;           /* EIP-4788 */
extern const address block_hashes_address;           /* EIP-2935 */
extern const address withdrawal_requests_address;    /* EIP-7002 */
extern const address consolidation_requests_address; /* EIP-7251 */
extern const address deposits_address;               /* EIP-6110, of mainnet */
extern const address coinbase_address;               /* who gets the fees on a made chain */
