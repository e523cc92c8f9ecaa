#include "recur/io/run_log.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <locale>
#include <sstream>
#include <string>
#include <vector>

#include "catch.hpp"
#include "recur/architecture/many_to_one.hpp"
#include "recur/cell/elman.hpp"
#include "recur/layer/dense.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "recur/train/fit.hpp"
#include "recur/train/loss.hpp"
#include "recur/train/optimizer.hpp"
#include "temporary.hpp"

namespace run_log_test {

using namespace recur;

TEST_CASE("A run log begins with the first epoch, and goes on where a training does", "[io][run_log]") {
  const TemporaryDirectory folder;
  const auto path = folder.path / "log.csv";
  const auto write = [&](std::vector<int> epochs, double rate) {
    auto log = log_epochs(path);
    for (const int epoch : epochs)
      CHECK(log({.epoch = epoch, .rate = rate, .training_loss = 0.5, .steps = 7, .best = epoch == 1}));
  };
  const auto rows = [&] {
    std::ifstream file(path);
    std::vector<std::string> all;
    for (std::string line; std::getline(file, line);) all.push_back(line.substr(0, line.find(',', 4)));
    return all;
  };
  write({1, 2, 3}, 0.1);
  CHECK(rows() == std::vector<std::string>{"epoch", "1,0.1", "2,0.1", "3,0.1"});
  write({3, 4}, 0.2);  // from a checkpoint after the second one
  CHECK(rows() == std::vector<std::string>{"epoch", "1,0.1", "2,0.1", "3,0.2", "4,0.2"});
  // A run that was killed has left a row without its end, whose number may have lost digits too.
  for (const char* half : {"1", "2,0.2,0.5"}) {
    write({1, 2}, 0.2);
    std::ofstream(path, std::ios::app) << half;
    write({3}, 0.3);
    CHECK(rows() == std::vector<std::string>{"epoch", "1,0.2", "2,0.2", "3,0.3"});
  }
  std::ofstream(path, std::ios::app) << "2\n";
  write({3}, 0.4);
  CHECK(rows() == std::vector<std::string>{"epoch", "1,0.2", "2,0.2", "3,0.4"});
  write({1}, 0.3);
  CHECK(rows() == std::vector<std::string>{"epoch", "1,0.3"});
  std::ifstream file(path);
  std::string names, row;
  std::getline(file, names);
  std::getline(file, row);
  CHECK(row == "1,0.3,0.5,0,0,0,0,0,7,0,0,0,1");
  CHECK(std::ranges::count(names, ',') == std::ranges::count(row, ','));

  struct Comma : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };
  const std::locale before = std::locale::global(std::locale(std::locale::classic(), new Comma));
  write({1000}, 0.25);
  std::locale::global(before);
  std::ifstream written(path);
  CHECK_THAT(std::string(std::istreambuf_iterator<char>(written), {}),
             Catch::Matchers::ContainsSubstring("\n1000,0.25,0.5,"));

  auto nowhere = log_epochs(folder.path / "none" / "log.csv");
  CHECK_THROWS_AS(nowhere({.epoch = 1}), FileError);
}

TEST_CASE("A row that can't be written waits, and the training goes on", "[io][run_log]") {
  const TemporaryDirectory folder;
  const auto path = folder.path / "log.csv";
  auto log = log_epochs(path);
  CHECK(log({.epoch = 1}));
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);
  std::ostringstream said;
  auto* const usual = std::cerr.rdbuf(said.rdbuf());
  CHECK(log({.epoch = 2}));
  CHECK(log({.epoch = 3}));
  std::cerr.rdbuf(usual);
  CHECK_THAT(said.str(), Catch::Matchers::EndsWith("log.csv: can't be written: the training goes on\n"));
  CHECK(std::ranges::count(said.str(), '\n') == 1);
  std::filesystem::remove(path);
  CHECK(log({.epoch = 4}));
  std::ifstream file(path);
  std::string rows;
  for (std::string line; std::getline(file, line);) rows += line[0];
  CHECK(rows == "234");
}

TEST_CASE("fit writes a run log of its epochs", "[io][run_log]") {
  const TemporaryDirectory folder;
  const auto path = folder.path / "log.csv";
  ManyToOne model{Recurrent{Elman<float>{1, 2}}, Pooling::last, Dense<float>{2, 1}, SquaredError{}};
  initialize(model, 1);
  const std::vector<decltype(model)::Example> examples(8,
                                                       {MatrixX<float>::Ones(1, 3), VectorX<float>::Ones(1)});
  Optimizer optimizer(model, Adam{.rate = 1e-2});
  const FitReport report =
      fit(model, optimizer, examples, {.epochs = 3, .batch_size = 4, .on_epoch = log_epochs(path)});
  std::ifstream file(path);
  std::string row;
  std::getline(file, row);
  for (const EpochReport& epoch : report.epochs) {
    REQUIRE(std::getline(file, row));
    std::ostringstream begin;
    begin.precision(8);
    begin << epoch.epoch << "," << 0.01 << "," << epoch.training_loss << ",nan,nan,";
    CHECK(row.substr(0, begin.str().size()) == begin.str());
  }
  CHECK_FALSE(std::getline(file, row));
}

}  // namespace run_log_test
