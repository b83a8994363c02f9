#include "unit/evm/tx_stage.h"

/* ---- gas before the first instruction ----------------------------------------------------------------- */

TEST(intrinsic_gas_by_fork)
{
    static const uint8_t data[10] = {0, 0, 0, 1, 2, 3, 4, 5, 6, 7};
    static const hash32 slots[3];
    const struct access_entry list[2] = {
        {.slots = slots, .slot_count = 3},
        {.slots = slots, .slot_count = 0}
    };
    struct authorization tuples[2] = {0};
    const struct tx plain =
                        {
                            0
    },
                    with_data = {.data = {data, sizeof data}},
                    creation = {.data = {data, sizeof data}, .is_creation = true},
                    listed = {.access_list = list, .access_count = 2},
                    delegating = {.authorizations = tuples, .authorization_count = 2};
    const struct {
        const struct tx *tx;
        enum fork fork;
        int64_t gas, floor;
    } cases[] = {
        {&plain,      FORK_FRONTIER,   21000,                       0                    },
        {&plain,      FORK_OSAKA,      21000,                       21000                },
        {&with_data,  FORK_PETERSBURG, 21000 + 3 * 4 + 7 * 68,      0                    },
        {&with_data,  FORK_ISTANBUL,   21000 + 3 * 4 + 7 * 16,      0                    },
        {&with_data,  FORK_PRAGUE,     21000 + 3 * 4 + 7 * 16,      21000 + 10 * (3 + 28)},
        {&creation,   FORK_FRONTIER,   21000 + 3 * 4 + 7 * 68,      0                    },
        {&creation,   FORK_HOMESTEAD,  53000 + 3 * 4 + 7 * 68,      0                    },
        {&creation,   FORK_SHANGHAI,   53000 + 3 * 4 + 7 * 16 + 2,  0                    },
        {&listed,     FORK_BERLIN,     21000 + 2 * 2400 + 3 * 1900, 0                    },
        {&delegating, FORK_PRAGUE,     21000 + 2 * 25000,           21000                },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct rules rules = rules_of_fork(cases[i].fork);
        CHECK_EQ(tx_intrinsic_gas(cases[i].tx, &rules), cases[i].gas);
        CHECK_EQ(tx_floor_gas(cases[i].tx, &rules), cases[i].floor);
    }
}

/* ---- what makes it invalid ------------------------------------------------------------------------------ */

static void wrong_nonce_low(struct stage *stage)
{
    stage->tx.nonce = 0;
}
static void wrong_nonce_high(struct stage *stage)
{
    stage->tx.nonce = 2;
}
static void wrong_nonce_max(struct stage *stage)
{
    stage->tx.nonce = UINT64_MAX;
}
static void wrong_gas(struct stage *stage)
{
    stage->tx.gas_limit = 20999;
}
static void wrong_room(struct stage *stage)
{
    stage->room.gas = 99999;
}
static void wrong_cap(struct stage *stage)
{
    stage->tx.gas_limit = (1 << 24) + 1;
}
static void wrong_sender(struct stage *stage)
{
    stage->tx.sender_known = false;
}
static void wrong_fee(struct stage *stage)
{
    stage->tx.max_fee = stage->tx.max_priority_fee = u256_from_u64(6);
}
static void wrong_tip(struct stage *stage)
{
    stage->tx.max_priority_fee = u256_from_u64(11);
}
static void wrong_value(struct stage *stage)
{
    stage->tx.value = u256_from_u64(SENDER_BALANCE - 1000000 + 1);
}
static void wrong_cost(struct stage *stage)
{
    stage->tx.max_fee = u256_not(U256_ZERO);
}
static void wrong_chain(struct stage *stage)
{
    stage->tx.chain_id = 2;
    stage->tx.is_protected = true;
}
static void wrong_code(struct stage *stage)
{
    world_account(stage->world, SENDER, SENDER_BALANCE, bytecode("STOP"))->nonce = 1;
}
static void wrong_floor(struct stage *stage)
{
    stage->tx.data = ones(3000); /* 48,000 of intrinsic gas, 120,000 of floor */
}
static void wrong_init_code(struct stage *stage)
{
    static const uint8_t zeros[49153];
    stage->tx.is_creation = true;
    stage->tx.gas_limit = 1000000;
    stage->tx.data = bytes_of(zeros, sizeof zeros);
}

static void wrong_no_blob(struct stage *stage)
{
    blob(stage);
    stage->tx.blob_count = 0;
}
static void wrong_many_blobs(struct stage *stage)
{
    blob(stage);
    stage->tx.blob_count = 7;
    stage->room.blob_gas = 9 * GAS_PER_BLOB;
}
static void wrong_blob_room(struct stage *stage)
{
    blob(stage);
    stage->room.blob_gas = GAS_PER_BLOB - 1;
}
static void wrong_blob_fee(struct stage *stage)
{
    blob(stage);
    stage->tx.max_blob_fee = u256_from_u64(2);
}
static void wrong_blob_version(struct stage *stage)
{
    static const hash32 hash = {{2}};
    blob(stage);
    stage->tx.blob_hashes = &hash;
}
static void wrong_blob_creation(struct stage *stage)
{
    blob(stage);
    stage->tx.is_creation = true;
}
static void wrong_blob_funds(struct stage *stage)
{
    blob(stage); /* 10 * 100,000 for gas, and 3 * 131,072 for the blob */
    world_account(stage->world, SENDER, 1000000 + 393216 - 1, BYTES_EMPTY)->nonce = 1;
}
static void wrong_no_tuple(struct stage *stage)
{
    set_code(stage);
    stage->tx.authorization_count = 0;
}
static void wrong_set_code_creation(struct stage *stage)
{
    set_code(stage);
    stage->tx.is_creation = true;
}
static void type_1(struct stage *stage)
{
    stage_type(stage, TX_ACCESS_LIST);
}
static void type_2(struct stage *stage)
{
    stage_type(stage, TX_DYNAMIC_FEE);
}
static void nothing(struct stage *stage)
{
    (void)stage;
}

TEST(each_fault_has_its_name_and_changes_nothing)
{
    static const struct {
        void (*change)(struct stage *stage);
        enum fork fork;
        enum tx_fault fault;
    } cases[] = {
        {nothing,                 FORK_FRONTIER,  TX_VALID               },
        {nothing,                 FORK_OSAKA,     TX_VALID               },
        {blob,                    FORK_CANCUN,    TX_VALID               },
        {set_code,                FORK_PRAGUE,    TX_VALID               },
        {wrong_nonce_low,         FORK_OSAKA,     TX_NONCE_TOO_LOW       },
        {wrong_nonce_high,        FORK_OSAKA,     TX_NONCE_TOO_HIGH      },
        {wrong_nonce_max,         FORK_OSAKA,     TX_NONCE_MAX           },
        {wrong_gas,               FORK_OSAKA,     TX_INTRINSIC_GAS       },
        {wrong_floor,             FORK_CANCUN,    TX_VALID               },
        {wrong_floor,             FORK_PRAGUE,    TX_FLOOR_GAS           },
        {wrong_room,              FORK_OSAKA,     TX_BLOCK_GAS           },
        {wrong_cap,               FORK_PRAGUE,    TX_VALID               },
        {wrong_cap,               FORK_OSAKA,     TX_GAS_CAP             },
        {wrong_sender,            FORK_OSAKA,     TX_SENDER_UNRECOVERABLE},
        {wrong_fee,               FORK_BERLIN,    TX_VALID               },
        {wrong_fee,               FORK_LONDON,    TX_FEE_BELOW_BASE      },
        {wrong_tip,               FORK_LONDON,    TX_PRIORITY_ABOVE_FEE  },
        {wrong_value,             FORK_OSAKA,     TX_FUNDS               },
        {wrong_cost,              FORK_OSAKA,     TX_COST_OVERFLOW       },
        {wrong_chain,             FORK_OSAKA,     TX_CHAIN_ID_WRONG      },
        {wrong_chain,             FORK_HOMESTEAD, TX_CHAIN_ID_WRONG      },
        {wrong_code,              FORK_OSAKA,     TX_SENDER_NOT_EOA      },
        {wrong_code,              FORK_FRONTIER,  TX_SENDER_NOT_EOA      },
        {wrong_init_code,         FORK_LONDON,    TX_VALID               },
        {wrong_init_code,         FORK_SHANGHAI,  TX_INITCODE_SIZE       },
        {type_1,                  FORK_ISTANBUL,  TX_TYPE_1_EARLY        },
        {type_2,                  FORK_BERLIN,    TX_TYPE_2_EARLY        },
        {blob,                    FORK_SHANGHAI,  TX_TYPE_3_EARLY        },
        {set_code,                FORK_CANCUN,    TX_TYPE_4_EARLY        },
        {wrong_no_blob,           FORK_CANCUN,    TX_BLOB_NONE           },
        {wrong_many_blobs,        FORK_CANCUN,    TX_BLOB_COUNT          },
        {wrong_blob_room,         FORK_CANCUN,    TX_BLOCK_BLOB_GAS      },
        {wrong_blob_fee,          FORK_CANCUN,    TX_BLOB_FEE            },
        {wrong_blob_version,      FORK_CANCUN,    TX_BLOB_VERSION        },
        {wrong_blob_creation,     FORK_CANCUN,    TX_BLOB_CREATION       },
        {wrong_blob_funds,        FORK_CANCUN,    TX_FUNDS               },
        {wrong_no_tuple,          FORK_PRAGUE,    TX_SET_CODE_EMPTY      },
        {wrong_set_code_creation, FORK_PRAGUE,    TX_SET_CODE_CREATION   },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct stage stage = stage_new(cases[i].fork);
        cases[i].change(&stage);
        enum tx_fault fault = fault_of(&stage);
        if (fault != cases[i].fault) fail_msg("case %zu: fault %d", i, (int)fault);
        const struct journal *journal = machine_journal(stage.world->machine);
        if (fault != TX_VALID) CHECK_EQ(journal->undo_count, 0);
        world_free(stage.world);
    }
}

TEST(what_can_be_said_without_state_is_said_first)
{
    struct stage stage = stage_new(FORK_OSAKA);
    wrong_gas(&stage);
    CHECK_EQ(tx_check_static(&stage.tx, &stage.world->env), TX_INTRINSIC_GAS);
    stage.tx.gas_limit = 40000000;
    CHECK_EQ(tx_check_static(&stage.tx, &stage.world->env), TX_GAS_CAP);
    stage.tx.gas_limit = 100000;
    stage.room.gas = 0; /* not judged there */
    CHECK_EQ(tx_check_static(&stage.tx, &stage.world->env), TX_VALID);
    stage.tx.nonce = 99;
    CHECK_EQ(tx_check_static(&stage.tx, &stage.world->env), TX_VALID);
    world_free(stage.world);
}
