// All that the page can ask for. The page calls it through interface.cpp, the native program through native.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "answer.hpp"
#include "bag.hpp"
#include "forgetting.hpp"
#include "reader.hpp"
#include "sentences.hpp"
#include "writer.hpp"

namespace playground {

/// What the visitor chooses before a training.
struct Choice {
  CellKind cell = CellKind::lstm;
  Index hidden = 64, sentences = 40000, epochs = 2;
  double rate = 4e-3, clip = 5;
  std::uint64_t seed = 1;
};

class Playground {
 public:
  /// Makes new networks, the one that reads and the bag of words: `parameters`, `steps` (of the whole training),
  /// `words` (that it knows), `sentences` (to learn from), `validation`. Throws std::invalid_argument for a choice that
  /// the page does not offer.
  Answer begin(const Choice& choice);
  /// Some steps of both: `loss`, `norm` (of the gradient, before clipping), `clipped` (1 or 0), `rate`, of the one that
  /// reads. A loss that was not finite is NaN: the step was left out.
  Answer train(int steps);
  /// The validation sentences from `first` on: how many each network gets `right` and `bag_right`, and the sum of the
  /// losses.
  Answer measure(Index first, Index count) const;
  /// See Reader::read; also the `tokens`, whether each is `known`, and how many after these are `unread`, as there are
  /// too many.
  Answer read(std::string_view sentence) const;
  /// See Reader::influence_by_differences: `differences`, for the word at place s.
  Answer check_influence(std::string_view sentence, std::size_t s) const;
  /// See Reader::describe_units; also `negation`, H: the change at "not" and "n't".
  Answer describe_units() const;
  /// The probability of praise for each line, for both networks: `reader`, `bag`. NaN for a line without words.
  /// Also how many words of each are `unread`, as there are too many.
  Answer judge(std::string_view lines) const;
  /// Sentences of which order or a "not" decides: `first` and `second`.
  Answer pairs() const;

  static Answer forget(CellKind cell, const Forgetting& how);

  Answer load_writer(std::string_view file);
  Answer start_writing(std::string_view text, std::uint64_t seed);
  /// Writes `letters` letters, or the one that the visitor chose: `text`, and then the distribution of the next one.
  Answer write(const recur::SamplingOptions& how, int letters, Token chosen = -1);

 private:
  const Reader& reader() const;

  std::optional<Sentences> sentences_;
  Index count_ = 0;  // of the sentences asked for
  std::unique_ptr<Reader> reader_;
  std::unique_ptr<Student<Bag>> bag_;
  std::optional<Writer> writer_;
};

}  // namespace playground
