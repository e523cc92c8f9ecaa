// What a figure needs that is not on this machine.
#pragma once

#include <stdexcept>

/// Says what is missing, and where it comes from.
struct Absent : std::runtime_error {
  using std::runtime_error::runtime_error;
};
