// A network with the words and classes that it knows, and the file that holds all three.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../common/cell.hpp"
#include "network.hpp"
#include "recur/data/vocabulary.hpp"

namespace sentiment {

/// The file to write and read if the user names none.
inline constexpr const char* default_model = "sentiment.safetensors";

struct Classifier {
  Architecture what;
  recur::Vocabulary vocabulary;
  std::vector<std::string> classes;
  std::optional<Network> network;
  /// The seed by which a tenth of the sentences was held out; none if these were not drawn.
  std::optional<std::uint64_t> held_out_by{};

  /// The number of words that it can distinguish from unknown words.
  Index known_words() const { return vocabulary.size() - 1; }
};

using examples::cells;
inline constexpr std::array<std::pair<std::string_view, recur::Pooling>, 3> poolings{
    {{"last", recur::Pooling::last}, {"mean", recur::Pooling::mean}, {"max", recur::Pooling::max}}};
std::string name_of(recur::Pooling pooling);

/// The largest size of an embedding and of a cell. A larger one is a mistake, or the file is damaged.
inline constexpr Index largest_size = 100000;

/// Whether these labels can be those of `classes`: by their names or, if the labels are numbers, in their
/// order. A file with labels 0 and 1 fits a classifier with the classes negative and positive.
bool are_labels_of(const std::vector<std::string>& labels, const std::vector<std::string>& classes);

void save(const Classifier& classifier, const std::filesystem::path& path);

/// Loads a file of `save`, with another rate of dropout if one is given. Throws recur::FileError for any
/// other file, before it makes a network of sizes that the file's tensors don't have.
Classifier load(const std::filesystem::path& path, std::optional<double> dropout = {});

}  // namespace sentiment
