// Labelled spans of a text, such as names. They are read from tags, one for each word, and compared span by
// span.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "recur/core/compiled.hpp"
#include "recur/core/error.hpp"
#include "recur/core/label.hpp"
#include "recur/core/utf8.hpp"
#include "recur/data/labels.hpp"
#include "recur/data/tagged_text.hpp"
#include "recur/train/metrics.hpp"

namespace recur::inline RECUR_ABI {

/// Words begin, ..., end - 1 of a text together form one span of this kind.
struct TaggedSpan {
  std::size_t begin = 0, end = 0;
  std::string kind;
  bool operator==(const TaggedSpan&) const = default;
};

/// The spans of IOB tags: "O" is outside, "B-PER" begins a span of kind PER, "I-PER" continues it.
///
///   O O B-PER I-PER O B-LOC   ->   {2, 4, "PER"}, {5, 6, "LOC"}
///
/// An I- without a span of its kind before it begins a new span, as in conlleval, the program of the CoNLL
/// tasks. So this reads both usual forms correctly: IOB2 has a B- before every span, and IOB1 has it only
/// between neighbours. Every sequence of tags has a meaning. With TagScheme::iobes, E-PER and L-PER end a span, and S-PER
/// and U-PER are one of a single word. With TagScheme::plain each word is a span of the kind that its tag is. Throws
/// std::invalid_argument for a tag of another form.
RECUR_INLINE std::vector<TaggedSpan> iob_spans(std::span<const std::string> tags,
                                               TagScheme scheme = TagScheme::iob);

/// The matches of each kind of span in texts with their predicted tags and their labels. A span is right if
/// its begin, end and kind are those of the labels. micro_average of all kinds gives the F1 of the CoNLL
/// tasks; with TagScheme::plain, the part of the words whose tag is right. Throws std::invalid_argument if the numbers of
/// texts or of tags differ, and for tags that iob_spans refuses.
RECUR_INLINE std::map<std::string, Matches> span_matches(std::span<const std::vector<std::string>> predicted,
                                                         std::span<const std::vector<std::string>> labels,
                                                         TagScheme scheme = TagScheme::iob);

/// The same of tags as numbers, such as the labels of a model and its targets. A word whose label is ignored_label is
/// left out, also of the prediction: the words around it become neighbours. Also throws std::out_of_range for another
/// number that is not a tag.
RECUR_INLINE std::map<std::string, Matches> span_matches(std::span<const std::vector<int>> predicted,
                                                         std::span<const std::vector<int>> labels,
                                                         const Labels& tags,
                                                         TagScheme scheme = TagScheme::iob);

/// The matches of all kinds together: a frequent kind counts more.
RECUR_INLINE Matches micro_average(const std::map<std::string, Matches>& kinds);

/// The means over the kinds: each kind counts the same. Throws std::invalid_argument if there are no kinds.
RECUR_INLINE Averages macro_average(const std::map<std::string, Matches>& kinds);

namespace detail::span_metrics {

/// Throws std::invalid_argument unless there is a prediction for each text, and for each of its words.
template <class Tag>
void check_sizes(std::span<const std::vector<Tag>> predicted, std::span<const std::vector<Tag>> labels) {
  require(predicted.size() == labels.size(), labels.size(), " texts with labels were given for ",
          predicted.size(), " with predictions");
  for (std::size_t i = 0; i < labels.size(); ++i)
    require(predicted[i].size() == labels[i].size(), "text ", i, " has ", labels[i].size(), " labels and ",
            predicted[i].size(), " predicted tags: they must be equal");
}

}  // namespace detail::span_metrics

#if RECUR_DEFINES
RECUR_INLINE std::vector<TaggedSpan> iob_spans(std::span<const std::string> tags, TagScheme scheme) {
  std::vector<TaggedSpan> spans;
  bool inside = false;
  for (std::size_t i = 0; i < tags.size(); ++i) {
    const std::string_view tag = tags[i];
    require(detail::tagged_text::is_legal(tag, scheme), "tag ", detail::quote(tag), " of word ", i,
            ": it must be ", detail::tagged_text::legal(scheme));
    if (scheme == TagScheme::plain) {
      spans.push_back({i, i + 1, tags[i]});
      continue;
    }
    if (tag == "O") {
      inside = false;
      continue;
    }
    const std::string_view begin = "BSU", end = "ESLU", kind = tag.substr(2);
    if (inside && begin.find(tag[0]) == begin.npos && spans.back().kind == kind)
      ++spans.back().end;
    else
      spans.push_back({i, i + 1, std::string(kind)});
    inside = end.find(tag[0]) == end.npos;
  }
  return spans;
}

RECUR_INLINE std::map<std::string, Matches> span_matches(std::span<const std::vector<std::string>> predicted,
                                                         std::span<const std::vector<std::string>> labels,
                                                         TagScheme scheme) {
  detail::span_metrics::check_sizes(predicted, labels);
  std::map<std::string, Matches> kinds;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto found = iob_spans(predicted[i], scheme), actual = iob_spans(labels[i], scheme);
    for (const TaggedSpan& span : found) ++kinds[span.kind].predicted;
    for (const TaggedSpan& span : actual) ++kinds[span.kind].actual;
    for (std::size_t f = 0, a = 0; f < found.size() && a < actual.size();) {  // both in the order of words
      if (found[f] == actual[a]) ++kinds[found[f].kind].both;
      if (found[f].begin <= actual[a].begin)
        ++f;
      else
        ++a;
    }
  }
  return kinds;
}

RECUR_INLINE std::map<std::string, Matches> span_matches(std::span<const std::vector<int>> predicted,
                                                         std::span<const std::vector<int>> labels,
                                                         const Labels& tags, TagScheme scheme) {
  detail::span_metrics::check_sizes(predicted, labels);
  std::vector<std::vector<std::string>> found(labels.size()), actual(labels.size());
  for (std::size_t i = 0; i < labels.size(); ++i)
    for (std::size_t word = 0; word < labels[i].size(); ++word) {
      if (labels[i][word] == ignored_label) continue;
      found[i].push_back(tags.name(predicted[i][word]));
      actual[i].push_back(tags.name(labels[i][word]));
    }
  return span_matches(found, actual, scheme);
}

RECUR_INLINE Matches micro_average(const std::map<std::string, Matches>& kinds) {
  Matches all;
  for (const auto& [kind, matches] : kinds) all += matches;
  return all;
}

RECUR_INLINE Averages macro_average(const std::map<std::string, Matches>& kinds) {
  std::vector<Matches> all;
  for (const auto& [kind, matches] : kinds) all.push_back(matches);
  return macro_average(all);
}
#endif

}  // namespace recur::inline RECUR_ABI
