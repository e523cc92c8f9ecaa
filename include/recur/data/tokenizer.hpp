// Cuts sentences into words as the treebanks do.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "recur/core/compiled.hpp"
#include "recur/core/error.hpp"
#include "recur/core/utf8.hpp"

namespace recur::inline RECUR_ABI {

/// A token, and the bytes [begin, end) of the text from which it was made.
struct Piece {
  std::string token;
  std::size_t begin, end;
  bool operator==(const Piece&) const = default;
};

namespace detail::tokenizer {

using detail::utf8::within;

/// Code points that separate words as a space does: spaces, ends of lines and controls, typographic dashes
/// and quotes, and of Latin-1 the quotes and marks that open and close.
inline bool parts_words(char32_t code) {
  return (code >= 0x80 && (detail::utf8::is_space(code) || detail::utf8::is_control(code))) || code == 0xA1 ||
         code == 0xAB || code == 0xBB || code == 0xBF || within(code, 0x2010, 0x205E);
}

/// Arrows, symbols and emoji, each a word of its own.
inline bool is_pictograph(char32_t code) {
  return within(code, 0x2190, 0x2BFF) || within(code, 0x1F000, 0x1FAFF);
}

/// What a character becomes in a simplified text, with this many spaces before and behind it.
struct Simple {
  std::string_view bytes;
  std::size_t spaces, length;  // length: bytes of the character itself
};

/// Simplifies the first character of a text: makes lower case, ASCII quotes and apostrophes, a full stop from
/// an ellipsis, and spaces around pictographs. Leaves out invisible characters.
inline Simple simplify(std::string_view text) {
  static constexpr std::string_view lower = "abcdefghijklmnopqrstuvwxyz";
  const auto [code, length] = detail::first_character(text);
  const auto as = [size = length](std::string_view bytes) { return Simple{bytes, 0, size}; };
  if (within(code, 'A', 'Z')) return as(lower.substr(code - 'A', 1));
  if (detail::utf8::is_invisible(code)) return as("");  // a word with a soft hyphen is the same word
  if (within(code, 0x2018, 0x2019) || code == 0x201B || code == 0x02BC) return as("'");
  if (within(code, 0x201C, 0x201E)) return as("\"");
  if (code == 0x2026) return as(".");
  if (parts_words(code)) return as(" ");
  return {text.substr(0, length), is_pictograph(code) ? std::size_t{1} : 0, length};
}

/// Finds the places of a simplified text's bytes in the original text. Asked for them in ascending order.
class Places {
 public:
  explicit Places(std::string_view text) : text_(text) {}

  std::size_t of(std::size_t place) {
    while (at_ < text_.size()) {
      const auto [bytes, spaces, length] = simplify(text_.substr(at_));
      const std::size_t size = bytes.size() + 2 * spaces;
      if (place < before_ + size)
        return at_ + std::min(place - before_ - std::min(place - before_, spaces), length);
      before_ += size;
      at_ += length;
    }
    return at_;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0, before_ = 0;  // a character, and the simplified bytes before it
};

inline bool in_word(char c) {
  return within(static_cast<unsigned char>(c), 'a', 'z') || within(static_cast<unsigned char>(c), '0', '9') ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// Where the word that begins at i ends. A word has letters, digits, and apostrophes between them.
inline std::size_t word_end(std::string_view text, std::size_t i) {
  while (i < text.size() && (in_word(text[i]) || (text[i] == '\'' && i > 0 && in_word(text[i - 1]) &&
                                                  i + 1 < text.size() && in_word(text[i + 1]))))
    ++i;
  return i;
}

/// Endings that are split off a word: "is|n't", "it|'s".
inline constexpr std::array<std::string_view, 7> endings{"n't", "'s", "'ve", "'re", "'ll", "'d", "'m"};

/// The ending of a word, if at least one character is before it. Otherwise empty.
inline std::string_view ending_of(std::string_view word) {
  for (const auto ending : endings)
    if (word.size() > ending.size() && word.ends_with(ending)) return ending;
  return {};
}

/// Whether a word is an ending that stands alone, as in the treebanks: "it 's". ("n't" alone is an ordinary
/// word.)
inline bool is_ending(std::string_view word) {
  return std::find(endings.begin(), endings.end(), word) != endings.end();
}

/// Several characters that the treebanks write for one sign.
struct Spelled {
  std::string_view characters, sign;
};
inline constexpr std::array<Spelled, 4> spelled{{{"``", "\""}, {"''", "\""}, {"-lrb-", "("}, {"-rrb-", ")"}}};

/// The entry whose characters begin a text, or null.
inline const Spelled* spelled_at(std::string_view text) {
  for (const auto& sign : spelled)
    if (text.starts_with(sign.characters)) return &sign;
  return nullptr;
}

inline constexpr std::string_view signs = ".,!?;:()\"";

/// Calls f(begin, end) for each part of a word: "can|not", "is|n't".
template <class F>
void for_each_part(std::string_view word, F&& f) {
  std::size_t end = word.size();  // of what is left without endings
  for (auto ending = ending_of(word); !ending.empty(); ending = ending_of(word.substr(0, end))) {
    end -= ending.size();
    while (word[end - 1] == '\'') --end;  // left over of "he'n't"
  }
  const std::size_t cut = word.substr(0, end) == "cannot" ? 3 : end;
  f(std::size_t{0}, cut);
  if (cut < end) f(cut, end);
  while (end < word.size()) {
    const std::size_t begin = end;
    for (const auto ending : endings)
      if (word.substr(begin).starts_with(ending)) end = begin + ending.size();
    if (end > begin)
      f(begin, end);
    else
      ++end;
  }
}

/// Calls f(token, begin, end) for each token of a simplified text.
template <class F>
void split(std::string_view all, F&& f) {
  const auto add = [&](std::size_t begin, std::size_t end) { f(all.substr(begin, end - begin), begin, end); };
  for (std::size_t i = 0; i < all.size();) {
    if (const auto* sign = spelled_at(all.substr(i))) {
      f(sign->sign, i, i + sign->characters.size());
      i += sign->characters.size();
    } else if (signs.find(all[i]) != std::string_view::npos) {
      add(i, i + 1);
      ++i;
    } else if (in_word(all[i])) {
      const std::size_t end = word_end(all, i);
      for_each_part(all.substr(i, end - i), [&](std::size_t from, std::size_t to) { add(i + from, i + to); });
      i = end;
    } else {
      const std::size_t end = all[i] == '\'' ? word_end(all, i + 1) : i + 1;
      const bool ending = is_ending(all.substr(i, end - i));
      if (ending) add(i, end);
      i = ending ? end : i + 1;
    }
  }
}

/// Calls f(simplified, begin) for each stretch of a text, which begins at byte `begin` of the text. A stretch
/// ends after a space or a sign, so no token continues in the next.
template <class F>
void for_each_stretch(std::string_view text, F&& f) {
  const std::size_t invalid = detail::find_invalid_utf8(text);
  require(invalid == std::string_view::npos, "the text is not UTF-8: byte ", invalid, " begins no character");
  std::string simple;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto [bytes, spaces, length] = simplify(text.substr(at));
    simple.append(spaces, ' ').append(bytes).append(spaces, ' ');
    at += length;
    if (at < text.size() &&
        (simple.empty() || (simple.back() != ' ' && signs.find(simple.back()) == signs.npos)))
      continue;
    f(std::string_view(simple), begin);
    simple.clear();
    begin = at;
  }
}

}  // namespace detail::tokenizer

/// Calls f with each word and sign of a text, as a std::string_view that is valid during the call. Needs no
/// memory except for one word.
///
/// - A word has letters, digits, apostrophes inside it, and all of UTF-8 beyond ASCII except typographic
///   spaces, dashes and quotes, and pictographs. ASCII letters become lower case.
/// - Contractions are split: "isn't" is `is n't`, "won't" is `wo n't`, "cannot" is `can not`, and the
///   endings 's 've 're 'll 'd 'm come off. Text that is split already gives the same: "it 's" is "it's".
/// - . , ! ? ; : ( ) " are tokens of their own, and so are pictographs. The treebanks' `` and '' are read
///   as ", -lrb- and -rrb- as ( and ), typographic quotes and apostrophes as those of ASCII, an ellipsis
///   as a full stop.
/// - Soft hyphens, joiners and other invisible characters are ignored.
/// - Everything else separates words and gives no token: spaces, hyphens ("well-made" is `well made`), other
///   signs.
///
/// Tokens are in the order of the text and do not overlap. If you join the tokens of a text by spaces, you
/// get the same tokens again. Throws std::invalid_argument with the position, before the first call, if the
/// text is not UTF-8.
template <class F>
void for_each_token(std::string_view text, F&& f) {
  detail::tokenizer::for_each_stretch(text, [&](std::string_view simple, std::size_t) {
    detail::tokenizer::split(simple, [&](std::string_view token, std::size_t, std::size_t) { f(token); });
  });
}

/// The tokens of for_each_token, each with its place in the text.
RECUR_INLINE std::vector<Piece> tokenize_with_positions(std::string_view text);

/// All tokens of for_each_token. Each takes some forty bytes.
RECUR_INLINE std::vector<std::string> tokenize(std::string_view text);

#if RECUR_DEFINES
RECUR_INLINE std::vector<Piece> tokenize_with_positions(std::string_view text) {
  std::vector<Piece> pieces;
  detail::tokenizer::for_each_stretch(text, [&](std::string_view simple, std::size_t at) {
    detail::tokenizer::Places places(text.substr(at));
    detail::tokenizer::split(simple, [&](std::string_view token, std::size_t begin, std::size_t end) {
      const std::size_t from = at + places.of(begin);
      pieces.push_back({std::string(token), from, at + places.of(end)});
    });
  });
  return pieces;
}

RECUR_INLINE std::vector<std::string> tokenize(std::string_view text) {
  std::vector<std::string> tokens;
  for_each_token(text, [&](std::string_view token) { tokens.emplace_back(token); });
  return tokens;
}
#endif

}  // namespace recur::inline RECUR_ABI
