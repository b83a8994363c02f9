/* compiler.h - the only place that knows which compiler we have. */
#pragma once

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define ALWAYS_INLINE            static inline __attribute__((always_inline))
#define NOINLINE                 __attribute__((noinline))
#define COLD                     __attribute__((cold, noinline))
#define MUST_CHECK               __attribute__((warn_unused_result))
#define prefetch_write(address)  __builtin_prefetch((address), 1)
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))
#define UNUSED                   __attribute__((unused))
#define ALIGNED(n)               __attribute__((aligned(n)))
#define EXPORT                   __attribute__((visibility("default")))

#define CACHE_LINE 64

#define STATIC_ASSERT(fact, why) _Static_assert(fact, why)
#define COUNT_OF(array)          (sizeof(array) / sizeof((array)[0]))

/* A number with twice the width of a word, for carries and products. */
__extension__ typedef unsigned __int128 uint128;
__extension__ typedef __int128 int128;

/* Words side by side: the usual operators work on all of them at once. */
typedef unsigned long words4 __attribute__((vector_size(32)));
typedef unsigned long words8 __attribute__((vector_size(64)));

/* Compile one function for more than the baseline; call it only where the processor was asked. */
#define TARGET(features) __attribute__((target(features)))

/* Tail calls that must not grow the stack, and the calling convention that makes them cheap. gcc 12
 * has neither: there the interpreter uses computed goto. */
#if defined(__clang__) && defined(__has_attribute)
    #if __has_attribute(musttail) && !defined(PEVM_NO_MUSTTAIL)
        #define HAVE_MUSTTAIL 1
        #define MUSTTAIL      __attribute__((musttail))
    #endif
    #if __has_attribute(preserve_none)
        #define PRESERVE_NONE __attribute__((preserve_none))
    #endif
#endif
#ifndef HAVE_MUSTTAIL
    #define HAVE_MUSTTAIL 0
#endif
#ifndef PRESERVE_NONE
    #define PRESERVE_NONE
#endif
