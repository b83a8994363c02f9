#include "cli/known_address.h"

#include "base/hex.h"

#include <strings.h>

/* clang-format off */
const address beacon_roots_address = {{0x00, 0x0f, 0x3d, 0xf6, 0xd7, 0x32, 0x80, 0x7e, 0xf1, 0x31,
                                       0x9f, 0xb7, 0xb8, 0xbb, 0x85, 0x22, 0xd0, 0xbe, 0xac, 0x02}};
const address block_hashes_address = {{0x00, 0x00, 0xf9, 0x08, 0x27, 0xf1, 0xc5, 0x3a, 0x10, 0xcb,
                                       0x7a, 0x02, 0x33, 0x5b, 0x17, 0x53, 0x20, 0x00, 0x29, 0x35}};
const address withdrawal_requests_address = {{0x00, 0x00, 0x09, 0x61, 0xef, 0x48, 0x0e, 0xb5, 0x5e, 0x80,
                                              0xd1, 0x9a, 0xd8, 0x35, 0x79, 0xa6, 0x4c, 0x00, 0x70, 0x02}};
const address consolidation_requests_address = {{0x00, 0x00, 0xbb, 0xdd, 0xc7, 0xce, 0x48, 0x86, 0x42, 0xfb,
                                                 0x57, 0x9f, 0x8b, 0x00, 0xf3, 0xa5, 0x90, 0x00, 0x72, 0x51}};
const address deposits_address = {{0x00, 0x00, 0x00, 0x00, 0x21, 0x9a, 0xb5, 0x40, 0x35, 0x6c,
                                   0xbb, 0x83, 0x9c, 0xbe, 0x05, 0x30, 0x3d, 0x77, 0x05, 0xfa}};
const address coinbase_address = {{0xc0, 0x1d, 0xba, 0x5e, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
/* clang-format on */

/* ---- names --------------------------------------------------------------------------------------------- */

static const struct {
    const char *spelled, *name;
} known[] = {
#define KNOWN(spelled, name) {spelled, name},
#include "cli/known_address.def"
#undef KNOWN
};

static const struct {
    const address *who;
    const char *name;
} of_eips[] = {
    {&beacon_roots_address,           "beacon roots"          },
    {&block_hashes_address,           "block hashes"          },
    {&withdrawal_requests_address,    "withdrawal requests"   },
    {&consolidation_requests_address, "consolidation requests"},
    {&deposits_address,               "deposits"              },
    {&coinbase_address,               "made coinbase"         },
};

/* By number from 1 (Yellow Paper, appendix E; EIP-152, 2537, 4844), then EIP-7951 at 0x100. */
static const char *const precompiles[] = {NULL,
                                          "ecrecover",
                                          "sha256",
                                          "ripemd160",
                                          "identity",
                                          "modexp",
                                          "bn254 add",
                                          "bn254 multiply",
                                          "bn254 pairing",
                                          "blake2f",
                                          "kzg point",
                                          "bls12 g1 add",
                                          "bls12 g1 msm",
                                          "bls12 g2 add",
                                          "bls12 g2 msm",
                                          "bls12 pairing",
                                          "bls12 map to g1",
                                          "bls12 map to g2"};

static const char *precompile_name(const address *who)
{
    for (size_t i = 0; i < sizeof who->bytes - 2; i++)
        if (who->bytes[i] != 0) return NULL;
    unsigned number = (unsigned)who->bytes[18] << 8 | who->bytes[19];
    if (number == 0x100) return "p256 verify";
    return number < COUNT_OF(precompiles) ? precompiles[number] : NULL;
}

const char *known_address_name(const address *who)
{
    char text[HEX_ADDRESS_SIZE];
    hex_address(text, who);
    for (size_t i = 0; i < COUNT_OF(of_eips); i++)
        if (address_equal(of_eips[i].who, who)) return of_eips[i].name;
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (strcasecmp(known[i].spelled, text) == 0) return known[i].name;
    return precompile_name(who);
}

const char *known_address_spelled(size_t index, const char **name)
{
    if (index >= COUNT_OF(known)) return NULL;
    *name = known[index].name;
    return known[index].spelled;
}
