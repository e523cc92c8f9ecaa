// The parameters of a model. A layer names each of its parameters once, in this function:
//
//   template <class F, class... Self>
//   static void visit(const Name& at, F&& f, Self&... self) {
//     f(at / "weight", self.weight...);
//     f(at / "bias", self.bias...);
//   }
//
// One visit of a model makes a list with the name, the place and the size of each parameter. Functions that
// work on all parameters take this list and are compiled once for each scalar: optimizers, clipping, norms,
// files of weights.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "recur/core/arrays.hpp"
#include "recur/core/compiled.hpp"
#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/table.hpp"

namespace recur::inline RECUR_ABI {

/// Path of a parameter, for example "1.weight_ih". It is a chain of pieces on the stack, so a visit allocates
/// nothing.
class Name {
 public:
  constexpr Name() = default;
  friend constexpr Name operator/(const Name& parent, std::string_view text) { return {&parent, text, -1}; }
  friend constexpr Name operator/(const Name& parent, Index index) { return {&parent, {}, index}; }

  std::string str() const;

 private:
  constexpr Name(const Name* parent, std::string_view text, Index index)
      : parent_(parent), text_(text), index_(index) {}
  const Name* parent_ = nullptr;
  std::string_view text_;
  Index index_ = -1;
};

#if RECUR_DEFINES
RECUR_INLINE std::string Name::str() const {
  if (!parent_) return {};
  std::string path = parent_->str();
  if (!path.empty()) path += '.';
  return path += index_ < 0 ? std::string(text_) : std::to_string(index_);
}
#endif

/// The place and the size of the numbers of a parameter, for all types of parameters. S is const if the model
/// must not change.
template <class S>
struct ParameterView {
  using Scalar = std::remove_const_t<S>;
  using Owner = std::conditional_t<std::is_const_v<S>, const Table<Scalar>, Table<Scalar>>;

  S* data = nullptr;
  Index rows = 0, columns = 0;
  bool is_vector = false;     ///< its type has one column, for example a bias
  bool is_row_major = false;  ///< the order of the numbers; has no meaning for a vector
  Owner* table = nullptr;  ///< the table of these values; for a gradient it knows which rows may be nonzero

  Index size() const { return rows * columns; }
  operator ParameterView<const S>() const requires(!std::is_const_v<S>) {
    return {data, rows, columns, is_vector, is_row_major, table};
  }
};

/// A parameter of a model.
template <class S>
struct Parameter : ParameterView<S> {
  std::string name{};  ///< "body.0.weight"
};

namespace detail {

// A visit makes one of these for each parameter. Without a name, it costs nothing.
template <class Derived>
auto parameter_of(Eigen::PlainObjectBase<Derived>& p) {
  return ParameterView<typename Derived::Scalar>{
      p.data(), p.rows(), p.cols(), Derived::ColsAtCompileTime == 1, Derived::IsRowMajor, nullptr};
}
template <class Derived>
auto parameter_of(const Eigen::PlainObjectBase<Derived>& p) {
  return ParameterView<const typename Derived::Scalar>{
      p.data(), p.rows(), p.cols(), Derived::ColsAtCompileTime == 1, Derived::IsRowMajor, nullptr};
}
template <class S>
ParameterView<S> parameter_of(Table<S>& p) {
  return {p.values.data(), p.rows(), p.cols(), false, true, &p};
}
template <class S>
ParameterView<const S> parameter_of(const Table<S>& p) {
  return {p.values.data(), p.rows(), p.cols(), false, true, &p};
}
/// For a layer that already has a list of its parameters: passes on the entries of the list.
template <class S>
const ParameterView<S>& parameter_of(const ParameterView<S>& p) {
  return p;
}

/// A value that a visit names but that is not a parameter, for example an optimizer's count of steps. Files
/// store it.
template <class P>
inline constexpr bool is_count = std::same_as<std::remove_cvref_t<P>, std::int64_t>;

}  // namespace detail

/// Calls f(name, parameter...) for each parameter of several values of one type, which are visited together.
template <class F, class Model, class... Same>
void for_each_parameter(F&& f, Model& model, Same&... same) {
  std::remove_const_t<Model>::visit(Name{}, f, model, same...);
}

namespace detail {
/// For a visit that only has to compile.
struct IgnoreParameters {
  template <class... P>
  void operator()(P&&...) const {}
};
}  // namespace detail

/// A type that names its parameters in a visit: a model, a layer, a gradient, an optimizer.
template <class Model>
concept Visitable = requires(Model& model) {
  std::remove_const_t<Model>::visit(Name{}, detail::IgnoreParameters{}, model);
};

namespace detail {

template <class P>
RECUR_COLD RECUR_NOINLINE void refuse_weights(Part owner, const P& part) {
  P::shapes(part, [&](std::string_view name, const auto& weight, Index rows, Index cols) {
    const bool vowel = std::string_view("aeio").find(name[0]) != std::string_view::npos;
    require(weight.rows() == rows && weight.cols() == cols, owner, vowel ? " has an " : " has a ", name,
            " of ", weight.rows(), " x ", weight.cols(), ": it must be ", rows, " x ", cols);
  });
}

}  // namespace detail

/// Throws std::invalid_argument unless every weight of `part` has the size with which it was made. Weights are
/// public, so anyone may have given them other sizes, and the mathematics does not check them. P has a function
///
///   shapes(part, f)      calls f(name, weight, rows, columns) with the sizes that each weight must have
///
/// The sizes are members of P: those of a weight can't say whether it was resized. `owner` is the layer, for errors.
template <class L, class P>
void check_weights(const L& owner, const P& part) {
  bool fit = true;
  P::shapes(part, [&](std::string_view, const auto& weight, Index rows, Index cols) {
    fit = fit && weight.rows() == rows && weight.cols() == cols;
  });
  if (!fit) [[unlikely]]
    detail::refuse_weights(owner, part);
}
template <class L>
void check_weights(const L& layer) {
  check_weights(layer, layer);
}

namespace detail {

/// Calls f(context, name, parameter) for each parameter of a model. It is compiled once for each model. Const models
/// share the code of others, so nothing may be written to their parameters.
template <class S, class Model>
void for_each_view(const Model& model, void (*f)(void* context, const Name&, const ParameterView<S>&),
                   void* context) {
  for_each_parameter(
      [&](const Name& name, auto& p) {
        if constexpr (!is_count<decltype(p)>) f(context, name, parameter_of(p));
      },
      const_cast<Model&>(model));
}

}  // namespace detail

/// The parameters of a model, in the order in which it names them. The list holds places, not numbers. So the
/// model must live as long as the list. After the model is moved, or after an assignment by move or of other
/// sizes, the places are wrong; `rebind` finds them again.
template <class S>
class Parameters {
  using Number = std::remove_const_t<S>;

 public:
  Parameters() = default;
  template <Visitable Model>
  explicit Parameters(Model& model) requires(std::is_const_v<S> || !std::is_const_v<Model>) {
    detail::for_each_view<Number>(
        model,
        [](void* list, const Name& name, const ParameterView<Number>& p) {
          static_cast<Parameters*>(list)->add(name, p);
        },
        this);
  }
  template <class T>
  Parameters(const Parameters<T>& other) requires std::same_as<const T, S> {
    list_.reserve(other.size());
    for (const auto& p : other) list_.push_back({p, p.name});
  }
  /// A list with the same names and sizes. `rebind` then finds the places.
  template <class T>
  requires std::same_as<T, const S>
  explicit Parameters(const Parameters<T>& other) {
    for (const auto& p : other)
      list_.push_back({{nullptr, p.rows, p.columns, p.is_vector, p.is_row_major, nullptr}, p.name});
  }

  /// Finds the parameters again, in this model or in another one of the same type and sizes. Takes the model
  /// itself or a list of its parameters. Allocates nothing. Throws std::invalid_argument if the number of
  /// parameters, a size or the order in memory differs, before anything is changed. The message calls the
  /// model `what`.
  template <Visitable Model>
  void rebind(Model& model,
              const char* what = "the model") requires(std::is_const_v<S> || !std::is_const_v<Model>) {
    for (const bool change : {false, true}) {
      Rebinding to{*this, 0, change, what};
      detail::for_each_view<Number>(
          model,
          [](void* context, const Name&, const ParameterView<Number>& p) {
            auto& [list, k, changes, its_name] = *static_cast<Rebinding*>(context);
            list.place(k++, p, changes, its_name);
          },
          &to);
      check_count(to.k, what);
    }
  }
  template <class T>
  void rebind(const Parameters<T>& model, const char* what = "the model") {
    check_count(model.size(), what);
    for (const bool change : {false, true})
      for (std::size_t k = 0; k < size(); ++k) place(k, model[k], change, what);
  }

  /// Throws std::invalid_argument unless `other` has the same number of parameters, with the same sizes and
  /// kinds.
  template <class T>
  void check_fits(const Parameters<T>& other, const char* what) const {
    other.check_count(size(), what);
    for (std::size_t k = 0; k < size(); ++k)
      if (list_[k].rows != other[k].rows || list_[k].columns != other[k].columns ||
          (list_[k].table == nullptr) != (other[k].table == nullptr)) [[unlikely]]
        other.refuse_size(other[k], list_[k].rows, list_[k].columns, what);
  }

  std::size_t size() const { return list_.size(); }
  /// Throws std::out_of_range if there is no such parameter.
  const Parameter<S>& operator[](std::size_t k) const {
    if (k >= list_.size()) [[unlikely]]
      detail::refuse_index("parameter", static_cast<long long>(k), static_cast<long long>(list_.size()));
    return list_[k];
  }
  auto begin() const { return list_.begin(); }
  auto end() const { return list_.end(); }

 private:
  template <class T>
  friend class Parameters;
  struct Rebinding {
    Parameters& list;
    std::size_t k;
    bool change;
    const char* what;
  };

  void add(const Name& name, const ParameterView<S>& p);
  template <class T>
  void place(std::size_t k, const ParameterView<T>& p, bool change, const char* what) {
    if (k >= size()) return;  // check_count throws for this model later
    Parameter<S>& mine = list_[k];
    if (mine.rows != p.rows || mine.columns != p.columns || mine.is_row_major != p.is_row_major) [[unlikely]]
      refuse_size(mine, p.rows, p.columns, what);
    if (!change) return;
    mine.data = p.data;
    mine.table = p.table;
  }
  void check_count(std::size_t count, const char* what) const {
    require(count == size(), what, " has ", count, " parameters: it must have ", size(),
            ", as it had at first");
  }
  RECUR_COLD RECUR_NOINLINE static void refuse_size(const Parameter<S>& mine, Index rows, Index columns,
                                                    const char* what) {
    detail::refuse({"parameter ", mine.name, " of ", what, " is ", rows, " x ", columns, ": it must be ",
                    mine.rows, " x ", mine.columns, ", as it was at first"});
  }

  std::vector<Parameter<S>> list_;
};
template <class S>
void Parameters<S>::add(const Name& name, const ParameterView<S>& p) {
  list_.push_back({p, name.str()});
}
template <class Model>
Parameters(Model&) -> Parameters<
    std::conditional_t<std::is_const_v<Model>, const typename Model::Scalar, typename Model::Scalar>>;

namespace detail {

/// Calls f(first, count) for each run of a gradient's numbers that may be nonzero: all numbers of a matrix,
/// only the touched rows of a table.
template <class S, class F>
void for_each_run(const ParameterView<S>& gradient, F&& f) {
  if (!gradient.table) return f(gradient.data, gradient.size());
  for (const Index row : gradient.table->touched())
    f(gradient.data + row * gradient.columns, gradient.columns);
}

template <class S>
void clear(const ParameterView<S>& gradient) {
  if (gradient.table)
    gradient.table->clear();
  else
    std::fill_n(gradient.data, gradient.size(), S(0));
}
template <class S, class T>
void add_to(const ParameterView<S>& sum, const ParameterView<T>& term) {
  if (!term.table) return arrays::add(sum.data, term.data, sum.size());
  for (const Index row : term.table->touched())
    arrays::add(sum.table->touch(row).data(), term.data + row * term.columns, term.columns);
}

}  // namespace detail

/// Makes a gradient zero again.
template <class S>
void clear_gradient(const Parameters<S>& gradient) {
  for (const auto& p : gradient) detail::clear(p);
}

/// sum += term, for two gradients of one model. Throws std::invalid_argument if the number or the sizes of
/// their parameters differ, before anything is changed.
template <class S, class T>
requires std::same_as<std::remove_const_t<T>, S>
void add_gradient(const Parameters<S>& sum, const Parameters<T>& term) {
  term.check_fits(sum, "the gradient to be added");
  for (std::size_t k = 0; k < sum.size(); ++k) detail::add_to(sum[k], term[k]);
}

/// gradient *= factor.
template <class S>
void scale_gradient(const Parameters<S>& gradient, std::type_identity_t<S> factor) {
  for (const auto& p : gradient)
    detail::for_each_run(p, [&](S* values, Index count) { detail::arrays::scale(values, count, factor); });
}

/// 2-norm over all parameters together. It is finite if the true norm is below the largest double, and above
/// 0 unless all numbers are 0. This holds even if squares of the numbers overflow or vanish.
template <class S>
double gradient_norm(const Parameters<S>& gradient) {
  const auto norm = [&](double scale) {
    double sum = 0;
    for (const auto& p : gradient)
      detail::for_each_run(
          p, [&](S* values, Index count) { sum += detail::arrays::sum_of_squares(values, count, scale); });
    return std::sqrt(sum);
  };
  const double plain = norm(1);
  if (plain > 0x1p-480 && plain < 0x1p510) [[likely]]
    return plain;  // no square that matters was out of range
  double top = 0;
  for (const auto& p : gradient)
    detail::for_each_run(p, [&](S* values, Index count) {
      top = std::max(top, static_cast<double>(detail::arrays::largest_size(values, count)));
    });
  if (std::isnan(plain) || std::isinf(top) || top == 0) return plain;
  const double scale =
      std::ldexp(1.0, std::clamp(-std::ilogb(top), -1000, 1000));  // never denormal: that may be flushed
  return norm(scale) / scale;
}

/// Number of trainable numbers.
template <class S>
Index count_parameters(const Parameters<S>& model) {
  Index count = 0;
  for (const auto& p : model) count += p.size();
  return count;
}

namespace detail {

/// True if every parameter is zero, as before `initialize`.
template <class S>
bool all_zero(const Parameters<S>& model) {
  for (const auto& p : model)
    if (!arrays::all_zero(p.data, p.size())) return false;
  return true;
}

/// True if every matrix of weights is zero, as before `initialize`. Vectors say nothing about that, since some of
/// them begin with ones. For a model without matrices it is true if all is zero.
template <class S>
bool looks_uninitialized(const Parameters<S>& model) {
  bool has_matrices = false;
  for (const auto& p : model) has_matrices = has_matrices || !p.is_vector;
  for (const auto& p : model)
    if (!(has_matrices && p.is_vector) && !arrays::all_zero(p.data, p.size())) return false;
  return true;
}

/// Throws std::invalid_argument for a model that looks uninitialized. `why` ends the clause: what is wrong with it.
template <class S>
void check_initialized(const Parameters<S>& model, const char* why) {
  require(!looks_uninitialized(model), "every weight of the model is zero, such as ",
          model.size() == 0 ? "" : model[0].name, ", and ", why,
          ": call recur::initialize(model, seed) first");
}

}  // namespace detail

/// Path of the first parameter that contains a NaN or an infinity, or an empty string.
template <class S>
std::string first_non_finite(const Parameters<S>& model) {
  for (const auto& p : model)
    if (!detail::arrays::all_finite(p.data, p.size())) return p.name;
  return {};
}

/// All numbers, one parameter after the other. Allocates only if `values` has another size.
template <class S>
void copy_values(const Parameters<S>& model, VectorX<std::remove_const_t<S>>& values) {
  values.resize(count_parameters(model));
  auto* to = values.data();
  for (const auto& p : model) to = std::copy_n(p.data, p.size(), to);
}
template <class S>
VectorX<std::remove_const_t<S>> values_of(const Parameters<S>& model) {
  VectorX<std::remove_const_t<S>> values;
  copy_values(model, values);
  return values;
}
/// Puts back the numbers from values_of. Throws std::invalid_argument if the number of values differs.
template <class S>
void set_values(const Parameters<S>& model, const VectorX<std::type_identity_t<S>>& values) {
  require(values.size() == count_parameters(model), values.size(), " values were given to a model of ",
          count_parameters(model), " numbers: they must be equal");
  const S* from = values.data();
  for (const auto& p : model) {
    std::copy_n(from, p.size(), p.data);
    from += p.size();
  }
}

// The same functions for a model, layer or gradient. All except clear_gradient allocate a list of the
// parameters.

template <Visitable Model>
void clear_gradient(Model& gradient) {
  for_each_parameter([](const Name&, auto& p) { detail::clear(detail::parameter_of(p)); }, gradient);
}
template <Visitable Model>
void add_gradient(Model& sum, const Model& term) {
  add_gradient(Parameters(sum), Parameters(term));
}
template <Visitable Model>
void scale_gradient(Model& gradient, typename Model::Scalar factor) {
  scale_gradient(Parameters(gradient), factor);
}
template <Visitable Model>
double gradient_norm(const Model& gradient) {
  return gradient_norm(Parameters(gradient));
}
template <Visitable Model>
Index count_parameters(const Model& model) {
  return count_parameters(Parameters(model));
}
namespace detail {

template <Visitable Model>
bool all_zero(const Model& model) {
  return all_zero(Parameters(model));
}

/// Throws std::invalid_argument for a model that looks uninitialized, before it gives an answer. A model without
/// parameters is legal. It looks for the first weight that is not zero, mostly the first of all, and allocates only
/// to throw.
template <class Model>
void check_has_learned(const Model& model) {
  if constexpr (Visitable<const Model>) {
    bool found = false;
    for_each_parameter(
        [&](const Name&, const auto& p) {
          if constexpr (!is_count<decltype(p)>) {
            const auto& view = parameter_of(p);
            found = found || (!view.is_vector && !arrays::all_zero(view.data, view.size()));
          }
        },
        model);
    if (!found) [[unlikely]]
      if (const Parameters<const typename Model::Scalar> list(model); list.size() > 0)
        check_initialized(list, "its answers would say nothing");
  }
}

}  // namespace detail

template <Visitable Model>
std::string first_non_finite(const Model& model) {
  return first_non_finite(Parameters(model));
}

/// A gradient for the model: the same type and sizes, all parameters zero.
template <Visitable Model>
Model zeros_like(const Model& model) {
  Model zeros = model;
  for (const auto& p : Parameters(zeros)) std::fill_n(p.data, p.size(), typename Model::Scalar(0));
  return zeros;
}

}  // namespace recur::inline RECUR_ABI

#define RECUR_COMPILED_PARAMETERS(how, S)                                                 \
  how template void Parameters<S>::add(const Name&, const ParameterView<S>&);             \
  how template void Parameters<const S>::add(const Name&, const ParameterView<const S>&); \
  how template void clear_gradient<S>(const Parameters<S>&);                              \
  how template void add_gradient<S, S>(const Parameters<S>&, const Parameters<S>&);       \
  how template void scale_gradient<S>(const Parameters<S>&, S);                           \
  how template double gradient_norm<S>(const Parameters<S>&);                             \
  how template bool detail::all_zero<S>(const Parameters<S>&);                            \
  how template bool detail::looks_uninitialized<S>(const Parameters<S>&);                 \
  how template bool detail::looks_uninitialized<const S>(const Parameters<const S>&);     \
  how template std::string first_non_finite<S>(const Parameters<S>&);                     \
  how template void copy_values<S>(const Parameters<S>&, VectorX<S>&);                    \
  how template void set_values<S>(const Parameters<S>&, const VectorX<S>&);
#if defined(RECUR_COMPILED)
namespace recur::inline RECUR_ABI {
RECUR_COMPILED_PARAMETERS(extern, float)
RECUR_COMPILED_PARAMETERS(extern, double)
}  // namespace recur::inline RECUR_ABI
#endif
