// Words for embedded networks: from a text to tokens, without a heap.
#pragma once

#include "recur/embedded/layers.hpp"

namespace recur::embedded {

/// An entry of a vocabulary.
struct Word {
  const char* text;  ///< in small letters, ends with 0
  Token token;       ///< its id
};

namespace detail {

constexpr bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
constexpr bool in_word(char c) {
  c = to_lower(c);
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
}
constexpr bool is_sign(char c) {
  for (const char* sign = ".,!?;:()\""; *sign != '\0'; ++sign)
    if (c == *sign) return true;
  return false;
}

/// Negative, zero or positive if the word, in small letters, comes before, equals or comes after the entry.
constexpr int compare(const char* begin, const char* end, const char* entry) {
  for (; begin != end; ++begin, ++entry) {
    const auto a = static_cast<unsigned char>(to_lower(*begin)), b = static_cast<unsigned char>(*entry);
    if (a != b) return a < b ? -1 : 1;
  }
  return *entry == '\0' ? 0 : -1;
}
constexpr bool is_same(const char* begin, const char* end, const char* text) {
  return compare(begin, end, text) == 0;
}

/// Bytes of the ending that the treebanks split off a word, "n't" or "'s", if so many bytes are before it; 0 for none.
constexpr int ending_of(const char* begin, const char* end, int before) {
  for (const char* ending : {"n't", "'s", "'ve", "'re", "'ll", "'d", "'m"}) {
    int size = 0;
    while (ending[size] != '\0') ++size;
    if (end - begin - size >= before && is_same(end - size, end, ending)) return size;
  }
  return 0;
}

}  // namespace detail

/// The token of the word [begin, end), 0 if it is not there. The words are in the order of their bytes.
template <int N>
constexpr Token find(const Word (&words)[N], const char* begin, const char* end) {
  int low = 0, high = N;
  while (low < high) {
    const int middle = low + (high - low) / 2;
    const int order = detail::compare(begin, end, words[middle].text);
    if (order == 0) return words[middle].token;
    (order < 0 ? high : low) = order < 0 ? middle : middle + 1;
  }
  return 0;
}

/// Calls f(begin, end) for each word and sign of a text that ends with '\0', as recur::tokenize cuts them, with their
/// capitals. So it is for text in ASCII with at most one ending to a word ("isn't" is `is n't`). Bytes beyond ASCII are
/// letters; signs of typography are not read as those of ASCII.
template <class F>
constexpr void for_each_word(const char* text, F&& f) {
  const auto word_end = [text](const char* at) {
    while (detail::in_word(*at) ||
           (*at == '\'' && at != text && detail::in_word(at[-1]) && detail::in_word(at[1])))
      ++at;
    return at;
  };
  while (*text != '\0') {
    const char* end = text + 1;
    if (detail::in_word(*text)) {
      end = word_end(text);
      const char* cut = end - detail::ending_of(text, end, 1);
      if (detail::is_same(text, end, "cannot")) cut = text + 3;
      f(text, cut);
      if (cut != end) f(cut, end);
    } else if (detail::is_sign(*text)) {
      f(text, end);
    } else if (*text == '\'' && detail::ending_of(text, word_end(end), 0) == word_end(end) - text) {
      end = word_end(end);  // "it 's"
      f(text, end);
    }
    text = end;
  }
}

}  // namespace recur::embedded
