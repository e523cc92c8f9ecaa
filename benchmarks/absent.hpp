// Something that a figure needs and this machine does not have.
#pragma once

#include <stdexcept>

/// Says what is missing, and where to get it.
struct Absent : std::runtime_error {
  using std::runtime_error::runtime_error;
};
