#include "recur/data/windows.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "recur/data/scaler.hpp"
#include "recur/train.hpp"

namespace recur::testing {
namespace windows_test {

using Catch::Matchers::ContainsSubstring;
using Matrix = MatrixX<double>;

/// A series in which feature f of step t is 10 t + f.
Matrix counted(Index features, Index steps) {
  Matrix series(features, steps);
  for (Index t = 0; t < steps; ++t)
    for (Index f = 0; f < features; ++f) series(f, t) = static_cast<double>(10 * t + f);
  return series;
}

TEST_CASE("windows read some steps and predict those after them", "[data][windows]") {
  const Matrix x = counted(2, 10), y = counted(1, 10);
  const Windows<double> last(x, y, {.length = 3, .ahead = 2, .stride = 2});
  REQUIRE(last.size() == 3);  // the origins 2, 4, 6: after 7 there is one step only
  CHECK(last.origin(2) == 6);
  CHECK(last.input(1) == x.middleCols(2, 3));
  CHECK(last.targets(1) == Matrix{{50}, {60}});
  const Windows<double> each(y, x, {.length = 3, .ahead = 2, .each_step = true});
  REQUIRE(each.size() == 6);
  CHECK(each.targets(0) == Matrix{{10, 20, 30}, {11, 21, 31}, {20, 30, 40}, {21, 31, 41}});
  const Windows<double> change(y, x, {.length = 3, .ahead = 2, .each_step = true, .carried = {1, 1}});
  CHECK(change.targets(5) == Matrix{{10, 10, 10}, {10, 10, 10}, {20, 20, 20}, {20, 20, 20}});
  const Windows<double> half(y, x, {.length = 3, .ahead = 1, .carried = {0, 0.5}});
  CHECK(half.targets(0) == Matrix{{30}, {31 - 10.5}});
  CHECK_THROWS_WITH(Windows<double>(y, x, {.carried = {1}}),
                    ContainsSubstring("1 numbers were given in `carried` for 2"));
}

TEST_CASE("what is ignored stays so, also as a change from the last value", "[data][windows]") {
  constexpr double ignored = ignored_number<double>;
  const Matrix x{{1, 2, ignored, 4, 6}};
  const auto target = [&](const Matrix& values, Index i) {
    return Windows<double>(values, values, {.length = 1, .carried = {1}}).targets(i)(0);
  };
  CHECK(target(x, 0) == 1);
  CHECK(target(x, 1) == ignored);  // what it is
  CHECK(target(x, 2) == ignored);  // what it changes from
  CHECK(target(x, 3) == 2);
  CHECK(Windows<double>(x, x, {.length = 1, .carried = {0}}).targets(2)(0) == 4);

  const auto scaler = Scaler<double>::fit(x);
  CHECK(scaler.mean()(0) == 3.25);
  const Matrix z = scaler.scaled(x);
  CHECK(z(0, 2) == ignored);
  CHECK(scaler.original(z).isApprox(x));
  CHECK_THROWS_WITH(Scaler<double>::fit(Matrix{{1, ignored, ignored}}),
                    ContainsSubstring("feature 0 has 1 numbers that are not ignored: it needs at least 2"));
}

TEST_CASE("windows of a part predict that part alone, and may read what is before it", "[data][windows]") {
  const Matrix x = counted(1, 20);
  const Windows<double> past(x, x, {.length = 4, .ahead = 3, .last = 12}),
      future(x, x, {.length = 4, .ahead = 3, .first = 12});
  CHECK(past.origin(past.size() - 1) == 8);
  CHECK(past.targets(past.size() - 1)(2) == 110);
  CHECK(future.origin(0) == 11);
  CHECK(future.input(0) == x.middleCols(8, 4));
  const Windows<double> each(x, x, {.length = 4, .ahead = 3, .each_step = true, .first = 12});
  CHECK(each.targets(0)(0) == 120);
  CHECK(each.origin(0) == 14);
  CHECK(future.targets(future.size() - 1)(2) == 190);
  CHECK_THROWS_WITH(Windows<double>(x, x, {.length = 18, .ahead = 3}),
                    ContainsSubstring("18 steps to read and 3 to predict"));
  CHECK(Windows<double>(x, x, {.length = 17, .ahead = 3}).size() == 1);
  CHECK_THROWS_AS(Windows<double>(x, x, {.length = 4, .last = 21}), std::invalid_argument);
  CHECK_THROWS_AS(Windows<double>(x, x, {.length = 4, .first = 20}), std::invalid_argument);
  CHECK_THROWS_AS(Windows<double>(x, x, {.length = 0}), std::invalid_argument);
  CHECK_THROWS_AS(Windows<double>(x, x, {.length = 4, .stride = 0}), std::invalid_argument);
  constexpr Index most = std::numeric_limits<Index>::max();
  CHECK_THROWS_AS(Windows<double>(x, x, {.length = 4, .ahead = most}), std::invalid_argument);
  CHECK_THROWS_AS(Windows<double>(x, x, {.length = most, .each_step = true}), std::invalid_argument);
  CHECK_THROWS_AS(Windows<double>(x, x, {.length = 4, .first = most}), std::invalid_argument);
  const Windows<double> windows(x, x, {.length = 4});
  CHECK_THROWS_AS(windows.input(windows.size()), std::out_of_range);
  CHECK_THROWS_AS(windows.targets(-1), std::out_of_range);
  CHECK_THROWS_WITH(Windows<double>(x, x.leftCols(3), {}),
                    ContainsSubstring("20 steps were given with values of 3"));
}

/// The weights, and the forecast at step 39, of a network after its training on the first 40 steps of a series.
auto trained(const Matrix& series) {
  OnWindows model{ManyToMany{Sequential{Recurrent{Gru<double>{1, 4}}, Dense<double>{4, 6}},
                             EachStep{QuantileLoss<double>{}}}};
  initialize(model, 1);
  const auto scaler = Scaler<double>::fit(series.leftCols(40));
  const Matrix z = scaler.scaled(series);
  const Windows<double> past(z, z, {.length = 8, .ahead = 2, .each_step = true, .carried = {1}, .last = 40});
  Optimizer optimizer(model, Adam{.rate = 1e-2});
  const auto report = fit(model, optimizer, past.examples(), {.epochs = 2, .batch_size = 4});
  CHECK(report.steps > 0);
  std::vector<double> numbers;
  for (const auto& p : Parameters(model)) numbers.insert(numbers.end(), p.data, p.data + p.size());
  const Matrix forecast = model.predict(Sequence<double>({z.middleCols(32, 8)})).values();
  return std::pair(numbers, forecast);
}

TEST_CASE("no peeking: another future changes neither a network nor its forecast", "[data][windows]") {
  Matrix series(1, 60);
  for (Index t = 0; t < 60; ++t)
    series(t) = std::sin(0.7 * static_cast<double>(t)) + 0.01 * static_cast<double>(t);
  Matrix shuffled = series;
  std::reverse(shuffled.data() + 40, shuffled.data() + 60);
  CHECK(trained(shuffled) == trained(series));
  shuffled(39) += 1;  // the last step of the past does change them
  CHECK(trained(shuffled) != trained(series));
}

TEST_CASE("a model learns from windows what it learns from their copies", "[data][windows]") {
  const Matrix x = counted(1, 30) / 100;
  const Windows<double> windows(x, x, {.length = 5, .ahead = 2});
  ManyToOne plain{Recurrent{Elman<double>{1, 3}}, Pooling::last, Dense<double>{3, 2}, SquaredError<double>{}};
  initialize(plain, 1);
  OnWindows model{plain};
  std::vector<decltype(plain)::Example> copies;
  for (Index i = 0; i < windows.size(); ++i) copies.push_back({windows.input(i), windows.targets(i)});
  Optimizer first(plain, Adam{}), second(model, Adam{});
  fit(plain, first, copies, copies, {.epochs = 2});
  fit(model, second, windows.examples(), windows.examples(), {.epochs = 2});
  CHECK(plain.predict(copies[0].input) == model.predict(Matrix(windows.input(0))));
  CHECK(evaluate(plain, copies) == evaluate(model, windows.examples()));
  const Windows<double> wrong(x, x, {.length = 5, .ahead = 3});
  CHECK_THROWS_WITH(fit(model, second, wrong.examples()), ContainsSubstring("3 numbers"));
}

TEST_CASE("a window with a gap can't be read, but predicted", "[data][windows]") {
  Matrix x = counted(1, 30) / 100, known = x;
  x(0, 12) = ignored_number<double>;
  OnWindows model{
      ManyToOne{Recurrent{Elman<double>{1, 3}}, Pooling::last, Dense<double>{3, 1}, SquaredError<double>{}}};
  initialize(model, 1);
  Optimizer optimizer(model, Adam{});
  const Windows<double> gaps(x, x, {.length = 5}), filled(known, x, {.length = 5});
  const std::string why =
      "ignored_number: only a target can be ignored, and what a network reads must be known";
  CHECK_THROWS_WITH(fit(model, optimizer, gaps.examples(), {.epochs = 1}),
                    "training example 8 of 25, counted from 0: feature 0 of step 4 is " + why);
  CHECK_THROWS_WITH(evaluate(model, gaps.examples()), ContainsSubstring(why));
  CHECK_NOTHROW(fit(model, optimizer, filled.examples(), {.epochs = 1}));
}

}  // namespace windows_test
}  // namespace recur::testing
