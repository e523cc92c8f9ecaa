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
#include "recur/layer/time_window.hpp"

namespace recur::inline RECUR_ABI {

/// A convolution in time, with dilation d and stride s. By default it is causal (van den Oord et al., "WaveNet", 2016,
/// section 2.1): each output sees its step and earlier ones, and zeros before the start of the sequence:
///
///   y_t = b + Σ_k W_k x_{s t + k d - before}        k = 0 ... K-1        before = (K-1) d if it is causal
///
///   weight: O × (K·I), W_k its columns from k·I on      bias: O      x: I × N ragged, y: O × N or shorter
///
/// Padding says how many steps of zeros are `before` the sequence and behind it, and so how many outputs there are.
/// This is Keras's Conv1D and PyTorch's nn.Conv1d, whose default is Padding::valid(). If it is causal with stride 1, it
/// can stream (can_stream), and a stream remembers the last (K-1) d steps; a forward pass starts from zeros. Initial
/// weights: Glorot's for K·I inputs, bias zero. Scheme::pytorch: both uniform in ±1/√(K·I). Throws std::invalid_argument
/// if sizes don't fit, for a sequence too short for one output, and unless K·d and s are at most 2²⁴.
template <std::floating_point S>
class Conv1d {
 public:
  using Scalar = S;
  using InputScalar = S;

  MatrixX<S> weight;
  VectorX<S> bias;

  struct Tape : TapeOf<S> {
    MatrixX<S> taps, d_taps;  // the K steps that each output sees, K·I × N
    TimeWindow window;        // of the layer
    Layout given, outputs;    // of x and of y
  };

  /// Weights are zero until `initialize`.
  Conv1d(Index input_size, Index output_size, Index kernel_size, Index dilation = 1,
         Padding padding = Padding::causal(), Index stride = 1)
      : inputs_(input_size), outputs_(output_size), window_{kernel_size, dilation, stride, padding} {
    require(inputs_ > 0 && output_size > 0 && kernel_size > 0 && dilation > 0, "Conv1d with input_size ",
            inputs_, ", output_size ", output_size, ", kernel_size ", kernel_size, " and dilation ", dilation,
            ": all must be at least 1");
    window_.check("Conv1d");
    detail::check_largest("Conv1d", inputs_, kernel_size);
    detail::check_largest("Conv1d", output_size, kernel_size * inputs_);
    weight.setZero(output_size, kernel_size * inputs_);
    bias.setZero(output_size);
  }

  Index input_size() const { return inputs_; }
  Index output_size() const { return outputs_; }
  Index kernel_size() const { return window_.size; }  ///< K, steps of a kernel
  Index dilation() const { return window_.dilation; }
  const TimeWindow& window() const { return window_; }  ///< its kernel size, dilation, stride and padding
  Index output_length(Index length) const { return window_.output_length(*this, length); }
  bool can_stream() const { return window_.can_stream(); }
  std::string describe() const {
    return detail::message("Conv1d (", inputs_, " -> ", output_size(), ", kernel ", kernel_size(),
                           ", dilation ", dilation(), ")");
  }
  Description description() const {
    Description conv =
        Description("conv1d", inputs_, output_size(), kernel_size()).with("dilation", dilation());
    window_.describe_in(conv);
    return conv;
  }
  void initialize(Random& random, Scheme scheme) {
    if (scheme == Scheme::pytorch) {
      const double limit = 1 / std::sqrt(static_cast<double>(taps()));
      uniform(weight, limit, random);
      uniform(bias, limit, random);
    } else {
      glorot(weight, taps(), output_size(), random);
      bias.setZero();
    }
  }
  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    f(at / "weight", self.weight...);
    f(at / "bias", self.bias...);
  }
  template <class Self, class F>
  static void shapes(Self& self, F&& f) {
    f("weight", self.weight, self.outputs_, self.taps());
    f("bias", self.bias, self.outputs_, Index{1});
  }

  const Sequence<S>& forward(const Sequence<S>& x, Tape& tape, Pass = predicting) const {
    check_input(*this, x, tape);
    check_weights(*this);
    window_.lay_out(*this, x.layout(), tape.outputs);  // it may refuse x: the rest stays as it was
    tape.given = x.layout();
    tape.made_by = sizes_of(*this, x.features());
    tape.window = window_;
    tape.y.reshape(output_size(), tape.outputs);
    detail::resize(tape.taps, taps(), tape.y.columns());
    window_.for_each_step(x.layout(), tape.y.layout(), [&](Index k, Index column, Index from) {
      S* const tap = tape.taps.data() + column * tape.taps.rows() + k * inputs_;
      if (from < 0)
        std::fill_n(tap, inputs_, S(0));
      else
        std::copy_n(x.data() + from * inputs_, inputs_, tap);
    });
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
    detail::resize(tape.d_taps, taps(), dy.columns());
    product(transposed(weight), d, tape.d_taps.data());
    tape.dx.reshape(inputs_, x.layout());
    std::fill_n(tape.dx.data(), inputs_ * x.columns(), S(0));
    window_.for_each_step(x.layout(), dy.layout(), [&](Index k, Index column, Index from) {
      if (from >= 0)
        detail::arrays::add(tape.dx.data() + from * inputs_,
                            tape.d_taps.data() + column * tape.d_taps.rows() + k * inputs_, inputs_);
    });
  }

  Index inner_size() const { return kernel_size() * dilation() + window_.stride - 1; }
  void check_tape(const Sequence<S>& x, const Tape& tape) const {
    check_pass(*this, x, tape);
    check_weights(*this);
    require(
        tape.window == window_ && tape.taps.rows() == taps() && tape.taps.cols() == tape.y.columns(), *this,
        " was asked for a gradient with a tape of another layer: it must be that of its own forward pass");
  }

  struct Stream {
    MatrixX<S> past;  // a ring of the last steps, I × ((K-1) d + 1)
    Index present;    // its column for the next step
    VectorX<S> taps, y;
  };
  /// Throws std::invalid_argument unless it is causal with stride 1.
  Stream stream() const {
    require(can_stream(), *this, " can't be run step by step: it must be causal with stride 1");
    return {MatrixX<S>::Zero(inputs_, span()), 0, VectorX<S>::Zero(taps()), VectorX<S>::Zero(output_size())};
  }
  void reset(Stream& stream) const {
    stream.past.setZero();
    stream.present = 0;
  }
  void check_stream(const Stream& stream) const {
    require(stream.past.rows() == inputs_ && stream.past.cols() == span() && stream.taps.size() == taps() &&
                stream.y.size() == output_size() && stream.present >= 0 && stream.present < span(),
            *this, " was given a stream of other sizes: it must be one that its stream() made");
  }
  /// x: I, y: O. Throws std::invalid_argument for other sizes.
  const VectorX<S>& step(const StepInput<S>& x, Stream& stream) const {
    check_step(*this, x);
    check_weights(*this);
    check_stream(stream);
    std::copy_n(x.data(), inputs_, stream.past.data() + stream.present * inputs_);
    for (Index k = kernel_size(), from = stream.present; k-- > 0; from -= dilation()) {
      if (from < 0) from += span();
      std::copy_n(stream.past.data() + from * inputs_, inputs_, stream.taps.data() + k * inputs_);
    }
    affine(as_is(weight), bias.data(), as_is(stream.taps), stream.y.data());
    if (++stream.present == span()) stream.present = 0;
    return stream.y;
  }

 private:
  Index span() const { return window_.span(); }

  /// K·I: what one output sees.
  Index taps() const { return window_.size * inputs_; }

  Index inputs_, outputs_;
  TimeWindow window_;
};

}  // namespace recur::inline RECUR_ABI
