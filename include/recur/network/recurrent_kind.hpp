// How a recurrent layer is made of its description.
//
//   sizes      input, hidden; of projected_lstm and jordan also output
//   options    bias true; direction "forward", "reverse" or "both"; merge "concatenate", "sum" or "mean" of both
//              directions; learned_state false; num_layers 1, each a layer of its own; dropout 0 between them; residual
//              false: a connection around each of them that gives as many features as it takes
//              of elman, irnn and indrnn also activation; of jordan activation and output_activation
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <utility>

#include "recur/cell/cell.hpp"
#include "recur/composition/residual.hpp"
#include "recur/layer/dropout.hpp"
#include "recur/network/kinds.hpp"
#include "recur/recurrence/bidirectional.hpp"
#include "recur/recurrence/learned_state.hpp"
#include "recur/recurrence/recurrent.hpp"

namespace recur::inline RECUR_ABI {

namespace detail::kinds {

/// What the description of a recurrent layer says besides its sizes.
struct RecurrentOptions {
  enum class Reading { forward, reverse, both };

  Reading direction;
  Merge merge;
  Bias bias;
  bool learned_state, residual;
  Index num_layers;
  double dropout;

  explicit RecurrentOptions(DescriptionReader& say)
      : direction(std::array{Reading::forward, Reading::reverse,
                             Reading::both}[say.choice("direction", {"forward", "reverse", "both"})]),
        merge(std::array{Merge::concatenate, Merge::sum,
                         Merge::mean}[say.choice("merge", {"concatenate", "sum", "mean"})]),
        bias(say.flag("bias", true) ? Bias::both : Bias::none),
        learned_state(say.flag("learned_state", false)),
        residual(say.flag("residual", false)),
        num_layers(say.integer("num_layers", 1)),
        dropout(say.number("dropout", 0)) {
    constexpr Index most_layers = 1000;
    say.refuse_unless(num_layers >= 1 && num_layers <= most_layers, "has num_layers ", num_layers,
                      ": it must be from 1 to ", most_layers);
    say.refuse_unless(dropout >= 0 && dropout < 1, "has dropout ", dropout,
                      ": it must be at least 0 and below 1");
    say.refuse_unless(dropout == 0 || num_layers > 1, "has dropout between its layers, but only one layer");
    say.refuse_unless(merge == Merge::concatenate || direction == Reading::both,
                      "has an option merge, but one direction");
    say.refuse_unless(direction != Reading::both || !learned_state,
                      "has a learned state and both directions: only a layer of one direction can have one");
  }
};

/// A cell over time, as the options say.
template <class C>
Network<typename C::Scalar> over_time(C cell, const RecurrentOptions& options) {
  using S = typename C::Scalar;
  const auto from_start = [&](auto layer) {
    return options.learned_state ? Network<S>{LearnedState{std::move(layer)}} : Network<S>{std::move(layer)};
  };
  switch (options.direction) {
    case RecurrentOptions::Reading::both:
      return Network<S>{Bidirectional{std::move(cell), options.merge}};
    case RecurrentOptions::Reading::reverse:
      return from_start(Recurrent<C, Direction::reverse>{std::move(cell)});
    default:
      return from_start(Recurrent<C>{std::move(cell)});
  }
}

/// num_layers layers. layer(features) makes one that takes this number of features.
template <class S, class F>
Network<S> stack(Index features, const RecurrentOptions& options, F&& layer) {
  const auto next = [&](Index taken) {
    Network<S> made = layer(taken);
    return options.residual && made.output_size() == taken ? Network<S>{Residual{std::move(made)}} : made;
  };
  Network<S> first = next(features);
  if (options.num_layers == 1) return first;
  Chain<S> chain{std::move(first)};
  for (Index i = 1; i < options.num_layers; ++i) {
    if (options.dropout > 0) chain.add(Network<S>{Dropout<S>{options.dropout}});
    chain.add(next(chain.output_size()));
  }
  return Network<S>{std::move(chain)};
}

}  // namespace detail::kinds

/// Makes a recurrent layer of the cell C, or of one of the others, which differ in their activation. The description
/// names the activation; without a name it is that of C.
///
///   kinds.add("lstm", make_recurrent<Lstm<float>>);
template <class C, class... Others>
Network<typename C::Scalar> make_recurrent(DescriptionReader& say, const Kinds<typename C::Scalar>&) {
  using S = typename C::Scalar;
  constexpr bool has_output_size = std::constructible_from<C, Index, Index, Index, Bias>;
  constexpr bool has_weight_hh = !requires { requires C::hidden_gates == 0; };
  const Index inputs = say.size("input"), hidden = say.size("hidden");
  const Index outputs = has_output_size ? say.size("output") : hidden;
  std::size_t chosen = 0;
  if constexpr (requires { C::Unit::Function::name; })
    chosen = say.choice("activation", {C::Unit::Function::name, Others::Unit::Function::name...});
  if constexpr (requires { typename C::OutputFunction; }) {
    say.choice("activation", {C::Function::name});
    say.choice("output_activation", {C::OutputFunction::name});
  }
  const detail::kinds::RecurrentOptions options(say);
  const auto of_cell = [&]<class Cell>(Index features) {
    if constexpr (has_output_size)
      return detail::kinds::over_time(Cell(features, hidden, outputs, options.bias), options);
    else
      return detail::kinds::over_time(Cell(features, hidden, options.bias), options);
  };
  using Make = Network<S> (*)(const decltype(of_cell)&, Index);
  constexpr std::array<Make, 1 + sizeof...(Others)> makers{
      [](const auto& make, Index features) { return make.template operator()<C>(features); },
      [](const auto& make, Index features) { return make.template operator()<Others>(features); }...};
  return detail::kinds::stack<S>(inputs, options, [&](Index features) {
    say.claim(hidden, features);
    say.claim(hidden, has_weight_hh ? outputs : 1);
    return makers[chosen](of_cell, features);
  });
}

}  // namespace recur::inline RECUR_ABI
