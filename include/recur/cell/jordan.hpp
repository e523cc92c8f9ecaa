// The recurrence of Jordan 1986 ("Serial order: a parallel distributed processing approach"): the network
// gets its own output back. In Elman's recurrence (elman.hpp) it gets its hidden units back. Jordan's is
//
//   h_t = f(W_ih x_t + b_h + W_yh y_{t-1})
//   y_t = g(W_hy h_t + b_y)
//
// Its memory is its output, so you can teach and read the memory directly.
#pragma once

#include "recur/cell/stepwise.hpp"
#include "recur/core/activation.hpp"

namespace recur::inline RECUR_ABI {

/// A network that feeds its output back (Jordan 1986):
///
///   h_t = f(W_ih x_t + b_h + W_yh y_{t-1})      y_t = g(W_hy h_t + b_y)
///
/// f and g are Tanh or others with a slope that follows from their output. The layer gives y, O units.
/// weight_ih (H × I), weight_yh (H × O), weight_hy (O × H), bias_h (H) and bias_y (O), both empty with
/// Bias::none. State: y. Construct it as Jordan<float>{I, H, O}. Throws std::invalid_argument unless all
/// sizes are positive.
template <std::floating_point S, detail::SlopeFromOutput F = Tanh, detail::SlopeFromOutput G = Tanh>
class Jordan {
 public:
  using Scalar = S;
  using Step = StepOf<Jordan>;
  using StepGradient = StepGradientOf<Jordan>;
  using Function = F;
  using OutputFunction = G;

  MatrixX<S> weight_ih, weight_yh, weight_hy;
  VectorX<S> bias_h, bias_y;

  Jordan(Index input_size, Index hidden_size, Index output_size, Bias bias = Bias::both)
      : input_size_(input_size), hidden_size_(hidden_size), output_size_(output_size), bias_(bias) {
    require(input_size > 0 && hidden_size > 0 && output_size > 0, name(), " with input_size ", input_size,
            ", hidden_size ", hidden_size, " and output_size ", output_size, ": all must be at least 1");
    detail::check_largest(name(), input_size, hidden_size, output_size);
    stepwise::allocate(*this);
  }

  std::string name() const { return "Jordan"; }
  Index input_size() const { return input_size_; }
  Index hidden_size() const { return hidden_size_; }
  Index output_size() const { return output_size_; }
  std::array<Index, 1> state_sizes() const { return {output_size_}; }    // y
  std::array<Index, 1> sum_sizes() const { return {hidden_size_}; }      // W_ih x + b_h
  std::array<Index, 1> saved_sizes() const { return {hidden_size_}; }    // h
  std::array<Index, 1> d_saved_sizes() const { return {output_size_}; }  // of W_hy h + b_y

  Description description() const requires detail::NamedActivation<F> && detail::NamedActivation<G> {
    const Description cell("jordan", input_size_, hidden_size_, output_size_);
    return stepwise::with_bias(cell.with("activation", F::name).with("output_activation", G::name), bias_);
  }

  template <class Visitor, class... Self>
  static void visit(const Name& at, Visitor&& f, Self&... self) {
    f(at / "weight_ih", self.weight_ih...);
    f(at / "weight_yh", self.weight_yh...);
    f(at / "weight_hy", self.weight_hy...);
    stepwise::visit_unless_empty(at / "bias_h", f, self.bias_h...);
    stepwise::visit_unless_empty(at / "bias_y", f, self.bias_y...);
  }
  template <class Self, class Visitor>
  static void shapes(Self& self, Visitor&& f) {
    const bool biased = self.bias_ == Bias::both;
    f("weight_ih", self.weight_ih, self.hidden_size_, self.input_size_);
    f("weight_yh", self.weight_yh, self.hidden_size_, self.output_size_);
    f("weight_hy", self.weight_hy, self.output_size_, self.hidden_size_);
    f("bias_h", self.bias_h, biased ? self.hidden_size_ : 0, Index{1});
    f("bias_y", self.bias_y, biased ? self.output_size_ : 0, Index{1});
  }

  /// recommended: weight_ih and weight_hy Glorot, weight_yh orthogonal, biases zero. pytorch: everything
  /// uniform in ±1/√H.
  void initialize(Random& random, Scheme scheme = Scheme::recommended) {
    if (scheme == Scheme::pytorch) return stepwise::uniform_parameters(*this, hidden_size_, random);
    stepwise::glorot_blocks(weight_ih, hidden_size_, random);
    stepwise::orthogonal_blocks(weight_yh, hidden_size_, random);
    stepwise::glorot_blocks(weight_hy, output_size_, random);
    bias_h.setZero();
    bias_y.setZero();
  }

  void forward_inputs(const S* x, Index count, const std::array<S*, 1>& sums) const {
    stepwise::affine(weight_ih, bias_h, x, count, sums[0]);
  }

  void forward_step(const Step& at) const {
    S *const h = at.saved[0], *const y = at.state[0];
    std::copy_n(at.sums[0], hidden_size_ * at.count, h);
    add_product(as_is(weight_yh), as_is(at.previous[0], output_size_, at.count), h);
    activate<F>(h, h, hidden_size_ * at.count);
    stepwise::affine(weight_hy, bias_y, h, at.count, y);
    activate<G>(y, y, output_size_ * at.count);
  }

  void backward_step(const Step& at, const StepGradient& d) const {
    const S *const h = at.saved[0], *const y = at.state[0];
    S *const dy = d.d_state[0], *const da_y = d.d_saved[0], *const da_h = d.d_sums[0];
    activate_backward<G>(y, y, dy, da_y, output_size_ * at.count);
    product(transposed(weight_hy), as_is<S>(da_y, output_size_, at.count), da_h);
    activate_backward<F>(h, h, da_h, da_h, hidden_size_ * at.count);
    product(transposed(weight_yh), as_is<S>(da_h, hidden_size_, at.count), dy);
  }

  void backward_weights(const Step& at, const StepGradient& d, Jordan& gradient) const {
    const S* const h = at.saved[0];
    S* const of_no_input = nullptr;
    stepwise::affine_backward(weight_hy, h, d.d_saved[0], at.count, of_no_input, gradient.weight_hy,
                              gradient.bias_y);
    add_product(as_is<S>(d.d_sums[0], hidden_size_, at.count),
                transposed(at.previous[0], output_size_, at.count), gradient.weight_yh.data());
  }

  void backward_inputs(const S* x, const Step& at, const StepGradient& d, S* dx, Jordan& gradient) const {
    stepwise::affine_backward(weight_ih, x, d.d_sums[0], at.count, dx, gradient.weight_ih, gradient.bias_h);
  }

 private:
  Index input_size_, hidden_size_, output_size_;
  Bias bias_;
};

}  // namespace recur::inline RECUR_ABI
