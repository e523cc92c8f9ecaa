// Gated recurrent unit as first published, with the reset gate before the product (Cho et al. 2014, "Learning
// phrase representations", equations 5 to 8):
//
//   r = σ(W_r x + U_r h' + b_r)           reset gate
//   z = σ(W_z x + U_z h' + b_z)           update gate
//   n = tanh(W_n x + U_n (r ∘ h') + b_n)  candidate
//   h = (1 - z) ∘ n + z ∘ h'              ' marks the previous step
//
// U_n multiplies r ∘ h', so a step has two products, one after the other. The form in gru.hpp has one.
// Weights of one form do not work in the other.
#pragma once

#include "recur/cell/stepwise.hpp"
#include "recur/core/activation.hpp"

namespace recur::inline RECUR_ABI {

/// Gated recurrent unit, reset before the product (Cho et al. 2014, equations 5 to 8):
///
///   r, z = σ(W x + U h' + b)      n = tanh(W_n x + U_n (r ∘ h') + b_n)      h = (1 - z) ∘ n + z ∘ h'
///
/// weight_ih (3H × I), weight_hh (3H × H), bias (3H, or empty with Bias::none), gates in the order r, z, n.
/// Other libraries have a second bias; it adds to the same sums. State: h. This is ONNX's GRU with
/// linear_before_reset = 0 and Keras's with reset_after = False. Construct it as GruResetBefore<float>{I, H}.
/// Throws std::invalid_argument unless both sizes are positive.
template <std::floating_point S>
class GruResetBefore {
 public:
  using Scalar = S;
  using Step = StepOf<GruResetBefore>;
  using StepGradient = StepGradientOf<GruResetBefore>;

  MatrixX<S> weight_ih, weight_hh;
  VectorX<S> bias;

  GruResetBefore(Index input_size, Index hidden_size, Bias b = Bias::both)
      : input_size_(input_size), hidden_size_(hidden_size), bias_(b) {
    stepwise::check_sizes(name(), input_size, hidden_size);
    stepwise::allocate(*this);
  }

  std::string name() const { return "reset-before GRU"; }
  Index input_size() const { return input_size_; }
  Index hidden_size() const { return hidden_size_; }
  std::array<Index, 1> state_sizes() const { return {hidden_size_}; }
  std::array<Index, 1> sum_sizes() const { return {3 * hidden_size_}; }
  std::array<Index, 3> saved_sizes() const { return {2 * hidden_size_, hidden_size_, hidden_size_}; }
  std::array<Index, 1> d_saved_sizes() const { return {hidden_size_}; }

  Description description() const {
    return stepwise::with_bias(Description("gru_reset_before", input_size_, hidden_size_), bias_);
  }

  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    f(at / "weight_ih", self.weight_ih...);
    f(at / "weight_hh", self.weight_hh...);
    stepwise::visit_unless_empty(at / "bias", f, self.bias...);
  }
  template <class Self, class F>
  static void shapes(Self& self, F&& f) {
    const Index gates = 3 * self.hidden_size_;
    f("weight_ih", self.weight_ih, gates, self.input_size_);
    f("weight_hh", self.weight_hh, gates, self.hidden_size_);
    f("bias", self.bias, self.bias_ == Bias::both ? gates : 0, Index{1});
  }

  /// recommended: weight_ih Glorot and weight_hh orthogonal, gate by gate, bias zero. pytorch: everything
  /// uniform in ±1/√H.
  void initialize(Random& random, Scheme scheme = Scheme::recommended) {
    if (scheme == Scheme::pytorch) return stepwise::uniform_parameters(*this, hidden_size_, random);
    stepwise::glorot_blocks(weight_ih, hidden_size_, random);
    stepwise::orthogonal_blocks(weight_hh, hidden_size_, random);
    bias.setZero();
  }

  void forward_inputs(const S* x, Index count, const std::array<S*, 1>& sums) const {
    stepwise::affine(weight_ih, bias, x, count, sums[0]);
  }

  void forward_step(const Step& at) const {
    const Index H = hidden_size_;
    S *const gates = at.saved[0], *const candidate = at.saved[1], *const reset_h = at.saved[2];
    for (Index b = 0; b < at.count; ++b) {
      std::copy_n(at.sums[0] + b * 3 * H, 2 * H, gates + b * 2 * H);
      std::copy_n(at.sums[0] + b * 3 * H + 2 * H, H, candidate + b * H);
    }
    add_product(u_rz(), as_is(at.previous[0], H, at.count), gates);
    activate<Sigmoid>(gates, gates, 2 * H * at.count);
    for (Index b = 0; b < at.count; ++b)
      stepwise::for_packs<S>(H, [&, r = gates + b * 2 * H](auto pack) {
        pack.store(reset_h + b * H, pack.load(r) * pack.load(at.previous[0] + b * H));
      });
    add_product(u_n(), as_is(reset_h, H, at.count), candidate);
    activate<Tanh>(candidate, candidate, H * at.count);
    for (Index b = 0; b < at.count; ++b)
      stepwise::for_packs<S>(H, [&, z_of_b = gates + b * 2 * H + H](auto pack) {
        const auto z = pack.load(z_of_b);
        pack.store(at.state[0] + b * H,
                   (1 - z) * pack.load(candidate + b * H) + z * pack.load(at.previous[0] + b * H));
      });
  }

  void backward_step(const Step& at, const StepGradient& d) const {
    const Index H = hidden_size_;
    const S *const gates = at.saved[0], *const candidate = at.saved[1];
    S* const d_reset_h = d.d_saved[0];
    for (Index b = 0; b < at.count; ++b)
      stepwise::for_packs<S>(H, [&, g = gates + b * 2 * H, d_gates = d.d_sums[0] + b * 3 * H](auto pack) {
        const auto z = pack.load(g + H), c = pack.load(candidate + b * H);
        const auto h_previous = pack.load(at.previous[0] + b * H), dh = pack.load(d.d_state[0] + b * H);
        pack.store(d_gates + H, dh * (h_previous - c) * z * (1 - z));
        pack.store(d_gates + 2 * H, dh * (1 - z) * (1 - c * c));
        pack.store(d.d_state[0] + b * H, dh * z);
      });
    product(transposed(u_n()), n(d.d_sums[0], at.count), d_reset_h);
    for (Index b = 0; b < at.count; ++b)
      stepwise::for_packs<S>(H, [&, g = gates + b * 2 * H, d_gates = d.d_sums[0] + b * 3 * H](auto pack) {
        const auto r = pack.load(g), dq = pack.load(d_reset_h + b * H);
        pack.store(d_gates, dq * pack.load(at.previous[0] + b * H) * r * (1 - r));
        pack.store(d.d_state[0] + b * H, pack.load(d.d_state[0] + b * H) + dq * r);
      });
    add_product(transposed(u_rz()), rz(d.d_sums[0], at.count), d.d_state[0]);
  }

  void backward_weights(const Step& at, const StepGradient& d, GruResetBefore& gradient) const {
    const Index H = hidden_size_;
    S* const du = gradient.weight_hh.data();
    add_product(rz(d.d_sums[0], at.count), transposed(at.previous[0], H, at.count), du, 3 * H);
    add_product(n(d.d_sums[0], at.count), transposed(at.saved[2], H, at.count), du + 2 * H, 3 * H);
  }

  void backward_inputs(const S* x, const Step& at, const StepGradient& d, S* dx,
                       GruResetBefore& gradient) const {
    stepwise::affine_backward(weight_ih, x, d.d_sums[0], at.count, dx, gradient.weight_ih, gradient.bias);
  }

 private:
  // From three blocks of rows: the blocks of r and z, and the block of n.
  Strided<S> rz(const S* of, Index cols) const { return {of, 2 * hidden_size_, cols, 1, 3 * hidden_size_}; }
  Strided<S> n(const S* of, Index cols) const {
    return {of + 2 * hidden_size_, hidden_size_, cols, 1, 3 * hidden_size_};
  }
  Strided<S> u_rz() const { return rz(weight_hh.data(), hidden_size_); }
  Strided<S> u_n() const { return n(weight_hh.data(), hidden_size_); }

  Index input_size_, hidden_size_;
  Bias bias_;
};

}  // namespace recur::inline RECUR_ABI
