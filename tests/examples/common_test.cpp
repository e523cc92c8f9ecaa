// What the examples write on a terminal, and how they save.
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <recur/train/fit_options.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "../../examples/common/file.hpp"
#include "../../examples/common/text.hpp"
#include "../../examples/common/train_and_save.hpp"
#include "catch.hpp"
#include "temporary.hpp"

namespace common_test {

std::string written(auto write) {
  std::ostringstream out;
  auto* const before = std::cout.rdbuf(out.rdbuf());
  write();
  std::cout.rdbuf(before);
  return out.str();
}

TEST_CASE("A table has its first column at the left and is no wider than the terminal",
          "[examples][common]") {
  const std::vector<std::vector<std::string>> rows{
      {"language", "right", "of"}, {"Old Church Slavonic of the north", "8", "10"}, {"Żółw", "100", "9"}};
  setenv("COLUMNS", "24", 1);
  const std::string narrow = written([&] { examples::write_table(rows); });
  setenv("COLUMNS", "80", 1);
  const std::string wide = written([&] { examples::write_table(rows); });
  unsetenv("COLUMNS");
  CHECK(narrow ==
        "language       right  of\n"
        "Old Church S~      8  10\n"
        "Żółw             100   9\n");
  CHECK(wide ==
        "language                          right  of\n"
        "Old Church Slavonic of the north      8  10\n"
        "Żółw                                100   9\n");
}

TEST_CASE("A text is broken between words, and its characters count, not their bytes", "[examples][common]") {
  setenv("COLUMNS", "12", 1);
  const std::string text = written([] { examples::write_text("  żółw żółw żółw\nend"); });
  unsetenv("COLUMNS");
  CHECK(text == "  żółw żółw\n  żółw\nend\n");
  CHECK(examples::shortened("żółw", 4) == "żółw");
  CHECK(examples::shortened("żółwie", 4) == "żół~");
}

TEST_CASE("A text of a network stays as it is, but does nothing to the terminal", "[examples][common]") {
  setenv("COLUMNS", "12", 1);
  const std::string text = written([] {
    examples::write_as_it_is("  a  b\tc\t\n\n\tan \x1b[2J word that is longer than a line  ");
    examples::write_as_it_is("end\n");
    examples::write_as_it_is("");
  });
  unsetenv("COLUMNS");
  CHECK(text == "  a  b\tc\t\n\n\tan \\x1B[2J word that is longer than a line  \nend\n");
}

TEST_CASE("A training that an error ends saves the best weights, also those from before it was resumed",
          "[examples][common]") {
  struct Failure {};
  int saves = 0, others = 0;
  const auto train = [&](const std::string& path, auto fit, bool can_save = true) {
    recur::FitOptions options;
    options.on_epoch = [&](const recur::EpochReport&) { return ++others < 100; };
    examples::train_and_save(options, path, fit, [&] {
      ++saves;
      if (!can_save) throw std::runtime_error("the disk is full");
    });
  };
  const auto fails_after = [](bool best_before, bool best) {
    return [=](const recur::FitOptions& options) -> recur::FitReport {
      recur::FitReport before;
      before.epochs = {{.epoch = 1, .best = best_before}};
      options.checkpoint.on_resume(before);
      CHECK(options.on_epoch({.epoch = 2, .best = best}));
      throw Failure();
    };
  };
  const auto said = [&](const std::string& path, bool best_before, bool best) {
    return written([&] { CHECK_THROWS_AS(train(path, fails_after(best_before, best)), Failure); });
  };
  CHECK(said("m", false, true) ==
        "Saved to m: the weights of epoch 2, the best before the error that follows.\n");
  CHECK(saves == 1);
  CHECK(others == 1);
  CHECK(said("m", true, false) ==
        "Saved to m: the weights of epoch 1, the best before the error that follows.\n");
  CHECK(saves == 2);
  CHECK(said("m", false, false) == "");  // the model has no weights that are worth it
  CHECK(said("", true, true) == "");
  CHECK(saves == 2);
  CHECK_THROWS_AS(train("m", fails_after(true, true), false), Failure);  // not what save() throws
  train("m", [](const recur::FitOptions&) { return recur::FitReport(); });
  CHECK(saves == 4);
  train("", [](const recur::FitOptions&) { return recur::FitReport(); });
  CHECK(saves == 4);
}

TEST_CASE("Ctrl-C after the training, before the file is there, does not end the program",
          "[examples][common]") {
  bool saved = false;
  const auto fit = [](const recur::FitOptions&) {
    std::raise(SIGINT);  // `fit` itself listens no more
    return recur::FitReport();
  };
  examples::train_and_save(recur::FitOptions(), "m", fit, [&] { saved = true; });
  CHECK(saved);
}

TEST_CASE("Two names are one file also if it is not there yet", "[examples][common]") {
  const TemporaryDirectory folder;
  const std::filesystem::path here = std::filesystem::relative(folder.path), none = here / "none";
  CHECK(examples::is_same_file(none, folder.path / "none"));
  CHECK(examples::is_same_file(none, here / "." / "none"));
  CHECK(!examples::is_same_file(none, here / "other"));
  const std::filesystem::path file = folder.file("a", "");
  std::filesystem::create_hard_link(file, folder.path / "b");
  CHECK(examples::is_same_file(file, folder.path / "b"));
  CHECK(!examples::is_same_file(file, none));
  CHECK(examples::is_same_file("none", std::filesystem::current_path() / "none"));
}

}  // namespace common_test
