// A cell is the mathematics of one hidden unit, with the weights that feed it.
//
// At each step a cell forms a few *sums* for each hidden unit. Each sum is a row of
//
//   W_ih x_t + b_ih   and / or   W_hh h_{t-1} + b_hh.
//
// From the sums and its previous state each unit computes its next state. The layer does the products and
// knows about time. The mathematics of a cell is two functions of one unit, over a type T that is a scalar or a pack of
// units:
//
//   struct LeakyUnit {                                      // h_t = (1 - α) h_{t-1} + α tanh(a)
//     static constexpr auto name = "leaky";
//     static constexpr std::array<int, 1> from_input{0};    // block g of W_ih feeds sum from_input[g]
//     static constexpr std::array<int, 1> from_hidden{0};   // block g of W_hh feeds sum from_hidden[g]
//     static constexpr int states = 1;                      // h first, then all other states
//     static constexpr int saved = 1;                       // numbers that a unit keeps for backward
//
//     template <class T>
//     static void forward(const std::array<T, 1>& sums, const std::array<T, 1>& previous,
//                         std::array<T, 1>& state, std::array<T, 1>& saved);
//     template <class T>
//     static void backward(const std::array<T, 1>& saved, const std::array<T, 1>& previous,
//                          const std::array<T, 1>& state, std::array<T, 1>& d_state,
//                          std::array<T, 1>& d_sums);
//   };
//   template <class S, int I = Dynamic, int H = Dynamic>
//   using Leaky = Cell<LeakyUnit, S, I, H>;
//
// A unit may also have a few weights of its own, which touch no other unit (the peepholes of an LSTM):
//
//     static constexpr std::array<const char*, 1> unit_weights{"weight_decay"};  // their names, each a vector of H
//
// forward then gets these weights as an array after the sums. backward gets them after what was saved, and
// has one more argument at its end. It writes their gradient there, for this unit and this step alone.
//
// backward finds in d_state the gradient of the loss with respect to the state, summed over all paths from
// later steps. It replaces it by the gradient with respect to the previous state, but without the part that
// goes through the sums. It writes the gradient with respect to the sums to d_sums.
// `Recurrent{Leaky<float>{8, 32}}` is then trained, streamed, saved and checked like every other layer.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <type_traits>
#include <utility>

#include "recur/core/description.hpp"
#include "recur/core/initialize.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/parameters.hpp"
#include "recur/core/simd.hpp"

namespace recur::inline RECUR_ABI {

namespace detail {

/// The number of sums that a unit of type U forms.
template <class U>
inline constexpr int sums_of = [] {
  int last = -1;
  for (const int s : U::from_input) last = std::max(last, s);
  for (const int s : U::from_hidden) last = std::max(last, s);
  return last + 1;
}();

/// The number of weights of its own that a unit of type U has.
template <class U>
inline constexpr int unit_weights_of = [] {
  if constexpr (requires { U::unit_weights; })
    return static_cast<int>(U::unit_weights.size());
  else
    return 0;
}();
template <class U>
inline constexpr bool has_unit_weights = unit_weights_of<U> != 0;

/// U::forward, whether or not the unit has weights of its own.
template <class U, class T>
RECUR_ALWAYS_INLINE inline void unit_forward(const std::array<T, sums_of<U>>& sums,
                                             const std::array<T, unit_weights_of<U>>& weights,
                                             const std::array<T, U::states>& previous,
                                             std::array<T, U::states>& state,
                                             std::array<T, U::saved>& saved) {
  if constexpr (has_unit_weights<U>)
    U::forward(sums, weights, previous, state, saved);
  else
    U::forward(sums, previous, state, saved);
}
/// U::backward, in the same way.
template <class U, class T>
RECUR_ALWAYS_INLINE inline void unit_backward(const std::array<T, U::saved>& saved,
                                              const std::array<T, unit_weights_of<U>>& weights,
                                              const std::array<T, U::states>& previous,
                                              const std::array<T, U::states>& state,
                                              std::array<T, U::states>& d_state,
                                              std::array<T, sums_of<U>>& d_sums,
                                              std::array<T, unit_weights_of<U>>& d_weights) {
  if constexpr (has_unit_weights<U>)
    U::backward(saved, weights, previous, state, d_state, d_sums, d_weights);
  else
    U::backward(saved, previous, state, d_state, d_sums);
}

template <class U>
concept HasFunction = requires {
  typename U::Function;
};
template <class U>
concept HasNamedFunction = requires {
  U::Function::name;
};
/// A unit that a description can name. If it has an activation of the user's choice, that has a name.
template <class U>
concept NamedUnit = !HasFunction<U> || HasNamedFunction<U>;

template <class U, class T>
concept PlainUnit = requires(const std::array<T, sums_of<U>>& sums, const std::array<T, U::states>& previous,
                             std::array<T, U::states>& state, std::array<T, U::saved>& saved,
                             std::array<T, sums_of<U>>& d_sums) {
  U::forward(sums, previous, state, saved);
  U::backward(std::as_const(saved), previous, std::as_const(state), state, d_sums);
};
template <class U, class T>
concept UnitWithWeights = requires(const std::array<T, sums_of<U>>& sums,
                                   std::array<T, unit_weights_of<U>>& weights,
                                   const std::array<T, U::states>& previous, std::array<T, U::states>& state,
                                   std::array<T, U::saved>& saved, std::array<T, sums_of<U>>& d_sums) {
  U::forward(sums, std::as_const(weights), previous, state, saved);
  U::backward(std::as_const(saved), std::as_const(weights), previous, std::as_const(state), state, d_sums,
              weights);
};

/// Throws std::invalid_argument unless both sizes of a cell are legal. The fixed ones may be Dynamic.
RECUR_INLINE void check_cell_sizes(const char* name, Index input_size, Index hidden_size, Index fixed_input,
                                   Index fixed_hidden);
#if RECUR_DEFINES
RECUR_INLINE void check_cell_sizes(const char* name, Index input_size, Index hidden_size, Index fixed_input,
                                   Index fixed_hidden) {
  require(input_size > 0 && hidden_size > 0, name, " with input_size ", input_size, " and hidden_size ",
          hidden_size, ": both must be at least 1");
  check_largest(name, input_size, hidden_size);
  require(fixed_input == Dynamic || fixed_input == input_size, name, " of fixed input_size ", fixed_input,
          " was given input_size ", input_size);
  require(fixed_hidden == Dynamic || fixed_hidden == hidden_size, name, " of fixed hidden_size ",
          fixed_hidden, " was given hidden_size ", hidden_size);
}
#endif

}  // namespace detail

/// The mathematics of one hidden unit: see the comment at the top of this file.
template <class U, class T = double>
concept Unit = U::states >= 1 && U::saved >= 0 && U::from_input.size() >= 1 &&
               (detail::PlainUnit<U, T> || detail::UnitWithWeights<U, T>);

/// A cell is a unit's mathematics with its weights, in the names, shapes and gate order of PyTorch:
///
///   weight_ih  (G·H × I)   weight_hh  (G·H × H)   bias_ih, bias_hh  (G·H, or empty with Bias::none)
///
/// If the unit has weights of its own, unit_weights holds a vector of H for each; files use their names. If
/// sizes are template arguments, the compiler knows them, and streaming is faster; the weights, their files
/// and the results are the same. Weights are zero until `initialize`.
template <class U, std::floating_point S, int InputSize = Dynamic, int HiddenSize = Dynamic>
requires Unit<U, S>
class Cell {
 public:
  using Unit = U;
  using Scalar = S;
  static constexpr Index input_gates = U::from_input.size();    ///< blocks of H rows of weight_ih and bias_ih
  static constexpr Index hidden_gates = U::from_hidden.size();  ///< blocks of H rows of weight_hh and bias_hh
  static constexpr Index fixed_hidden_size = HiddenSize;        ///< or Dynamic

  MatrixX<S> weight_ih, weight_hh;
  VectorX<S> bias_ih, bias_hh;
  std::array<VectorX<S>, static_cast<std::size_t>(detail::unit_weights_of<U>)> unit_weights;

  /// Throws std::invalid_argument unless both sizes are positive and agree with the template arguments.
  Cell(Index input_size, Index hidden_size, Bias bias = Bias::both)
      : input_size_(input_size), hidden_size_(hidden_size), bias_(bias) {
    detail::check_cell_sizes(U::name, input_size, hidden_size, InputSize, HiddenSize);
    detail::set_zero(weight_ih, input_gates * hidden_size, input_size);
    detail::set_zero(weight_hh, hidden_gates * hidden_size, hidden_size);
    if (bias == Bias::both) {
      detail::set_zero(bias_ih, weight_ih.rows());
      detail::set_zero(bias_hh, weight_hh.rows());
    }
    for (auto& weight : unit_weights) detail::set_zero(weight, hidden_size);
  }
  explicit Cell(Bias bias = Bias::both) requires(InputSize != Dynamic && HiddenSize != Dynamic)
      : Cell(InputSize, HiddenSize, bias) {}

  Index input_size() const { return InputSize == Dynamic ? input_size_ : InputSize; }
  Index hidden_size() const { return HiddenSize == Dynamic ? hidden_size_ : HiddenSize; }

  /// {"lstm", I, H} for instance. A unit whose activation has no name has no description.
  Description description() const requires detail::NamedUnit<U> {
    Description cell(detail::kind_of(U::name), input_size(), hidden_size());
    if constexpr (detail::HasFunction<U>) cell.set("activation", U::Function::name);
    if (bias_ == Bias::none) cell.set("bias", false);
    return cell;
  }

  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    f(at / "weight_ih", self.weight_ih...);
    if constexpr (hidden_gates > 0) f(at / "weight_hh", self.weight_hh...);
    const auto visit_bias = [&](const char* name, auto&... bias) {
      if ((... || (bias.size() > 0))) f(at / name, bias...);
    };
    visit_bias("bias_ih", self.bias_ih...);
    visit_bias("bias_hh", self.bias_hh...);
    if constexpr (detail::has_unit_weights<U>)
      for (std::size_t q = 0; q < detail::unit_weights_of<U>; ++q)
        f(at / U::unit_weights[q], self.unit_weights[q]...);
  }

  /// Calls f(name, parameter, rows, columns) with the sizes that each parameter must have.
  template <class Self, class F>
  static void shapes(Self& self, F&& f) {
    const Index h = self.hidden_size();
    const bool biased = self.bias_ == Bias::both;
    f("weight_ih", self.weight_ih, input_gates * h, self.input_size());
    f("weight_hh", self.weight_hh, hidden_gates * h, h);
    f("bias_ih", self.bias_ih, biased ? input_gates * h : 0, Index{1});
    f("bias_hh", self.bias_hh, biased ? hidden_gates * h : 0, Index{1});
    if constexpr (detail::has_unit_weights<U>)
      for (std::size_t q = 0; q < detail::unit_weights_of<U>; ++q)
        f(U::unit_weights[q], self.unit_weights[q], h, Index{1});
  }

  /// recommended: W_ih Glorot and W_hh orthogonal, gate by gate. Biases are zero, except where the unit asks
  /// for another value (the LSTM's forget bias 1, in bias_ih only). Then U::initialize(cell, random) is
  /// called if the unit has it. pytorch: everything uniform in ±1/√H.
  void initialize(Random& random, Scheme scheme = Scheme::recommended) {
    const Index h = hidden_size();
    if (scheme == Scheme::pytorch) {
      const double limit = 1 / std::sqrt(static_cast<double>(h));
      visit(
          {}, [&](const Name&, auto& p) { uniform(p, limit, random); }, *this);
      return;
    }
    for (Index g = 0; g < input_gates; ++g)
      detail::draw_glorot(detail::runs_of(weight_ih, g * h, h), input_size(), h, random);
    for (Index g = 0; g < hidden_gates; ++g)
      detail::draw_orthogonal(detail::runs_of(weight_hh, g * h, h), random);
    detail::set_zero(bias_ih);
    detail::set_zero(bias_hh);
    for (auto& weight : unit_weights) detail::set_zero(weight);
    if constexpr (requires { U::initial_bias; })
      if (bias_ih.size() > 0)
        for (Index g = 0; g < input_gates; ++g)
          std::fill_n(&bias_ih(g * h), h, static_cast<S>(U::initial_bias[static_cast<std::size_t>(g)]));
    if constexpr (requires { U::initialize(*this, random); }) U::initialize(*this, random);
  }

 private:
  Index input_size_, hidden_size_;
  Bias bias_;
};

}  // namespace recur::inline RECUR_ABI
