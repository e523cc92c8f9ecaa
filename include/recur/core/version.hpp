// The version, and the namespace in which all of recur stands.
//
// Files of one program may be compiled with different flags: a kernel with AVX-512 has the name of the one with SSE2, and of
// two functions of one name the linker keeps either. So the headers open `namespace recur::inline RECUR_ABI`, which tells the
// instruction set and the version: recur::Lstm is still written so, but names another type in each of such files. What they
// hand to each other is memory of numbers.
#pragma once

#include "recur/core/cxx20.hpp"

// CMake reads them here.
#define RECUR_VERSION_MAJOR 0
#define RECUR_VERSION_MINOR 1
#define RECUR_VERSION_PATCH 0
/// One number, to compare: 10203 is version 1.2.3.
#define RECUR_VERSION (10000 * RECUR_VERSION_MAJOR + 100 * RECUR_VERSION_MINOR + RECUR_VERSION_PATCH)

#if defined(EIGEN_DONT_VECTORIZE)
#define RECUR_TARGET scalar
#elif defined(__AVX512F__)
#define RECUR_TARGET avx512
#elif defined(__AVX2__) && defined(__FMA__)
#define RECUR_TARGET avx2_fma
#elif defined(__AVX2__)
#define RECUR_TARGET avx2
#elif defined(__AVX__)
#define RECUR_TARGET avx
#elif defined(__SSE4_1__)
#define RECUR_TARGET sse4
#else
#define RECUR_TARGET baseline  // of the architecture: SSE2, NEON, or no vectors
#endif

#define RECUR_JOIN(major, minor, patch, target) v##major##_##minor##_##patch##_##target
#define RECUR_EXPAND(major, minor, patch, target) RECUR_JOIN(major, minor, patch, target)
/// As v0_1_0_avx512.
#define RECUR_ABI RECUR_EXPAND(RECUR_VERSION_MAJOR, RECUR_VERSION_MINOR, RECUR_VERSION_PATCH, RECUR_TARGET)
