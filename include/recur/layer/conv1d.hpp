// A convolution in time.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <string>

#include "recur/core/initialize.hpp"
#include "recur/core/product.hpp"
#include "recur/core/sums.hpp"
#include "recur/layer/layer.hpp"

namespace recur::inline RECUR_ABI {

/// A causal convolution in time with dilation (van den Oord et al., "WaveNet", 2016, section 2.1). Each output sees its
/// step and earlier ones, and zeros before the start of the sequence:
///
///   y_t = b + Σ_k W_k x_{t - (K-1-k) d}        k = 0 ... K-1, so the last W is that of the present step
///
///   weight: O × (K·I), W_k its columns from k·I on      bias: O      x: I × N ragged, y: O × N
///
/// Keras calls it Conv1D with padding "causal". A stream remembers the last (K-1) d steps; a forward pass starts from
/// zeros. Initial weights: Glorot's for K·I inputs, bias zero. Scheme::pytorch: both uniform in ±1/√(K·I). Throws
/// std::invalid_argument if sizes don't fit, and unless K·d is at most 2²⁴.
template <std::floating_point S>
class Conv1d {
 public:
  using Scalar = S;
  using InputScalar = S;

  MatrixX<S> weight;
  VectorX<S> bias;

  struct Tape : TapeOf<S> {
    MatrixX<S> taps, d_taps;  // the K steps that each output sees, K·I × N
  };

  /// Weights are zero until `initialize`.
  Conv1d(Index input_size, Index output_size, Index kernel_size, Index dilation = 1)
      : inputs_(input_size), kernel_(kernel_size), dilation_(dilation) {
    constexpr Index longest = Index{1} << 24;
    require(inputs_ > 0 && output_size > 0 && kernel_ > 0 && dilation_ > 0, "Conv1d with input_size ",
            inputs_, ", output_size ", output_size, ", kernel_size ", kernel_, " and dilation ", dilation_,
            ": all must be at least 1");
    require(kernel_ <= longest / dilation_, "Conv1d with kernel_size ", kernel_, " and dilation ", dilation_,
            ": their product can be at most ", longest);
    detail::check_largest("Conv1d", inputs_, kernel_);
    detail::check_largest("Conv1d", output_size, kernel_ * inputs_);
    weight.setZero(output_size, kernel_ * inputs_);
    bias.setZero(output_size);
  }

  Index input_size() const { return inputs_; }
  Index output_size() const { return weight.rows(); }
  Index kernel_size() const { return kernel_; }
  Index dilation() const { return dilation_; }
  std::string describe() const {
    return detail::message("Conv1d (", inputs_, " -> ", output_size(), ", kernel ", kernel_, ", dilation ",
                           dilation_, ")");
  }
  Description description() const {
    return Description("conv1d", inputs_, output_size(), kernel_).with("dilation", dilation_);
  }
  void initialize(Random& random, Scheme scheme) {
    if (scheme == Scheme::pytorch) {
      const double limit = 1 / std::sqrt(static_cast<double>(weight.cols()));
      uniform(weight, limit, random);
      uniform(bias, limit, random);
    } else {
      glorot(weight, weight.cols(), output_size(), random);
      bias.setZero();
    }
  }
  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    f(at / "weight", self.weight...);
    f(at / "bias", self.bias...);
  }

  const Sequence<S>& forward(const Sequence<S>& x, Tape& tape, Pass = predicting) const {
    check_input(*this, x, tape);
    check_weights();
    tape.made_by = sizes_of(*this, x.features());
    tape.taps.resize(weight.cols(), x.columns());
    for_each_tap(x.layout(), [&](Index k, Index column, Index from) {
      S* const tap = tape.taps.data() + column * tape.taps.rows() + k * inputs_;
      if (from < 0)
        std::fill_n(tap, inputs_, S(0));
      else
        std::copy_n(x.data() + from * inputs_, inputs_, tap);
    });
    tape.y.reshape(output_size(), x.layout());
    affine(as_is(weight), bias.data(), as_is(tape.taps), tape.y.data());
    return tape.y;
  }

  void backward(const Sequence<S>& x, const Sequence<S>& dy, Tape& tape, Conv1d& gradient,
                bool want_dx = true) const {
    check_backward(*this, x, dy, tape, gradient);
    const auto d = as_is(dy.data(), output_size(), dy.columns());
    add_product(d, transposed(tape.taps), gradient.weight.data());
    add_columns(dy.data(), output_size(), dy.columns(), gradient.bias.data());
    if (!want_dx) return;
    tape.d_taps.resize(weight.cols(), x.columns());
    product(transposed(weight), d, tape.d_taps.data());
    tape.dx.reshape(inputs_, x.layout());
    std::fill_n(tape.dx.data(), inputs_ * x.columns(), S(0));
    for_each_tap(x.layout(), [&](Index k, Index column, Index from) {
      if (from >= 0)
        detail::arrays::add(tape.dx.data() + from * inputs_,
                            tape.d_taps.data() + column * tape.d_taps.rows() + k * inputs_, inputs_);
    });
  }

  Index inner_size() const { return kernel_ * dilation_; }
  void check_tape(const Sequence<S>& x, const Tape& tape) const {
    check_pass(*this, x, tape);
    check_weights();
    require(
        tape.taps.rows() == weight.cols() && tape.taps.cols() == x.columns(), *this,
        " was asked for a gradient with a tape of another layer: it must be that of its own forward pass");
  }

  struct Stream {
    MatrixX<S> past;  // a ring of the last steps, I × ((K-1) d + 1)
    Index present;    // its column for the next step
    VectorX<S> taps, y;
  };
  Stream stream() const {
    return {MatrixX<S>::Zero(inputs_, span()), 0, VectorX<S>::Zero(weight.cols()),
            VectorX<S>::Zero(output_size())};
  }
  void reset(Stream& stream) const {
    stream.past.setZero();
    stream.present = 0;
  }
  void check_stream(const Stream& stream) const {
    require(stream.past.rows() == inputs_ && stream.past.cols() == span() &&
                stream.taps.size() == weight.cols() && stream.y.size() == output_size(),
            *this, " was given a stream of other sizes: it must be one that its stream() made");
  }
  /// x: I, y: O. Throws std::invalid_argument for other sizes.
  const VectorX<S>& step(const StepInput<S>& x, Stream& stream) const {
    check_step(*this, x);
    check_weights();
    check_stream(stream);
    std::copy_n(x.data(), inputs_, stream.past.data() + stream.present * inputs_);
    for (Index k = kernel_, from = stream.present; k-- > 0; from -= dilation_) {
      if (from < 0) from += span();
      std::copy_n(stream.past.data() + from * inputs_, inputs_, stream.taps.data() + k * inputs_);
    }
    affine(as_is(weight), bias.data(), as_is(stream.taps), stream.y.data());
    if (++stream.present == span()) stream.present = 0;
    return stream.y;
  }

 private:
  Index span() const { return (kernel_ - 1) * dilation_ + 1; }

  /// Calls f(k, column of an output, column of the input that its W_k sees, or -1 before the start).
  template <class F>
  void for_each_tap(const Layout& layout, F&& f) const {
    for (Index t = 0; t < layout.steps(); ++t)
      for (Index n = 0; n < layout.batch_size(t); ++n)
        for (Index k = 0; k < kernel_; ++k) {
          const Index earlier = t - (kernel_ - 1 - k) * dilation_;
          f(k, layout.offset(t) + n, earlier < 0 ? -1 : layout.offset(earlier) + n);
        }
  }

  void check_weights() const {  // weights are public, so their sizes may be wrong
    require(weight.cols() == kernel_ * inputs_ && bias.size() == output_size(), *this, " has weights of ",
            weight.rows(), " x ", weight.cols(), " and a bias of ", bias.size(), ": they must be O x ",
            kernel_ * inputs_, " and O");
  }

  Index inputs_, kernel_, dilation_;
};

}  // namespace recur::inline RECUR_ABI
