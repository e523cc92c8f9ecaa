// A classifier of texts whose layers are chosen while the program runs, and its file.
#pragma once

#include <filesystem>
#include <recur/architecture/many_to_one.hpp>
#include <recur/core/error.hpp>
#include <recur/data/vocabulary.hpp>
#include <recur/io/model_file.hpp>
#include <recur/network/network.hpp>
#include <recur/network/standard.hpp>
#include <recur/train/loss.hpp>
#include <string>
#include <utility>
#include <vector>

#include "saved_model.hpp"

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
  const auto& model = classifier.model;
  recur::vocabulary_to_metadata(classifier.vocabulary, metadata);
  recur::list_to_metadata(classifier.classes, metadata, "examples.classes");
  save_model(model, path, std::move(metadata),
             {{"examples.body", model.body.description()}, {"examples.head", model.head.description()}});
}

/// The classifier that `save` saved. Throws recur::FileError for any other file.
inline Classifier load_classifier(const std::filesystem::path& path) {
  return load_model(path, [](const SavedModel& saved) {
    // Not before the descriptions: a file of another kind lacks them.
    const auto body = saved.network("examples.body"), head = saved.network("examples.head");
    Classifier classifier(saved.vocabulary(), saved.list("examples.classes"), body, head, saved.limit());
    recur::require(classifier.classes.size() == static_cast<std::size_t>(classifier.model.output_size()),
                   "the network has ", classifier.model.output_size(), " outputs, but there are ",
                   classifier.classes.size(), " classes");
    return classifier;
  });
}

}  // namespace examples
