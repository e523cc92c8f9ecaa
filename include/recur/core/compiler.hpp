// Everything in which compilers differ, and nothing else of recur does. A test looks for such words elsewhere.
//
// There are branches for g++ and clang++, which are tested, and for Microsoft's compiler (MSVC). No test runs that one:
// its branch was written from its documentation.
#pragma once

#include "recur/core/version.hpp"

#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#endif

// RECUR_ALWAYS_INLINE stands before the declaration of a function, or after the parameters of a lambda. Packs and
// arrays that are indexed by constants then stay in registers.
// RECUR_NOINLINE: a function that many places call has one copy.
// RECUR_FLATTEN: all calls in this function are inlined.
// RECUR_COLD: a function that is rarely called is compiled for size.
// RECUR_FOR_PROCESSOR(features): this one function is compiled for processors that have more than the flags say.
// RECUR_UNROLL(n) stands before a loop, of which n rounds become one. MSVC decides by itself.
// RECUR_PRAGMA(text) is a pragma that stands in a macro.
// RECUR_PROCESSOR_HAS(feature): whether this processor has what RECUR_FOR_PROCESSOR(feature) needs.
// RECUR_WITHOUT_WARNING(name) ... RECUR_WITH_WARNINGS: g++ does not give this warning between them.
#if defined(_MSC_VER) && !defined(__clang__)
#define RECUR_ALWAYS_INLINE [[msvc::forceinline]]
#define RECUR_NOINLINE [[msvc::noinline]]
#define RECUR_FLATTEN [[msvc::flatten]]
#define RECUR_COLD
#define RECUR_FOR_PROCESSOR(features)
#else
#define RECUR_ALWAYS_INLINE __attribute__((always_inline))
#define RECUR_NOINLINE __attribute__((noinline))
#define RECUR_FLATTEN __attribute__((flatten))
#define RECUR_COLD __attribute__((cold))
#define RECUR_FOR_PROCESSOR(features) __attribute__((target(features)))
#endif

#if defined(__GNUC__)
#define RECUR_PRAGMA(text) _Pragma(#text)
#define RECUR_UNROLL(n) RECUR_PRAGMA(GCC unroll n)
#else
#define RECUR_UNROLL(n)
#endif

#if defined(__GNUC__) && !defined(__clang__)
#define RECUR_WITHOUT_WARNING(name) \
  RECUR_PRAGMA(GCC diagnostic push) RECUR_PRAGMA(GCC diagnostic ignored name)
#define RECUR_WITH_WARNINGS RECUR_PRAGMA(GCC diagnostic pop)
#else
#define RECUR_WITHOUT_WARNING(name)
#define RECUR_WITH_WARNINGS
#endif

namespace recur::inline RECUR_ABI::detail::compiler {

/// Asks for the cache line at `address` before its use; with `second`, only for the second-level cache.
template <bool second = false>
RECUR_ALWAYS_INLINE inline void prefetch([[maybe_unused]] const void* address) {
#if defined(__GNUC__)
  __builtin_prefetch(address, 0, second ? 2 : 3);
#elif defined(_M_X64)
  _mm_prefetch(static_cast<const char*>(address), second ? _MM_HINT_T1 : _MM_HINT_T0);
#endif
}

/// Tells the compiler that this vector changes here, which it doesn't: it must then be in a register.
template <class Vector>
RECUR_ALWAYS_INLINE inline void keep_in_register([[maybe_unused]] Vector& vector) {
#if defined(__GNUC__) && defined(__AVX512F__)
  asm("" : "+v"(vector));  // any of the 32 registers
#elif defined(__GNUC__) && defined(__AVX__)
  asm("" : "+x"(vector));
#endif
}

/// Tells the processor that a loop waits.
RECUR_ALWAYS_INLINE inline void pause() {
#if defined(__GNUC__) && (defined(__i386__) || defined(__x86_64__))
  __builtin_ia32_pause();
#elif defined(__GNUC__) && defined(__aarch64__)
  asm volatile("yield");
#elif defined(_M_X64)
  _mm_pause();
#elif defined(_M_ARM64)
  __yield();
#endif
}

#if defined(__x86_64__)
#define RECUR_PROCESSOR_HAS(feature) __builtin_cpu_supports(feature)
#endif

#if defined(__aarch64__) || defined(_M_ARM64)
/// The register of 64-bit ARM that says how numbers are rounded and flushed.
inline unsigned long long floating_point_mode() {
#if defined(__GNUC__)
  unsigned long long mode = 0;
  asm volatile("mrs %0, fpcr" : "=r"(mode));
  return mode;
#else
  return static_cast<unsigned long long>(_ReadStatusReg(ARM64_FPCR));
#endif
}
inline void set_floating_point_mode(unsigned long long mode) {
#if defined(__GNUC__)
  asm volatile("msr fpcr, %0" ::"r"(mode));
#else
  _WriteStatusReg(ARM64_FPCR, static_cast<long long>(mode));
#endif
}
#endif

}  // namespace recur::inline RECUR_ABI::detail::compiler
