// Cuts sentences into words and signs, in any language with spaces, and joins them again: for translation.
// tokenizer.hpp knows English better, but what it cuts can't be joined.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "recur/core/compiled.hpp"
#include "recur/core/error.hpp"
#include "recur/core/utf8.hpp"

namespace recur::inline RECUR_ABI {

namespace detail::words {

inline constexpr bool is_digit(char32_t code) { return utf8::within(code, '0', '9'); }

/// Whether a character is part of a word: a letter, digit or accent; beyond ASCII, every character that is not a symbol.
inline constexpr bool is_letter(char32_t code) {
  using utf8::within;
  if (code < 0x80) return within(code, 'a', 'z') || within(code, 'A', 'Z') || is_digit(code);
  return code >= 0xC0 && code != 0xD7 && code != 0xF7 && !within(code, 0x2000, 0x2BFF) &&
         !within(code, 0x3000, 0x3020) && !within(code, 0xFF00, 0xFF0F) && !within(code, 0x1F000, 0x1FAFF);
}

}  // namespace detail::words

/// The words and signs of a text, in small letters.
///
/// - A word has letters and digits, and . , : between digits.
/// - An apostrophe between letters ends a word, and a hyphen begins one: "L'homme" is `l' homme`, "avez-vous" is
///   `avez -vous`, "forty-one" is `forty -one`. So the parts of a compound differ from other words.
/// - Every other character is a word of its own. Spaces separate.
/// - Typographic apostrophes and hyphens become those of ASCII. Invisible characters are ignored.
///
/// join_words makes a text of them that has the same words. Throws std::invalid_argument with the position if the
/// text is not UTF-8.
RECUR_INLINE std::vector<std::string> split_words(std::string_view text);

/// Words as one text. Words have spaces between them, except where split_words has cut within a word, before the
/// signs of `closing`, and after an opening parenthesis. French has a space before `?` and `!`: its signs are ".,)".
RECUR_INLINE std::string join_words(std::span<const std::string> words, std::string_view closing = ".,;:!?)");

#if RECUR_DEFINES
namespace detail::words {

/// The code points of a text in small letters, with the apostrophe and the hyphen of ASCII, and without invisible
/// characters.
inline std::u32string simplify(std::string_view text) {
  std::u32string codes;
  while (!text.empty()) {
    const auto [code, length] = first_character(text);
    text.remove_prefix(length);
    if (utf8::is_invisible(code)) continue;
    const bool apostrophe = utf8::within(code, 0x2018, 0x2019) || code == 0x201B || code == 0x02BC;
    codes += apostrophe ? U'\'' : utf8::within(code, 0x2010, 0x2011) ? U'-' : utf8::to_lower(code);
  }
  return codes;
}

}  // namespace detail::words

RECUR_INLINE std::vector<std::string> split_words(std::string_view text) {
  using namespace detail::words;
  const std::size_t invalid = detail::find_invalid_utf8(text);
  require(invalid == text.npos, "the text is not UTF-8: byte ", invalid, " begins no character");
  const std::u32string codes = simplify(text);
  std::vector<std::string> words;
  bool inside = false;  // of a word that may go on
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const char32_t code = codes[i];
    const auto between = [&](auto is_it) {
      return i > 0 && i + 1 < codes.size() && is_it(codes[i - 1]) && is_it(codes[i + 1]);
    };
    const bool joins = (code == '\'' || code == '-') && between(is_letter);
    const bool stays = (code == '.' || code == ',' || code == ':') && between(is_digit);
    if (detail::utf8::is_space(code) || detail::utf8::is_control(code)) {
      inside = false;
      continue;
    }
    const bool goes_on = inside && (is_letter(code) || stays || (joins && code == '\''));
    if (!goes_on) words.emplace_back();
    detail::utf8::append(words.back(), code);
    inside = is_letter(code) || stays || (joins && code == '-');
  }
  return words;
}

RECUR_INLINE std::string join_words(std::span<const std::string> words, std::string_view closing) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    const bool joined = i == 0 || (word.size() > 1 && word[0] == '-') ||
                        (words[i - 1].size() > 1 && words[i - 1].back() == '\'') || words[i - 1] == "(" ||
                        (word.size() == 1 && closing.find(word[0]) != closing.npos);
    text += (joined ? "" : " ") + word;
  }
  return text;
}
#endif

}  // namespace recur::inline RECUR_ABI
