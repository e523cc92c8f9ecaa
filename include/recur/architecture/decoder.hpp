// The part of a network that writes a sequence of tokens. Each token depends on those before it.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "recur/architecture/beam_search.hpp"
#include "recur/architecture/sampling.hpp"
#include "recur/core/activation.hpp"
#include "recur/layer/layer.hpp"
#include "recur/recurrence/state.hpp"

namespace recur::inline RECUR_ABI {

/// Where a decoder begins and ends, and its inputs in training.
struct DecoderOptions {
  Token begin = 0;         ///< its first input
  Token end = 1;           ///< ends an output; -1: none does, so all have max_length tokens
  Index max_length = 100;  ///< tokens of an output, including the one that ends it
  /// The probability with which a training pass feeds the network's own token instead of the right one. You
  /// may change it during training, for example after each epoch.
  double scheduled_sampling = 0;
};

namespace detail {

/// The part of a decoder that looks at the steps of its source: see attention/attention.hpp. Queries and memory
/// are ragged batches of the same samples, and both have their own lengths. `read` and `look` are for one
/// step at a time.
template <class A, class S>
concept Attends = requires(const A& attention, A& gradient, typename A::Tape& tape, typename A::Memory& read,
                           typename A::Look& look, const Sequence<S>& sequence, const VectorX<S>& query,
                           std::span<const Index> samples) {
  requires std::copyable<A>;
  { attention.query_size() } -> std::same_as<Index>;
  { attention.memory_size() } -> std::same_as<Index>;
  { attention.forward(sequence, sequence, tape) } -> std::same_as<const Sequence<S>&>;
  attention.backward(sequence, sequence, sequence, tape, gradient);
  { tape.d_queries } -> std::convertible_to<const Sequence<S>&>;
  { tape.d_memory() } -> std::convertible_to<const Sequence<S>&>;
  attention.read(sequence, read);
  attention.look(query, samples, read, look);
};

/// For a decoder that sees only its initial state of the source.
struct NoAttention {
  struct Tape {};
  struct Memory {};
  struct Look {};
  void initialize(Random&, Scheme) {}
  template <class F, class... Self>
  static void visit(const Name&, F&&, Self&...) {}
};
template <class A>
concept SomeAttention = !std::same_as<A, NoAttention>;

}  // namespace detail

/// A decoder gives the conditional probability of a sequence of tokens, factor by factor.
///
///   h_t = body(y_{t-1}, state_{t-1})         y_0 = begin, state_0 from the source
///   c_t = attention(h_t, memory)             if there is an attention
///   p(y_t | y_1, ..., y_{t-1}, source) = softmax(head([c_t; h_t])), or softmax(head(h_t)) without
///
///   Decoder plain{Sequential{Embedding<float>{V, E}, Recurrent{Gru<float>{E, H}}}, Dense<float>{H, V}};
///   Decoder attentive{Sequential{Embedding<float>{V, E}, Recurrent{Gru<float>{E, H}}},
///                     Attention{GeneralScore<float>{H, M}},
///                     Sequential{Dense<float, Tanh>{M + H, H}, Dense<float>{H, V}}};
///
///   tokens: 1 × N ragged, h: H × N, memory: M × N_source ragged, c: M × N, logits: V × N, state: Z × B
///
/// The query of the attention is h_t, the state after the token was read (Luong, Pham and Manning, "Effective
/// approaches to attention-based neural machine translation", 2015, section 3.1; the head above is eq. 5 and
/// 6). So all steps of a training pass are a few large products. Bahdanau, Cho and Bengio 2015 use the state
/// before it, which must wait for the context of the step before. Any score works, also Bahdanau's additive
/// one.
///
/// The body must take every token that the head can write, since these are its inputs. Throws
/// std::invalid_argument if sizes don't fit, for an end that is not an output, for a max_length below one and
/// for a probability that is not in [0, 1]. Throws std::out_of_range if the body has no vector for begin or
/// for an output.
template <class Body, class Head, class Attend = detail::NoAttention>
class Decoder {
  static constexpr bool can_attend =
      std::same_as<Attend, detail::NoAttention> || detail::Attends<Attend, typename Body::Scalar>;

 public:
  using Scalar = typename Body::Scalar;
  static_assert(detail::are_layers<Body, Head>() && detail::are_streamable<Body, Head>());
  static_assert(
      can_attend,
      "a decoder has a body, an attention such as Attention{DotScore<float>{64}}, and a head, in this "
      "order and in one scalar");
  static_assert(std::same_as<typename detail::PartOf<Body>::InputScalar, Token>,
                "the body of a decoder must take tokens: let it begin with an Embedding");
  static_assert(std::same_as<typename Head::Scalar, Scalar>,
                "body and head must compute in one scalar, both in float or both in double");
  /// Whether there is an attention between the body and the head.
  static constexpr bool attends = detail::SomeAttention<Attend>;

  Body body;
  Attend attention;
  Head head;
  DecoderOptions options;  ///< where it begins and ends, and how long it may become

  Decoder(Body b, Head h, DecoderOptions o = {}) requires std::same_as<Attend, detail::NoAttention>
      : body(std::move(b)), head(std::move(h)), options(o) {
    check_sizes();
  }
  Decoder(Body b, Attend a, Head h, DecoderOptions o = {}) requires detail::SomeAttention<Attend>
      : body(std::move(b)), attention(std::move(a)), head(std::move(h)), options(o) {
    check_sizes();
  }

  /// V: the number of tokens that it can write. Z: the units of the state in which it starts.
  Index output_size() const { return head.output_size(); }
  Index state_size() const { return recur::state_size(body); }

  std::string describe() const {
    if constexpr (attends)
      return detail::list("Decoder", {body, attention, head});
    else
      return detail::list("Decoder", {body, head});
  }
  void initialize(Random& random, Scheme scheme) {
    body.initialize(random, scheme);
    attention.initialize(random, scheme);
    head.initialize(random, scheme);
  }
  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    Body::visit(at / "body", f, self.body...);
    Attend::visit(at / "attention", f, self.attention...);
    Head::visit(at / "head", f, self.head...);
  }

  // ---- All steps at once. The token before each step is given.

  struct Tape {
    Sequence<Token> inputs;  ///< the tokens that were fed
    typename Body::Tape body;
    typename Attend::Tape attention;  ///< weights(b): how sample b looked at its source; a column a step
    typename Head::Tape head;
    Sequence<Scalar> joined, d_context, dh;
    MatrixX<Scalar> d_state;  ///< after backward: the gradient of the initial state
  };

  /// state: Z × B, or empty for the start of the body. inputs: the token before each step, with `begin` first.
  /// With a source of noise, scheduled sampling replaces some of them by the network's own tokens: see mix.
  const Sequence<Scalar>& forward(const MatrixX<Scalar>& state, const Sequence<Scalar>& memory,
                                  const Sequence<Token>& inputs, Tape& tape, Pass pass = predicting) const {
    check_options();
    tape.inputs = inputs;
    if (pass.random && options.scheduled_sampling > 0) mix(state, memory, tape.inputs, *pass.random);
    const Sequence<Scalar>& h = detail::forward_from(body, tape.inputs, tape.body, pass, state);
    if constexpr (attends) {
      join(attention.forward(h, memory, tape.attention, pass), h, tape.joined);
      return head.forward(tape.joined, tape.head, pass);
    } else {
      return head.forward(h, tape.head, pass);
    }
  }

  /// Call it after a recording forward on the same tape. It writes the gradient of the initial state to
  /// tape.d_state, and that of the memory to tape.attention.d_memory().
  void backward(const Sequence<Scalar>& memory, const Sequence<Scalar>& d_logits, Tape& tape,
                Decoder& gradient) const {
    check_tape(memory, d_logits, tape);
    check_parameters(*this, gradient);
    const Sequence<Scalar>& h = tape.body.output();
    const Sequence<Scalar>* dh = &tape.head.d_input();
    if constexpr (attends) {
      head.backward(tape.joined, d_logits, tape.head, gradient.head);
      part(tape.head.d_input(), tape.d_context, tape.dh);
      attention.backward(h, memory, tape.d_context, tape.attention, gradient.attention);
      detail::arrays::add(tape.dh.data(), tape.attention.d_queries.data(), h.features() * h.columns());
      dh = &tape.dh;
    } else {
      head.backward(h, d_logits, tape.head, gradient.head);
    }
    body.backward(tape.inputs, *dh, tape.body, gradient.body, false);
    detail::get_d_initial_state(body, tape.body, tape.d_state);
  }

  /// Throws std::invalid_argument unless backward can use the tape.
  void check_tape(const Sequence<Scalar>& memory, const Sequence<Scalar>& d_logits, const Tape& tape) const {
    const Sequence<Scalar>& h = tape.body.output();
    check_gradient(head, tape.head, d_logits);
    recur::check_tape(body, tape.inputs, tape.body);
    recur::check_tape(head, attends ? tape.joined : h, tape.head);
    if constexpr (requires { attention.check_tape(h, memory, tape.attention); })
      attention.check_tape(h, memory, tape.attention);
  }

  /// Scheduled sampling (Bengio, Vinyals, Jaitly and Shazeer, "Scheduled sampling for sequence prediction
  /// with recurrent neural networks", 2015, section 2.4). With the probability in the options, it replaces an
  /// input by a token drawn from the network's output there, which depends on the inputs so far. The first
  /// input stays. As in the paper, no gradient flows through the drawn token. Drawing uses no noise such as
  /// dropout. state: Z × B, or empty for the start of the body. Throws std::invalid_argument for a state of
  /// another size, and std::out_of_range for a sample that the memory does not have.
  void mix(const MatrixX<Scalar>& state, const Sequence<Scalar>& memory, Sequence<Token>& inputs,
           Random& random) const {
    check_state(*this, StateRef<Scalar>(state), inputs.batch(), "an initial state");
    const MatrixX<Scalar> start = start_state(body);  // for an empty state
    const auto read = this->read(memory);
    const Layout& layout = inputs.layout();
    Sampler draw;
    for (Index n = 0; n < layout.batch(); ++n) {
      const Index b = layout.user_index(n);
      Stream its = stream(state.size() == 0 ? start : MatrixX<Scalar>(state.col(b)), read, b);
      for (Index t = 0; t + 1 < layout.length(n); ++t) {
        const auto& logits = step_logits(inputs.data()[layout.offset(t) + n], its);
        if (random.uniform() < options.scheduled_sampling)
          inputs.data()[layout.offset(t + 1) + n] = draw(logits, random);
      }
    }
  }

  // ---- One sample, one step at a time.

  /// A stream is a value: a copy continues on its own. Copies share the memory, and none of them changes it.
  struct Stream {
    typename Body::Stream body;
    typename Head::Stream head;
    std::shared_ptr<const typename Attend::Memory> memory;
    Index sample = 0;            // of the memory
    typename Attend::Look look;  ///< weights(0): how the last step looked at the source
    VectorX<typename detail::PartOf<Body>::InputScalar> token;
    VectorX<Scalar> joined;
  };

  /// Computes once what the steps of all samples need of the memory.
  std::shared_ptr<const typename Attend::Memory> read(const Sequence<Scalar>& memory) const {
    auto result = std::make_shared<typename Attend::Memory>();
    if constexpr (attends) attention.read(memory, *result);
    return result;
  }
  /// state: Z × 1. Throws std::invalid_argument for a state of another size or without a memory, and
  /// std::out_of_range for a sample that the memory does not have.
  Stream stream(const MatrixX<Scalar>& state, std::shared_ptr<const typename Attend::Memory> memory,
                Index sample = 0) const {
    require(memory != nullptr || !attends, *this, " was given no memory: it must be what read() returns");
    if constexpr (requires { memory->batch(); }) detail::check_index("sample", sample, memory->batch());
    Stream result{body.stream(),
                  head.stream(),
                  std::move(memory),
                  sample,
                  {},
                  VectorX<typename detail::PartOf<Body>::InputScalar>::Zero(1),
                  VectorX<Scalar>::Zero(attends ? head.input_size() : 0)};
    set_state(body, result.body, state);
    return result;
  }
  /// Starts again from a state of the same source, without allocating. state: Z × 1. Throws
  /// std::invalid_argument for a state of another size and for a stream of another decoder.
  void reset(Stream& stream, const MatrixX<Scalar>& state) const {
    detail::check_reset(body, stream.body);
    detail::check_reset(head, stream.head);
    set_state(body, stream.body, state);  // throws before anything is changed
    recur::reset(body, stream.body);
    recur::reset(head, stream.head);
    set_state(body, stream.body, state);
  }
  /// Feeds a token. Returns the logits of the next token, V × 1.
  const VectorX<Scalar>& step_logits(Token token, Stream& stream) const {
    require(stream.token.size() == 1 && (stream.memory || !attends) &&
                stream.joined.size() == (attends ? head.input_size() : 0),
            *this,
            " was given a stream of another decoder, or one that was moved from: it must be one that its ",
            "stream() made");
    check_stream(body, stream.body);
    check_stream(head, stream.head);
    if constexpr (requires { attention.check_memory(*stream.memory); })
      attention.check_memory(*stream.memory);
    stream.token(0) = token;
    const VectorX<Scalar>& h = body.step(stream.token, stream.body);
    if constexpr (attends) {
      const auto context = attention.look(h, std::span(&stream.sample, 1), *stream.memory, stream.look);
      std::copy_n(context.data(), attention.memory_size(), stream.joined.data());
      std::copy_n(h.data(), h.size(), stream.joined.data() + attention.memory_size());
      return head.step(stream.joined, stream.head);
    } else {
      return head.step(h, stream.head);
    }
  }

  // ---- Its output, from a stream before its first input. The output does not include the end.

  /// Takes the most likely token at each step, and the first of equal ones. Throws std::invalid_argument for
  /// a logit that is not a number, and if the highest logit is not finite, as sample does.
  std::vector<Token> greedy(Stream stream) const {
    return write(std::move(stream), [](const VectorX<Scalar>& logits) { return detail::best_token(logits); });
  }
  /// Draws a token at each step.
  std::vector<Token> sample(Stream stream, Sampler& sampler, Random& random) const {
    return write(std::move(stream), [&](const VectorX<Scalar>& logits) { return sampler(logits, random); });
  }
  /// The most likely sequences that a beam search finds, at most `width`, the best first: see beam_search.
  /// Its end and max_length are those of the decoder's options. None contains the token `never`; -1 allows all
  /// tokens. Throws as beam_search does, and std::out_of_range for another `never` that it can't write.
  std::vector<BeamHypothesis> beam(const Stream& stream, Index width, double length_penalty = 0,
                                   Token never = -1) const {
    check_options();
    if (never != -1) detail::check_index("token", never, output_size());
    return beam_search(stream, options.begin,
                       [this, never](Stream& state, Token token) {
                         VectorX<double> log_p = step_logits(token, state).template cast<double>();
                         if (never >= 0) log_p(never) = -std::numeric_limits<double>::infinity();
                         log_softmax(log_p);
                         return log_p;
                       },
                       {width, options.max_length, options.end, length_penalty});
  }

  /// Throws unless the decoder can be trained on these tokens. There must be at least one. Each must be a
  /// token that it can write, and none the end. With the end there may be at most max_length.
  void check_target(const std::vector<Token>& target) const {
    check_options();
    const Index with_end = options.end >= 0 ? 1 : 0;
    const auto length = static_cast<Index>(target.size());
    require(length > 0, "the target has no tokens: it must have at least 1");
    const Index steps = length + with_end, made = output_length(body, steps);
    require(made == steps, *this, " makes ", made, " steps of ", steps, ": its body must keep them");
    require(length + with_end <= options.max_length, "the target has ", length,
            " tokens: it may have at most ", options.max_length - with_end,
            with_end > 0 ? ", max_length without the end" : ", max_length");
    for (const Token token : target) {
      if (token < 0 || token >= output_size())
        detail::fail<std::out_of_range>(detail::message(
            "target token ", token, " is out of range: legal tokens are 0 to ", output_size() - 1));
      require(token != options.end, "target token ", token,
              " is the end, which is added automatically: it can't be part of the target");
    }
  }

 private:
  template <class Choose>
  std::vector<Token> write(Stream stream, Choose&& choose) const {
    check_options();
    std::vector<Token> tokens;
    Token last = options.begin;
    for (Index length = 0; length < options.max_length; ++length) {
      last = choose(step_logits(last, stream));
      if (last == options.end) break;
      tokens.push_back(last);
    }
    return tokens;
  }

  /// Puts c above h, column by column.
  static void join(const Sequence<Scalar>& c, const Sequence<Scalar>& h, Sequence<Scalar>& both) {
    both.reshape(c.features() + h.features(), h.layout());
    detail::state::copy(c.data(), c.features(), both.data(), both.features(), c.features(), h.columns());
    detail::state::copy(h.data(), h.features(), both.data() + c.features(), both.features(), h.features(),
                        h.columns());
  }
  void part(const Sequence<Scalar>& both, Sequence<Scalar>& c, Sequence<Scalar>& h) const {
    c.reshape(attention.memory_size(), both.layout());
    h.reshape(both.features() - c.features(), both.layout());
    detail::state::copy(both.data(), both.features(), c.data(), c.features(), c.features(), h.columns());
    detail::state::copy(both.data() + c.features(), both.features(), h.data(), h.features(), h.features(),
                        h.columns());
  }

  void check_sizes() const {
    const Index h = body.output_size();
    Index into_head = h;
    if constexpr (attends) {
      require(attention.query_size() == h, "the attention, ", attention, ", takes queries of ",
              attention.query_size(), " features, but the body, ", body, ", gives ", h,
              ": they must be equal");
      into_head += attention.memory_size();
    }
    require(head.input_size() == into_head, "the head, ", head, ", takes ", head.input_size(),
            " features, but is given ", into_head,
            attends ? ", the sum of context and body: they must be equal" : ": they must be equal");
    check_options();
    check_sample(body, std::vector<Token>{options.begin, static_cast<Token>(output_size() - 1)});
  }
  void check_options() const {  // the user may change them
    require(options.end >= -1 && options.end < output_size(), "the end ", options.end,
            " of a decoder's output: it must be one of its tokens, 0 to ", output_size() - 1,
            ", or -1 for none");
    require(options.max_length > 0, "max_length ", options.max_length, ": it must be at least 1");
    require(options.scheduled_sampling >= 0 && options.scheduled_sampling <= 1, "scheduled_sampling ",
            options.scheduled_sampling, ": it must be a probability, from 0 to 1");
  }
};

template <class Body, class Head>
Decoder(Body, Head, DecoderOptions = {}) -> Decoder<Body, Head>;
template <class Body, class Attend, class Head>
Decoder(Body, Attend, Head, DecoderOptions = {}) -> Decoder<Body, Head, Attend>;

}  // namespace recur::inline RECUR_ABI
