// Gated recurrent unit with all that the GRU of ONNX can have: activations that are chosen at run time, the reset
// gate before or after the product, and a clip. Equations of the specification, with clip(a) = min(max(a, -limit),
// limit):
//
//   r = f(clip(W_r x + b_ir + U_r h' + b_hr))
//   z = f(clip(W_z x + b_iz + U_z h' + b_hz))
//   n = g(clip(W_n x + b_in + U_n (r ∘ h') + b_hn))      linear_before_reset = false
//   n = g(clip(W_n x + b_in + r ∘ (U_n h' + b_hn)))      linear_before_reset = true
//   h = (1 - z) ∘ n + z ∘ h'                             ' marks the previous step
//
// gru.hpp and gru_reset_before.hpp, whose activations the compiler knows, are faster.
#pragma once

#include "recur/cell/flexible_elman.hpp"
#include "recur/cell/gate_function.hpp"
#include "recur/cell/stepwise.hpp"

namespace recur::inline RECUR_ABI {

/// What a FlexibleGru is besides its sizes.
struct FlexibleGruOptions {
  GateFunction gate = GateKind::sigmoid;                  ///< f, of the gates r and z
  GateFunction candidate = GateKind::tanh;                ///< g
  bool linear_before_reset = true;                        ///< the form of Gru; false: that of GruResetBefore
  double clip = std::numeric_limits<double>::infinity();  ///< bounds the inputs of f and g to ±clip
  Bias bias = Bias::both;                                 ///< whether it has b_ih and b_hh
};

/// Gated recurrent unit with any GateFunctions f and g, as in the specification of ONNX:
///
///   r, z = f(clip(W x + b_ih + U h' + b_hh))             h = (1 - z) ∘ n + z ∘ h'
///   n = g(clip(W_n x + b_in + r ∘ (U_n h' + b_hn)))      or, unless linear_before_reset,
///   n = g(clip(W_n x + b_in + U_n (r ∘ h') + b_hn))
///
/// weight_ih (3H × I), weight_hh (3H × H), bias_ih and bias_hh (3H, or empty with Bias::none), gates in the order r, z,
/// n. State: h. The gradient is zero where a number is at or beyond ±clip. Throws std::invalid_argument unless both
/// sizes and the clip, as an S, are positive, and unless α and β of both functions are finite as an S.
///
///   FlexibleGru<float>{I, H, {.gate = GateKind::hard_sigmoid, .linear_before_reset = false}}
template <std::floating_point S>
class FlexibleGru {
 public:
  using Scalar = S;
  using Step = StepOf<FlexibleGru>;
  using StepGradient = StepGradientOf<FlexibleGru>;

  MatrixX<S> weight_ih, weight_hh;
  VectorX<S> bias_ih, bias_hh;

  FlexibleGru(Index input_size, Index hidden_size, const FlexibleGruOptions& options = {})
      : input_size_(input_size), hidden_size_(hidden_size), options_(options) {
    stepwise::check_sizes(name(), input_size, hidden_size);
    detail::check_clip<S>(name(), options.clip);
    for (const auto& f : {options.gate, options.candidate}) detail::check_parameters_of<S>(f, name());
    stepwise::allocate(*this);
  }

  std::string name() const { return "flexible GRU"; }
  Index input_size() const { return input_size_; }
  Index hidden_size() const { return hidden_size_; }
  const FlexibleGruOptions& options() const { return options_; }
  std::array<Index, 1> state_sizes() const { return {hidden_size_}; }    // h
  std::array<Index, 1> sum_sizes() const { return {3 * hidden_size_}; }  // W x + b
  // The inputs of the gates, the gates, and U_n h' + b_hn or r ∘ h'.
  std::array<Index, 3> saved_sizes() const { return {3 * hidden_size_, 3 * hidden_size_, hidden_size_}; }
  std::array<Index, 1> d_saved_sizes() const { return {3 * hidden_size_}; }  // of U h' + b_hh

  Description description() const {
    Description cell(detail::kind_of(name()), input_size_, hidden_size_);
    options_.gate.describe_in(cell, "gate");
    options_.candidate.describe_in(cell, "candidate");
    cell.set("linear_before_reset", options_.linear_before_reset);
    return stepwise::with_bias(detail::with_clip(std::move(cell), options_.clip), options_.bias);
  }

  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    f(at / "weight_ih", self.weight_ih...);
    f(at / "weight_hh", self.weight_hh...);
    stepwise::visit_unless_empty(at / "bias_ih", f, self.bias_ih...);
    stepwise::visit_unless_empty(at / "bias_hh", f, self.bias_hh...);
  }
  template <class Self, class F>
  static void shapes(Self& self, F&& f) {
    const Index gates = 3 * self.hidden_size_, biases = self.options_.bias == Bias::both ? gates : 0;
    f("weight_ih", self.weight_ih, gates, self.input_size_);
    f("weight_hh", self.weight_hh, gates, self.hidden_size_);
    f("bias_ih", self.bias_ih, biases, Index{1});
    f("bias_hh", self.bias_hh, biases, Index{1});
  }

  /// recommended: weight_ih Glorot and weight_hh orthogonal, gate by gate, biases zero. pytorch: everything
  /// uniform in ±1/√H.
  void initialize(Random& random, Scheme scheme = Scheme::recommended) {
    if (scheme == Scheme::pytorch) return stepwise::uniform_parameters(*this, hidden_size_, random);
    stepwise::glorot_blocks(weight_ih, hidden_size_, random);
    stepwise::orthogonal_blocks(weight_hh, hidden_size_, random);
    bias_ih.setZero();
    bias_hh.setZero();
  }

  void forward_inputs(const S* x, Index count, const std::array<S*, 1>& sums) const {
    stepwise::affine(weight_ih, bias_ih, x, count, sums[0]);
  }

  void forward_step(const Step& at) const {
    const Index H = hidden_size_;
    S *const a = at.saved[0], *const gates = at.saved[1], *const q = at.saved[2];
    if (options_.linear_before_reset) {
      stepwise::affine(weight_hh, bias_hh, at.previous[0], at.count, a);
    } else {
      for (Index b = 0; b < at.count; ++b) copy_bias(a + b * 3 * H);
      add_product(rows_of(weight_hh.data(), 0, 2, H), as_is(at.previous[0], H, at.count), a, 3 * H);
    }
    for (Index b = 0; b < at.count; ++b) {
      S *const a_of_b = a + b * 3 * H, *const gates_of_b = gates + b * 3 * H;
      const S* const x_of_b = at.sums[0] + b * 3 * H;
      detail::arrays::add(a_of_b, x_of_b, 2 * H);
      detail::clip_to(a_of_b, 2 * H, options_.clip);
      activate(options_.gate, a_of_b, gates_of_b, 2 * H);
      stepwise::for_packs<S>(H, [&, q = q + b * H, n = a_of_b + 2 * H](auto pack) {
        const auto r = pack.load(gates_of_b), n_x = pack.load(x_of_b + 2 * H), n_h = pack.load(n);
        if (options_.linear_before_reset) {
          pack.store(q, n_h);
          pack.store(n, n_x + r * n_h);
        } else {
          pack.store(q, r * pack.load(at.previous[0] + b * H));
          pack.store(n, n_x + n_h);
        }
      });
    }
    if (!options_.linear_before_reset)
      add_product(rows_of(weight_hh.data(), 2, 1, H), as_is<S>(q, H, at.count), a + 2 * H, 3 * H);
    for (Index b = 0; b < at.count; ++b) {
      S *const n_sum = a + (b * 3 + 2) * H, *const n = gates + (b * 3 + 2) * H;
      detail::clip_to(n_sum, H, options_.clip);
      activate(options_.candidate, n_sum, n, H);
      stepwise::for_packs<S>(H, [&](auto pack) {
        const auto z = pack.load(n - H);
        pack.store(at.state[0] + b * H, (1 - z) * pack.load(n) + z * pack.load(at.previous[0] + b * H));
      });
    }
  }

  void backward_step(const Step& at, const StepGradient& d) const {
    const Index H = hidden_size_;
    const S *const a = at.saved[0], *const gates = at.saved[1], *const q = at.saved[2];
    S *const d_sums = d.d_sums[0], *const d_recurrent = d.d_saved[0], *const dh = d.d_state[0];
    for (Index b = 0; b < at.count; ++b) {
      const S* const g = gates + b * 3 * H;
      S *const da = d_sums + b * 3 * H, *const dh_of_b = dh + b * H;
      stepwise::for_packs<S>(H, [&](auto pack) {
        const auto z = pack.load(g + H), n = pack.load(g + 2 * H), d_of_pack = pack.load(dh_of_b);
        pack.store(da + H, d_of_pack * (pack.load(at.previous[0] + b * H) - n));
        pack.store(da + 2 * H, d_of_pack * (1 - z));
        pack.store(dh_of_b, d_of_pack * z);
      });
      backward_of(options_.candidate, a + (b * 3 + 2) * H, g + 2 * H, da + 2 * H, H);
    }
    // The gradient of r is that of r ∘ q or that of r ∘ h'.
    S* const d_reset_h = d_recurrent;  // H × count, before d_recurrent is written
    if (!options_.linear_before_reset)
      product(transposed(rows_of(weight_hh.data(), 2, 1, H)), rows_of(d_sums, 2, 1, at.count), d_reset_h);
    for (Index b = 0; b < at.count; ++b)
      stepwise::for_packs<S>(H, [&, da = d_sums + b * 3 * H, dh_of_b = dh + b * H](auto pack) {
        if (options_.linear_before_reset) {
          pack.store(da, pack.load(da + 2 * H) * pack.load(q + b * H));
        } else {
          const auto dq = pack.load(d_reset_h + b * H);
          pack.store(da, dq * pack.load(at.previous[0] + b * H));
          pack.store(dh_of_b, pack.load(dh_of_b) + dq * pack.load(gates + b * 3 * H));
        }
      });
    for (Index b = 0; b < at.count; ++b) {
      S *const da = d_sums + b * 3 * H, *const dr = d_recurrent + b * 3 * H;
      backward_of(options_.gate, a + b * 3 * H, gates + b * 3 * H, da, 2 * H);
      std::copy_n(da, 3 * H, dr);
      if (options_.linear_before_reset)
        detail::arrays::multiply(dr + 2 * H, gates + b * 3 * H, dr + 2 * H, H);
    }
    const Index blocks = options_.linear_before_reset ? 3 : 2;
    add_product(transposed(rows_of(weight_hh.data(), 0, blocks, H)),
                rows_of(d_recurrent, 0, blocks, at.count), dh);
  }

  void backward_weights(const Step& at, const StepGradient& d, FlexibleGru& gradient) const {
    const Index H = hidden_size_, blocks = options_.linear_before_reset ? 3 : 2;
    const S* const d_recurrent = d.d_saved[0];
    S* const du = gradient.weight_hh.data();
    add_product(rows_of(d_recurrent, 0, blocks, at.count), transposed(at.previous[0], H, at.count), du,
                3 * H);
    if (!options_.linear_before_reset)
      add_product(rows_of(d_recurrent, 2, 1, at.count), transposed<S>(at.saved[2], H, at.count), du + 2 * H,
                  3 * H);
    if (options_.bias == Bias::both) add_columns(d_recurrent, 3 * H, at.count, gradient.bias_hh.data());
  }

  void backward_inputs(const S* x, const Step& at, const StepGradient& d, S* dx,
                       FlexibleGru& gradient) const {
    stepwise::affine_backward(weight_ih, x, d.d_sums[0], at.count, dx, gradient.weight_ih, gradient.bias_ih);
  }

 private:
  /// From three blocks of H rows: `blocks` of them from block `first` on.
  Strided<S> rows_of(const S* of, Index first, Index blocks, Index cols) const {
    return {of + first * hidden_size_, blocks * hidden_size_, cols, 1, 3 * hidden_size_};
  }
  void copy_bias(S* to) const {
    if (options_.bias == Bias::both)
      std::copy_n(bias_hh.data(), 3 * hidden_size_, to);
    else
      std::fill_n(to, 3 * hidden_size_, S(0));
  }
  /// From the gradient of f(clip(.)) to that of its input, in place.
  void backward_of(const GateFunction& f, const S* a, const S* y, S* d, Index count) const {
    activate_backward<S>(f, a, y, d, d, count);
    detail::clip_backward(a, d, count, options_.clip);
  }

  Index input_size_, hidden_size_;
  FlexibleGruOptions options_;
};

}  // namespace recur::inline RECUR_ABI
