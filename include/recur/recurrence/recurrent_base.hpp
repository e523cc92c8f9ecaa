// The common part of all recurrent layers, for all kinds of cells: the cell, and the states at both ends of
// time.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "recur/layer/layer.hpp"
#include "recur/recurrence/kernel/span.hpp"

namespace recur::inline RECUR_ABI {

/// A cell over time. Cells of units are in recurrent.hpp, stepwise cells in stepwise_recurrent.hpp.
template <class C, Direction D = Direction::forward>
class Recurrent;

/// State of a batch: h, then the cell's other states. Each is units × B with one column for each sample in
/// the user's order. Empty matrices mean zero.
template <class S, int States>
using State = std::array<MatrixX<S>, static_cast<std::size_t>(States)>;

namespace detail {

/// The states on the tape, and the checks that all recurrent layers make.
template <class C, int States, Direction D>
class RecurrentBase {
  using S = typename C::Scalar;

 public:
  using Scalar = S;
  using InputScalar = S;
  using State = recur::State<S, States>;

  C cell;

  explicit RecurrentBase(C c) : cell(std::move(c)) {}

  Index input_size() const { return cell.input_size(); }
  Description description() const requires Described<C> {
    return D == Direction::reverse ? cell.description().with("direction", "reverse") : cell.description();
  }
  void initialize(Random& random, Scheme scheme) { cell.initialize(random, scheme); }

  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    C::visit(at, f, self.cell...);
  }

  struct Tape : TapeOf<S> {
    State initial, final, d_final, d_initial;
  };

  /// The next forward on this tape starts from the state at the end of the last one.
  static void carry(Tape& tape) {
    for (std::size_t q = 0; q < tape.final.size(); ++q) tape.initial[q] = tape.final[q];
  }
  /// The next forward on this tape starts from zero.
  static void reset(Tape& tape) {
    for (auto& state : tape.initial) state.resize(0, 0);
  }

 protected:
  static std::string describe_as(const std::string& name, Index inputs, Index outputs) {
    return detail::message(D == Direction::reverse ? "reverse " : "", name, " (", inputs, " -> ", outputs,
                           ")");
  }

  template <class L>
  static void check_state(const L& layer, const State& state, Index batch, const char* what) {
    for (std::size_t q = 0; q < state.size(); ++q) {
      const MatrixX<S>& s = state[q];
      const Index units = layer.state_size(static_cast<int>(q));
      const bool fits = state[0].size() == 0 ? s.size() == 0 : s.rows() == units && s.cols() == batch;
      require(fits, layer, " was given ", what, " of ", s.rows(), " x ", s.cols(), ": it must be ", units,
              " x ", batch, " (units x batch), or empty in all its parts");
    }
  }

  template <class L>
  static void check_recorded(const L& layer, bool recorded) {
    require(recorded, layer, " was asked for a gradient, but its last forward pass on this tape ",
            "recorded nothing: it must be a pass for recording or training");
  }

  template <class L>
  static void check_step(const L& layer, const StepInput<S>& x, bool stream_fits) {
    require(x.size() == layer.input_size(), layer, " was given a step of ", x.size(), " features: it takes ",
            layer.input_size());
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
