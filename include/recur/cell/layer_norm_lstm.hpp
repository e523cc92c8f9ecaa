// Long short-term memory with layer normalisation (Ba, Kiros and Hinton 2016, "Layer normalization",
// equations 20 to 22):
//
//   [i f g o] = γ_x ∘ N(W x) + γ_h ∘ N(U h') + b      N over all 4H numbers of a sample
//   c = σ(f) ∘ c' + σ(i) ∘ tanh(g)
//   h = σ(o) ∘ tanh(γ_c ∘ N(c) + b_c)                 N over its H
//
//   N(a) = (a - μ) / √(σ² + ε)    μ and σ² the mean and variance of a's numbers    ' marks the previous step
//
// W x, U h' and c are each normalised on their own. c is normalised only on its way to h: the state that is
// carried is c itself. Equation 20 adds three shifts to the gates; here they are one, b.
#pragma once

#include "recur/cell/stepwise.hpp"
#include "recur/core/activation.hpp"
#include "recur/core/normalize.hpp"

namespace recur::inline RECUR_ABI {

/// Long short-term memory with layer normalisation (Ba et al. 2016, equations 20 to 22):
///
///   i, f, o = σ(γ_x ∘ N(W x) + γ_h ∘ N(U h') + b)    g = tanh(γ_x ∘ N(W x) + γ_h ∘ N(U h') + b)
///   c = f ∘ c' + i ∘ g                               h = o ∘ tanh(γ_c ∘ N(c) + b_c)
///
/// N shifts and scales to mean 0 and variance 1: W x and U h' each over the 4H numbers of a sample, c over
/// its H. weight_ih (4H × I), weight_hh (4H × H), gates in the order i, f, g, o; gain_ih, gain_hh (4H) and
/// gain_cell (H): γ_x, γ_h, γ_c; bias (4H) and bias_cell (H), both empty with Bias::none. State: h and c.
/// Construct it as LayerNormLstm<float>{I, H}. Throws std::invalid_argument unless both sizes are positive.
template <std::floating_point S>
class LayerNormLstm {
 public:
  using Scalar = S;
  using Step = StepOf<LayerNormLstm>;
  using StepGradient = StepGradientOf<LayerNormLstm>;

  static constexpr S epsilon = S(1e-5);  ///< PyTorch's

  MatrixX<S> weight_ih, weight_hh;
  VectorX<S> gain_ih, gain_hh, gain_cell, bias, bias_cell;

  LayerNormLstm(Index input_size, Index hidden_size, Bias b = Bias::both)
      : input_size_(input_size), hidden_size_(hidden_size), bias_(b) {
    stepwise::check_sizes(name(), input_size, hidden_size);
    stepwise::allocate(*this);
  }

  std::string name() const { return "layer-normalised LSTM"; }
  Index input_size() const { return input_size_; }
  Index hidden_size() const { return hidden_size_; }
  std::array<Index, 2> state_sizes() const { return {hidden_size_, hidden_size_}; }  // h, c
  /// N(W x) and its scale 1 / √(σ² + ε).
  std::array<Index, 2> sum_sizes() const { return {4 * hidden_size_, 1}; }
  /// N(U h') and its scale, the gates, N(c) and its scale.
  std::array<Index, 5> saved_sizes() const {
    return {4 * hidden_size_, 1, 4 * hidden_size_, hidden_size_, 1};
  }
  /// Gradients of U h' and of γ_c ∘ N(c) + b_c.
  std::array<Index, 2> d_saved_sizes() const { return {4 * hidden_size_, hidden_size_}; }

  Description description() const {
    return stepwise::with_bias(Description("layer_norm_lstm", input_size_, hidden_size_), bias_);
  }

  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    f(at / "weight_ih", self.weight_ih...);
    f(at / "weight_hh", self.weight_hh...);
    f(at / "gain_ih", self.gain_ih...);
    f(at / "gain_hh", self.gain_hh...);
    f(at / "gain_cell", self.gain_cell...);
    stepwise::visit_unless_empty(at / "bias", f, self.bias...);
    stepwise::visit_unless_empty(at / "bias_cell", f, self.bias_cell...);
  }
  template <class Self, class F>
  static void shapes(Self& self, F&& f) {
    const Index h = self.hidden_size_;
    const bool biased = self.bias_ == Bias::both;
    f("weight_ih", self.weight_ih, 4 * h, self.input_size_);
    f("weight_hh", self.weight_hh, 4 * h, h);
    f("gain_ih", self.gain_ih, 4 * h, Index{1});
    f("gain_hh", self.gain_hh, 4 * h, Index{1});
    f("gain_cell", self.gain_cell, h, Index{1});
    f("bias", self.bias, biased ? 4 * h : 0, Index{1});
    f("bias_cell", self.bias_cell, biased ? h : 0, Index{1});
  }

  /// recommended: weight_ih Glorot and weight_hh orthogonal, gate by gate; gains 1; biases zero, except 1 for
  /// the forget gate. pytorch: weights uniform in ±1/√H, gains 1, biases zero.
  void initialize(Random& random, Scheme scheme = Scheme::recommended) {
    if (scheme == Scheme::pytorch) {
      stepwise::uniform_parameters(*this, hidden_size_, random);
    } else {
      stepwise::glorot_blocks(weight_ih, hidden_size_, random);
      stepwise::orthogonal_blocks(weight_hh, hidden_size_, random);
    }
    for (auto* gain : {&gain_ih, &gain_hh, &gain_cell}) gain->setOnes();
    bias.setZero();
    bias_cell.setZero();
    if (bias_ == Bias::both && scheme == Scheme::recommended)
      bias.segment(hidden_size_, hidden_size_).setOnes();
  }

  void forward_inputs(const S* x, Index count, const std::array<S*, 2>& sums) const {
    const Index gates = 4 * hidden_size_;
    product(as_is(weight_ih), as_is(x, input_size_, count), sums[0]);
    for (Index n = 0; n < count; ++n) sums[1][n] = detail::normalize(sums[0] + n * gates, gates, epsilon);
  }

  void forward_step(const Step& at) const {
    const Index H = hidden_size_;
    product(as_is(weight_hh), as_is(at.previous[0], H, at.count), at.saved[0]);
    for (Index n = 0; n < at.count; ++n) {
      const S* const of_x = at.sums[0] + n * 4 * H;
      S* const of_h = at.saved[0] + n * 4 * H;
      at.saved[1][n] = detail::normalize(of_h, 4 * H, epsilon);
      S* const gates = at.saved[2] + n * 4 * H;
      stepwise::for_packs<S>(4 * H, [&](auto pack) {
        pack.store(gates, pack.load(gain_ih.data()) * pack.load(of_x) +
                              pack.load(gain_hh.data()) * pack.load(of_h) + load(pack, bias));
      });
      activate<Sigmoid>(gates, gates, 2 * H);              // i, f
      activate<Tanh>(gates + 2 * H, gates + 2 * H, H);     // g
      activate<Sigmoid>(gates + 3 * H, gates + 3 * H, H);  // o
      S *const c = at.state[1] + n * H, *const normal_c = at.saved[3] + n * H;
      stepwise::for_packs<S>(H, [&](auto pack) {
        pack.store(c, pack.load(gates + H) * pack.load(at.previous[1] + n * H) +
                          pack.load(gates) * pack.load(gates + 2 * H));
      });
      std::copy_n(c, H, normal_c);
      at.saved[4][n] = detail::normalize(normal_c, H, epsilon);
      stepwise::for_packs<S>(H, [&](auto pack) {
        pack.store(at.state[0] + n * H, pack.load(gates + 3 * H) * tanh(shown(pack, normal_c)));
      });
    }
  }

  void backward_step(const Step& at, const StepGradient& d) const {
    const Index H = hidden_size_;
    for (Index n = 0; n < at.count; ++n) {
      const S *const gates = at.saved[2] + n * 4 * H, *const normal_c = at.saved[3] + n * H;
      S *const d_gates = d.d_sums[0] + n * 4 * H, *const d_shown = d.d_saved[1] + n * H;
      S *const dh = d.d_state[0] + n * H, *const dc = d.d_state[1] + n * H;
      stepwise::for_packs<S>(H, [&](auto pack) {  // h = o ∘ t; afterwards dh holds the gradient of N(c)
        const auto o = pack.load(gates + 3 * H), t = tanh(shown(pack, normal_c)), d_h = pack.load(dh);
        const auto dt = d_h * o * (1 - t * t);
        pack.store(d_gates + 3 * H, d_h * t * o * (1 - o));
        pack.store(d_shown, dt);
        pack.store(dh, pack.load(gain_cell.data()) * dt);
      });
      detail::normalize_backward(normal_c, at.saved[4][n], dh, H);
      stepwise::for_packs<S>(H, [&](auto pack) {  // c = f ∘ c' + i ∘ g
        const auto i = pack.load(gates), f = pack.load(gates + H), g = pack.load(gates + 2 * H);
        const auto d_c = pack.load(dc) + pack.load(dh);
        pack.store(d_gates, d_c * g * i * (1 - i));
        pack.store(d_gates + H, d_c * pack.load(at.previous[1] + n * H) * f * (1 - f));
        pack.store(d_gates + 2 * H, d_c * i * (1 - g * g));
        pack.store(dc, d_c * f);
      });
      S* const d_product = d.d_saved[0] + n * 4 * H;
      detail::arrays::multiply(gain_hh.data(), d_gates, d_product, 4 * H);
      detail::normalize_backward(at.saved[0] + n * 4 * H, at.saved[1][n], d_product, 4 * H);
    }
    product(transposed(weight_hh), as_is<S>(d.d_saved[0], 4 * H, at.count), d.d_state[0]);
  }

  void backward_weights(const Step& at, const StepGradient& d, LayerNormLstm& gradient) const {
    const Index H = hidden_size_;
    add_product(as_is<S>(d.d_saved[0], 4 * H, at.count), transposed(at.previous[0], H, at.count),
                gradient.weight_hh.data());
    add_scales(d.d_sums[0], at.saved[0], at.count, gradient.gain_hh);
    add_scales(d.d_saved[1], at.saved[3], at.count, gradient.gain_cell);
    if (bias_cell.size() > 0) add_columns(d.d_saved[1], H, at.count, gradient.bias_cell.data());
  }

  void backward_inputs(const S* x, const Step& at, const StepGradient& d, S* dx,
                       LayerNormLstm& gradient) const {
    const Index gates = 4 * hidden_size_;
    S* const d_sums = d.d_sums[0];
    add_scales(d_sums, at.sums[0], at.count, gradient.gain_ih);
    if (bias.size() > 0) add_columns(d_sums, gates, at.count, gradient.bias.data());
    for (Index n = 0; n < at.count; ++n) {
      detail::arrays::multiply(gain_ih.data(), d_sums + n * gates, d_sums + n * gates, gates);
      detail::normalize_backward(at.sums[0] + n * gates, at.sums[1][n], d_sums + n * gates, gates);
    }
    add_product(as_is<S>(d_sums, gates, at.count), transposed(x, input_size_, at.count),
                gradient.weight_ih.data());
    if (dx) product(transposed(weight_ih), as_is<S>(d_sums, gates, at.count), dx);
  }

 private:
  using P = Pack<S>;

  static P load(const auto& pack, const VectorX<S>& bias) {
    return bias.size() > 0 ? pack.load(bias.data()) : P(S(0));
  }
  /// γ_c ∘ N(c) + b_c.
  P shown(const auto& pack, const S* normal_c) const {
    return pack.load(gain_cell.data()) * pack.load(normal_c) + load(pack, bias_cell);
  }
  /// The gradient of γ in γ ∘ x̂: d_gain += Σ_n d_n ∘ x̂_n.
  static void add_scales(const S* d, const S* normal, Index count, VectorX<S>& d_gain) {
    const Index size = d_gain.size();
    detail::add_terms(d_gain.data(), size, count, [&](Index n, Index i, Index lanes) {
      return P::load(d + n * size + i, lanes) * P::load(normal + n * size + i, lanes);
    });
  }

  Index input_size_, hidden_size_;
  Bias bias_;
};

}  // namespace recur::inline RECUR_ABI
