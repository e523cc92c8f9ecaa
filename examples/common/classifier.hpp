// A classifier of texts whose layers are chosen while the program runs, and its file.
#pragma once

#include <filesystem>
#include <recur/architecture/many_to_one.hpp>
#include <recur/core/error.hpp>
#include <recur/data/vocabulary.hpp>
#include <recur/io/model_file.hpp>
#include <recur/io/network_file.hpp>
#include <recur/network/network.hpp>
#include <recur/network/standard.hpp>
#include <recur/train/loss.hpp>
#include <string>
#include <utility>
#include <vector>

#include "file.hpp"

namespace examples {

/// What a classifier needs to answer: its tokens, its classes and its network.
struct Classifier {
  using Model = recur::ManyToOne<recur::Network<float, recur::Token>, recur::Network<float>,
                                 recur::SoftmaxCrossEntropy<float>>;

  recur::Vocabulary vocabulary;
  std::vector<std::string> classes;
  Model model;

  /// body: from tokens to features, head: from the last of these to a score for each class. Throws
  /// std::invalid_argument for layers that don't fit, and those with more numbers than the limit.
  Classifier(recur::Vocabulary its_vocabulary, std::vector<std::string> its_classes,
             const recur::Description& body, const recur::Description& head, recur::SizeLimit limit = {})
      : vocabulary(std::move(its_vocabulary)),
        classes(std::move(its_classes)),
        model{recur::standard_kinds<float>().make<recur::Token>(body, limit), recur::Pooling::last,
              recur::standard_kinds<float>().make(head, limit), recur::SoftmaxCrossEntropy<float>{}} {}
};

/// Saves all of it as one safetensors file, with metadata of the program.
inline void save(const Classifier& classifier, const std::filesystem::path& path, recur::Metadata metadata) {
  metadata["examples.body"] = recur::to_json(classifier.model.body.description());
  metadata["examples.head"] = recur::to_json(classifier.model.head.description());
  recur::vocabulary_to_metadata(classifier.vocabulary, metadata);
  recur::list_to_metadata(classifier.classes, metadata, "examples.classes");
  recur::save_weights(path, classifier.model, std::move(metadata));
}

/// The classifier that `save` saved. Throws recur::FileError for any other file.
inline Classifier load_classifier(const std::filesystem::path& path) {
  const recur::TensorFile file = recur::read_safetensors(path);
  return of_file(path, [&] {
    const auto text = [&](const char* key) {
      const auto found = file.metadata.find(key);
      recur::detail::require_file(found != file.metadata.end(), path,
                                  "is not a classifier of these programs");
      return recur::description_from_json(found->second);
    };
    // Not before the descriptions: a file of another kind lacks them.
    const auto body = text("examples.body"), head = text("examples.head");
    Classifier classifier(recur::vocabulary_from_metadata(file.metadata),
                          recur::list_from_metadata(file.metadata, "examples.classes"), body, head,
                          recur::SizeLimit(recur::detail::network_file::numbers_of(file)));
    recur::take_weights(classifier.model, file, path);
    recur::require(classifier.classes.size() == static_cast<std::size_t>(classifier.model.output_size()),
                   "the network has ", classifier.model.output_size(), " outputs, but there are ",
                   classifier.classes.size(), " classes");
    return classifier;
  });
}

}  // namespace examples
