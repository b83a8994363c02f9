/* own_state_view FOLDER CHAIN - a block on a state of one's own: here sorted arrays, in your program a database.
 *
 * The five questions come from several threads at once; as nobody writes during a block, no lock is needed. The state
 * root is not asked for (the sixth question is left NULL), so it is not judged either: gas used, receipts root and bloom are. */
#include "world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_address(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(address)); /* each element begins with its address */
}

static const struct world_account *find(const struct world *world, const address *who)
{
    return bsearch(who, world->accounts, world->account_count, sizeof *world->accounts, by_address);
}

static enum pevm_answer account(void *context, const address *who, struct pevm_account *out)
{
    const struct world_account *found = find(context, who);
    if (found != NULL) *out = found->is; /* else *out stays zero: it does not exist */
    return PEVM_ANSWER_OK;
}

static enum pevm_answer slot(void *context, const address *who, const u256 *key, u256 *out)
{
    const struct world *world = context;
    for (size_t i = 0; i < world->slot_count; i++)
        if (memcmp(&world->slots[i].who, who, sizeof *who) == 0 &&
            memcmp(&world->slots[i].slot, key, sizeof *key) == 0)
            *out = world->slots[i].value;
    return PEVM_ANSWER_OK;
}

static enum pevm_answer code(void *context,
                             const address *who,
                             const hash32 *code_hash,
                             struct pevm_bytes *out)
{
    const struct world_account *found = find(context, who);
    if (found == NULL || memcmp(&found->is.code_hash, code_hash, sizeof *code_hash) != 0)
        return PEVM_ANSWER_FAILED; /* the database is damaged: never guess */
    *out = found->code;
    return PEVM_ANSWER_OK;
}

static enum pevm_answer has_storage(void *context, const address *who, uint8_t *out)
{
    const struct world *world = context;
    for (size_t i = 0; i < world->slot_count && !*out; i++)
        *out = memcmp(&world->slots[i].who, who, sizeof *who) == 0;
    return PEVM_ANSWER_OK;
}

static enum pevm_answer block_hash(void *context, uint64_t number, hash32 *out)
{
    const struct world *world = context;
    for (size_t i = 0; i < world->hash_count; i++) {
        if (world->hashes[i].number != number) continue;
        *out = world->hashes[i].hash;
        return PEVM_ANSWER_OK;
    }
    return PEVM_ANSWER_FAILED;
}

int main(int argc, char **argv)
{
    struct world world;
    struct pevm_config config;
    struct pevm_view view;
    struct pevm_input input;
    struct pevm_error error;
    const struct pevm_outcome *outcome;
    pevm_engine *engine;

    if (argc != 3) return fprintf(stderr, "usage: own_state_view FOLDER CHAIN\n"), 2;
    world_read(&world, argv[1]);
    qsort(world.accounts, world.account_count, sizeof *world.accounts, by_address);

    pevm_view_init(&view);
    view.context = &world;
    view.account = account;
    view.slot = slot;
    view.code = code;
    view.has_storage = has_storage;
    view.block_hash = block_hash;

    pevm_config_init(&config, PEVM_PRESET_THROUGHPUT);
    config.chain = argv[2];
    if (pevm_engine_open(&engine, &config, &error) != PEVM_OK)
        return fprintf(stderr, "no engine: %s\n", error.text), 1;
    pevm_input_init(&input);
    input.block = world.block;
    input.view = &view;
    if (pevm_engine_execute(engine, &outcome, &input, &error) != PEVM_OK)
        return fprintf(stderr, "not executed: %s\n", error.text), 1;
    if (!outcome->is_valid)
        return fprintf(stderr, "invalid: %s: %s\n", outcome->fault, outcome->fault_text), 1;

    /* What your database would write. */
    for (size_t i = 0; i < outcome->changes.account_count; i++) {
        const struct pevm_account_change *change = &outcome->changes.accounts[i];
        printf("account %02x%02x..: nonce %" PRIu64 ", %zu slots%s%s\n",
               change->account.bytes[0],
               change->account.bytes[1],
               change->nonce,
               change->slot_count,
               change->storage_cleared ? ", storage cleared" : "",
               change->exists ? "" : ", gone");
    }
    printf("%" PRIu64 " gas, receipts root %s\n",
           outcome->gas_used,
           hash_text(&outcome->receipts_root));
    pevm_engine_close(engine);
    world_free(&world);
    return 0;
}
