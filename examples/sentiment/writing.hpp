// Tools for all writers of the corpus: a generator of random numbers, and sentences in the form that people
// write.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sentiment::detail {

// splitmix64, a small generator with a state of one word.
class SplitMix {
 public:
  explicit SplitMix(std::uint64_t seed) : state_(seed) {}

  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(next() % bound); }

 private:
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }

  std::uint64_t state_;
};

using Words = std::vector<std::string_view>;

inline void append(Words& words, std::string_view list) {
  while (!list.empty()) {
    const std::size_t bar = list.find('|');
    words.push_back(list.substr(0, bar));
    list = bar == std::string_view::npos ? std::string_view{} : list.substr(bar + 1);
  }
}

// ASCII only, in every locale.
inline bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
inline char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
inline char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

// Only the words: two sentences that differ by case or punctuation count as the same.
inline std::string normalised(std::string_view text) {
  std::string words;
  bool gap = false;
  for (const char c : text) {
    if (is_letter(c) || c == '\'' || (c >= '0' && c <= '9')) {
      if (gap && !words.empty()) words += ' ';
      gap = false;
      words += lower(c);
    } else {
      gap = true;
    }
  }
  return words;
}

// "a" becomes "an" before a vowel, but not in "a useful", which only looks like one. Sentences get capitals.
inline std::string polished(std::string_view text) {
  std::string result;
  bool opens_sentence = true;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool opens_word = i == 0 || text[i - 1] == ' ';
    result += opens_sentence ? upper(text[i]) : text[i];
    if (opens_word && text[i] == 'a' && i + 2 < text.size() && text[i + 1] == ' ') {
      const std::string_view next = text.substr(i + 2);
      if (std::string_view("aeiou").find(next[0]) != std::string_view::npos && next.substr(0, 3) != "use") {
        result += 'n';
      }
    }
    if (text[i] != ' ') opens_sentence = text[i] == '.' || text[i] == '!';
  }
  return result;
}

}  // namespace sentiment::detail
