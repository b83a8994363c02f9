/* Payments of ether. */
#include "cli/block_workload_maker.h"

#define PAYMENT_GAS   21000
#define FIRST_ACCOUNT 1000 /* account k is at address 1000 + k, as in the published loads */

void maker_add_payments(struct workload_maker *maker,
                        struct workload_sender *people,
                        size_t people_count,
                        enum workload_shape shape,
                        size_t txs)
{
    for (size_t i = 0; i < txs && maker_ok(maker); i++) {
        struct workload_pair pair = maker_pair(maker, shape, i, txs, people_count);
        struct workload_call call = {
            .to = people[pair.to].who, .value = 1, .gas_limit = PAYMENT_GAS};
        maker_add_tx(maker, &people[pair.from], &call);
    }
}

void make_payments(struct workload_maker *maker, size_t txs)
{
    enum workload_shape shape = (enum workload_shape)maker->kind->what;
    u256 half = u256_shl_bits(U256_ONE, 255);
    size_t count = maker_people_count(maker, shape, txs);
    struct workload_sender *people = maker_people(maker, count, FIRST_ACCOUNT, 1, &half);
    maker_expect(maker, txs);
    maker_add_payments(maker, people, count, shape, txs);
}
