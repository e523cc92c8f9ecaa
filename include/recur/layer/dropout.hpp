// Dropout between layers.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "recur/layer/layer.hpp"

namespace recur {

/// Makes each number of a mask 0 with probability `rate` and else 1 / (1 - rate). There must be room for one
/// number more.
template <class S>
[[gnu::noinline]] void draw_mask(S* mask, Index size, double rate, Random& random) {
  const auto threshold = static_cast<std::uint32_t>(std::ldexp(rate, 32));
  const S scale = static_cast<S>(1 / (1 - rate));
  for (Index i = 0; i < size; i += 2) {  // each draw of 64 bits serves two numbers
    const std::uint64_t bits = random.bits();
    mask[i] = static_cast<std::uint32_t>(bits >> 32) < threshold ? S(0) : scale;
    mask[i + 1] = static_cast<std::uint32_t>(bits) < threshold ? S(0) : scale;
  }
}
inline void check_rate(std::string_view what, double rate) {
  require(rate >= 0 && rate < 1, what, " with rate ", rate, ": it must be at least 0 and below 1");
}

/// While training, each feature of each step is zero with probability `rate` and else divided by 1 - rate, so
/// that prediction, where everything passes, needs no scale (inverted dropout, Srivastava et al. 2014,
/// section 10). x, y: F × N. Throws std::invalid_argument unless 0 <= rate < 1.
template <std::floating_point S>
class Dropout {
 public:
  using Scalar = S;
  using InputScalar = S;

  explicit Dropout(double drop_rate) : rate_(drop_rate) { check_rate("Dropout", drop_rate); }

  struct Tape : TapeOf<S> {
    Buffer<S> mask;  // 0 or 1 / (1 - rate)
    bool masked = false;
  };

  double rate() const { return rate_; }
  Index input_size() const { return any_size; }
  Index output_size() const { return any_size; }
  std::string describe() const { return message("Dropout (", rate_, ")"); }
  void initialize(Random&, Scheme) {}
  template <class F, class... Self>
  static void visit(const Name&, F&&, Self&...) {}

  const Sequence<S>& forward(const Sequence<S>& x, Tape& tape, Pass pass = predicting) const {
    check_input(*this, x);
    tape.y.reshape(x.features(), x.layout());
    tape.masked = pass.random && rate_ > 0;
    if (!tape.masked) {
      tape.y.values() = x.values();
      return tape.y;
    }
    const Index size = x.values().size();
    S* const mask = tape.mask.at_least(size + 1);
    draw_mask(mask, size, rate_, *pass.random);
    tape.y.values() = x.values().cwiseProduct(ConstMatrixMap<S>(mask, x.features(), x.columns()));
    return tape.y;
  }

  void backward(const Sequence<S>& x, const Sequence<S>& dy, Tape& tape, Dropout& gradient,
                bool want_dx = true) const {
    check_backward(*this, x, dy, tape, gradient);
    if (!want_dx) return;
    tape.dx.reshape(x.features(), x.layout());
    if (tape.masked)
      tape.dx.values() =
          dy.values().cwiseProduct(ConstMatrixMap<S>(tape.mask.data(), x.features(), x.columns()));
    else
      tape.dx.values() = dy.values();
  }

  struct Stream {};
  Stream stream() const { return {}; }
  const Vector<S>& step(const Vector<S>& x, Stream&) const { return x; }

 private:
  double rate_;
};

}  // namespace recur
