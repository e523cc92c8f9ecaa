#include "recur/attention/multi_head_attention.hpp"

#include "attention/of_memory.hpp"
#include "attention/plain_attention.hpp"
#include "catch.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace multi_head_attention_test {

using Attention = MultiHeadAttention<double>;
static_assert(Layer<Attention>);

TEST_CASE("MultiHeadAttention keeps the laws, with sight of all steps or only of earlier ones",
          "[attention][multi_head_attention][laws]") {
  for (const bool causal : {false, true})
    for (const auto& [features, heads] : {std::pair<Index, Index>{6, 3}, {5, 1}, {10, 2}}) {
      LayerSubject subject(Attention(features, heads, {.causal = causal}));
      keeps_laws(subject);
    }
  LayerSubject dropping(Attention(6, 2, {.dropout = 0.3}));
  keeps_laws(dropping, {2, 7, 1, 6}, {.noise = true});
  LayerSubject single(MultiHeadAttention<float>(12, 4));
  keeps_laws(single);
}

Attention drawn(Index features, Index heads, MultiHeadAttentionOptions options = {}) {
  return testing::drawn(Attention(features, heads, options));
}

template <class F>
void is_plain(const Attention& attention, const Attention::Tape& tape, const Sequence<double>& x,
              const Sequence<double>& memory, F&& visible) {
  for (Index b = 0; b < x.batch(); ++b) {
    std::vector<MatrixX<double>> weights;
    CHECK(distance(tape.output().sample(b),
                   plain(attention, x.sample(b), memory.sample(b), visible, &weights)) < 1e-13);
    for (Index h = 0; h < attention.heads(); ++h)
      CHECK(distance(tape.weights(b, h), weights[static_cast<std::size_t>(h)]) < 1e-13);
  }
}

TEST_CASE("MultiHeadAttention matches its equation, of a sequence to itself and to another one",
          "[attention][multi_head_attention]") {
  const auto all = [](Index, Index) { return true; };
  const auto before = [](Index j, Index i) { return j <= i; };
  const auto x = draw<double>(6, of_queries, 2), memory = draw<double>(6, of_memory, 3);
  Attention::Tape tape;
  const auto attention = drawn(6, 3), causal = drawn(6, 2, {.causal = true});
  attention.forward(x, tape);
  is_plain(attention, tape, x, x, all);
  causal.forward(x, tape);
  is_plain(causal, tape, x, x, before);
  attention.forward(x, memory, tape);
  is_plain(attention, tape, x, memory, all);
  causal.forward(x, memory, tape);  // another sequence is seen as a whole
  is_plain(causal, tape, x, memory, all);
}

TEST_CASE("Hidden steps have no weight and no gradient", "[attention][multi_head_attention]") {
  const auto attention = drawn(6, 3), causal = drawn(6, 2, {.causal = true});
  auto x = draw<double>(6, of_queries, 2);
  Attention::Tape tape;
  HiddenSteps hidden = HiddenSteps::Constant(4, 4, false);
  hidden(1, 3) = hidden(2, 2) = hidden(0, 1) = true;
  const auto visible = [&](Index j, Index i) { return !hidden(j, i); };
  attention.forward(x, tape, predicting, hidden);
  is_plain(attention, tape, x, x, visible);
  CHECK(tape.weights(2, 0)(1, 3) == 0);
  attention.forward(x, tape);
  CHECK(tape.weights(2, 0)(1, 3) > 0);
  causal.forward(x, tape, predicting, hidden);
  is_plain(causal, tape, x, x, [&](Index j, Index i) { return j <= i && visible(j, i); });
  const auto d = draw<double>(6, of_queries, 4);
  auto gradient = zeros_like(causal);
  causal.backward(x, d, tape, gradient);
  const auto dx = tape.dx;
  const auto loss = [&] {
    return causal.forward(x, tape, predicting, hidden).values().cwiseProduct(d.values()).sum();
  };
  CHECK(slope_error(x, dx, loss) < 1e-8);

  const auto memory = draw<double>(6, of_memory, 3);
  hidden.setConstant(6, 4, false);
  hidden(5, 0) = hidden(1, 2) = true;
  attention.forward(x, memory, tape, predicting, hidden);
  is_plain(attention, tape, x, memory, visible);
}

TEST_CASE("Gradients of attention to a memory match differences", "[attention][multi_head_attention]") {
  for (const double dropout : {0.0, 0.3})
    has_the_gradients_of_differences(drawn(6, 3, {.dropout = dropout}), 1e-8);
}

TEST_CASE("Attention to a memory allocates nothing after a pass of the same size",
          "[attention][multi_head_attention]") {
  allocates_nothing_again(MultiHeadAttention<float>(6, 3, {.dropout = 0.1}));
}

TEST_CASE("Attention is right even if scores overflow before they are scaled",
          "[attention][multi_head_attention]") {
  MultiHeadAttention<float> attention{16, 1};
  initialize(attention, 1);
  attention.in_proj_weight.setZero();
  attention.in_proj_bias.head(32).setConstant(6e18f);  // q · k = 5.8e38, a quarter of it is a number of float
  attention.in_proj_weight.bottomRows(16).setIdentity();
  MultiHeadAttention<float>::Tape tape;
  const Sequence<float> x(MatrixX<float>::Random(16, 2), 1);
  attention.forward(x, tape, recording);
  CHECK(tape.weights(0, 0).isConstant(0.5f));
  auto gradient = zeros_like(attention);
  attention.backward(x, x, tape, gradient);
  CHECK(first_non_finite(gradient).empty());
}

TEST_CASE("MultiHeadAttention has documented first weights and names", "[attention][multi_head_attention]") {
  MultiHeadAttention<double> attention(60, 3), pytorch(60, 3);
  std::string names;
  for_each_parameter(
      [&](const Name& name, const auto& p) {
        names += detail::message(name.str(), ' ', p.rows(), 'x', p.cols(), ' ');
      },
      attention);
  CHECK(names == "in_proj_weight 180x60 in_proj_bias 180x1 out_proj.weight 60x60 out_proj.bias 60x1 ");
  initialize(attention, 1);
  initialize(pytorch, 1, Scheme::pytorch);
  const auto mean_square = [](const auto& m) { return m.squaredNorm() / static_cast<double>(m.size()); };
  CHECK(mean_square(attention.in_proj_weight) == Approx(2.0 / 120).epsilon(0.05));
  CHECK(mean_square(attention.out_proj.weight) == Approx(2.0 / 120).epsilon(0.05));
  CHECK(mean_square(pytorch.in_proj_weight) == Approx(2.0 / 240).epsilon(0.05));
  CHECK(mean_square(pytorch.out_proj.weight) == Approx(1.0 / 60 / 3).epsilon(0.05));
  CHECK(attention.in_proj_bias.isZero(0));
  CHECK(pytorch.out_proj.bias.isZero(0));
}

TEST_CASE("MultiHeadAttention refuses sizes that don't fit", "[attention][multi_head_attention]") {
  for (const auto& [features, heads] : {std::pair<Index, Index>{6, 4}, {0, 1}, {6, 0}, {6, -2}})
    CHECK_THROWS_AS(Attention(features, heads), std::invalid_argument);
  CHECK(refusal([] { Attention(6, 4); }) ==
        "MultiHeadAttention of 6 features with 4 heads: both must be at least 1, and features a multiple "
        "of heads");
  CHECK(refusal([] { Attention(6, 3, {.dropout = 1}); }) ==
        "MultiHeadAttention with rate 1: it must be at least 0 and below 1");
  auto attention = drawn(6, 3);
  const auto causal = drawn(6, 3, {.causal = true});
  CHECK(causal.describe() == "causal MultiHeadAttention (6, 3 heads)");
  CHECK(drawn(6, 1).describe() == "MultiHeadAttention (6, 1 head)");
  const std::string name = attention.describe();
  const auto x = draw<double>(6, of_queries, 2), memory = draw<double>(6, of_memory, 3),
             narrow = draw<double>(5, of_memory, 3);
  Attention::Tape tape;
  CHECK(refusal([&] { attention.forward(narrow, tape); }) == name + " was given 5 features: it takes 6");
  CHECK(refusal([&] { attention.forward(x, narrow, tape); }) ==
        name + " was given a memory of 5 features: it takes 6");
  CHECK(refusal([&] {
          attention.forward(x, draw<double>(6, {2, 3}, 1), tape);
        }) == name + " was given queries of 4 samples and a memory of 2: they must be of the same samples");
  CHECK_THROWS_AS(attention.forward(Sequence<double>(), tape), std::invalid_argument);
  auto gradient = zeros_like(attention);
  attention.forward(x, tape);
  CHECK_THROWS_AS(attention.backward(x, memory, x, tape, gradient), std::invalid_argument);
  CHECK_THROWS_AS(attention.backward(memory, x, tape, gradient), std::invalid_argument);
  CHECK_THROWS_AS(attention.backward(x, memory, tape, gradient), std::invalid_argument);
  attention.forward(x, memory, tape);
  CHECK(refusal([&] { attention.backward(x, x, tape, gradient); }) ==
        name + " was asked for a gradient, but its forward pass on this tape had a memory");
  CHECK_THROWS_AS(attention.backward(x, x, x, tape, gradient), std::invalid_argument);
  CHECK(gradient_norm(gradient) == 0);

  HiddenSteps hidden = HiddenSteps::Constant(4, 3, false);
  CHECK(refusal([&] { attention.forward(x, tape, predicting, hidden); }) ==
        name +
            " was given hidden steps of 4 x 3: it must be 4 x 4, the longest memory by the longest queries, "
            "or empty");
  hidden.setConstant(4, 4, false);
  hidden.col(2).head(3).setConstant(true);  // all of sample 0, which has three steps, but not of sample 2
  CHECK(refusal([&] { attention.forward(x, tape, predicting, hidden); }) ==
        name +
            " was given hidden steps that hide the whole memory of sample 0 from its step 2: each step must "
            "see at least one");
  hidden.setConstant(4, 4, false);
  hidden(0, 0) = true;
  CHECK_NOTHROW(attention.forward(draw<double>(6, {4, 3}, 1), tape, predicting, hidden));
  CHECK_THROWS_AS(causal.forward(draw<double>(6, {4, 3}, 1), tape, predicting, hidden),
                  std::invalid_argument);
  attention.out_proj.bias.resize(5);
  CHECK(refusal([&] { attention.forward(x, tape); }) ==
        name + " has an out_proj.bias of 5 x 1: it must be 6 x 1");
}

}  // namespace multi_head_attention_test
}  // namespace recur::testing
