// Recurrent layers of embedded networks. Gates and equations are those of recur/cell: their names say which.
//
// weight_ih[I][G·H], weight_hh[H][G·H]: column by column, G gates side by side. state[0] is h, and of an LSTM state[1]
// is c. They begin at zero, or where LearnedState says.
#pragma once

#include "recur/embedded/layers.hpp"

namespace recur::embedded {

namespace detail {

/// The state of a recurrent layer, h and perhaps c.
template <int Inputs, int Hidden, int States>
struct Recurrence {
  using Input = float;
  static constexpr bool streams = true;
  static constexpr int inputs = Inputs, outputs = Hidden, states = States;

  float state[States][Hidden] = {};

  constexpr void reset() { *this = Recurrence(); }
};

}  // namespace detail

/// h = f(W x + U h' + b). bias[H] is the sum of both biases.
template <const auto& weight_ih, const auto& weight_hh, const auto& bias, class F = Tanh>
struct Elman : detail::Recurrence<detail::rows_of(weight_ih), detail::rows_of(weight_hh), 1> {
  static constexpr int inputs = detail::rows_of(weight_ih), outputs = detail::rows_of(weight_hh);

  constexpr void step(const float (&x)[inputs], float (&y)[outputs]) {
    auto& h = this->state[0];
    detail::copy(bias, y);
    detail::add_product(weight_ih, x, y);
    detail::add_product(weight_hh, h, y);
    for (int u = 0; u < outputs; ++u) h[u] = y[u] = F::value(y[u]);
  }
};

/// i, f, o = σ(W x + U h' + b), g = tanh(...), c = f ∘ c' + i ∘ g, h = o ∘ tanh c. Gates i, f, g, o. bias[4H] is the sum of
/// both biases. The flexible LSTM puts other functions in place of σ and of both tanh.
template <const auto& weight_ih, const auto& weight_hh, const auto& bias, class Gate = Sigmoid,
          class Candidate = Tanh, class Output = Tanh>
struct Lstm : detail::Recurrence<detail::rows_of(weight_ih), detail::rows_of(weight_hh), 2> {
  static constexpr int inputs = detail::rows_of(weight_ih), outputs = detail::rows_of(weight_hh), H = outputs;

  constexpr void step(const float (&x)[inputs], float (&y)[outputs]) {
    auto& [h, c] = this->state;
    float a[4 * H];
    detail::copy(bias, a);
    detail::add_product(weight_ih, x, a);
    detail::add_product(weight_hh, h, a);
    for (int u = 0; u < H; ++u) {
      c[u] = Gate::value(a[H + u]) * c[u] + Gate::value(a[u]) * Candidate::value(a[2 * H + u]);
      h[u] = y[u] = Gate::value(a[3 * H + u]) * Output::value(c[u]);
    }
  }
};

/// The LSTM with a projection: gates as above, m = o ∘ tanh c of H units, h = W_hr m of P. weight_ih[I][4H], weight_hh[P][4H],
/// bias[4H], weight_hr[H][P].
template <const auto& weight_ih, const auto& weight_hh, const auto& bias, const auto& weight_hr>
struct ProjectedLstm {
  using Input = float;
  static constexpr bool streams = true;
  static constexpr int inputs = detail::rows_of(weight_ih), outputs = detail::rows_of(weight_hh),
                       H = detail::rows_of(weight_hr);

  float h[outputs] = {}, c[H] = {};

  constexpr void reset() { *this = ProjectedLstm(); }
  constexpr void step(const float (&x)[inputs], float (&y)[outputs]) {
    float a[4 * H], m[H];
    detail::copy(bias, a);
    detail::add_product(weight_ih, x, a);
    detail::add_product(weight_hh, h, a);
    for (int u = 0; u < H; ++u) {
      c[u] = sigmoid(a[H + u]) * c[u] + sigmoid(a[u]) * tanh(a[2 * H + u]);
      m[u] = sigmoid(a[3 * H + u]) * tanh(c[u]);
    }
    for (float& one : h) one = 0;
    detail::add_product(weight_hr, m, h);
    detail::copy(h, y);
  }
};

/// r, z = σ(W x + U h' + b), n = tanh(W_n x + b_in + r ∘ (U_n h' + b_hn)), h = (1 - z) ∘ n + z ∘ h'. Gates r, z, n.
/// bias_ih[3H], bias_hh[3H]. The flexible GRU puts other functions in place of σ and tanh.
template <const auto& weight_ih, const auto& weight_hh, const auto& bias_ih, const auto& bias_hh,
          class Gate = Sigmoid, class Candidate = Tanh>
struct Gru : detail::Recurrence<detail::rows_of(weight_ih), detail::rows_of(weight_hh), 1> {
  static constexpr int inputs = detail::rows_of(weight_ih), outputs = detail::rows_of(weight_hh), H = outputs;

  constexpr void step(const float (&x)[inputs], float (&y)[outputs]) {
    auto& h = this->state[0];
    float of_x[3 * H], of_h[3 * H];
    detail::copy(bias_ih, of_x);
    detail::add_product(weight_ih, x, of_x);
    detail::copy(bias_hh, of_h);
    detail::add_product(weight_hh, h, of_h);
    for (int u = 0; u < H; ++u) {
      const float r = Gate::value(of_x[u] + of_h[u]), z = Gate::value(of_x[H + u] + of_h[H + u]),
                  n = Candidate::value(of_x[2 * H + u] + r * of_h[2 * H + u]);
      h[u] = y[u] = (1 - z) * n + z * h[u];
    }
  }
};

/// The GRU of Cho et al. 2014, with the reset gate before the product: n = tanh(W_n x + U_n (r ∘ h') + b_n). bias[3H].
/// Its weight_hh is in two arrays, hh_rz[H][2H] and hh_n[H][H].
template <const auto& weight_ih, const auto& hh_rz, const auto& hh_n, const auto& bias, class Gate = Sigmoid,
          class Candidate = Tanh>
struct GruResetBefore : detail::Recurrence<detail::rows_of(weight_ih), detail::rows_of(hh_n), 1> {
  static constexpr int inputs = detail::rows_of(weight_ih), outputs = detail::rows_of(hh_n), H = outputs;

  constexpr void step(const float (&x)[inputs], float (&y)[outputs]) {
    auto& h = this->state[0];
    float a[3 * H], rz[2 * H] = {}, reset_h[H], n[H] = {};
    detail::copy(bias, a);
    detail::add_product(weight_ih, x, a);
    detail::add_product(hh_rz, h, rz);
    for (int u = 0; u < H; ++u) reset_h[u] = Gate::value(a[u] + rz[u]) * h[u];
    detail::add_product(hh_n, reset_h, n);
    for (int u = 0; u < H; ++u) {
      const float z = Gate::value(a[H + u] + rz[H + u]);
      h[u] = y[u] = (1 - z) * Candidate::value(a[2 * H + u] + n[u]) + z * h[u];
    }
  }
};

/// A recurrent layer that starts from constants: one array[H] for h, and of an LSTM one for c.
template <class Layer, const auto&... initial>
struct LearnedState : Layer {
  static_assert(sizeof...(initial) == Layer::states);

  constexpr LearnedState() { reset(); }
  constexpr void reset() {
    int q = 0;
    (detail::copy(initial, this->state[q++]), ...);
  }
};

/// The layer over a whole sequence from its end: h_t = Layer(x_t, h_{t+1}). It can't stream.
template <class Layer>
struct Reverse {
  using Input = typename Layer::Input;
  static constexpr bool streams = false;
  static constexpr int inputs = Layer::inputs, outputs = Layer::outputs;

  Layer layer;

  constexpr void reset() { layer.reset(); }
  template <int Longest>
  constexpr int run(const Input (*x)[inputs], int steps, float (*y)[outputs]) {
    if (steps < 1 || steps > Longest) return 0;
    reset();
    for (int t = steps; t-- > 0;) layer.step(x[t], y[t]);
    return steps;
  }
};

/// How a Bidirectional layer makes one output of its two.
enum class Merge { concatenate, sum, mean };

/// One layer from each end of a whole sequence: y_t = [→h_t; ←h_t], their sum or their mean. It can't stream.
template <class Forward, class Backward, Merge merge = Merge::concatenate>
struct Bidirectional {
  using Input = typename Forward::Input;
  static constexpr bool streams = false;
  static constexpr int inputs = Forward::inputs, H = Forward::outputs,
                       outputs = merge == Merge::concatenate ? 2 * H : H;

  Forward forward;
  Backward backward;

  constexpr void reset() {
    forward.reset();
    backward.reset();
  }
  template <int Longest>
  constexpr int run(const Input (*x)[inputs], int steps, float (*y)[outputs]) {
    if (steps < 1 || steps > Longest) return 0;
    reset();
    float h[H];
    for (int t = 0; t < steps; ++t) {
      forward.step(x[t], h);
      for (int u = 0; u < H; ++u) y[t][u] = h[u];
    }
    for (int t = steps; t-- > 0;) {
      backward.step(x[t], h);
      for (int u = 0; u < H; ++u) {
        if constexpr (merge == Merge::concatenate)
          y[t][H + u] = h[u];
        else
          y[t][u] = (y[t][u] + h[u]) * (merge == Merge::mean ? 0.5f : 1.0f);
      }
    }
    return steps;
  }
};

}  // namespace recur::embedded
