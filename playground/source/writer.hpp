// A network of characters that continues a text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "answer.hpp"
#include "recur/architecture/many_to_many.hpp"
#include "recur/architecture/sampling.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/data/vocabulary.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/dropout.hpp"
#include "recur/layer/embedding.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "recur/train/loss.hpp"
#include "recur/train/sequence_loss.hpp"

namespace playground {

using Letters =
    recur::ManyToMany<recur::Sequential<recur::Embedding<float>, recur::Recurrent<recur::Lstm<float>>,
                                        recur::Dropout<float>, recur::Dense<float>>,
                      recur::EachStep<recur::SoftmaxCrossEntropy<float>>>;
Letters make_letters(Index letters, Index embedding, Index hidden, double dropout = 0);

/// The file of a network and its letters: three numbers (letters, embedding, hidden) of 32 bits, the letters in UTF-8
/// with a line each, beginning after the unknown letter, and the weights as 16-bit floats in the order in
/// which the model names them. The numbers are in the order of bytes of this machine, which is little-endian on all that
/// run the page.
std::string to_file(const Letters& model, const recur::Vocabulary& letters);

/// Writes letter by letter.
class Writer {
 public:
  /// Takes the bytes of `to_file`. Throws std::invalid_argument for others.
  explicit Writer(std::string_view file);

  /// Forgets what it read, and reads a text. Letters that it does not know are left out.
  void start(std::string_view text);

  /// The letters that may come next:
  ///
  ///   all    V  softmax(a / temperature)
  ///   drawn  V  the same without those that top-p excludes, scaled to the sum 1
  void distribution(const recur::SamplingOptions& how, Answer& answer) const;

  /// Draws the next letter, reads it and returns it.
  std::string next(const recur::SamplingOptions& how);
  /// Reads a letter of the visitor's choice. Throws std::out_of_range for a token that it does not have.
  std::string take(Token letter);

  const recur::Vocabulary& letters() const { return letters_; }
  const Letters& model() const { return model_; }
  void seed(std::uint64_t seed) { random_ = recur::Random(seed); }

 private:
  Letters model_;
  recur::Vocabulary letters_;
  Letters::Stream stream_;
  recur::VectorX<float> logits_;
  recur::Random random_{1};
};

}  // namespace playground
