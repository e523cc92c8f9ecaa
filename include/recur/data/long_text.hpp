// A text that is too long for one batch.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <stdexcept>
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
///   fit(model, optimizer, text, {.epochs = 10, .clip_norm = 1});
///
/// or, in a loop of your own,
///
///   for (Index i = 0; i < text.batches(); ++i) trainer.step(text, i);
///
/// Each row begins in the start state of the model, and each of its batches in the state of the one before.
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

  /// Throws std::invalid_argument if the text was moved from, and so does what reads it.
  const std::vector<Token>& tokens() const {
    require(!tokens_.empty(), "a long text was used after it had been moved from");
    return tokens_;
  }
  Index rows() const { return rows_; }
  Index batches() const { return (length_ + steps_ - 1) / steps_; }
  /// The steps of batch i. Throws std::out_of_range if there is no such batch.
  Index steps(Index i) const {
    detail::check_index("batch", i, batches());
    return std::min(steps_, length_ - i * steps_);
  }

  /// x: 1 × N tokens. targets: the token after each. All rows have the same length, which is shorter in the
  /// last batch. Other members of the batch stay, such as the state in which it begins.
  template <class Batch>
  void fill(Index i, Batch& batch) const {
    fill_rows(
        i, rows_, [](Index row) { return row; }, batch);
  }
  /// The same for some of the rows. Throws std::out_of_range for a row that does not exist.
  template <class Batch>
  void fill(Index i, std::span<const Index> rows, Batch& batch) const {
    for (const Index row : rows) detail::check_index("row", row, rows_);
    fill_rows(
        i, static_cast<Index>(rows.size()), [&](Index n) { return rows[static_cast<std::size_t>(n)]; },
        batch);
  }

 private:
  template <class Batch>
  void fill_rows(Index i, Index rows, auto&& row, Batch& batch) const {
    const auto& tokens = this->tokens();
    const Layout layout(rows, steps(i));
    batch.x.reshape(1, layout);
    batch.targets.layout = layout;
    batch.targets.columns.resize(static_cast<std::size_t>(layout.columns()));
    for (Index t = 0; t < layout.steps(); ++t)
      for (Index n = 0; n < rows; ++n) {
        const auto at = static_cast<std::size_t>(row(n) * length_ + i * steps_ + t);
        batch.x.data()[t * rows + n] = tokens[at];
        batch.targets.columns[static_cast<std::size_t>(t * rows + n)] = tokens[at + 1];
      }
  }

  std::vector<Token> tokens_;
  Index rows_, steps_, length_ = 0;
};

}  // namespace recur::inline RECUR_ABI
