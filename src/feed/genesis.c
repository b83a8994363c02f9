#include "feed/genesis.h"

#include "base/hex.h"
#include "crypto/keccak.h"
#include "feed/account_text.h"
#include "fixture/alloc.h"
#include "fixture/field.h"
#include "fixture/header_json.h"
#include "fixture/input.h"

#define ARENA_CHUNK      ((size_t)1 << 18)
#define BASE_FEE_INITIAL 1000000000 /* EIP-1559 */

static enum pevm_status no_memory(struct error *error)
{
    return error_set(error, PEVM_NO_MEMORY, "out of memory");
}

/* ---- accounts ---- */

static enum pevm_status put_storage(struct memory_state *state,
                                    const struct account_text *account,
                                    struct error *error)
{
    if (account->storage == NULL) return PEVM_OK;
    for (const struct json *member = account->storage->first; member != NULL;
         member = member->next) {
        u256 slot, value;
        TRY(account_text_slot(&slot, &value, member, error));
        if (memory_state_set_slot(state, &account->who, &slot, &value) != PEVM_OK)
            return no_memory(error);
    }
    return PEVM_OK;
}

static enum pevm_status put_account(struct memory_state *state,
                                    const struct json *member,
                                    struct arena *arena,
                                    struct error *error)
{
    struct account_text account;
    struct view view = memory_state_view(state);
    struct view_account before;
    hash32 code_hash = keccak_empty;
    TRY(text_address(&account.who, member->key, "address", error));
    TRY(account_text_read(&account, member, arena, error));
    if (view.ops->account(view.context, &account.who, VIEW_EXISTENCE, &before) != VIEW_OK)
        return no_memory(error);
    if (before.exists) return error_set(error, PEVM_BAD_INPUT, "the address comes twice");
    if (account.code.size > 0 && memory_state_add_code(state, account.code, &code_hash) != PEVM_OK)
        return no_memory(error);
    if (memory_state_set_account(
            state, &account.who, account.nonce, &account.balance, &code_hash) != PEVM_OK)
        return no_memory(error);
    return put_storage(state, &account, error);
}

static enum pevm_status read_accounts(struct genesis *out,
                                      const struct json *root,
                                      struct error *error)
{
    const struct json *alloc;
    TRY(field_of_kind(&alloc, root, "alloc", JSON_OBJECT, error));
    for (const struct json *member = alloc->first; member != NULL; member = member->next) {
        struct arena_mark mark = arena_mark(&out->arena);
        enum pevm_status status = put_account(out->state, member, &out->arena, error);
        arena_release(&out->arena, mark);
        if (status != PEVM_OK) {
            char shown[TEXT_SHOWN_SIZE];
            error_prefix(error, "alloc: %s", text_shown(shown, member->key));
            return status;
        }
    }
    return PEVM_OK;
}

/* ---- header ---- */

/* A number or eight bytes. */
static enum pevm_status read_nonce(uint8_t out[8], const struct json *root, struct error *error)
{
    uint64_t nonce;
    TRY(field_u64_or(&nonce, 0, root, "nonce", error));
    store_be64(out, nonce);
    return PEVM_OK;
}

static enum pevm_status read_old_fields(struct header *out,
                                        const struct json *root,
                                        struct arena *arena,
                                        struct error *error)
{
    static const hash32 zero;
    *out = (struct header){
        .ommers_hash = keccak_empty_list,
        .transactions_root = keccak_empty_trie,
        .receipts_root = keccak_empty_trie,
        .field_count = HEADER_FIELDS_MIN,
    };
    TRY(field_u64(&out->gas_limit, root, "gasLimit", error));
    TRY(text_u256(&out->difficulty, json_get(root, "difficulty"), "difficulty", error));
    TRY(field_u64_or(&out->number, 0, root, "number", error));
    TRY(field_u64_or(&out->gas_used, 0, root, "gasUsed", error));
    TRY(field_u64_or(&out->timestamp, 0, root, "timestamp", error));
    TRY(field_hash_or(&out->parent_hash, &zero, root, "parentHash", error));
    const char *mix = field_is_absent(root, "mixHash") ? "mixhash" : "mixHash";
    TRY(field_hash_or(&out->mix_hash, &zero, root, mix, error));
    TRY(read_nonce(out->nonce, root, error));
    if (!field_is_absent(root, "coinbase"))
        TRY(field_address(&out->coinbase, root, "coinbase", error));
    if (field_is_absent(root, "extraData")) return PEVM_OK;
    return field_bytes(&out->extra_data, root, "extraData", arena, error);
}

/* Those of the forks that are in force at the first block. */
static enum pevm_status read_new_fields(struct header *out,
                                        const struct chain *chain,
                                        const struct json *root,
                                        struct error *error)
{
    /* SHA-256 of nothing (EIP-7685) */
    static const hash32 no_requests = {
        {0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4,
         0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b,
         0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55}
    };
    struct rules rules = chain_rules(chain, out->number, out->timestamp, NULL);
    if (rules.fork < FORK_LONDON) return PEVM_OK;
    out->field_count = 16;
    TRY(field_u256_or(
        &out->base_fee, u256_from_u64(BASE_FEE_INITIAL), root, "baseFeePerGas", error));
    if (rules.fork < FORK_SHANGHAI) return PEVM_OK;
    out->field_count = 17;
    out->withdrawals_root = keccak_empty_trie;
    if (rules.fork < FORK_CANCUN) return PEVM_OK;
    out->field_count = 20;
    TRY(field_u64_or(&out->excess_blob_gas, 0, root, "excessBlobGas", error));
    TRY(field_u64_or(&out->blob_gas_used, 0, root, "blobGasUsed", error));
    if (rules.fork < FORK_PRAGUE) return PEVM_OK;
    out->field_count = 21;
    out->requests_hash = no_requests;
    return PEVM_OK;
}

static enum pevm_status state_root(struct genesis *out, hash32 *root, struct error *error)
{
    return memory_state_root(out->state, root, &out->arena) == PEVM_OK ? PEVM_OK : no_memory(error);
}

static enum pevm_status read_node_form(struct genesis *out,
                                       const struct json *root,
                                       struct error *error)
{
    enum pevm_status status = genesis_config_read(&out->chain, json_get(root, "config"), error);
    if (status != PEVM_OK) {
        error_prefix(error, "config");
        return status;
    }
    TRY(read_accounts(out, root, error));
    TRY(read_old_fields(&out->header, root, &out->arena, error));
    TRY(read_new_fields(&out->header, &out->chain, root, error));
    TRY(state_root(out, &out->header.state_root, error));
    return header_hash(&out->header.hash, &out->header, &out->arena) ? PEVM_OK : no_memory(error);
}

/* ---- of our own making: the header is whole, and must fit ---- */

static enum pevm_status read_made_form(struct genesis *out,
                                       const struct json *root,
                                       struct error *error)
{
    const char *network;
    hash32 computed;
    TRY(field_text(&network, root, "network", &out->arena, error));
    TRY(chain_by_network(&out->chain, network, error));
    TRY(field_u64(&out->chain.chain_id, root, "chainId", error));
    TRY(header_from_json(
        &out->header, json_get(root, "header"), HEADER_NAMES_RPC, &out->arena, error));
    TRY(read_accounts(out, root, error));
    TRY(state_root(out, &computed, error));
    if (hash32_equal(&computed, &out->header.state_root)) return PEVM_OK;
    char expected[HEX_HASH_SIZE], got[HEX_HASH_SIZE];
    return error_set(error,
                     PEVM_BAD_INPUT,
                     "stateRoot: the header says %s, the accounts give %s",
                     hex_hash(expected, &out->header.state_root),
                     hex_hash(got, &computed));
}

static enum pevm_status read_any(struct genesis *out, struct bytes text, struct error *error)
{
    const struct json *root;
    out->state = memory_state_new();
    if (out->state == NULL) return no_memory(error);
    TRY(json_parse(&root, text, &out->arena, error));
    TRY(value_kind(root, JSON_OBJECT, "genesis", error));
    return field_is_absent(root, "header") ? read_node_form(out, root, error)
                                           : read_made_form(out, root, error);
}

enum pevm_status genesis_read(struct genesis *out, struct bytes text, struct error *error)
{
    *out = (struct genesis){0};
    arena_init(&out->arena, ARENA_CHUNK, 0);
    enum pevm_status status = read_any(out, text, error);
    if (status != PEVM_OK) genesis_fini(out);
    return status;
}

static enum pevm_status read_text(struct input_file *out, const char *path, struct error *error)
{
    struct input *input;
    bool found;
    TRY(input_open(&input, &path, 1, ".json", error));
    enum pevm_status status = input_next(input, out, &found, error);
    input_close(input);
    if (status == PEVM_OK && !found)
        return error_set(error, PEVM_NOT_FOUND, "%.300s: is no file", path);
    return status;
}

enum pevm_status genesis_read_file(struct genesis *out, const char *path, struct error *error)
{
    struct input_file file;
    TRY(read_text(&file, path, error));
    enum pevm_status status = genesis_read(out, bytes_of(file.data, file.size), error);
    input_file_fini(&file);
    if (status != PEVM_OK) error_prefix(error, "%s", path);
    return status;
}

void genesis_fini(struct genesis *genesis)
{
    if (genesis->arena.chunk_size_min > 0) arena_fini(&genesis->arena);
    memory_state_free(genesis->state);
    *genesis = (struct genesis){0};
}
