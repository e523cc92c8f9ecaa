// The input of a layer at one step of a stream.
#pragma once

#include <optional>
#include <type_traits>

#include "recur/core/matrix.hpp"

namespace recur::inline RECUR_ABI {

namespace detail {

/// The numbers of an expression. This member comes before the view of them, because the view is made after
/// it.
template <class S>
struct Computed {
  std::optional<VectorX<S>> numbers{};
};

}  // namespace detail

/// The numbers of one step, in any memory. A VectorX, a column or a segment of a matrix, or a Map is read in
/// its place, without a copy and without an allocation:
///
///   for (Index t = 0; t < signal.cols(); ++t) y = layer.step(signal.col(t), stream);
///
/// An expression (for example 2 * x) or a row of a matrix is first computed into its own memory. It is a view
/// for the arguments of a function: its source must live as long as the view.
template <class S>
class StepInput : private detail::Computed<S>, public Eigen::Map<const VectorX<S>> {
  using Computed = detail::Computed<S>;
  using Map = Eigen::Map<const VectorX<S>>;

  template <class X>
  static constexpr bool of_numbers = std::is_same_v<typename X::Scalar, S>;
  template <class X>
  static constexpr bool in_place =
      of_numbers<X> && (X::Flags & unsigned{Eigen::DirectAccessBit}) != 0 && X::InnerStrideAtCompileTime == 1;
  template <class X>
  static void check_shape() {
    static_assert(X::IsVectorAtCompileTime,
                  "a step is a vector: take a column of a matrix, as signal.col(t)");
  }

 public:
  template <class X>
  StepInput(const Eigen::DenseBase<X>& x) requires(in_place<X>) : Map(x.derived().data(), x.size()) {
    check_shape<X>();
  }
  template <class X>
  StepInput(const Eigen::DenseBase<X>& x) requires(of_numbers<X> && !in_place<X>)
      : Computed{x.derived()}, Map(Computed::numbers->data(), x.size()) {
    check_shape<X>();
  }
  /// Refuses another scalar.
  template <class X>
  StepInput(const Eigen::DenseBase<X>&) requires(!of_numbers<X>) : Map(nullptr, 0) {
    static_assert(
        of_numbers<X>,
        "a step has the scalar of its layer: give a layer of float a VectorX<float>, or x.cast<float>()");
  }

  StepInput(const StepInput&) = delete;
  StepInput& operator=(const StepInput&) = delete;
};

}  // namespace recur::inline RECUR_ABI
