#include "service/rates.h"

#define NS_PER_S UINT64_C(1000000000)

void rates_add(struct rates *rates, uint64_t now_ns, const struct rate_sums *more)
{
    uint64_t second = now_ns / NS_PER_S;
    size_t cell = second % RATE_SECONDS;
    if (rates->begin == 0) rates->begin = second;
    if (rates->second[cell] != second) {
        rates->second[cell] = second;
        rates->cells[cell] = (struct rate_sums){0};
    }
    rates->cells[cell].blocks += more->blocks;
    rates->cells[cell].txs += more->txs;
    rates->cells[cell].gas += more->gas;
}

struct rate_sums rates_sum(const struct rates *rates, uint64_t now_ns, double *seconds)
{
    struct rate_sums sums = {0};
    uint64_t now = now_ns / NS_PER_S;
    uint64_t since = rates->begin == 0 ? 0 : now - rates->begin;
    for (size_t i = 0; i < RATE_SECONDS; i++) {
        if (rates->second[i] == 0 || rates->second[i] + RATE_SECONDS <= now) continue;
        sums.blocks += rates->cells[i].blocks;
        sums.txs += rates->cells[i].txs;
        sums.gas += rates->cells[i].gas;
    }
    if (since > RATE_SECONDS - 1) since = RATE_SECONDS - 1;
    double part = (double)(now_ns % NS_PER_S) / (double)NS_PER_S;
    *seconds = (double)since + part < 1 ? 1 : (double)since + part;
    return sums;
}
