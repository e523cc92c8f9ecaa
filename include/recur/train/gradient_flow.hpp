// How the gradient of a loss changes on its way back through time.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <tuple>
#include <type_traits>
#include <vector>

#include "recur/core/parameters.hpp"
#include "recur/layer/layer.hpp"
#include "recur/recurrence/state.hpp"

namespace recur::inline RECUR_ABI {

namespace detail {

/// A recurrent layer that runs from the first step to the last: Recurrent, LearnedState.
template <class L>
concept RunsForward = Streamable<L> && RecurrentLayer<L>;

/// The gradient of the loss with respect to the output of a model's body, on the tape of a pass back.
template <class Tape>
const auto& d_output_of_body(const Tape& tape) {
  if constexpr (requires { tape.pool; })
    return tape.pool.d_input();
  else
    return tape.d_logits;
}

/// A model such as ManyToOne or ManyToMany: all its memory is in its body, which reads batch.x.
template <class Model>
concept RemembersInBody = requires(const Model& model, const typename Model::Batch& batch,
                                   const typename Model::Tape& tape) {
  batch.x.layout();
  tape.body;
  tape.d_logits.layout();
  requires HasState<std::remove_cvref_t<decltype(model.body)>>;
};

/// The body of a model is looked at from its start state on.
void check_starts(const auto& batch) {
  if constexpr (requires { batch.initial; })
    require(batch.initial.size() == 0, "the way of the gradient was asked for with an initial state of ",
            batch.initial.rows(), " x ", batch.initial.cols(), ": it must be empty");
}

}  // namespace detail

/// ‖∂loss/∂h_t‖ for every step t (row) and sample (column, in the user's order) of a batch; zero beyond a
/// sample's end. dy is the gradient of the loss with respect to the layer's output. Everything that reaches
/// h_t counts: its own dy_t, and what comes back from the steps after it:
///
///   ∂loss/∂h_{t-1} = dy_{t-1} + (∂h_t/∂h_{t-1})ᵀ ∂loss/∂h_t + what other states carry, such as c of an LSTM
///
/// Norms that shrink by a factor at each step vanish; norms that grow explode (Bengio, Simard and Frasconi
/// 1994; Pascanu, Mikolov and Bengio 2013, section 2). The layer is one recurrent layer of any cell that runs
/// forward. For a layer of a stack, x is the output of the layer below and dy is the d_input() of the layer
/// above. It runs step by step, with a tape for each step: use it to look at a network, not to train it.
/// Throws std::invalid_argument if sizes don't fit.
template <detail::RunsForward L>
MatrixX<double> gradient_flow(const L& layer, const Sequence<typename L::InputScalar>& x,
                              const Sequence<typename L::Scalar>& dy) {
  using S = typename L::Scalar;
  check_input(layer, x);
  require(dy.layout() == x.layout() && dy.features() == layer.output_size(), layer,
          " was given a gradient of other sizes than its output's: it must be ", layer.output_size(), " x ",
          x.columns(), " in the layout of x");
  const Layout& layout = x.layout();
  const auto steps = static_cast<std::size_t>(layout.steps());
  std::vector<typename L::Tape> tapes(steps);
  std::vector<Sequence<typename L::InputScalar>> inputs;
  for (std::size_t t = 0; t < steps; ++t) {
    const Index running = layout.batch_size(static_cast<Index>(t));
    inputs.emplace_back(MatrixX<typename L::InputScalar>(x.step(static_cast<Index>(t))), running);
    const MatrixX<S> start = t > 0 ? tapes[t - 1].final.leftCols(running) : MatrixX<S>();
    layer.forward(inputs[t], tapes[t], recording, start);
  }

  using Real = detail::DoubleOf<S>;
  MatrixX<Real> norms = MatrixX<Real>::Zero(layout.steps(), layout.batch());
  L gradient = zeros_like(layer);
  for (std::size_t t = steps; t-- > 0;) {
    const auto step = static_cast<Index>(t);
    const Index running = layout.batch_size(step), going_on = layout.batch_size(step + 1);
    MatrixX<S> d_final = MatrixX<S>::Zero(layer.state_size(), running);
    if (t + 1 < steps) d_final.leftCols(going_on) = tapes[t + 1].d_initial;
    const Sequence<S> d(MatrixX<S>(dy.step(step)), running);
    for (Index n = 0; n < running; ++n)
      norms(step, layout.user_index(n)) =
          (d.values().col(n) + d_final.col(n).head(d.features())).template cast<double>().stableNorm();
    layer.backward(inputs[t], d, tapes[t], gradient, false, d_final);
  }
  return norms;
}

/// ‖∂loss/∂h_t‖ of a model's own loss on a batch, without noise. It is for the model's body if that is a
/// recurrent layer; otherwise for layer I of the body, a Sequential. For ManyToOne and ManyToMany, from the
/// beginning of a batch. Throws what the model's loss and backward throw, and std::invalid_argument for a
/// batch with an initial state.
///
///   gradient_flow(ManyToOne{Recurrent{...}, ...}, batch)
///   gradient_flow<1>(ManyToMany{Sequential{Embedding{...}, Recurrent{...}, Dense{...}}, ...}, batch)
template <std::size_t I = 0, class Model>
MatrixX<double> gradient_flow(const Model& model, const typename Model::Batch& batch) {
  detail::check_starts(batch);
  typename Model::Tape tape;
  Model gradient = zeros_like(model);
  model.loss(batch, tape, recording);
  model.backward(batch, tape, gradient);
  const auto dy = [&]() -> const auto& { return detail::d_output_of_body(tape); };
  if constexpr (detail::RunsForward<decltype(model.body)>) {
    return gradient_flow(model.body, batch.x, dy());
  } else {
    const auto& tapes = tape.body.tapes;
    const auto x = [&]() -> const auto& {
      if constexpr (I == 0)
        return batch.x;
      else
        return std::get<I - 1>(tapes).output();
    };
    const auto d = [&]() -> const auto& {
      if constexpr (I + 1 == std::tuple_size_v<std::remove_cvref_t<decltype(tapes)>>)
        return dy();
      else
        return std::get<I + 1>(tapes).d_input();
    };
    return gradient_flow(std::get<I>(model.body.layers), x(), d());
  }
}

namespace detail {

/// The part of a gradient's norm that is in recurrent weights; NaN if there are none.
template <class S>
double recurrent_part(const Parameters<S>& gradient);
/// The norm of the longest sample of a batch over all its steps.
template <class S>
double norm_of_longest(const Sequence<S>& sequence);
/// The state of one sample, Z × 1, for all samples of a batch.
template <class S>
MatrixX<S> repeat(const MatrixX<S>& state, Index batch);

#if RECUR_DEFINES
template <class S>
double recurrent_part(const Parameters<S>& gradient) {
  double all = 0, recurrent = 0;
  bool any = false;
  for (const auto& p : gradient) {
    const double squares = arrays::sum_of_squares(p.data, p.size());
    all += squares;
    if (p.name.find("weight_ih") == p.name.npos && p.name.find("weight_hh") == p.name.npos) continue;
    recurrent += squares;
    any = true;
  }
  return any && all > 0 ? std::sqrt(recurrent / all) : std::numeric_limits<double>::quiet_NaN();
}

template <class S>
double norm_of_longest(const Sequence<S>& sequence) {
  const Layout& layout = sequence.layout();
  double squares = 0;
  for (Index t = 0; t < layout.length(0); ++t)  // it is the first
    squares +=
        arrays::sum_of_squares(sequence.data() + layout.offset(t) * sequence.features(), sequence.features());
  return std::sqrt(squares);
}

template <class S>
MatrixX<S> repeat(const MatrixX<S>& state, Index batch) {
  MatrixX<S> all(state.rows(), batch);
  for (Index b = 0; b < batch; ++b) std::copy_n(state.data(), state.rows(), all.data() + b * state.rows());
  return all;
}
#endif

}  // namespace detail

/// Where the gradient of a loss gets. NaN where that can't be told.
struct GradientReach {
  /// The part of the gradient's norm that is in recurrent weights: ‖g_r‖ / ‖g‖. Hardly any if all units are saturated,
  /// since the slopes of their activations are zero there, or if all units of a ReLU are off.
  double recurrent = std::numeric_limits<double>::quiet_NaN();
  /// ‖∂loss/∂s_0‖ / ‖∂loss/∂y‖ of the longest sample of a batch: s_0 is the state in which the body starts, y its
  /// outputs at all steps.
  double first_step = std::numeric_limits<double>::quiet_NaN();
  Index steps = 0;  ///< of the longest sample
};

/// How far the gradient of a model's own loss on a batch gets, without noise. Unlike gradient_flow it also tells it of
/// networks whose layers are chosen while the program runs: it needs one pass, or two for `first_step`, and sees the
/// ends of time only. Recurrent weights are those called weight_ih or weight_hh. first_step is for ManyToOne and
/// ManyToMany. It throws what the model's loss and backward throw, and std::invalid_argument for a batch with an initial
/// state.
template <class Model>
RECUR_COLD GradientReach gradient_reach(const Model& model, const typename Model::Batch& batch) {
  using S = typename Model::Scalar;
  detail::check_starts(batch);
  GradientReach reach;
  typename Model::Tape tape;
  Model gradient = zeros_like(model);
  const double weight = model.weight(batch);
  if (!(weight > 0)) return reach;  // all targets are ignored
  model.loss(batch, tape, recording, weight);
  model.backward(batch, tape, gradient);

  reach.recurrent = detail::recurrent_part(Parameters<S>(gradient));
  if constexpr (detail::RemembersInBody<Model>) {
    const Sequence<S>& dy = detail::d_output_of_body(tape);
    const Layout& layout = dy.layout();
    if (state_size(model.body) == 0 || layout.batch() == 0) return reach;
    reach.steps = layout.length(0);  // the longest sample is the first
    const double at_outputs = detail::norm_of_longest(dy);
    // Backward gives the gradient of a start that was given.
    const MatrixX<S> start = detail::repeat<S>(start_state(model.body), layout.batch());
    typename std::remove_cvref_t<decltype(model.body)>::Tape again;
    model.body.forward(batch.x, again, recording, start);
    model.body.backward(batch.x, dy, again, gradient.body, false);
    const MatrixX<S> d_start = d_initial_state(model.body, again);
    if (at_outputs > 0 && d_start.size() > 0) {
      const S* of_longest = d_start.data() + layout.user_index(0) * d_start.rows();
      reach.first_step = std::sqrt(detail::arrays::sum_of_squares(of_longest, d_start.rows())) / at_outputs;
    }
  }
  return reach;
}

}  // namespace recur::inline RECUR_ABI

#define RECUR_COMPILED_REACH(S)                                 \
  template double detail::recurrent_part(const Parameters<S>&); \
  template double detail::norm_of_longest(const Sequence<S>&);  \
  template MatrixX<S> detail::repeat(const MatrixX<S>&, Index);
