#include "recur/train/loss.hpp"

#include <limits>
#include <utility>

#include "catch.hpp"
#include "golden.hpp"
#include "max_abs.hpp"
#include "recur/architecture/labelled_sequences.hpp"
#include "recur/train/sequence_loss.hpp"

namespace recur::testing {
namespace loss_test {

using Catch::Matchers::ContainsSubstring;

struct Outcome {
  double loss;
  MatrixX<double> gradient;
};

template <class Loss>
Outcome run(const Loss& loss, const MatrixX<double>& logits, const typename Loss::Targets& targets) {
  Outcome outcome{0, MatrixX<double>(logits.rows(), logits.cols())};
  outcome.loss = loss(logits, targets, loss.weight(targets), outcome.gradient);
  return outcome;
}

void check_equal(const Outcome& outcome, double loss, const MatrixX<double>& gradient) {
  CHECK(outcome.loss == Approx(loss).epsilon(1e-12));
  CHECK(max_abs(outcome.gradient - gradient) < 1e-12);
}

TEST_CASE("Losses and their gradients equal PyTorch's, also for logits of ±1e4", "[train][loss][golden]") {
  const auto file = golden("losses");
  for (const auto& json : cases(file.at("cross_entropy"))) {
    INFO(json.at("name"));
    SoftmaxCrossEntropy<double> loss;
    if (json.contains("class_weights"))
      loss.class_weights = json.at("class_weights").get<std::vector<double>>();
    loss.label_smoothing = json.value("label_smoothing", 0.0);
    check_equal(run(loss, tensor(json.at("logits")), json.at("labels").get<std::vector<int>>()),
                json.at("loss"), tensor(json.at("d_logits")));
  }
  for (const auto& json : cases(file.at("bce_with_logits"))) {
    INFO(json.at("name"));
    BinaryCrossEntropy<double> loss;
    if (json.contains("pos_weight")) loss.positive_weights = json.at("pos_weight").get<std::vector<double>>();
    check_equal(run(loss, tensor(json.at("logits")), tensor(json.at("targets"))),
                json.at("mean_elements").at("loss"), tensor(json.at("mean_elements").at("d_logits")));
  }
  for (const auto& json : cases(file.at("mse"))) {
    INFO(json.at("name"));
    check_equal(run(SquaredError<double>{}, tensor(json.at("prediction")), tensor(json.at("target"))),
                json.at("mean_elements").at("loss"), tensor(json.at("mean_elements").at("d_prediction")));
  }
}

TEST_CASE("Losses are finite in single precision for logits of ±1e4", "[train][loss]") {
  const MatrixX<float> logits{{1e4f, -1e4f}, {-1e4f, 1e4f}};
  MatrixX<float> d(2, 2);
  CHECK(SoftmaxCrossEntropy<float>{}(logits, {0, 0}, 2.0, d) == Approx(1e4));
  CHECK(d.allFinite());
  CHECK(d(1, 1) == 0.5f);
  const MatrixX<float> targets{{1, 1}, {0, 0}};
  CHECK(BinaryCrossEntropy<float>{}(logits, targets, 4.0, d) == Approx(5e3));
  CHECK(d.allFinite());
  CHECK(d(0, 0) == 0);
  CHECK(d(1, 1) == 0.25f);
}

TEMPLATE_TEST_CASE("Losses of finite numbers at the ends of their range are right", "[train][loss]", float,
                   double) {
  using S = TestType;
  const S most = std::numeric_limits<S>::max();
  const auto end = static_cast<double>(most);
  const auto is = [](double expected) { return Approx(expected).epsilon(1e-6).margin(0); };
  MatrixX<S> d(2, 1);

  // The loss is the distance of the logits. In double, the largest logits have the largest legal distance.
  const double far = sizeof(S) == 4 ? 2 * end : end;
  const MatrixX<S> apart{{static_cast<S>(far / 2)}, {static_cast<S>(-far / 2)}};
  CHECK(SoftmaxCrossEntropy<S>{}(apart, {1}, 1.0, d) == is(far));
  CHECK(d(0) == 1);
  CHECK(d(1) == -1);
  CHECK(SoftmaxCrossEntropy<S>{}(apart, {0}, 1.0, d) == 0);
  CHECK(SoftmaxCrossEntropy<S>{{1e30, 1e30}}(apart, {1}, 2e30, d) == is(far / 2));
  CHECK(d(0) == S(0.5));
  CHECK(SoftmaxCrossEntropy<S>{{1e-60, 1e-60}}(apart, {1}, 1e-60, d) == is(far));

  const auto binary = [&](S logit, S target) {
    MatrixX<S> slope(1, 1);
    const double loss = BinaryCrossEntropy<S>{}(MatrixX<S>{{logit}}, MatrixX<S>{{target}}, 1.0, slope);
    return std::pair(loss, static_cast<double>(slope(0)));
  };
  for (const S logit : {S(1e4), S(1e38), most}) {
    const auto size = static_cast<double>(logit);
    CHECK(binary(logit, 1) == std::pair(0.0, 0.0));
    CHECK(binary(-logit, 0) == std::pair(0.0, 0.0));
    CHECK(binary(-logit, 1).first == is(size));
    CHECK(binary(-logit, 1).second == -1);
    CHECK(binary(logit, 0).first == is(size));
    CHECK(binary(logit, 0).second == 1);
    CHECK(binary(logit, S(0.25)).first == is(0.75 * size));
    CHECK(binary(-logit, S(0.25)).first == is(0.25 * size));
  }
  // A small probability is not rounded to 0: p = e^-20.
  for (const auto& [loss, slope] : {binary(-20, 0), binary(20, 1)}) {
    CHECK(loss == is(std::exp(-20.0)));
    CHECK(std::abs(slope) == is(std::exp(-20.0)));
  }

  // The difference overflows in float, and its square overflows in double.
  const double error = sizeof(S) == 4 ? 2 * end : 2 * std::sqrt(end), total = sizeof(S) == 4 ? 4 : 16;
  const MatrixX<S> value{{static_cast<S>(-error / 2)}, {S(0)}}, target{{static_cast<S>(error / 2)}, {S(0)}};
  CHECK(SquaredError<S>{}(value, target, total, d) == is(error / total * error));
  CHECK(static_cast<double>(d(0)) == is(-2 / total * error));
}

TEST_CASE("The loss over millions of floats equals the loss in double", "[train][loss]") {
  const Index count = 1 << 20;
  const MatrixX<float> a = MatrixX<float>::Constant(1, count, 0.1f),
                       y = MatrixX<float>::Constant(1, count, 0.3f);
  MatrixX<float> d(1, count);
  const double difference = static_cast<double>(0.1f) - static_cast<double>(0.3f);
  const auto total = static_cast<double>(count);
  CHECK(SquaredError<float>{}(a, y, total, d) == Approx(difference * difference).epsilon(1e-9));
  CHECK(BinaryCrossEntropy<float>{}(a, y, total, d) ==
        Approx(BinaryCrossEntropy<double>{}(a.leftCols(1).cast<double>(), y.leftCols(1).cast<double>().eval(),
                                            1.0, MatrixX<double>(1, 1)))
            .epsilon(1e-6));
}

/// A batch with a sample that does not count has the loss and the gradients of the batch without it.
template <class Loss>
void check_left_out(const Loss& loss, const MatrixX<double>& logits, const typename Loss::Targets& targets,
                    const typename Loss::Targets& without) {
  MatrixX<double> fewer(logits.rows(), 2);
  fewer << logits.col(0), logits.col(2);
  CHECK(loss.weight(targets) == loss.weight(without));
  const Outcome whole = run(loss, logits, targets), part = run(loss, fewer, without);
  CHECK(whole.loss == Approx(part.loss).epsilon(1e-15));
  CHECK(whole.gradient.col(0) == part.gradient.col(0));
  CHECK(whole.gradient.col(1).isZero(0));
  CHECK(whole.gradient.col(2) == part.gradient.col(1));
}

TEST_CASE("Samples with an ignored label or ignored numbers have no loss, no gradient and no weight",
          "[train][loss]") {
  const MatrixX<double> logits{{0.3, -1.2, 4}, {-0.7, 0.1, 0.2}, {2.0, 0.9, 1}};
  check_left_out(SoftmaxCrossEntropy<double>{}, logits, {2, ignored_label, 0}, {2, 0});
  check_left_out(SoftmaxCrossEntropy<double>{{0.5, 1, 3}, 0.1}, logits, {2, ignored_label, 0}, {2, 0});
  constexpr double no = ignored_number<double>;
  const MatrixX<double> targets{{1, no, 0.5}, {0, no, 1}, {0.25, no, 1}};
  MatrixX<double> without(3, 2);
  without << targets.col(0), targets.col(2);
  for (const Reduction reduction : {Reduction::mean, Reduction::sum}) {
    check_left_out(BinaryCrossEntropy<double>{{}, reduction}, logits, targets, without);
    check_left_out(SquaredError<double>{reduction}, logits, targets, without);
  }
  const MatrixX<double> two{{0.3, -1.2, 4}, {-0.7, 0.1, 0.2}};
  check_left_out(QuantileLoss<double>{{0.2, 0.7}}, two, targets.topRows(1), without.topRows(1));
  // Of a sample in which only some numbers count, these count.
  const MatrixX<double> some{{1, no}, {no, 0}}, a{{2, 7}, {8, 3}};
  const Outcome outcome = run(SquaredError<double>{}, a, some);
  CHECK(outcome.loss == (1 + 9) / 2.0);
  CHECK(outcome.gradient == MatrixX<double>{{1, 0}, {0, 3}});
  SoftmaxCrossEntropy<double>{}.check(ignored_label, 3);
  CHECK_THROWS_AS(SoftmaxCrossEntropy<double>{}.check(-1, 3), std::out_of_range);
  SquaredError<double>{}.check(VectorX<double>{{no, 1}}, 2);
  BinaryCrossEntropy<double>{}.check(VectorX<double>{{no, 1}}, 2);
}

TEST_CASE("Balanced weights make classes count alike, whatever their numbers of labels", "[train][loss]") {
  const std::vector<int> labels{2, 0, 2, ignored_label, 2, 1, 2, 0, 2};
  const std::vector<double> weights = balanced_weights(labels, 3);
  REQUIRE(weights.size() == 3);  // scikit-learn: compute_class_weight("balanced", ...)
  CHECK(weights[0] == Approx(8.0 / (3 * 2)));
  CHECK(weights[1] == Approx(8.0 / (3 * 1)));
  CHECK(weights[2] == Approx(8.0 / (3 * 5)));
  const SoftmaxCrossEntropy<double> loss{.class_weights = weights};
  CHECK(loss.weight(labels) == Approx(8));
  CHECK(balanced_weights(std::vector<int>{1, 0}, 2) == std::vector<double>{1, 1});
  CHECK_THROWS_WITH(balanced_weights(labels, 4), ContainsSubstring("class 3 of 4 has no labels"));
  CHECK_THROWS_AS(balanced_weights(labels, 4), std::invalid_argument);
  CHECK_THROWS_WITH(balanced_weights(labels, 2), ContainsSubstring("label 2 is out of range"));
  CHECK_THROWS_AS(balanced_weights(labels, 2), std::out_of_range);
  CHECK_THROWS_AS(balanced_weights({}, 0), std::invalid_argument);
}

TEST_CASE("A smoothed loss is the plain loss with a label that is spread over the classes", "[train][loss]") {
  const MatrixX<double> logits{{0.3, -1.2}, {-0.7, 0.1}, {2.0, 0.9}};
  const auto plain = [&](int first, int second) {
    return run(SoftmaxCrossEntropy<double>{}, logits, {first, second}).loss;
  };
  const double spread = (plain(0, 0) + plain(1, 1) + plain(2, 2)) / 3;
  CHECK(run(SoftmaxCrossEntropy<double>{{}, 0.25}, logits, {2, 0}).loss ==
        Approx(0.75 * plain(2, 0) + 0.25 * spread).epsilon(1e-14));
  MatrixX<float> d(3, 2);
  CHECK(SoftmaxCrossEntropy<float>{{}, 0.25}(logits.cast<float>(), {2, 0}, 2.0, d) ==
        Approx(0.75 * plain(2, 0) + 0.25 * spread).epsilon(1e-6));
  CHECK(max_abs(d.colwise().sum()) < 1e-6f);
}

/// Differences of the loss, for targets between 0 and 1 and for weights that PyTorch's figures don't have.
template <class Loss>
void check_slope(const Loss& loss, MatrixX<double> logits, const typename Loss::Targets& targets) {
  const Outcome at = run(loss, logits, targets);
  for (Index i = 0; i < logits.size(); ++i) {
    const double h = 1e-6, saved = logits(i);
    logits(i) = saved + h;
    const double above = run(loss, logits, targets).loss;
    logits(i) = saved - h;
    const double below = run(loss, logits, targets).loss;
    logits(i) = saved;
    CHECK(at.gradient(i) == Approx((above - below) / (2 * h)).epsilon(1e-7).margin(1e-9));
  }
}

TEST_CASE("The gradient of a loss is its slope", "[train][loss]") {
  const MatrixX<double> logits{{0.3, -1.2, 2.0}, {-0.7, 0.1, 0.9}};
  const MatrixX<double> soft{{0.25, 1, 0}, {0.5, 0.9, 0.1}};
  check_slope(SoftmaxCrossEntropy<double>{{0.3, 2}}, logits, {1, 0, 1});
  check_slope(SoftmaxCrossEntropy<double>{{0.3, 2}, 0.2}, logits, {1, 0, 1});
  check_slope(BinaryCrossEntropy<double>{{0.3, 2}}, logits, soft);
  check_slope(SquaredError<double>{}, logits, soft);
  check_slope(BinaryCrossEntropy<double>{{0.3, 2}, Reduction::sum}, logits, soft);
  check_slope(SquaredError<double>{.outputs = Reduction::sum}, logits, soft);
  check_slope(QuantileLoss<double>{{0.2, 0.7}}, logits, MatrixX<double>{{0.25, 1, 0}});
  check_slope(QuantileLoss<double>{{0.4}}, logits, soft);
}

TEST_CASE("The loss of quantiles weighs what lies above and below, and is least at the quantile",
          "[train][loss]") {
  const QuantileLoss<double> loss{{0.25, 0.9}};
  // One number, two quantiles, two samples: errors 1 and -2 of the first, 0 and 4 of the second.
  check_equal(run(loss, MatrixX<double>{{2, 5}, {3, -1}}, MatrixX<double>{{3, 3}}),
              (0.25 * 1 + 0.75 * 2 + 0 + 0.9 * 4) / 4, MatrixX<double>{{-0.25 / 4, 0.75 / 4}, {0, -0.9 / 4}});
  CHECK(loss.weight(MatrixX<double>::Zero(3, 5)) == 30);
  // Two numbers: the outputs of the first come first.
  check_equal(run(loss, MatrixX<double>{{0}, {0}, {10}, {10}}, MatrixX<double>{{4}, {10}}),
              (0.25 * 4 + 0.9 * 4) / 4, MatrixX<double>{{-0.25 / 4}, {-0.9 / 4}, {0}, {0}});
  // Of the numbers 0, ..., 99 a tenth is above the answer for 0.9, and three quarters above that for 0.25.
  MatrixX<double> all(1, 100);
  for (Index i = 0; i < 100; ++i) all(i) = static_cast<double>(i);
  const auto at = [&](double low, double high) {
    return run(loss, VectorX<double>{{low, high}} * MatrixX<double>::Ones(1, 100), all).loss;
  };
  const double least = at(24.5, 89.5);
  for (const double off : {-20.0, -3.0, 3.0, 9.0}) {
    CHECK(at(24.5 + off, 89.5) > least);
    CHECK(at(24.5, 89.5 + off) > least);
  }
}

TEST_CASE("Quantiles of each number are put in order", "[train][loss]") {
  MatrixX<float> values{{3, 1}, {1, 2}, {-1, 6}, {-2, 5}};
  sort_quantiles(values, 2);
  CHECK(values == MatrixX<float>{{1, 1}, {3, 2}, {-2, 5}, {-1, 6}});
  CHECK_THROWS_WITH(sort_quantiles(values, 3), ContainsSubstring("4 outputs for 3 quantiles"));
  CHECK_THROWS_AS(sort_quantiles(values, 0), std::invalid_argument);
  values(2, 1) = std::numeric_limits<float>::quiet_NaN();
  const MatrixX<float> before = values;
  CHECK_THROWS_WITH(sort_quantiles(values, 2), ContainsSubstring("output 2 of sample 1 is not a number"));
  CHECK(values.col(0) == before.col(0));
}

/// The sum over the outputs of a sample is the mean times the number of outputs, for the loss and its gradient.
template <class Loss>
void check_sum(Loss mean, const MatrixX<double>& logits, const MatrixX<double>& targets) {
  Loss sum = mean;
  sum.outputs = Reduction::sum;
  CHECK(mean.weight(targets) == static_cast<double>(logits.size()));
  CHECK(sum.weight(targets) == static_cast<double>(logits.cols()));
  const Outcome of_mean = run(mean, logits, targets), of_sum = run(sum, logits, targets);
  check_equal(of_sum, of_mean.loss * static_cast<double>(logits.rows()),
              of_mean.gradient * static_cast<double>(logits.rows()));
}

TEST_CASE("Binary losses and squared errors can be summed over the outputs of a sample", "[train][loss]") {
  const MatrixX<double> logits{{0.3, -1.2, 2.0}, {-0.7, 0.1, 0.9}}, y{{0, 1, 0}, {1, 0.5, 0}};
  check_sum(BinaryCrossEntropy<double>{}, logits, y);
  check_sum(BinaryCrossEntropy<double>{{0.3, 2}}, logits, y);
  check_sum(SquaredError<double>{}, logits, y);
  // Nats per step over 88 notes with probability 1/2 (Boulanger-Lewandowski et al. 2012): 88 log 2.
  CHECK(run(BinaryCrossEntropy<double>{.outputs = Reduction::sum}, MatrixX<double>::Zero(88, 5),
            MatrixX<double>::Ones(88, 5))
            .loss == Approx(88 * std::log(2.0)));
}

TEST_CASE("A loss takes only outputs of its own scalar, once or at each step", "[train][loss]") {
  STATIC_REQUIRE(detail::takes_outputs_of<SquaredError<float>, float>());
  STATIC_REQUIRE(!detail::takes_outputs_of<SquaredError<float>, double>());
  STATIC_REQUIRE(!detail::takes_outputs_of<BinaryCrossEntropy<float>, double>());
  STATIC_REQUIRE(!detail::takes_outputs_of<SoftmaxCrossEntropy<double>, float>());
  STATIC_REQUIRE(!detail::takes_outputs_of<EachStep<BinaryCrossEntropy<float>>, double>());
  STATIC_REQUIRE(detail::takes_outputs_of<EachStep<BinaryCrossEntropy<double>>, double>());
  struct OfAnyone {};
  STATIC_REQUIRE(detail::takes_outputs_of<OfAnyone, double>());
}

/// Two shards of a batch have together the loss and the gradient of the whole batch.
template <class Loss>
void check_shards(const Loss& loss, const MatrixX<double>& logits, const typename Loss::Targets& all,
                  const typename Loss::Targets& first, const typename Loss::Targets& second) {
  const Outcome whole = run(loss, logits, all);
  const double total = loss.weight(first) + loss.weight(second);
  CHECK(total == Approx(loss.weight(all)).epsilon(1e-14));
  MatrixX<double> a(logits.rows(), 1), b(logits.rows(), 2);
  const double sum = loss(logits.leftCols(1), first, total, a) + loss(logits.rightCols(2), second, total, b);
  CHECK(sum == Approx(whole.loss).epsilon(1e-14));
  CHECK(max_abs(whole.gradient.leftCols(1) - a) < 1e-15);
  CHECK(max_abs(whole.gradient.rightCols(2) - b) < 1e-15);
}

TEST_CASE("The losses of shards add up to the loss of the whole batch", "[train][loss]") {
  const MatrixX<double> logits{{0.3, -1.2, 2.0}, {-0.7, 0.1, 0.9}};
  const MatrixX<double> y{{0, 1, 0}, {1, 1, 0}};
  check_shards(SoftmaxCrossEntropy<double>{{0.3, 2}}, logits, {1, 0, 1}, {1}, {0, 1});
  check_shards(SoftmaxCrossEntropy<double>{{0.3, 2}, 0.2}, logits, {1, 0, 1}, {1}, {0, 1});
  check_shards(BinaryCrossEntropy<double>{{0.3, 2}}, logits, y, y.leftCols(1), y.rightCols(2));
  check_shards(SquaredError<double>{}, logits, y, y.leftCols(1), y.rightCols(2));
  check_shards(QuantileLoss<double>{{0.2, 0.7}}, logits, y.topRows(1), y.topLeftCorner(1, 1),
               y.topRightCorner(1, 2));
  check_shards(BinaryCrossEntropy<double>{.outputs = Reduction::sum}, logits, y, y.leftCols(1),
               y.rightCols(2));
  check_shards(SquaredError<double>{.outputs = Reduction::sum}, logits, y, y.leftCols(1), y.rightCols(2));
}

TEST_CASE("A loss shows probabilities or values", "[train][loss]") {
  MatrixX<double> y{{0.0, 1e4}, {0.0, -1e4}};
  SquaredError<double>::output(y);
  CHECK(y(0, 1) == 1e4);
  MatrixX<double> p = y;
  SoftmaxCrossEntropy<double>::output(p);
  CHECK(max_abs(p - MatrixX<double>{{0.5, 1}, {0.5, 0}}) < 1e-300);
  BinaryCrossEntropy<double>::output(y);
  CHECK(y == MatrixX<double>{{0.5, 1}, {0.5, 0}});
  MatrixX<float> unlikely{{-20, -80}};
  BinaryCrossEntropy<float>::output(unlikely);
  CHECK(unlikely(0, 0) == Approx(2.0611537e-9f).epsilon(1e-6));  // 1 / (1 + e²⁰)
  CHECK(unlikely(0, 1) == Approx(1.8048514e-35f).epsilon(1e-6));
}

TEST_CASE("Targets are collected sample by sample", "[train][loss]") {
  MatrixX<double> targets;
  BinaryCrossEntropy<double>::collect(VectorX<double>{{1, 0}}, 0, 2, targets);
  BinaryCrossEntropy<double>::collect(VectorX<double>{{0, 0.5}}, 1, 2, targets);
  CHECK(targets == MatrixX<double>{{1, 0}, {0, 0.5}});
  CHECK_THROWS_WITH(SquaredError<double>::collect(VectorX<double>{{1, 2, 3}}, 1, 2, targets),
                    ContainsSubstring("sample 1") && ContainsSubstring("3 numbers"));
  SquaredError<double>::collect(VectorX<double>{{1, 2, 3}}, 0, 1, targets);
  CHECK(targets.cols() == 1);
}

TEST_CASE("An illegal target throws, and the message says what is legal", "[train][loss]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const MatrixX<double> logits = MatrixX<double>::Zero(2, 1);
  const SoftmaxCrossEntropy<double> softmax;
  CHECK_THROWS_AS(run(softmax, logits, {2}), std::out_of_range);
  CHECK_THROWS_WITH(run(softmax, logits, {-1}), ContainsSubstring("label -1") && ContainsSubstring("0 to 1"));
  CHECK_THROWS_AS(run(softmax, logits, {0, 1}), std::invalid_argument);
  CHECK_THROWS_AS(run(SoftmaxCrossEntropy<double>{{1, 2, 3}}, logits, {1}), std::invalid_argument);
  CHECK_THROWS_AS(run(SoftmaxCrossEntropy<double>{{1, -2}}, logits, {1}), std::invalid_argument);
  CHECK_THROWS_AS((SoftmaxCrossEntropy<double>{{1, -2}}.check(2)), std::invalid_argument);
  CHECK_THROWS_AS(run(SoftmaxCrossEntropy<double>{{1, -2}}, logits, {0}), std::invalid_argument);
  CHECK_THROWS_AS((BinaryCrossEntropy<double>{{1, -2}}.check(2)), std::invalid_argument);
  CHECK_THROWS_WITH(run(SoftmaxCrossEntropy<double>{{}, 1.0}, logits, {1}),
                    ContainsSubstring("label_smoothing 1") && ContainsSubstring("below 1"));
  CHECK_THROWS_AS(run(SoftmaxCrossEntropy<double>{{}, -0.1}, logits, {1}), std::invalid_argument);
  CHECK_THROWS_AS(run(SoftmaxCrossEntropy<double>{{}, nan}, logits, {1}), std::invalid_argument);
  CHECK_THROWS_AS(run(SoftmaxCrossEntropy<double>{{-1, 2}, 0.1}, logits, {1}), std::invalid_argument);
  for (const double smoothing : {1.0, -0.1, nan})
    CHECK_THROWS_AS((SoftmaxCrossEntropy<double>{{}, smoothing}.check(2)), std::invalid_argument);
  CHECK_THROWS_WITH(run(SoftmaxCrossEntropy<double>{{1e308, 1e308}}, MatrixX<double>::Zero(2, 2), {0, 1}),
                    ContainsSubstring("class weight 1e+308 of class 0: it must be at most 3.4"));

  const BinaryCrossEntropy<double> binary;
  CHECK_THROWS_WITH(run(binary, logits, VectorX<double>{{0, 1.5}}),
                    ContainsSubstring("target 1.5 of label 1") && ContainsSubstring("from 0 to 1"));
  CHECK_THROWS_AS(run(binary, logits, VectorX<double>{{-0.1, 1}}), std::invalid_argument);
  CHECK_THROWS_AS(run(binary, logits, VectorX<double>{{nan, 1}}), std::invalid_argument);
  CHECK_THROWS_AS(run(binary, logits, VectorX<double>{{0, 1, 0}}), std::invalid_argument);
  CHECK_THROWS_AS(run(binary, logits, MatrixX<double>::Zero(2, 2)), std::invalid_argument);
  CHECK_THROWS_AS(run(BinaryCrossEntropy<double>{{1}}, logits, VectorX<double>{{0, 1}}),
                  std::invalid_argument);
  CHECK_THROWS_AS(run(BinaryCrossEntropy<double>{{1, 0}}, logits, VectorX<double>{{0, 1}}),
                  std::invalid_argument);
  MatrixX<float> d(1, 1);
  CHECK_THROWS_WITH(
      (BinaryCrossEntropy<float>{{1e39}}(MatrixX<float>{{1}}, MatrixX<float>{{1}}, 1.0, d)),
      ContainsSubstring("positive weight 1e+39 of label 0") && ContainsSubstring("in single precision"));

  CHECK_THROWS_WITH(run(SquaredError<double>{}, logits, VectorX<double>{{0, nan}}),
                    ContainsSubstring("value 1") && ContainsSubstring("finite"));
  CHECK_THROWS_AS(run(SquaredError<double>{}, logits, VectorX<double>{{0}}), std::invalid_argument);

  const auto quantile = [&](std::vector<double> quantiles, const MatrixX<double>& targets) {
    return run(QuantileLoss<double>{std::move(quantiles)}, logits, targets);
  };
  CHECK_THROWS_WITH(quantile({0.1, 0.9}, VectorX<double>{{nan}}),
                    ContainsSubstring("value 0") && ContainsSubstring("finite"));
  CHECK_THROWS_WITH(quantile({0.9, 0.1}, VectorX<double>{{1}}), ContainsSubstring("quantile 0.1 at 1"));
  CHECK_THROWS_WITH(quantile({0.1, 0.5, 0.9}, VectorX<double>{{1}}),
                    ContainsSubstring("2 outputs for 3 quantiles"));
  CHECK_THROWS_AS(quantile({0.1, 0.9}, VectorX<double>{{1, 2}}), std::invalid_argument);
  for (const double wrong : {0.0, 1.0, nan, -0.5})
    CHECK_THROWS_AS(quantile({wrong}, VectorX<double>{{1, 2}}), std::invalid_argument);
  CHECK_THROWS_AS(quantile({}, VectorX<double>{{1}}), std::invalid_argument);
}

}  // namespace loss_test
}  // namespace recur::testing
