// Texts that are numbers.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

#include "recur/core/version.hpp"

#if !defined(__cpp_lib_to_chars)  // libc++ before version 20 reads only integers so
#include <locale>
#include <sstream>
#include <string>
#endif

namespace recur::inline RECUR_ABI::detail {

/// The number that a text is, as a whole and in any locale: nothing for "", " 1", "+1", "0x1" or "48000abc".
inline std::optional<double> number_in(std::string_view text) {
  double number = 0;
#if defined(__cpp_lib_to_chars)
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || stop != text.data() + text.size()) return {};
#else
  if (text.empty() || text.find_first_not_of("0123456789+-.eE") != text.npos || text.front() == '+')
    return {};
  std::istringstream in{std::string(text)};
  in.imbue(std::locale::classic());
  if (!(in >> number) || in.peek() != std::istringstream::traits_type::eof()) return {};
#endif
  return number;
}

}  // namespace recur::inline RECUR_ABI::detail
