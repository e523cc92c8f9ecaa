// Figures of equality, with PyTorch or with a search of everything: how many checks there are in the tests that
// prove it, if all hold. scripts/figures builds these tests as the program `parity`.
#pragma once

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <regex>
#include <stdexcept>
#include <string>

namespace parity {

/// The checks of the test cases that `names` picks, as Catch2 reads it: "this test,that*". Throws where one fails,
/// and where nothing is picked.
inline double checks(const std::string& names) {
  const std::string report = "build/figures/parity.txt";
  const int status = std::system(("build/figures/bin/parity \"" + names + "\" > " + report).c_str());
  std::ifstream file(report);
  const std::string said(std::istreambuf_iterator<char>(file), {});
  std::smatch passed;  // as both versions 2 and 3 of Catch2 say it
  if (status != 0 ||
      !std::regex_search(said, passed, std::regex("All tests passed \\((\\d+) assertions? in")))
    throw std::runtime_error("not all of the tests \"" + names + "\" ran and passed: see " + report);
  return std::stoi(passed[1]);
}

}  // namespace parity
