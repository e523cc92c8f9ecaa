// The only header that includes Eigen.
#pragma once

#include "recur/core/compiler.hpp"

// The AVX-512 header of GCC 12 leaves some registers unset on purpose. GCC takes them for mistakes (its bug
// 105593) and prints thousands of lines of warnings wherever a function of that header is inlined, although
// it is a system header. So it is included here, before Eigen includes it, without those two warnings.
// Eigen's packets contain unused variables, which cause warnings if Eigen is not a system header.
#if defined(__AVX512F__)
RECUR_WITHOUT_WARNING("-Wuninitialized")
RECUR_WITHOUT_WARNING("-Wmaybe-uninitialized")
#include <immintrin.h>
RECUR_WITH_WARNINGS
RECUR_WITH_WARNINGS
#endif
RECUR_WITHOUT_WARNING("-Wunused-variable")
#include <Eigen/Core>
RECUR_WITH_WARNINGS
