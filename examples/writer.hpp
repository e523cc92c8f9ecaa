// The network of the example generate, with the characters that it reads and writes, and its file.
#pragma once

#include <recur/io/model_file.hpp>
#include <recur/io/network_file.hpp>
#include <recur/recur.hpp>
#include <string>
#include <utility>
#include <vector>

#include "common/command_line.hpp"

namespace writer {

using namespace recur;
using Model = ManyToMany<Network<float, Token>, EachStep<SoftmaxCrossEntropy<float>>>;

struct Architecture {
  Index embedding = 32, hidden = 256, layers = 1;
  double dropout = 0.2;
};

/// A network, and the characters that it reads and writes.
struct Writer {
  Vocabulary letters;
  Model model;
};
inline Writer load(const std::string& path) {
  const TensorFile saved = read_safetensors(path);
  return examples::of_file(path, [&] {
    Writer author{vocabulary_from_metadata(saved.metadata),
                  {load_network<float, Token>(saved, path), EachStep{SoftmaxCrossEntropy<float>{}}}};
    require(author.model.output_size() == author.letters.size(), "predicts ", author.model.output_size(),
            " characters, but names ", author.letters.size());
    return author;
  });
}
inline Writer make(const std::vector<std::string>& text, const examples::Settings& how,
                   const Architecture& sizes) {
  WordCounts counts;
  count_words(text, counts);
  Vocabulary letters = Vocabulary::from_counts(counts);
  auto network = make_network<float, Token>({{"embedding", letters.size(), sizes.embedding},
                                             examples::recurrent(how.cell, sizes.embedding, sizes.hidden)
                                                 .with("num_layers", sizes.layers)
                                                 .with("dropout", sizes.layers > 1 ? sizes.dropout : 0.0),
                                             Description("dropout").with("rate", sizes.dropout),
                                             {"dense", sizes.hidden, letters.size()}});
  return {std::move(letters), {std::move(network), EachStep{SoftmaxCrossEntropy<float>{}}}};
}
inline void save(const Writer& author, const std::string& path, Metadata metadata) {
  vocabulary_to_metadata(author.letters, metadata);
  save_network(path, author.model.body, metadata);
}

}  // namespace writer
