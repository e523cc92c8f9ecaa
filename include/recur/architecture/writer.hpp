// Writes a sequence of tokens for a given input: the common part of one-to-many and encoder-decoder.
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "recur/architecture/decoder.hpp"
#include "recur/architecture/labelled_sequences.hpp"

namespace recur::inline RECUR_ABI::detail {

/// p(y | x) = decoder(y; source(x)). The source turns the input into the state in which the decoder starts,
/// and perhaps into a memory that the decoder reads. The decoder writes.
///
///   state: Z × B, memory: M × N_source ragged, y: tokens, 1 × N ragged, logits: V × N in the layout of y
///
/// In training the decoder gets the right tokens before each token (teacher forcing: Williams and Zipser
/// 1989), except for scheduled sampling. In prediction it gets its own tokens. The target of an example has
/// no begin and no end; they are added.
///
/// VectorSource and SequenceSource show what a source is. The loss is one for sequences with labels as
/// targets, such as EachStep{SoftmaxCrossEntropy{}}. Throws std::invalid_argument if the source gives another
/// state or memory than the decoder takes, or if the loss does not fit V outputs.
template <class Source, class Decoder, class Loss>
class Writer {
 public:
  using Scalar = typename Decoder::Scalar;
  using Input = typename Source::Input;
  static_assert(std::same_as<typename Loss::Target, std::vector<int>> && std::same_as<int, Token>,
                "the loss must take a label at each step, such as EachStep{SoftmaxCrossEntropy{}}");
  static_assert(std::same_as<typename Source::Scalar, Scalar>,
                "encoder and decoder must compute in one scalar, both in float or both in double");
  static_assert(
      takes_outputs_of<Loss, Scalar>(),
      "loss and network must compute in one scalar: a network of double takes SquaredError<double>{}, one of "
      "float SquaredError<float>{} or SquaredError{}; the same holds for all losses");

  struct Example {
    Input input;
    std::vector<Token> target;
  };
  /// Some examples that go through the model together. Inputs and targets have their own lengths.
  struct Batch {
    typename Source::Inputs x;
    Sequence<Token> before;          ///< the right token before each step
    typename Loss::Targets targets;  ///< the right token of each step, with the end
    std::vector<std::vector<Token>> lists;
  };

  Source source;
  Decoder decoder;
  Loss criterion;

  Writer(Source s, Decoder d, Loss l) : source(std::move(s)), decoder(std::move(d)), criterion(std::move(l)) {
    require(source.state_size() == decoder.state_size(), "the state that ", source, " gives has ",
            source.state_size(), " units, but ", decoder, " starts in one of ", decoder.state_size(),
            ": they must be equal");
    require(decoder.state_size() > 0, decoder, " has no recurrent layer: it needs one to start from a state");
    if constexpr (Decoder::attends)
      require(source.memory_size() == decoder.attention.memory_size(), "the memory that ", source,
              " gives has ", source.memory_size(), " features, but ", decoder, " looks at one of ",
              decoder.attention.memory_size(), ": they must be equal");
    check_criterion();
  }

  struct Tape {
    typename Source::Tape source;
    typename Decoder::Tape decoder;
    Sequence<Scalar> d_logits;
    typename Loss::Workspace workspace;
  };

  std::string describe() const {
    return detail::message(Source::wiring, " {", source.describe(), ", ", decoder.describe(), "}");
  }
  void initialize(Random& random, Scheme scheme) {
    source.initialize(random, scheme);
    decoder.initialize(random, scheme);
  }
  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    Source::visit(at, f, self.source...);
    Decoder::visit(at / "decoder", f, self.decoder...);
  }

  /// Gathers the examples of the given rows into a batch. Throws std::invalid_argument for inputs that don't
  /// fit into one batch, and for targets that are empty, too long or contain the end. Throws
  /// std::out_of_range for tokens that the decoder can't write.
  void assemble(std::span<const Example> examples, std::span<const Index> rows, Batch& batch) const {
    const auto example = [&](Index n) -> const Example& {
      return examples[static_cast<std::size_t>(rows[static_cast<std::size_t>(n)])];
    };
    const auto count = static_cast<Index>(rows.size());
    for (Index n = 0; n < count; ++n) decoder.check_target(example(n).target);
    Source::collect(
        count, [&](Index n) -> const Input& { return example(n).input; }, batch.x);
    const bool ends = decoder.options.end >= 0;
    batch.lists.resize(rows.size());
    for (std::size_t n = 0; n < rows.size(); ++n) {
      std::vector<Token>& list = batch.lists[n];
      list = example(static_cast<Index>(n)).target;
      if (ends) list.push_back(decoder.options.end);
      Loss::collect(list, n, rows.size(), batch.targets);
      list.insert(list.begin(), decoder.options.begin);
      list.pop_back();
    }
    batch.before.assign(count, [&](Index n) -> const std::vector<Token>& {
      return batch.lists[static_cast<std::size_t>(n)];
    });
  }

  /// Checks that the model can be trained and measured on an example. Throws what assemble throws if not.
  void check(const Example& example) const {
    source.check(example.input);
    decoder.check_target(example.target);
  }
  /// The number of steps on both sides.
  static Index length(const Example& example) {
    return Source::length(example.input) + static_cast<Index>(example.target.size()) + 1;
  }

  /// The divisor of the loss. If a batch is cut into shards, each is divided by the weight of the whole
  /// batch.
  double weight(const Batch& batch) const {
    check_criterion();
    return criterion.weight(batch.targets);
  }

  /// The decoder's logits after the right tokens: V × N in the layout of batch.before.
  const Sequence<Scalar>& logits(const Batch& batch, Tape& tape, Pass pass = predicting) const {
    source.forward(batch.x, tape.source, pass);
    return decoder.forward(tape.source.state, tape.source.memory(), batch.before, tape.decoder, pass);
  }

  /// The loss of a batch, as its share of a whole of weight `total`.
  double loss(const Batch& batch, Tape& tape, Pass pass, double total) const {
    return criterion(logits(batch, tape, pass), batch.targets, total, tape.d_logits, tape.workspace);
  }
  double loss(const Batch& batch, Tape& tape, Pass pass = predicting) const {
    return loss(batch, tape, pass, weight(batch));
  }

  /// Call it after `loss` of the same batch on the same tape with a recording pass. It adds the gradient to
  /// `gradient`. Throws std::invalid_argument for another batch or tape, and for a gradient of other sizes.
  void backward(const Batch& batch, Tape& tape, Writer& gradient) const {
    decoder.check_tape(tape.source.memory(), tape.d_logits, tape.decoder);
    source.check_tape(batch.x, tape.source);
    check_parameters(*this, gradient);
    decoder.backward(tape.source.memory(), tape.d_logits, tape.decoder, gradient.decoder);
    if constexpr (Decoder::attends)
      source.backward(batch.x, tape.decoder.d_state, &tape.decoder.attention.d_memory(), tape.source,
                      gradient.source);
    else
      source.backward(batch.x, tape.decoder.d_state, nullptr, tape.source, gradient.source);
  }

  // ---- Its output for an input.

  using Stream = typename Decoder::Stream;
  /// The decoder before its first step. decoder.step_logits(token, stream) feeds it; a copy of the stream is a
  /// branch. Throws std::invalid_argument if all weights are zero, as before `initialize`.
  Stream stream(const Input& input) const {
    check_has_learned(*this);
    source.check(input);
    typename Source::Inputs x;
    Source::collect(
        1, [&](Index) -> const Input& { return input; }, x);
    typename Source::Tape tape;
    source.forward(x, tape, predicting);
    return decoder.stream(tape.state, decoder.read(tape.memory()));
  }
  /// Takes the most likely token at each step, and the first of equal ones.
  std::vector<Token> greedy(const Input& input) const { return decoder.greedy(stream(input)); }
  /// Draws the tokens.
  std::vector<Token> sample(const Input& input, Sampler& sampler, Random& random) const {
    return decoder.sample(stream(input), sampler, random);
  }
  /// Finds at most `width` sequences, the most likely ones as a whole: see beam_search.
  std::vector<BeamHypothesis> beam(const Input& input, Index width, double length_penalty = 0) const {
    return decoder.beam(stream(input), width, length_penalty);
  }

 private:
  /// The loss is public, so the user may have given it other weights.
  void check_criterion() const {
    if constexpr (requires { criterion.check(Index{}); }) criterion.check(decoder.output_size());
  }
};

}  // namespace recur::inline RECUR_ABI::detail
