// Is backward the gradient of forward? Signed central differences answer that, for your own layers and models
// and for those of the library:
//
//   const GradientReport report = check_gradients(Recurrent{Leaky<double>{3, 5}});
//   std::cout << report << '\n';
//   if (report.error > 1e-6) ...
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

#include "recur/core/compiled.hpp"
#include "recur/core/error.hpp"
#include "recur/core/initialize.hpp"
#include "recur/core/parameters.hpp"
#include "recur/core/random.hpp"
#include "recur/core/sequence.hpp"
#include "recur/layer/layer.hpp"
#include "recur/recurrence/state.hpp"
#include "recur/train/trainer.hpp"

namespace recur::inline RECUR_ABI {

/// What check_gradients does.
struct GradientCheckOptions {
  double step = 1e-5;      ///< h of (f(v + h) - f(v - h)) / 2h, times max(1, |v|)
  Index at_most = 0;       ///< check at most this many numbers of each parameter, drawn at random; 0: all
  std::uint64_t seed = 1;  ///< for inputs, for noise such as dropout, and for weights if matrices are zero
  std::vector<Index> lengths = {2, 5, 1, 4};  ///< of the sequences that go into a layer
  Index features = 3;                         ///< of these sequences, if the layer takes any number
  Index tokens = 5;                           ///< drawn from 0, ..., tokens - 1, if the layer takes tokens
};

/// Where analytic and numeric gradient differ the most, by |a - n| / max(0.01, |a| + |n|). This is relative
/// for gradients of a size that matters. For smaller ones it is absolute, since there only the rounding of
/// the loss is left. A correct gradient stays below 1e-6, and mostly below 1e-8. A number that is NaN counts
/// as infinite.
struct GradientReport {
  double error = 0;
  std::string parameter;   ///< or "input", or "initial" for the initial state
  Index row = 0, col = 0;  ///< of the number in that parameter
  double analytic = 0, numeric = 0;
  Index checked = 0;  ///< numbers

  friend std::ostream& operator<<(std::ostream& out, const GradientReport& report) {
    return out << report.text();
  }

 private:
  std::string text() const;
};
#if RECUR_DEFINES
RECUR_INLINE std::string GradientReport::text() const {
  std::ostringstream text;
  text.precision(10);
  text << "largest relative error " << error << " of " << checked << ", at " << parameter << "(" << row
       << ", " << col << "): analytic " << analytic << ", numeric " << numeric;
  return text.str();
}
#endif

namespace detail::gradient_check {

/// Compares numbers with the differences of a loss.
class Comparison {
 public:
  explicit Comparison(const GradientCheckOptions& options)
      : options_(options), draws_(Random(options.seed).split(2)) {
    require(options.step > 0 && std::isfinite(options.step), "a step of ", options.step,
            " for differences: it must be positive and finite");
    require(options.at_most >= 0, "at most ", options.at_most,
            " numbers of each parameter: it must be at least 0, and 0 checks all");
  }

  void compare(const Parameter<double>& values, const ParameterView<const double>& analytic,
               const std::function<double()>& loss) {
    require(values.rows == analytic.rows && values.columns == analytic.columns, "the gradient of ",
            values.name, " is ", analytic.rows, " x ", analytic.columns, ": it must be ", values.rows, " x ",
            values.columns);
    const Index size = values.size();
    const bool all = options_.at_most == 0 || options_.at_most >= size;
    for (Index k = 0; k < (all ? size : options_.at_most); ++k) {
      const Index i = all ? k : draws_.below(size);
      const Index row = i % values.rows, col = i / values.rows;
      double& v = at(values, row, col);
      const double saved = v, h = options_.step * std::max(1.0, std::abs(v));
      v = saved + h;
      const double above = loss();
      v = saved - h;
      const double below = loss();
      v = saved;
      compare(values.name, row, col, at(analytic, row, col), (above - below) / (2 * h));
    }
  }

  void compare(const Parameters<double>& values, const Parameters<double>& analytic,
               const std::function<double()>& loss) {
    for (std::size_t k = 0; k < values.size(); ++k) compare(values[k], analytic[k], loss);
  }

  const GradientReport& report() const { return report_; }

 private:
  template <class S>
  static S& at(const ParameterView<S>& p, Index row, Index col) {
    return p.data[p.is_row_major ? row * p.columns + col : row + col * p.rows];
  }

  void compare(const std::string& name, Index row, Index col, double analytic, double numeric) {
    double error = std::abs(analytic - numeric) / std::max(0.01, std::abs(analytic) + std::abs(numeric));
    if (!std::isfinite(error)) error = std::numeric_limits<double>::infinity();
    if (report_.checked++ == 0 || error > report_.error) {
      const Index checked = report_.checked;
      report_ = {error, name, row, col, analytic, numeric, checked};
    }
  }

  const GradientCheckOptions& options_;
  Random draws_;
  GradientReport report_;
};

/// A copy of the model. If all its matrices are zero, all its weights are random: a zero matrix would hide a wrong
/// gradient. A model without matrices has random weights if all its weights are zero.
template <class Model>
Model with_weights(const Model& model, std::uint64_t seed) {
  Model copy = model;
  if (!looks_uninitialized(Parameters(copy))) return copy;
  Random random = Random(seed).split(0);
  for (const auto& p : Parameters(copy)) {
    MatrixMap<typename Model::Scalar> values(p.data, p.size(), 1);
    uniform(values, 0.7, random);
  }
  return copy;
}

template <class S>
Sequence<S> draw(const std::vector<Index>& lengths, Index features, Index tokens, Random& random) {
  Sequence<S> x;
  x.reshape(features, Layout(lengths));
  auto values = x.values();
  for (Index c = 0; c < values.cols(); ++c)
    for (Index f = 0; f < features; ++f)
      if constexpr (std::same_as<S, Token>)
        values(f, c) = static_cast<Token>(random.below(tokens));
      else
        values(f, c) = random.normal();
  return x;
}

template <std::same_as<double> S>
MatrixX<S> draw(Index rows, Index cols, Random& random) {
  MatrixX<S> values(rows, cols);
  normal(values, 1, random);
  return values;
}

template <class L>
concept LayerOfDouble = Layer<L> && std::same_as<typename L::Scalar, double>;
template <class M>
concept ModelOfDouble = Trainable<M> && std::same_as<typename M::Scalar, double>;

}  // namespace detail::gradient_check

/// Checks a layer on random sequences of different lengths: the gradients of dot(y, dy), for a layer with a
/// state of dot(y, dy) + dot(final, d_final), with respect to the input, every parameter and the initial
/// state. If all its matrices are zero, it uses random weights. Noise, such as dropout, is the same in every
/// evaluation.
template <detail::gradient_check::LayerOfDouble L>
GradientReport check_gradients(const L& given, const GradientCheckOptions& options = {}) {
  using namespace detail::gradient_check;
  using In = typename L::InputScalar;
  using S = typename L::Scalar;  // double; dependent, so only programs that check compile it
  L layer = with_weights(given, options.seed);
  Random random = Random(options.seed).split(1);
  Index tokens = options.tokens;
  if constexpr (requires { layer.vocabulary_size(); }) tokens = std::min(tokens, layer.vocabulary_size());
  const Index features = layer.input_size() == any_size ? options.features : layer.input_size();
  Sequence<In> x = draw<In>(options.lengths, features, tokens, random);

  typename L::Tape tape;
  MatrixX<S> initial, d_final;
  const auto run = [&]() -> const Sequence<S>& {
    Random noise(options.seed);
    return recur::detail::forward_from(layer, x, tape, training(noise), initial);
  };
  Sequence<S> dy = run();
  dy.values() = draw<S>(dy.features(), dy.columns(), random);
  initial = draw<S>(state_size(layer), x.batch(), random);
  d_final = draw<S>(state_size(layer), x.batch(), random);
  const auto loss = [&] {
    double sum = run().values().cwiseProduct(dy.values()).sum();
    if (d_final.size() > 0) sum += final_state(layer, tape).cwiseProduct(d_final).sum();
    return sum;
  };

  run();
  L gradient = zeros_like(layer);
  Index row = state_size(layer);
  recur::detail::backward_part(layer, x, dy, tape, gradient, true, StateRef<S>(d_final), row);
  Comparison comparison(options);
  if constexpr (std::same_as<In, double>) {
    const MatrixX<S> d_input = tape.d_input().values();
    auto values = x.values();
    comparison.compare({{values.data(), values.rows(), values.cols()}, "input"},
                       detail::parameter_of(d_input), loss);
  }
  if (initial.size() > 0) {
    const MatrixX<S> d_initial = d_initial_state(layer, tape);
    comparison.compare({{initial.data(), initial.rows(), initial.cols()}, "initial"},
                       detail::parameter_of(d_initial), loss);
  }
  comparison.compare(Parameters(layer), Parameters(gradient), loss);
  return comparison.report();
}

/// Checks a model with its loss on a batch: the gradient of every parameter. If all its matrices are zero, it
/// uses random weights. Noise, such as dropout, is the same in every evaluation.
template <detail::gradient_check::ModelOfDouble Model>
GradientReport check_gradients(const Model& given, const typename Model::Batch& batch,
                               const GradientCheckOptions& options = {}) {
  using namespace detail::gradient_check;
  Model model = with_weights(given, options.seed);
  typename Model::Tape tape;
  const double total = model.weight(batch);
  const auto loss = [&] {
    Random noise(options.seed);
    return model.loss(batch, tape, training(noise), total);
  };
  loss();
  Model gradient = zeros_like(model);
  model.backward(batch, tape, gradient);
  Comparison comparison(options);
  comparison.compare(Parameters(model), Parameters(gradient), loss);
  return comparison.report();
}

}  // namespace recur::inline RECUR_ABI
