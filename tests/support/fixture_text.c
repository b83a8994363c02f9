#include "support/fixture_text.h"

#include "base/hex.h"
#include "support/test.h"

void member_bytes(struct json_writer *json, const char *key, struct bytes bytes)
{
    json_key(json, key);
    json_bytes(json, bytes);
}

static void member_u64(struct json_writer *json, const char *key, uint64_t number)
{
    json_key(json, key);
    json_quantity(json, number);
}

static void member_u256(struct json_writer *json, const char *key, const u256 *number)
{
    json_key(json, key);
    json_quantity_u256(json, number);
}

#define MEMBER(key, field) member_bytes(json, key, bytes_of(&header->field, sizeof header->field))

void header_text(struct json_writer *json, const struct header *header)
{
    json_open(json, '{');
    MEMBER("parentHash", parent_hash);
    MEMBER("uncleHash", ommers_hash);
    MEMBER("coinbase", coinbase);
    MEMBER("stateRoot", state_root);
    MEMBER("transactionsTrie", transactions_root);
    MEMBER("receiptTrie", receipts_root);
    MEMBER("bloom", bloom);
    member_u256(json, "difficulty", &header->difficulty);
    member_u64(json, "number", header->number);
    member_u64(json, "gasLimit", header->gas_limit);
    member_u64(json, "gasUsed", header->gas_used);
    member_u64(json, "timestamp", header->timestamp);
    member_bytes(json, "extraData", header->extra_data);
    MEMBER("mixHash", mix_hash);
    MEMBER("nonce", nonce);
    if (header->field_count >= 16) member_u256(json, "baseFeePerGas", &header->base_fee);
    if (header->field_count >= 17) MEMBER("withdrawalsRoot", withdrawals_root);
    if (header->field_count >= 18) member_u64(json, "blobGasUsed", header->blob_gas_used);
    if (header->field_count >= 19) member_u64(json, "excessBlobGas", header->excess_blob_gas);
    if (header->field_count >= 20) MEMBER("parentBeaconBlockRoot", parent_beacon_root);
    if (header->field_count >= 21) MEMBER("requestsHash", requests_hash);
    MEMBER("hash", hash);
    json_close(json, '}');
}

static bool put_slot(void *context, const u256 *slot, const u256 *value)
{
    struct json_writer *json = context;
    char key[HEX_HASH_SIZE];
    hash32 word = u256_to_hash(*slot);
    member_u256(json, hex_hash(key, &word), value);
    return true;
}

struct accounts {
    struct json_writer *json;
    const struct memory_state *state;
};

static bool put_account(void *context, const struct memory_account *account)
{
    struct accounts *accounts = context;
    struct json_writer *json = accounts->json;
    char key[HEX_ADDRESS_SIZE];
    json_key(json, hex_address(key, &account->who));
    json_open(json, '{');
    member_u64(json, "nonce", account->nonce);
    member_u256(json, "balance", &account->balance);
    member_bytes(json, "code", account->code);
    json_key(json, "storage");
    json_open(json, '{');
    CHECK_EQ(memory_state_each_slot(accounts->state, &account->who, put_slot, json), PEVM_OK);
    json_close(json, '}');
    json_close(json, '}');
    return true;
}

void alloc_text(struct json_writer *json, const struct memory_state *state)
{
    struct accounts accounts = {json, state};
    json_open(json, '{');
    CHECK_EQ(memory_state_each_account(state, put_account, &accounts), PEVM_OK);
    json_close(json, '}');
}
