// Attention and transformers against PyTorch: the cases of golden/attention.json, whose format is told in
// golden/make_attention.py.

#include <array>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "golden.hpp"
#include "laws/laws.hpp"
#include "recur/layer/attention.hpp"
#include "recur/layer/attention_pool.hpp"
#include "recur/layer/transformer.hpp"

namespace recur::testing {
namespace {

class GoldenAttention {
 public:
  explicit GoldenAttention(const std::string& name) {
    const auto file = golden("attention");
    for (const auto& json : file.at("cases"))
      if (json.at("name") == name) case_ = json;
    INFO(name);
    REQUIRE(case_.is_object());
    state_ = case_.at("seed").get<std::uint64_t>();
  }

  /// Draws the parameters of the layer, which must have the names and the order of PyTorch's.
  template <class L>
  void draw_parameters(L& layer) {
    std::vector<std::string> names;
    for_each_parameter(
        [&](const Name& name, auto& p) {
          names.push_back(name.str());
          draw(p);
        },
        layer);
    CHECK(names == case_.at("parameters").get<std::vector<std::string>>());
  }
  Sequence<double> draw_x(Index features) { return draw_sequence("lengths", features); }
  Sequence<double> draw_memory(Index features) { return draw_sequence("memory_lengths", features); }
  /// True at (key, query), as MultiHeadAttention's Tape has it.
  Eigen::Matrix<bool, Dynamic, Dynamic> hidden(Index steps) const {
    Eigen::Matrix<bool, Dynamic, Dynamic> all;
    all.setConstant(steps, steps, false);
    for (const auto& pair : case_.at("hidden")) all(pair[1].get<Index>(), pair[0].get<Index>()) = true;
    return all;
  }

  /// Compares the output, and draws a gradient for it.
  Sequence<double> d_of(const Sequence<double>& y) {
    const Matrices expected = tensors(case_.at("y"));
    std::vector<Matrix<double>> d;
    for (Index b = 0; b < y.batch(); ++b) {
      INFO("output of sample " << b);
      CHECK(distance(y.sample(b), expected[static_cast<std::size_t>(b)]) < 1e-6);
      d.emplace_back(y.features(), y.sample(b).cols());
      for (double& number : d.back().reshaped()) number = next();
    }
    return Sequence<double>(d);
  }
  /// Compares gradients, in the order x, memory, parameters.
  void compare(const std::string& name, const Sequence<double>& d) {
    std::array<double, 2> sums{};
    for (Index b = 0; b < d.batch(); ++b) {
      const Matrix<double> sample = d.sample(b);
      for (const double number : sample.reshaped()) add(sums, number);
    }
    compare(name, sums);
  }
  template <class L>
  void compare_parameters(const L& gradient) {
    for_each_parameter(
        [&](const Name& name, const auto& p) {
          std::array<double, 2> sums{};
          for (Index i = 0; i < p.rows(); ++i)
            for (Index j = 0; j < p.cols(); ++j) add(sums, p(i, j));
          compare(name.str(), sums);
        },
        gradient);
  }

 private:
  double next() {
    state_ = 6364136223846793005u * state_ + 1442695040888963407u;
    return static_cast<double>(state_ >> 11) * 0x1p-53 - 0.5;
  }
  /// Row by row.
  void draw(auto& p) {
    for (Index i = 0; i < p.rows(); ++i)
      for (Index j = 0; j < p.cols(); ++j) p(i, j) = next();
  }
  Sequence<double> draw_sequence(const char* lengths, Index features) {
    std::vector<Matrix<double>> samples;
    for (const auto& length : case_.at(lengths)) {
      samples.emplace_back(features, length.get<Index>());
      for (double& number : samples.back().reshaped()) number = next();
    }
    return Sequence<double>(samples);
  }
  void add(std::array<double, 2>& sums, double number) {
    sums[0] += number * next();
    sums[1] += number * number;
  }
  void compare(const std::string& name, const std::array<double, 2>& sums) const {
    INFO("gradient of " << name);
    const auto expected = case_.at("gradients").at(name).get<std::array<double, 2>>();
    CHECK(sums[0] == Approx(expected[0]).epsilon(1e-6).margin(1e-9));
    CHECK(sums[1] == Approx(expected[1]).epsilon(1e-6).margin(1e-12));
  }

  nlohmann::json case_;
  std::uint64_t state_ = 0;
};

/// A layer of one sequence.
template <class L>
void matches_pytorch(const std::string& name, L layer, typename L::Tape tape = {}) {
  INFO(name);
  GoldenAttention pytorch(name);
  pytorch.draw_parameters(layer);
  const auto x = pytorch.draw_x(layer.input_size());
  const auto dy = pytorch.d_of(layer.forward(x, tape, recording));
  auto gradient = zeros_like(layer);
  layer.backward(x, dy, tape, gradient);
  pytorch.compare("x", tape.d_input());
  pytorch.compare_parameters(gradient);
}

/// One that attends to a memory; `inputs` gives the gradients of both from a tape.
template <class L, class F>
void matches_pytorch_with_memory(const std::string& name, L layer, Index features, Index memory_features,
                                 F&& inputs) {
  INFO(name);
  GoldenAttention pytorch(name);
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
void matches_pytorch(const std::string& name, C score, Index memory_size) {
  const Index query_size = score.query_size();
  matches_pytorch_with_memory(name, Attention(std::move(score)), query_size, memory_size,
                              [](const auto& tape) { return std::tie(tape.d_queries, tape.d_memory()); });
}

TEST_CASE("Attention is PyTorch's, for every score and as a pool") {
  matches_pytorch("additive", AdditiveScore<double>{3, 4, 5}, 4);
  matches_pytorch("general", GeneralScore<double>{3, 4}, 4);
  matches_pytorch("dot", DotScore<double>{3}, 3);
  matches_pytorch("scaled dot", ScaledDotScore<double>{3}, 3);
  matches_pytorch("pool", AttentionPool<double>{3, 5});
}

TEST_CASE("MultiHeadAttention is PyTorch's, with padding, later steps and others hidden") {
  using Heads = MultiHeadAttention<double>;
  matches_pytorch("self", Heads(6, 3));
  matches_pytorch("self causal", Heads(6, 3, {.sight = Sight::causal}));
  Heads::Tape tape;
  tape.hidden = GoldenAttention("self hidden").hidden(5);
  matches_pytorch("self hidden", Heads(6, 3), tape);
  matches_pytorch_with_memory("memory", Heads(6, 3), 6, 6,
                              [](const auto& t) { return std::tie(t.d_input(), t.d_memory); });
}

TEST_CASE("The layers of a transformer are PyTorch's") {
  using Encoder = TransformerEncoderLayer<double>;
  using SmoothEncoder = TransformerEncoderLayer<double, Gelu>;
  const TransformerOptions after{.dropout = 0}, before{.norm = NormOrder::before, .dropout = 0};
  matches_pytorch("encoder after relu", Encoder(6, 3, 7, after));
  matches_pytorch("encoder before relu causal",
                  Encoder(6, 3, 7, {.norm = NormOrder::before, .dropout = 0, .sight = Sight::causal}));
  SmoothEncoder::Tape tape;
  tape.self_attn.hidden = GoldenAttention("encoder after gelu hidden").hidden(5);
  matches_pytorch("encoder after gelu hidden", SmoothEncoder(6, 3, 7, after), tape);
  matches_pytorch("encoder before gelu", SmoothEncoder(6, 3, 7, before));
  const auto inputs = [](const auto& t) { return std::tie(t.d_input(), t.d_memory()); };
  matches_pytorch_with_memory("decoder after relu", TransformerDecoderLayer<double>(6, 3, 7, after), 6, 6,
                              inputs);
  matches_pytorch_with_memory("decoder before gelu", TransformerDecoderLayer<double, Gelu>(6, 3, 7, before),
                              6, 6, inputs);
}

}  // namespace
}  // namespace recur::testing
