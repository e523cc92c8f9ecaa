// Sentences to words, in the way of the treebanks.
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

/// A token and the bytes [begin, end) of the text that it was made of.
struct Piece {
  std::string token;
  std::size_t begin, end;
  bool operator==(const Piece&) const = default;
};

/// The words and signs of a text, each with its place in it.
///
/// - Words are letters, digits, apostrophes inside them, and all of UTF-8 beyond ASCII that is neither a
///   typographic space, dash or quote nor a pictograph. ASCII letters are made lower case.
/// - Contractions are split: "isn't" is `is n't`, "won't" is `wo n't`, "cannot" is `can not`, and the
///   endings 's 've 're 'll 'd 'm come off. What treebanks have split already stays so: "it 's" is "it's".
/// - . , ! ? ; : ( ) " are tokens of their own, and so are pictographs. The treebanks' `` and '' are read
///   as ", -lrb- and -rrb- as ( and ), typographic quotes and apostrophes as those of ASCII, an ellipsis
///   as a full stop.
/// - Soft hyphens, joiners and other characters that are not seen count for nothing.
/// - All else parts words and gives nothing: spaces, hyphens ("well-made" is `well made`), other signs.
///
/// Tokens stand in order and do not overlap. The tokens of a text, joined by spaces, give the same tokens
/// again. Throws std::invalid_argument with the position if the text is not UTF-8.
RECUR_INLINE std::vector<Piece> tokenize_with_positions(std::string_view text);

/// The tokens of tokenize_with_positions alone.
RECUR_INLINE std::vector<std::string> tokenize(std::string_view text);

namespace detail::tokenizer {
inline constexpr std::string_view signs = ".,!?;:()\"";
}

#if RECUR_DEFINES
namespace detail::tokenizer {

/// A text in fewer characters, and where each of its bytes stood in the text.
struct Plain {
  std::string text;
  std::vector<std::size_t> at;  // of each byte, and of the end

  void add(std::string_view bytes, std::size_t from) {
    for (std::size_t i = 0; i < bytes.size(); ++i) at.push_back(from + i);
    text += bytes;
  }
};

using detail::utf8::within;

/// Code points that part words as a space does: spaces, ends of lines and controls, of Latin-1 the quotes and
/// marks that open and close, typographic dashes and quotes.
inline bool parts_words(char32_t code) {
  return (code >= 0x80 && (detail::utf8::is_space(code) || detail::utf8::is_control(code))) || code == 0xA1 ||
         code == 0xAB || code == 0xBB || code == 0xBF || within(code, 0x2010, 0x205E);
}

/// Arrows, symbols and emoji, each a word of its own.
inline bool is_pictograph(char32_t code) {
  return within(code, 0x2190, 0x2BFF) || within(code, 0x1F000, 0x1FAFF);
}

/// Lower case, ASCII quotes and apostrophes, a full stop for an ellipsis, spaces around pictographs, nothing for
/// what is not seen.
inline Plain simplify(std::string_view text) {
  Plain plain;
  plain.text.reserve(text.size());
  plain.at.reserve(text.size() + 1);
  for (std::size_t at = 0; at < text.size();) {
    const auto [code, length] = detail::first_character(text.substr(at));
    require(length > 0, "the text is not UTF-8: byte ", at, " begins no character");
    const char lower = static_cast<char>(code - 'A' + 'a');
    if (within(code, 'A', 'Z'))
      plain.add({&lower, 1}, at);
    else if (detail::utf8::is_invisible(code)) {
      // nothing: a word with a soft hyphen or a byte order mark in it is the same word
    } else if (within(code, 0x2018, 0x2019) || code == 0x201B || code == 0x02BC)
      plain.add("'", at);
    else if (within(code, 0x201C, 0x201E))
      plain.add("\"", at);
    else if (code == 0x2026)
      plain.add(".", at);
    else if (parts_words(code))
      plain.add(" ", at);
    else if (is_pictograph(code)) {
      plain.add(" ", at);
      plain.add(text.substr(at, length), at);
      plain.add(" ", at + length);
    } else
      plain.add(text.substr(at, length), at);
    at += length;
  }
  plain.at.push_back(text.size());
  return plain;
}

inline bool in_word(char c) {
  return within(static_cast<unsigned char>(c), 'a', 'z') || within(static_cast<unsigned char>(c), '0', '9') ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// Where the word that begins at i ends: letters, digits, and apostrophes between them.
inline std::size_t word_end(std::string_view text, std::size_t i) {
  while (i < text.size() && (in_word(text[i]) || (text[i] == '\'' && i > 0 && in_word(text[i - 1]) &&
                                                  i + 1 < text.size() && in_word(text[i + 1]))))
    ++i;
  return i;
}

/// What is split off the end of a word: "is|n't", "it|'s".
inline constexpr std::array<std::string_view, 7> endings{"n't", "'s", "'ve", "'re", "'ll", "'d", "'m"};

/// The ending that a word has after at least one more character, or nothing.
inline std::string_view ending_of(std::string_view word) {
  for (const auto ending : endings)
    if (word.size() > ending.size() && word.ends_with(ending)) return ending;
  return {};
}

/// An ending that stands alone, as the treebanks write it: "it 's". (Alone, "n't" is an ordinary word.)
inline bool is_ending(std::string_view word) {
  return std::find(endings.begin(), endings.end(), word) != endings.end();
}

/// Signs of several characters that the treebanks write for one.
struct Spelled {
  std::string_view characters, sign;
};
inline constexpr std::array<Spelled, 4> spelled{{{"``", "\""}, {"''", "\""}, {"-lrb-", "("}, {"-rrb-", ")"}}};

/// The one that a text begins with, or none.
inline const Spelled* spelled_at(std::string_view text) {
  for (const auto& sign : spelled)
    if (text.starts_with(sign.characters)) return &sign;
  return nullptr;
}

}  // namespace detail::tokenizer

RECUR_INLINE std::vector<Piece> tokenize_with_positions(std::string_view text) {
  namespace t = detail::tokenizer;
  const t::Plain plain = t::simplify(text);
  const std::string_view all = plain.text;
  std::vector<Piece> pieces;
  const auto add = [&](std::size_t begin, std::size_t end, std::string_view token) {
    pieces.push_back({std::string(token), plain.at[begin], plain.at[end]});
  };
  const auto add_range = [&](std::size_t begin, std::size_t end) {
    add(begin, end, all.substr(begin, end - begin));
  };

  const auto add_word = [&](std::size_t begin, std::size_t end) {
    std::vector<std::pair<std::size_t, std::size_t>> parts;  // from the right
    const auto rest = [&] { return all.substr(begin, end - begin); };
    for (auto ending = t::ending_of(rest()); !ending.empty(); ending = t::ending_of(rest())) {
      parts.emplace_back(end - ending.size(), end);
      end -= ending.size();
      while (all[end - 1] == '\'') --end;  // left over of "he'n't"
    }
    if (rest() == "cannot") {
      parts.emplace_back(begin + 3, end);
      end = begin + 3;
    }
    parts.emplace_back(begin, end);
    for (; !parts.empty(); parts.pop_back()) add_range(parts.back().first, parts.back().second);
  };

  for (std::size_t i = 0; i < all.size();) {
    if (const auto* spelled = t::spelled_at(all.substr(i))) {
      add(i, i + spelled->characters.size(), spelled->sign);
      i += spelled->characters.size();
    } else if (t::signs.find(all[i]) != std::string_view::npos) {
      add_range(i, i + 1);
      ++i;
    } else if (t::in_word(all[i])) {
      const std::size_t end = t::word_end(all, i);
      add_word(i, end);
      i = end;
    } else {
      const std::size_t end = all[i] == '\'' ? t::word_end(all, i + 1) : i + 1;
      const bool ending = t::is_ending(all.substr(i, end - i));
      if (ending) add_range(i, end);
      i = ending ? end : i + 1;
    }
  }
  return pieces;
}

RECUR_INLINE std::vector<std::string> tokenize(std::string_view text) {
  std::vector<std::string> tokens;
  for (auto& piece : tokenize_with_positions(text)) tokens.push_back(std::move(piece.token));
  return tokens;
}
#endif

}  // namespace recur::inline RECUR_ABI
