// The adding problem (Hochreiter and Schmidhuber 1997, experiment 4), a measure of long memories. Two of some
// numbers from 0 to 1 are marked, one in each half. At the end the network must give their sum.
#pragma once

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <recur/recur.hpp>
#include <string>
#include <vector>

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

/// Trains the model on batches of 32, prints the result, and returns the model.
auto train(const char* name, auto model, Index steps, auto rule, double clip_norm, int updates) {
  Optimizer optimizer(model, rule);
  Trainer trainer(model, optimizer, {.clip_norm = clip_norm});
  Random random(3);
  std::vector<Index> rows(32);
  std::iota(rows.begin(), rows.end(), Index{0});
  double largest = 0, error = 0;
  int clipped = 0, update = 0;
  std::printf("  %-17s", name);
  std::fflush(stdout);
  try {
    for (; update < updates; ++update) {
      const StepResult result = trainer.step(draw(32, steps, random), rows);
      error += (result.loss - error) / std::min(update + 1, 200);  // the mean of the last ones
      largest = std::max(largest, result.norm);
      clipped += result.clipped;
    }
    char text[160];
    std::snprintf(text, sizeof text, "    error %.3f; clipped %d of %d; largest gradient %.2g", error,
                  clipped, updates, largest);
    write_text(text, 19);
  } catch (const NonFinite& failure) {
    char text[160];
    std::snprintf(text, sizeof text, "    fails at update %d; largest gradient before: %.2g\n    ",
                  update + 1, largest);
    write_text(std::string(text) + failure.what(), 19);
  }
  return model;
}

}  // namespace adding
