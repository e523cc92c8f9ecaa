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
};

struct DataFiles {
  std::filesystem::path data;  ///< a file, or a folder with train.* and dev.*; empty: the corpus that ships
  std::filesystem::path dev;   ///< empty: a tenth of the training sentences is held out
  std::string text_column, label_column;
};

/// Throws recur::FileError and std::invalid_argument where a file is not as it should be.
Data load_data(const DataFiles& files, std::uint64_t seed);

/// The words of the sentences that occur at least min_count times.
recur::Vocabulary make_vocabulary(const std::vector<recur::LabelledText>& sentences, Index min_count);

/// Sentences as tokens. Throws std::invalid_argument for a sentence without words.
Samples to_samples(const std::vector<recur::LabelledText>& sentences, const recur::Vocabulary& vocabulary);

}  // namespace sentiment
