// Figures that programs of examples/ reach on real data.
#pragma once

#include <string>

namespace programs {

/// Runs `PROGRAM arguments` and returns what it reached, for the figure "PROGRAM-NAME". The same command runs only
/// once. Throws std::runtime_error if it fails.
double figure(const std::string& name, const std::string& arguments);
/// The same, where the program calls it `what`.
double figure(const std::string& program, const std::string& what, const std::string& arguments);

}  // namespace programs
