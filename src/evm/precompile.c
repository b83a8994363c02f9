#include "evm/precompile.h"

#include "base/assert.h"
#include "base/u256.h"
#include "crypto/blake2f.h"
#include "crypto/bls12_381.h"
#include "crypto/bn254.h"
#include "crypto/digest.h"
#include "crypto/ecdsa.h"
#include "crypto/kzg.h"
#include "crypto/modexp.h"

#include <string.h>

/* One run: what went in, what it may use. */
struct call {
    struct bytes input;
    enum fork fork;
    struct arena *arena;
    struct precompile_result *out;
};

#define GAS_TOO_MUCH INT64_MAX /* more than any transaction has */

/* ---- helpers ------------------------------------------------------------------------------------- */

/* The first `size` bytes of the input, with zeros where it is shorter. */
static void input_padded(uint8_t *out, struct bytes input, size_t size)
{
    size_t given = input.size < size ? input.size : size;
    if (given > 0) memcpy(out, input.data, given);
    memset(out + given, 0, size - given);
}

/* Room for the output; NULL (and no_memory set) when there is none. */
static uint8_t *output_new(struct call *call, size_t size)
{
    uint8_t *out = arena_alloc(call->arena, size);
    if (out == NULL) {
        call->out->no_memory = true;
        return NULL;
    }
    call->out->output = bytes_of(out, size);
    return out;
}

static bool output_word(struct call *call, uint8_t value)
{
    uint8_t *out = output_new(call, 32);
    if (out == NULL) return false;
    memset(out, 0, 32);
    out[31] = value;
    return true;
}

static int64_t gas_per_word(struct bytes input, int64_t base, int64_t word)
{
    return base + word * (int64_t)((input.size + 31) / 32);
}

/* ---- 0x01 to 0x04 --------------------------------------------------------------------------------- */

static int64_t gas_ecrecover(struct bytes input, enum fork fork)
{
    (void)input, (void)fork;
    return 3000;
}

static bool run_ecrecover(struct call *call)
{
    uint8_t in[128];
    input_padded(in, call->input, sizeof in);
    static const uint8_t zeros[31];
    if (memcmp(in + 32, zeros, 31) != 0 || (in[63] != 27 && in[63] != 28)) return true;

    hash32 message;
    memcpy(message.bytes, in, 32);
    u256 r = u256_from_be(in + 64);
    u256 s = u256_from_be(in + 96);
    address signer;
    if (!ecdsa_recover(&signer, &message, &r, &s, in[63] - 27)) return true;
    uint8_t *out = output_new(call, 32);
    if (out == NULL) return false;
    memset(out, 0, 12);
    memcpy(out + 12, signer.bytes, 20);
    return true;
}

static int64_t gas_sha256(struct bytes input, enum fork fork)
{
    (void)fork;
    return gas_per_word(input, 60, 12);
}

static bool run_sha256(struct call *call)
{
    hash32 digest;
    sha256(&digest, call->input.data, call->input.size);
    uint8_t *out = output_new(call, 32);
    if (out == NULL) return false;
    memcpy(out, digest.bytes, 32);
    return true;
}

static int64_t gas_ripemd160(struct bytes input, enum fork fork)
{
    (void)fork;
    return gas_per_word(input, 600, 120);
}

static bool run_ripemd160(struct call *call)
{
    uint8_t *out = output_new(call, 32);
    if (out == NULL) return false;
    memset(out, 0, 12);
    ripemd160(out + 12, call->input.data, call->input.size);
    return true;
}

static int64_t gas_identity(struct bytes input, enum fork fork)
{
    (void)fork;
    return gas_per_word(input, 15, 3);
}

static bool run_identity(struct call *call)
{
    if (call->input.size == 0) return true;
    uint8_t *out = output_new(call, call->input.size);
    if (out == NULL) return false;
    memcpy(out, call->input.data, call->input.size);
    return true;
}

/* ---- 0x05 modexp (rules, section 15.1) -------------------------------------------------------------- */

#define MODEXP_SIZE_MAX 1024 /* EIP-7823 */

struct modexp_input {
    u256 base_size, exponent_size, modulus_size;
    unsigned head_bits; /* bit length of the first 32 bytes of the exponent, less one; 0 for zero */
};

/* Bytes from..from+size of the input as it would continue with zeros for ever. */
static void input_slice(uint8_t *out, struct bytes input, size_t from, size_t size)
{
    if (from >= input.size)
        memset(out, 0, size);
    else
        input_padded(out, bytes_of(input.data + from, input.size - from), size);
}

static struct modexp_input modexp_parse(struct bytes input)
{
    uint8_t head[96];
    input_padded(head, input, sizeof head);
    struct modexp_input parsed = {
        u256_from_be(head), u256_from_be(head + 32), u256_from_be(head + 64), 0};

    if (!u256_fits_u64(parsed.base_size) || u256_low64(parsed.base_size) >= input.size)
        return parsed;
    size_t head_size = u256_fits_u64(parsed.exponent_size) && u256_low64(parsed.exponent_size) < 32
                           ? (size_t)u256_low64(parsed.exponent_size)
                           : 32;
    uint8_t exponent[32];
    input_slice(exponent, input, 96 + (size_t)u256_low64(parsed.base_size), head_size);
    unsigned bits = u256_bit_length(u256_from_be_bytes(bytes_of(exponent, head_size)));
    parsed.head_bits = bits == 0 ? 0 : bits - 1;
    return parsed;
}

/* x and the iteration count are below 2^64 here; products are taken in 128 bits and saturate. */
static uint128 modexp_complexity(uint64_t x, enum fork fork)
{
    uint128 words = ((uint128)x + 7) / 8;
    if (fork >= FORK_OSAKA) return x <= 32 ? 16 : 2 * words * words;
    if (fork >= FORK_BERLIN) return words * words;
    uint128 wide = x;
    if (x <= 64) return wide * wide;
    if (x <= 1024) return wide * wide / 4 + 96 * wide - 3072;
    return wide * wide / 16 + 480 * wide - 199680;
}

static int64_t modexp_saturate(uint128 complexity,
                               uint128 iterations,
                               uint64_t divisor,
                               int64_t least)
{
    if (complexity != 0 && iterations > ~(uint128)0 / complexity) return GAS_TOO_MUCH;
    uint128 gas = complexity * iterations / divisor;
    if (gas >= (uint128)GAS_TOO_MUCH) return GAS_TOO_MUCH;
    return (int64_t)gas < least ? least : (int64_t)gas;
}

static int64_t gas_modexp(struct bytes input, enum fork fork)
{
    struct modexp_input parsed = modexp_parse(input);
    u256 size_max =
        u256_less(parsed.base_size, parsed.modulus_size) ? parsed.modulus_size : parsed.base_size;
    int64_t least = fork >= FORK_OSAKA ? 500 : fork >= FORK_BERLIN ? 200 : 0;
    if (fork < FORK_OSAKA && u256_is_zero(size_max)) return least;
    /* Nothing that long can be paid for: the square of 2^32 alone is above any gas limit. */
    const u256 payable = u256_from_u64(UINT32_MAX);
    if (u256_less(payable, size_max)) return GAS_TOO_MUCH;
    if (!u256_fits_u64(parsed.exponent_size)) return GAS_TOO_MUCH;

    uint64_t exponent_size = u256_low64(parsed.exponent_size);
    uint128 per_byte = fork >= FORK_OSAKA ? 16 : 8;
    uint128 iterations = parsed.head_bits;
    if (exponent_size > 32) iterations += per_byte * (exponent_size - 32);
    if (iterations == 0) iterations = 1;
    uint64_t divisor = fork >= FORK_OSAKA ? 1 : fork >= FORK_BERLIN ? 3 : 20;
    return modexp_saturate(
        modexp_complexity(u256_low64(size_max), fork), iterations, divisor, least);
}

static bool run_modexp(struct call *call)
{
    struct modexp_input parsed = modexp_parse(call->input);
    const u256 limit = u256_from_u64(MODEXP_SIZE_MAX);
    bool too_long = u256_less(limit, parsed.base_size) || u256_less(limit, parsed.exponent_size) ||
                    u256_less(limit, parsed.modulus_size);
    if (call->fork >= FORK_OSAKA && too_long) return false;
    if (u256_is_zero(parsed.modulus_size)) return true; /* the exponent may be absurdly long here */

    size_t base_size = (size_t)u256_low64(parsed.base_size);
    size_t exponent_size = (size_t)u256_low64(parsed.exponent_size);
    size_t modulus_size = (size_t)u256_low64(parsed.modulus_size);
    struct arena_mark mark = arena_mark(call->arena);
    uint8_t *out = output_new(call, modulus_size);
    if (out == NULL) return false;
    size_t total = base_size + exponent_size + modulus_size; /* paid for: far below 2^64 */
    uint8_t *operands = arena_alloc(call->arena, total);
    if (operands == NULL) {
        arena_release(call->arena, mark);
        call->out->no_memory = true;
        return false;
    }
    input_slice(operands, call->input, 96, total);
    bool ok = modexp(out,
                     bytes_of(operands, base_size),
                     bytes_of(operands + base_size, exponent_size),
                     bytes_of(operands + base_size + exponent_size, modulus_size));
    if (!ok) call->out->no_memory = true;
    return ok;
}

/* ---- 0x06 to 0x09 --------------------------------------------------------------------------------- */

static int64_t gas_bn254_add(struct bytes input, enum fork fork)
{
    (void)input;
    return fork >= FORK_ISTANBUL ? 150 : 500;
}

static bool run_bn254_add(struct call *call)
{
    uint8_t in[128];
    input_padded(in, call->input, sizeof in);
    uint8_t *out = output_new(call, 64);
    return out != NULL && bn254_add(out, in);
}

static int64_t gas_bn254_mul(struct bytes input, enum fork fork)
{
    (void)input;
    return fork >= FORK_ISTANBUL ? 6000 : 40000;
}

static bool run_bn254_mul(struct call *call)
{
    uint8_t in[96];
    input_padded(in, call->input, sizeof in);
    uint8_t *out = output_new(call, 64);
    return out != NULL && bn254_mul(out, in);
}

static int64_t gas_bn254_pairing(struct bytes input, enum fork fork)
{
    int64_t pairs = (int64_t)(input.size / 192);
    return fork >= FORK_ISTANBUL ? 45000 + 34000 * pairs : 100000 + 80000 * pairs;
}

static bool run_bn254_pairing(struct call *call)
{
    bool is_one;
    if (call->input.size % 192 != 0 || !bn254_pairing(&is_one, call->input)) return false;
    return output_word(call, is_one);
}

static uint32_t load_be32(const uint8_t *from)
{
    return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

#define BLAKE2F_SIZE 213

static int64_t gas_blake2f(struct bytes input, enum fork fork)
{
    (void)fork;
    return input.size == BLAKE2F_SIZE ? (int64_t)load_be32(input.data) : 0;
}

static bool run_blake2f(struct call *call)
{
    const uint8_t *in = call->input.data;
    if (call->input.size != BLAKE2F_SIZE || in[212] > 1) return false;
    uint64_t h[8], m[16], t[2];
    memcpy(h, in + 4, sizeof h);
    memcpy(m, in + 68, sizeof m);
    memcpy(t, in + 196, sizeof t);
    blake2f(h, m, t, in[212] == 1, load_be32(in));
    uint8_t *out = output_new(call, 64);
    if (out == NULL) return false;
    memcpy(out, h, 64);
    return true;
}

/* ---- 0x0a KZG ------------------------------------------------------------------------------------- */

#define KZG_INPUT_SIZE 192

static int64_t gas_kzg(struct bytes input, enum fork fork)
{
    (void)input, (void)fork;
    return 50000;
}

static bool run_kzg(struct call *call)
{
    /* 4096 field elements per blob, and the modulus of the scalar field (EIP-4844). */
    static const uint8_t answer[64] = {
        [30] = 0x10, [31] = 0x00, [32] = 0x73, 0xed, 0xa7, 0x53, 0x29, 0x9d, 0x7d, 0x48, 0x33, 0x39,
        0xd8,        0x08,        0x09,        0xa1, 0xd8, 0x05, 0x53, 0xbd, 0xa4, 0x02, 0xff, 0xfe,
        0x5b,        0xfe,        0xff,        0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01};
    const uint8_t *in = call->input.data;
    if (call->input.size != KZG_INPUT_SIZE) return false;
    hash32 versioned;
    sha256(&versioned, in + 96, 48);
    versioned.bytes[0] = 0x01;
    if (memcmp(versioned.bytes, in, 32) != 0) return false;
    if (!kzg_verify(in + 96, in + 32, in + 64, in + 144)) return false;
    uint8_t *out = output_new(call, sizeof answer);
    if (out == NULL) return false;
    memcpy(out, answer, sizeof answer);
    return true;
}

/* ---- 0x0b to 0x11 BLS12-381 (EIP-2537) -------------------------------------------------------------- */

#define G1_PAIR_SIZE      160
#define G2_PAIR_SIZE      288
#define PAIRING_PAIR_SIZE 384
#define MSM_TABLE_SIZE    128

static const uint16_t g1_discount[MSM_TABLE_SIZE] = {
    1000, 949, 848, 797, 764, 750, 738, 728, 719, 712, 705, 698, 692, 687, 682, 677, 673, 669, 665,
    661,  658, 654, 651, 648, 645, 642, 640, 637, 635, 632, 630, 627, 625, 623, 621, 619, 617, 615,
    613,  611, 609, 608, 606, 604, 603, 601, 599, 598, 596, 595, 593, 592, 591, 589, 588, 586, 585,
    584,  582, 581, 580, 579, 577, 576, 575, 574, 573, 572, 570, 569, 568, 567, 566, 565, 564, 563,
    562,  561, 560, 559, 558, 557, 556, 555, 554, 553, 552, 551, 550, 549, 548, 547, 547, 546, 545,
    544,  543, 542, 541, 540, 540, 539, 538, 537, 536, 536, 535, 534, 533, 532, 532, 531, 530, 529,
    528,  528, 527, 526, 525, 525, 524, 523, 522, 522, 521, 520, 520, 519};

static const uint16_t g2_discount[MSM_TABLE_SIZE] = {
    1000, 1000, 923, 884, 855, 832, 812, 796, 782, 770, 759, 749, 740, 732, 724, 717, 711, 704, 699,
    693,  688,  683, 679, 674, 670, 666, 663, 659, 655, 652, 649, 646, 643, 640, 637, 634, 632, 629,
    627,  624,  622, 620, 618, 615, 613, 611, 609, 607, 606, 604, 602, 600, 598, 597, 595, 593, 592,
    590,  589,  587, 586, 584, 583, 582, 580, 579, 578, 576, 575, 574, 573, 571, 570, 569, 568, 567,
    566,  565,  563, 562, 561, 560, 559, 558, 557, 556, 555, 554, 553, 552, 552, 551, 550, 549, 548,
    547,  546,  545, 545, 544, 543, 542, 541, 541, 540, 539, 538, 537, 537, 536, 535, 535, 534, 533,
    532,  532,  531, 530, 530, 529, 528, 528, 527, 526, 526, 525, 524, 524};

static int64_t gas_msm(size_t count, int64_t each, const uint16_t *discount)
{
    if (count == 0) return 0; /* refused when run */
    size_t row = (count < MSM_TABLE_SIZE ? count : MSM_TABLE_SIZE) - 1;
    return (int64_t)count * each * discount[row] / 1000;
}

static int64_t gas_g1_add(struct bytes input, enum fork fork)
{
    (void)input, (void)fork;
    return 375;
}

static int64_t gas_g1_msm(struct bytes input, enum fork fork)
{
    (void)fork;
    return gas_msm(input.size / G1_PAIR_SIZE, 12000, g1_discount);
}

static int64_t gas_g2_add(struct bytes input, enum fork fork)
{
    (void)input, (void)fork;
    return 600;
}

static int64_t gas_g2_msm(struct bytes input, enum fork fork)
{
    (void)fork;
    return gas_msm(input.size / G2_PAIR_SIZE, 22500, g2_discount);
}

static int64_t gas_bls_pairing(struct bytes input, enum fork fork)
{
    (void)fork;
    return 37700 + 32600 * (int64_t)(input.size / PAIRING_PAIR_SIZE);
}

static int64_t gas_map_fp(struct bytes input, enum fork fork)
{
    (void)input, (void)fork;
    return 5500;
}

static int64_t gas_map_fp2(struct bytes input, enum fork fork)
{
    (void)input, (void)fork;
    return 23800;
}

static bool run_g1_add(struct call *call)
{
    uint8_t *out = output_new(call, 128);
    return out != NULL && call->input.size == 256 && bls12_g1_add(out, call->input.data);
}

static bool run_g1_msm(struct call *call)
{
    uint8_t *out = output_new(call, 128);
    return out != NULL && call->input.size != 0 && call->input.size % G1_PAIR_SIZE == 0 &&
           bls12_g1_msm(out, call->input);
}

static bool run_g2_add(struct call *call)
{
    uint8_t *out = output_new(call, 256);
    return out != NULL && call->input.size == 512 && bls12_g2_add(out, call->input.data);
}

static bool run_g2_msm(struct call *call)
{
    uint8_t *out = output_new(call, 256);
    return out != NULL && call->input.size != 0 && call->input.size % G2_PAIR_SIZE == 0 &&
           bls12_g2_msm(out, call->input);
}

static bool run_bls_pairing(struct call *call)
{
    bool is_one;
    if (call->input.size == 0 || call->input.size % PAIRING_PAIR_SIZE != 0) return false;
    return bls12_pairing(&is_one, call->input) && output_word(call, is_one);
}

static bool run_map_fp(struct call *call)
{
    uint8_t *out = output_new(call, 128);
    return out != NULL && call->input.size == 64 && bls12_map_fp(out, call->input.data);
}

static bool run_map_fp2(struct call *call)
{
    uint8_t *out = output_new(call, 256);
    return out != NULL && call->input.size == 128 && bls12_map_fp2(out, call->input.data);
}

/* ---- 0x100 P256VERIFY (EIP-7951) ------------------------------------------------------------------- */

static int64_t gas_p256(struct bytes input, enum fork fork)
{
    (void)input, (void)fork;
    return 6900;
}

static bool run_p256(struct call *call)
{
    const uint8_t *in = call->input.data;
    if (call->input.size != 160 || !p256_verify(in, in + 32, in + 64, in + 96, in + 128))
        return true;
    return output_word(call, 1);
}

/* ---- the table -------------------------------------------------------------------------------------- */

struct precompile {
    uint16_t at;
    enum fork since;
    int64_t (*gas)(struct bytes input, enum fork fork);
    bool (*run)(struct call *call); /* false: the frame fails, or no_memory is set */
};

static const struct precompile precompiles[] = {
    {0x01,  FORK_FRONTIER,  gas_ecrecover,     run_ecrecover    },
    {0x02,  FORK_FRONTIER,  gas_sha256,        run_sha256       },
    {0x03,  FORK_FRONTIER,  gas_ripemd160,     run_ripemd160    },
    {0x04,  FORK_FRONTIER,  gas_identity,      run_identity     },
    {0x05,  FORK_BYZANTIUM, gas_modexp,        run_modexp       },
    {0x06,  FORK_BYZANTIUM, gas_bn254_add,     run_bn254_add    },
    {0x07,  FORK_BYZANTIUM, gas_bn254_mul,     run_bn254_mul    },
    {0x08,  FORK_BYZANTIUM, gas_bn254_pairing, run_bn254_pairing},
    {0x09,  FORK_ISTANBUL,  gas_blake2f,       run_blake2f      },
    {0x0a,  FORK_CANCUN,    gas_kzg,           run_kzg          },
    {0x0b,  FORK_PRAGUE,    gas_g1_add,        run_g1_add       },
    {0x0c,  FORK_PRAGUE,    gas_g1_msm,        run_g1_msm       },
    {0x0d,  FORK_PRAGUE,    gas_g2_add,        run_g2_add       },
    {0x0e,  FORK_PRAGUE,    gas_g2_msm,        run_g2_msm       },
    {0x0f,  FORK_PRAGUE,    gas_bls_pairing,   run_bls_pairing  },
    {0x10,  FORK_PRAGUE,    gas_map_fp,        run_map_fp       },
    {0x11,  FORK_PRAGUE,    gas_map_fp2,       run_map_fp2      },
    {0x100, FORK_OSAKA,     gas_p256,          run_p256         },
};

static const struct precompile *precompile_find(const address *who, enum fork fork)
{
    static const uint8_t zeros[18];
    if (memcmp(who->bytes, zeros, sizeof zeros) != 0) return NULL;
    unsigned at = (unsigned)who->bytes[18] << 8 | who->bytes[19];
    size_t row = at == 0x100 ? COUNT_OF(precompiles) - 1
                             : (size_t)at - 1; /* 0 wraps around and is refused */
    if (row >= COUNT_OF(precompiles) || precompiles[row].at != at || fork < precompiles[row].since)
        return NULL;
    return &precompiles[row];
}

bool precompile_exists(const address *who, enum fork fork)
{
    return precompile_find(who, fork) != NULL;
}

void precompile_run(struct precompile_result *out,
                    const address *who,
                    enum fork fork,
                    struct bytes input,
                    int64_t gas,
                    struct arena *arena)
{
    const struct precompile *precompile = precompile_find(who, fork);
    ASSERT(precompile != NULL);
    *out = (struct precompile_result){.gas_used = precompile->gas(input, fork)};
    if (out->gas_used > gas) {
        out->gas_used = gas;
        return;
    }
    struct call call = {input, fork, arena, out};
    out->ok = precompile->run(&call);
    if (!out->ok) out->output = BYTES_EMPTY;
}
