// What the tests of architectures do with any model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "allocations.hpp"
#include "catch.hpp"
#include "recur/core/parameters.hpp"
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
/// The same for models that need not be there for it.
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
