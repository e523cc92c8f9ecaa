// What a layer takes at one step of a stream.
#pragma once

#include <optional>
#include <type_traits>

#include "recur/core/matrix.hpp"

namespace recur::inline RECUR_ABI {

/// The numbers of one step, wherever they are. A Vector, a column or a segment of a matrix, or a Map is read in its
/// place, without a copy and without touching the heap:
///
///   for (Index t = 0; t < signal.cols(); ++t) y = layer.step(signal.col(t), stream);
///
/// An expression, such as 2 * x, or a row of a matrix, is computed into memory of its own first. It is a view, for the
/// arguments of a function: what it was made of must live as long.
template <class S>
class StepInput : private std::optional<Vector<S>>, public Eigen::Map<const Vector<S>> {
  using Copy = std::optional<Vector<S>>;
  using Map = Eigen::Map<const Vector<S>>;

  template <class Derived>
  static constexpr bool in_place =
      bool(Derived::Flags& Eigen::DirectAccessBit) && Derived::InnerStrideAtCompileTime == 1;

 public:
  template <class Derived>
  requires(std::is_same_v<typename Derived::Scalar, S>&& in_place<Derived>)
      StepInput(const Eigen::DenseBase<Derived>& x)
      : Map(x.derived().data(), x.size()) {
    static_assert(Derived::IsVectorAtCompileTime,
                  "a step is a vector: take a column of a matrix, as signal.col(t)");
  }
  template <class Derived>
  requires(std::is_same_v<typename Derived::Scalar, S> && !in_place<Derived>)
      StepInput(const Eigen::DenseBase<Derived>& x)
      : Copy(x.derived()), Map(Copy::value().data(), x.size()) {}

  StepInput(const StepInput&) = delete;
  StepInput& operator=(const StepInput&) = delete;
};

}  // namespace recur::inline RECUR_ABI
