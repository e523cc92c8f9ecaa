// A network that tags the words of a sentence, and its file. For the example tag.
#pragma once

#include <algorithm>
#include <iterator>
#include <recur/recur.hpp>
#include <span>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "common/cell.hpp"
#include "common/saved_model.hpp"
#include "common/text.hpp"

namespace tagging {

using namespace recur;
using namespace examples;
using Words = std::vector<std::string>;

/// Words to tags.
struct Tagger {
  using Model = ManyToMany<Network<float, Token>, LinearChainCrf<float>>;
  Vocabulary vocabulary;
  Words tags;
  bool knows_timetable;  // else sentences are written as in a file of the user's
  Model model;

  Tagger(Vocabulary words, Words kinds, bool of_timetable, const Description& body, SizeLimit limit = {})
      : vocabulary(std::move(words)),
        tags(std::move(kinds)),
        knows_timetable(of_timetable),
        model{standard_kinds<float>().make<Token>(body, limit),
              LinearChainCrf<float>{static_cast<Index>(tags.size())}} {}

  std::vector<Token> ids(const Words& words) const { return ids_or_shapes(vocabulary, words); }
  int label(const std::string& tag) const {
    const auto found = std::ranges::find(tags, tag);
    if (found == tags.end()) {
      std::string known;
      for (const auto& one : tags) known += (known.empty() ? "" : ", ") + quote(one);
      require(false, "the network knows no tag ", quote(tag), ": it knows ", known);
    }
    return static_cast<int>(found - tags.begin());
  }
  /// The words of a question to the timetable or, as those of a file have capital letters, those between spaces.
  Words words_of(const std::string& sentence) const {
    require(is_utf8(sentence), "a sentence must be text in UTF-8");
    std::istringstream parts(sentence);
    return knows_timetable ? tokenize(sentence) : Words(std::istream_iterator<std::string>(parts), {});
  }
  Words tagged(const Words& words) const {
    Words found;
    const auto labels = model.labels(Sequence<Token>({ids(words)}));
    for (const int label : labels[0]) found.push_back(tags[static_cast<std::size_t>(label)]);
    return found;
  }
};

inline void save(const Tagger& tagger, const std::string& path, Metadata metadata) {
  vocabulary_to_metadata(tagger.vocabulary, metadata);
  list_to_metadata(tagger.tags, metadata, "tag.tags");
  metadata["tag.timetable"] = tagger.knows_timetable ? "1" : "0";
  save_model(tagger.model, path, std::move(metadata), {{"tag.body", tagger.model.body.description()}});
}

inline Tagger load_tagger(const std::string& path) {
  return load_model(path, [](const SavedModel& saved) {
    const Description body = saved.network("tag.body");
    return Tagger(saved.vocabulary(), saved.list("tag.tags"), saved.integer("tag.timetable") != 0, body,
                  saved.limit());
  });
}

/// A tagger for the words that occur twice, and the shapes of others.
inline Tagger make_tagger(std::span<const TaggedText> texts, bool of_timetable, const std::string& cell,
                          Index hidden) {
  WordCounts counts;
  Words tags;
  for (const TaggedText& text : texts) {
    count_words(text.words, counts);
    tags.insert(tags.end(), text.tags.begin(), text.tags.end());
    std::ranges::sort(tags);
    tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
  }
  count_shapes(counts, 2);
  auto vocabulary = Vocabulary::from_counts(counts, {.min_count = 2});
  const Index words = vocabulary.size(), kinds = static_cast<Index>(tags.size());
  return {std::move(vocabulary), std::move(tags), of_timetable,
          Description("chain")
              .around({"embedding", words, hidden})
              .around(Description("dropout").with("rate", 0.3))
              .around(recurrent(cell, hidden, hidden).with("direction", "both"))
              .around({"dense", 2 * hidden, kinds})};
}

/// "is [june: person] in [may hill: place]?" or, if each word has a tag of its own, "is/VERB june/NOUN".
inline std::string shown(Words words, const Words& tags, TagScheme scheme) {
  const bool is_plain = scheme == TagScheme::plain;
  for (const auto& [begin, end, kind] : iob_spans(tags, scheme)) {
    if (!is_plain) words[begin] = "[" + words[begin];
    words[end - 1] += is_plain ? "/" + kind : ": " + kind + "]";
  }
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + printable(word);
  return text;
}

}  // namespace tagging
