// Two recurrences over the same sequence, one from each end.
#pragma once

#include <algorithm>
#include <string>
#include <type_traits>
#include <utility>

#include "recur/core/parameters.hpp"
#include "recur/layer/layer.hpp"
#include "recur/recurrence/recurrent.hpp"

namespace recur::inline RECUR_ABI {

/// How the outputs of the two directions become one.
enum class Merge {
  concatenate,  ///< y_t = [→h_t; ←h_t], 2H features: the forward direction on top
  sum,          ///< y_t = →h_t + ←h_t
  mean          ///< y_t = (→h_t + ←h_t) / 2
};

/// Every step knows the steps before it and the steps after it (Schuster and Paliwal 1997; in this form
/// Graves, Mohamed and Hinton, "Speech recognition with deep recurrent neural networks", 2013, equations 8
/// and 9):
///
///   →h_t = Cell(x_t, →h_{t-1})      ←h_t = Cell'(x_t, ←h_{t+1})      y_t = merge(→h_t, ←h_t)
///
/// x: I × N ragged, y: 2H × N or H × N. Each direction has its own weights. The reverse direction starts at
/// the real end of each sample. The parameters are named "forward.weight_ih", ... and "reverse.weight_ih",
/// ...; PyTorch's are weight_ih_l0, ... and weight_ih_l0_reverse, .... Its state is that of the forward
/// direction above that of the reverse direction. It needs the end of a sequence, so it can't be streamed.
/// Throws std::invalid_argument if sizes don't fit.
template <class C>
class Bidirectional {
  static constexpr bool is_cell = detail::CellOfUnits<C> || StepwiseCell<C>;

 public:
  static_assert(is_cell,
                "Bidirectional takes a cell, such as Lstm<float>{8, 16}: it puts it into Recurrent for each "
                "direction");
  using Scalar = typename C::Scalar;
  using InputScalar = Scalar;
  using Forward = Recurrent<C, Direction::forward>;
  using Reverse = Recurrent<C, Direction::reverse>;

  Forward forward_layer;  ///< reads from the first step
  Reverse reverse_layer;  ///< reads from the last step

  /// Makes two cells with the sizes of `cell`. initialize draws one after the other.
  explicit Bidirectional(C cell, Merge merge = Merge::concatenate)
      : forward_layer(cell), reverse_layer(std::move(cell)), merge_(merge) {}

  struct Tape : TapeOf<Scalar> {
    typename Forward::Tape forward_layer;
    typename Reverse::Tape reverse_layer;
    Sequence<Scalar> d_forward, d_reverse;  // gradients of the two outputs
  };

  Merge merge() const { return merge_; }
  static bool ends_backward(bool) { return true; }
  bool joins_directions(bool) const { return merge_ == Merge::concatenate; }
  Index input_size() const { return forward_layer.input_size(); }
  Index output_size() const { return directions() * forward_layer.output_size(); }
  std::string describe() const {
    return detail::message("bidirectional ", forward_layer.name(), " (", input_size(), " -> ", output_size(),
                           ")");
  }
  Description description() const requires Described<C> {
    const Description both = forward_layer.description().with("direction", "both");
    return merge_ == Merge::concatenate ? both : both.with("merge", merge_ == Merge::sum ? "sum" : "mean");
  }
  void initialize(Random& random, Scheme scheme) {
    forward_layer.initialize(random, scheme);
    reverse_layer.initialize(random, scheme);
  }

  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    Forward::visit(at / "forward", f, self.forward_layer...);
    Reverse::visit(at / "reverse", f, self.reverse_layer...);
  }

  /// See recurrence/state.hpp: its state contains the states of both directions.
  template <class F, class... Whole>
  static constexpr void for_each_part(F&& f, Whole&... whole) {
    f(std::type_identity<Forward>{}, whole.forward_layer...);
    f(std::type_identity<Reverse>{}, whole.reverse_layer...);
  }

  Index state_size() const { return 2 * forward_layer.state_size(); }
  static constexpr bool reads_from_both_ends = true;  ///< so its state is not carried to the next batch

  const Sequence<Scalar>& forward(const Sequence<Scalar>& x, Tape& tape, Pass pass = predicting,
                                  const StateRef<Scalar>& initial = detail::no_state<Scalar>()) const {
    check_input(*this, x, tape);
    check_parts();
    check_state(*this, initial, x.batch(), "an initial state");
    Index row = 0;
    const Scalar* there =
        detail::forward_part(forward_layer, x, tape.forward_layer, pass, initial, row).data();
    const Scalar* back =
        detail::forward_part(reverse_layer, x, tape.reverse_layer, pass, initial, row).data();
    const Index h = forward_layer.output_size();
    tape.y.reshape(output_size(), x.layout());
    Scalar* y = tape.y.data();
    for (Index c = 0; c < x.columns(); ++c, there += h, back += h, y += output_size()) {
      std::copy_n(there, h, y);
      if (merge_ == Merge::concatenate)
        std::copy_n(back, h, y + h);
      else
        detail::arrays::add(y, back, h);
    }
    if (merge_ == Merge::mean) detail::arrays::scale(tape.y.data(), h * x.columns(), Scalar(0.5));
    return tape.y;
  }

  void backward(const Sequence<Scalar>& x, const Sequence<Scalar>& dy, Tape& tape, Bidirectional& gradient,
                bool want_dx = true, const StateRef<Scalar>& d_final = detail::no_state<Scalar>()) const {
    check_backward(*this, x, dy, tape, gradient, d_final);
    const Index h = forward_layer.output_size();
    tape.d_forward.reshape(h, x.layout());
    tape.d_reverse.reshape(h, x.layout());
    const bool apart = merge_ == Merge::concatenate;
    for (Index c = 0; c < x.columns(); ++c) {
      const Scalar* const d = dy.data() + c * output_size();
      std::copy_n(d, h, tape.d_forward.data() + c * h);
      std::copy_n(apart ? d + h : d, h, tape.d_reverse.data() + c * h);
    }
    if (merge_ == Merge::mean)
      for (auto* half : {&tape.d_forward, &tape.d_reverse})
        detail::arrays::scale(half->data(), h * x.columns(), Scalar(0.5));
    Index row = state_size();
    detail::backward_part(reverse_layer, x, tape.d_reverse, tape.reverse_layer, gradient.reverse_layer,
                          want_dx, d_final, row);
    detail::backward_part(forward_layer, x, tape.d_forward, tape.forward_layer, gradient.forward_layer,
                          want_dx, d_final, row);
    if (!want_dx) return;
    tape.dx.reshape(input_size(), x.layout());
    const Index size = input_size() * x.columns();
    std::copy_n(tape.forward_layer.d_input().data(), size, tape.dx.data());
    detail::arrays::add(tape.dx.data(), tape.reverse_layer.d_input().data(), size);
  }

  void check_tape(const Sequence<Scalar>& x, const Tape& tape) const {
    check_parts();
    check_pass(*this, x, tape);
    recur::check_tape(forward_layer, x, tape.forward_layer);
    recur::check_tape(reverse_layer, x, tape.reverse_layer);
  }

 private:
  /// Both directions are public, so one may have been replaced.
  void check_parts() const {
    require(reverse_layer.input_size() == input_size() &&
                reverse_layer.output_size() == forward_layer.output_size() &&
                reverse_layer.state_size() == forward_layer.state_size(),
            *this, " reads backward with ", reverse_layer, ": both directions must have the same sizes");
  }
  Index directions() const { return merge_ == Merge::concatenate ? 2 : 1; }

  Merge merge_;
};

}  // namespace recur::inline RECUR_ABI
