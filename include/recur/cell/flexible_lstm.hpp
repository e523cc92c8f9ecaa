// Long short-term memory with all that the LSTM of ONNX can have: activations that are chosen at run time,
// peepholes, an input gate that decides about forgetting, and a clip. Equations of the specification, with clip(a) =
// min(max(a, -limit), limit):
//
//   i = gate(clip(W_i x + U_i h' + p_i ∘ c' + b_i))
//   f = gate(clip(W_f x + U_f h' + p_f ∘ c' + b_f)), or 1 - i with input_forget
//   g = candidate(clip(W_g x + U_g h' + b_g))
//   c = f ∘ c' + i ∘ g
//   o = gate(clip(W_o x + U_o h' + p_o ∘ c + b_o))
//   h = o ∘ output(clip(c))                       ' marks the previous step
//
// ONNX calls the three activations f, g and h.
//
// lstm.hpp, peephole_lstm.hpp and coupled_lstm.hpp, whose activations the compiler knows, are faster.
#pragma once

#include "recur/cell/flexible_elman.hpp"
#include "recur/cell/gate_function.hpp"
#include "recur/cell/stepwise.hpp"

namespace recur::inline RECUR_ABI {

/// What a FlexibleLstm is besides its sizes.
struct FlexibleLstmOptions {
  GateFunction gate = GateKind::sigmoid;                  ///< of the gates i, f and o; ONNX's f
  GateFunction candidate = GateKind::tanh;                ///< of the candidate g; ONNX's g
  GateFunction output = GateKind::tanh;                   ///< of the memory c; ONNX's h
  bool peepholes = false;                                 ///< the gates see the memory
  bool input_forget = false;                              ///< the forget gate is 1 - i
  double clip = std::numeric_limits<double>::infinity();  ///< bounds the inputs of all three to ±clip
  /// Whether it also bounds the input of `output`, as the specification says. ONNX Runtime does not do that.
  bool clip_memory = true;
  Bias bias = Bias::both;  ///< whether it has b_ih and b_hh
};

/// Long short-term memory with any GateFunctions, as in the specification of ONNX, which calls them f, g and h:
///
///   i, f = gate(clip(W x + b_ih + U h' + b_hh + p ∘ c'))   g = candidate(clip(W x + b_ih + U h' + b_hh))
///   c = f ∘ c' + i ∘ g   o = gate(clip(W x + b_ih + U h' + b_hh + p ∘ c))   h = o ∘ output(clip(c))
///
/// weight_ih (4H × I), weight_hh (4H × H), bias_ih and bias_hh (4H, or empty with Bias::none), gates in the order i, f,
/// g, o; the peepholes p are weight_ci, weight_cf and weight_co, H each, empty without option peepholes. With
/// input_forget, f = 1 - i, and the rows of f in the weights do nothing. State: h and c; the memory c itself is not
/// clipped. The gradient is zero where a number is at or beyond ±clip. Throws std::invalid_argument unless both sizes
/// and the clip, as an S, are positive, and unless α and β of each function are finite as an S.
///
///   FlexibleLstm<float>{I, H, {.gate = GateKind::hard_sigmoid, .clip = 3}}
template <std::floating_point S>
class FlexibleLstm {
 public:
  using Scalar = S;
  using Step = StepOf<FlexibleLstm>;
  using StepGradient = StepGradientOf<FlexibleLstm>;

  MatrixX<S> weight_ih, weight_hh;
  VectorX<S> bias_ih, bias_hh;
  VectorX<S> weight_ci, weight_cf, weight_co;

  FlexibleLstm(Index input_size, Index hidden_size, const FlexibleLstmOptions& options = {})
      : input_size_(input_size), hidden_size_(hidden_size), options_(options) {
    stepwise::check_sizes(name(), input_size, hidden_size);
    detail::check_clip<S>(name(), options.clip);
    for (const auto& f : {options.gate, options.candidate, options.output})
      detail::check_parameters_of<S>(f, name());
    stepwise::allocate(*this);
  }

  std::string name() const { return "flexible LSTM"; }
  Index input_size() const { return input_size_; }
  Index hidden_size() const { return hidden_size_; }
  const FlexibleLstmOptions& options() const { return options_; }
  std::array<Index, 2> state_sizes() const { return {hidden_size_, hidden_size_}; }  // h, c
  std::array<Index, 1> sum_sizes() const { return {4 * hidden_size_}; }              // W x + b
  // The inputs of the gates, the gates, clip(c) and h(clip(c)).
  std::array<Index, 4> saved_sizes() const {
    return {4 * hidden_size_, 4 * hidden_size_, hidden_size_, hidden_size_};
  }
  std::array<Index, 1> d_saved_sizes() const { return {hidden_size_}; }

  Description description() const {
    Description cell(detail::kind_of(name()), input_size_, hidden_size_);
    options_.gate.describe_in(cell, "gate");
    options_.candidate.describe_in(cell, "candidate");
    options_.output.describe_in(cell, "output");
    if (options_.peepholes) cell.set("peepholes", true);
    if (options_.input_forget) cell.set("input_forget", true);
    if (!options_.clip_memory) cell.set("clip_memory", false);
    return stepwise::with_bias(detail::with_clip(std::move(cell), options_.clip), options_.bias);
  }

  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    f(at / "weight_ih", self.weight_ih...);
    f(at / "weight_hh", self.weight_hh...);
    stepwise::visit_unless_empty(at / "bias_ih", f, self.bias_ih...);
    stepwise::visit_unless_empty(at / "bias_hh", f, self.bias_hh...);
    stepwise::visit_unless_empty(at / "weight_ci", f, self.weight_ci...);
    stepwise::visit_unless_empty(at / "weight_cf", f, self.weight_cf...);
    stepwise::visit_unless_empty(at / "weight_co", f, self.weight_co...);
  }
  template <class Self, class F>
  static void shapes(Self& self, F&& f) {
    const Index H = self.hidden_size_, gates = 4 * H, biases = self.options_.bias == Bias::both ? gates : 0;
    const Index peepholes = self.options_.peepholes ? H : 0;
    f("weight_ih", self.weight_ih, gates, self.input_size_);
    f("weight_hh", self.weight_hh, gates, H);
    f("bias_ih", self.bias_ih, biases, Index{1});
    f("bias_hh", self.bias_hh, biases, Index{1});
    f("weight_ci", self.weight_ci, peepholes, Index{1});
    f("weight_cf", self.weight_cf, peepholes, Index{1});
    f("weight_co", self.weight_co, peepholes, Index{1});
  }

  /// recommended: weight_ih Glorot and weight_hh orthogonal, gate by gate; peepholes and biases zero, except 1 for the
  /// forget gate, in bias_ih only. With input_forget it is -1 for the input gate instead, so f = 1 - i starts as high.
  /// pytorch: everything uniform in ±1/√H.
  void initialize(Random& random, Scheme scheme = Scheme::recommended) {
    if (scheme == Scheme::pytorch) return stepwise::uniform_parameters(*this, hidden_size_, random);
    stepwise::glorot_blocks(weight_ih, hidden_size_, random);
    stepwise::orthogonal_blocks(weight_hh, hidden_size_, random);
    for (auto* zero : {&bias_ih, &bias_hh, &weight_ci, &weight_cf, &weight_co}) zero->setZero();
    if (options_.bias == Bias::none) return;
    if (options_.input_forget)
      bias_ih.head(hidden_size_).setConstant(-1);  // with the sigmoid, 1 - σ(-1) = σ(1)
    else
      bias_ih.segment(hidden_size_, hidden_size_).setOnes();
  }

  void forward_inputs(const S* x, Index count, const std::array<S*, 1>& sums) const {
    stepwise::affine(weight_ih, bias_ih, x, count, sums[0]);
  }

  void forward_step(const Step& at) const {
    const Index H = hidden_size_;
    stepwise::affine(weight_hh, bias_hh, at.previous[0], at.count, at.saved[0]);
    detail::arrays::add(at.saved[0], at.sums[0], 4 * H * at.count);
    for (Index b = 0; b < at.count; ++b) {
      S *const a = at.saved[0] + b * 4 * H, *const gates = at.saved[1] + b * 4 * H;
      S *const clipped = at.saved[2] + b * H, *const m = at.saved[3] + b * H;
      const S* const c_previous = at.previous[1] + b * H;
      S* const c = at.state[1] + b * H;
      if (options_.peepholes) {
        add_peephole(a, weight_ci, c_previous);
        add_peephole(a + H, weight_cf, c_previous);
      }
      detail::clip_to(a, 3 * H, options_.clip);
      activate(options_.gate, a, gates, options_.input_forget ? H : 2 * H);
      activate(options_.candidate, a + 2 * H, gates + 2 * H, H);
      if (options_.input_forget)
        detail::arrays::map(
            gates + H, H, [](auto i) { return 1 - i; }, gates);
      stepwise::for_packs<S>(H, [&](auto pack) {
        const auto i = pack.load(gates), f = pack.load(gates + H), g = pack.load(gates + 2 * H);
        pack.store(c, f * pack.load(c_previous) + i * g);
      });
      if (options_.peepholes) add_peephole(a + 3 * H, weight_co, c);
      detail::clip_to(a + 3 * H, H, options_.clip);
      activate(options_.gate, a + 3 * H, gates + 3 * H, H);
      std::copy_n(c, H, clipped);
      detail::clip_to(clipped, H, memory_clip());
      activate(options_.output, clipped, m, H);
      detail::arrays::multiply(gates + 3 * H, m, at.state[0] + b * H, H);
    }
  }

  void backward_step(const Step& at, const StepGradient& d) const {
    const Index H = hidden_size_;
    for (Index b = 0; b < at.count; ++b) {
      const S *const a = at.saved[0] + b * 4 * H, *const gates = at.saved[1] + b * 4 * H;
      const S *const clipped = at.saved[2] + b * H, *const m = at.saved[3] + b * H;
      const S *const c_previous = at.previous[1] + b * H, *const dh = d.d_state[0] + b * H;
      S *const da = d.d_sums[0] + b * 4 * H, *const dm = d.d_saved[0] + b * H,
               *const dc = d.d_state[1] + b * H;
      detail::arrays::multiply(dh, m, da + 3 * H, H);
      backward_of(options_.gate, a + 3 * H, gates + 3 * H, da + 3 * H, H, options_.clip);
      detail::arrays::multiply(dh, gates + 3 * H, dm, H);
      backward_of(options_.output, clipped, m, dm, H, memory_clip());
      detail::arrays::add(dc, dm, H);
      if (options_.peepholes) add_peephole(dc, weight_co, da + 3 * H);
      stepwise::for_packs<S>(H, [&](auto pack) {
        const auto i = pack.load(gates), f = pack.load(gates + H), g = pack.load(gates + 2 * H);
        const auto dc_of_pack = pack.load(dc), through_f = dc_of_pack * pack.load(c_previous);
        pack.store(da, options_.input_forget ? dc_of_pack * g - through_f : dc_of_pack * g);
        pack.store(da + H, options_.input_forget ? decltype(f)(S(0)) : through_f);
        pack.store(da + 2 * H, dc_of_pack * i);
        pack.store(dc, dc_of_pack * f);
      });
      backward_of(options_.gate, a, gates, da, options_.input_forget ? H : 2 * H, options_.clip);
      backward_of(options_.candidate, a + 2 * H, gates + 2 * H, da + 2 * H, H, options_.clip);
      if (options_.peepholes) {
        add_peephole(dc, weight_ci, da);
        add_peephole(dc, weight_cf, da + H);
      }
    }
    product(transposed(weight_hh), as_is<S>(d.d_sums[0], 4 * H, at.count), d.d_state[0]);
  }

  void backward_weights(const Step& at, const StepGradient& d, FlexibleLstm& gradient) const {
    const Index H = hidden_size_;
    S* const of_no_input = nullptr;
    stepwise::affine_backward(weight_hh, at.previous[0], d.d_sums[0], at.count, of_no_input,
                              gradient.weight_hh, gradient.bias_hh);
    if (!options_.peepholes) return;
    const auto add_to = [&](VectorX<S>& peephole, Index gate, const S* c) {  // += Σ da ∘ c
      detail::add_terms(peephole.data(), H, at.count, [&](Index column, Index row, Index lanes) {
        return Pack<S>::load(d.d_sums[0] + column * 4 * H + gate * H + row, lanes) *
               Pack<S>::load(c + column * H + row, lanes);
      });
    };
    add_to(gradient.weight_ci, 0, at.previous[1]);
    add_to(gradient.weight_cf, 1, at.previous[1]);
    add_to(gradient.weight_co, 3, at.state[1]);
  }

  void backward_inputs(const S* x, const Step& at, const StepGradient& d, S* dx,
                       FlexibleLstm& gradient) const {
    stepwise::affine_backward(weight_ih, x, d.d_sums[0], at.count, dx, gradient.weight_ih, gradient.bias_ih);
  }

 private:
  double memory_clip() const {
    return options_.clip_memory ? options_.clip : std::numeric_limits<double>::infinity();
  }
  /// sum += p ∘ c
  void add_peephole(S* sum, const VectorX<S>& p, const S* c) const {
    detail::arrays::map(
        sum, hidden_size_, [](auto s, auto weight, auto of) { return fma(weight, of, s); }, sum, p.data(), c);
  }
  /// From the gradient of f(clip(.)) to that of its input, in place.
  static void backward_of(const GateFunction& f, const S* a, const S* y, S* d, Index count, double clip) {
    activate_backward<S>(f, a, y, d, d, count);
    detail::clip_backward(a, d, count, clip);
  }

  Index input_size_, hidden_size_;
  FlexibleLstmOptions options_;
};

}  // namespace recur::inline RECUR_ABI
