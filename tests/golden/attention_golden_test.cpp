// Attention and transformers against PyTorch: the cases of golden/attention.json. golden/make_attention.py has
// the format.

#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "golden/golden_layer.hpp"
#include "recur/attention/attention.hpp"
#include "recur/attention/attention_pool.hpp"
#include "recur/attention/transformer.hpp"

namespace recur::testing {
namespace attention_golden_test {

/// A layer of one sequence.
template <class L, class... Hidden>
void matches_pytorch(const std::string& name, L layer, const Hidden&... hidden) {
  INFO(name);
  GoldenLayer pytorch("attention", name);
  pytorch.draw_parameters(layer);
  const auto x = pytorch.draw_x(layer.input_size());
  typename L::Tape tape;
  const auto dy = pytorch.d_of(layer.forward(x, tape, recording, hidden...));
  auto gradient = zeros_like(layer);
  layer.backward(x, dy, tape, gradient);
  pytorch.compare("x", tape.d_input());
  pytorch.compare_parameters(gradient);
}

/// A layer that attends to a memory. `inputs` gives the gradients of both from a tape.
template <class L, class F>
void matches_pytorch_with_memory(const std::string& name, L layer, Index features, Index memory_features,
                                 F&& inputs) {
  INFO(name);
  GoldenLayer pytorch("attention", name);
  pytorch.draw_parameters(layer);
  const auto x = pytorch.draw_x(features), memory = pytorch.draw_memory(memory_features);
  typename L::Tape tape;
  const auto dy = pytorch.d_of(layer.forward(x, memory, tape, recording));
  auto gradient = zeros_like(layer);
  layer.backward(x, memory, dy, tape, gradient);
  const auto& [dx, d_memory] = inputs(tape);
  pytorch.compare("x", dx);
  pytorch.compare("memory", d_memory);
  pytorch.compare_parameters(gradient);
}

template <class C>
void matches_scored(const std::string& name, C score, Index memory_size) {
  const Index query_size = score.query_size();
  matches_pytorch_with_memory(name, Attention(std::move(score)), query_size, memory_size,
                              [](const auto& tape) { return std::tie(tape.d_queries, tape.d_memory()); });
}

TEST_CASE("Attention equals PyTorch's for every score and as a pool", "[golden][attention_golden]") {
  matches_scored("additive", AdditiveScore<double>{3, 4, 5}, 4);
  matches_scored("general", GeneralScore<double>{3, 4}, 4);
  matches_scored("dot", DotScore<double>{3}, 3);
  matches_scored("scaled dot", ScaledDotScore<double>{3}, 3);
  matches_pytorch("pool", AttentionPool<double>{3, 5});
}

TEST_CASE("MultiHeadAttention equals PyTorch's with hidden padding, hidden later steps and other masks",
          "[golden][attention_golden]") {
  using Heads = MultiHeadAttention<double>;
  matches_pytorch("self", Heads(6, 3));
  matches_pytorch("self causal", Heads(6, 3, {.causal = true}));
  matches_pytorch("self hidden", Heads(6, 3), GoldenLayer("attention", "self hidden").hidden(5));
  matches_pytorch_with_memory("memory", Heads(6, 3), 6, 6,
                              [](const auto& t) { return std::tie(t.d_input(), t.d_memory()); });
}

TEST_CASE("The layers of a transformer equal PyTorch's", "[golden][attention_golden]") {
  using Encoder = TransformerEncoderLayer<double>;
  using SmoothEncoder = TransformerEncoderLayer<double, Gelu>;
  const TransformerOptions after{.dropout = 0}, before{.norm = NormOrder::before, .dropout = 0};
  matches_pytorch("encoder after relu", Encoder(6, 3, 7, after));
  matches_pytorch("encoder before relu causal",
                  Encoder(6, 3, 7, {.norm = NormOrder::before, .dropout = 0, .causal = true}));
  matches_pytorch("encoder after gelu hidden", SmoothEncoder(6, 3, 7, after),
                  GoldenLayer("attention", "encoder after gelu hidden").hidden(5));
  matches_pytorch("encoder before gelu", SmoothEncoder(6, 3, 7, before));
  const auto inputs = [](const auto& t) { return std::tie(t.d_input(), t.d_memory()); };
  matches_pytorch_with_memory("decoder after relu", TransformerDecoderLayer<double>(6, 3, 7, after), 6, 6,
                              inputs);
  matches_pytorch_with_memory("decoder before gelu", TransformerDecoderLayer<double, Gelu>(6, 3, 7, before),
                              6, 6, inputs);
}

}  // namespace attention_golden_test
}  // namespace recur::testing
