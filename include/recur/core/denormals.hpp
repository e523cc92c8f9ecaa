// Gradients that vanish become denormal numbers. Arithmetic on them is many times slower.
#pragma once

// Emscripten has the functions of SSE, but WebAssembly has no such mode.
#if (defined(__SSE2__) && !defined(__wasm__)) || defined(_M_X64)
#include <xmmintrin.h>
#endif

#include "recur/core/compiler.hpp"

namespace recur::inline RECUR_ABI {

/// While it lives, it flushes denormal numbers to zero on this thread. Then it restores the mode that it
/// found, and leaves the flags of floating-point exceptions as they are. It does nothing on processors other than
/// x86 with SSE2 and aarch64.
class FlushDenormals {
 public:
#if (defined(__SSE2__) && !defined(__wasm__)) || defined(_M_X64)
  FlushDenormals() : saved_(_mm_getcsr()) { _mm_setcsr(saved_ | both); }
  ~FlushDenormals() { _mm_setcsr((_mm_getcsr() & ~both) | (saved_ & both)); }

 private:
  static constexpr unsigned both = 0x8040u;  // FTZ: results, DAZ: operands
  unsigned saved_;

 public:
#elif defined(__aarch64__) || defined(_M_ARM64)
  FlushDenormals() : saved_(detail::compiler::floating_point_mode()) {
    detail::compiler::set_floating_point_mode(saved_ | 1ULL << 24U);  // FZ
  }
  ~FlushDenormals() { detail::compiler::set_floating_point_mode(saved_); }

 private:
  unsigned long long saved_;

 public:
#else
  FlushDenormals() {}
#endif
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;
};

}  // namespace recur::inline RECUR_ABI
