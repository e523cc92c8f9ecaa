// Training data of networks that read sequences.
#pragma once

#include <concepts>
#include <cstddef>
#include <span>

#include "recur/core/sequence.hpp"
#include "recur/layer/layer.hpp"

namespace recur::inline RECUR_ABI {

namespace detail {

/// Whether a loss takes outputs of scalar S, at each step or once. A loss that names its scalar takes no
/// other.
template <class Loss, class S>
constexpr bool takes_outputs_of() {
  if constexpr (requires { typename Loss::Scalar; })
    return std::same_as<typename Loss::Scalar, S>;
  else if constexpr (requires { &Loss::loss; })
    return takes_outputs_of<decltype(Loss::loss), S>();
  else
    return true;
}

/// The type of a loss in the scalar S of its network, where it can be converted.
template <class Loss, class S>
struct InScalar {
  using type = Loss;
};
template <template <std::floating_point> class Loss, std::floating_point Old, class S>
requires std::convertible_to<Loss<Old>, Loss<S>>
struct InScalar<Loss<Old>, S> {
  using type = Loss<S>;
};
template <class Loss, class S>
concept ChangesScalar = !std::same_as<typename InScalar<Loss, S>::type, Loss>;
/// A loss around another one, such as EachStep.
template <template <class> class Around, class Loss, class S>
requires ChangesScalar<Loss, S>
struct InScalar<Around<Loss>, S> {
  using type = Around<typename InScalar<Loss, S>::type>;
};

/// The loss of a network whose first part is `First`.
template <class Loss, class First>
using LossOf = typename InScalar<Loss, typename PartOf<First>::Scalar>::type;

}  // namespace detail

/// The data side of an architecture: examples, each a sequence with its target, and batches of them. The loss
/// decides what a target is, for example one label or one for each step.
template <class S, class Loss>
struct LabelledSequences {
  using InputScalar = S;
  using Input = typename Sequence<S>::Sample;

  /// One labelled sequence: a token list, or a matrix of I × its length.
  struct Example {
    Input input;
    typename Loss::Target target;
  };
  /// Some examples that go through the model together.
  struct Batch {
    Sequence<S> x;
    typename Loss::Targets targets;
  };

  /// Gathers the examples of the given rows into a batch. Throws std::invalid_argument as Sequence does, and
  /// for targets of different sizes. The memory of x is used again.
  static void assemble(std::span<const Example> examples, std::span<const Index> rows, Batch& batch) {
    const auto example = [&](std::size_t n) -> const Example& {
      return examples[static_cast<std::size_t>(rows[n])];
    };
    batch.x.assign(static_cast<Index>(rows.size()),
                   [&](Index n) -> const Input& { return example(static_cast<std::size_t>(n)).input; });
    for (std::size_t n = 0; n < rows.size(); ++n)
      Loss::collect(example(n).target, n, rows.size(), batch.targets);
  }

  static Index length(const Example& example) {
    if constexpr (std::same_as<S, Token>)
      return static_cast<Index>(example.input.size());
    else
      return example.input.cols();
  }

 protected:
  /// Throws unless the body can read the input: at least one step, and a number of them that it takes, features and tokens
  /// that it takes, and finite values. Returns the number of steps that the body makes of it.
  static Index check_input_of(const Example& example, const auto& body) {
    require(length(example) > 0, "its length is 0: the shortest legal length is 1");
    check_sample(body, example.input);
    return output_length(body, length(example));
  }
};

}  // namespace recur::inline RECUR_ABI
