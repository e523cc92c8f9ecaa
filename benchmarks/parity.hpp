// Figures of equality, with PyTorch or with a search of everything. A figure is the number of checks in the
// tests that prove the equality, if all pass. scripts/figures builds these tests as the program `parity`.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <stdexcept>
#include <string>

#include "absent.hpp"

namespace parity {

/// The number of checks in the test cases of `names`, in Catch2's form: "this test,that*". Throws Absent
/// without the program, and another error if a check fails or no test has such a name.
inline double checks(const std::string& names) {
  if (!std::filesystem::exists("build/figures/bin/parity"))
    throw Absent("no program build/figures/bin/parity, which needs Catch2 and nlohmann-json");
  const std::string report = "build/figures/parity.txt";
  const int status = std::system(("build/figures/bin/parity \"" + names + "\" > " + report).c_str());
  std::ifstream file(report);
  const std::string said(std::istreambuf_iterator<char>(file), {});
  std::smatch passed;  // in the words of both Catch2 2 and 3
  if (status != 0 ||
      !std::regex_search(said, passed, std::regex("All tests passed \\((\\d+) assertions? in")))
    throw std::runtime_error("not all of the tests \"" + names + "\" ran and passed: see " + report);
  return std::stoi(passed[1]);
}

}  // namespace parity
