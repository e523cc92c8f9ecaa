#include "recur/cell/elman.hpp"

#include "catch.hpp"
#include "laws/laws.hpp"
#include "recur/recurrence/recurrent.hpp"

namespace recur::testing {
namespace elman_test {

// A user's own activation. Its slope needs its input (Ramachandran et al. 2017): y = a σ(a).
struct Swish {
  template <class T>
  static T value(const T& a) {
    return a * sigmoid(a);
  }
  template <class T>
  static T slope(const T& a, const T& y) {
    return y + sigmoid(a) * (1 - y);
  }
};

Column relu(const Column& a) {
  return a.unaryExpr([](Complex z) { return z.real() > 0 ? z : Complex(0); });
}
Column swish(const Column& a) { return a * sigmoid(a); }

// h_t = f(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh), in plain numbers.
template <Column (*f)(const Column&)>
std::vector<Column> textbook(const Weights& w, const Column& x, const std::vector<Column>& previous) {
  const Index H = previous[0].size();
  return {f(w.input(x, 0, H) + w.recurrent(previous[0], 0, H))};
}

template <class S, class F = Tanh>
auto forward_layer(Index inputs, Index hidden) {
  return Recurrent{Elman<S, F>{inputs, hidden}};
}
template <class S, class F = Tanh>
auto reverse_layer(Index inputs, Index hidden) {
  using Cell = Elman<S, F>;
  return Recurrent<Cell, Direction::reverse>{Cell{inputs, hidden}};
}

template <class F>
auto unbiased_layer(Index inputs, Index hidden) {
  return Recurrent{Elman<double, F>{inputs, hidden, Bias::none}};
}

template <class F>
void every_size_keeps_laws() {
  LayerSubject small(forward_layer<double, F>(3, 5)), large(forward_layer<double, F>(7, 19));
  keeps_laws(small);
  keeps_laws(large, {4, 6, 2, 6, 3});
  LayerSubject unbiased(unbiased_layer<F>(7, 19));
  keeps_laws(unbiased, {4, 6, 2, 6, 3});
  LayerSubject reverse_small(reverse_layer<double, F>(3, 5)), reverse_large(reverse_layer<double, F>(7, 19));
  keeps_laws(reverse_small, {2, 7, 1, 6}, {.reads_backward = true});
  keeps_laws(reverse_large, {4, 6, 2, 6, 3}, {.reads_backward = true});
}

TEST_CASE("Elman with tanh keeps the laws", "[cell][elman][laws]") {
  every_size_keeps_laws<Tanh>();
  LayerSubject single(forward_layer<float>(7, 19));
  keeps_laws(single, {4, 6, 2, 6, 3});
}
TEST_CASE("Elman with ReLU keeps the laws", "[cell][elman][laws]") { every_size_keeps_laws<Relu>(); }
TEST_CASE("Elman with a user's own activation keeps the laws", "[cell][elman][laws]") {
  static_assert(Activation<Swish> && !detail::SlopeFromOutput<Swish>);
  static_assert(ElmanUnit<Tanh>::saved == 0 && ElmanUnit<Swish>::saved == 1);
  every_size_keeps_laws<Swish>();
}

TEST_CASE("Elman matches the textbook", "[cell][elman]") {
  matches_in_every_size(forward_layer<double>, textbook<tanh>);
  matches_in_every_size(reverse_layer<double>, textbook<tanh>);
  matches_in_every_size(unbiased_layer<Tanh>, textbook<tanh>);
  matches_in_every_size(forward_layer<float>, textbook<tanh>);
  matches_in_every_size(forward_layer<double, Relu>, textbook<relu>);
  matches_in_every_size(forward_layer<double, Swish>, textbook<swish>);
}

TEST_CASE("Elman of fixed sizes equals Elman of sizes known at run time", "[cell][elman]") {
  LayerSubject fixed(Recurrent{Elman<double, Tanh, 7, 19>{}});
  LayerSubject dynamic(forward_layer<double>(7, 19));
  agree(dynamic, fixed, {4, 6, 2, 6, 3});
}

TEST_CASE("Elman gives the figures of PyTorch", "[cell][elman][golden]") {
  const auto check = [](const char* name, auto make, auto make_reverse) {
    const auto cases = golden_cases(name);
    REQUIRE(cases.size() == 2);
    for (const auto& golden : cases) {
      LayerSubject forward(make(golden.input_size, golden.hidden_size));
      LayerSubject reverse(make_reverse(golden.input_size, golden.hidden_size));
      matches(golden.reverse ? static_cast<Subject&>(reverse) : forward, golden);
    }
  };
  check("rnn-tanh", forward_layer<double>, reverse_layer<double>);
  check("rnn-relu", forward_layer<double, Relu>, reverse_layer<double, Relu>);
}

}  // namespace elman_test
}  // namespace recur::testing
