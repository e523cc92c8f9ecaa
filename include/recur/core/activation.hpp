// Activations. Each is a value f(a) and its slope, over a scalar or a pack.
//
// If a slope follows from the output y = f(a), it takes only y, and a cell stores nothing else for its
// backward pass. If a slope needs the input, it takes (a, y).
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "recur/core/compiled.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/simd.hpp"
#include "recur/core/sums.hpp"

namespace recur::inline RECUR_ABI {

/// y = tanh a, y' = 1 - y².
struct Tanh {
  static constexpr auto name = "tanh";

  template <class T>
  static T value(const T& a) {
    return tanh(a);
  }
  template <class T>
  static T slope(const T& y) {
    return 1 - y * y;
  }
};

/// y = max(a, 0), y' = 1 where a > 0, else 0. A NaN stays a NaN.
struct Relu {
  static constexpr auto name = "relu";

  template <class T>
  static T value(const T& a) {
    return where_positive(-a, T(0), a);
  }
  template <class T>
  static T slope(const T& y) {
    return where_positive(y, T(1), T(0));
  }
};

/// y = 1 / (1 + exp(-a)), y' = y (1 - y).
struct Sigmoid {
  static constexpr auto name = "sigmoid";

  template <class T>
  static T value(const T& a) {
    return sigmoid(a);
  }
  template <class T>
  static T slope(const T& y) {
    return y * (1 - y);
  }
};

namespace detail {

/// exp(a) - 1 for a <= 0, at least -1. The difference would cancel near 0.
template <class T>
T exp_minus_one(const T& a) {
  const T e = exp(a);
  return where_positive(a + T(0.5), tanh(T(0.5) * a) * (e + 1), e - 1);
}

}  // namespace detail

/// y = a where a > 0, else exp(a) - 1; y' = 1 where a > 0, else y + 1 (Clevert et al. 2016, eq. 15, with α = 1).
struct Elu {
  static constexpr auto name = "elu";

  template <class T>
  static T value(const T& a) {
    return where_positive(a, a, detail::exp_minus_one(where_positive(a, T(0), a)));
  }
  template <class T>
  static T slope(const T& y) {
    return where_positive(y, T(1), y + 1);
  }
};

/// y = a Φ(a), y' = Φ(a) + a φ(a). Φ and φ are the distribution and the density of a standard normal number
/// (Hendrycks and Gimpel 2016, eq. 1). It is a ReLU with a smooth bend. Φ(a) = (1 + erf(a/√2)) / 2.
struct Gelu {
  static constexpr auto name = "gelu";

  template <class T>
  static T value(const T& a) {
    return where_positive(a + distant, a, T(-distant)) * distribution(a);
  }
  template <class T>
  static T slope(const T& a, const T&) {
    const T density = constant<T>(0.3989422804014327) * exp(T(-0.5) * a * a);
    return distribution(a) + where_positive(distant * distant - a * a, a, T(0)) * density;
  }

 private:
  static constexpr int distant =
      100;  // at larger distances from zero, Φ is 0 or 1, and an infinite a would give 0 · ∞

  template <class T>
  static T distribution(const T& a) {
    return T(0.5) + T(0.5) * erf(constant<T>(0.7071067811865476) * a);
  }
};

/// y = a, y' = 1.
struct Identity {
  static constexpr auto name = "identity";

  template <class T>
  static T value(const T& a) {
    return a;
  }
  template <class T>
  static T slope(const T&) {
    return T(1);
  }
};

namespace detail {

/// True if the slope of F follows from its output alone.
template <class F, class T = double>
concept SlopeFromOutput = requires(const T& y) {
  F::slope(y);
};
/// The general case.
template <class F, class T>
concept SlopeFromInput = requires(const T& a, const T& y) {
  F::slope(a, y);
};
template <class F, class T>
concept HasSlope = SlopeFromOutput<F, T> || SlopeFromInput<F, T>;
template <class F, class T>
concept HasValue = requires(const T& a) {
  F::value(a);
};

/// An activation that a description can name.
template <class F>
concept NamedActivation = requires {
  F::name;
};

}  // namespace detail

/// An activation: value(a), and slope(y) or slope(a, y).
template <class F, class T = double>
concept Activation = detail::HasValue<F, T> && detail::HasSlope<F, T>;

/// The slope of F at input a and output y.
template <class F, class T>
T slope(const T& a, const T& y) {
  if constexpr (detail::SlopeFromOutput<F, T>)
    return F::slope(y);
  else
    return F::slope(a, y);
}

/// y = f(a) for `count` numbers, in packs. y may be a.
template <class F, class S>
void activate(const S* a, S* y, Index count) {
  using P = Pack<S>;
  for (Index i = 0; i < count; i += P::size) F::value(P::load(a + i, count - i)).store(y + i, count - i);
}

/// da = f'(a) dy for `count` numbers, in packs; y = f(a). da may be dy.
template <class F, class S>
void activate_backward(const S* a, const S* y, const S* dy, S* da, Index count) {
  using P = Pack<S>;
  for (Index i = 0; i < count; i += P::size) {
    const Index lanes = count - i;
    (slope<F>(P::load(a + i, lanes), P::load(y + i, lanes)) * P::load(dy + i, lanes)).store(da + i, lanes);
  }
}

namespace detail {

/// The largest of `count` numbers. count is at least one.
template <class S>
RECUR_NOINLINE S largest(const S* values, Index count) {
  using P = Pack<S>;
  S top = values[0];
  Index i = 0;
  if (count >= P::size) {
    P tops = P::load(values);
    for (i = P::size; i + P::size <= count; i += P::size) tops = max(tops, P::load(values + i));
    S lanes[P::size];
    tops.store(lanes);
    top = *std::max_element(lanes, lanes + P::size);
  }
  for (; i < count; ++i) top = std::max(top, values[i]);
  return top;
}

/// What `exponentials` finds in its numbers: max_k a_k, and Σ_k exp(a_k - max).
template <class S>
struct Exponentials {
  S largest, sum;
};

/// y_c = exp(a_c - max_k a_k) of `count` numbers, at least one. It does not overflow for any finite a, and is 0 for minus
/// infinity. If the largest number is not finite, the sum is NaN. y may be a. y may be null if the
/// caller needs only the sum.
template <class S>
RECUR_NOINLINE Exponentials<S> exponentials(const S* a, Index count, S* y) {
  using P = Pack<S>;
  const S top = largest(a, count);
  const S total = sum_in_runs<S>(count, [&](Index i, Index end) RECUR_ALWAYS_INLINE {
    P sums(S(0));
    for (; i + P::size <= end; i += P::size) {
      const P e = exp(P::load(a + i) - P(top));
      if (y) e.store(y + i);
      sums = sums + e;
    }
    S all = sum(sums);
    if (i < end) {
      S rest[P::size];
      exp(P::load(a + i, end - i) - P(top)).store(rest);
      for (Index r = 0; i + r < end; ++r) {
        if (y) y[i + r] = rest[r];
        all += rest[r];
      }
    }
    return all;
  });
  return {top, total};
}

}  // namespace detail

/// y_c = exp(a_c) / Σ_k exp(a_k) of `count` numbers, in place. It is safe for logits of any finite size. A
/// logit of minus infinity has probability 0. If the largest logit is not finite, all results are NaN.
template <class S>
RECUR_NOINLINE void softmax(S* logits, Index count) {
  if (count == 0) return;
  const S scale = 1 / detail::exponentials(logits, count, logits).sum;
  for (Index i = 0; i < count; ++i) logits[i] *= scale;
}

namespace detail {

/// da = y ∘ (dy - Σ_k y_k dy_k): turns the gradient of a softmax's output into the gradient of its logits, in
/// place.
template <class S>
RECUR_NOINLINE void softmax_backward(const S* y, S* dy, Index count) {
  using P = Pack<S>;
  const S dot = sum_in_runs<S>(count, [&](Index i, Index end) RECUR_ALWAYS_INLINE {
    P sums(S(0));
    for (; i + P::size <= end; i += P::size) sums = fma(P::load(y + i), P::load(dy + i), sums);
    S all = sum(sums);
    for (; i < end; ++i) all += y[i] * dy[i];
    return all;
  });
  for (Index i = 0; i < count; ++i) dy[i] = y[i] * (dy[i] - dot);
}

/// log Σ_k exp(a_k) of `count` numbers; minus infinity if all are minus infinity. It is as safe as softmax.
template <class S>
S log_sum_exp(const S* a, Index count) {
  const auto [top, sum] = exponentials<S>(a, count, nullptr);
  // All are minus infinity, or one is not a number, which `largest` may pass over.
  if (top == -std::numeric_limits<S>::infinity()) return std::accumulate(a, a + count, S(0));
  return top + std::log(sum);
}

template <class Derived>
constexpr void check_columns() {
  static_assert(!Derived::IsRowMajor && Derived::InnerStrideAtCompileTime == 1,
                "softmax works on columns whose numbers stand side by side, but this matrix is row-major, "
                "transposed or has a stride");
}

}  // namespace detail

/// The softmax of each column, in place. The columns must be contiguous; a transposed matrix does not compile.
template <class Derived>
void softmax(Eigen::MatrixBase<Derived>& logits) {
  detail::check_columns<Derived>();
  if (logits.rows() == 0) return;
  for (Index n = 0; n < logits.cols(); ++n) softmax(&logits.coeffRef(0, n), logits.rows());
}

/// The log-softmax of each column, a_c - log Σ_k exp(a_k), in place. It is as safe as softmax.
template <class Derived>
void log_softmax(Eigen::MatrixBase<Derived>& logits) {
  using S = typename Derived::Scalar;
  detail::check_columns<Derived>();
  if (logits.rows() == 0) return;
  for (Index n = 0; n < logits.cols(); ++n) {
    S* const a = &logits.coeffRef(0, n);
    const auto [top, sum] = detail::exponentials<S>(a, logits.rows(), nullptr);
    const S log_sum = std::log(sum);
    for (Index c = 0; c < logits.rows(); ++c) a[c] = a[c] - top - log_sum;
  }
}

}  // namespace recur::inline RECUR_ABI

#define RECUR_COMPILED_ACTIVATION(how, S)                                         \
  how template detail::Exponentials<S> detail::exponentials(const S*, Index, S*); \
  how template void softmax(S*, Index);                                           \
  how template void detail::softmax_backward(const S*, S*, Index);
#if defined(RECUR_COMPILED)
namespace recur::inline RECUR_ABI {
RECUR_COMPILED_ACTIVATION(extern, float)
RECUR_COMPILED_ACTIVATION(extern, double)
}  // namespace recur::inline RECUR_ABI
#endif
