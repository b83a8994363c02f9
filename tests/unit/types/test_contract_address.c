#include "support/test.h"
#include "types/contract_address.h"

static address address_of(const char *hex)
{
    address out;
    struct bytes bytes = test_hex(hex);
    CHECK_EQ(bytes.size, sizeof out);
    memcpy(out.bytes, bytes.data, sizeof out);
    return out;
}

static hash32 hash_of(const char *hex)
{
    hash32 out;
    struct bytes bytes = test_hex(hex);
    CHECK_EQ(bytes.size, sizeof out);
    memcpy(out.bytes, bytes.data, sizeof out);
    return out;
}

/* The first contracts of a well-known account, and nonces around the borders of the encoding. */
TEST(create_hashes_the_sender_and_its_nonce)
{
    static const struct {
        const char *sender;
        uint64_t nonce;
        const char *contract;
    } rows[] = {
  /* clang-format off */
        {"6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0", 0, "cd234a471b72ba2f1ccf0a70fcaba648a5eecd8d"},
        {"6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0", 1, "343c43a37d37dff08ae8c4a11544c718abb4fcf8"},
        {"6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0", 2, "f778b86fa74e846c4f0a1fbd1335fe81c00a0c91"},
        {"6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0", 3, "fffd933a0bc612844eaf0c6fe3e5b8e9b6c1d19c"},
  /* clang-format on */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        address sender = address_of(rows[i].sender), out;
        create_address(&out, &sender, rows[i].nonce);
        CHECK_HEX(bytes_of(out.bytes, sizeof out.bytes), rows[i].contract);
    }
}

/* The examples of EIP-1014, with the hash of their init code. */
TEST(create2_hashes_sender_salt_and_init_code)
{
    static const char *const rows[][4] = {
  /* clang-format off */
        {"0000000000000000000000000000000000000000",
         "0000000000000000000000000000000000000000000000000000000000000000",
         "bc36789e7a1e281436464229828f817d6612f7b477d66591ff96a9e064bcc98a", /* of 00 */
         "4d1a2e2bb4f88f0250f26ffff098b0b30b26bf38"},
        {"deadbeef00000000000000000000000000000000",
         "0000000000000000000000000000000000000000000000000000000000000000",
         "bc36789e7a1e281436464229828f817d6612f7b477d66591ff96a9e064bcc98a",
         "b928f69bb1d91cd65274e3c79d8986362984fda3"},
        {"00000000000000000000000000000000deadbeef",
         "00000000000000000000000000000000000000000000000000000000cafebabe",
         "d4fd4e189132273036449fc9e11198c739161b4c0116a9a2dccdfa1c492006f1", /* of deadbeef */
         "60f3f640a8508fc6a86d45df051962668e1e8ac7"},
        {"0000000000000000000000000000000000000000",
         "0000000000000000000000000000000000000000000000000000000000000000",
         "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470", /* of nothing */
         "e33c0c7f7df4809055c3eba6c09cfe4baf1bd9e0"},
  /* clang-format on */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        address sender = address_of(rows[i][0]), out;
        hash32 salt = hash_of(rows[i][1]), init_hash = hash_of(rows[i][2]);
        create2_address(&out, &sender, &salt, &init_hash);
        CHECK_HEX(bytes_of(out.bytes, sizeof out.bytes), rows[i][3]);
    }
}
