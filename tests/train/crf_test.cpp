#include "recur/train/crf.hpp"

#include <cmath>
#include <cstdint>
#include <limits>

#include "allocations.hpp"
#include "catch.hpp"
#include "flat.hpp"
#include "max_abs.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace crf_test {

using Catch::Matchers::ContainsSubstring;

const std::vector<Index> lengths{2, 4, 1, 3};
const std::vector<std::vector<int>> labels{{0, 2}, {1, 1, 0, 2}, {2}, {0, 1, 1}};

template <class S>
LinearChainCrf<S> field(std::uint64_t seed = 7) {
  LinearChainCrf<double> crf(3);
  Random random(seed);
  normal(crf.transitions, 1, random);
  normal(crf.start, 1, random);
  normal(crf.end, 1, random);
  LinearChainCrf<S> copy(3);
  copy.transitions = crf.transitions.template cast<S>();
  copy.start = crf.start.template cast<S>();
  copy.end = crf.end.template cast<S>();
  return copy;
}

template <class S>
Sequence<S> emissions() {
  Random random(8);
  std::vector<MatrixX<S>> samples;
  for (const Index length : lengths) {
    samples.emplace_back(3, length);
    normal(samples.back(), 1, random);
  }
  return Sequence<S>(samples);
}

template <class S>
auto targets(const std::vector<std::vector<int>>& of = labels) {
  typename LinearChainCrf<S>::Targets all;
  for (std::size_t b = 0; b < of.size(); ++b) LinearChainCrf<S>::collect(of[b], b, of.size(), all);
  return all;
}

template <class S>
double score(const LinearChainCrf<S>& crf, const MatrixX<S>& e, const std::vector<int>& y) {
  double sum = static_cast<double>(crf.start(y.front()) + crf.end(y.back()));
  for (std::size_t t = 0; t < y.size(); ++t) {
    sum += static_cast<double>(e(y[t], static_cast<Index>(t)));
    if (t > 0) sum += static_cast<double>(crf.transitions(y[t - 1], y[t]));
  }
  return sum;
}

/// Calls f(labels) for each of 3^length sequences of labels.
template <class F>
void for_each_labelling(Index length, F&& f) {
  std::vector<int> y(static_cast<std::size_t>(length));
  for (bool more = true; more;) {
    f(y);
    more = false;
    for (int& label : y) {
      label = (label + 1) % 3;
      more = label != 0;
      if (more) break;
    }
  }
}

template <class S>
void check_loss(double margin) {
  const auto crf = field<S>();
  const auto e = emissions<S>();
  double expected = 0;
  for (std::size_t b = 0; b < labels.size(); ++b) {
    const MatrixX<S> sample = e.sample(static_cast<Index>(b));
    double z = 0;
    for_each_labelling(lengths[b], [&](const std::vector<int>& y) { z += std::exp(score(crf, sample, y)); });
    expected += (std::log(z) - score(crf, sample, labels[b])) / 10;
  }
  Sequence<S> d;
  typename LinearChainCrf<S>::Workspace workspace;
  auto gradient = zeros_like(crf);
  const auto y = targets<S>();
  CHECK(crf.weight(y) == 10);
  CHECK(crf(e, y, crf.weight(y), d, gradient, workspace) == Approx(expected).epsilon(margin));
}

TEST_CASE("The loss of a field matches the sum over all label sequences, in double and float",
          "[train][crf]") {
  check_loss<double>(1e-13);
  check_loss<float>(1e-5);
}

TEST_CASE("The gradients of a field are its slopes", "[train][crf]") {
  auto crf = field<double>();
  auto e = emissions<double>();
  const auto y = targets<double>();
  Sequence<double> d, unused;
  LinearChainCrf<double>::Workspace workspace;
  auto gradient = zeros_like(crf), ignored = gradient;
  crf(e, y, 10, d, gradient, workspace);
  const auto slope = [&](double& v) {
    const double saved = v, h = 1e-6;
    v = saved + h;
    const double above = crf(e, y, 10, unused, ignored, workspace);
    v = saved - h;
    const double below = crf(e, y, 10, unused, ignored, workspace);
    v = saved;
    return Approx((above - below) / (2 * h)).epsilon(1e-7).margin(1e-9);
  };
  for (Index i = 0; i < e.values().size(); ++i) CHECK(d.data()[i] == slope(e.data()[i]));
  Index checked = 0;
  for_each_parameter(
      [&](const Name& name, auto& p, const auto& g) {
        INFO(name.str());
        for (Index i = 0; i < p.size(); ++i, ++checked) CHECK(g.data()[i] == slope(p.data()[i]));
      },
      crf, gradient);
  CHECK(checked == 9 + 3 + 3);
  CHECK(count_parameters(crf) == 15);
}

TEST_CASE(
    "Gradients of a field are added, gradients of the emissions are overwritten, and float matches double",
    "[train][crf]") {
  const auto crf = field<float>();
  const auto e = emissions<float>();
  Sequence<float> d;
  LinearChainCrf<float>::Workspace workspace;
  auto once = zeros_like(crf);
  crf(e, targets<float>(), 10, d, once, workspace);
  auto twice = once;
  const MatrixX<float> before = d.values();
  crf(e, targets<float>(), 10, d, twice, workspace);
  CHECK(max_abs(twice.transitions - 2 * once.transitions) < 1e-6f);
  CHECK(max_abs(twice.start - 2 * once.start) < 1e-6f);
  CHECK(max_abs(twice.end - 2 * once.end) < 1e-6f);
  CHECK(d.values() == before);

  std::vector<MatrixX<double>> samples;
  for (Index b = 0; b < 4; ++b) samples.push_back(e.sample(b).cast<double>());
  Sequence<double> d_double;
  LinearChainCrf<double>::Workspace other;
  auto gradient = zeros_like(field<double>());
  field<double>()(Sequence<double>(samples), targets<double>(), 10, d_double, gradient, other);
  CHECK(max_abs(d.values().cast<double>() - d_double.values()) < 1e-6);
  CHECK(max_abs(once.transitions.cast<double>() - gradient.transitions) < 1e-6);
}

TEST_CASE("Viterbi finds the best label sequence of each sample, in the user's order", "[train][crf]") {
  const auto e = emissions<double>();
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto crf = field<double>(seed);
    const auto best = crf.viterbi(e);
    REQUIRE(best.size() == 4);
    for (std::size_t b = 0; b < 4; ++b) {
      const MatrixX<double> sample = e.sample(static_cast<Index>(b));
      Labelling expected{{}, -1e300};
      for_each_labelling(lengths[b], [&](const std::vector<int>& y) {
        if (const double of_y = score(crf, sample, y); of_y > expected.score) expected = {y, of_y};
      });
      CHECK(best[b].labels == expected.labels);
      CHECK(best[b].score == Approx(expected.score).epsilon(1e-13));
    }
  }
}

TEST_CASE("A field follows its transitions if the emissions are equal, and never a forbidden transition",
          "[train][crf]") {
  LinearChainCrf<float> crf(2);
  crf.transitions << -1e4f, 1, 1, -1e4f;
  crf.start << 0, 0.5f;
  const Sequence<float> e({MatrixX<float>::Zero(2, 5)});
  CHECK(crf.viterbi(e)[0].labels == std::vector<int>{1, 0, 1, 0, 1});
  Sequence<float> d;
  LinearChainCrf<float>::Workspace workspace;
  auto gradient = zeros_like(crf);
  CHECK(crf(e, targets<float>({{1, 0, 1, 0, 1}}), 1, d, gradient, workspace) ==
        Approx(std::log1p(std::exp(-0.5))).epsilon(1e-6));
  CHECK(d.values().allFinite());
}

TEST_CASE("A field handles long sequences and allocates nothing after the first batch", "[train][crf]") {
  LinearChainCrf<float> crf(4);
  Random random(1);
  crf.initialize(random);
  CHECK(max_abs(flat(crf.transitions)) <= 0.1f);
  CHECK(flat(crf.transitions).abs().maxCoeff() > 0.03f);
  const Sequence<float> e({MatrixX<float>::Constant(4, 7, 1e3f), MatrixX<float>::Constant(4, 2993, 1e3f)});
  const auto y = targets<float>({std::vector<int>(7, 1), std::vector<int>(2993, 2)});
  Sequence<float> d;
  LinearChainCrf<float>::Workspace workspace;
  auto gradient = zeros_like(crf);
  std::vector<Labelling> best;
  const double loss = crf(e, y, 3000, d, gradient, workspace);
  CHECK(loss == Approx(std::log(4)).margin(0.2));
  crf.viterbi(e, best, workspace);
  if (!CountAllocations::works) return;
  const CountAllocations allocations;
  crf(e, y, 3000, d, gradient, workspace);
  crf.viterbi(e, best, workspace);
  const long count = allocations.count();
  CHECK(count == 0);
}

TEST_CASE("Illegal inputs of a field throw, and the message says why", "[train][crf]") {
  CHECK_THAT(refusal([] { LinearChainCrf<float>(0); }), ContainsSubstring("0 labels"));
  const LinearChainCrf<double> crf(3);
  LinearChainCrf<double>::Workspace workspace;
  auto gradient = zeros_like(crf), small = LinearChainCrf<double>(2);
  Sequence<double> d;
  const auto e = emissions<double>();
  CHECK_THAT(refusal([&] {
               crf(Sequence<double>({MatrixX<double>::Zero(2, 2)}), targets<double>({{0, 0}}), 1, d, gradient,
                   workspace);
             }),
             ContainsSubstring("emissions of 2 labels") && ContainsSubstring("field of 3"));
  CHECK_THAT(refusal([&] { crf.viterbi(Sequence<double>({MatrixX<double>::Zero(2, 2)})); }),
             ContainsSubstring("emissions of 2 labels"));
  CHECK_THAT(refusal([&] { crf.viterbi(Sequence<double>()); }), ContainsSubstring("empty batch"));
  auto field = crf;
  CHECK_THAT(refusal([&] { field(e, targets<double>(), 1, d, field, workspace); }),
             ContainsSubstring("itself as its gradient"));
  for (const auto resize : {+[](LinearChainCrf<double>& its) { its.transitions.setZero(4, 3); },
                            +[](LinearChainCrf<double>& its) { its.start.setZero(4); },
                            +[](LinearChainCrf<double>& its) { its.end.setZero(2); }}) {
    auto wrong = crf;
    resize(wrong);
    CHECK(wrong.labels() == 3);
    const auto says = ContainsSubstring("it must be 3 x ");
    CHECK_THAT(refusal([&] { wrong.viterbi(e); }), says);
    CHECK_THAT(refusal([&] { wrong(e, targets<double>(), 1, d, gradient, workspace); }), says);
    CHECK_THAT(refusal([&] { crf(e, targets<double>(), 1, d, wrong, workspace); }),
               ContainsSubstring("the gradient of a field has a"));
  }
  auto unclear = e;
  unclear.data()[4] = std::numeric_limits<double>::quiet_NaN();
  CHECK_THAT(refusal([&] { crf.viterbi(unclear); }), ContainsSubstring("not a number"));
  for (const auto spoil : {+[](LinearChainCrf<double>& its) { its.transitions(1, 2) = std::nan(""); },
                           +[](LinearChainCrf<double>& its) { its.start(0) = std::nan(""); },
                           +[](LinearChainCrf<double>& its) { its.end(2) = std::nan(""); }}) {
    auto wrong = crf;
    spoil(wrong);
    CHECK(refusal([&] { wrong.viterbi(e); }) ==
          "a score of a field is not a number, so it has no best labels");
  }
  CHECK_THAT(refusal([&] { crf(e, targets<double>({{0}}), 1, d, gradient, workspace); }),
             ContainsSubstring("1 sequences") && ContainsSubstring("for 4"));
  CHECK_THAT(refusal([&] { crf(e, targets<double>(), 1, d, small, workspace); }),
             ContainsSubstring("gradient") && ContainsSubstring("has 2"));
  auto beyond = labels;
  beyond[1][2] = 3;
  CHECK_THAT(refusal<std::out_of_range>([&] { crf(e, targets<double>(beyond), 1, d, gradient, workspace); }),
             ContainsSubstring("label 3") && ContainsSubstring("0 to 2"));
  auto unknown = labels;
  unknown[1][2] = ignored_label;
  const auto says = ContainsSubstring("label -100 is ignored_label");
  CHECK_THAT(refusal<std::out_of_range>([&] { crf(e, targets<double>(unknown), 1, d, gradient, workspace); }),
             says);
  CHECK_THAT(refusal<std::out_of_range>([&] { crf.check(unknown[1], std::ssize(unknown[1]), 3); }), says);
  CHECK(d.columns() == 0);
  CHECK(gradient_norm(gradient) == 0);
}

TEST_CASE("A field of huge emissions has probabilities, and a loss of at least 0", "[train][crf]") {
  Random random(3);
  LinearChainCrf<float> crf(3), gradient(3);
  for (float& number : crf.transitions.reshaped()) number = static_cast<float>(random.normal());
  LinearChainCrf<float>::Workspace workspace;
  Sequence<float> d;
  for (const float size : {1e15f, 1e18f, 1e30f}) {
    MatrixX<float> x(3, 30);
    for (float& number : x.reshaped()) number = size * static_cast<float>(random.symmetric(1));
    std::vector<int> best(30);  // by far the best ones, so the loss is nearly 0
    for (std::size_t t = 0; t < best.size(); ++t) x.col(static_cast<Index>(t)).maxCoeff(&best[t]);
    gradient = LinearChainCrf<float>(3);
    const double loss = crf(Sequence<float>({x}), targets<float>({best}), 1.0, d, gradient, workspace);
    CAPTURE(size);
    CHECK(loss >= 0);
    CHECK(loss < 1e-6);
    CHECK(max_abs(d.values()) <= 1);
    CHECK(max_abs(d.values().colwise().sum()) < 1e-6f);  // each step's probabilities have the sum 1
    CHECK(max_abs(gradient.transitions) <= 29);
  }
  // Two labels are equally likely in the last step, and everything else is certain.
  crf = LinearChainCrf<float>(3);
  MatrixX<float> x(3, 3);
  x << 1e17f, 0, 1e17f, 0, 1e17f, 1e17f, 0, 0, 0;
  CHECK(crf(Sequence<float>({x}), targets<float>({{0, 1, 1}}), 1.0, d, gradient, workspace) ==
        Approx(std::log(2.0)));
}

TEST_CASE("The gradient of a float field over many steps is exact", "[train][crf]") {
  const Index steps = 30000;
  const LinearChainCrf<float> crf(3);  // all labels have the same probability at each step
  LinearChainCrf<float> gradient(3);
  LinearChainCrf<float>::Workspace workspace;
  const Sequence<float> emissions({MatrixX<float>::Zero(3, steps)});
  Sequence<float> d;
  const auto ones = targets<float>({std::vector<int>(static_cast<std::size_t>(steps), 1)});
  const double loss = crf(emissions, ones, 1.0, d, gradient, workspace);
  CHECK(loss == Approx(static_cast<double>(steps) * std::log(3.0)).epsilon(1e-12));
  const double expected = static_cast<double>(steps - 1) / 9;
  CHECK(gradient.transitions(0, 2) == Approx(expected).epsilon(1e-6));
  CHECK(gradient.transitions(1, 1) == Approx(expected - static_cast<double>(steps - 1)).epsilon(1e-6));
}

}  // namespace crf_test
}  // namespace recur::testing
