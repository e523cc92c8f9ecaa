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

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"

namespace recur {

/// Path of a parameter, as "1.weight_ih": a chain of pieces on the stack, so that a walk allocates nothing.
class Name {
 public:
  constexpr Name() = default;
  friend constexpr Name operator/(const Name& parent, std::string_view text) { return {&parent, text, -1}; }
  friend constexpr Name operator/(const Name& parent, Index index) { return {&parent, {}, index}; }

  std::string str() const {
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
      values.row(row).setZero();
      is_touched_[static_cast<std::size_t>(row)] = false;
    }
    touched_.clear();
  }

 private:
  std::vector<Index> touched_;
  std::vector<char> is_touched_;
};

// What a walk does to one parameter: for a matrix to all of it, for a table to the rows touched.

template <class Derived>
void clear(Eigen::PlainObjectBase<Derived>& gradient) {
  gradient.setZero();
}
template <class S>
void clear(Table<S>& gradient) {
  gradient.clear();
}

template <class Derived>
void add_to(Eigen::PlainObjectBase<Derived>& sum, const Eigen::PlainObjectBase<Derived>& term) {
  sum += term;
}
template <class S>
void add_to(Table<S>& sum, const Table<S>& term) {
  for (const Index row : term.touched()) sum.touch(row) += term.values.row(row);
}

template <class Derived, class S>
void scale_by(Eigen::PlainObjectBase<Derived>& gradient, S factor) {
  gradient *= factor;
}
template <class S>
void scale_by(Table<S>& gradient, S factor) {
  for (const Index row : gradient.touched()) gradient.values.row(row) *= factor;
}

template <class Derived>
double sum_of_squares(const Eigen::PlainObjectBase<Derived>& gradient) {
  return static_cast<double>(gradient.squaredNorm());
}
template <class S>
double sum_of_squares(const Table<S>& gradient) {
  double sum = 0;
  for (const Index row : gradient.touched())
    sum += static_cast<double>(gradient.values.row(row).squaredNorm());
  return sum;
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
  for_each_parameter([](const Name&, auto& p) { flat(p).setZero(); }, zeros);
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
  for_each_parameter([&](const Name&, auto& p) { scale_by(p, factor); }, gradient);
}

/// 2-norm over all parameters together.
template <class Model>
double gradient_norm(const Model& gradient) {
  double sum = 0;
  for_each_parameter([&](const Name&, const auto& p) { sum += sum_of_squares(p); }, gradient);
  return std::sqrt(sum);
}

/// Path of the first parameter that holds a value that is not finite, or an empty string.
template <class Model>
std::string first_non_finite(const Model& model) {
  std::string found;
  for_each_parameter(
      [&](const Name& name, const auto& p) {
        if (found.empty() && !flat(p).isFinite().all()) found = name.str();
      },
      model);
  return found;
}

}  // namespace recur
