// A transformer's decoder: a stack of its layers. Each layer sees the same memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "recur/attention/transformer.hpp"

namespace recur::inline RECUR_ABI {

/// N layers one after the other. Each attends to a whole memory, the output of an encoder for the same
/// samples (Vaswani et al. 2017, section 3.1; there N is 6):
///
///   h_0 = x      h_n = layer_n(h_{n-1}, memory)      y = h_N
///
///   x, y: D × N, memory: D × N_m, both ragged, each with its own lengths. Parameters have the names and
///   layouts of PyTorch's nn.TransformerDecoder without a norm: layers.0.self_attn.in_proj_weight, ...
///
///   decoder.forward(x, memory, tape, recording);               // y
///   decoder.backward(x, memory, dy, tape, gradient);           // tape.d_input(), tape.d_memory()
///
/// With NormOrder::before, apply a LayerNorm to y. After forward, tape.layers[n] is the tape of layer n. Its
/// multihead_attn.weights(b, h) shows the attention to the memory. Like its layers it takes two sequences, so
/// it is not a Layer. Throws std::invalid_argument if sizes don't fit.
template <std::floating_point S, Activation F = Relu>
class TransformerDecoder {
 public:
  using Scalar = S;
  using DecoderLayer = TransformerDecoderLayer<S, F>;

  std::vector<DecoderLayer> layers;

 private:
  /// Layers and tapes are public, and they may have been moved from.
  static const auto& first_of(const auto& all) {
    require(!all.empty(), "a TransformerDecoder or its tape that was moved from was used: ",
            "it must be assigned another one first");
    return all.front();
  }

 public:
  struct Tape {
    std::vector<typename DecoderLayer::Tape> layers = std::vector<typename DecoderLayer::Tape>(1);
    Sequence<S> dm;  // the sum over all layers
    const Sequence<S>& d_memory() const { return dm; }

    const Sequence<S>& output() const {
      first_of(layers);
      return layers.back().output();
    }
    const Sequence<S>& d_input() const { return first_of(layers).d_input(); }
  };

  /// `hidden`: units of the feed-forward networks. Weights are zero until `initialize`. Throws
  /// std::invalid_argument unless all are positive, heads divides features, and 0 <= dropout < 1.
  TransformerDecoder(Index depth, Index features, Index heads, Index hidden,
                     TransformerOptions options = {}) {
    require(depth > 0, "TransformerDecoder of ", depth, " layers: it must have at least 1");
    detail::check_largest("TransformerDecoder", depth);
    layers.assign(static_cast<std::size_t>(depth), DecoderLayer(features, heads, hidden, options));
  }

  Index depth() const { return static_cast<Index>(layers.size()); }  ///< how many layers
  Index input_size() const { return first_of(layers).input_size(); }
  Index output_size() const { return first_of(layers).output_size(); }
  std::string describe() const {
    return detail::message("TransformerDecoder {", depth(), " x ", first_of(layers).describe(), "}");
  }
  void initialize(Random& random, Scheme scheme) {
    for (DecoderLayer& layer : layers) layer.initialize(random, scheme);
  }
  template <class V, class... Self>
  static void visit(const Name& at, V&& f, Self&... self) {
    const Index depth = (self.depth(), ...);
    require(((self.depth() == depth) && ...), "TransformerDecoders of different depths, one of ", depth,
            " layers, were to be visited together: they must be of one depth");
    for (Index n = 0; n < depth; ++n)
      DecoderLayer::visit(at / "layers" / n, f, self.layers[static_cast<std::size_t>(n)]...);
  }

  /// All layers take the same masks: see TransformerDecoderLayer.
  const Sequence<S>& forward(const Sequence<S>& x, const Sequence<S>& memory, Tape& tape,
                             Pass pass = predicting, const HiddenSteps& hidden = {},
                             const HiddenSteps& hidden_memory = {}) const {
    check_input(*this, x, tape);
    check_place(*this, memory, tape);
    tape.layers.resize(layers.size());
    const Sequence<S>* h = &x;
    for (std::size_t n = 0; n < layers.size(); ++n)
      h = &layers[n].forward(*h, memory, tape.layers[n], pass, hidden, hidden_memory);
    return *h;
  }

  /// Writes the gradient of x to tape.d_input(), and the gradient of the memory to tape.d_memory().
  void backward(const Sequence<S>& x, const Sequence<S>& memory, const Sequence<S>& dy, Tape& tape,
                TransformerDecoder& gradient) const {
    check_depth(tape);
    check_gradient(*this, tape, dy);
    check_place(*this, x, tape);
    check_place(*this, memory, tape);
    check_tape(x, memory, tape);
    check_parameters(*this, gradient);
    tape.dm.reshape(memory.features(), memory.layout());
    std::fill_n(tape.dm.data(), memory.features() * memory.columns(), S(0));
    const Sequence<S>* dh = &dy;
    for (std::size_t n = layers.size(); n-- > 0;) {
      const Sequence<S>& h = n > 0 ? tape.layers[n - 1].output() : x;
      layers[n].backward(h, memory, *dh, tape.layers[n], gradient.layers[n]);
      dh = &tape.layers[n].d_input();
      detail::arrays::add(tape.dm.data(), tape.layers[n].d_memory().data(),
                          memory.features() * memory.columns());
    }
  }

  void check_tape(const Sequence<S>& x, const Sequence<S>& memory, const Tape& tape) const {
    check_depth(tape);
    for (std::size_t n = 0; n < layers.size(); ++n)
      layers[n].check_tape(n > 0 ? tape.layers[n - 1].output() : x, memory, tape.layers[n]);
  }

 private:
  void check_depth(const Tape& tape) const {
    require(tape.layers.size() == layers.size(), *this, " was asked for a gradient with a tape of ",
            tape.layers.size(), " layers: it must be that of its own forward pass");
  }
};

}  // namespace recur::inline RECUR_ABI
