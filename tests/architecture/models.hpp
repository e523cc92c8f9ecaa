// Checks that the tests of all architectures use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "allocations.hpp"
#include "catch.hpp"
#include "flat.hpp"
#include "recur/core/parameters.hpp"
#include "recur/io/weights.hpp"
#include "recur/layer/layer.hpp"
#include "recur/train/gradient_check.hpp"

namespace recur::testing {

/// A model whose weights are drawn, none of them zero.
template <class Model>
Model ready(Model model, std::uint64_t seed = 1) {
  initialize(model, seed, Scheme::pytorch);
  return model;
}

inline std::vector<Index> first_rows(std::size_t count) {
  std::vector<Index> rows(count);
  std::iota(rows.begin(), rows.end(), Index{0});
  return rows;
}
/// All examples in one batch.
template <class Model>
typename Model::Batch batch_of(const Model& model, const std::vector<typename Model::Example>& examples) {
  typename Model::Batch batch;
  model.assemble(examples, first_rows(examples.size()), batch);
  return batch;
}
/// The same without a model.
template <class Model>
typename Model::Batch batch_of(const std::vector<typename Model::Example>& examples) {
  typename Model::Batch batch;
  Model::assemble(examples, first_rows(examples.size()), batch);
  return batch;
}

template <class Model>
void gradient_is_slope(const Model& model, const typename Model::Batch& batch) {
  const GradientReport report = check_gradients(model, batch);
  INFO(report);
  CHECK(report.error < 1e-6);
  CHECK(report.checked == count_parameters(model));
}

/// A copy and a loaded model give the same loss to the last bit, also after the model has changed.
template <class Model>
void is_a_value(Model model, const typename Model::Batch& batch) {
  const Model copy = model;
  Model loaded = model;
  initialize(loaded, 12, Scheme::pytorch);
  typename Model::Tape tape;
  const double loss = model.loss(batch, tape);
  CHECK(loaded.loss(batch, tape) != loss);
  take_weights(loaded, store_weights(model));
  for_each_parameter([](const Name&, auto& p) { flat(p) *= 2; }, model);
  CHECK(model.loss(batch, tape) != loss);
  CHECK(copy.loss(batch, tape) == loss);
  CHECK(loaded.loss(batch, tape) == loss);
  for_each_parameter([](const Name&, const auto& p, const auto& q) { CHECK((flat(p) == flat(q)).all()); },
                     copy, loaded);
}

/// Allocations of a training step like others before it.
template <class Model>
long steady_allocations(const Model& model, const typename Model::Batch& batch) {
  typename Model::Tape tape;
  Model gradient = zeros_like(model);
  Random random(1);
  long count = -1;
  for (int i = 0; i < 3; ++i) {
    const CountAllocations allocations;
    clear_gradient(gradient);
    model.loss(batch, tape, training(random));
    model.backward(batch, tape, gradient);
    count = allocations.count();
  }
  return count;
}

}  // namespace recur::testing
