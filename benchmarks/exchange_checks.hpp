// Figures of models in files: the largest error of those that the tests of these formats compare. scripts/figures builds
// these tests as the program `exchange`.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "absent.hpp"

namespace exchange_checks {

/// The largest of the numbers that the test cases of `names` wrote under `figure`. Throws std::runtime_error if a test
/// fails, and Absent if there are fewer than `count` numbers, since a library or the data is missing.
inline double largest(const std::string& figure, const std::string& names, int count) {
  const std::filesystem::path numbers = "build/figures/" + figure + ".txt",
                              report = "build/figures/exchange.txt";
  std::filesystem::remove(numbers);
  if (!std::filesystem::exists("build/figures/bin/exchange"))
    throw Absent("no program build/figures/bin/exchange, which needs Catch2 and protobuf");
  const std::string command = "RECUR_FIGURE_FILE=" + numbers.string() + " build/figures/bin/exchange \"" +
                              names + "\" > " + report.string();
  if (std::system(command.c_str()) != 0)
    throw std::runtime_error("not all of the tests \"" + names + "\" passed: see " + report.string());
  std::ifstream file(numbers);
  double worst = 0;
  int found = 0;
  std::string name;
  for (double value = 0; file >> name >> value;)
    if (name == figure) worst = std::max(worst, value), ++found;
  if (found < count) throw Absent(std::to_string(found) + " of " + std::to_string(count) + " are there");
  return worst;
}

}  // namespace exchange_checks
