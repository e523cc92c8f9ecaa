// The simple recurrent network with an activation that is chosen at run time, as files of other libraries have it:
//
//   h_t = f(clip(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh))
//
// elman.hpp, whose activation is a template argument, is faster.
#pragma once

#include <limits>

#include "recur/cell/gate_function.hpp"
#include "recur/cell/stepwise.hpp"

namespace recur::inline RECUR_ABI {

/// What a FlexibleElman is besides its sizes.
struct FlexibleElmanOptions {
  GateFunction activation = GateKind::tanh;               ///< f
  double clip = std::numeric_limits<double>::infinity();  ///< bounds the input of f to ±clip
  Bias bias = Bias::both;                                 ///< whether it has b_ih and b_hh
};

namespace detail {

/// The clip of a flexible cell: above 0 also as an S, or infinite, which bounds nothing.
template <class S>
void check_clip(const std::string& cell, double clip) {
  require(clip > 0 && static_cast<S>(clip) > 0, cell, " with clip ", clip, ": it must be above 0 in ",
          precision_of<S>, ", or infinite for none");
}
inline Description with_clip(Description cell, double clip) {
  if (std::isfinite(clip)) cell.set("clip", clip);
  return cell;
}

}  // namespace detail

/// The simple recurrent network (Elman 1990) with any GateFunction f, and a clip. It is ONNX's RNN and Keras's
/// SimpleRNN:
///
///   h_t = f(clip(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh))      clip(a) = min(max(a, -limit), limit)
///
/// weight_ih (H × I), weight_hh (H × H), bias_ih and bias_hh (H, or empty with Bias::none). State: h. The gradient is
/// zero where a number is at or beyond ±clip. Throws std::invalid_argument unless both sizes and the clip, as an S,
/// are positive, and unless α and β of f are finite as an S.
///
///   FlexibleElman<float>{I, H, {.activation = GateKind::softsign}}
template <std::floating_point S>
class FlexibleElman {
 public:
  using Scalar = S;
  using Step = StepOf<FlexibleElman>;
  using StepGradient = StepGradientOf<FlexibleElman>;

  MatrixX<S> weight_ih, weight_hh;
  VectorX<S> bias_ih, bias_hh;

  FlexibleElman(Index input_size, Index hidden_size, const FlexibleElmanOptions& options = {})
      : input_size_(input_size), hidden_size_(hidden_size), options_(options) {
    stepwise::check_sizes(name(), input_size, hidden_size);
    detail::check_clip<S>(name(), options.clip);
    detail::check_parameters_of<S>(options.activation, name());
    stepwise::allocate(*this);
  }

  std::string name() const { return "flexible Elman"; }
  Index input_size() const { return input_size_; }
  Index hidden_size() const { return hidden_size_; }
  const FlexibleElmanOptions& options() const { return options_; }
  std::array<Index, 1> state_sizes() const { return {hidden_size_}; }  // h
  std::array<Index, 1> sum_sizes() const { return {hidden_size_}; }    // W x + b
  std::array<Index, 1> saved_sizes() const { return {hidden_size_}; }  // the input of f
  std::array<Index, 0> d_saved_sizes() const { return {}; }

  Description description() const {
    Description cell(detail::kind_of(name()), input_size_, hidden_size_);
    options_.activation.describe_in(cell, "activation");
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
    const Index H = self.hidden_size_, biases = self.options_.bias == Bias::both ? H : 0;
    f("weight_ih", self.weight_ih, H, self.input_size_);
    f("weight_hh", self.weight_hh, H, H);
    f("bias_ih", self.bias_ih, biases, Index{1});
    f("bias_hh", self.bias_hh, biases, Index{1});
  }

  /// recommended: weight_ih Glorot and weight_hh orthogonal, biases zero. pytorch: everything uniform in ±1/√H.
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
    S* const a = at.saved[0];
    const Index numbers = hidden_size_ * at.count;
    stepwise::affine(weight_hh, bias_hh, at.previous[0], at.count, a);
    detail::arrays::add(a, at.sums[0], numbers);
    detail::clip_to(a, numbers, options_.clip);
    activate(options_.activation, a, at.state[0], numbers);
  }

  void backward_step(const Step& at, const StepGradient& d) const {
    const S* const a = at.saved[0];
    S *const dh = d.d_state[0], *const da = d.d_sums[0];
    const Index numbers = hidden_size_ * at.count;
    activate_backward<S>(options_.activation, a, at.state[0], dh, da, numbers);
    detail::clip_backward(a, da, numbers, options_.clip);
    product(transposed(weight_hh), as_is<S>(da, hidden_size_, at.count), dh);
  }

  void backward_weights(const Step& at, const StepGradient& d, FlexibleElman& gradient) const {
    S* const of_no_input = nullptr;
    stepwise::affine_backward(weight_hh, at.previous[0], d.d_sums[0], at.count, of_no_input,
                              gradient.weight_hh, gradient.bias_hh);
  }

  void backward_inputs(const S* x, const Step& at, const StepGradient& d, S* dx,
                       FlexibleElman& gradient) const {
    stepwise::affine_backward(weight_ih, x, d.d_sums[0], at.count, dx, gradient.weight_ih, gradient.bias_ih);
  }

 private:
  Index input_size_, hidden_size_;
  FlexibleElmanOptions options_;
};

}  // namespace recur::inline RECUR_ABI
