#include "recur/train/sequence_loss.hpp"

#include <limits>
#include <tuple>

#include "catch.hpp"
#include "draw.hpp"
#include "max_abs.hpp"
#include "recur/core/initialize.hpp"
#include "recur/train/loss.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace sequence_loss_test {

using Catch::Matchers::ContainsSubstring;

template <class Loss>
auto collected(const std::vector<typename EachStep<Loss>::Target>& samples) {
  typename EachStep<Loss>::Targets targets;
  for (std::size_t b = 0; b < samples.size(); ++b)
    EachStep<Loss>::collect(samples[b], b, samples.size(), targets);
  return targets;
}

TEST_CASE("The targets of each step are in the columns of its sequence", "[train][sequence_loss]") {
  const Sequence<Token> x({{10, 11}, {20, 21, 22, 23}, {30, 31, 32}});
  const auto targets = collected<SoftmaxCrossEntropy<>>({{10, 11}, {20, 21, 22, 23}, {30, 31, 32}});
  CHECK(targets.layout == x.layout());
  for (Index c = 0; c < x.columns(); ++c)
    CHECK(targets.columns[static_cast<std::size_t>(c)] == x.values()(0, c));

  const std::vector<MatrixX<double>> samples{MatrixX<double>::Constant(2, 1, 7),
                                             MatrixX<double>{{1, 2, 3}, {4, 5, 6}}};
  CHECK(collected<SquaredError<double>>(samples).columns == Sequence<double>(samples).values());
}

/// The mean over the batch is the mean over single samples, weighted by their steps.
template <class Loss, class S>
void check_mean(const Loss& loss, const std::vector<typename Loss::Target>& targets, double margin) {
  const std::vector<Index> lengths{2, 4, 1, 3};
  const Sequence<S> logits = draw<S>(3, lengths, 5);
  typename Loss::Targets all;
  for (std::size_t b = 0; b < 4; ++b) Loss::collect(targets[b], b, 4, all);
  Sequence<S> d;
  const double value = loss(logits, all, loss.weight(all), d);
  double sum = 0;
  for (std::size_t b = 0; b < 4; ++b) {
    const MatrixX<S> sample = logits.sample(static_cast<Index>(b));
    MatrixX<S> d_sample(sample.rows(), sample.cols());
    sum += loss.loss(sample, targets[b], loss.weight(all), d_sample);
    CHECK(max_abs(d.sample(static_cast<Index>(b)) - d_sample) <= margin);
  }
  CHECK(value == Approx(sum).epsilon(margin));
}

TEST_CASE("The loss of each step is the mean over all real steps, in double and float",
          "[train][sequence_loss]") {
  const std::vector<std::vector<int>> labels{{0, 2}, {1, 1, 0, 2}, {2}, {0, 1, 0}};
  check_mean<EachStep<SoftmaxCrossEntropy<double>>, double>({{{0.5, 1, 3}, 0.1}}, labels, 1e-14);
  check_mean<EachStep<SoftmaxCrossEntropy<float>>, float>({}, labels, 1e-6);
  std::vector<MatrixX<double>> values;
  std::vector<MatrixX<float>> halves;
  for (const Index length : {2, 4, 1, 3}) {
    values.push_back(MatrixX<double>::Constant(3, length, 0.5));
    halves.push_back(MatrixX<float>::Constant(3, length, 0.5f));
  }
  check_mean<EachStep<SquaredError<double>>, double>({}, values, 1e-14);
  check_mean<EachStep<BinaryCrossEntropy<float>>, float>({}, halves, 1e-6);
}

TEST_CASE("The weight of the loss of each step is the number of steps, or the sum of their class weights",
          "[train][sequence_loss]") {
  const auto targets = collected<SoftmaxCrossEntropy<double>>({{0, 1}, {1, 1, 1}});
  CHECK(EachStep{SoftmaxCrossEntropy<double>{}}.weight(targets) == 5);
  CHECK(EachStep{SoftmaxCrossEntropy<double>{{0.5, 2}}}.weight(targets) == 8.5);
}

TEST_CASE("Masked steps have no loss, no gradient and no weight", "[train][sequence_loss]") {
  const EachStep loss{SoftmaxCrossEntropy<double>{}};
  Sequence<double> logits = draw<double>(3, {2, 4}, 3), d, d_other;
  const auto targets = collected<SoftmaxCrossEntropy<double>>({{0, ignored_label}, {1, ignored_label, 0, 2}});
  CHECK(loss.weight(targets) == 4);
  const double value = loss(logits, targets, 4, d);
  double sum = 0;
  for (const auto& [b, t, label] :
       {std::tuple(0, 0, 0), std::tuple(1, 0, 1), std::tuple(1, 2, 0), std::tuple(1, 3, 2)})
    sum += loss.loss(MatrixX<double>(logits.sample(b).col(t)), {label}, 4, MatrixX<double>(3, 1));
  CHECK(value == Approx(sum));
  CHECK(d.sample(0).col(1).isZero(0));
  CHECK(d.sample(1).col(1).isZero(0));
  CHECK(!d.sample(1).col(2).isZero(0));
  loss.check({0, ignored_label}, 2, 3);
  // What the network gives at a masked step does not matter.
  auto other = logits;
  other.values().col(2).setConstant(std::numeric_limits<double>::quiet_NaN());
  CHECK(targets.columns[2] == ignored_label);
  CHECK(loss(other, targets, 4, d_other) == value);
  CHECK(d_other.values() == d.values());
}

TEST_CASE("The gradient of the loss of each step is its slope", "[train][sequence_loss]") {
  const EachStep loss{SoftmaxCrossEntropy<double>{{0.5, 1, 3}, 0.1}};
  Sequence<double> logits = draw<double>(3, {2, 4, 3}, 3), d, unused;
  const auto targets = collected<SoftmaxCrossEntropy<double>>({{0, 2}, {1, 1, 0, 2}, {2, 2, 1}});
  const double total = loss.weight(targets), h = 1e-6;
  loss(logits, targets, total, d);
  for (Index i = 0; i < logits.values().size(); ++i) {
    const double saved = logits.data()[i];
    logits.data()[i] = saved + h;
    const double above = loss(logits, targets, total, unused);
    logits.data()[i] = saved - h;
    const double below = loss(logits, targets, total, unused);
    logits.data()[i] = saved;
    CHECK(d.data()[i] == Approx((above - below) / (2 * h)).epsilon(1e-7).margin(1e-9));
  }
}

TEST_CASE("A loss of each step is a loss of sequences with the outputs of its loss",
          "[train][sequence_loss]") {
  STATIC_REQUIRE(SequenceLoss<EachStep<SoftmaxCrossEntropy<float>>, float>);
  STATIC_REQUIRE(SequenceLoss<EachStep<BinaryCrossEntropy<double>>, double>);
  STATIC_REQUIRE_FALSE(SequenceLoss<SoftmaxCrossEntropy<float>, float>);
  MatrixX<double> p{{0.0, 1e4}, {0.0, -1e4}};
  EachStep<SoftmaxCrossEntropy<double>>::output(p);
  CHECK(max_abs(p - MatrixX<double>{{0.5, 1}, {0.5, 0}}) < 1e-300);
}

TEST_CASE("Targets are used again for a smaller batch", "[train][sequence_loss]") {
  auto targets = collected<SoftmaxCrossEntropy<double>>({{0, 1}, {1, 1, 1}, {2}});
  EachStep<SoftmaxCrossEntropy<double>>::collect({2, 0}, 0, 1, targets);
  CHECK(targets.columns == std::vector<int>{2, 0});
  CHECK(targets.layout.batch() == 1);
}

TEST_CASE("Targets that don't fit the steps throw, and the message names the sample",
          "[train][sequence_loss]") {
  const EachStep loss{SoftmaxCrossEntropy<double>{}};
  const auto logits = draw<double>(3, {2, 4}, 1);
  Sequence<double> d;
  const auto attempt = [&](const std::vector<std::vector<int>>& samples) {
    return refusal([&] { loss(logits, collected<SoftmaxCrossEntropy<double>>(samples), 1.0, d); });
  };
  CHECK_THAT(attempt({{0, 1, 2, 0}, {1, 1}}),
             ContainsSubstring("sample 0") && ContainsSubstring("4 targets and 2 steps"));
  CHECK_THAT(attempt({{0, 1}}), ContainsSubstring("1 sequences") && ContainsSubstring("for 2"));
  CHECK_THAT(attempt({{0, 1}, {}}), ContainsSubstring("sample 1") && ContainsSubstring("no targets"));
  CHECK(d.columns() == 0);
  CHECK_THROWS_AS(loss(logits, collected<SoftmaxCrossEntropy<double>>({{0, 3}, {0, 0, 0, 0}}), 1.0, d),
                  std::out_of_range);
  CHECK_THAT(refusal([&] {
               collected<SquaredError<double>>({MatrixX<double>::Zero(2, 2), MatrixX<double>::Zero(3, 1)});
             }),
             ContainsSubstring("3 numbers") && ContainsSubstring("of 2"));
}

}  // namespace sequence_loss_test
}  // namespace recur::testing
