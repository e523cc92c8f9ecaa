// The version, and the namespace of all of recur.
//
// Files of one program may be compiled with different flags. Without care, a kernel with AVX-512 has the same
// name as the one with SSE2, and the linker keeps only one of two functions of the same name. So the headers
// open `namespace recur::inline RECUR_ABI`; its name contains the version, the instruction set, and
// whether errors are exceptions. Code still writes recur::Lstm, but it is a different type in files with
// different flags. Such files can exchange only memory of numbers.
#pragma once

#include "recur/core/cxx20.hpp"

/// RECUR_VERSION_MAJOR, RECUR_VERSION_MINOR and RECUR_VERSION_PATCH are the parts of the version. CMake reads these
/// lines.
#define RECUR_VERSION_MAJOR 0
#define RECUR_VERSION_MINOR 1
#define RECUR_VERSION_PATCH 0
/// RECUR_VERSION is the version as one number, for comparisons: 10203 is version 1.2.3.
#define RECUR_VERSION (10000 * RECUR_VERSION_MAJOR + 100 * RECUR_VERSION_MINOR + RECUR_VERSION_PATCH)

/// RECUR_TARGET is the instruction set that this file is compiled for, a part of RECUR_ABI.
#if defined(EIGEN_DONT_VECTORIZE)
#define RECUR_TARGET scalar
#elif defined(__AVX512FP16__)
#define RECUR_TARGET avx512_fp16
#elif defined(__AVX512F__) && defined(__AVX512VNNI__) && defined(__AVX512VBMI__)
#define RECUR_TARGET avx512_vnni
#elif defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
#define RECUR_TARGET avx512  // x86-64-v4
#elif defined(__AVX512F__)
#define RECUR_TARGET avx512f
#elif defined(__AVX2__) && defined(__FMA__)
#define RECUR_TARGET avx2_fma
#elif defined(__AVX2__)
#define RECUR_TARGET avx2
#elif defined(__AVX__) && defined(__FMA__)
#define RECUR_TARGET avx_fma
#elif defined(__AVX__)
#define RECUR_TARGET avx
#elif defined(__SSE4_1__)
#define RECUR_TARGET sse4
#else
#define RECUR_TARGET baseline  // of the architecture: SSE2, NEON, or no vectors
#endif

/// RECUR_EXCEPTIONS is 0 with -fno-exceptions: an error then ends the program (core/error.hpp). It is 1 otherwise.
#if defined(__cpp_exceptions) || defined(_CPPUNWIND)
#define RECUR_EXCEPTIONS 1
#define RECUR_DETAIL_ERRORS
#else
#define RECUR_EXCEPTIONS 0
#define RECUR_DETAIL_ERRORS _no_exceptions
#endif

#define RECUR_DETAIL_JOIN(major, minor, patch, target, errors) v##major##_##minor##_##patch##_##target##errors
#define RECUR_DETAIL_EXPAND(major, minor, patch, target, errors) \
  RECUR_DETAIL_JOIN(major, minor, patch, target, errors)
/// For example v0_1_0_avx512.
#define RECUR_ABI                                                                                  \
  RECUR_DETAIL_EXPAND(RECUR_VERSION_MAJOR, RECUR_VERSION_MINOR, RECUR_VERSION_PATCH, RECUR_TARGET, \
                      RECUR_DETAIL_ERRORS)
