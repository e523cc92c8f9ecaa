// A layer of a transformer's encoder, forward and backward. With dropout the two sides draw different masks,
// so their results agree only without it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "problem.hpp"

namespace bench {

struct TransformerProblem {
  static constexpr Index batch = 16, steps = 64, features = 128, heads = 4, hidden = 512;

  double dropout;
  Sequence x, dy;
  std::vector<std::pair<std::string, Matrix>> parameters;  ///< by PyTorch's names

  explicit TransformerProblem(double drop_rate);
  /// The FLOPs of the products, including those of the attention.
  static double flops();
};

std::unique_ptr<Side> make_our_transformer(const TransformerProblem& problem);

}  // namespace bench
