// Long short-term memory with a projection (Sak, Senior and Beaufays 2014, "Long short-term memory recurrent
// neural network architectures for large scale acoustic modeling", equations 7 to 12, without peepholes). The
// H units of memory are mixed into P numbers. The gates and the layers above see only these P:
//
//   i, f, g, o, c as in lstm.hpp, from x and h'
//   m = o ∘ tanh(c)        H units
//   h = W_hr m             P units, fewer
//
// The weights of the recurrence are then P wide and not H. A large LSTM has most of its weights there.
#pragma once

#include "recur/cell/lstm.hpp"
#include "recur/cell/stepwise.hpp"

namespace recur::inline RECUR_ABI {

/// Long short-term memory with a projection (Sak et al. 2014, equations 7 to 12). This is PyTorch's nn.LSTM
/// with proj_size = P:
///
///   i, f, o = σ(W x + b_ih + U h' + b_hh)    g = tanh(W x + b_ih + U h' + b_hh)    each with rows of its own
///   c = f ∘ c' + i ∘ g                       h = W_hr (o ∘ tanh(c))
///
/// weight_ih (4H × I), weight_hh (4H × P), bias_ih and bias_hh (4H, or empty with Bias::none), weight_hr (P ×
/// H), gates in the order i, f, g, o. State: h (P) and c (H). Construct it as ProjectedLstm<float>{I, H, P}.
/// Throws std::invalid_argument unless all sizes are positive and P is below H, as in PyTorch.
template <std::floating_point S>
class ProjectedLstm {
 public:
  using Scalar = S;
  using Step = StepOf<ProjectedLstm>;
  using StepGradient = StepGradientOf<ProjectedLstm>;

  MatrixX<S> weight_ih, weight_hh;
  VectorX<S> bias_ih, bias_hh;
  MatrixX<S> weight_hr;

  ProjectedLstm(Index input_size, Index hidden_size, Index projection_size, Bias bias = Bias::both)
      : input_size_(input_size), hidden_size_(hidden_size), projection_size_(projection_size), bias_(bias) {
    require(input_size > 0 && projection_size > 0 && projection_size < hidden_size, name(),
            " with input_size ", input_size, ", hidden_size ", hidden_size, " and projection_size ",
            projection_size, ": all must be at least 1, and the projection smaller than the hidden size");
    detail::check_largest(name(), input_size, hidden_size);
    stepwise::allocate(*this);
  }

  std::string name() const { return "projected LSTM"; }
  Index input_size() const { return input_size_; }
  Index hidden_size() const { return hidden_size_; }
  Index projection_size() const { return projection_size_; }                               ///< of h
  std::array<Index, 2> state_sizes() const { return {projection_size_, hidden_size_}; }    // h, c
  std::array<Index, 1> sum_sizes() const { return {4 * hidden_size_}; }                    // W x + b
  std::array<Index, 2> saved_sizes() const { return {4 * hidden_size_, hidden_size_}; }    // gates, m
  std::array<Index, 2> d_saved_sizes() const { return {projection_size_, hidden_size_}; }  // of h, of m

  Description description() const {
    return stepwise::with_bias(
        Description(detail::kind_of(name()), input_size_, hidden_size_, projection_size_), bias_);
  }

  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    f(at / "weight_ih", self.weight_ih...);
    f(at / "weight_hh", self.weight_hh...);
    stepwise::visit_unless_empty(at / "bias_ih", f, self.bias_ih...);
    stepwise::visit_unless_empty(at / "bias_hh", f, self.bias_hh...);
    f(at / "weight_hr", self.weight_hr...);
  }
  template <class Self, class F>
  static void shapes(Self& self, F&& f) {
    const Index gates = 4 * self.hidden_size_, biases = self.bias_ == Bias::both ? gates : 0;
    f("weight_ih", self.weight_ih, gates, self.input_size_);
    f("weight_hh", self.weight_hh, gates, self.projection_size_);
    f("bias_ih", self.bias_ih, biases, Index{1});
    f("bias_hh", self.bias_hh, biases, Index{1});
    f("weight_hr", self.weight_hr, self.projection_size_, self.hidden_size_);
  }

  /// recommended: weight_ih and weight_hr Glorot, weight_hh orthogonal, gate by gate; biases zero, except 1
  /// for the forget gate, in bias_ih only. pytorch: everything uniform in ±1/√H.
  void initialize(Random& random, Scheme scheme = Scheme::recommended) {
    if (scheme == Scheme::pytorch) return stepwise::uniform_parameters(*this, hidden_size_, random);
    stepwise::glorot_blocks(weight_ih, hidden_size_, random);
    stepwise::orthogonal_blocks(weight_hh, hidden_size_, random);
    stepwise::glorot_blocks(weight_hr, projection_size_, random);
    bias_ih.setZero();
    bias_hh.setZero();
    if (bias_ == Bias::both) bias_ih.segment(hidden_size_, hidden_size_).setOnes();
  }

  void forward_inputs(const S* x, Index count, const std::array<S*, 1>& sums) const {
    stepwise::affine(weight_ih, bias_ih, x, count, sums[0]);
  }

  void forward_step(const Step& at) const {
    const Index H = hidden_size_;
    S *const gates = at.saved[0], *const m = at.saved[1];
    stepwise::affine(weight_hh, bias_hh, at.previous[0], at.count, gates);
    detail::arrays::add(gates, at.sums[0], 4 * H * at.count);
    for (Index b = 0; b < at.count; ++b)
      stepwise::for_packs<S>(H, [&, gates_of_b = gates + b * 4 * H](auto pack) {
        std::array<Pack<S>, 4> sums, save;
        std::array<Pack<S>, 2> state;
        for (Index g = 0; g < 4; ++g) sums[static_cast<std::size_t>(g)] = pack.load(gates_of_b + g * H);
        LstmUnit::forward(sums, {S(0), pack.load(at.previous[1] + b * H)}, state, save);
        for (Index g = 0; g < 4; ++g) pack.store(gates_of_b + g * H, save[static_cast<std::size_t>(g)]);
        pack.store(m + b * H, state[0]);
        pack.store(at.state[1] + b * H, state[1]);
      });
    product(as_is(weight_hr), as_is<S>(m, H, at.count), at.state[0]);
  }

  void backward_step(const Step& at, const StepGradient& d) const {
    const Index H = hidden_size_, P = projection_size_;
    S *const dh = d.d_saved[0], *const dm = d.d_saved[1];
    std::copy_n(d.d_state[0], P * at.count, dh);
    product(transposed(weight_hr), as_is<S>(dh, P, at.count), dm);
    for (Index b = 0; b < at.count; ++b)
      stepwise::for_packs<S>(
          H, [&, gates = at.saved[0] + b * 4 * H, d_gates = d.d_sums[0] + b * 4 * H](auto pack) {
            std::array<Pack<S>, 4> save, d_sums;
            for (Index g = 0; g < 4; ++g) save[static_cast<std::size_t>(g)] = pack.load(gates + g * H);
            std::array<Pack<S>, 2> d_state{pack.load(dm + b * H), pack.load(d.d_state[1] + b * H)};
            LstmUnit::backward(save, {S(0), pack.load(at.previous[1] + b * H)},
                               {S(0), pack.load(at.state[1] + b * H)}, d_state, d_sums);
            for (Index g = 0; g < 4; ++g) pack.store(d_gates + g * H, d_sums[static_cast<std::size_t>(g)]);
            pack.store(d.d_state[1] + b * H, d_state[1]);
          });
    product(transposed(weight_hh), as_is<S>(d.d_sums[0], 4 * H, at.count), d.d_state[0]);
  }

  void backward_weights(const Step& at, const StepGradient& d, ProjectedLstm& gradient) const {
    S* const of_no_input = nullptr;
    stepwise::affine_backward(weight_hh, at.previous[0], d.d_sums[0], at.count, of_no_input,
                              gradient.weight_hh, gradient.bias_hh);
    add_product(as_is<S>(d.d_saved[0], projection_size_, at.count),
                transposed<S>(at.saved[1], hidden_size_, at.count), gradient.weight_hr.data());
  }

  void backward_inputs(const S* x, const Step& at, const StepGradient& d, S* dx,
                       ProjectedLstm& gradient) const {
    stepwise::affine_backward(weight_ih, x, d.d_sums[0], at.count, dx, gradient.weight_ih, gradient.bias_ih);
  }

 private:
  Index input_size_, hidden_size_, projection_size_;
  Bias bias_;
};

}  // namespace recur::inline RECUR_ABI
