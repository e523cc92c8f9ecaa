// The only option of the examples without a command line, and the end of all examples.
#pragma once

#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "text.hpp"

namespace examples {

/// Whether --short was given. Anything else ends the program with one line.
inline bool asked_for_short(int count, char** words) {
  for (int i = 1; i < count; ++i)
    if (std::string_view(words[i]) != "--short") {
      std::cerr << words[0] << ": unknown option \"" << words[i] << "\"; the only one is --short\n";
      std::exit(2);
    }
  return count > 1;
}

/// The end of an example: what it has just shown, or would show with more training. Returns the exit code: 2 if
/// the standard output could not be written.
inline int conclude(bool is_short, const std::string& what) {
  std::cout << '\n';
  write_text((is_short ? "With --short it learned too little. Without it you see: " : "What you saw: ") +
             what);
  if (std::cout.flush()) return 0;
  std::cerr << "the standard output can't be written\n";
  return 2;
}

}  // namespace examples
