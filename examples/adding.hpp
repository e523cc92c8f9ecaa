// The adding problem (Hochreiter and Schmidhuber 1997, experiment 4, in the form of Arjovsky et al. 2016, section
// 5.2), a measure of long memories. Two of some numbers from 0 to 1 are marked, one in each half. At the end the
// network must give their sum.
#pragma once

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <numeric>
#include <recur/recur.hpp>
#include <recur/train/interrupt.hpp>
#include <string>
#include <vector>

#include "common/few_options.hpp"
#include "common/text.hpp"

namespace adding {

using namespace recur;
using namespace examples;
using Example = LabelledSequences<float, SquaredError<float>>::Example;

inline std::vector<Example> draw(Index number, Index steps, Random& random) {
  std::vector<Example> examples(static_cast<std::size_t>(number));
  for (auto& [x, sum] : examples) {
    x.setZero(2, steps);
    for (Index t = 0; t < steps; ++t) x(0, t) = static_cast<float>(random.uniform());
    const Index first = random.below(steps / 2), second = steps / 2 + random.below(steps / 2);
    x(1, first) = x(1, second) = 1;
    sum = VectorX<float>::Constant(1, x(0, first) + x(0, second));
  }
  return examples;
}

/// How many batches are an epoch. Each is drawn anew.
inline constexpr int batches = 50;

/// Trains the model on batches of 32, prints the result, and returns the model. Ctrl-C ends it.
auto train(const std::string& name, auto model, Index steps, auto rule, const FewOptions& how, int epochs,
           double clip_norm, const Interrupt& interrupt) {
  Optimizer optimizer(model, rule);
  Trainer trainer(model, optimizer, {.threads = how.threads, .clip_norm = clip_norm});
  Random random(how.seed + 2);
  std::vector<Index> rows(32);
  std::iota(rows.begin(), rows.end(), Index{0});
  double largest = 0, error = 0;
  int clipped = 0, update = 0;
  std::string failure;
  std::cout << "  " << name << std::endl;
  try {
    for (; update < epochs * batches && !interrupt.requested(); ++update) {
      const StepResult result = trainer.step(draw(32, steps, random), rows);
      error += (result.loss - error) / std::min(update + 1, 200);  // the mean of the last ones
      largest = std::max(largest, result.norm);
      clipped += result.clipped;
      const int read = (update + 1) / batches;
      if ((update + 1) % (10 * batches) == 0 && read < epochs)
        std::cout << text_of("    epoch ", read, " of ", epochs, ": error ", fixed(error, 3)) << std::endl;
    }
  } catch (const NonFinite& found) {
    failure = text_of("fails at update ", update + 1, ": ", found.what(), "; ");
  }
  char text[160];
  std::snprintf(text, sizeof text, "error %.3f; clipped %d of %d; ", error, clipped, update);
  char gradient[80];
  std::snprintf(gradient, sizeof gradient, "largest gradient %.2g", largest);
  write_text("    " + (failure.empty() ? text : failure) + gradient);
  return model;
}

}  // namespace adding
