// The one header that includes Eigen.
#pragma once

#include "recur/core/version.hpp"

// GCC 12 takes the registers that its header of AVX-512 leaves unset on purpose for mistakes (its bug 105593), in thousands
// of lines, wherever a function of that header is inlined: that it is a system header doesn't help. So it is read here,
// before Eigen reads it, without those two warnings. Eigen's packets, where they are no system header, hold variables
// that nothing uses.
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
