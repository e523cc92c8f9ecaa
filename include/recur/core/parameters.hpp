// One list of parameters per layer. A layer names each of its parameters once, in
//
//   template <class F, class... Self>
//   static void visit(const Name& at, F&& f, Self&... self) {
//     f(at / "weight", self.weight...);
//     f(at / "bias", self.bias...);
//   }
//
// and this walks any number of values of that type in step: a model with its gradient, with the two
// moments of Adam, with what was read from a file. Everything below is one such walk.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/simd.hpp"
#include "recur/core/sums.hpp"

namespace recur::inline RECUR_ABI {

/// Path of a parameter, as "1.weight_ih": a chain of pieces on the stack, so that a walk allocates nothing.
class Name {
 public:
  constexpr Name() = default;
  friend constexpr Name operator/(const Name& parent, std::string_view text) { return {&parent, text, -1}; }
  friend constexpr Name operator/(const Name& parent, Index index) { return {&parent, {}, index}; }

  [[gnu::noinline]] std::string str() const {
    if (!parent_) return {};
    std::string path = parent_->str();
    if (!path.empty()) path += '.';
    return path += index_ < 0 ? std::string(text_) : std::to_string(index_);
  }

 private:
  constexpr Name(const Name* parent, std::string_view text, Index index)
      : parent_(parent), text_(text), index_(index) {}
  const Name* parent_ = nullptr;
  std::string_view text_;
  Index index_ = -1;
};

/// A parameter of which a step uses few rows: the vectors of an embedding, one row a token (V × E).
/// As a gradient it remembers which rows were touched, so that clearing, adding and measuring it cost
/// what was used and not the whole vocabulary.
template <class S>
class Table {
 public:
  using Scalar = S;
  using Values = Eigen::Matrix<S, Dynamic, Dynamic, Eigen::RowMajor>;

  Table() = default;
  Table(Index rows, Index cols)
      : values(Values::Zero(rows, cols)), is_touched_(static_cast<std::size_t>(rows)) {
    touched_.reserve(static_cast<std::size_t>(rows));
  }

  Values values;

  Index rows() const { return values.rows(); }
  Index cols() const { return values.cols(); }
  Index size() const { return values.size(); }

  /// Row of a gradient, to be added to.
  auto touch(Index row) {
    auto& seen = is_touched_[static_cast<std::size_t>(row)];
    if (!seen) touched_.push_back(row);
    seen = true;
    return values.row(row);
  }
  /// Rows that may differ from zero, in the order in which they were first touched.
  const std::vector<Index>& touched() const { return touched_; }

  /// Forgets which rows were touched and makes them zero again.
  void clear() {
    for (const Index row : touched_) {
      std::fill_n(&values(row, 0), cols(), S(0));
      is_touched_[static_cast<std::size_t>(row)] = false;
    }
    touched_.clear();
  }

 private:
  std::vector<Index> touched_;
  std::vector<char> is_touched_;
};

// Runs of numbers: what a walk does to each is compiled once for each scalar, whatever the shapes of the
// parameters and however many models there are. In packs, since each of Eigen's expressions takes as long to compile
// as everything here.
namespace detail::arrays {

/// y = f(x...), pack by pack; y may be any of x.
template <class S, class F, class... X>
[[gnu::always_inline]] inline void map(S* y, Index count, F&& f, const X*... x) {
  over_packs<S>(
      count, [&](Index i, Index lanes)
                 __attribute__((always_inline)) { f(Pack<S>::load(x + i, lanes)...).store(y + i, lanes); });
}
template <class S>
[[gnu::noinline]] void scale(S* values, Index count, S factor) {
  map(
      values, count, [factor](auto a) { return factor * a; }, values);
}
/// sum = a + b; it may be either.
template <class S>
[[gnu::noinline]] void add(const S* a, const S* b, S* sum, Index count) {
  map(
      sum, count, [](auto x, auto y) { return x + y; }, a, b);
}
template <class S>
void add(S* sum, const S* term, Index count) {
  add(sum, term, sum, count);
}
/// product = a ∘ b; it may be either.
template <class S>
[[gnu::noinline]] void multiply(const S* a, const S* b, S* product, Index count) {
  map(
      product, count, [](auto x, auto y) { return x * y; }, a, b);
}
/// sum += factor · term.
template <class S>
[[gnu::noinline]] void add_scaled(S* sum, S factor, const S* term, Index count) {
  map(
      sum, count, [factor](auto a, auto b) { return fma(decltype(a)(factor), b, a); }, sum, term);
}
/// Σ_k a_k b_k by packs P, and of what is left by narrower ones: one by one, each would wait for the one before.
template <class P, class S>
[[gnu::always_inline]] inline S dot_in_packs(const S* a, const S* b, Index count) {
  Index k = 0;
  S total = 0;
  if (count >= P::size) {
    P even(S(0)), odd(S(0));
    for (; k + 2 * P::size <= count; k += 2 * P::size) {
      even = fma(P::load(a + k), P::load(b + k), even);
      odd = fma(P::load(a + k + P::size), P::load(b + k + P::size), odd);
    }
    for (; k + P::size <= count; k += P::size) even = fma(P::load(a + k), P::load(b + k), even);
    total = sum(even + odd);
  }
  if constexpr (P::size > 1)
    if (k < count) total += dot_in_packs<Pack<S, P::size / 2>>(a + k, b + k, count - k);
  return total;
}
/// Σ_k a_k b_k.
template <class S>
[[gnu::noinline]] S dot(const S* a, const S* b, Index count) {
  return sum_in_runs<S>(
      count, [&](Index first, Index end) __attribute__((always_inline)) {
        return dot_in_packs<Pack<S>>(a + first, b + first, end - first);
      });
}
template <class S>
[[gnu::noinline]] bool all_zero(const S* values, Index count) {
  return std::all_of(values, values + count, [](S v) { return v == 0; });
}
/// Σ_k (scale a_k)², in double, in which no square of a float overflows or vanishes; in packs where none does anyway.
template <class S>
[[gnu::noinline]] double sum_of_squares(const S* values, Index count, double scale = 1) {
  constexpr Index run = 1024;
  constexpr double least = static_cast<double>(std::numeric_limits<S>::min()) * 0x1p40,
                   most = static_cast<double>(std::numeric_limits<S>::max());
  double total = 0;
  for (Index first = 0; first < count; first += run) {
    const Index size = std::min(run, count - first);
    double sum = scale == 1 ? static_cast<double>(dot(values + first, values + first, size)) : 0;
    if (!(sum > least && sum <= most) && !all_zero(values + first, size)) [[unlikely]] {
      sum = 0;
      for (Index i = first; i < first + size; ++i) {
        const double value = scale * static_cast<double>(values[i]);
        sum += value * value;
      }
    }
    total += sum;
  }
  return total;
}
/// max_k |a_k|, 0 of no numbers; one that is not a number is passed over.
template <class S>
[[gnu::noinline]] S largest_size(const S* values, Index count) {
  S top = 0;
  for (Index i = 0; i < count; ++i) top = std::max(top, std::abs(values[i]));
  return top;
}
template <class S>
[[gnu::noinline]] bool all_finite(const S* values, Index count) {
  Pack<S> zeros(S(0));  // 0 · v is NaN where v is not finite
  over_packs<S>(count, [&](Index i, Index lanes) {
    zeros = fma(Pack<S>(S(0)), Pack<S>::load(values + i, lanes), zeros);
  });
  return sum(zeros) == 0;
}

}  // namespace detail::arrays

/// Calls f(first, count) for each run of a gradient's numbers that may differ from zero: all of a matrix, the
/// touched rows of a table.
template <class Derived, class F>
void for_each_run(Eigen::PlainObjectBase<Derived>& gradient, F&& f) {
  f(gradient.data(), gradient.size());
}
template <class Derived, class F>
void for_each_run(const Eigen::PlainObjectBase<Derived>& gradient, F&& f) {
  f(gradient.data(), gradient.size());
}
template <class S, class F>
void for_each_run(Table<S>& gradient, F&& f) {
  for (const Index row : gradient.touched()) f(&gradient.values(row, 0), gradient.cols());
}
template <class S, class F>
void for_each_run(const Table<S>& gradient, F&& f) {
  for (const Index row : gradient.touched()) f(&gradient.values(row, 0), gradient.cols());
}

template <class Derived>
void clear(Eigen::PlainObjectBase<Derived>& gradient) {
  std::fill_n(gradient.data(), gradient.size(), typename Derived::Scalar(0));
}
template <class S>
void clear(Table<S>& gradient) {
  gradient.clear();
}

template <class Derived>
void add_to(Eigen::PlainObjectBase<Derived>& sum, const Eigen::PlainObjectBase<Derived>& term) {
  detail::arrays::add(sum.data(), term.data(), term.size());
}
template <class S>
void add_to(Table<S>& sum, const Table<S>& term) {
  for (const Index row : term.touched())
    detail::arrays::add(sum.touch(row).data(), &term.values(row, 0), term.cols());
}

/// All values of a parameter as one column, in the order of its memory.
template <class Derived>
auto flat(Eigen::PlainObjectBase<Derived>& p) {
  return Eigen::Map<Eigen::Array<typename Derived::Scalar, Dynamic, 1>>(p.data(), p.size());
}
template <class Derived>
auto flat(const Eigen::PlainObjectBase<Derived>& p) {
  return Eigen::Map<const Eigen::Array<typename Derived::Scalar, Dynamic, 1>>(p.data(), p.size());
}
template <class S>
auto flat(Table<S>& p) {
  return flat(p.values);
}
template <class S>
auto flat(const Table<S>& p) {
  return flat(p.values);
}

// What is done to a whole model, layer or gradient.

/// Calls f(name, parameter...) for each parameter of values of one type, walked in step.
template <class F, class Model, class... Same>
void for_each_parameter(F&& f, Model& model, Same&... same) {
  std::remove_const_t<Model>::visit(Name{}, f, model, same...);
}

/// Number of trainable numbers.
template <class Model>
Index count_parameters(const Model& model) {
  Index count = 0;
  for_each_parameter([&](const Name&, const auto& p) { count += p.size(); }, model);
  return count;
}

/// A gradient, moment or sum that fits the model: the same type and sizes, every parameter zero.
template <class Model>
Model zeros_like(const Model& model) {
  Model zeros = model;
  for_each_parameter(
      [](const Name&, auto& p) { std::fill_n(flat(p).data(), p.size(), typename Model::Scalar(0)); }, zeros);
  return zeros;
}

/// Makes a gradient zero again.
template <class Model>
void clear_gradient(Model& gradient) {
  for_each_parameter([](const Name&, auto& p) { clear(p); }, gradient);
}

/// sum += term, for two gradients of one model.
template <class Model>
void add_gradient(Model& sum, const Model& term) {
  for_each_parameter([](const Name&, auto& p, const auto& q) { add_to(p, q); }, sum, term);
}

/// gradient *= factor.
template <class Model>
void scale_gradient(Model& gradient, typename Model::Scalar factor) {
  const auto scale = [&](auto* values, Index count) { detail::arrays::scale(values, count, factor); };
  for_each_parameter([&](const Name&, auto& p) { for_each_run(p, scale); }, gradient);
}

/// 2-norm over all parameters together: finite where it is below the largest double, and above 0 unless all are 0, also where
/// their squares are not.
template <class Model>
double gradient_norm(const Model& gradient) {
  const auto norm = [&](double scale) {
    double sum = 0;
    const auto add = [&](const auto* values, Index count) {
      sum += detail::arrays::sum_of_squares(values, count, scale);
    };
    for_each_parameter([&](const Name&, const auto& p) { for_each_run(p, add); }, gradient);
    return std::sqrt(sum);
  };
  const double plain = norm(1);
  if (plain > 0x1p-480 && plain < 0x1p510) [[likely]]
    return plain;  // and none of its squares was out of range that counts
  double top = 0;
  const auto look = [&](const auto* values, Index count) {
    top = std::max(top, static_cast<double>(detail::arrays::largest_size(values, count)));
  };
  for_each_parameter([&](const Name&, const auto& p) { for_each_run(p, look); }, gradient);
  if (std::isnan(plain) || std::isinf(top) || top == 0) return plain;
  const double scale =
      std::ldexp(1.0, std::clamp(-std::ilogb(top), -1000, 1000));  // never denormal: it may be flushed
  return norm(scale) / scale;
}

/// Whether every parameter is zero, as before `initialize`.
template <class Model>
bool all_zero(const Model& model) {
  bool zero = true;
  for_each_parameter(
      [&](const Name&, const auto& p) { zero = zero && detail::arrays::all_zero(flat(p).data(), p.size()); },
      model);
  return zero;
}

/// Path of the first parameter that holds a value that is not finite, or an empty string.
template <class Model>
std::string first_non_finite(const Model& model) {
  std::string found;
  for_each_parameter(
      [&](const Name& name, const auto& p) {
        if (found.empty() && !detail::arrays::all_finite(flat(p).data(), p.size())) found = name.str();
      },
      model);
  return found;
}

}  // namespace recur::inline RECUR_ABI
