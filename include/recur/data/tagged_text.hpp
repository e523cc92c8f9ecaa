// Words with tags, from files in columns like those of the CoNLL tasks.
#pragma once

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/utf8.hpp"
#include "recur/data/text.hpp"

namespace recur::inline RECUR_ABI {

/// What the tags of words say.
enum class TagScheme {
  plain,  ///< a tag of its own for each word, such as its part of speech
  iob,    ///< spans of words: B-kind begins one, I-kind continues it, O is outside
  iobes   ///< the same, and E-kind ends a span, S-kind is one of a single word; or L-kind and U-kind (BILOU)
};

namespace detail::tagged_text {

inline bool is_legal(std::string_view tag, TagScheme scheme) {
  const std::string_view letters = scheme == TagScheme::iob ? "BI" : "BIESLU";
  return scheme == TagScheme::plain || tag == "O" ||
         (tag.size() > 2 && tag[1] == '-' && letters.find(tag[0]) != letters.npos);
}
inline const char* legal(TagScheme scheme) {
  return scheme == TagScheme::iob ? "O, or B- or I- and a kind" : "O, or B-, I-, E-, S-, L- or U- and a kind";
}

/// Whether a field of CoNLL-U is the number of what is no word: 1-2 of a contraction, whose words follow, and 8.1 of a
/// word that was left out.
inline bool is_no_word(std::string_view field) {
  constexpr std::string_view digits = "0123456789";
  const std::size_t sign = field.find_first_not_of(digits);
  return sign > 0 && sign != field.npos && sign + 1 < field.size() &&
         (field[sign] == '-' || field[sign] == '.') &&
         field.find_first_not_of(digits, sign + 1) == field.npos;
}

/// The columns of a line. If it has tabs, only they separate columns, since a word of CoNLL-U may have spaces.
inline void split(std::string_view line, std::vector<std::string_view>& fields) {
  const auto bare = [](std::string_view text, std::string_view blanks) {
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    return text.substr(0, text.find_last_not_of(blanks) + 1);
  };
  fields.clear();
  line = bare(line, " \t");
  const std::string_view between = line.find('\t') != line.npos ? "\t" : " ";
  while (!line.empty()) {
    const std::size_t size = std::min(line.find_first_of(between), line.size());
    if (const auto field = bare(line.substr(0, size), " "); !field.empty()) fields.push_back(field);
    line.remove_prefix(std::min(size + 1, line.size()));
  }
}

}  // namespace detail::tagged_text

/// A sentence: words, each with its tag.
struct TaggedText {
  std::vector<std::string> words, tags;
  std::size_t line = 0;  ///< of the file, from 1, where it begins
};

/// Which columns of a file have the words and the tags, and what else stands in it.
struct TaggedTextOptions {
  std::size_t word_column = 1;          ///< from 1
  std::size_t tag_column = 0;           ///< from 1; 0: the last
  TagScheme scheme = TagScheme::plain;  ///< refuse tags of another one
  std::string comment =
      {};  ///< lines that begin with this are no words, "#" in CoNLL-U; empty: there are none
};

/// Reads tagged sentences from a text that is in memory already. Errors call it `path`. Throws like
/// read_tagged_text.
inline std::vector<TaggedText> parse_tagged_text(std::string_view text, const TaggedTextOptions& options = {},
                                                 const std::filesystem::path& path = "text") {
  require(options.word_column > 0, "columns count from 1: the words can't be in column 0");
  std::vector<TaggedText> read;
  std::size_t width = 0, number = 0;
  bool inside = false;  // of a sentence
  const bool numbered = options.word_column > 1 && options.tag_column != 1;
  std::vector<std::string_view> fields;
  while (!text.empty()) {
    const std::size_t size = std::min(text.find_first_of("\r\n"), text.size());
    const std::string_view line = text.substr(0, size);
    text.remove_prefix(size + detail::end_of_line(text.substr(size)));
    ++number;
    detail::tagged_text::split(line, fields);
    if (fields.empty() || fields[0] == "-DOCSTART-") {
      inside = false;
      continue;
    }
    if (!options.comment.empty() && line.starts_with(options.comment)) continue;
    if (numbered && detail::tagged_text::is_no_word(fields[0])) continue;
    if (width == 0) {
      width = fields.size();
      const std::size_t needed = std::max(options.word_column, options.tag_column);
      if (width < std::max<std::size_t>(needed, 2))
        detail::refuse_line(
            path, number, "has ", width, " columns: it must have a word and its tag",
            needed > 2 ? detail::message(", and the columns that are asked for, up to ", needed) : "");
    }
    if (fields.size() != width)
      detail::refuse_line(path, number, "found ", fields.size(), " columns, expected ", width,
                          ", as in the first line");
    const std::string_view tag = fields[options.tag_column == 0 ? width - 1 : options.tag_column - 1];
    if (!detail::tagged_text::is_legal(tag, options.scheme))
      detail::refuse_line(path, number, "found the tag ", detail::quote(tag), ": it must be ",
                          detail::tagged_text::legal(options.scheme));
    if (!std::exchange(inside, true)) read.push_back({{}, {}, number});
    read.back().words.emplace_back(fields[options.word_column - 1]);
    read.back().tags.emplace_back(tag);
  }
  detail::require_file(!read.empty(), path, "has no words");
  return read;
}

/// Reads sentences from a file with a word and its tag on each line. In a line with tabs, only tabs separate columns, so a
/// word may have spaces. In a line without tabs, spaces do. An empty line ends a sentence (Tjong Kim Sang and De Meulder,
/// "Introduction to the CoNLL-2003 shared task", 2003).
///
///   from   O              without options: the word comes first, the tag last
///   new    B-place        (iob_spans in train/span_metrics.hpp reads such tags)
///   paris  I-place
///
/// All lines must have as many columns as the first. A line whose first column is -DOCSTART- only ends a sentence.
/// If neither the words nor the tags are in the first column, a line whose first column is a range or a decimal number,
/// 1-2 or 8.1, is skipped: CoNLL-U has such lines beside the words.
/// Throws FileError, with the line, for any other line, and for a file that is not UTF-8 or has no words.
inline std::vector<TaggedText> read_tagged_text(const std::filesystem::path& path,
                                                const TaggedTextOptions& options = {}) {
  return parse_tagged_text(read_text(path), options, path);
}

}  // namespace recur::inline RECUR_ABI
