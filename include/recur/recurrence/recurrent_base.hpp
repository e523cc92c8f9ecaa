// The common part of all recurrent layers, for all kinds of cells: the cell, and the states at both ends of
// time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "recur/layer/layer.hpp"
#include "recur/recurrence/kernel/span.hpp"

namespace recur::inline RECUR_ABI {

/// A cell over time. Cells of units are in recurrent.hpp, stepwise cells in stepwise_recurrent.hpp. Anything
/// else is refused here.
template <class C, Direction D = Direction::forward>
class Recurrent {
 public:
  static_assert(sizeof(C) == 0,
                "Recurrent takes a cell, such as Lstm<float>{8, 16}: a layer is used without it");
  explicit Recurrent(C);
};

namespace detail {

/// A Cell: its layer runs the kernel, unit by unit.
template <class C>
concept CellOfUnits = requires {
  typename C::Unit;
  C::input_gates;
};

/// What all recurrent layers have in common: a cell, and the checks of what they are given.
template <class C, int States, Direction D>
class RecurrentBase {
  using S = typename C::Scalar;

 public:
  using Scalar = S;
  using InputScalar = S;
  static constexpr std::size_t states = static_cast<std::size_t>(States);

  C cell;

  explicit RecurrentBase(C c) : cell(std::move(c)) {}

  Index input_size() const { return cell.input_size(); }
  static bool ends_backward(bool) { return D == Direction::reverse; }
  Description description() const requires Described<C> {
    return D == Direction::reverse ? cell.description().with("direction", "reverse") : cell.description();
  }

  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    C::visit(at, f, self.cell...);
  }

  /// What a pass leaves: the state at the end, and after backward the gradient of the initial state, if there
  /// was one. Both are Z × B.
  struct Tape : TapeOf<S> {
    MatrixX<S> final, d_initial;
  };

 protected:
  static std::string describe_as(const std::string& name, Index inputs, Index outputs) {
    return detail::message(D == Direction::reverse ? "reverse " : "", name, " (", inputs, " -> ", outputs,
                           ")");
  }

  template <class L>
  static void check_recorded(const L& layer, bool recorded) {
    require(recorded, layer, " was asked for a gradient, but its last forward pass on this tape ",
            "recorded nothing: it must be a pass for recording or training");
  }

  template <class L>
  static void check_fits(const L& layer, bool stream_fits) {
    require(stream_fits, layer, " was given a stream of other sizes: it must be one that its stream() made");
  }

  /// Calls f(sample in sorted order, its index for the user).
  template <class F>
  static void for_samples(const Layout& layout, F&& f) {
    for (Index n = 0; n < layout.batch(); ++n) f(n, layout.user_index(n));
  }
  /// The last column of the n-th longest sample, in the direction of the layer.
  static Index last_column(const Layout& layout, Index n) {
    return (D == Direction::forward ? layout.offset(layout.length(n) - 1) : 0) + n;
  }
};

}  // namespace detail

}  // namespace recur::inline RECUR_ABI
