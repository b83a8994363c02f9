#include "engine/hooks_ethereum.h"

#include "base/hex.h"
#include "engine/account_edit.h"
#include "engine/apply.h"
#include "engine/requests.h"

/* clang-format off */
static const address beacon_roots_contract = {{0x00, 0x0f, 0x3d, 0xf6, 0xd7, 0x32, 0x80, 0x7e, 0xf1, 0x31, 0x9f, 0xb7, 0xb8, 0xbb, 0x85, 0x22, 0xd0, 0xbe, 0xac, 0x02}};
static const address history_contract      = {{0x00, 0x00, 0xf9, 0x08, 0x27, 0xf1, 0xc5, 0x3a, 0x10, 0xcb, 0x7a, 0x02, 0x33, 0x5b, 0x17, 0x53, 0x20, 0x00, 0x29, 0x35}};
static const address withdrawal_contract   = {{0x00, 0x00, 0x09, 0x61, 0xef, 0x48, 0x0e, 0xb5, 0x5e, 0x80, 0xd1, 0x9a, 0xd8, 0x35, 0x79, 0xa6, 0x4c, 0x00, 0x70, 0x02}};
static const address consolidation_contract = {{0x00, 0x00, 0xbb, 0xdd, 0xc7, 0xce, 0x48, 0x86, 0x42, 0xfb, 0x57, 0x9f, 0x8b, 0x00, 0xf3, 0xa5, 0x90, 0x00, 0x72, 0x51}};
static const address dao_refund_contract   = {{0xbf, 0x4e, 0xd7, 0xb2, 0x7f, 0x1d, 0x66, 0x65, 0x46, 0xe3, 0x0d, 0x74, 0xd5, 0x0d, 0x17, 0x3d, 0x20, 0xbc, 0xa7, 0x54}};
/* clang-format on */

/* ---- before ---------------------------------------------------------------------------------- */

/* EIP-779: the ether of "The DAO" and its children goes to a contract that pays it back. */
static enum pevm_status dao_fork(struct block_run *run)
{
    static const char *const accounts[] = {
#define DAO_ACCOUNT(hex) hex,
#include "engine/dao_accounts.def"
#undef DAO_ACCOUNT
    };
    for (size_t i = 0; i < COUNT_OF(accounts); i++) {
        address who;
        bool decoded = hex_decode(who.bytes, accounts[i], 2 * sizeof who.bytes);
        ASSERT(decoded);
        TRY(account_drain(run, &who, &dao_refund_contract, "DAO fork"));
    }
    return PEVM_OK;
}

struct call_answer {
    bool had_code, success;
    struct bytes output; /* lent until the machine runs again */
};

/* A system call whose changes are kept when it succeeds. */
static enum pevm_status call_contract(struct block_run *run,
                                      const address *contract,
                                      struct bytes input,
                                      const char *who,
                                      struct call_answer *out)
{
    struct view view = block_state_view(run->state);
    struct message_result result;
    TRY(run_check_stop(run));
    enum run_answer answer =
        system_call(run->machine, &view, contract, input, &result, &out->had_code);
    if (answer != RUN_DONE) return run_failed(run, answer, who);
    out->success = out->had_code && halt_is_success(result.halt);
    out->output = result.output;
    return out->success ? apply_journal(run, machine_journal(run->machine), who) : PEVM_OK;
}

enum pevm_status hooks_before(struct block_run *run)
{
    const struct header *header = &run->input->block->header;
    struct call_answer
        ignored; /* a call that fails, or finds no code, changes nothing and harms nothing */
    enum fork fork = run->env.rules.fork;
    machine_set_block(run->machine, &run->env, NULL);
    if (header->number == run->chain->dao_number) TRY(dao_fork(run));
    if (header->number == 0) return PEVM_OK;
    if (fork >= FORK_CANCUN)
        TRY(call_contract(run,
                          &beacon_roots_contract,
                          bytes_of(header->parent_beacon_root.bytes, 32),
                          "beacon roots call",
                          &ignored));
    if (fork >= FORK_PRAGUE)
        TRY(call_contract(run,
                          &history_contract,
                          bytes_of(header->parent_hash.bytes, 32),
                          "history call",
                          &ignored));
    return PEVM_OK;
}

/* ---- after ----------------------------------------------------------------------------------- */

/* The records that the contract's queue gives up; without code or success the block is invalid. */
static enum pevm_status queue_read(struct block_run *run,
                                   enum request_type type,
                                   const address *contract,
                                   const char *who)
{
    struct call_answer answer;
    char hex[HEX_ADDRESS_SIZE];
    TRY(call_contract(run, contract, BYTES_EMPTY, who, &answer));
    if (!answer.had_code)
        return run_refuse(
            run, BLOCK_SYSTEM_EMPTY, "%s: no code at %s", who, hex_address(hex, contract));
    if (!answer.success)
        return run_refuse(
            run, BLOCK_SYSTEM_FAILED, "%s: the call to %s failed", who, hex_address(hex, contract));
    return arena_copy(run->arena, &run->requests[type], answer.output) ? PEVM_OK
                                                                       : run_no_memory(run);
}

enum pevm_status hooks_after(struct block_run *run)
{
    if (run->env.rules.fork < FORK_PRAGUE) return PEVM_OK;
    machine_set_block(run->machine, &run->env, NULL);
    TRY(requests_gather_deposits(run));
    if (!run_is_refused(run))
        TRY(queue_read(run, REQUEST_WITHDRAWAL, &withdrawal_contract, "withdrawal requests call"));
    if (!run_is_refused(run))
        TRY(queue_read(
            run, REQUEST_CONSOLIDATION, &consolidation_contract, "consolidation requests call"));
    return PEVM_OK;
}
