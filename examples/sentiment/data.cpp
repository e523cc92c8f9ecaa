// Gets labelled sentences from the built-in corpus or from files, and turns them into numbers.
#include "data.hpp"

#include <algorithm>
#include <set>

#include "corpus.hpp"
#include "recur/core/file.hpp"
#include "recur/core/random.hpp"
#include "recur/data/tokenizer.hpp"

namespace sentiment {

namespace {

Data built_in() {
  Data data;
  data.classes = {"negative", "positive"};
  data.source = "the built-in corpus";
  const auto take = [](const std::vector<Labelled>& sentences) {
    std::vector<recur::LabelledText> texts;
    for (const auto& sentence : sentences) texts.push_back({sentence.text, sentence.label});
    return texts;
  };
  data.training = take(training_sentences());
  data.validation = take(validation_sentences());
  TestSet test{"test", take(test_sentences())}, negation{"negation pairs", {}}, order{"order pairs", {}};
  const auto add = [](TestSet& set, const std::vector<Pair>& pairs) {
    for (const auto& pair : pairs) {
      set.sentences.push_back({pair.first, pair.first_label});
      set.sentences.push_back({pair.second, pair.second_label});
    }
  };
  add(negation, negation_pairs());
  add(order, order_pairs());
  data.tests = {test, negation, order};
  return data;
}

/// The file NAME.tsv, NAME.csv or NAME.txt of a folder. Empty if there is none.
std::filesystem::path find_in(const std::filesystem::path& folder, const std::string& name) {
  for (const char* ending : {".tsv", ".csv", ".txt"})
    if (auto path = folder / (name + ending); std::filesystem::is_regular_file(path)) return path;
  return {};
}

/// The samples of a file that have words.
recur::LabelledTexts read(const std::filesystem::path& path, const recur::LabelledTextOptions& options,
                          Data& data) {
  auto texts = recur::read_labelled_text(path, options);
  data.without_words += leave_out_wordless(texts.samples);
  recur::detail::require_file(!texts.samples.empty(), path, "no sentence has a word");
  return texts;
}

}  // namespace

std::size_t number_of_words(const std::string& sentence) {
  std::size_t count = 0;
  recur::for_each_token(sentence, [&](std::string_view) { ++count; });
  return count;
}

std::size_t leave_out_wordless(std::vector<recur::LabelledText>& sentences) {
  return std::erase_if(sentences, [](const auto& sentence) { return number_of_words(sentence.text) == 0; });
}

Data load_data(const DataFiles& files, std::uint64_t seed) {
  if (files.data.empty()) return built_in();
  auto train = files.data, dev = files.dev;
  if (std::filesystem::is_directory(files.data)) {
    train = find_in(files.data, "train");
    if (train.empty())
      throw recur::FileError(recur::detail::printable(recur::detail::in_utf8(files.data)) +
                             ": the folder has no train.tsv, train.csv or train.txt");
    if (dev.empty()) dev = find_in(files.data, "dev");
  }
  recur::LabelledTextOptions options{files.text_column, files.label_column, {}};
  Data data;
  auto texts = read(train, options, data);
  data.training = std::move(texts.samples);
  data.classes = std::move(texts.classes);
  data.source = recur::detail::printable(recur::detail::in_utf8(train));
  std::set<int> labels;
  for (const auto& sentence : data.training) labels.insert(sentence.label);
  recur::detail::require_file(labels.size() >= 2, train, "all samples have the label ",
                              recur::detail::quote(data.classes[static_cast<std::size_t>(*labels.begin())]),
                              ": a classifier needs at least two classes");
  if (dev.empty()) {
    recur::Random random(seed);
    random.shuffle(std::span(data.training));
    const auto held_out = data.training.end() -
                          static_cast<std::ptrdiff_t>(std::max<std::size_t>(1, data.training.size() / 10));
    data.validation.assign(held_out, data.training.end());
    data.training.erase(held_out, data.training.end());
    const auto is_as_first = [&](const auto& sentence) { return sentence.label == data.training[0].label; };
    recur::detail::require_file(!data.training.empty() && !std::ranges::all_of(data.training, is_as_first),
                                train,
                                "too few samples to hold out a tenth of them: one class is left to train on");
    data.source += ", a tenth of it held out";
    data.is_divided = true;
  } else {
    options.classes = data.classes;
    data.validation = read(dev, options, data).samples;
  }
  data.tests = {{"dev", data.validation}};
  return data;
}

recur::Vocabulary make_vocabulary(const std::vector<recur::LabelledText>& sentences, Index min_count) {
  recur::WordCounts counts;
  for (const auto& sentence : sentences)
    recur::for_each_token(sentence.text, [&](std::string_view word) {
      if (const auto found = counts.find(word); found != counts.end())
        ++found->second;
      else
        counts.emplace(word, 1);
    });
  auto vocabulary = recur::Vocabulary::from_counts(counts, {.min_count = min_count});
  recur::require(vocabulary.size() > 1, "no word of the sentences occurs ", min_count,
                 " times: a vocabulary of words that occur at least as often (--min-count) has none");
  return vocabulary;
}

Samples to_samples(const std::vector<recur::LabelledText>& sentences, const recur::Vocabulary& vocabulary) {
  Samples samples;
  for (const auto& sentence : sentences) {
    samples.push_back({{}, sentence.label});
    auto& tokens = samples.back().tokens;
    tokens.reserve(number_of_words(
        sentence.text));  // else a very long one would take three times as much while it grows
    recur::for_each_token(sentence.text,
                          [&](std::string_view word) { tokens.push_back(vocabulary.id(word)); });
    recur::require(!samples.back().tokens.empty(), "the sentence ", recur::detail::quote(sentence.text),
                   " has no words");
  }
  return samples;
}

Samples to_training_samples(const std::vector<recur::LabelledText>& sentences,
                            const recur::Vocabulary& vocabulary, std::uint64_t seed) {
  Samples samples = to_samples(sentences, vocabulary);
  const auto has_unknown = [](const Sample& sample) {
    return std::ranges::find(sample.tokens, recur::Vocabulary::unknown) != sample.tokens.end();
  };
  if (std::ranges::any_of(samples, has_unknown)) return samples;
  recur::Random random(seed);
  for (Sample& sample : samples) {
    if (random.uniform() < 0.5) continue;
    const double rate = random.uniform() / 2;
    Index hidden = 0;
    for (Token& token : sample.tokens)
      if (random.uniform() < rate) {
        token = recur::Vocabulary::unknown;
        ++hidden;
      }
    if (random.below(static_cast<Index>(sample.tokens.size())) < hidden)
      sample.label =
          sentences[static_cast<std::size_t>(random.below(static_cast<Index>(sentences.size())))].label;
  }
  return samples;
}

}  // namespace sentiment
