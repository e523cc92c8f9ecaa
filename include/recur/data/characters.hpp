// Characters as tokens: for names, for texts written letter by letter, for languages without spaces.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "recur/core/compiled.hpp"
#include "recur/core/error.hpp"
#include "recur/core/utf8.hpp"

namespace recur::inline RECUR_ABI {

/// Calls f(std::string_view character) for each code point of a text in UTF-8, in order; together they are the
/// text. Throws std::invalid_argument with the position, before the first call, if the text is not UTF-8.
template <class F>
void for_each_character(std::string_view text, F&& f) {
  const std::size_t invalid = detail::find_invalid_utf8(text);
  require(invalid == text.npos, "the text is not UTF-8: byte ", invalid, " begins no character");
  while (!text.empty()) {
    const std::size_t length = detail::first_character(text).length;
    f(text.substr(0, length));
    text.remove_prefix(length);
  }
}

/// All characters of for_each_character. Each takes some thirty bytes.
///
///   WordCounts counts;
///   count_words(characters(text), counts);
///   const auto letters = Vocabulary::from_counts(counts);
///   const std::vector<Token> tokens = letters.ids(characters(text));
RECUR_INLINE std::vector<std::string> characters(std::string_view text);

#if RECUR_DEFINES
RECUR_INLINE std::vector<std::string> characters(std::string_view text) {
  std::vector<std::string> all;
  for_each_character(text, [&](std::string_view character) { all.emplace_back(character); });
  return all;
}
#endif

}  // namespace recur::inline RECUR_ABI
