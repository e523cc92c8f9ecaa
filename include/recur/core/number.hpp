// Texts that are numbers.
#pragma once

#include <algorithm>
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

/// Of a decimal number that its type can't hold: whether it is too small, and not too large. Then its first digit that is
/// not 0 stands behind the point.
inline bool is_tiny(std::string_view text) {
  const auto e = std::min(text.find_first_of("eE"), text.size());
  const std::string_view digits = text.substr(0, e);
  const auto first = digits.find_first_of("123456789"), point = std::min(digits.find('.'), digits.size());
  if (first == digits.npos) return false;
  const bool lowers = e + 1 < text.size() && text[e + 1] == '-';
  long long power = 0;
  const auto from = std::min(text.find_first_of("0123456789", e), text.size());
  const auto error = std::from_chars(text.data() + from, text.data() + text.size(), power).ec;
  if (e < text.size() && error == std::errc::result_out_of_range) return lowers;
  power = std::min(power, 1'000'000'000LL);  // so that no sum overflows
  return static_cast<long long>(point) - static_cast<long long>(first) + (lowers ? -power : power) < 0;
}

/// The number that a text is, as a whole and in any locale: nothing for "", " 1", "+1", "0x1" or "48000abc". It is the
/// nearest of its type, and 0 for "1e-400"; nothing for "1e400".
template <class T = double>
std::optional<T> number_in(std::string_view text) {
  T number = 0;
#if defined(__cpp_lib_to_chars)
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (stop != text.data() + text.size()) return {};
  if (error == std::errc::result_out_of_range && is_tiny(text)) return text.front() == '-' ? -T(0) : T(0);
  if (error != std::errc{}) return {};
#else
  if (text.empty() || text.find_first_not_of("0123456789+-.eE") != text.npos || text.front() == '+')
    return {};
  std::istringstream in{std::string(text)};
  in.imbue(std::locale::classic());
  if (!(in >> number)) {
    // libc++ fails for what is rounded to 0 or to a denormal number, and gives that number.
    const bool is_whole = in.eof() && text.find_last_of("0123456789") + 1 == text.size();
    if (is_whole && is_tiny(text)) return number;
    return {};
  }
  if (in.peek() != std::istringstream::traits_type::eof()) return {};
#endif
  return number;
}

}  // namespace recur::inline RECUR_ABI::detail
