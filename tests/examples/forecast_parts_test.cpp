// The example forecast: the series as the network sees it, and its forecasts in the units of the file.
#include "../../examples/forecast_parts.hpp"

#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "catch.hpp"
#include "examples/forecast_series.hpp"
#include "refusal.hpp"
#include "temporary.hpp"

namespace forecast_parts_test {

using forecast::Base;
using forecast::Problem;
using forecast::Series;
using forecast::View;
using recur::Index;
using recur::MatrixX;
using recur::testing::noise;
using recur::testing::problem_of;
using recur::testing::refusal;
using recur::testing::walk;

Series seasons(Index steps, Index season) {
  Series series = 0.1 * noise(1, steps);
  for (Index t = 0; t < steps; ++t)
    series(t) += std::sin(2 * std::numbers::pi * static_cast<double>(t) / static_cast<double>(season));
  return series;
}

TEST_CASE("A forecast starts from the mean, the last value or that of a season before",
          "[examples][forecast]") {
  const Series z{{1, 2, 3, 4, 5, 6}, {10, 20, 30, 40, 50, 60}};
  CHECK(forecast::base(Base::mean, z, 1, 3, 2, 4) == 0);
  CHECK(forecast::base(Base::last, z, 1, 3, 2, 4) == 40);
  CHECK(forecast::base(Base::season, z, 1, 3, 2, 4) == 20);  // step 3 + 2 - 4
}

TEST_CASE("The past chooses from what a forecast starts", "[examples][forecast]") {
  const auto chosen = [](Series series, Index season) {
    const Problem problem = problem_of(std::move(series), 3, season);
    return View(problem, problem.series).bases[0];
  };
  CHECK(chosen(noise(1, 300), 0) == Base::mean);
  CHECK(chosen(walk(300), 0) == Base::last);
  CHECK(chosen(walk(300), 12) == Base::last);
  CHECK(chosen(seasons(300, 12), 12) == Base::season);
}

TEST_CASE("A view of the past is the same for every future", "[examples][forecast]") {
  const Problem problem = problem_of(seasons(200, 12), 3, 12);
  Series other = problem.series;
  other.rightCols(40).array() += 1000;
  const View view(problem, problem.series), others(problem, other);
  const Index past = problem.past();
  REQUIRE(past == 160);
  CHECK(view.bases == others.bases);
  CHECK(view.inputs.leftCols(past) == others.inputs.leftCols(past));
  CHECK(view.inputs.rightCols(40) != others.inputs.rightCols(40));
  CHECK(view.z.leftCols(past).mean() == Approx(0).margin(1e-12));
  CHECK(view.z.leftCols(past).squaredNorm() == Approx(past));
}

TEST_CASE("Another future differs from the step after the last origin on", "[examples][forecast]") {
  const Problem problem = problem_of(noise(2, 50), 1);  // 40 steps of past: the first origin is step 39
  const Series other = forecast::another_future(problem, 3, 7);
  CHECK(other.leftCols(42) == problem.series.leftCols(42));  // the last of three origins is step 41
  CHECK((other.rightCols(8).array() > problem.series.maxCoeff()).all());
  CHECK(other == forecast::another_future(problem, 3, 7));
  CHECK(forecast::another_future(problem, 11, 7) == problem.series);  // the last origin has no future
}

TEST_CASE("Targets are the distance from where the forecast starts", "[examples][forecast]") {
  Problem problem = problem_of(seasons(120, 12), 2, 12);
  problem.many_to_one = true;
  const View view(problem, problem.series);
  const recur::VectorX<float> target = view.windows(problem, 40, 90).targets(0);  // of steps 40 and 41
  REQUIRE(target.size() == 2);
  CHECK(target(0) == Approx(view.z(40) - view.z(28)));
  CHECK(target(1) == Approx(view.z(41) - view.z(29)));
  problem = problem_of(walk(120), 2);
  problem.many_to_one = true;
  const View walked(problem, problem.series);
  const recur::VectorX<float> steps = walked.windows(problem, 40, 90).targets(0);
  CHECK(steps(0) == Approx(walked.z(40) - walked.z(39)));
  CHECK(steps(1) == Approx(walked.z(41) - walked.z(39)));
}

TEST_CASE("Counts are seen as roots, and also as if they were larger and smaller", "[examples][forecast]") {
  Problem problem = problem_of(noise(1, 100).cwiseAbs2(), 1);
  CHECK(forecast::to_learn_from(problem, 80).size() == 1);
  CHECK(forecast::seen(problem, problem.series) == problem.series);
  problem.counts = "yes";
  CHECK(forecast::seen(problem, problem.series) == Series(problem.series.cwiseSqrt()));
  const auto all = forecast::to_learn_from(problem, 80);
  REQUIRE(all.size() == 5);
  const View usual(problem, problem.series), larger(problem, problem.series, 1.6);
  const double mean = usual.scaler.mean()(0), deviation = usual.scaler.deviation()(0);
  for (const Index t : {0, 50, 99})
    CHECK(mean + deviation * larger.z(t) == Approx(1.6 * std::sqrt(problem.series(t))));
  CHECK(all[2].targets(0) != all[4].targets(0));
}

TEST_CASE("Every size of a series is learned from where its forecasts start", "[examples][forecast]") {
  // Roots of 3 with a deviation of 0.5, as those of counts with a mean of 9: of the larger and smaller ones, the last
  // value is nearer to the next than the mean of the past is.
  Problem problem = problem_of((3 + 0.5 * noise(1, 100).array()).square(), 2);
  problem.counts = "yes";
  problem.many_to_one = true;
  const View usual(problem, problem.series);
  REQUIRE(usual.bases == std::vector{Base::mean});
  const auto all = forecast::to_learn_from(problem, 80);
  REQUIRE(all.size() == 5);
  std::size_t i = 0;
  for (const double size : {0.6, 0.8, 1.0, 1.25, 1.6}) {
    const View view(problem, problem.series, size);
    CHECK(view.bases == usual.bases);
    const recur::VectorX<float> target = all[i++].targets(0);  // of steps 4 and 5, after a window of four
    CHECK(target(0) == Approx(view.z(4)));
    CHECK(target(1) == Approx(view.z(5)));
  }
}

/// Numbers from about 2 to 20 that go up and down, with noise of the same size everywhere.
Series waves() {
  Series series = noise(1, 500);
  for (Index t = 0; t < 500; ++t) series(t) += 11 + 7 * std::sin(static_cast<double>(t) / 20);
  return series;
}

TEST_CASE("The size of steps correlates with the level, or it does not", "[examples][forecast]") {
  CHECK(forecast::spread_with_level(Series{{1, 2, 4, 8, 16}}) ==
        Approx(1));  // a step as large as the value before it
  CHECK(forecast::spread_with_level(Series{{16, 8, 4, 2, 1, 0.5}}) == Approx(1));
  CHECK(forecast::spread_with_level(Series{{0, 4, 7, 9, 10, 10}}) < -0.9);
  // Levels 1, 3, 2 are 1 below, 1 above and at their mean; steps 2, 1, 2: r = -1 / sqrt(2 · 2/3).
  CHECK(forecast::spread_with_level(Series{{1, 3, 2, 4}}) == Approx(-1 / std::sqrt(2 * 2 / 3.0)));
}

TEST_CASE("The past chooses roots where these vary more evenly", "[examples][forecast]") {
  const auto chosen = [](Series series, const std::string& asked = {}) {
    Problem problem = problem_of(std::move(series), 1);
    problem.counts = asked;
    const std::string said = forecast::choose_counts(problem);
    return std::pair(problem.counts, said);
  };
  const Series even = waves(), counts = even.cwiseAbs2();
  const auto [what, said] = chosen(counts);
  CHECK(what == "yes");
  CHECK(said.find("So the network reads the roots") != std::string::npos);
  CHECK(chosen(even).first == "no");
  CHECK(chosen(even).second.find("So the network reads the values") != std::string::npos);
  for (const std::string asked : {"yes", "no"})
    CHECK(chosen(counts, asked) == std::pair(asked, std::string()));
  Series other = counts;
  other.rightCols(100) = Series::Constant(1, 100, 7);  // another future
  CHECK(chosen(other) == std::pair(what, said));
  other(499) = -1;  // no count
  CHECK(chosen(other) == std::pair(std::string("no"), std::string()));
  CHECK(chosen(counts.replicate(2, 1)) == std::pair(std::string("no"), std::string()));
  CHECK(chosen(Series::Constant(1, 400, 5)) == std::pair(std::string("no"), std::string()));
  // The series that the program makes.
  for (const bool seasonal : {false, true}) {
    Problem made;
    made.make = seasonal ? "seasons" : "mackey-glass";
    forecast::take_series(made, false, 1);
    forecast::choose_counts(made);
    CHECK(made.counts == "no");
  }
}

/// Answers the same five quantiles to everything, out of order.
struct Constant {
  Index rows;
  MatrixX<float> predict(const recur::Sequence<float>& windows) const {
    MatrixX<float> said(rows, windows.batch());
    for (Index i = 0; i < rows; ++i)
      said.row(i).setConstant(std::vector{2.0f, -1.0f, 0.0f, 1.0f, -2.0f}[static_cast<std::size_t>(i % 5)]);
    return said;
  }
};

TEST_CASE("Forecasts are sorted, and in the units of the file", "[examples][forecast]") {
  Problem problem = problem_of(walk(100), 2);
  problem.series.array() = 300 + 7 * problem.series.array();
  const View view(problem, problem.series);
  REQUIRE(view.bases[0] == Base::last);
  const Series said = forecast::forecasts(Constant{10}, problem, problem.series);
  REQUIRE(said.cols() == 21);  // origins: the last step of the past, and each step held out
  const double deviation = view.scaler.deviation()(0);
  for (const Index origin : {0, 7, 20})
    for (Index i = 0; i < 10; ++i)
      CHECK(said(i, origin) ==
            Approx(problem.series(79 + origin) + deviation * static_cast<double>(i % 5 - 2)));

  problem = problem_of(noise(1, 100).cwiseAbs2(), 1);
  problem.counts = "yes";
  const View counts(problem, problem.series);
  REQUIRE(counts.bases[0] == Base::mean);
  const Series numbers = forecast::forecasts(Constant{5}, problem, problem.series);
  const double mean = counts.scaler.mean()(0), unit = counts.scaler.deviation()(0);
  CHECK(numbers(0, 3) == 0);  // a root is not below 0
  CHECK(numbers(2, 3) == Approx(mean * mean));
  CHECK(numbers(4, 3) == Approx(std::pow(mean + 2 * unit, 2)));
}

TEST_CASE("A series is taken from a file, from prices, or made", "[examples][forecast]") {
  const TemporaryDirectory folder;
  const auto taken = [](Problem problem) {
    forecast::take_series(problem, true, 1);
    return problem;
  };
  Problem file;
  file.data = folder.file("a.csv", "day,a,b\n1,2,3\n2,4,5\n3,6,7\n4,8,9\n5,1,1\n").string();
  file.column = "b,a";
  CHECK(taken(file).series == Series{{3, 5, 7, 9, 1}, {2, 4, 6, 8, 1}});
  CHECK(taken(file).ahead == 1);
  file.validation = true;
  CHECK(taken(file).series.cols() == 4);
  file.counts = "yes";
  CHECK(taken(file).reads_roots());
  file.data = folder.file("b.csv", "a,b\n1,-2\n").string();
  CHECK(refusal([&] { taken(file); }) == "--counts yes, but a number is -2: counts are 0 or above");

  Problem missing;
  missing.data = folder.file("c.csv", "a\n1\nNA\n3\n").string();
  CHECK(
      refusal<recur::FileError>([&] { taken(missing); }).ends_with("; --fill takes the last one before it"));
  missing.data = folder.file("d.csv", "a\n1\nNA\nx\n").string();  // --fill would not help
  const std::string other = refusal<recur::FileError>([&] { taken(missing); });
  CHECK(other.find("d.csv:4: ") != std::string::npos);
  CHECK(other.find("--fill") == std::string::npos);

  Problem prices;
  prices.prices =
      folder.file("p.csv", "Date,Open,High,Low,Close\n1,10,12,9,10\n2,10,20,10,20\n3,20,20,5,5\n").string();
  const Series returns = taken(prices).series;
  REQUIRE(returns.cols() == 2);
  CHECK(returns(0, 0) == Approx(std::log(2.0)));
  CHECK(returns(0, 1) == Approx(std::log(0.25)));
  CHECK(returns(1, 0) == Approx(std::log(std::log(2.0))));

  Problem made;
  made.make = "seasons";
  CHECK(taken(made).season == 12);
  CHECK(taken(made).ahead == 12);
  made.ahead = 13;
  CHECK(refusal([&] { taken(made); }) ==
        "--ahead 13 is more than --season 12: the last season says nothing of that");
  CHECK(taken({}).names == std::vector<std::string>{"Mackey-Glass"});
}

}  // namespace forecast_parts_test
