// Words and their tokens.
#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "recur/core/compiled.hpp"
#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/utf8.hpp"
#include "recur/data/tokenizer.hpp"

namespace recur::inline RECUR_ABI {

namespace detail {

/// A hash for every kind of string, so a look-up needs no std::string.
struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

/// A map from strings to T.
template <class T>
using StringMap = std::unordered_map<std::string, T, StringHash, std::equal_to<>>;

}  // namespace detail

/// How often each word was seen.
using WordCounts = detail::StringMap<Index>;

/// Adds words to the counts.
RECUR_INLINE void count_words(std::span<const std::string> words, WordCounts& counts);

/// Limits on the words of a vocabulary.
struct VocabularyLimits {
  Index min_count = 1;                 ///< words seen less often are unknown
  std::optional<Index> max_size = {};  ///< of the whole vocabulary, including the unknown word
};

/// The last `count` items of a text, or all if there are fewer. Long reviews often end with their verdict, so
/// classifiers are trained on their last few hundred tokens. Throws std::invalid_argument for a negative count.
template <class T>
std::vector<T> keep_last(std::vector<T> items, Index count) {
  require(count >= 0, "the last ", count, " items of a text were asked for: it must be at least 0");
  if (const auto size = static_cast<Index>(items.size()); size > count)
    items.erase(items.begin(), items.begin() + (size - count));
  return items;
}

/// Words with ids 0, 1, 2, ... Id 0 is the unknown word <unk>, which stands for all words that are not in the
/// list.
///
///   WordCounts counts;
///   for (const auto& text : texts) count_words(tokenize(text), counts);
///   const auto vocabulary = Vocabulary::from_counts(counts, {.min_count = 2});
///   const std::vector<Token> sentence = vocabulary.ids("Not a bad film.");
class Vocabulary {
 public:
  static constexpr Token unknown = 0;                        ///< the id of every word that is not in the list
  static constexpr std::string_view unknown_word = "<unk>";  ///< how that id is written

  /// A vocabulary with only the unknown word.
  Vocabulary() : Vocabulary(std::vector{std::string(unknown_word)}) {}

  /// Takes the words in the order of their ids. Throws std::invalid_argument unless the first is <unk>, and
  /// for empty words and words that occur twice.
  RECUR_COLD explicit Vocabulary(std::vector<std::string> words);

  /// The words that were seen often enough, the most frequent first. Words that were seen equally often are
  /// in the order of their bytes, so the same counts give the same ids everywhere. Throws
  /// std::invalid_argument unless both limits are at least 1, and for an empty word.
  static Vocabulary from_counts(const WordCounts& counts, VocabularyLimits limits = {});

  Index size() const { return static_cast<Index>(words_.size()); }
  /// All words in the order of their ids. Vocabulary(words()) is an equal vocabulary.
  const std::vector<std::string>& words() const { return words_; }

  /// The id of a word, 0 if it is unknown. Allocates nothing.
  Token id(std::string_view word) const {
    return slots_.empty() ? unknown : slots_[slot_of(word)];  // a vocabulary that was moved from has none
  }
  std::vector<Token> ids(std::span<const std::string> words) const;
  /// The ids of the words of a text, as `tokenize` finds them. A template, since {"not", "good"} must not become
  /// one text that begins and ends there.
  template <std::convertible_to<std::string_view> Text>
  std::vector<Token> ids(const Text& text) const {
    return ids(std::span<const std::string>(tokenize(text)));
  }

  /// Throws std::out_of_range if there is no such id.
  const std::string& word(Token id) const {
    if (id < 0 || id >= size()) [[unlikely]]
      throw std::out_of_range(detail::message("token ", id, " of a vocabulary of ", size(),
                                              " words: legal tokens are 0 to ", size() - 1));
    return words_[static_cast<std::size_t>(id)];
  }

  bool operator==(const Vocabulary& other) const { return words_ == other.words_; }

 private:
  /// The slot of a word, or the slot where it would be: the search begins at the word's hash and ends at the
  /// first empty slot.
  std::size_t slot_of(std::string_view word) const {
    for (std::size_t at = detail::StringHash()(word);; ++at) {
      at &= slots_.size() - 1;
      const Token there = slots_[at];
      if (there == unknown || words_[static_cast<std::size_t>(there)] == word) return at;
    }
  }

  std::vector<std::string> words_;
  // Ids by the hashes of their words. At most half of the slots are in use; their number is a power of two. 0
  // means that a slot is empty: a search never looks for the unknown word. A map would hold each word a
  // second time.
  std::vector<Token> slots_;
};

#if RECUR_DEFINES
RECUR_INLINE void count_words(std::span<const std::string> words, WordCounts& counts) {
  for (const auto& word : words) ++counts[word];
}

RECUR_INLINE Vocabulary::Vocabulary(std::vector<std::string> words) : words_(std::move(words)) {
  if (words_.empty() || words_[0] != unknown_word)
    detail::refuse({"the first word of a vocabulary must be ", unknown_word, ", but ",
                    words_.empty() ? "there is none" : "is " + detail::quote(words_[0])});
  require(words_.size() <= std::numeric_limits<Token>::max(), words_.size(), " words: a vocabulary can hold ",
          std::numeric_limits<Token>::max());
  for (std::size_t i = 1; i < words_.size(); ++i)
    require(!words_[i].empty(), "word ", i, " of the vocabulary is empty");
  slots_.resize(std::bit_ceil(2 * words_.size()));
  for (std::size_t i = 1; i < words_.size(); ++i) {
    Token& slot = slots_[slot_of(words_[i])];
    if (slot != 0 || words_[i] == unknown_word)  // `require` would quote every word
      detail::refuse({detail::quote(words_[i]), " is both word ", slot, " and word ", i,
                      " of the vocabulary: each may occur once"});
    slot = static_cast<Token>(i);
  }
}

RECUR_INLINE Vocabulary Vocabulary::from_counts(const WordCounts& counts, VocabularyLimits limits) {
  require(limits.min_count >= 1, "min_count ", limits.min_count, " of a vocabulary: it must be at least 1");
  require(limits.max_size.value_or(1) >= 1, "max_size ", limits.max_size.value_or(1),
          " of a vocabulary: it must be at least 1, for ", unknown_word);
  using Seen = const WordCounts::value_type*;
  std::vector<Seen> seen;
  seen.reserve(counts.size());
  for (const auto& word : counts)
    if (word.second >= limits.min_count && word.first != unknown_word) seen.push_back(&word);
  const auto before = [](Seen a, Seen b) RECUR_NOINLINE {  // else each part of the sort has a copy of it
    return a->second != b->second ? a->second > b->second : a->first < b->first;
  };
  std::sort(seen.begin(), seen.end(), before);
  const std::size_t size = std::min(
      seen.size() + 1, static_cast<std::size_t>(limits.max_size.value_or(std::numeric_limits<Index>::max())));
  std::vector<std::string> words{std::string(unknown_word)};
  for (std::size_t i = 0; i + 1 < size; ++i) words.push_back(seen[i]->first);
  return Vocabulary(std::move(words));
}

RECUR_INLINE std::vector<Token> Vocabulary::ids(std::span<const std::string> words) const {
  std::vector<Token> tokens(words.size());
  for (std::size_t i = 0; i < words.size(); ++i) tokens[i] = id(words[i]);
  return tokens;
}
#endif

}  // namespace recur::inline RECUR_ABI
