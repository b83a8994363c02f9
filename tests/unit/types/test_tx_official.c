/* The official TransactionTests: one transaction, judged under the rules of each fork, without state. */
#include "chain/rules.h"
#include "evm/block_env.h"
#include "evm/tx_run.h"
#include "support/official.h"
#include "types/tx_sender.h"

#include <stdio.h>

struct tally {
    int valid, invalid, other_reason;
};

/* Is our reason one of those named? Ours are joined by '|', theirs too, and with "TransactionException." before. */
static bool is_reason(enum tx_fault fault, const char *expected)
{
    const char *ours = tx_fault_official(fault);
    for (const char *name = expected; name != NULL; name = strchr(name, '|')) {
        if (*name == '|') name++;
        const char *dot = strchr(name, '.'), *end = strchr(name, '|');
        if (dot != NULL && (end == NULL || dot < end)) name = dot + 1;
        size_t size = end == NULL ? strlen(name) : (size_t)(end - name);
        for (const char *at = ours; (at = strchr(at, name[0])) != NULL; at++) {
            bool begins = at == ours || at[-1] == '|';
            if (begins && strncmp(at, name, size) == 0 && (at[size] == '|' || at[size] == 0))
                return true;
        }
    }
    return false;
}

static enum tx_fault judge(struct tx *tx,
                           const struct rules *rules,
                           struct bytes encoding,
                           struct arena *arena)
{
    struct block_env env = {.rules = *rules};
    enum tx_fault fault = tx_decode(tx, encoding, arena);
    if (fault != TX_VALID) return fault;
    bool any_s = rules->fork < FORK_HOMESTEAD;
    fault = tx_recover_sender(tx, any_s ? SIGNATURE_ANY_S : SIGNATURE_LOW_S, arena);
    CHECK(fault != TX_NO_MEMORY);
    CHECK_EQ(tx->sender_known, fault == TX_VALID);
    return tx_check_static(tx, &env);
}

static void check_valid(const struct tx *tx, const struct rules *rules, const struct json *result)
{
    hash32 hash;
    address sender;
    official_fixed(hash.bytes, sizeof hash.bytes, result, "hash");
    official_fixed(sender.bytes, sizeof sender.bytes, result, "sender");
    CHECK(hash32_equal(&hash, &tx->hash));
    CHECK(address_equal(&sender, &tx->sender));
    CHECK_EQ(tx_intrinsic_gas(tx, rules), official_u64(result, "intrinsicGas"));
}

static void check_result(const char *name,
                         struct bytes encoding,
                         const struct json *result,
                         struct arena *arena,
                         struct tally *tally)
{
    char fork_text[40];
    enum fork fork;
    snprintf(
        fork_text, sizeof fork_text, "%.*s", (int)result->key.size, (const char *)result->key.data);
    if (!fork_by_name(&fork, fork_text)) fail_msg("%s: fork %s", name, fork_text);

    struct tx tx;
    struct rules rules = rules_of_fork(fork);
    enum tx_fault fault = judge(&tx, &rules, encoding, arena);
    bool is_expected = json_get(result, "exception") == NULL;
    if ((fault == TX_VALID) != is_expected)
        fail_msg("%s, %s: %s", name, fork_text, tx_fault_name(fault));
    if (is_expected) {
        check_valid(&tx, &rules, result);
        tally->valid++;
        return;
    }
    tally->invalid++;
    const char *exception = official_text(result, "exception", arena);
    if (is_reason(fault, exception)) return;
    tally->other_reason++;
    print_message(
        "%s, %s: expected %s, got %s\n", name, fork_text, exception, tx_fault_name(fault));
}

static void check_file(const char *name,
                       const struct json *file,
                       struct arena *arena,
                       void *context)
{
    for (const struct json *test = file->first; test != NULL; test = test->next) {
        struct bytes encoding = official_bytes(test, "txbytes", arena);
        const struct json *results = json_get(test, "result");
        CHECK(results != NULL);
        for (const struct json *result = results->first; result != NULL; result = result->next)
            check_result(name, encoding, result, arena, context);
    }
}

TEST(the_official_transactions_are_judged_as_expected)
{
    struct tally tally = {0};
    if (!official_each("tests_misc.tar.zst", "TransactionTests/", check_file, &tally)) skip();
    print_message("%d valid, %d invalid, %d of these for another reason\n",
                  tally.valid,
                  tally.invalid,
                  tally.other_reason);
    CHECK(tally.valid > 500 && tally.invalid > 1500);
    CHECK_EQ(tally.other_reason, 0);
}
