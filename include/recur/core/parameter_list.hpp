// The list of the parameters of a model. A layer names each of its parameters once, in this function:
//
//   template <class F, class... Self>
//   static void visit(const Name& at, F&& f, Self&... self) {
//     f(at / "weight", self.weight...);
//     f(at / "bias", self.bias...);
//   }
//
// One visit of a model makes a list with the name, the place and the size of each parameter. Functions that
// work on all parameters take this list and are compiled once for each scalar: optimizers, clipping, norms,
// files of weights. parameters.hpp has those of them that need no more than the numbers.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

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

  /// The path as a text.
  RECUR_COLD std::string str() const;

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

  S* data = nullptr;            ///< the first number; null: no numbers
  Index rows = 0, columns = 0;  ///< a vector has one column
  bool is_vector = false;       ///< its type has one column, for example a bias
  bool is_row_major = false;    ///< the order of the numbers; has no meaning for a vector
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

/// Throws std::invalid_argument unless a weight of `rows` x `cols` has the legal size.
RECUR_COLD RECUR_INLINE void check_weight(Piece owner, std::string_view name, Index rows, Index cols,
                                          Index legal_rows, Index legal_cols);
#if RECUR_DEFINES
RECUR_INLINE void check_weight(Piece owner, std::string_view name, Index rows, Index cols, Index legal_rows,
                               Index legal_cols) {
  const bool vowel = std::string_view("aeio").find(name[0]) != std::string_view::npos;
  require(rows == legal_rows && cols == legal_cols, owner, vowel ? " has an " : " has a ", name, " of ", rows,
          " x ", cols, ": it must be ", legal_rows, " x ", legal_cols);
}
#endif

template <class P>
RECUR_COLD RECUR_NOINLINE void refuse_weights(Piece owner, const P& part) {
  P::shapes(part, [&](std::string_view name, const auto& weight, Index rows, Index cols) {
    check_weight(owner, name, weight.rows(), weight.cols(), rows, cols);
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

/// Nothing may change the parameters of a const model.
template <class S, class Model>
inline constexpr bool keeps_const = std::is_const_v<S> || !std::is_const_v<Model>;
/// A model whose parameters can be listed as numbers of S.
template <class Model, class S>
concept Listable = Visitable<Model> && keeps_const<S, Model>;

}  // namespace detail

/// The parameters of a model, in the order in which it names them. The list holds places, not numbers. So the
/// model must live as long as the list. After the model is moved, or after an assignment by move or of other
/// sizes, the places are wrong; `rebind` finds them again.
template <class S>
class Parameters {
  using Number = std::remove_const_t<S>;

 public:
  Parameters() = default;
  template <detail::Listable<S> Model>
  explicit Parameters(Model& model) {
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
  template <detail::Listable<S> Model>
  void rebind(Model& model, const char* what = "the model") {
    rebind_by(
        [](const void* its_model, Take take, void* context) {
          detail::for_each_view<Number>(*static_cast<const Model*>(its_model), take, context);
        },
        &model, what);
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
  /// A loop over all parameters.
  auto begin() const { return list_.begin(); }
  auto end() const { return list_.end(); }  ///< behind the last one

 private:
  template <class T>
  friend class Parameters;
  using Take = void (*)(void* context, const Name&, const ParameterView<Number>&);
  struct Rebinding {
    Parameters& list;
    std::size_t k;
    bool change;
    const char* what;
  };

  void rebind_by(void (*visit)(const void* model, Take take, void* context), const void* model,
                 const char* what);
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
template <class S>
void Parameters<S>::rebind_by(void (*visit)(const void* model, Take take, void* context), const void* model,
                              const char* what) {
  for (const bool change : {false, true}) {
    Rebinding to{*this, 0, change, what};
    visit(
        model,
        [](void* context, const Name&, const ParameterView<Number>& p) {
          auto& [list, k, changes, its_name] = *static_cast<Rebinding*>(context);
          list.place(k++, p, changes, its_name);
        },
        &to);
    check_count(to.k, what);
  }
}
template <class Model>
Parameters(Model&) -> Parameters<
    std::conditional_t<std::is_const_v<Model>, const typename Model::Scalar, typename Model::Scalar>>;

}  // namespace recur::inline RECUR_ABI
