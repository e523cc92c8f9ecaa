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

/// The signs from U+00C0 on, in order: operators, punctuation of the scripts, symbols and pictures. Signs that stand within
/// words, such as the Armenian ՞ and the Hebrew ׳ and ״, are not among them (Unicode Standard Annex 29, word boundaries).
inline constexpr char32_t signs[][2]{
    {0xD7, 0xD7},     {0xF7, 0xF7},     {0x37E, 0x37E},   {0x387, 0x387},    // × ÷, Greek
    {0x55D, 0x55D},   {0x589, 0x589},   {0x58F, 0x58F},                      // Armenian
    {0x5BE, 0x5BE},   {0x5C0, 0x5C0},   {0x5C3, 0x5C3},                      // Hebrew
    {0x609, 0x60C},   {0x61B, 0x61B},   {0x61D, 0x61F},   {0x66A, 0x66A},    // Arabic; 0x66B and 0x66C are
    {0x66D, 0x66D},   {0x6D4, 0x6D4},                                        // the point and comma of numbers
    {0x964, 0x965},   {0xE3F, 0xE3F},   {0xE5A, 0xE5B},   {0xF0D, 0xF12},    // Devanagari, Thai, Tibetan
    {0x104A, 0x104F}, {0x1360, 0x1368}, {0x17D4, 0x17D6}, {0x17D8, 0x17DB},  // Burmese, Ethiopic, Khmer
    {0x1800, 0x1805}, {0x1808, 0x1809},                                      // Mongolian
    {0x2000, 0x2BFF}, {0x2E00, 0x2E7F},                                      // of all scripts
    {0x3000, 0x3004}, {0x3008, 0x3020}, {0x30FB, 0x30FB},                    // East Asian, but not 々〆〇
    {0xFD3E, 0xFD3F}, {0xFDFC, 0xFDFC}, {0xFE10, 0xFE19},                    // Arabic, vertical
    {0xFE30, 0xFE6F}, {0xFF00, 0xFF0F}, {0xFF1A, 0xFF20}, {0xFF3B, 0xFF40},  // in other widths
    {0xFF5B, 0xFF65}, {0xFFE0, 0xFFEE}, {0xFFFC, 0xFFFD}, {0x1F000, 0x1FAFF}};

/// Whether a character is part of a word: a letter, digit or accent; beyond ASCII, every character that is not a sign.
inline constexpr bool is_letter(char32_t code) {
  using utf8::within;
  if (code < 0x80) return within(code, 'a', 'z') || within(code, 'A', 'Z') || is_digit(code);
  if (code < 0xC0) return code == 0xAA || code == 0xB5 || code == 0xBA;  // ª µ º
  for (const auto& [first, last] : signs)
    if (code <= last) return code < first;
  return true;
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
