// What stands for a word that a vocabulary does not know: whether it looks like a name, an abbreviation or a number.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "recur/core/compiled.hpp"
#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/utf8.hpp"
#include "recur/data/vocabulary.hpp"
#include "recur/data/words.hpp"

namespace recur::inline RECUR_ABI {

/// The shape of a word, which tells much of one that was never seen (Bikel, Schwartz and Weischedel, "An algorithm that
/// learns what's in a name", 1999):
///
///   <9>    it has a digit:                                   1984, B-52
///   <X>    it begins with a capital and has no other letter
///          but capitals:                                     NATO, U.S.
///   <Xx>   it begins with a capital and has small letters:   Paris, McCoy
///   <x>    any other:                                        paris, ?
///
/// Letters without capitals, as in Chinese, count as small. Signs and accents are no letters: O’NEIL is <X>.
/// Throws std::invalid_argument for a word that is not UTF-8.
RECUR_INLINE std::string word_shape(std::string_view word);

/// Adds the shapes of the words that were seen less than `min_count` times, so that Vocabulary::from_counts(counts,
/// {.min_count = min_count}) has them in place of these words. Throws std::invalid_argument for such a word that is not
/// UTF-8.
RECUR_INLINE void count_shapes(WordCounts& counts, Index min_count);

/// The tokens of words. A word that the vocabulary does not know gets the token of its shape. Throws
/// std::invalid_argument for an unknown word that is not UTF-8.
RECUR_INLINE std::vector<Token> ids_or_shapes(const Vocabulary& vocabulary,
                                              std::span<const std::string> words);

#if RECUR_DEFINES
RECUR_INLINE std::string word_shape(std::string_view word) {
  using detail::utf8::within;
  // U+02B0 to U+036F are accents and apostrophes that stand beside letters.
  const auto is_letter = [](char32_t code) {
    return detail::words::is_letter(code) && !within(code, 0x2B0, 0x36F);
  };
  require(detail::find_invalid_utf8(word) == word.npos, "the word ", detail::quote(word), " is not UTF-8");
  bool first = true, begins = false, has_small = false;
  while (!word.empty()) {
    const auto [code, length] = detail::first_character(word);
    word.remove_prefix(length);
    if (within(code, '0', '9')) return "<9>";
    const bool capital = detail::utf8::to_lower(code) != code;
    if (std::exchange(first, false)) begins = capital;
    has_small = has_small || (!capital && is_letter(code));
  }
  return !begins ? "<x>" : has_small ? "<Xx>" : "<X>";
}

RECUR_INLINE void count_shapes(WordCounts& counts, Index min_count) {
  WordCounts shapes;
  for (const auto& [word, count] : counts)
    if (count < min_count) shapes[word_shape(word)] += min_count;
  for (const auto& [shape, count] : shapes) counts[shape] += count;
}

RECUR_INLINE std::vector<Token> ids_or_shapes(const Vocabulary& vocabulary,
                                              std::span<const std::string> words) {
  std::vector<Token> ids = vocabulary.ids(words);
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (ids[i] == Vocabulary::unknown) ids[i] = vocabulary.id(word_shape(words[i]));
  return ids;
}
#endif

}  // namespace recur::inline RECUR_ABI
