// Text is UTF-8. What is not is refused where it comes in, so that nothing behind has to ask again.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "recur/io/file.hpp"

namespace recur {

/// A character of UTF-8 text: its code point and its bytes, none if what stands there is not UTF-8.
struct Character {
  char32_t code;
  std::size_t length;
};

/// The first character of a text that is not empty. Overlong forms, surrogates and code points above U+10FFFF
/// are not UTF-8 (Unicode 15, table 3-7).
inline Character first_character(std::string_view text) {
  constexpr Character invalid{0, 0};
  constexpr std::array<char32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead < 0xC0 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF8 ? 4 : 0;
  if (length == 0 || length > text.size()) return invalid;
  char32_t code = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return invalid;
    code = code << 6U | (byte(i) & 0x3FU);
  }
  if (code < smallest[length] || (code >= 0xD800 && code <= 0xDFFF) || code > 0x10FFFF) return invalid;
  return {code, length};
}

/// Position of the first byte that begins no character of UTF-8, or std::string_view::npos.
inline std::size_t find_invalid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = first_character(text.substr(at)).length;
    if (length == 0) return at;
    at += length;
  }
  return std::string_view::npos;
}

/// The text of a file, without the byte order mark that some editors put before it. Throws FileError, with
/// the line, if it is not UTF-8 or holds a NUL byte, which text has not.
inline std::string read_text(const std::filesystem::path& path) {
  std::string text = read_file(path);
  require_file(!text.starts_with("\xFF\xFE") && !text.starts_with("\xFE\xFF"), path,
               "is not UTF-8 but UTF-16: save it as UTF-8");
  const auto line = [&](std::size_t at) {
    return 1 + std::ranges::count(std::string_view(text).substr(0, at), '\n');
  };
  const std::size_t nul = text.find('\0');
  if (nul != std::string::npos)
    throw FileError(message(path.string(), ':', line(nul), ": holds a NUL byte: is not UTF-8 text"));
  const std::size_t invalid = find_invalid_utf8(text);
  if (invalid != std::string::npos)
    throw FileError(message(path.string(), ':', line(invalid), ": is not UTF-8: byte ", invalid,
                            " of the file begins no character"));
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  return text;
}

}  // namespace recur
