// Text is UTF-8. This file finds its characters and spaces, and quotes texts of users in messages.
#pragma once

#include <array>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

#include "recur/core/compiler.hpp"

namespace recur::inline RECUR_ABI {

namespace detail {

/// A character of UTF-8 text: its code point and its number of bytes; no bytes if the text there is not
/// UTF-8.
struct Character {
  char32_t code;
  std::size_t length;
};

/// The first character of a nonempty text. Overlong forms, surrogates and code points above U+10FFFF are not
/// UTF-8 (Unicode 15, table 3-7).
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

/// Position of the first byte that does not begin a character of UTF-8, or std::string_view::npos.
inline std::size_t find_invalid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = first_character(text.substr(at)).length;
    if (length == 0) return at;
    at += length;
  }
  return std::string_view::npos;
}

/// The number of characters of a text. A byte that is not UTF-8 counts as one.
inline std::size_t count_characters(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) {
    const std::size_t length = first_character(text).length;
    text.remove_prefix(length ? length : 1);
  }
  return count;
}

/// The beginning of a text, at most `most` characters. A byte that is not UTF-8 counts as one.
inline std::string_view first_characters(std::string_view text, std::size_t most) {
  std::size_t end = 0;
  for (; most > 0 && end < text.size(); --most) {
    const std::size_t length = first_character(text.substr(end)).length;
    end += length ? length : 1;
  }
  return text.substr(0, end);
}

namespace utf8 {

inline constexpr bool within(char32_t code, char32_t first, char32_t last) {
  return first <= code && code <= last;
}

inline constexpr bool is_control(char32_t code) { return code < 0x20 || within(code, 0x7F, 0x9F); }

/// Spaces of any width, also ends of lines (Unicode's White_Space), and the zero-width space, which separates
/// words invisibly.
inline constexpr bool is_space(char32_t code) {
  return within(code, 0x09, 0x0D) || code == ' ' || code == 0x85 || code == 0xA0 || code == 0x1680 ||
         within(code, 0x2000, 0x200B) || code == 0x2028 || code == 0x2029 || code == 0x202F ||
         code == 0x205F || code == 0x3000;
}

/// Characters without width that separate nothing: soft hyphens, joiners, directions, byte order marks, and
/// characters that choose the look of the character before them.
inline constexpr bool is_invisible(char32_t code) {
  return code == 0xAD || code == 0x034F || code == 0x061C || code == 0x180E || within(code, 0x200C, 0x200F) ||
         within(code, 0x202A, 0x202E) || within(code, 0x2060, 0x206F) || within(code, 0xFE00, 0xFE0F) ||
         code == 0xFEFF || within(code, 0xE0000, 0xE0FFF);
}

/// The small letter of a capital one of the living languages of Europe, in Latin, Greek and Cyrillic script. Other code points
/// stay.
inline constexpr char32_t to_lower(char32_t code) {
  if (within(code, 'A', 'Z') || (within(code, 0xC0, 0xDE) && code != 0xD7) ||
      (within(code, 0x391, 0x3AB) && code != 0x3A2) || within(code, 0x410, 0x42F))
    return code + 0x20;
  if (within(code, 0x400, 0x40F)) return code + 0x50;
  if (within(code, 0x388, 0x38A)) return code + 0x25;
  if (within(code, 0x38E, 0x38F)) return code + 0x3F;
  switch (code) {
    case 0x130:
      return 'i';
    case 0x178:
      return 0xFF;
    case 0x18F:
      return 0x259;
    case 0x1B7:
      return 0x292;
    case 0x386:
      return 0x3AC;
    case 0x38C:
      return 0x3CC;
    case 0x4C0:
      return 0x4CF;
    case 0x1E9E:
      return 0xDF;
    default:
      break;
  }
  // Pairs of letters. The capital one is even; in these ranges it is odd.
  const bool odd = within(code, 0x139, 0x148) || within(code, 0x179, 0x17E) || within(code, 0x1AF, 0x1B0) ||
                   within(code, 0x1CD, 0x1DC) || within(code, 0x4C1, 0x4CE);
  const bool pairs = within(code, 0x100, 0x12F) || within(code, 0x132, 0x137) || within(code, 0x14A, 0x177) ||
                     within(code, 0x1A0, 0x1A5) || within(code, 0x1DE, 0x1EF) || within(code, 0x1F8, 0x21F) ||
                     within(code, 0x222, 0x233) || within(code, 0x460, 0x481) || within(code, 0x48A, 0x4BF) ||
                     within(code, 0x4D0, 0x52F) || within(code, 0x1E00, 0x1E95) ||
                     within(code, 0x1EA0, 0x1EFF);
  return (odd && code % 2 == 1) || (pairs && code % 2 == 0) ? code + 1 : code;
}

/// Appends a code point to a text in UTF-8.
inline void append(std::string& text, char32_t code) {
  const int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;  // bytes after the first
  constexpr std::array<char32_t, 4> lead{0, 0xC0, 0xE0, 0xF0};
  text += static_cast<char>(lead[static_cast<std::size_t>(more)] | code >> (6 * more));
  for (int i = more - 1; i >= 0; --i) text += static_cast<char>(0x80U | (code >> (6 * i) & 0x3FU));
}

/// The first character of a text for a message. An invisible character, or a byte that is not UTF-8, becomes
/// its number.
inline std::string show(std::string_view text, Character character) {
  const auto [code, length] = character;
  if (length > 0 && (code == ' ' || !(is_control(code) || is_space(code) || is_invisible(code))))
    return std::string(text.substr(0, length));
  if (code == '\n' || code == '\r' || code == '\t')
    return code == '\n' ? "\\n" : code == '\r' ? "\\r" : "\\t";
  std::array<char, 16> number{};
  if (length > 1)
    std::snprintf(number.data(), number.size(), "\\u{%X}", static_cast<unsigned>(code));
  else
    std::snprintf(number.data(), number.size(), "\\x%02X", static_cast<unsigned char>(text[0]));
  return number.data();
}

}  // namespace utf8

/// A text without the spaces and the invisible characters at its beginning and its end.
inline std::string_view trim(std::string_view text) {
  const auto empty = [](std::string_view character) {
    const char32_t code = first_character(character).code;  // 0 if it is not UTF-8
    return utf8::is_space(code) || utf8::is_invisible(code);
  };
  while (!text.empty() && empty(text)) text.remove_prefix(first_character(text).length);
  while (!text.empty()) {
    std::size_t last = text.size() - 1;
    while (last > 0 && (static_cast<unsigned char>(text[last]) & 0xC0U) == 0x80) --last;
    if (!empty(text.substr(last))) break;
    text = text.substr(0, last);
  }
  return text;
}

/// A whole text for a message. Control characters for terminals, invisible characters and bytes that are not
/// UTF-8 become \n, \x1B, \u{200B}.
RECUR_COLD inline std::string printable(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const Character first = first_character(text);
    shown += utf8::show(text, first);
    text.remove_prefix(first.length ? first.length : 1);
  }
  return shown;
}

/// A name, field or word from a user or a file, for a message: printable, in quotes, at most 60 characters. A
/// longer text ends in "...", which is part of the 60 characters.
RECUR_COLD inline std::string quote(std::string_view text) {
  constexpr std::size_t longest = 60, dots = 3;
  std::string shown = "\"";
  std::size_t width = 0, kept = shown.size();
  while (!text.empty()) {
    const Character first = first_character(text);
    const bool is_escaped = first.code == '"' || first.code == '\\';
    const std::string next = is_escaped ? std::string{'\\', text[0]} : utf8::show(text, first);
    width += first.length > 1 && next.size() == first.length ? 1 : next.size();
    if (width > longest) return shown.substr(0, kept) + "...\"";
    shown += next;
    if (width <= longest - dots) kept = shown.size();
    text.remove_prefix(first.length ? first.length : 1);
  }
  return shown + '"';
}

}  // namespace detail

}  // namespace recur::inline RECUR_ABI
