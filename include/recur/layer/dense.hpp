// An affine map of every step.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>

#include "recur/core/activation.hpp"
#include "recur/core/compiled.hpp"
#include "recur/core/initialize.hpp"
#include "recur/core/product.hpp"
#include "recur/layer/layer.hpp"

namespace recur::inline RECUR_ABI {

/// An affine map and an activation at every step of every sample (Rumelhart, Hinton and Williams, "Learning
/// representations by back-propagating errors", 1986, equations 1 and 2). If f is Identity, it is the
/// nn.Linear of PyTorch:
///
///   y = f(W x + b)                f = Identity, Tanh, Relu, Sigmoid, Gelu, Elu or the user's own
///   weight: O × I, bias: O, or empty with Bias::none        x: I × N, y: O × N
///
/// Initial weights: Glorot's, or He's if f is Relu (core/initialize.hpp); bias zero. Scheme::pytorch: both
/// uniform in ±1/√I. Throws std::invalid_argument if sizes don't fit.
template <std::floating_point S, Activation F = Identity>
class Dense {
 public:
  using Scalar = S;
  using InputScalar = S;

  MatrixX<S> weight;
  VectorX<S> bias;

  struct Tape : TapeOf<S> {
    Buffer<S> a, da;  // W x + b, if the slope of f needs it, and its gradient
  };

  /// Weights are zero until `initialize`. Throws std::invalid_argument unless both sizes are positive.
  Dense(Index input_size, Index output_size, Bias with = Bias::both)
      : input_size_(input_size), output_size_(output_size), bias_(with) {
    require(input_size > 0 && output_size > 0, "Dense with input_size ", input_size, " and output_size ",
            output_size, ": both must be at least 1");
    detail::check_largest("Dense", input_size, output_size);
    detail::set_zero(weight, output_size, input_size);
    detail::set_zero(bias, with == Bias::both ? output_size : 0);
  }

  Index input_size() const { return input_size_; }
  Index output_size() const { return output_size_; }
  RECUR_COLD std::string describe() const {
    return detail::message("Dense (", input_size(), " -> ", output_size(), ")");
  }
  Description description() const requires detail::NamedActivation<F> {
    Description dense("dense", input_size(), output_size());
    if constexpr (!linear) dense.set("activation", F::name);
    if (bias.size() == 0) dense.set("bias", false);
    return dense;
  }

  void initialize(Random& random, Scheme scheme);

  template <class G, class... Self>
  static void visit(const Name& at, G&& f, Self&... self) {
    f(at / "weight", self.weight...);
    if ((... || (self.bias.size() > 0))) f(at / "bias", self.bias...);
  }
  template <class Self, class G>
  static void shapes(Self& self, G&& f) {
    f("weight", self.weight, self.output_size_, self.input_size_);
    f("bias", self.bias, self.bias_ == Bias::both ? self.output_size_ : 0, Index{1});
  }

  const Sequence<S>& forward(const Sequence<S>& x, Tape& tape, Pass = predicting) const;

  void backward(const Sequence<S>& x, const Sequence<S>& dy, Tape& tape, Dense& gradient,
                bool want_dx = true) const;

  void check_tape(const Sequence<S>& x, const Tape& tape) const {
    check_pass(*this, x, tape);
    check_weights(*this);
  }

  /// The places of the last output and of the next one. A network may feed itself: x may be the last output.
  struct Stream {
    VectorX<S> y, next;
  };
  Stream stream() const { return {VectorX<S>::Zero(output_size()), VectorX<S>::Zero(output_size())}; }
  void reset(Stream&) const {}  // a stream remembers nothing
  static bool ends_backward(bool input) { return input; }
  static bool joins_directions(bool) { return false; }  // each output is of both
  template <class G, class... Whole>
  static constexpr void for_each_part(G&&, Whole&...) {}
  void check_stream(const Stream& stream) const {
    recur::check_stream(*this, stream.y.size(), output_size());
    recur::check_stream(*this, stream.next.size(), output_size());
  }
  /// x: I, y: O. Throws std::invalid_argument for other sizes.
  const VectorX<S>& step(const StepInput<S>& x, Stream& stream) const {
    recur::check_stream(*this, stream);
    return advance(detail::Checked(), x, stream);
  }
  /// The same for a stream that check_stream has accepted: see layer.hpp.
  const VectorX<S>& advance(detail::Checked, const StepInput<S>& x, Stream& stream) const {
    check_step(*this, x);
    VectorX<S>& y = stream.next;
    if (output_size() == 1)  // many streams end in one output; this sum is faster than a product
      y(0) = (bias.size() == 0 ? S(0) : bias(0)) + detail::arrays::dot(weight.data(), x.data(), x.size());
    else
      multiply(as_is(x), y.data());
    if constexpr (!linear) activate<F>(y.data(), y.data(), y.size());
    stream.y.swap(y);
    return stream.y;
  }

 private:
  static constexpr bool linear = std::same_as<F, Identity>;
  static constexpr bool in_place = detail::SlopeFromOutput<F, S>;  // W x + b is not needed again

  /// y = W x + b.
  template <class X>
  void multiply(const X& x, S* y) const {
    if (bias.size() > 0)
      affine(as_is(weight), bias.data(), x, y);
    else
      product(as_is(weight), x, y);
  }

  Index input_size_, output_size_;
  Bias bias_;
};

template <std::floating_point S, Activation F>
void Dense<S, F>::initialize(Random& random, Scheme scheme) {
  if (scheme == Scheme::pytorch) {
    const double limit = 1 / std::sqrt(static_cast<double>(input_size()));
    uniform(weight, limit, random);
    uniform(bias, limit, random);
    return;
  }
  if constexpr (std::same_as<F, Relu>)
    he(weight, input_size(), random);
  else
    glorot(weight, input_size(), output_size(), random);
  detail::set_zero(bias);
}

template <std::floating_point S, Activation F>
const Sequence<S>& Dense<S, F>::forward(const Sequence<S>& x, Tape& tape, Pass) const {
  check_input(*this, x, tape);
  check_weights(*this);
  S* a = in_place ? nullptr : tape.a.at_least(output_size() * x.columns());
  tape.made_by = sizes_of(*this, x.features());
  tape.y.reshape(output_size(), x.layout());
  if constexpr (in_place) a = tape.y.data();
  multiply(as_is(x.data(), input_size(), x.columns()), a);
  if constexpr (!linear) activate<F>(a, tape.y.data(), output_size() * x.columns());
  return tape.y;
}

template <std::floating_point S, Activation F>
void Dense<S, F>::backward(const Sequence<S>& x, const Sequence<S>& dy, Tape& tape, Dense& gradient,
                           bool want_dx) const {
  check_backward(*this, x, dy, tape, gradient);
  const Index outputs = output_size(), inputs = input_size(), columns = x.columns();
  const S* da = dy.data();
  if constexpr (!linear) {
    S* d = tape.da.at_least(outputs * columns);
    const S* const a = in_place ? tape.y.data() : tape.a.data();
    activate_backward<F>(a, tape.y.data(), dy.data(), d, outputs * columns);
    da = d;
  }
  add_product(as_is(da, outputs, columns), transposed(x.data(), inputs, columns), gradient.weight.data());
  if (bias.size() > 0) add_columns(da, outputs, columns, gradient.bias.data());
  if (!want_dx) return;
  tape.dx.reshape(inputs, x.layout());
  product(transposed(weight), as_is(da, outputs, columns), tape.dx.data());
}

}  // namespace recur::inline RECUR_ABI

#define RECUR_COMPILED_DENSE(how, S) how template class Dense<S>;
#if defined(RECUR_COMPILED)
namespace recur::inline RECUR_ABI {
RECUR_COMPILED_DENSE(extern, float)
RECUR_COMPILED_DENSE(extern, double)
}  // namespace recur::inline RECUR_ABI
#endif
