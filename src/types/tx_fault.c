#include "types/tx_fault.h"

#include "base/assert.h"

static const struct {
    const char *name, *text, *official;
} faults[TX_FAULT_COUNT] = {
#define X(code, text, official) {#code, text, official},
    TX_FAULT_LIST(X)
#undef X
};

const char *tx_fault_text(enum tx_fault fault)
{
    ASSERT((unsigned)fault < TX_FAULT_COUNT);
    return faults[fault].text;
}

const char *tx_fault_name(enum tx_fault fault)
{
    ASSERT((unsigned)fault < TX_FAULT_COUNT);
    return faults[fault].name;
}

const char *tx_fault_official(enum tx_fault fault)
{
    ASSERT((unsigned)fault < TX_FAULT_COUNT);
    return faults[fault].official;
}
