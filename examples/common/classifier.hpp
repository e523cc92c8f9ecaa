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
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace examples {

/// What a classifier needs to answer: its tokens, its classes and its network.
struct Classifier {
  using Model = recur::ManyToOne<recur::Network<float, recur::Token>, recur::Network<float>,
                                 recur::SoftmaxCrossEntropy<float>>;

  recur::Vocabulary vocabulary;
  std::vector<std::string> classes;
  Model model;

  /// body: from tokens to features, head: from the last of these to a score for each class.
  Classifier(recur::Vocabulary its_vocabulary, std::vector<std::string> its_classes,
             const recur::Description& body, const recur::Description& head)
      : vocabulary(std::move(its_vocabulary)),
        classes(std::move(its_classes)),
        model{recur::standard_kinds<float>().make<recur::Token>(body), recur::Pooling::last,
              recur::standard_kinds<float>().make(head), recur::SoftmaxCrossEntropy<float>{}} {}
};

/// Saves all of it as one safetensors file.
inline void save(const Classifier& classifier, const std::filesystem::path& path) {
  recur::Metadata metadata{{"examples.body", recur::to_json(classifier.model.body.description())},
                           {"examples.head", recur::to_json(classifier.model.head.description())}};
  recur::vocabulary_to_metadata(classifier.vocabulary, metadata);
  recur::list_to_metadata(classifier.classes, metadata, "examples.classes");
  recur::save_weights(path, classifier.model, std::move(metadata));
}

/// The classifier that `save` saved. Throws recur::FileError for any other file.
inline Classifier load_classifier(const std::filesystem::path& path) {
  const recur::TensorFile file = recur::read_safetensors(path);
  const auto made = [&](const char* key) {
    return recur::description_from_json(recur::detail::model_file::value(file.metadata, key));
  };
  try {
    Classifier classifier(recur::vocabulary_from_metadata(file.metadata),
                          recur::list_from_metadata(file.metadata, "examples.classes"), made("examples.body"),
                          made("examples.head"));
    recur::take_weights(classifier.model, file, path);
    const auto outputs = static_cast<std::size_t>(classifier.model.output_size());
    recur::detail::require_file(classifier.classes.size() == outputs, path, "names ",
                                classifier.classes.size(), " classes, but its network has ", outputs);
    return classifier;
  } catch (const std::invalid_argument& error) {
    recur::detail::require_file(false, path, error.what());
    throw;
  }
}

}  // namespace examples
