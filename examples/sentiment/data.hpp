// Where sentences come from: the corpus that ships with the program, or a file.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "network.hpp"
#include "recur/data/labelled_text.hpp"
#include "recur/data/vocabulary.hpp"

namespace sentiment {

/// Sentences under a name, to be told apart in the table of results.
struct TestSet {
  std::string name;
  std::vector<recur::LabelledText> sentences;
};

struct Data {
  std::vector<recur::LabelledText> training, validation;
  std::vector<TestSet> tests;
  std::vector<std::string> classes;
  std::string source;
  std::size_t without_words =
      0;  ///< sentences of files that are left out, for there is nothing to read in them
};

struct DataFiles {
  std::filesystem::path data;  ///< a file, or a folder with train.* and dev.*; empty: the corpus that ships
  std::filesystem::path dev;   ///< empty: a tenth of the training sentences is held out
  std::string text_column, label_column;
};

/// The settings that suit the corpus that ships: its many sentences are made by rules, so that a small network learns
/// them in a few epochs, and should be less sure of what people write.
inline void suit_built_in(Architecture& what, Training& how) {
  what.hidden = 64;
  what.dropout = 0.4;
  how.epochs = 3;
  how.label_smoothing = 0.06;
}

/// Words and signs of a sentence.
std::size_t number_of_words(const std::string& sentence);

/// Takes out the sentences without a word, and says how many these were.
std::size_t leave_out_wordless(std::vector<recur::LabelledText>& sentences);

/// Sentences without a word are left out, and counted. Throws recur::FileError and std::invalid_argument where
/// a file is not as it should be.
Data load_data(const DataFiles& files, std::uint64_t seed);

/// The words of the sentences that occur at least min_count times.
recur::Vocabulary make_vocabulary(const std::vector<recur::LabelledText>& sentences, Index min_count);

/// Sentences as tokens. Throws std::invalid_argument for a sentence without words.
Samples to_samples(const std::vector<recur::LabelledText>& sentences, const recur::Vocabulary& vocabulary);

/// The same, to train on. Where no word of them is unknown, nothing would ever train the vector that stands for unknown
/// words, nor teach that who knows fewer words is less sure: then half of the sentences are read with words hidden
/// behind it, in each another part of up to a half. As likely as that part such a sentence has the label of another
/// one, drawn at random: who knows no word of a sentence knows but how frequent the labels are.
Samples to_training_samples(const std::vector<recur::LabelledText>& sentences,
                            const recur::Vocabulary& vocabulary, std::uint64_t seed);

}  // namespace sentiment
