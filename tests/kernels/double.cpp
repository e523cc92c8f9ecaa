#include "kernels/kernels.hpp"

namespace recur::kernel {

template class Products<Tile<1, double>, std::array{0}, std::array{0}>;
template class Products<Tile<4, double>, std::array{0, 1, 2, 3}, std::array{0, 1, 2, 3}>;
template class Products<Tile<4, double>, std::array{1, 2, 0}, std::array{1, 2, 3}>;

}  // namespace recur::kernel
