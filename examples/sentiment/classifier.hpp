// A network with the words and classes it knows, and the file that holds all three.
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "network.hpp"
#include "recur/data/vocabulary.hpp"

namespace sentiment {

/// The file that is written and read where none is named.
inline constexpr const char* default_model = "sentiment.safetensors";

struct Classifier {
  Architecture what;
  recur::Vocabulary vocabulary;
  std::vector<std::string> classes;
  std::unique_ptr<Network> network;

  /// Words that it can tell from one that it does not know.
  Index known_words() const { return vocabulary.size() - 1; }
};

inline constexpr std::array<std::string_view, 4> cells{"rnn-tanh", "rnn-relu", "lstm", "gru"};
inline constexpr std::array<std::pair<std::string_view, recur::Pooling>, 3> poolings{
    {{"last", recur::Pooling::last}, {"mean", recur::Pooling::mean}, {"max", recur::Pooling::max}}};
std::string name_of(recur::Pooling pooling);

/// Features of a word and units of a cell: more than this is a slip, or a damaged file.
inline constexpr Index largest_size = 100000;

/// Throws recur::FileError, with nothing left behind, if `save` could not write there.
void require_writable(const std::filesystem::path& path);

/// Whether labels that are called so can be those of `classes`: by their names, or, where they are numbers, in
/// their order. A file of labels 0 and 1 fits a classifier that calls them negative and positive.
bool are_labels_of(const std::vector<std::string>& labels, const std::vector<std::string>& classes);

void save(const Classifier& classifier, const std::filesystem::path& path);

/// Takes back what was saved, with another rate of dropout if one is given. Throws recur::FileError for what is
/// no such file, before a network is made of sizes that its tensors don't have.
Classifier load(const std::filesystem::path& path, std::optional<double> dropout = {});

}  // namespace sentiment
