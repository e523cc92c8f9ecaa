// The reports of the benchmarks, as they are written and read.
#include "report.hpp"

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "../../benchmarks/speed.hpp"
#include "catch.hpp"
#include "shell.hpp"
#include "temporary.hpp"

namespace bench {
namespace report_test {

Row row(const std::string& peer, double ours_ms, double ratio, double spread) {
  return {.name = "two layers",
          .cell = "LSTM",
          .mode = "train",
          .batch = 32,
          .steps = 100,
          .input = 64,
          .hidden = 128,
          .threads = 1,
          .peer = peer,
          .build = "",
          .timing = {ours_ms, ours_ms * ratio, ratio, ratio - spread, ratio + spread, 7},
          .gflops = 70.5,
          .fraction_of_peak = 0.75};
}

std::string slower(const std::vector<Row>& rows, const std::vector<Row>& before) {
  std::ostringstream out;
  print_slower(out, rows, before);
  return out.str();
}

TEST_CASE("A report of the benchmarks is read as it was written", "[benchmarks][report]") {
  const TemporaryDirectory folder;
  Row timeless = row("FMA peak, same FLOPs", 2, 0.75, 0.01);
  timeless.timing.ours_ms = timeless.timing.peer_ms = timeless.gflops = NAN;
  timeless.build = "AVX2 build";
  write_report(folder.path / "report.json", {row("oneDNN", 30, 1.5, 0.1), timeless});
  const auto read = read_report(folder.path / "report.json");
  REQUIRE(read.size() == 2);
  CHECK(read[0].label() == "LSTM train 32x100x64x128, two layers, 1 thread, against oneDNN");
  CHECK(line(read[0]) == line(row("oneDNN", 30, 1.5, 0.1)));
  CHECK(read[0].timing.pairs == 7);
  CHECK(read[0].fraction_of_peak == 0.75);
  CHECK(std::isnan(read[1].timing.ours_ms));
  CHECK(std::isnan(read[1].gflops));
  CHECK(read[1].build == "AVX2 build");
  CHECK(read[1].label() ==
        "LSTM train 32x100x64x128, two layers, 1 thread, AVX2 build, against FMA peak, same FLOPs");
}

TEST_CASE("A path is one word for the shell", "[benchmarks][report]") {
  CHECK(for_shell("a folder/it's") == R"('a folder/it'\''s')");
#if !defined(_WIN32)
  const TemporaryDirectory folder;
  std::filesystem::create_directory(folder.path / "it's");
  CHECK(std::system(("test -d " + for_shell(folder.path / "it's")).c_str()) == 0);
#endif
}

TEST_CASE("An old report without the name of the build is read as one of the native build",
          "[benchmarks][report]") {
  const TemporaryDirectory folder;
  write_report(folder.path / "report.json", {row("oneDNN", 30, 1.5, 0.1)});
  std::ifstream file(folder.path / "report.json");
  auto report = nlohmann::json::parse(file);
  report[0].erase("build");
  std::ofstream(folder.path / "old.json") << report;
  CHECK(read_report(folder.path / "old.json").at(0).build.empty());
}

TEST_CASE("Text that is not a report of the benchmarks is refused", "[benchmarks][report]") {
  const TemporaryDirectory folder;
  CHECK_THROWS_AS(read_report(folder.path / "none.json"), std::runtime_error);
  CHECK_THROWS_AS(write_report(folder.path / "none" / "report.json", {}), std::runtime_error);
  std::ofstream(folder.path / "other.json") << R"([{"case": "two layers"}])";
  CHECK_THROWS_AS(read_report(folder.path / "other.json"), std::runtime_error);
}

TEST_CASE("A case counts as slower beyond the spread, or by our own time if the peer is recur itself",
          "[benchmarks][report]") {
  const auto then = row("oneDNN", 30, 1.5, 0.1);
  CHECK(slower({row("oneDNN", 40, 1.2, 0.1)}, {then}).find("1.50 -> 1.20") != std::string::npos);
  CHECK(slower({row("oneDNN", 40, 1.2, 0.1)}, {then}).find("1 of 1 cases") != std::string::npos);
  CHECK(slower({row("oneDNN", 40, 1.45, 0.01)}, {then}).find("0 of 1 cases") != std::string::npos);
  CHECK(slower({row("oneDNN", 40, 1.35, 0.1)}, {then}).find("0 of 1 cases") !=
        std::string::npos);  // within spreads
  CHECK(slower({row("PyTorch", 40, 1.2, 0.1)}, {then}).find("0 of 0 cases") != std::string::npos);

  const auto own = row("recur, one thread", 30, 1.9, 0.01);
  CHECK(slower({row("recur, one thread", 30, 1.7, 0.01)}, {own}).find("0 of 1 cases") != std::string::npos);
  CHECK(slower({row("recur, one thread", 33, 1.9, 0.01)}, {own}).find("0 of 1 cases") != std::string::npos);
  CHECK(slower({row("recur, one thread", 33, 1.7, 0.01)}, {own}).find("1 of 1 cases") != std::string::npos);

  CHECK(slower({}, {own}).find("not measured again: LSTM train") != std::string::npos);
  CHECK(slower({own}, {own}).find("not measured again") == std::string::npos);
  std::ostringstream part;
  print_slower(part, {}, {own}, false);
  CHECK(part.str().find("not measured again") == std::string::npos);
}

TEST_CASE("The summary gives the geometric mean and the lowest ratio of each peer", "[benchmarks][report]") {
  std::ostringstream out;
  Row lower = row("oneDNN", 30, 1, 0.1);
  lower.name = "the lowest";
  Row transformer = row("PyTorch", 30, 1, 0.1);
  transformer.cell = "transformer";
  print_summary(out, {row("oneDNN", 30, 4, 0.1), lower, row("PyTorch", 30, 9, 0.1), transformer});
  CHECK(
      out.str().find("oneDNN, train and infer, 1 thread                          2 cases     2.00    1.00   "
                     "LSTM train 32x100x64x128 the lowest") != std::string::npos);
  CHECK(out.str().find("PyTorch, train and infer, 1 thread                         1 cases     9.00") !=
        std::string::npos);
  CHECK(out.str().find("PyTorch, transformer, 1 thread                             1 cases     1.00") !=
        std::string::npos);
}

TEST_CASE("The figures of a transformer count its layer with dropout too, and those of layers count neither",
          "[benchmarks][report]") {
  speed::Row layer{{"case", "two layers"}, {"cell", "LSTM"}, {"mode", "train"},
                   {"batch", 32},          {"threads", 1},   {"peer", "PyTorch"}};
  CHECK(speed::against("PyTorch")(layer));
  CHECK_FALSE(speed::transformer_against("PyTorch")(layer));
  for (const char* name : {"encoder layer", "encoder layer, dropout"}) {
    INFO(name);
    layer["cell"] = "transformer";
    layer["case"] = name;
    CHECK(speed::transformer_against("PyTorch")(layer));
    CHECK_FALSE(speed::against("PyTorch")(layer));
  }
}

}  // namespace report_test
}  // namespace bench
