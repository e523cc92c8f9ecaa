#include "recur/cell/gru.hpp"

#include "catch.hpp"
#include "laws/laws.hpp"
#include "recur/recurrence/recurrent.hpp"

namespace recur::testing {
namespace gru_test {

// Line by line as it is printed, in plain numbers.
std::vector<Column> textbook(const Weights& w, const Column& x, const std::vector<Column>& previous) {
  const Column& h = previous[0];
  const Index H = h.size();
  const Column r = sigmoid(w.input(x, 0, H) + w.recurrent(h, 0, H));
  const Column z = sigmoid(w.input(x, 1, H) + w.recurrent(h, 1, H));
  const Column n = tanh(w.input(x, 2, H) + r * w.recurrent(h, 2, H));
  return {(1.0 - z) * n + z * h};
}

template <class S>
auto forward_layer(Index inputs, Index hidden) {
  return Recurrent{Gru<S>{inputs, hidden}};
}
auto unbiased_layer(Index inputs, Index hidden) { return Recurrent{Gru<double>{inputs, hidden, Bias::none}}; }
template <class S>
auto reverse_layer(Index inputs, Index hidden) {
  return Recurrent<Gru<S>, Direction::reverse>{Gru<S>{inputs, hidden}};
}

TEST_CASE("GRU keeps the laws") {
  LayerSubject small(forward_layer<double>(3, 5)), large(forward_layer<double>(7, 19));
  keeps_laws(small);
  keeps_laws(large, {4, 6, 2, 6, 3});
  LayerSubject single(forward_layer<float>(7, 19));
  keeps_laws(single, {4, 6, 2, 6, 3});
}

TEST_CASE("GRU in reverse keeps the laws") {
  LayerSubject small(reverse_layer<double>(3, 5)), large(reverse_layer<double>(7, 19));
  keeps_laws(small, {2, 7, 1, 6}, {.reads_backward = true});
  keeps_laws(large, {4, 6, 2, 6, 3}, {.reads_backward = true});
}

TEST_CASE("GRU without biases keeps the laws") {
  LayerSubject layer(unbiased_layer(7, 19));
  keeps_laws(layer, {4, 6, 2, 6, 3});
}

TEST_CASE("GRU is that of the textbook") {
  matches_in_every_size(forward_layer<double>, textbook);
  matches_in_every_size(forward_layer<float>, textbook);
  matches_in_every_size(reverse_layer<double>, textbook);
  matches_in_every_size(unbiased_layer, textbook);
}

TEST_CASE("GRU of fixed sizes is that of sizes known at run time") {
  LayerSubject fixed(Recurrent{Gru<double, 7, 19>{}});
  LayerSubject dynamic(forward_layer<double>(7, 19));
  agree(dynamic, fixed, {4, 6, 2, 6, 3});
}

TEST_CASE("GRU gives the figures of PyTorch") {
  const auto cases = golden_cases("gru");
  REQUIRE(cases.size() == 3);
  for (const auto& golden : cases) {
    LayerSubject forward(forward_layer<double>(golden.input_size, golden.hidden_size));
    LayerSubject reverse(reverse_layer<double>(golden.input_size, golden.hidden_size));
    matches(golden.reverse ? static_cast<Subject&>(reverse) : forward, golden);
  }
}

}  // namespace gru_test
}  // namespace recur::testing
