// What is done to all parameters of a model or to its gradient: sums, norms, copies of the numbers.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <string>
#include <type_traits>

#include "recur/core/arrays.hpp"
#include "recur/core/compiled.hpp"
#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/parameter_list.hpp"

namespace recur::inline RECUR_ABI {

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
  require(model.size() > 0, "the model has no parameters, and ", why);
  if (!looks_uninitialized(model)) return;
  const auto matrix = std::find_if(model.begin(), model.end(), [](const auto& p) { return !p.is_vector; });
  refuse({"every weight of the model is zero, such as ",
          (matrix == model.end() ? model.begin() : matrix)->name, ", and ", why,
          ": call recur::initialize(model, seed) first"});
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
/// All numbers, one parameter after the other, in a vector of their own.
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

#define RECUR_COMPILED_PARAMETERS(how, S)                                                                    \
  how template void Parameters<S>::add(const Name&, const ParameterView<S>&);                                \
  how template void Parameters<const S>::add(const Name&, const ParameterView<const S>&);                    \
  how template void Parameters<S>::rebind_by(void (*)(const void*, Parameters<S>::Take, void*), const void*, \
                                             const char*);                                                   \
  how template void Parameters<S>::refuse_size(const Parameter<S>&, Index, Index, const char*);              \
  how template void clear_gradient<S>(const Parameters<S>&);                                                 \
  how template void add_gradient<S, S>(const Parameters<S>&, const Parameters<S>&);                          \
  how template void scale_gradient<S>(const Parameters<S>&, S);                                              \
  how template double gradient_norm<S>(const Parameters<S>&);                                                \
  how template bool detail::all_zero<S>(const Parameters<S>&);                                               \
  how template bool detail::looks_uninitialized<S>(const Parameters<S>&);                                    \
  how template bool detail::looks_uninitialized<const S>(const Parameters<const S>&);                        \
  how template void detail::check_initialized<S>(const Parameters<S>&, const char*);                         \
  how template void detail::check_initialized<const S>(const Parameters<const S>&, const char*);             \
  how template std::string first_non_finite<S>(const Parameters<S>&);                                        \
  how template void copy_values<S>(const Parameters<S>&, VectorX<S>&);                                       \
  how template void set_values<S>(const Parameters<S>&, const VectorX<S>&);
#if defined(RECUR_COMPILED)
namespace recur::inline RECUR_ABI {
RECUR_COMPILED_PARAMETERS(extern, float)
RECUR_COMPILED_PARAMETERS(extern, double)
}  // namespace recur::inline RECUR_ABI
#endif
