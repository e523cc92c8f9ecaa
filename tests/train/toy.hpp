// A small model and a task that it learns quickly, for tests of training.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "flat.hpp"
#include "max_abs.hpp"
#include "recur/architecture/many_to_one.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/core/parameters.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/dropout.hpp"
#include "recur/layer/embedding.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "recur/train/loss.hpp"

namespace recur::testing {

/// A classifier of tokens 0 to 6, with first weights.
template <class S>
auto toy(std::uint64_t seed = 1, double dropout = 0.1) {
  ManyToOne model{Sequential{Embedding<S>{7, 4}, Dropout<S>{dropout}, Recurrent{Lstm<S>{4, 6}}},
                  Pooling::last, Dense<S>{6, 2}, SoftmaxCrossEntropy<S>{}};
  initialize(model, seed);
  return model;
}
template <class S>
using Toy = decltype(toy<S>());

template <class S>
auto toy_batch(const std::vector<typename Toy<S>::Example>& examples) {
  std::vector<Index> rows(examples.size());
  std::iota(rows.begin(), rows.end(), Index{0});
  typename Toy<S>::Batch batch;
  Toy<S>::assemble(examples, rows, batch);
  return batch;
}

/// Token lists of 1 to 9 tokens; the label says whether token 3 is among them.
template <class S>
std::vector<typename Toy<S>::Example> toy_examples(Index count, std::uint64_t seed) {
  Random random(seed);
  std::vector<typename Toy<S>::Example> examples(static_cast<std::size_t>(count));
  for (auto& example : examples) {
    example.input.resize(static_cast<std::size_t>(1 + random.below(9)));
    for (Token& token : example.input) token = static_cast<Token>(random.below(7));
    example.target = std::ranges::count(example.input, 3) > 0;
  }
  return examples;
}

/// Equal to the last bit.
template <class Model>
bool equal(const Model& a, const Model& b) {
  bool all = true;
  for_each_parameter(
      [&](const Name&, const auto& p, const auto& q) { all = all && (flat(p) == flat(q)).all(); }, a, b);
  return all;
}

/// The largest difference of two numbers.
template <class Model>
double distance(const Model& a, const Model& b) {
  double largest = 0;
  for_each_parameter(
      [&](const Name&, const auto& p, const auto& q) {
        largest = worse(largest, static_cast<double>(max_abs(flat(p) - flat(q))));
      },
      a, b);
  return largest;
}

}  // namespace recur::testing
