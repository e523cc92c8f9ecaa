// The common part of the examples of one file: their only option, and their end.
#pragma once

#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>

/// Whether --short was given. Anything else ends the program with one line.
inline bool asked_for_short(int count, char** words) {
  for (int i = 1; i < count; ++i)
    if (std::string_view(words[i]) != "--short") {
      std::cerr << words[0] << ": unknown option \"" << words[i] << "\"; the only one is --short\n";
      std::exit(2);
    }
  return count > 1;
}

/// The end of an example: what it has just shown, or would show with more training, in lines of at most 80
/// characters. Returns the exit code: 2 if the standard output could not be written.
inline int conclude(bool is_short, const std::string& what) {
  std::istringstream words(
      (is_short ? "With --short it learned too little. Without it you see: " : "What you saw: ") + what);
  std::string line, word;
  while (words >> word) {
    const bool breaks = line.size() + 1 + word.size() > 80;
    if (breaks) std::cout << '\n' << line;
    line = breaks || line.empty() ? word : line + ' ' + word;
  }
  std::cout << '\n' << line << std::endl;
  if (std::cout) return 0;
  std::cerr << "the standard output can't be written\n";
  return 2;
}
