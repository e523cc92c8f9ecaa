// Layers of the transformer: attention, then a network for each step separately. Each of the two has a
// residual connection.
#pragma once

#include <string>

#include "recur/attention/multi_head_attention.hpp"
#include "recur/core/activation.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/dropout.hpp"
#include "recur/layer/layer.hpp"
#include "recur/layer/layer_norm.hpp"

namespace recur::inline RECUR_ABI {

/// The place of the normalisation in a layer of a transformer.
enum class NormOrder {
  after,  ///< y = norm(x + f(x)), as in Vaswani et al. 2017
  before  ///< y = x + f(norm(x)); it trains deep stacks without warm-up (Xiong et al. 2020)
};

/// The options of a transformer's layers.
struct TransformerOptions {
  NormOrder norm = NormOrder::after;  ///< PyTorch's norm_first is NormOrder::before
  double dropout =
      0.1;  ///< of attention weights, within the feed-forward network and of the output of each part
  bool causal = false;    ///< for an encoder layer: see MultiHeadAttentionOptions; a decoder layer always is
  double epsilon = 1e-5;  ///< of the normalisations
};

/// y = W_2 drop(f(W_1 x + b_1)) + b_2 at every step (Vaswani et al. 2017, eq. 2; f = Relu or Gelu).
///
///   linear1.weight: A × D, linear1.bias: A, linear2.weight: D × A, linear2.bias: D        x, y: D × N
///
/// Initial weights are those of Dense. Throws std::invalid_argument if sizes don't fit.
template <std::floating_point S, Activation F = Relu>
class FeedForward {
 public:
  using Scalar = S;
  using InputScalar = S;

  Dense<S, F> linear1;
  Dense<S> linear2;

  struct Tape {
    typename Dense<S, F>::Tape linear1;
    typename Dropout<S>::Tape dropout;
    typename Dense<S>::Tape linear2;
    bool dropped = false;

    const Sequence<S>& output() const { return linear2.y; }
    const Sequence<S>& d_input() const { return linear1.dx; }
  };

  /// Throws std::invalid_argument unless both sizes are positive and 0 <= dropout < 1.
  FeedForward(Index features, Index hidden, double drop_rate = 0)
      : linear1(features, hidden), linear2(hidden, features), dropout_(drop_rate) {}

  Index input_size() const { return linear1.input_size(); }
  Index output_size() const { return linear2.output_size(); }
  double dropout() const { return dropout_.rate(); }  ///< between the two maps
  std::string describe() const {
    return detail::message("FeedForward (", input_size(), " -> ", linear1.output_size(), " -> ",
                           output_size(), ")");
  }
  void initialize(Random& random, Scheme scheme) {
    linear1.initialize(random, scheme);
    linear2.initialize(random, scheme);
  }
  template <class V, class... Self>
  static void visit(const Name& at, V&& f, Self&... self) {
    Dense<S, F>::visit(at / "linear1", f, self.linear1...);
    Dense<S>::visit(at / "linear2", f, self.linear2...);
  }

  const Sequence<S>& forward(const Sequence<S>& x, Tape& tape, Pass pass = predicting) const {
    check_input(*this, x, tape);
    const Sequence<S>& hidden = linear1.forward(x, tape.linear1, pass);
    tape.dropped = pass.random && dropout_.rate() > 0;
    return linear2.forward(tape.dropped ? dropout_.forward(hidden, tape.dropout, pass) : hidden, tape.linear2,
                           pass);
  }
  void backward(const Sequence<S>& x, const Sequence<S>& dy, Tape& tape, FeedForward& gradient,
                bool want_dx = true) const {
    check_backward(*this, x, dy, tape, gradient);
    const Sequence<S>& hidden = tape.linear1.y;
    linear2.backward(tape.dropped ? tape.dropout.y : hidden, dy, tape.linear2, gradient.linear2);
    if (tape.dropped) dropout_.backward(hidden, tape.linear2.dx, tape.dropout, gradient.dropout_);
    linear1.backward(x, tape.dropped ? tape.dropout.dx : tape.linear2.dx, tape.linear1, gradient.linear1,
                     want_dx);
  }

  void check_tape(const Sequence<S>& x, const Tape& tape) const {
    recur::check_tape(linear1, x, tape.linear1);
    if (tape.dropped) recur::check_tape(dropout_, tape.linear1.y, tape.dropout);
    recur::check_tape(linear2, tape.dropped ? tape.dropout.y : tape.linear1.y, tape.linear2);
  }

 private:
  Dropout<S> dropout_;
};

namespace detail {

/// Throws std::invalid_argument unless each part of a transformer's layer takes and gives the features of the layer. The
/// parts are public, so one may have been replaced.
template <class L, class... Part>
void check_parts(const L& layer, const Part&... part) {
  const Index features = layer.input_size();
  (require(part.input_size() == features && part.output_size() == features, layer, " has a part ", part,
           ": it must take and give ", features, " features"),
   ...);
}

/// The operations around each part f of a transformer's layer:
///
///   y = norm(x + drop(f(x)))      or, with the normalisation before,      y = x + drop(f(norm(x)))
///
/// If a part attends to a memory, it also gets the memory.
template <std::floating_point S>
class SublayerConnection {
 public:
  struct Tape {
    typename LayerNorm<S>::Tape norm;
    Sequence<S> sum, dx, d_part;
    Buffer<S> mask;
    bool norm_first = false, dropped = false;

    const Sequence<S>& output() const { return norm_first ? sum : norm.y; }
  };

  explicit SublayerConnection(const TransformerOptions& options)
      : options_(options), norm_first_(options.norm == NormOrder::before), dropout_(options.dropout) {}

  const TransformerOptions& options() const { return options_; }

  /// part(x) runs f.
  template <class F>
  const Sequence<S>& forward(const LayerNorm<S>& norm, const Sequence<S>& x, Tape& tape, Pass pass,
                             F&& part) const {
    tape.norm_first = norm_first_;
    const Sequence<S>& out = part(norm_first_ ? norm.forward(x, tape.norm, pass) : x);
    const Index count = x.features() * x.columns();
    tape.dropped = pass.random && dropout_ > 0;
    S* const mask = tape.dropped ? tape.mask.at_least(count) : nullptr;
    tape.sum.reshape(x.features(), x.layout());
    if (tape.dropped) {
      detail::draw_mask(mask, count, dropout_, *pass.random);
      detail::arrays::multiply(mask, out.data(), tape.sum.data(), count);
    }
    detail::arrays::add(x.data(), tape.dropped ? tape.sum.data() : out.data(), tape.sum.data(), count);
    if (!norm_first_) norm.forward(tape.sum, tape.norm, pass);
    return tape.output();
  }

  /// part(x) checks the tape of f.
  template <class F>
  void check_tape(const LayerNorm<S>& norm, const Sequence<S>& x, const Tape& tape, F&& part) const {
    require(tape.norm_first == norm_first_, norm, " was asked for a gradient with a tape of another order");
    recur::check_tape(norm, norm_first_ ? x : tape.sum, tape.norm);
    part(norm_first_ ? tape.norm.y : x);
  }

  /// Writes the gradient of x to tape.dx.
  template <class Part, class... Memory>
  const Sequence<S>& backward(const LayerNorm<S>& norm, const Part& part, const Sequence<S>& x,
                              const Sequence<S>& dy, Tape& tape, typename Part::Tape& part_tape,
                              LayerNorm<S>& d_norm, Part& d_part, const Memory&... memory) const {
    const Index count = x.features() * x.columns();
    if (!norm_first_) norm.backward(tape.sum, dy, tape.norm, d_norm);
    const Sequence<S>& d_sum = norm_first_ ? dy : tape.norm.dx;
    if (tape.dropped) {
      tape.d_part.reshape(x.features(), x.layout());
      detail::arrays::multiply(tape.mask.data(), d_sum.data(), tape.d_part.data(), count);
    }
    part.backward(norm_first_ ? tape.norm.y : x, memory..., tape.dropped ? tape.d_part : d_sum, part_tape,
                  d_part);
    if (norm_first_) norm.backward(x, part_tape.d_input(), tape.norm, d_norm);
    const Sequence<S>& d_in = norm_first_ ? tape.norm.dx : part_tape.d_input();
    tape.dx.reshape(x.features(), x.layout());
    detail::arrays::add(d_sum.data(), d_in.data(), tape.dx.data(), count);
    return tape.dx;
  }

 private:
  TransformerOptions options_;
  bool norm_first_;
  double dropout_;
};

}  // namespace detail

/// A layer of a transformer's encoder (Vaswani et al. 2017, section 3.1):
///
///   a = norm1(x + drop(self_attn(x)))      y = norm2(a + drop(feed_forward(a)))
///
/// or with NormOrder::before   a = x + drop(self_attn(norm1(x)))   y = a + drop(feed_forward(norm2(a))).
///
///   x, y: D × N ragged. Parameters have the names and layouts of PyTorch's nn.TransformerEncoderLayer:
///   self_attn.in_proj_weight, ..., linear1.weight, ..., linear2.bias, norm1.weight, ..., norm2.bias
///
/// If it is causal, it is a layer of a language model. tape.self_attn.weights(b, h) shows the attention.
/// forward takes a mask of steps, as MultiHeadAttention does. A stack is Sequential{layer, layer, ...}. With
/// NormOrder::before, the stack ends with a LayerNorm. Throws std::invalid_argument if sizes don't fit.
template <std::floating_point S, Activation F = Relu>
class TransformerEncoderLayer {
 public:
  using Scalar = S;
  using InputScalar = S;

  MultiHeadAttention<S> self_attn;
  FeedForward<S, F> feed_forward;
  LayerNorm<S> norm1, norm2;

  struct Tape {
    typename MultiHeadAttention<S>::Tape self_attn;
    typename FeedForward<S, F>::Tape feed_forward;
    typename detail::SublayerConnection<S>::Tape around_attention, around_feed_forward;

    const Sequence<S>& output() const { return around_feed_forward.output(); }
    const Sequence<S>& d_input() const { return around_attention.dx; }
  };

  /// `hidden`: units of the feed-forward network. Weights are zero until `initialize`. Throws
  /// std::invalid_argument unless all are positive, heads divides features, and 0 <= dropout < 1.
  TransformerEncoderLayer(Index features, Index heads, Index hidden, TransformerOptions options = {})
      : self_attn(features, heads, {options.causal, options.dropout}),
        feed_forward(features, hidden, options.dropout),
        norm1(features, options.epsilon),
        norm2(features, options.epsilon),
        connection_(options) {}

  Index input_size() const { return self_attn.input_size(); }
  Index output_size() const { return self_attn.output_size(); }
  std::string describe() const {
    return detail::message("TransformerEncoderLayer (", input_size(), ", ", self_attn.heads(), " heads, ",
                           feed_forward.linear1.output_size(), " hidden)");
  }
  /// Throws std::invalid_argument if a part was replaced by one of another dropout or epsilon.
  Description description() const requires detail::NamedActivation<F> {
    const TransformerOptions& options = connection_.options();
    check_description(options);
    Description layer("transformer_encoder_layer", input_size(), self_attn.heads(),
                      feed_forward.linear1.output_size());
    layer.set("activation", F::name);
    layer.set("dropout", options.dropout);
    layer.set("epsilon", options.epsilon);
    if (options.norm == NormOrder::before) layer.set("norm", "before");
    if (self_attn.options().causal) layer.set("causal", true);
    return layer;
  }
  void initialize(Random& random, Scheme scheme) {
    self_attn.initialize(random, scheme);
    feed_forward.initialize(random, scheme);
    norm1.initialize(random, scheme);
    norm2.initialize(random, scheme);
  }
  template <class V, class... Self>
  static void visit(const Name& at, V&& f, Self&... self) {
    MultiHeadAttention<S>::visit(at / "self_attn", f, self.self_attn...);
    FeedForward<S, F>::visit(at, f, self.feed_forward...);
    LayerNorm<S>::visit(at / "norm1", f, self.norm1...);
    LayerNorm<S>::visit(at / "norm2", f, self.norm2...);
  }

  const Sequence<S>& forward(const Sequence<S>& x, Tape& tape, Pass pass = predicting,
                             const HiddenSteps& hidden = {}) const {
    check_input(*this, x, tape);
    check_parts();
    const auto attend = [&](const Sequence<S>& in) -> const Sequence<S>& {
      return self_attn.forward(in, tape.self_attn, pass, hidden);
    };
    const auto feed = [&](const Sequence<S>& in) -> const Sequence<S>& {
      return feed_forward.forward(in, tape.feed_forward, pass);
    };
    const Sequence<S>& a = connection_.forward(norm1, x, tape.around_attention, pass, attend);
    return connection_.forward(norm2, a, tape.around_feed_forward, pass, feed);
  }

  void backward(const Sequence<S>& x, const Sequence<S>& dy, Tape& tape, TransformerEncoderLayer& gradient,
                bool = true) const {
    check_backward(*this, x, dy, tape, gradient);
    const Sequence<S>& a = tape.around_attention.output();
    const Sequence<S>& da = connection_.backward(norm2, feed_forward, a, dy, tape.around_feed_forward,
                                                 tape.feed_forward, gradient.norm2, gradient.feed_forward);
    connection_.backward(norm1, self_attn, x, da, tape.around_attention, tape.self_attn, gradient.norm1,
                         gradient.self_attn);
  }

  void check_tape(const Sequence<S>& x, const Tape& tape) const {
    check_parts();
    check_pass(*this, x, tape);
    connection_.check_tape(norm1, x, tape.around_attention,
                           [&](const Sequence<S>& in) { self_attn.check_tape(in, tape.self_attn); });
    connection_.check_tape(norm2, tape.around_attention.output(), tape.around_feed_forward,
                           [&](const Sequence<S>& in) { feed_forward.check_tape(in, tape.feed_forward); });
  }

 private:
  void check_parts() const { detail::check_parts(*this, self_attn, feed_forward, norm1, norm2); }
  /// A description has one dropout and one epsilon, but the parts are public, and one may have been replaced.
  void check_description(const TransformerOptions& options) const {
    require(self_attn.options().dropout == options.dropout && feed_forward.dropout() == options.dropout,
            *this, " with dropout ", options.dropout, " has parts with dropout ", self_attn.options().dropout,
            " and ", feed_forward.dropout(), ": to be described, all must be equal");
    const auto epsilon = static_cast<double>(static_cast<S>(options.epsilon));
    require(norm1.epsilon() == epsilon && norm2.epsilon() == epsilon, *this, " with epsilon ", epsilon,
            " has normalisations with ", norm1.epsilon(), " and ", norm2.epsilon(),
            ": to be described, all must be equal");
  }

  detail::SublayerConnection<S> connection_;
};

/// A layer of a transformer's decoder (Vaswani et al. 2017, section 3.1). Each step sees its own sequence up
/// to that step, and the whole memory. The memory is the output of an encoder for the same samples:
///
///   a = norm1(x + drop(self_attn(x)))      c = norm2(a + drop(multihead_attn(a, memory)))
///   y = norm3(c + drop(feed_forward(c)))
///
/// With NormOrder::before, each normalisation is at the input of its part.
///
///   x, y: D × N, memory: D × N_m, both ragged, each with its own lengths. Parameters have the names and
///   layouts of PyTorch's nn.TransformerDecoderLayer: self_attn.in_proj_weight, ...,
///   multihead_attn.in_proj_weight, ..., linear1.weight, ..., norm3.bias
///
/// It takes two sequences, so it is not a Layer. TransformerDecoder is a stack of it. Throws
/// std::invalid_argument if sizes don't fit.
template <std::floating_point S, Activation F = Relu>
class TransformerDecoderLayer {
 public:
  using Scalar = S;

  MultiHeadAttention<S> self_attn, multihead_attn;
  FeedForward<S, F> feed_forward;
  LayerNorm<S> norm1, norm2, norm3;

  struct Tape {
    typename MultiHeadAttention<S>::Tape self_attn, multihead_attn;
    typename FeedForward<S, F>::Tape feed_forward;
    typename detail::SublayerConnection<S>::Tape around_self, around_memory, around_feed_forward;

    const Sequence<S>& output() const { return around_feed_forward.output(); }
    const Sequence<S>& d_input() const { return around_self.dx; }
    const Sequence<S>& d_memory() const { return multihead_attn.d_memory(); }
  };

  /// `hidden`: units of the feed-forward network. Weights are zero until `initialize`. Throws
  /// std::invalid_argument unless all are positive, heads divides features, and 0 <= dropout < 1.
  TransformerDecoderLayer(Index features, Index heads, Index hidden, TransformerOptions options = {})
      : self_attn(features, heads, {true, options.dropout}),
        multihead_attn(features, heads, {false, options.dropout}),
        feed_forward(features, hidden, options.dropout),
        norm1(features, options.epsilon),
        norm2(features, options.epsilon),
        norm3(features, options.epsilon),
        connection_(options) {}

  Index input_size() const { return self_attn.input_size(); }
  Index output_size() const { return self_attn.output_size(); }
  std::string describe() const {
    return detail::message("TransformerDecoderLayer (", input_size(), ", ", self_attn.heads(), " heads, ",
                           feed_forward.linear1.output_size(), " hidden)");
  }
  void initialize(Random& random, Scheme scheme) {
    self_attn.initialize(random, scheme);
    multihead_attn.initialize(random, scheme);
    feed_forward.initialize(random, scheme);
    for (LayerNorm<S>* norm : {&norm1, &norm2, &norm3}) norm->initialize(random, scheme);
  }
  template <class V, class... Self>
  static void visit(const Name& at, V&& f, Self&... self) {
    MultiHeadAttention<S>::visit(at / "self_attn", f, self.self_attn...);
    MultiHeadAttention<S>::visit(at / "multihead_attn", f, self.multihead_attn...);
    FeedForward<S, F>::visit(at, f, self.feed_forward...);
    LayerNorm<S>::visit(at / "norm1", f, self.norm1...);
    LayerNorm<S>::visit(at / "norm2", f, self.norm2...);
    LayerNorm<S>::visit(at / "norm3", f, self.norm3...);
  }

  /// Masks hide steps of x, and of the memory: see MultiHeadAttention.
  const Sequence<S>& forward(const Sequence<S>& x, const Sequence<S>& memory, Tape& tape,
                             Pass pass = predicting, const HiddenSteps& hidden = {},
                             const HiddenSteps& hidden_memory = {}) const {
    check_input(*this, x, tape);
    check_parts();
    check_place(*this, memory, tape);
    const auto attend = [&](const Sequence<S>& in) -> const Sequence<S>& {
      return self_attn.forward(in, tape.self_attn, pass, hidden);
    };
    const auto attend_to_memory = [&](const Sequence<S>& in) -> const Sequence<S>& {
      return multihead_attn.forward(in, memory, tape.multihead_attn, pass, hidden_memory);
    };
    const auto feed = [&](const Sequence<S>& in) -> const Sequence<S>& {
      return feed_forward.forward(in, tape.feed_forward, pass);
    };
    const Sequence<S>& a = connection_.forward(norm1, x, tape.around_self, pass, attend);
    const Sequence<S>& c = connection_.forward(norm2, a, tape.around_memory, pass, attend_to_memory);
    return connection_.forward(norm3, c, tape.around_feed_forward, pass, feed);
  }

  /// Writes the gradient of x to tape.d_input(), and the gradient of the memory to tape.d_memory().
  void backward(const Sequence<S>& x, const Sequence<S>& memory, const Sequence<S>& dy, Tape& tape,
                TransformerDecoderLayer& gradient) const {
    check_gradient(*this, tape, dy);
    check_place(*this, x, tape);
    check_place(*this, memory, tape);
    check_tape(x, memory, tape);
    check_parameters(*this, gradient);
    const Sequence<S>& a = tape.around_self.output();
    const Sequence<S>& c = tape.around_memory.output();
    const Sequence<S>& dc = connection_.backward(norm3, feed_forward, c, dy, tape.around_feed_forward,
                                                 tape.feed_forward, gradient.norm3, gradient.feed_forward);
    const Sequence<S>& da =
        connection_.backward(norm2, multihead_attn, a, dc, tape.around_memory, tape.multihead_attn,
                             gradient.norm2, gradient.multihead_attn, memory);
    connection_.backward(norm1, self_attn, x, da, tape.around_self, tape.self_attn, gradient.norm1,
                         gradient.self_attn);
  }

  void check_tape(const Sequence<S>& x, const Sequence<S>& memory, const Tape& tape) const {
    check_parts();
    check_pass(*this, x, tape);
    tape.multihead_attn.check_memory(*this, memory);
    connection_.check_tape(norm1, x, tape.around_self,
                           [&](const Sequence<S>& in) { self_attn.check_tape(in, tape.self_attn); });
    connection_.check_tape(norm2, tape.around_self.output(), tape.around_memory, [&](const Sequence<S>& in) {
      multihead_attn.check_tape(in, memory, tape.multihead_attn);
    });
    connection_.check_tape(norm3, tape.around_memory.output(), tape.around_feed_forward,
                           [&](const Sequence<S>& in) { feed_forward.check_tape(in, tape.feed_forward); });
  }

 private:
  void check_parts() const {
    detail::check_parts(*this, self_attn, multihead_attn, feed_forward, norm1, norm2, norm3);
  }

  detail::SublayerConnection<S> connection_;
};

}  // namespace recur::inline RECUR_ABI
