// What a test measured, for scripts/figures: a line "name value" in the file that RECUR_FIGURE_FILE names, if it names one.
#pragma once

#include <cstdlib>
#include <fstream>
#include <string>

namespace recur::testing {

inline void record_figure(const std::string& name, double value) {
  if (const char* const file = std::getenv("RECUR_FIGURE_FILE"))
    std::ofstream(file, std::ios::app) << name << ' ' << value << '\n';
}

}  // namespace recur::testing
