// A text that is too long for one batch.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/sequence.hpp"

namespace recur::inline RECUR_ABI {

/// A text cut into batches for truncated backpropagation through time. The network learns to predict the next
/// token.
///
///   rows 2, steps 3:  batch 0          batch 1
///     a b c d e f     a b c -> b c d   d e f -> e f g      row 0
///     g h i j k l m   g h i -> h i j   j k l -> k l m      row 1
///
/// The text is cut into rows of one length, which are read side by side. Each row is cut into batches; each
/// batch continues where the one before ended. Tokens at the end that don't fill all rows are left out.
///
///   const LongText text(tokens, 16, 64);
///   ManyToMany<...>::Batch batch;
///   for (Index i = 0; i < text.batches(); ++i) {
///     text.fill(i, batch);
///     trainer.step(batch);
///     batch.initial = model.final_state(trainer.tape());
///   }
///
/// Throws std::invalid_argument for rows or steps below one, and for a text of fewer tokens than rows + 1.
class LongText {
 public:
  LongText(std::vector<Token> tokens, Index rows, Index steps)
      : tokens_(std::move(tokens)), rows_(rows), steps_(steps) {
    require(rows > 0 && steps > 0, "a long text in ", rows, " rows of ", steps,
            " steps a batch: both must be at least 1");
    length_ = (static_cast<Index>(tokens_.size()) - 1) / rows;
    require(length_ > 0, "a long text of ", tokens_.size(), " tokens in ", rows,
            " rows: it must have at least ", static_cast<std::size_t>(rows) + 1);
    steps_ = std::min(steps, length_);  // more means all
  }

  Index rows() const { return rows_; }
  Index batches() const { return (length_ + steps_ - 1) / steps_; }

  /// x: 1 × N tokens. targets: the token after each. All rows have the same length, which is shorter in the
  /// last batch. Other members of the batch stay, such as the state in which it begins.
  template <class Batch>
  void fill(Index i, Batch& batch) const {
    require(i >= 0 && i < batches(), "batch ", i, " of a long text: it has ", batches());
    const Index begin = i * steps_, count = std::min(steps_, length_ - begin);
    const Layout layout(rows_, count);
    batch.x.reshape(1, layout);
    batch.targets.layout = layout;
    batch.targets.columns.resize(static_cast<std::size_t>(layout.columns()));
    for (Index t = 0; t < count; ++t)
      for (Index r = 0; r < rows_; ++r) {
        const auto at = static_cast<std::size_t>(r * length_ + begin + t);
        batch.x.data()[t * rows_ + r] = tokens_[at];
        batch.targets.columns[static_cast<std::size_t>(t * rows_ + r)] = tokens_[at + 1];
      }
  }

 private:
  std::vector<Token> tokens_;
  Index rows_, steps_, length_ = 0;
};

}  // namespace recur::inline RECUR_ABI
