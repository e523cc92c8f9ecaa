#include "data.hpp"

#include <algorithm>

#include "corpus.hpp"
#include "recur/core/random.hpp"
#include "recur/data/tokenizer.hpp"

namespace sentiment {

namespace {

Data built_in() {
  Data data;
  data.classes = {"negative", "positive"};
  data.source = "the built-in corpus";
  for (auto& sentence : training_sentences()) data.training.push_back({sentence.text, sentence.label});
  TestSet test{"test", {}}, negation{"negation pairs", {}}, order{"order pairs", {}};
  for (auto& sentence : test_sentences()) test.sentences.push_back({sentence.text, sentence.label});
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

/// The file NAME.tsv, NAME.csv or NAME.txt of a folder, or nothing.
std::filesystem::path find_in(const std::filesystem::path& folder, const std::string& name) {
  for (const char* ending : {".tsv", ".csv", ".txt"})
    if (auto path = folder / (name + ending); std::filesystem::is_regular_file(path)) return path;
  return {};
}

}  // namespace

Data load_data(const DataFiles& files, std::uint64_t seed) {
  if (files.data.empty()) return built_in();
  auto train = files.data, dev = files.dev;
  if (std::filesystem::is_directory(files.data)) {
    train = find_in(files.data, "train");
    if (train.empty())
      throw recur::FileError(files.data.string() + ": the folder has no train.tsv, train.csv or train.txt");
    if (dev.empty()) dev = find_in(files.data, "dev");
  }
  recur::LabelledTextOptions options{files.text_column, files.label_column, {}};
  auto read = recur::read_labelled_text(train, options);
  Data data;
  data.training = std::move(read.samples);
  data.classes = read.classes;
  data.source = train.string();
  if (data.classes.size() < 2)
    throw recur::FileError(train.string() + ": all samples have one label: a classifier needs at least two");
  if (dev.empty()) {
    recur::Random random(seed);
    random.shuffle(std::span(data.training));
    const auto held_out = data.training.end() -
                          static_cast<std::ptrdiff_t>(std::max<std::size_t>(1, data.training.size() / 10));
    data.validation.assign(held_out, data.training.end());
    data.training.erase(held_out, data.training.end());
    data.source += ", a tenth of it held out";
  } else {
    options.classes = data.classes;
    data.validation = recur::read_labelled_text(dev, options).samples;
  }
  data.tests = {{"dev", data.validation}};
  return data;
}

recur::Vocabulary make_vocabulary(const std::vector<recur::LabelledText>& sentences, Index min_count) {
  recur::WordCounts counts;
  for (const auto& sentence : sentences)
    for (auto& word : recur::tokenize(sentence.text)) ++counts[std::move(word)];
  return recur::Vocabulary::from_counts(counts, {.min_count = min_count});
}

Samples to_samples(const std::vector<recur::LabelledText>& sentences, const recur::Vocabulary& vocabulary) {
  Samples samples;
  for (const auto& sentence : sentences) {
    samples.push_back({vocabulary.ids(recur::tokenize(sentence.text)), sentence.label});
    recur::require(!samples.back().tokens.empty(), "the sentence \"", sentence.text, "\" has no words");
  }
  return samples;
}

}  // namespace sentiment
