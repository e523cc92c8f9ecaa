// The common part of all recurrent layers, for all kinds of cells: the cell, and the states at both ends of
// time.
#pragma once

#include <array>
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

/// What all recurrent layers have in common: a cell, its states, and the checks of what they are given.
template <class C, int States, Direction D>
class RecurrentBase {
  using S = typename C::Scalar;

 public:
  using Scalar = S;
  using InputScalar = S;
  static constexpr std::size_t states = static_cast<std::size_t>(States);

  C cell;

  explicit RecurrentBase(C c) : cell(std::move(c)) { check_weights(); }

  /// Throws std::invalid_argument if the cell now has weights of other sizes.
  void initialize(Random& random, Scheme scheme) {
    check_weights();
    cell.initialize(random, scheme);
  }

  Index input_size() const { return cell.input_size(); }
  Index output_size() const { return state_sizes()[0]; }
  /// Rows of all states, and of state q. Throws std::out_of_range if there is no state q.
  Index state_size() const {
    Index sum = 0;
    for (const Index size : state_sizes()) sum += size;
    return sum;
  }
  Index state_size(int q) const {
    detail::check_index("state", q, static_cast<long long>(states));
    return state_sizes()[static_cast<std::size_t>(q)];
  }
  std::string name() const {
    if constexpr (CellOfUnits<C>)
      return C::Unit::name;
    else
      return cell.name();
  }
  RECUR_COLD std::string describe() const {
    return detail::message(D == Direction::reverse ? "reverse " : "", name(), " (", input_size(), " -> ",
                           output_size(), ")");
  }
  Description description() const requires Described<C> {
    return D == Direction::reverse ? cell.description().with("direction", "reverse") : cell.description();
  }
  static bool ends_backward(bool) { return D == Direction::reverse; }

  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    C::visit(at, f, self.cell...);
  }

  /// What a pass leaves: the state at the end, and after backward the gradient of the initial state, if there
  /// was one. Both are Z × B.
  struct Tape : TapeOf<S> {
    MatrixX<S> final, d_initial;
    MatrixX<S> kept_d_initial;  // the memory of d_initial while that is empty
  };

  /// The state of one sample that runs step by step: h, then the cell's other states.
  class Stream {
   public:
    std::array<VectorX<S>, states> state;

   protected:
    friend RecurrentBase;
    explicit Stream(const std::array<Index, states>& sizes) {
      for (std::size_t q = 0; q < states; ++q) state[q].setZero(sizes[q]);
      next = state;
    }
    std::array<VectorX<S>, states> next;  // the place for the state after a step
  };

 protected:
  std::array<Index, states> state_sizes() const {
    if constexpr (CellOfUnits<C>) {
      std::array<Index, states> sizes;
      sizes.fill(cell.hidden_size());
      return sizes;
    } else {
      return cell.state_sizes();
    }
  }

  void check_weights() const { recur::check_weights(*this, cell); }
  void check_recorded(bool recorded) const {
    require(recorded, *this, " was asked for a gradient, but its last forward pass on this tape ",
            "recorded nothing: it must be a pass for recording or training");
  }
  /// `fits` says whether what else the stream has is of the right sizes.
  void check_states(const Stream& stream, bool fits) const {
    const auto sizes = state_sizes();
    for (std::size_t q = 0; q < states; ++q)
      fits = fits && stream.state[q].size() == sizes[q] && stream.next[q].size() == sizes[q];
    require(fits, *this, " was given a stream of other sizes: it must be one that its stream() made");
  }
};

}  // namespace detail

}  // namespace recur::inline RECUR_ABI
