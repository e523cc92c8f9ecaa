// The example anomaly: a machine with faults, signals of the user's, and an ear for what was not expected.
#include "../../examples/hearing.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "../../examples/machine.hpp"
#include "../../examples/signals.hpp"
#include "catch.hpp"
#include "refusal.hpp"
#include "temporary.hpp"

namespace hearing_test {

using machine::Machine;
using recur::Index;
using recur::testing::refusal;

TEST_CASE("A machine has its first fault when it was asked to, and others for two seconds each",
          "[examples][anomaly]") {
  Machine healthy(1), faulty(1, 1000);
  std::array<Index, 4> faults{};
  Index last = -1;
  double largest = 0;
  for (Index t = 1; t <= 400 * machine::rate; ++t) {
    const machine::Sample sample = healthy.next(), other = faulty.next();
    REQUIRE(sample.fault == -1);
    REQUIRE(std::abs(sample.value) < 3);
    if (t < 1000) {
      REQUIRE(other.fault == -1);
      REQUIRE(other.value == sample.value);  // it is the same machine until then
    }
    if (other.since == 0) {
      REQUIRE(other.fault >= 0);
      REQUIRE(other.fault < 4);
      ++faults[static_cast<std::size_t>(other.fault)];
      if (last < 0) CHECK(t == 1000);
      // Two seconds of a fault, and then 20 to 140 seconds in health.
      if (last > 0) CHECK((t - last >= 22 * machine::rate && t - last < 142 * machine::rate));
      last = t;
    }
    largest = std::max(largest, std::abs(other.value));
  }
  CHECK(faults[0] + faults[1] + faults[2] + faults[3] >= 3);
  CHECK(largest < 4);
}

TEST_CASE("Each fault sounds other than health", "[examples][anomaly]") {
  std::array<bool, 4> seen{};
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Machine healthy(seed), faulty(seed, 100);
    for (Index t = 1; t < 100; ++t) {
      healthy.next();
      faulty.next();
    }
    double difference = 0;
    machine::Sample sample;
    for (Index t = 0; t < Machine::lasts; ++t) {
      sample = faulty.next();
      difference += std::pow(sample.value - healthy.next().value, 2) / Machine::lasts;
    }
    INFO(Machine::faults[static_cast<std::size_t>(sample.fault)]);
    CHECK(difference > 1e-3);
    seen[static_cast<std::size_t>(sample.fault)] = true;
  }
  CHECK((seen[0] && seen[1] && seen[2] && seen[3]));
}

TEST_CASE("A time of a stream has hours, minutes and seconds", "[examples][anomaly]") {
  CHECK(listening::clock_text(0) == "0:00:00");
  CHECK(listening::clock_text(451) == "0:07:31");
  CHECK(listening::clock_text(100 * 3600 + 59) == "100:00:59");
  const listening::Signal slow{{}, 10}, fast{{}, 8000};
  CHECK(slow.window() == 25);
  CHECK(fast.window() == 2000);
  CHECK(slow.time(15) == "0:00:01.5");
  CHECK(fast.time(8000 * 61 + 799) == "0:01:01.0");
}

TEST_CASE("Peaks keep the largest of each part, however many numbers come", "[examples][anomaly]") {
  listening::Peaks peaks;
  for (int i = 0; i < 3000; ++i) peaks.add(i % 7);
  CHECK(peaks.each() == 1);
  REQUIRE(peaks.parts().size() == 3000);
  for (int i = 0; i < 3000; ++i) REQUIRE(peaks.parts()(i) == i % 7);
  peaks.add(100);
  CHECK(peaks.each() == 2);
  REQUIRE(peaks.parts().size() == 1501);
  for (int i = 0; i < 1500; ++i) REQUIRE(peaks.parts()(i) == std::max(2 * i % 7, (2 * i + 1) % 7));
  CHECK(peaks.parts()(1500) == 100);
  for (int i = 3001; i < 50000; ++i) peaks.add(i == 40000 ? 1000 : 0);
  CHECK(peaks.each() == 32);
  CHECK(peaks.parts().size() == 1563);  // 50000 / 32, the last one only begun
  CHECK(peaks.parts()(1250) == 1000);
  CHECK(peaks.parts()(3000 / 32) == 100);
  CHECK(peaks.parts().tail(300).maxCoeff() == 0);
}

TEST_CASE("A signal is a column of a file", "[examples][anomaly]") {
  const TemporaryDirectory folder;
  const auto signal = listening::read_signal(folder.file("a.csv", "vibration\n1\n-2.5\n3\n"), 100);
  CHECK(signal.rate == 100);
  CHECK(signal.samples == Eigen::Vector3f(1, -2.5f, 3));
  CHECK(signal.more == nullptr);
  CHECK(refusal<recur::FileError>([&] {
          listening::read_signal(folder.file("b.csv", "1,2\n3,4\n"), 100);
        }).ends_with("b.csv: has 2 columns: it must have one"));
  CHECK(refusal<recur::FileError>([&] {
          listening::read_signal(folder.file("c.txt", "1\nx\n"), 100);
        }).find("c.txt:2: ") != std::string::npos);
}

TEST_CASE("An ear is alarmed above its limit, and not again within twelve windows", "[examples][anomaly]") {
  listening::Ear ear(10);
  for (int i = 0; i < 100; ++i) CHECK(!ear.hears(1e6));  // without a limit never
  ear = listening::Ear(10);
  ear.limit = 1;
  std::vector<int> alarms;
  for (int t = 0; t < 400; ++t) {
    const double news = t < 50 ? 0.9 : t < 300 ? 2 : 0;
    if (ear.hears(news)) alarms.push_back(t);
  }
  // The mean goes from 0.9 towards 2 by a tenth of the way each step: 1.01 after the first.
  CHECK(alarms == std::vector<int>{50, 170, 290});
  CHECK(ear.mean < 1e-3);
}

TEST_CASE("An alarm is half as far again from the mean as the highest level that is healthy",
          "[examples][anomaly]") {
  for (const double spread : {1.0, 100.0}) {
    listening::Healthy healthy;
    for (const double level : {0, 2, 1, 0, 2}) healthy.add(1000 + spread * level);
    CHECK(healthy.limit() == Approx(1000 + 2.5 * spread));  // mean 1, highest 2
    healthy.add(1000 - 5 * spread);                         // mean 0
    CHECK(healthy.limit() == Approx(1000 + 3 * spread));
  }
}

TEST_CASE("News are the squared error of what the network expected", "[examples][anomaly]") {
  const listening::Model model = [] {
    listening::Model made{
        recur::Sequential{recur::make_network<float>({{"elman", 1, 3}}), recur::Dense<float>{3, 1}},
        recur::EachStep{recur::SquaredError<float>{}}};
    recur::initialize(made, 1);
    return made;
  }();
  const recur::MatrixX<float> x = Eigen::RowVector4f(0.5f, -1, 2, 0);
  const recur::MatrixX<float> expected = model.predict(recur::Sequence<float>({x})).sample(0);
  listening::Foresight foresight(model);
  CHECK(foresight.news(0.5) == 0.25);  // before the first sample it expects 0
  for (Index t = 1; t < 4; ++t)
    CHECK(foresight.news(static_cast<double>(x(t))) ==
          Approx(std::pow(x(t) - expected(0, t - 1), 2)).epsilon(1e-4));
}

TEST_CASE("The first four windows do not count for the most news", "[examples][anomaly]") {
  listening::Model model{
      recur::Sequential{recur::make_network<float>({{"elman", 1, 3}}), recur::Dense<float>{3, 1}},
      recur::EachStep{recur::SquaredError<float>{}}};
  recur::initialize(model, 1);
  auto& head = std::get<1>(model.body.layers);
  head.weight.setZero();
  head.bias.setZero();                                                // it expects 0
  recur::VectorX<float> x = recur::VectorX<float>::Constant(100, 1);  // the mean, so no news
  x(3) = 11;
  x(60) = 5;
  // News of ((5 - 1) / 2)² at step 60, and what is left of ((11 - 1) / 2)² after 57 steps; the ear takes a tenth of each.
  CHECK(listening::most_news(model, x, {.mean = 1, .deviation = 2}, 10) ==
        Approx(0.4 + 2.5 * std::pow(0.9, 57)));
}

TEST_CASE("What is usual comes back from a file's metadata to the last digit", "[examples][anomaly]") {
  listening::Usual usual{.mean = 1.0 / 3, .deviation = 1e-300, .limit = 0.1};
  recur::Metadata metadata;
  usual.put(metadata);
  CHECK(metadata.size() == 3);
  listening::Usual taken;
  taken.take(metadata);
  CHECK(taken.mean == 1.0 / 3);
  CHECK(taken.deviation == 1e-300);
  CHECK(taken.limit == 0.1);
  listening::Usual().put(metadata);  // without a limit
  taken.take(metadata);
  CHECK(taken.limit == std::numeric_limits<double>::infinity());
}

}  // namespace hearing_test
