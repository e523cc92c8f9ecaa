// The only header that includes Eigen.
#pragma once

#include "recur/core/version.hpp"

// The AVX-512 header of GCC 12 leaves some registers unset on purpose. GCC takes them for mistakes (its bug
// 105593) and prints thousands of lines of warnings wherever a function of that header is inlined, although
// it is a system header. So it is included here, before Eigen includes it, without those two warnings.
// Eigen's packets contain unused variables, which cause warnings if Eigen is not a system header.
#if defined(__AVX512F__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-variable"
#include <Eigen/Core>
#pragma GCC diagnostic pop
#else
#include <Eigen/Core>
#endif
