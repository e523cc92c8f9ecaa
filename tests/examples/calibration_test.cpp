// Tests of the calibration of probabilities in the example sentiment.
#include "../../examples/sentiment/calibration.hpp"

#include "catch.hpp"

using sentiment::calibration_error;

TEST_CASE("The calibration error is the mean distance between certainty and accuracy over bins",
          "[examples][calibration]") {
  const std::vector<double> sure(4, 0.9);
  CHECK(calibration_error(sure, {true, true, true, true}) == Approx(0.1));
  CHECK(calibration_error(sure, {true, false, true, false}) == Approx(0.4));
  // One bin is too certain and another too uncertain by the same amount: they don't cancel. Bins count by their
  // answers.
  const std::vector<double> mixed{0.6, 0.9, 0.9, 0.9};
  CHECK(calibration_error(mixed, {true, false, true, true}) == Approx((0.4 + 3 * 0.9 - 2) / 4));
}

TEST_CASE("The calibration error has 15 bins, and the last one contains certainty 1",
          "[examples][calibration]") {
  // The last bin begins at 14/15 = 0.933. So 0.94 balances a part of the excess of 1, and 0.91 is in the bin before.
  CHECK(calibration_error(std::vector{0.94, 1.0}, {true, false}) == Approx(0.47));
  CHECK(calibration_error(std::vector{0.91, 1.0}, {true, false}) == Approx(0.545));
  CHECK(calibration_error({}, {}) == 0);
}
