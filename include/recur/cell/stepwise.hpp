// The second way to write a cell: for a step that mixes units.
//
// A Unit (cell.hpp) meets other units only in one product with h'. Some cells do more: they normalise over
// all units, multiply twice in a step, or carry a state that is not their output. Such a *stepwise* cell is
// mathematics on matrices. A matrix has a column for each sample that takes the step, and these columns are
// side by side in memory. The layer still handles time and the order of samples. It calls, one after the
// other,
//
//   forward_inputs     all steps at once:    sums            from x
//   forward_step       each step:            state, saved    from sums and the previous state
//
//   backward_step      each step, from the last:    d_sums, d_saved and the gradient of the previous state
//   backward_weights   all steps at once:    the gradient of what forward_step used
//   backward_inputs    all steps at once:    the gradient of what forward_inputs used, and of x
//
// So all work that does not wait for time is one large product. For each of these a cell says how many
// matrices it wants, and how many rows they have:
//
//   template <std::floating_point S>
//   struct Mixer {                                        // h = tanh(W x + U V h')
//     using Scalar = S;
//     std::array<Index, 1> state_sizes() const;           // h, the layer's output, then all other states
//     std::array<Index, 1> sum_sizes() const;             // W x
//     std::array<Index, 1> saved_sizes() const;           // V h'
//     std::array<Index, 1> d_saved_sizes() const;         // the gradient of V h'
//     void forward_inputs(const S* x, Index count, const std::array<S*, 1>& sums) const;
//     void forward_step(const StepOf<Mixer>& at) const;
//     void backward_step(const StepOf<Mixer>& at, const StepGradientOf<Mixer>& d) const;
//     void backward_weights(const StepOf<Mixer>& at, const StepGradientOf<Mixer>& d, Mixer& gradient) const;
//     void backward_inputs(const S* x, const StepOf<Mixer>& at, const StepGradientOf<Mixer>& d, S* dx,
//                          Mixer& gradient) const;
//     ...                                                 // name, input_size, visit, shapes, initialize
//   };
//
// `gru_reset_before.hpp` is a short complete example. `Recurrent{Mixer<float>{8, 32}}` is then trained,
// streamed, saved and checked like every other layer.
#pragma once

#include <array>
#include <cmath>
#include <concepts>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "recur/cell/cell.hpp"
#include "recur/core/initialize.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/parameters.hpp"
#include "recur/core/product.hpp"
#include "recur/core/random.hpp"
#include "recur/core/simd.hpp"

namespace recur::inline RECUR_ABI {

namespace detail {

template <class C>
concept HasStepSizes = requires(const C& cell) {
  cell.state_sizes();
  cell.sum_sizes();
  cell.saved_sizes();
  cell.d_saved_sizes();
};

// The numbers of matrices that a stepwise cell asks for.
template <class C>
inline constexpr std::size_t step_states =
    std::tuple_size_v<decltype(std::declval<const C&>().state_sizes())>;
template <class C>
inline constexpr std::size_t step_sums = std::tuple_size_v<decltype(std::declval<const C&>().sum_sizes())>;
template <class C>
inline constexpr std::size_t step_saved = std::tuple_size_v<decltype(std::declval<const C&>().saved_sizes())>;
template <class C>
inline constexpr std::size_t step_d_saved =
    std::tuple_size_v<decltype(std::declval<const C&>().d_saved_sizes())>;

}  // namespace detail

/// A step of some samples, or all steps of all samples: the first `count` columns of matrices. The cell's
/// sizes give the rows of these matrices.
template <class C>
struct StepOf {
  using S = typename C::Scalar;
  Index count;
  std::array<S*, detail::step_sums<C>> sums;              ///< written by forward_inputs
  std::array<const S*, detail::step_states<C>> previous;  ///< zeros where there is none
  std::array<S*, detail::step_states<C>> state;           ///< written by forward_step
  std::array<S*, detail::step_saved<C>> saved;            ///< written by forward_step
  /// For a NoisyCell in a step: the noise that it drew for the samples, and for the columns. Null without
  /// noise.
  const S* sequence_noise = nullptr;
  const S* step_noise = nullptr;
};

/// Gradients of the loss with respect to the same matrices.
template <class C>
struct StepGradientOf {
  using S = typename C::Scalar;
  /// backward_step finds the gradient of the state here, summed over all paths from later steps. It replaces
  /// it by the gradient of the previous state. Not there for all steps at once.
  std::array<S*, detail::step_states<C>> d_state;
  /// Written by backward_step. backward_inputs may overwrite it.
  std::array<S*, detail::step_sums<C>> d_sums;
  /// Written by backward_step, for itself and backward_weights.
  std::array<S*, detail::step_d_saved<C>> d_saved;
};

/// A cell with a step that is mathematics on matrices: see the comment at the top of this file. It also has
///
///   name()                       the text that errors call it
///   input_size()                 I, the features of a step
///   shapes(c, f)                 calls f(name, parameter, rows, columns) with the sizes that each parameter of c must
///                                have
///   initialize(random, scheme)   draws the first weights
///
/// and visit(at, f, cells...), which calls f with each parameter, as in all layers. The library's cells also have
/// hidden_size(), H, and options() where they have some; nothing needs these two.
///
/// backward_inputs overwrites `dx`, I × count; null means that it is not wanted. The gradients of parameters
/// are added to what is there.
template <class C>
concept StepwiseCell = requires(const C& cell, C& gradient, Random& random, const typename C::Scalar* x,
                                typename C::Scalar* dx, const StepOf<C>& at, const StepGradientOf<C>& d) {
  requires std::copyable<C> && detail::HasStepSizes<C>;
  { cell.name() } -> std::convertible_to<std::string>;
  { cell.input_size() } -> std::same_as<Index>;
  cell.forward_inputs(x, Index{}, at.sums);
  cell.forward_step(at);
  cell.backward_step(at, d);
  cell.backward_weights(at, d, gradient);
  cell.backward_inputs(x, at, d, dx, gradient);
  C::shapes(cell, [](const char*, const auto&, Index, Index) {});
  gradient.initialize(random, Scheme::recommended);
};

/// A stepwise cell that draws noise during training, once for each sequence and once for each of its steps.
///
///   sequence_noise(), step_noise()          how many numbers it wants, rows of the two matrices in StepOf
///   draw_sequence(random, S*), draw_step    draw them for one sample
template <class C>
concept NoisyCell = StepwiseCell<C> && requires(const C& cell, Random& random, typename C::Scalar* noise) {
  { cell.sequence_noise() } -> std::same_as<Index>;
  { cell.step_noise() } -> std::same_as<Index>;
  cell.draw_sequence(random, noise);
  cell.draw_step(random, noise);
};

// What stepwise cells have in common. All matrices are column-major.
namespace stepwise {

/// y = W x + b for `count` columns; an empty b is zero.
template <class S>
void affine(const MatrixX<S>& w, const VectorX<S>& b, const S* x, Index count, S* y) {
  recur::affine(as_is(w), b.data(), as_is(x, w.cols(), count), y);
}

/// Given d, the gradient of such a y: dW += d xᵀ, db += the sum of the columns of d and, unless dx is null,
/// dx = Wᵀ d.
template <class S>
void affine_backward(const MatrixX<S>& w, const S* x, const S* d, Index count, S* dx, MatrixX<S>& dw,
                     VectorX<S>& db) {
  add_product(as_is(d, w.rows(), count), transposed(x, w.cols(), count), dw.data());
  if (db.size() > 0) add_columns(d, db.size(), count, db.data());
  if (dx) product(transposed(w), as_is(d, w.rows(), count), dx);
}

/// Where a pack is among the numbers of an array: load reads it there, store writes it.
template <class S>
struct PackAt {
  Index first, left;
  RECUR_ALWAYS_INLINE Pack<S> load(const S* from) const { return Pack<S>::load(from + first, left); }
  RECUR_ALWAYS_INLINE void store(S* to, Pack<S> value) const { value.store(to + first, left); }
};
/// Calls f(at) for each pack of `count` numbers; `at` is a PackAt, which reads and writes them.
template <class S, class F>
RECUR_ALWAYS_INLINE inline void for_packs(Index count, F&& f) {
  detail::over_packs<S>(count, [&](Index i, Index lanes) { f(PackAt<S>{i, lanes}); });
}

/// Calls f(name, parameter...) unless the cells were made without this parameter.
template <class F, class... P>
void visit_unless_empty(const Name& name, F&& f, P&... parameters) {
  if ((... || (parameters.size() > 0))) f(name, parameters...);
}

/// A cell's description, which says where it has no biases.
inline Description with_bias(Description cell, Bias bias) {
  if (bias == Bias::none) cell.set("bias", false);
  return cell;
}

/// Throws std::invalid_argument, which begins with `name`, unless both sizes are positive and their matrices can be had.
inline void check_sizes(std::string_view name, Index input_size, Index hidden_size) {
  require(input_size > 0 && hidden_size > 0, name, " with input_size ", input_size, " and hidden_size ",
          hidden_size, ": both must be at least 1");
  detail::check_largest(name, input_size, hidden_size);
}

/// Takes memory for a cell's parameters, all zero.
template <class C>
void allocate(C& cell) {
  C::shapes(cell,
            [](const char*, auto& parameter, Index rows, Index cols) { parameter.setZero(rows, cols); });
}

/// First weights, block by block of `rows` rows: Glorot's.
template <class S>
void glorot_blocks(MatrixX<S>& w, Index rows, Random& random) {
  for (Index r = 0; r < w.rows(); r += rows)
    detail::draw_glorot(detail::runs_of(w, r, rows), w.cols(), rows, random);
}
/// First weights, block by block of `rows` rows: each block is orthogonal.
template <class S>
void orthogonal_blocks(MatrixX<S>& w, Index rows, Random& random) {
  for (Index r = 0; r < w.rows(); r += rows) detail::draw_orthogonal(detail::runs_of(w, r, rows), random);
}
/// PyTorch's: everything uniform in ±1/√H.
template <class C>
void uniform_parameters(C& cell, Index hidden, Random& random) {
  const double limit = 1 / std::sqrt(static_cast<double>(hidden));
  C::visit(
      {}, [&](const Name&, auto& p) { uniform(p, limit, random); }, cell);
}

}  // namespace stepwise
}  // namespace recur::inline RECUR_ABI
