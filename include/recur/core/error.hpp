// Errors say what was given and what is legal, and are thrown before anything is changed.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace recur {

/// A loss or gradient that is not a number or not finite, with the place where it happened.
struct NonFinite : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A file that can't be read, or whose content is not what it should be.
struct FileError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Joins its arguments into one message. A layer stands for its description, which is made here and not
/// before it is needed: nothing is made, and nothing allocated, where all is well.
template <class... Parts>
std::string message(const Parts&... parts) {
  std::ostringstream text;
  [[maybe_unused]] const auto put = [&](const auto& part) {
    if constexpr (requires { part.describe(); })
      text << part.describe();
    else
      text << part;
  };
  (put(parts), ...);
  return text.str();
}

/// Throws std::invalid_argument with the joined parts unless `legal` holds.
template <class... Parts>
void require(bool legal, const Parts&... parts) {
  if (!legal) [[unlikely]]
    throw std::invalid_argument(message(parts...));
}

}  // namespace recur
