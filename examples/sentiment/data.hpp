// The source of sentences: the built-in corpus, or a file.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "recur/data/labelled_text.hpp"
#include "recur/data/vocabulary.hpp"
#include "settings.hpp"

namespace sentiment {

/// Sentences with a name for the table of results.
struct TestSet {
  std::string name;
  std::vector<recur::LabelledText> sentences;
};

struct Data {
  std::vector<recur::LabelledText> training, validation;
  std::vector<TestSet> tests;
  std::vector<std::string> classes;
  std::string source;
  bool is_divided = false;        ///< the validation is a tenth of a file, drawn by the seed
  std::size_t without_words = 0;  ///< sentences of files that are left out, since they have no words
};

struct DataFiles {
  std::filesystem::path data;  ///< a file, or a folder with train.* and dev.*; empty: the built-in corpus
  std::filesystem::path dev;   ///< empty: a tenth of the training sentences is held out
  std::string text_column, label_column;
};

/// The settings for the built-in corpus. Rules made its many sentences, so a small network learns them in a
/// few epochs. It should be less sure of the sentences that people write.
inline void suit_built_in(Architecture& what, Training& how) {
  what.hidden = 64;
  what.dropout = 0.4;
  how.epochs = 3;
  how.label_smoothing = 0.06;
}

/// The number of words and signs in a sentence.
std::size_t number_of_words(const std::string& sentence);

/// Removes the sentences without a word, and returns their number.
std::size_t leave_out_wordless(std::vector<recur::LabelledText>& sentences);

/// Leaves out sentences without a word, and counts them. Throws recur::FileError and std::invalid_argument if
/// a file is not legal.
Data load_data(const DataFiles& files, std::uint64_t seed);

/// The words of the sentences that occur at least min_count times.
recur::Vocabulary make_vocabulary(const std::vector<recur::LabelledText>& sentences, Index min_count);

/// Sentences as tokens. Throws std::invalid_argument for a sentence without words.
Samples to_samples(const std::vector<recur::LabelledText>& sentences, const recur::Vocabulary& vocabulary);

/// The same for training. If all words are known, nothing would train the vector for unknown words, and
/// nothing would teach the network to be less sure when it knows fewer words. So half of the sentences get
/// some words replaced by the unknown word: a part of up to a half, which differs for each sentence. With a
/// probability equal to that part, such a sentence also gets the label of another sentence, drawn at random.
/// A network that knows no word of a sentence then knows only how frequent the labels are.
Samples to_training_samples(const std::vector<recur::LabelledText>& sentences,
                            const recur::Vocabulary& vocabulary, std::uint64_t seed);

}  // namespace sentiment
