// The products of the kernel are compiled once, in kernels/*.cpp, and not in each file that tests a layer.
#pragma once

#include <array>

#include "recur/layer/kernel/products.hpp"

namespace recur::kernel {

extern template class Products<Tile<1, float>, std::array{0}, std::array{0}>;                     // Elman
extern template class Products<Tile<4, float>, std::array{0, 1, 2, 3}, std::array{0, 1, 2, 3}>;   // LSTM
extern template class Products<Tile<4, float>, std::array{1, 2, 0}, std::array{1, 2, 3}>;         // GRU
extern template class Products<Tile<1, double>, std::array{0}, std::array{0}>;                    // Elman
extern template class Products<Tile<4, double>, std::array{0, 1, 2, 3}, std::array{0, 1, 2, 3}>;  // LSTM
extern template class Products<Tile<4, double>, std::array{1, 2, 0}, std::array{1, 2, 3}>;        // GRU

}  // namespace recur::kernel
