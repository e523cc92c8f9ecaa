// Catches the message of an exception, for tests of what is refused.
#pragma once

#include <stdexcept>
#include <string>
#include <typeinfo>

namespace recur::testing {

/// The message with which f refuses, in an exception of exactly this type.
template <class Error = std::invalid_argument, class F>
std::string refusal(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return typeid(error) == typeid(Error) ? error.what() : std::string("another type: ") + error.what();
  } catch (const std::exception& error) {
    return std::string("another type: ") + error.what();
  }
  return "nothing was refused";
}

}  // namespace recur::testing
