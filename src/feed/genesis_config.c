/* Forks and what else a genesis file says about its chain. */
#include "feed/account_text.h"
#include "feed/genesis.h"
#include "fixture/field.h"

#include <stdio.h>
#include <stdlib.h>

#define CHAIN_ID_BSC    56
#define CHAIN_ID_CHAPEL 97

/* When a fork begins, as the file spells it. Both keys of Spurious Dragon are there in every file. */
struct config_fork {
    const char *key;
    enum fork fork;
};

static const struct config_fork config_forks[] = {
    {"homesteadBlock",      FORK_HOMESTEAD        },
    {"eip150Block",         FORK_TANGERINE_WHISTLE},
    {"eip155Block",         FORK_SPURIOUS_DRAGON  },
    {"eip158Block",         FORK_SPURIOUS_DRAGON  },
    {"byzantiumBlock",      FORK_BYZANTIUM        },
    {"constantinopleBlock", FORK_CONSTANTINOPLE   },
    {"petersburgBlock",     FORK_PETERSBURG       },
    {"istanbulBlock",       FORK_ISTANBUL         },
    {"muirGlacierBlock",    FORK_MUIR_GLACIER     },
    {"berlinBlock",         FORK_BERLIN           },
    {"londonBlock",         FORK_LONDON           },
    {"arrowGlacierBlock",   FORK_ARROW_GLACIER    },
    {"grayGlacierBlock",    FORK_GRAY_GLACIER     },
    {"shanghaiTime",        FORK_SHANGHAI         },
    {"cancunTime",          FORK_CANCUN           },
    {"pragueTime",          FORK_PRAGUE           },
    {"osakaTime",           FORK_OSAKA            },
    {"bpo1Time",            FORK_BPO1             },
    {"bpo2Time",            FORK_BPO2             },
    {"bpo3Time",            FORK_BPO3             },
    {"bpo4Time",            FORK_BPO4             },
};

/* Keys that end like a fork's and are read elsewhere, or say nothing about rules. */
static const char *const other_keys[] = {"daoForkBlock", "mergeNetsplitBlock"};

static bool key_is(struct bytes key, const char *text)
{
    return bytes_equal(key, bytes_of(text, strlen(text)));
}

static bool key_ends_with(struct bytes key, const char *end)
{
    size_t size = strlen(end);
    return key.size > size && memcmp(key.data + key.size - size, end, size) == 0;
}

static bool is_known(struct bytes key)
{
    for (size_t i = 0; i < COUNT_OF(config_forks); i++)
        if (key_is(key, config_forks[i].key)) return true;
    for (size_t i = 0; i < COUNT_OF(other_keys); i++)
        if (key_is(key, other_keys[i])) return true;
    return false;
}

/* A fork that we do not know must not be passed over. */
static enum pevm_status check_keys(const struct chain *chain,
                                   const struct json *config,
                                   struct error *error)
{
    if (chain->chain_id == CHAIN_ID_BSC || chain->chain_id == CHAIN_ID_CHAPEL) return PEVM_OK;
    for (const struct json *member = config->first; member != NULL; member = member->next) {
        bool is_fork = key_ends_with(member->key, "Block") || key_ends_with(member->key, "Time");
        if (!is_fork || member->kind == JSON_NULL || is_known(member->key)) continue;
        char shown[TEXT_SHOWN_SIZE];
        return error_set(error,
                         PEVM_UNSUPPORTED,
                         "%s: there is no fork of that name here",
                         text_shown(shown, member->key));
    }
    return PEVM_OK;
}

static enum pevm_status read_fork(struct chain *out,
                                  const struct config_fork *fork,
                                  const struct json *config,
                                  struct error *error)
{
    uint64_t at;
    TRY(field_u64_or(&at, FORK_NEVER, config, fork->key, error));
    if (fork->fork >= FORK_SHANGHAI)
        out->starts[fork->fork].time = at;
    else
        out->starts[fork->fork].number = at;
    return PEVM_OK;
}

static enum pevm_status read_forks(struct chain *out,
                                   const struct json *config,
                                   struct error *error)
{
    uint64_t eip155;
    out->starts[FORK_FRONTIER].number = 0;
    for (size_t i = 0; i < COUNT_OF(config_forks); i++)
        TRY(read_fork(out, &config_forks[i], config, error));
    TRY(field_u64_or(&eip155, FORK_NEVER, config, "eip155Block", error));
    if (eip155 != out->starts[FORK_SPURIOUS_DRAGON].number)
        return error_set(error,
                         PEVM_UNSUPPORTED,
                         "eip155Block: expected the same as eip158Block, got %llu",
                         (unsigned long long)eip155);
    /* Who has Constantinople and does not name Petersburg has both at once. */
    if (field_is_absent(config, "petersburgBlock"))
        out->starts[FORK_PETERSBURG] = out->starts[FORK_CONSTANTINOPLE];
    return PEVM_OK;
}

static bool is_true(const struct json *value)
{
    return value != NULL && value->kind == JSON_BOOL && value->boolean;
}

static enum pevm_status read_dao(struct chain *out, const struct json *config, struct error *error)
{
    uint64_t at;
    TRY(field_u64_or(&at, FORK_NEVER, config, "daoForkBlock", error));
    out->dao_number = is_true(json_get(config, "daoForkSupport")) ? at : FORK_NEVER;
    return PEVM_OK;
}

/* The merge: at once, at a total difficulty, or never. Of the chains we know by heart we know the height, too. */
static enum pevm_status read_merge(struct chain *out,
                                   const struct json *config,
                                   struct error *error)
{
    static const char key[] = "terminalTotalDifficulty";
    const struct chain *known = chain_by_id(out->chain_id);
    out->starts[FORK_PARIS] = (struct fork_start){FORK_NEVER, FORK_NEVER};
    out->paris_by_number = true;
    if (field_is_absent(config, key)) return PEVM_OK;
    TRY(text_u256(&out->terminal_total_difficulty, json_get(config, key), key, error));
    if (u256_is_zero(out->terminal_total_difficulty)) {
        out->starts[FORK_PARIS].number = 0;
        return PEVM_OK;
    }
    bool is_known = known != NULL &&
                    u256_equal(known->terminal_total_difficulty, out->terminal_total_difficulty);
    if (is_known) out->starts[FORK_PARIS] = known->starts[FORK_PARIS];
    out->paris_by_number = is_known && known->paris_by_number;
    return PEVM_OK;
}

static enum pevm_status read_schedule(struct blob_schedule *out,
                                      const struct json *object,
                                      struct error *error)
{
    uint64_t target, max;
    TRY(value_kind(object, JSON_OBJECT, "blobSchedule", error));
    TRY(field_u64(&target, object, "target", error));
    TRY(field_u64(&max, object, "max", error));
    TRY(field_u64(&out->update_fraction, object, "baseFeeUpdateFraction", error));
    if (target > max || max > UINT16_MAX || out->update_fraction == 0)
        return error_set(error, PEVM_BAD_INPUT, "blobSchedule: the numbers make no sense");
    out->target = (uint32_t)target;
    out->max = (uint32_t)max;
    return PEVM_OK;
}

static enum pevm_status read_schedules(struct chain *out,
                                       const struct json *config,
                                       struct error *error)
{
    static const struct config_fork names[] = {
        {"cancun", FORK_CANCUN},
        {"prague", FORK_PRAGUE},
        {"osaka",  FORK_OSAKA },
        {"bpo1",   FORK_BPO1  },
        {"bpo2",   FORK_BPO2  },
        {"bpo3",   FORK_BPO3  },
        {"bpo4",   FORK_BPO4  },
    };
    memcpy(out->blobs, blob_schedule_mainnet, sizeof out->blobs);
    if (field_is_absent(config, "blobSchedule")) return PEVM_OK;
    const struct json *schedules;
    TRY(field_of_kind(&schedules, config, "blobSchedule", JSON_OBJECT, error));
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (field_is_absent(schedules, names[i].key)) continue;
        TRY(read_schedule(&out->blobs[names[i].fork], json_get(schedules, names[i].key), error));
    }
    return PEVM_OK;
}

enum pevm_status genesis_config_read(struct chain *out,
                                     const struct json *config,
                                     struct error *error)
{
    *out = (struct chain){.dao_number = FORK_NEVER};
    for (size_t i = 0; i < FORK_COUNT; i++)
        out->starts[i] = (struct fork_start){FORK_NEVER, FORK_NEVER};
    TRY(value_kind(config, JSON_OBJECT, "config", error));
    TRY(field_u64(&out->chain_id, config, "chainId", error));
    const struct chain *known = chain_by_id(out->chain_id);
    snprintf(out->name,
             sizeof out->name,
             "%s%.0llu",
             known != NULL ? known->name : "chain ",
             known != NULL ? 0ULL : (unsigned long long)out->chain_id);
    out->deposit_contract =
        known != NULL ? known->deposit_contract : chain_mainnet.deposit_contract;
    if (!field_is_absent(config, "depositContractAddress"))
        TRY(field_address(&out->deposit_contract, config, "depositContractAddress", error));
    TRY(read_forks(out, config, error));
    TRY(read_dao(out, config, error));
    TRY(read_merge(out, config, error));
    TRY(read_schedules(out, config, error));
    return check_keys(out, config, error);
}
