#include "recur/cell/lstm.hpp"

#include "catch.hpp"
#include "laws/laws.hpp"
#include "recur/recurrence/recurrent.hpp"

namespace recur::testing {
namespace lstm_test {

// The equations as they are printed, in plain numbers.
std::vector<Column> textbook(const Weights& w, const Column& x, const std::vector<Column>& previous) {
  const Column &h = previous[0], &c = previous[1];
  const Index H = h.size();
  const Column i = sigmoid(w.input(x, 0, H) + w.recurrent(h, 0, H));
  const Column f = sigmoid(w.input(x, 1, H) + w.recurrent(h, 1, H));
  const Column g = tanh(w.input(x, 2, H) + w.recurrent(h, 2, H));
  const Column o = sigmoid(w.input(x, 3, H) + w.recurrent(h, 3, H));
  const Column c_next = f * c + i * g;
  return {o * tanh(c_next), c_next};
}

template <class S>
auto forward_layer(Index inputs, Index hidden) {
  return Recurrent{Lstm<S>{inputs, hidden}};
}
auto unbiased_layer(Index inputs, Index hidden) {
  return Recurrent{Lstm<double>{inputs, hidden, Bias::none}};
}
template <class S>
auto reverse_layer(Index inputs, Index hidden) {
  return Recurrent<Lstm<S>, Direction::reverse>{Lstm<S>{inputs, hidden}};
}

TEST_CASE("LSTM keeps the laws", "[cell][lstm][laws]") {
  LayerSubject small(forward_layer<double>(3, 5)), large(forward_layer<double>(7, 19));
  keeps_laws(small);
  keeps_laws(large, {4, 6, 2, 6, 3});
  LayerSubject single(forward_layer<float>(7, 19));
  keeps_laws(single, {4, 6, 2, 6, 3});
}

TEST_CASE("LSTM in reverse keeps the laws", "[cell][lstm][laws]") {
  LayerSubject small(reverse_layer<double>(3, 5)), large(reverse_layer<double>(7, 19));
  keeps_laws(small, {2, 7, 1, 6}, {.reads_backward = true});
  keeps_laws(large, {4, 6, 2, 6, 3}, {.reads_backward = true});
}

TEST_CASE("LSTM without biases keeps the laws", "[cell][lstm][laws]") {
  LayerSubject layer(unbiased_layer(7, 19));
  keeps_laws(layer, {4, 6, 2, 6, 3});
  Lstm<double> cell{3, 5, Bias::none};
  CHECK(count_parameters(cell) == 4 * 5 * (3 + 5));
  Random random(1);
  for (const Scheme scheme : {Scheme::recommended, Scheme::pytorch}) {
    cell.initialize(random, scheme);
    CHECK(cell.bias_ih.size() == 0);
  }
}

TEST_CASE("LSTM matches the textbook", "[cell][lstm]") {
  matches_in_every_size(forward_layer<double>, textbook);
  matches_in_every_size(forward_layer<float>, textbook);
  matches_in_every_size(reverse_layer<double>, textbook);
  matches_in_every_size(unbiased_layer, textbook);
}

TEST_CASE("LSTM of fixed sizes equals LSTM of sizes known at run time", "[cell][lstm]") {
  LayerSubject fixed(Recurrent{Lstm<double, 7, 19>{}});
  LayerSubject dynamic(forward_layer<double>(7, 19));
  agree(dynamic, fixed, {4, 6, 2, 6, 3});
}

TEST_CASE("LSTM gives the figures of PyTorch", "[cell][lstm][golden]") {
  const auto cases = golden_cases("lstm");
  REQUIRE(cases.size() == 3);
  for (const auto& golden : cases) {
    LayerSubject forward(forward_layer<double>(golden.input_size, golden.hidden_size));
    LayerSubject reverse(reverse_layer<double>(golden.input_size, golden.hidden_size));
    matches(golden.reverse ? static_cast<Subject&>(reverse) : forward, golden);
  }
}

TEST_CASE("LSTM starts with a forget bias of 1 only in bias_ih", "[cell][lstm]") {
  Lstm<float> cell{3, 5};
  Random random(1);
  cell.initialize(random);
  VectorX<float> expected(20);
  expected << 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0;
  CHECK(cell.bias_ih == expected);
  CHECK(cell.bias_hh.isZero(0));
}

}  // namespace lstm_test
}  // namespace recur::testing
