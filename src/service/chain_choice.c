#include "service/chain_choice.h"

#include "feed/genesis.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool is_file(const char *name)
{
    size_t size = strlen(name);
    return strchr(name, '/') != NULL || (size > 5 && strcmp(name + size - 5, ".json") == 0);
}

static enum pevm_status read_file(struct chain_choice *out, const char *path, struct error *error)
{
    struct genesis genesis;
    TRY(genesis_read_file(&genesis, path, error));
    out->chain = genesis.chain;
    out->has_genesis = genesis.header.number == 0;
    out->genesis_hash = genesis.header.hash;
    genesis_fini(&genesis);
    return PEVM_OK;
}

static enum pevm_status find_known(struct chain_choice *out, const char *name, struct error *error)
{
    static const struct chain *const built_in[] = {&chain_mainnet, &chain_sepolia};
    for (size_t i = 0; i < COUNT_OF(built_in); i++) {
        if (strcmp(built_in[i]->name, name) != 0) continue;
        const struct known_genesis *known = genesis_known(built_in[i]->chain_id);
        out->chain = *built_in[i];
        out->has_genesis = known != NULL;
        if (known != NULL) out->genesis_hash = known->hash;
        return PEVM_OK;
    }
    return error_set(error,
                     PEVM_UNSUPPORTED,
                     "\"%.60s\": the rules of this chain are not built into this version; known "
                     "are mainnet, sepolia, and any "
                     "chain of Ethereum's rules by the path of its genesis file",
                     name);
}

enum pevm_status chain_choice_read(struct chain_choice *out,
                                   const struct config *config,
                                   struct error *error)
{
    const char *name = config->chain_name;
    memset(out, 0, sizeof *out);
    enum pevm_status status =
        is_file(name) ? read_file(out, name, error) : find_known(out, name, error);
    uint64_t id = config->chain_network_id;
    if (status != PEVM_OK) {
        error_prefix(error, "chain.name");
        return status;
    }
    if (id == 0 || id == out->chain.chain_id) return PEVM_OK;
    return error_set(error,
                     PEVM_BAD_INPUT,
                     "chain.network_id: is %" PRIu64 ", but the id of %s is %" PRIu64,
                     id,
                     out->chain.name,
                     out->chain.chain_id);
}
