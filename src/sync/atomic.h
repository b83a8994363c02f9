/* atomic.h - the one door to atomics: <stdatomic.h> in structs, so that no bare operator touches
 * them.
 *
 *     struct atomic64 word;
 *     atomic64_store(&word, 7, memory_order_release);     [A] pairs with [A] in reader
 *     seen = atomic64_load(&word, memory_order_acquire);
 *
 * Types     struct atomic8, atomic16, atomic32, atomic64 (unsigned), atomic_pointer (void *)
 * Calls     NAME_init      not shared yet: a plain store
 *           NAME_load, NAME_store, NAME_exchange
 *           NAME_cas       true when it was `*expected`; else *expected is what was found (then
 *                          relaxed for the orders relaxed and release, acquire for the others)
 *           NAME_cas_weak  the same, may fail for no reason: for loops
 *           NAME_add, _sub, _or, _and     give the value before
 *           NAME_raise     at least `value` afterwards; gives the value before; writes only when it
 *                          grows
 * Orders    always written out, as the last argument, a constant.
 *
 * There are no free-standing fences here (ThreadSanitizer and weave do not see them): where a store
 * must be seen before a later load, both are seq_cst, or the store is a read-modify-write.
 *
 * Under PEVM_WEAVE each call passes through sync/weave_hook.h first; otherwise nothing is left of
 * it.
 */
#pragma once

#include "base/compiler.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef PEVM_WEAVE
    #include "sync/weave_hook.h"
    #define ATOMIC_LOAD_HOOK(type, atomic)                                                         \
        uint64_t kept_;                                                                            \
        if (weave_load((atomic), &kept_)) return (type)(uintptr_t)kept_
    #define ATOMIC_STORE_HOOK(atomic, new_value, order)                                            \
        if (weave_store((atomic),                                                                  \
                        sizeof(*(atomic)),                                                         \
                        (uint64_t)(uintptr_t)(new_value),                                          \
                        (order) == memory_order_seq_cst))                                          \
        return
    #define ATOMIC_RMW_HOOK(atomic) weave_hook(WEAVE_RMW, (atomic))
    #define ATOMIC_UNCHANGED_HOOK() weave_unchanged()
#else
    #define ATOMIC_LOAD_HOOK(type, atomic)              ((void)0)
    #define ATOMIC_STORE_HOOK(atomic, new_value, order) ((void)0)
    #define ATOMIC_RMW_HOOK(atomic)                     ((void)0)
    #define ATOMIC_UNCHANGED_HOOK()                     ((void)0)
#endif

/* The order of a compare and exchange that fails: nothing was published, so nothing to release. */
ALWAYS_INLINE memory_order atomic_order_of_failure(memory_order order)
{
    if (order == memory_order_acq_rel) return memory_order_acquire;
    return order == memory_order_release ? memory_order_relaxed : order;
}

#define ATOMIC_TYPE(name, type)                                                                    \
    struct name {                                                                                  \
        _Atomic(type) value;                                                                       \
    };                                                                                             \
    ALWAYS_INLINE void name##_init(struct name *atomic, type value)                                \
    {                                                                                              \
        atomic_init(&atomic->value, value);                                                        \
    }                                                                                              \
    ALWAYS_INLINE type name##_load(const struct name *atomic, memory_order order)                  \
    {                                                                                              \
        ATOMIC_LOAD_HOOK(type, atomic);                                                            \
        return atomic_load_explicit(&atomic->value, order);                                        \
    }                                                                                              \
    ALWAYS_INLINE void name##_store(struct name *atomic, type value, memory_order order)           \
    {                                                                                              \
        ATOMIC_STORE_HOOK(atomic, value, order);                                                   \
        atomic_store_explicit(&atomic->value, value, order);                                       \
    }                                                                                              \
    ALWAYS_INLINE type name##_exchange(struct name *atomic, type value, memory_order order)        \
    {                                                                                              \
        ATOMIC_RMW_HOOK(atomic);                                                                   \
        return atomic_exchange_explicit(&atomic->value, value, order);                             \
    }                                                                                              \
    ALWAYS_INLINE bool name##_cas(                                                                 \
        struct name *atomic, type *expected, type value, memory_order order)                       \
    {                                                                                              \
        ATOMIC_RMW_HOOK(atomic);                                                                   \
        bool is_done = atomic_compare_exchange_strong_explicit(                                    \
            &atomic->value, expected, value, order, atomic_order_of_failure(order));               \
        if (!is_done) ATOMIC_UNCHANGED_HOOK();                                                     \
        return is_done;                                                                            \
    }                                                                                              \
    ALWAYS_INLINE bool name##_cas_weak(                                                            \
        struct name *atomic, type *expected, type value, memory_order order)                       \
    {                                                                                              \
        ATOMIC_RMW_HOOK(atomic);                                                                   \
        bool is_done = atomic_compare_exchange_weak_explicit(                                      \
            &atomic->value, expected, value, order, atomic_order_of_failure(order));               \
        if (!is_done) ATOMIC_UNCHANGED_HOOK();                                                     \
        return is_done;                                                                            \
    }

#define ATOMIC_FETCH(name, verb, type)                                                             \
    ALWAYS_INLINE type name##_##verb(struct name *atomic, type operand, memory_order order)        \
    {                                                                                              \
        ATOMIC_RMW_HOOK(atomic);                                                                   \
        return atomic_fetch_##verb##_explicit(&atomic->value, operand, order);                     \
    }

#define ATOMIC_NUMBER(name, type)                                                                  \
    ATOMIC_TYPE(name, type)                                                                        \
    ATOMIC_FETCH(name, add, type)                                                                  \
    ATOMIC_FETCH(name, sub, type)                                                                  \
    ATOMIC_FETCH(name, or, type)                                                                   \
    ATOMIC_FETCH(name, and, type)                                                                  \
    /* Ends: each failure means that another thread raised it. */                                  \
    ALWAYS_INLINE type name##_raise(struct name *atomic, type value, memory_order order)           \
    {                                                                                              \
        type before = name##_load(atomic, atomic_order_of_failure(order));                         \
        while (before < value && !name##_cas_weak(atomic, &before, value, order)) {                \
        }                                                                                          \
        return before;                                                                             \
    }

ATOMIC_NUMBER(atomic8, uint8_t)
ATOMIC_NUMBER(atomic16, uint16_t)
ATOMIC_NUMBER(atomic32, uint32_t)
ATOMIC_NUMBER(atomic64, uint64_t)
ATOMIC_TYPE(atomic_pointer, void *)

STATIC_ASSERT(sizeof(struct atomic32) == 4 && sizeof(struct atomic64) == 8, "no lock beside them");
STATIC_ASSERT(ATOMIC_LLONG_LOCK_FREE == 2 && ATOMIC_POINTER_LOCK_FREE == 2, "always lock-free");
