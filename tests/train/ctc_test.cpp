#include "recur/train/ctc.hpp"

#include <cstdint>
#include <limits>

#include "allocations.hpp"
#include "catch.hpp"
#include "golden.hpp"
#include "max_abs.hpp"
#include "recur/core/initialize.hpp"
#include "recur/train/sequence_loss.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace ctc_test {

using Catch::Matchers::ContainsSubstring;

constexpr double infinity = std::numeric_limits<double>::infinity();

/// The generator of golden/make_ctc.py.
struct Generator {
  std::uint64_t state;
  double uniform() {
    state = 6364136223846793005u * state + 1442695040888963407u;
    return static_cast<double>(state >> 11) * 0x1p-53;
  }
  int below(int n) { return static_cast<int>(n * uniform()); }
  MatrixX<double> matrix(Index rows, Index cols, double scale) {
    MatrixX<double> m(rows, cols);
    for (Index i = 0; i < m.size(); ++i) m.data()[i] = scale * (uniform() - 0.5);
    return m;
  }
};

struct Drawn {
  int blank = 0;
  CtcLoss::Targets labels;
  std::vector<MatrixX<double>> logits, directions;
};

/// What golden/make_ctc.py draws for a seed.
Drawn drawn(std::uint64_t seed) {
  Generator g{seed};
  Drawn d;
  const int batch = 1 + g.below(4), classes = 2 + g.below(6);
  d.blank = g.below(classes);
  const double scale = g.below(10) == 0 ? 60 : 6;
  for (int b = 0; b < batch; ++b) {
    const int length = 1 + g.below(12);
    int count = g.below(1 + std::min(length, 6));
    count += g.below(8) == 0;
    std::vector<int> sample;
    for (int i = 0; i < count; ++i) {
      int label = g.below(classes - 1);
      label += label >= d.blank;
      if (!sample.empty() && g.below(4) == 0) label = sample.back();
      sample.push_back(label);
    }
    d.labels.push_back(sample);
    d.logits.push_back(g.matrix(classes, length, scale));
  }
  for (const auto& m : d.logits) d.directions.push_back(g.matrix(m.rows(), m.cols(), 1));
  return d;
}

template <class S>
Sequence<S> cast(const std::vector<MatrixX<double>>& samples) {
  std::vector<MatrixX<S>> all;
  for (const auto& m : samples) all.push_back(m.cast<S>());
  return Sequence<S>(all);
}

/// Against the figures of PyTorch, to `margin` of each.
template <class S>
void check_golden(double margin) {
  const auto file = golden("ctc");
  REQUIRE(file.at("cases").size() == 100);
  CtcLoss::Workspace workspace;
  Sequence<S> d;
  Index infinite = 0;
  for (const nlohmann::json& json : file.at("cases")) {
    INFO("seed " << json.at("seed"));
    const Drawn given = drawn(json.at("seed").get<std::uint64_t>());
    REQUIRE(given.labels == json.at("labels").get<CtcLoss::Targets>());
    REQUIRE(given.blank == json.at("blank").get<int>());
    const auto logits = cast<S>(given.logits);
    for (const auto reduction : {CtcReduction::sum, CtcReduction::mean}) {
      const CtcLoss loss{given.blank, reduction, true};
      const nlohmann::json& expected = json.at(reduction == CtcReduction::sum ? "sum" : "mean");
      const double value = loss(logits, given.labels, loss.weight(given.labels), d, workspace);
      CHECK(value == Approx(expected.at("loss").get<double>()).epsilon(margin).margin(margin));
      double projection = 0, square = 0;
      for (std::size_t b = 0; b < given.labels.size(); ++b) {
        const MatrixX<double> gradient = d.sample(static_cast<Index>(b)).template cast<double>();
        projection += gradient.cwiseProduct(given.directions[b]).sum();
        square += gradient.squaredNorm();
        const nlohmann::json& of_sample = json.at("losses").at(b);
        infinite += of_sample.is_null();
        CHECK(workspace.losses[b] ==
              (of_sample.is_null() ? Approx(infinity) : Approx(of_sample.get<double>()).epsilon(margin)));
        if (of_sample.is_null()) CHECK(gradient.isZero(0));
        if (reduction == CtcReduction::sum && json.contains("d_logits"))
          CHECK(max_abs(gradient - tensor(json.at("d_logits").at(b))) < margin);
      }
      CHECK(projection == Approx(expected.at("projection").get<double>()).epsilon(margin).margin(margin));
      CHECK(square == Approx(expected.at("square").get<double>()).epsilon(margin).margin(margin));
    }
  }
  CHECK(infinite > 20);
}

TEST_CASE("CTC gives PyTorch's losses and gradients for 100 ragged batches, in double and float",
          "[train][ctc]") {
  check_golden<double>(1e-9);
  check_golden<float>(1e-4);
}

/// The labels of a path.
std::vector<int> labels_of(const std::vector<int>& path, int blank) {
  std::vector<int> labels;
  for (std::size_t t = 0; t < path.size(); ++t)
    if (path[t] != blank && (t == 0 || path[t] != path[t - 1])) labels.push_back(path[t]);
  return labels;
}

TEST_CASE("The loss of CTC matches the sum over all paths", "[train][ctc]") {
  MatrixX<double> a(3, 5);
  Random random(3);
  normal(a, 1, random);
  MatrixX<double> y = a;
  softmax(y);
  for (const int blank : {0, 2})
    for (const auto& labels :
         CtcLoss::Targets{{}, {1}, {1, 1}, {1, 2 - blank}, {1, 1, 1}, {1, 2 - blank, 1}}) {
      double p = 0;
      for (int number = 0; number < 243; ++number) {
        std::vector<int> path;
        double product = 1;
        for (int t = 0, rest = number; t < 5; ++t, rest /= 3) {
          path.push_back(rest % 3);
          product *= y(rest % 3, t);
        }
        if (labels_of(path, blank) == labels) p += product;
      }
      Sequence<double> d;
      CHECK(CtcLoss{blank, CtcReduction::sum}(Sequence<double>({a}), {labels}, 1.0, d) ==
            Approx(-std::log(p)).epsilon(1e-13));
    }
}

TEST_CASE("The gradient of CTC is its slope", "[train][ctc]") {
  const Drawn given = drawn(1014);
  const CtcLoss loss{given.blank, CtcReduction::mean, true};
  Sequence<double> logits = cast<double>(given.logits), d, unused;
  const double h = 1e-5;
  loss(logits, given.labels, 3.0, d);
  for (Index i = 0; i < logits.values().size(); ++i) {
    const double saved = logits.data()[i];
    logits.data()[i] = saved + h;
    const double above = loss(logits, given.labels, 3.0, unused);
    logits.data()[i] = saved - h;
    const double below = loss(logits, given.labels, 3.0, unused);
    logits.data()[i] = saved;
    CHECK(d.data()[i] == Approx((above - below) / (2 * h)).epsilon(1e-6).margin(1e-9));
  }
}

TEST_CASE("Labels without a path are reported with their sample and have no gradient", "[train][ctc]") {
  // 1 1 needs a blank between its labels, so it needs three steps; the second sample has two.
  const std::vector<MatrixX<double>> samples{MatrixX<double>::Random(3, 3), MatrixX<double>::Random(3, 2),
                                             MatrixX<double>::Random(3, 4)};
  const CtcLoss::Targets labels{{1, 1}, {1, 1}, {2}};
  CtcLoss loss{.reduction = CtcReduction::sum};
  CtcLoss::Workspace workspace;
  Sequence<double> d;
  CHECK(loss(Sequence<double>(samples), labels, 3.0, d, workspace) == infinity);
  CHECK(std::isfinite(workspace.losses[0]));
  CHECK(workspace.losses[1] == infinity);
  CHECK(std::isfinite(workspace.losses[2]));
  CHECK(d.sample(1).isZero(0));
  CHECK_FALSE(d.sample(0).isZero(1e-3));
  loss.zero_infinity = true;
  CHECK(loss(Sequence<double>(samples), labels, 3.0, d, workspace) ==
        Approx(workspace.losses[0] + workspace.losses[2]));
  CHECK(workspace.losses[1] == infinity);
  CHECK(d.values().allFinite());
}

TEST_CASE("A label with a logit of -infinity has no path and gives no NaN", "[train][ctc]") {
  MatrixX<double> a = MatrixX<double>::Zero(3, 4);
  a.row(1).setConstant(-infinity);
  Sequence<double> logits({MatrixX<double>::Zero(3, 4)}), d;
  logits.values() = a;
  CtcLoss::Workspace workspace;
  CHECK(CtcLoss{}(logits, {{1}}, 1.0, d, workspace) == infinity);
  CHECK(d.values().isZero(0));
  CHECK(CtcLoss{}(logits, {{2}}, 1.0, d, workspace) == Approx(-std::log(10.0 / 16)));
  CHECK(d.values().allFinite());
}

TEST_CASE("A step with only logits of -infinity gives no path and no NaN", "[train][ctc]") {
  Sequence<double> logits({MatrixX<double>::Zero(3, 4), MatrixX<double>::Zero(3, 2)}), d;
  logits.values().col(4).setConstant(-infinity);  // step 2 of the first
  CtcLoss::Workspace workspace;
  for (const bool zero_infinity : {false, true}) {
    const CtcLoss loss{.reduction = CtcReduction::sum, .zero_infinity = zero_infinity};
    for (const auto& labels : CtcLoss::Targets{{}, {1}, {1, 1}}) {
      const double sum = loss(logits, {labels, {1}}, 1.0, d, workspace);
      CHECK(workspace.losses[0] == infinity);
      CHECK(workspace.losses[1] == Approx(-std::log(3.0 / 9)));  // 0 1, 1 0, 1 1
      CHECK(sum == (zero_infinity ? workspace.losses[1] : infinity));
      CHECK(d.sample(0).isZero(0));
      CHECK(d.values().allFinite());
    }
  }
}

TEST_CASE("A logit that is not a number makes a loss that is none, at any step", "[train][ctc]") {
  for (const Index steps : {1, 4})
    for (Index t = 0; t < steps; ++t)
      for (const bool zero_infinity : {false, true}) {
        CAPTURE(steps, t, zero_infinity);
        Sequence<double> logits({MatrixX<double>::Zero(3, steps)}), d;
        logits.values()(2, t) = std::numeric_limits<double>::quiet_NaN();
        CtcLoss::Workspace workspace;
        CHECK(std::isnan(CtcLoss{.zero_infinity = zero_infinity}(logits, {{1}}, 1.0, d, workspace)));
        CHECK(std::isnan(workspace.losses[0]));
        CHECK(d.values().col(t).hasNaN());
        const CtcLoss::Targets too_many(1, std::vector<int>(static_cast<std::size_t>(steps + 1), 1));
        CHECK(std::isnan(CtcLoss{.zero_infinity = zero_infinity}(logits, too_many, 1.0, d, workspace)));
        logits.values().col(t).head(2).setConstant(-infinity);  // the largest number is one of these
        CHECK(std::isnan(CtcLoss{.zero_infinity = zero_infinity}(logits, {{1}}, 1.0, d, workspace)));
      }
}

TEST_CASE("CTC reports an example with too few steps for its labels before training", "[train][ctc]") {
  const CtcLoss loss{};
  CHECK_NOTHROW(loss.check({1, 1, 2}, 4, 3));
  CHECK_NOTHROW(loss.check({}, 1, 3));
  CHECK(refusal([&] {
          loss.check({1, 1, 2}, 3, 3);
        }) ==
        "it has 3 labels (repeats: 1), which need 4 steps: the network gives 3; zero_infinity leaves such "
        "samples out");
  CHECK_NOTHROW(CtcLoss{.zero_infinity = true}.check({1, 1, 2}, 2, 3));
}

TEST_CASE("CTC is finite for logits of ±1e4 and for long sequences", "[train][ctc]") {
  MatrixX<float> a = MatrixX<float>::Constant(4, 1000, -1e4f);
  a.row(3).setConstant(1e4f);
  Sequence<float> d;
  CtcLoss::Workspace workspace;
  const CtcLoss loss{.reduction = CtcReduction::sum};
  CHECK(loss(Sequence<float>({a}), {{1, 2}}, 1.0, d, workspace) == Approx(2e7));
  CHECK(d.values().allFinite());
  const Sequence<float> even({MatrixX<float>::Zero(4, 1000)});
  CHECK(loss(even, {std::vector<int>(400, 2)}, 1.0, d, workspace) > 100);
  CHECK(max_abs(d.values().colwise().sum()) < 1e-6f);
}

TEST_CASE("The CTC losses of shards add up to the loss of the whole batch", "[train][ctc]") {
  const Drawn given = drawn(1014);
  REQUIRE(given.labels.size() == 4);
  for (const auto reduction : {CtcReduction::mean, CtcReduction::sum}) {
    const CtcLoss loss{given.blank, reduction, true};
    Sequence<double> d;
    const double whole = loss(cast<double>(given.logits), given.labels, loss.weight(given.labels), d);
    double sum = 0;
    for (std::size_t b = 0; b < 4; ++b)
      sum += loss(Sequence<double>({given.logits[b]}), {given.labels[b]}, 4.0, d);
    CHECK(whole == Approx(sum).epsilon(1e-13));
  }
}

TEST_CASE("CTC is a loss of sequences and allocates nothing after the first batch", "[train][ctc]") {
  STATIC_REQUIRE(SequenceLoss<CtcLoss, float>);
  STATIC_REQUIRE(SequenceLoss<CtcLoss, double>);
  if (!CountAllocations::works) return;
  const Drawn given = drawn(1014);
  const CtcLoss loss{given.blank};
  const auto logits = cast<double>(given.logits);
  CtcLoss::Workspace workspace;
  Sequence<double> d;
  loss(logits, given.labels, 4.0, d, workspace);
  const CountAllocations allocations;
  loss(logits, given.labels, 4.0, d, workspace);
  const long count = allocations.count();
  CHECK(count == 0);
}

TEST_CASE("The gradient of CTC for huge logits has the probabilities of each step", "[train][ctc]") {
  Random random(3);
  const CtcLoss loss;
  for (const float size : {1e15f, 1e18f, 1e30f}) {
    MatrixX<float> x(3, 30);
    for (float& number : x.reshaped()) number = size * static_cast<float>(random.symmetric(1));
    Sequence<float> d;
    const double value = loss(Sequence<float>({x}), {{1, 2, 2, 1}}, 1.0, d);
    CAPTURE(size);
    CHECK(std::isfinite(value));
    CHECK(max_abs(d.values()) <= 1);
    CHECK(max_abs(d.values().colwise().sum()) < 1e-6f);
  }
}

TEST_CASE("Illegal labels for CTC throw, and the message says what is legal", "[train][ctc]") {
  const Sequence<double> logits({MatrixX<double>::Zero(3, 4), MatrixX<double>::Zero(3, 2)});
  Sequence<double> d;
  const auto attempt = [&](const CtcLoss& loss, const CtcLoss::Targets& labels) {
    return refusal([&] { loss(logits, labels, 2.0, d); });
  };
  CHECK_THAT(attempt({}, {{1}}), ContainsSubstring("1 lists") && ContainsSubstring("2 samples"));
  CHECK_THAT(attempt({}, {{1}, {2, 0}}),
             ContainsSubstring("label 0 of sample 1") && ContainsSubstring("blank"));
  const auto beyond = [&](const CtcLoss& loss, const CtcLoss::Targets& labels) {
    return refusal<std::out_of_range>([&] { loss(logits, labels, 2.0, d); });
  };
  CHECK_THAT(beyond({}, {{1}, {3}}), ContainsSubstring("label 3 of sample 1") && ContainsSubstring("0 to 2"));
  CHECK_THAT(beyond({}, {{-1}, {1}}), ContainsSubstring("label -1"));
  CHECK_THAT(beyond({}, {{1}, {ignored_label}}),
             ContainsSubstring("label -100 of sample 1 is ignored_label"));
  CHECK_THAT(beyond({.blank = 3}, {{1}, {1}}), ContainsSubstring("blank 3") && ContainsSubstring("0 to 2"));
  CHECK_THAT(beyond({.blank = -1}, {{1}, {1}}), ContainsSubstring("blank -1"));
  CHECK(d.columns() == 0);
  // Before training, the label belongs to an example, so the message names no sample of a batch.
  CHECK(refusal<std::out_of_range>([] {
          CtcLoss{}.check({1, 5}, 4, 3);
        }) == "label 5 is out of range: legal labels are 0 to 2");
  CHECK(refusal([] { CtcLoss{}.check({1, 0}, 4, 3); }) == "label 0 is the blank, which stands for no label");
  CHECK(refusal<std::out_of_range>([] { CtcLoss{.blank = 3}.check({1}, 4, 3); }) ==
        "blank 3 is out of range: it must be a class, 0 to 2");
}

}  // namespace ctc_test
}  // namespace recur::testing
