// What the examples of one file are told: nothing, or --short.
#pragma once

#include <cstdlib>
#include <iostream>
#include <string_view>

/// Whether --short was asked for. Anything else ends the program with one line.
inline bool asked_for_short(int count, char** words) {
  for (int i = 1; i < count; ++i)
    if (std::string_view(words[i]) != "--short") {
      std::cerr << words[0] << ": unknown option \"" << words[i] << "\"; the only one is --short\n";
      std::exit(2);
    }
  return count > 1;
}
