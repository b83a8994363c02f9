/* known_address.h - accounts with a meaning that the commands must know. */
#pragma once

#include "base/bytes.h"
#include "base/compiler.h"

extern const address beacon_roots_address;           /* EIP-4788 */
extern const address block_hashes_address;           /* EIP-2935 */
extern const address withdrawal_requests_address;    /* EIP-7002 */
extern const address consolidation_requests_address; /* EIP-7251 */
extern const address deposits_address;               /* EIP-6110, of mainnet */
extern const address coinbase_address;               /* who gets the fees on a made chain */

/* What people call the account on mainnet ("WETH"), or any chain (the EIPs above, precompiles); NULL: nothing. Static. */
const char *known_address_name(const address *who);

/* The accounts of known_address.def as they are spelled there, with their names, for tests. NULL behind the last. */
const char *known_address_spelled(size_t index, const char **name);
