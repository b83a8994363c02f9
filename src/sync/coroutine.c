#include "sync/coroutine.h"

#include "base/assert.h"

#include <sys/mman.h>

#include <stdint.h>
#include <string.h>
#include <unistd.h>

#if defined(__x86_64__) || defined(__aarch64__)
    #define OWN_SWITCH 1
#else
    #include "base/heap.h"

    #include <ucontext.h>
#endif

#if defined(__SANITIZE_ADDRESS__)
    #define WITH_ASAN 1
#elif defined(__has_feature)
    #if __has_feature(address_sanitizer)
        #define WITH_ASAN 1
    #endif
#endif
#ifdef WITH_ASAN
    #include <sanitizer/asan_interface.h>
    #include <sanitizer/common_interface_defs.h>

/* Stacks are forgotten in the middle of a run: frames must lie on them, not on the sanitizer's
 * side. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_stack_use_after_return=0";
}

static const void *outer_stack; /* of whoever enters */
static size_t outer_size;
#endif

static struct coroutine *current; /* the one that runs; one thread of the system only */

static size_t guard_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* ---- changing stacks ---- */

/* Put the registers that a call keeps on this stack, leave its address in *from, go on at `to`. */
#ifdef OWN_SWITCH
void coroutine_swap(void **from, void *to);
#endif

#if defined(__x86_64__)
    #define FRAME_WORDS 8 /* six registers, where to go on, a return address that nobody uses */
    #define FRAME_ENTRY 6
__asm__(".text\n"
        ".globl coroutine_swap\n"
        ".hidden coroutine_swap\n"
        ".type coroutine_swap, @function\n"
        "coroutine_swap:\n"
        "    pushq %rbp\n    pushq %rbx\n    pushq %r12\n"
        "    pushq %r13\n    pushq %r14\n    pushq %r15\n"
        "    movq %rsp, (%rdi)\n"
        "    movq %rsi, %rsp\n"
        "    popq %r15\n    popq %r14\n    popq %r13\n"
        "    popq %r12\n    popq %rbx\n    popq %rbp\n"
        "    ret\n"
        ".size coroutine_swap, . - coroutine_swap\n");
#elif defined(__aarch64__)
    #define FRAME_WORDS 20 /* x19 to x30, d8 to d15 */
    #define FRAME_ENTRY 11
__asm__(".text\n"
        ".globl coroutine_swap\n"
        ".hidden coroutine_swap\n"
        ".type coroutine_swap, %function\n"
        "coroutine_swap:\n"
        "    sub sp, sp, #160\n"
        "    stp x19, x20, [sp]\n    stp x21, x22, [sp, #16]\n    stp x23, x24, [sp, #32]\n"
        "    stp x25, x26, [sp, #48]\n    stp x27, x28, [sp, #64]\n    stp x29, x30, [sp, #80]\n"
        "    stp d8, d9, [sp, #96]\n    stp d10, d11, [sp, #112]\n"
        "    stp d12, d13, [sp, #128]\n    stp d14, d15, [sp, #144]\n"
        "    mov x9, sp\n    str x9, [x0]\n    mov sp, x1\n"
        "    ldp x19, x20, [sp]\n    ldp x21, x22, [sp, #16]\n    ldp x23, x24, [sp, #32]\n"
        "    ldp x25, x26, [sp, #48]\n    ldp x27, x28, [sp, #64]\n    ldp x29, x30, [sp, #80]\n"
        "    ldp d8, d9, [sp, #96]\n    ldp d10, d11, [sp, #112]\n"
        "    ldp d12, d13, [sp, #128]\n    ldp d14, d15, [sp, #144]\n"
        "    add sp, sp, #160\n"
        "    ret\n"
        ".size coroutine_swap, . - coroutine_swap\n");
#endif

/* The first and last function on a coroutine's stack. */
static void coroutine_main(void)
{
    struct coroutine *self = current;
#ifdef WITH_ASAN
    __sanitizer_finish_switch_fiber(NULL, &outer_stack, &outer_size);
#endif
    self->entry(self->argument);
    self->is_done = true;
    coroutine_leave(self);
    ASSERT(!self->is_done); /* never entered again */
}

#ifdef OWN_SWITCH

static void machine_start(struct coroutine *coroutine)
{
    char *top = coroutine->stack + guard_size() + COROUTINE_STACK_SIZE;
    uintptr_t *frame = (uintptr_t *)(void *)top - FRAME_WORDS;
    memset(frame, 0, FRAME_WORDS * sizeof *frame);
    frame[FRAME_ENTRY] = (uintptr_t)coroutine_main;
    coroutine->machine = frame;
}

static void machine_enter(struct coroutine *coroutine)
{
    coroutine_swap(&coroutine->caller, coroutine->machine);
}

static void machine_leave(struct coroutine *coroutine)
{
    coroutine_swap(&coroutine->machine, coroutine->caller);
}

static bool machine_open(struct coroutine *coroutine)
{
    (void)coroutine;
    return true;
}

static void machine_close(struct coroutine *coroutine)
{
    (void)coroutine;
}

#else

static bool machine_open(struct coroutine *coroutine)
{
    coroutine->machine = heap_alloc_zeroed(1, sizeof(ucontext_t));
    coroutine->caller = heap_alloc_zeroed(1, sizeof(ucontext_t));
    return coroutine->machine != NULL && coroutine->caller != NULL;
}

static void machine_close(struct coroutine *coroutine)
{
    heap_free(coroutine->machine);
    heap_free(coroutine->caller);
}

static void machine_start(struct coroutine *coroutine)
{
    ucontext_t *context = coroutine->machine;
    ASSERT(getcontext(context) == 0);
    context->uc_stack.ss_sp = coroutine->stack + guard_size();
    context->uc_stack.ss_size = COROUTINE_STACK_SIZE;
    context->uc_link = NULL;
    makecontext(context, coroutine_main, 0);
}

static void machine_enter(struct coroutine *coroutine)
{
    ASSERT(swapcontext(coroutine->caller, coroutine->machine) == 0);
}

static void machine_leave(struct coroutine *coroutine)
{
    ASSERT(swapcontext(coroutine->machine, coroutine->caller) == 0);
}

#endif

/* ---- the calls ---- */

bool coroutine_open(struct coroutine *coroutine)
{
    memset(coroutine, 0, sizeof *coroutine);
    size_t size = guard_size() + COROUTINE_STACK_SIZE;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return false;
    coroutine->stack = memory;
    if (mprotect(memory, guard_size(), PROT_NONE) == 0 && machine_open(coroutine)) return true;
    coroutine_close(coroutine);
    return false;
}

void coroutine_close(struct coroutine *coroutine)
{
    if (coroutine->stack == NULL) return;
    machine_close(coroutine);
    munmap(coroutine->stack, guard_size() + COROUTINE_STACK_SIZE);
    coroutine->stack = NULL;
}

void coroutine_start(struct coroutine *coroutine, void (*entry)(void *argument), void *argument)
{
    ASSERT(current == NULL);
    coroutine->entry = entry;
    coroutine->argument = argument;
    coroutine->is_done = false;
#ifdef WITH_ASAN
    __asan_unpoison_memory_region(coroutine->stack + guard_size(), COROUTINE_STACK_SIZE);
#endif
    machine_start(coroutine);
}

void coroutine_enter(struct coroutine *coroutine)
{
    ASSERT(current == NULL && !coroutine->is_done);
    current = coroutine;
#ifdef WITH_ASAN
    void *fake;
    __sanitizer_start_switch_fiber(&fake, coroutine->stack + guard_size(), COROUTINE_STACK_SIZE);
#endif
    machine_enter(coroutine);
#ifdef WITH_ASAN
    __sanitizer_finish_switch_fiber(fake, NULL, NULL);
#endif
    current = NULL;
}

void coroutine_leave(struct coroutine *coroutine)
{
    VERIFY(current == coroutine);
#ifdef WITH_ASAN
    void *fake = NULL;
    __sanitizer_start_switch_fiber(coroutine->is_done ? NULL : &fake, outer_stack, outer_size);
#endif
    machine_leave(coroutine);
#ifdef WITH_ASAN
    __sanitizer_finish_switch_fiber(fake, &outer_stack, &outer_size);
#endif
}
