// What several commands write.
#pragma once

#include <cstdio>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

namespace sentiment {

/// "81.2 %".
inline std::string percent(double part) {
  char text[16];
  std::snprintf(text, sizeof text, "%.1f %%", 100 * part);
  return text;
}

/// "4.2 s".
inline std::string seconds_text(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", seconds);
  return text;
}

/// "negative, positive"; of very many the first ones.
inline std::string list_of(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < 10; ++i) text += (i ? ", " : "") + names[i];
  return text + (names.size() > 10 ? ", and " + std::to_string(names.size() - 10) + " more" : "");
}

/// "1 sentence", "2 sentences".
inline std::string several(std::size_t number, const std::string& what) {
  return std::to_string(number) + ' ' + what + (number == 1 ? "" : "s");
}

/// Throws if what was written could not be, as on a device that is full.
inline void require_output() {
  if (!std::cout.flush()) throw std::runtime_error("the standard output can't be written");
}

}  // namespace sentiment
