// The network that reads sentences and says whether they praise or blame.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "answer.hpp"
#include "course.hpp"
#include "sentences.hpp"

namespace playground {

/// The cells that the page offers, in its order.
enum class CellKind { tanh, relu, lstm, gru };
inline constexpr int cell_kinds = 4;

struct Architecture {
  CellKind cell = CellKind::lstm;
  Index embedding = 32, hidden = 64;
  double dropout = 0.2, label_smoothing = 0.04;
};

/// Embedding, cell, the last state, a linear head. The type of the cell is known only inside.
class Reader {
 public:
  virtual ~Reader() = default;
  virtual recur::StepResult step() = 0;
  virtual double rate() const = 0;
  virtual Score measure(std::span<const Example> examples) const = 0;
  virtual Index parameters() const = 0;

  /// The probability of praise for each sentence.
  virtual std::vector<float> judge(const std::vector<std::vector<Token>>& sentences) const = 0;

  /// Everything that happens while it reads a sentence of T words:
  ///
  ///   probability  T      of praise, after each word
  ///   influence    T × T  ‖∂a_t/∂x_s‖ in row s, column t: how much word s moves the answer after word t
  ///   push         T × T  x_s · ∂a_t/∂x_s: in which direction (0 for s > t; a = log-odds of praise)
  ///   h, c, i, f, ...     H × T, as trace.hpp
  ///
  /// All prefixes of the sentence go through the network as one ragged batch: the answer after word t is the answer to
  /// the prefix that ends there, and one backward pass gives the gradients of all answers.
  virtual void read(const std::vector<Token>& sentence, Answer& answer) const = 0;

  /// Row s of influence by central differences, for the tests: it moves the vector of word s, which must be in the
  /// sentence only once.
  virtual std::vector<float> influence_by_differences(const std::vector<Token>& sentence,
                                                      std::size_t s) const = 0;

  /// What each unit responds to, from what it does in some sentences:
  ///
  ///   sentiment  H      its mean at the end of praise, minus that at the end of blame
  ///   memory     H      Σ h_t h_{t-1} / Σ h_t²: near 1 for a unit that keeps what it has
  ///   change     H × W  the mean of h_t - h_{t-1} when word w is read, for frequent words; `words` are their tokens
  virtual void describe_units(std::span<const Example> examples, std::vector<Token>& words,
                              Answer& answer) const = 0;
};

std::unique_ptr<Reader> make_reader(const Architecture& what, const Sentences& sentences,
                                    const Course& course);

}  // namespace playground
