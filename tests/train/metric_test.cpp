#include "recur/train/metric.hpp"

#include "catch.hpp"

namespace recur::testing {
namespace metric_test {

const Answers answers{3, 5, {{2, 3, 2}, {1, 1, 3}, {0, 1, 0}}};

TEST_CASE("Accuracy, F1, precision and recall are those of the answers", "[train][metric]") {
  CHECK(Accuracy{}(answers) == 0.6);
  CHECK(F1{.label = 1}(answers) == Approx(0.5));
  CHECK(F1{}(answers) == Approx((0.8 + 0.5 + 0) / 3));
  CHECK(Precision{.label = 0}(answers) == Approx(2.0 / 3));
  CHECK(Recall{}(answers) == Approx((1 + 1.0 / 3 + 0) / 3));
  CHECK_THROWS_AS(F1{.label = 3}(answers), std::out_of_range);
  CHECK(F1{}({1, 1, {{1, 1, 1}, {}}}) == 1);  // a class that never comes does not count
}

TEST_CASE("A metric is a function of the answers or one without arguments", "[train][metric]") {
  const Metric f1 = F1{.label = 1}, plain = [] { return 2.0; };
  CHECK(Metric(Accuracy{}).name() == "accuracy");
  CHECK(plain.name() == "metric");
  CHECK(!Metric());
  CHECK(f1.takes_answers());
  CHECK(f1(answers) == Approx(0.5));
  CHECK_FALSE(plain.takes_answers());
  CHECK(plain() == 2);
}

}  // namespace metric_test
}  // namespace recur::testing
