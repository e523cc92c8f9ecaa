// Sentences with their translations, from files like those of Tatoeba.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/utf8.hpp"
#include "recur/data/delimited.hpp"

namespace recur::inline RECUR_ABI {

/// A sentence and its translation.
struct ParallelText {
  std::string source, target;  ///< the sentence, and its translation
  std::size_t line = 0;        ///< of the file, from 1
};

/// Reads pairs from a text that is in memory already. Errors call it `path`. Throws like read_parallel_text.
inline std::vector<ParallelText> parse_parallel_text(std::string text,
                                                     const std::filesystem::path& path = "text") {
  const Delimited table = parse_delimited(std::move(text), {.delimiter = '\t', .header = false}, path);
  std::vector<ParallelText> pairs;
  pairs.reserve(table.rows.size());
  for (const auto& row : table.rows) {
    if (row.fields.size() < 2)
      detail::refuse_line(path, row.line,
                          "has one column: it must have a sentence, a tab, and its translation");
    pairs.push_back(
        {std::string(detail::trim(row.fields[0])), std::string(detail::trim(row.fields[1])), row.line});
    if (pairs.back().source.empty() || pairs.back().target.empty())
      detail::refuse_line(path, row.line, "has an empty ",
                          pairs.back().source.empty() ? "sentence" : "translation",
                          ": both must have at least one character");
  }
  return pairs;
}

/// Reads a file in UTF-8 with a pair on each line: a sentence, a tab, and its translation. Further columns, such as the
/// authors, are ignored, but all lines must have as many as the first. A sentence may occur several times, with different
/// translations. It skips blank lines.
///
/// Throws FileError, with the line, for a line with another number of columns, or without a sentence or a
/// translation, and for a file that can't be read, is empty or is not UTF-8.
inline std::vector<ParallelText> read_parallel_text(const std::filesystem::path& path) {
  return parse_parallel_text(read_text(path), path);
}

/// A sentence in words, and its translations.
struct Translations {
  std::vector<std::string> source;                ///< words
  std::vector<std::vector<std::string>> targets;  ///< words of each translation
};

/// Groups the pairs by the words of their source, in the order in which these appear first. Hold out some of the
/// groups: then no sentence is in both parts. cut(text) gives the words of a text, for example split_words.
template <class Cut>
std::vector<Translations> group_by_source(const std::vector<ParallelText>& pairs, Cut&& cut) {
  std::vector<Translations> groups;
  std::map<std::vector<std::string>, std::size_t> places;
  for (const ParallelText& pair : pairs) {
    std::vector<std::string> source = cut(pair.source);
    const auto [found, is_new] = places.emplace(source, groups.size());
    if (is_new) groups.push_back({std::move(source), {}});
    groups[found->second].targets.push_back(cut(pair.target));
  }
  return groups;
}

}  // namespace recur::inline RECUR_ABI
