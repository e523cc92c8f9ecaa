// A connection around a layer.
#pragma once

#include <algorithm>
#include <string>
#include <type_traits>
#include <utility>

#include "recur/layer/layer.hpp"

namespace recur::inline RECUR_ABI {

/// y = x + L(x) (He et al. 2016, eq. 1). The gradient has a path that avoids the layer. A deep stack is
///
///   Sequential{Residual{Recurrent{Lstm<float>{64, 64}}}, Residual{Recurrent{Lstm<float>{64, 64}}}};
///
///   x, y: D × N ragged, L: D → D
///
/// The parameters have the names of the layer's parameters. Throws std::invalid_argument unless the layer
/// returns as many features and steps as it takes. If the features are known at construction, the constructor
/// throws.
template <class L>
class Residual {
 public:
  using Scalar = typename detail::PartOf<L>::Scalar;
  static_assert(detail::are_layers<L>());
  static_assert(std::same_as<typename detail::PartOf<L>::InputScalar, Scalar>,
                "a residual connection adds its input to its output, so its layer can't take tokens");
  using InputScalar = Scalar;

  L layer;

  explicit Residual(L inner) : layer(std::move(inner)) {
    require(layer.input_size() == any_size || layer.output_size() == any_size ||
                layer.input_size() == layer.output_size(),
            "a residual connection around ", layer, ", which takes ", layer.input_size(),
            " features and gives ", layer.output_size(), ": they must be equal");
  }

  struct Tape : TapeOf<Scalar> {
    typename L::Tape layer;
  };

  Index input_size() const {
    return layer.input_size() == any_size ? layer.output_size() : layer.input_size();
  }
  Index output_size() const { return input_size(); }
  Index output_length(Index length) const {
    const Index made = recur::output_length(layer, length);
    require(made == length, *this, " was given ", length, " steps, of which its layer makes ", made,
            ": it must keep them");
    return length;
  }
  std::string describe() const { return detail::list("Residual", {layer}); }
  Description description() const requires Described<L> {
    return Description("residual").around(layer.description());
  }
  void initialize(Random& random, Scheme scheme) { layer.initialize(random, scheme); }
  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    L::visit(at, f, self.layer...);
  }
  void check_sample(const MatrixX<Scalar>& sample) const { recur::check_sample(layer, sample); }

  bool ends_backward(bool input) const { return input || detail::ends_backward(layer, input); }
  bool joins_directions(bool input) const { return detail::joins_directions(layer, input); }
  Index state_size() const { return recur::state_size(layer); }

  const Sequence<Scalar>& forward(const Sequence<Scalar>& x, Tape& tape, Pass pass = predicting,
                                  const StateRef<Scalar>& initial = detail::no_state<Scalar>()) const {
    check_input(*this, x, tape);
    check_state(*this, initial, x.batch(), "an initial state");
    Index row = 0;
    const auto& inner = detail::forward_part(layer, x, tape.layer, pass, initial, row);
    require(inner.features() == x.features() && inner.layout() == x.layout(), *this, " was given ",
            x.features(), " features and ", x.columns(), " steps, of which its layer makes ",
            inner.features(), " features and ", inner.columns(), " steps: it must keep both");
    add(x, inner, tape.y);
    return tape.y;
  }

  void backward(const Sequence<Scalar>& x, const Sequence<Scalar>& dy, Tape& tape, Residual& gradient,
                bool want_dx = true, const StateRef<Scalar>& d_final = detail::no_state<Scalar>()) const {
    check_backward(*this, x, dy, tape, gradient, d_final);
    Index row = state_size();
    detail::backward_part(layer, x, dy, tape.layer, gradient.layer, want_dx, d_final, row);
    if (want_dx) add(dy, tape.layer.d_input(), tape.dx);
  }

  void check_tape(const Sequence<Scalar>& x, const Tape& tape) const {
    check_pass(*this, x, tape);
    recur::check_tape(layer, x, tape.layer);
  }

  template <class F, class... Whole>
  static constexpr void for_each_part(F&& f, Whole&... whole) {
    f(std::type_identity<L>{}, whole.layer...);
  }

  struct Stream {
    typename StreamOf<L>::type layer;
    VectorX<Scalar> y;
  };
  Stream stream() const requires Streamable<L> { return stream(input_size()); }
  void stream() const requires(!Streamable<L>) { static_assert(detail::are_streamable<L>()); }
  Stream stream(Index features) const requires Streamable<L> {
    return {stream_for(layer, features), VectorX<Scalar>::Zero(std::max<Index>(features, 0))};
  }
  void reset(Stream& stream) const requires Streamable<L> { recur::reset(layer, stream.layer); }
  void check_stream(const Stream& stream) const requires Streamable<L> {
    recur::check_stream(layer, stream.layer);
  }
  void check_reset(const Stream& stream) const requires Streamable<L> {
    detail::check_reset(layer, stream.layer);
  }
  const VectorX<Scalar>& step(const StepInput<Scalar>& x, Stream& stream) const requires Streamable<L> {
    check_stream(stream);
    return advance(detail::Checked(), x, stream);
  }
  /// The same for a stream that check_stream has accepted: see layer.hpp.
  const VectorX<Scalar>& advance(detail::Checked, const StepInput<Scalar>& x,
                                 Stream& stream) const requires Streamable<L> {
    const VectorX<Scalar>& inner = detail::advance(layer, x, stream.layer);
    require(inner.size() == x.size(), *this, " was given a step of ", x.size(),
            " features, of which its layer makes ", inner.size(), ": they must be equal");
    if (stream.y.size() != x.size()) stream.y.resize(x.size());
    for (Index f = 0; f < x.size(); ++f) stream.y(f) = x(f) + inner(f);  // of sound, one number
    return stream.y;
  }

 private:
  static void add(const Sequence<Scalar>& a, const Sequence<Scalar>& b, Sequence<Scalar>& sum) {
    sum.reshape(a.features(), a.layout());
    detail::arrays::add(a.data(), b.data(), sum.data(), a.features() * a.columns());
  }
};

}  // namespace recur::inline RECUR_ABI
