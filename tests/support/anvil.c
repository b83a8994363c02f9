#include "support/anvil.h"

#include "support/test.h"

#include <arpa/inet.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define GENESIS_TIME UINT64_C(1750000000)
#define FIRST        "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"

static const char *find_program(void)
{
    static char path[1024];
    const char *own = getenv("PEVM_ANVIL"), *folders = getenv("PATH");
    if (own != NULL && own[0] != 0) return access(own, X_OK) == 0 ? own : NULL;
    for (const char *at = folders; at != NULL && *at != 0;) {
        size_t size = strcspn(at, ":");
        snprintf(path, sizeof path, "%.*s/anvil", (int)size, at);
        if (access(path, X_OK) == 0) return path;
        at += size + (at[size] == ':');
    }
    return NULL;
}

/* A port that is free now. */
static unsigned free_port(void)
{
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof place;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_EQ(bind(fd, (struct sockaddr *)&place, sizeof place), 0);
    CHECK_EQ(getsockname(fd, (struct sockaddr *)&place, &size), 0);
    close(fd);
    return ntohs(place.sin_port);
}

static int spawn(const char *program, unsigned port)
{
    char port_text[16], time_text[32];
    snprintf(port_text, sizeof port_text, "%u", port);
    snprintf(time_text, sizeof time_text, "%" PRIu64, GENESIS_TIME);
    int pid = fork();
    if (pid != 0) return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails stops it, too */
    int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    execl(program,
          "anvil",
          "--silent",
          "--host",
          "127.0.0.1",
          "--port",
          port_text,
          "--hardfork",
          "cancun",
          "--timestamp",
          time_text,
          (char *)NULL);
    _exit(127);
}

bool anvil_start(struct anvil *anvil)
{
    const char *program = find_program();
    struct error error;
    struct rpc_call call = {.method = "eth_chainId", .params = "[]"};
    *anvil = (struct anvil){.time = GENESIS_TIME};
    if (program == NULL) {
        print_message(
            "skipped: there is no anvil; PEVM_ANVIL says where it is (npm: @foundry-rs/anvil)\n");
        return false;
    }
    unsigned port = free_port();
    snprintf(anvil->url, sizeof anvil->url, "http://127.0.0.1:%u", port);
    anvil->pid = spawn(program, port);
    arena_init(&anvil->arena, 4096, 0);
    struct rpc_options options = {.url = anvil->url, .tries = 12, .wait_ms = 50};
    CHECK_EQ(rpc_open(&anvil->rpc, &options, &error), PEVM_OK);
    if (rpc_ask(anvil->rpc, &call, 1, &anvil->arena, &error) == PEVM_OK) return true;
    print_message("skipped: anvil does not start: %s\n", error.text);
    anvil_stop(anvil);
    return false;
}

void anvil_stop(struct anvil *anvil)
{
    rpc_close(anvil->rpc);
    kill(anvil->pid, SIGKILL);
    waitpid(anvil->pid, NULL, 0);
    arena_fini(&anvil->arena);
}

const struct json *anvil_ask(struct anvil *anvil, const char *method, const char *params)
{
    struct error error;
    struct rpc_call call = {.method = method, .params = params};
    arena_reset(&anvil->arena);
    if (rpc_ask(anvil->rpc, &call, 1, &anvil->arena, &error) != PEVM_OK) fail_msg("%s", error.text);
    if (call.result == NULL)
        fail_msg("%s: %.*s", method, (int)call.message.size, (const char *)call.message.data);
    return call.result;
}

/* The node answers before it has made the block. */
static void wait_for_block(struct anvil *anvil, const char *hash)
{
    char params[96];
    snprintf(params, sizeof params, "[\"%s\"]", hash);
    for (unsigned i = 0; i < 500; i++) {
        if (anvil_ask(anvil, "eth_getTransactionReceipt", params)->kind != JSON_NULL) return;
        usleep(10000);
    }
    fail_msg("anvil makes no block");
}

const char *anvil_send(struct anvil *anvil, const char *fields)
{
    static char hash[80];
    char params[512];
    anvil->time += 12;
    snprintf(params, sizeof params, "[%" PRIu64 "]", anvil->time);
    anvil_ask(anvil, "evm_setNextBlockTimestamp", params);
    snprintf(params, sizeof params, "[{\"from\":\"" FIRST "\",%s}]", fields);
    const struct json *result = anvil_ask(anvil, "eth_sendTransaction", params);
    snprintf(hash, sizeof hash, "%.*s", (int)result->text.size, (const char *)result->text.data);
    wait_for_block(anvil, hash);
    return hash;
}
