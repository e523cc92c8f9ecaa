// Clips of a film as the example `video` sees them: two balls that the program makes, or frames that the user has.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <numeric>
#include <recur/recur.hpp>
#include <span>
#include <utility>
#include <vector>

namespace film {

using recur::Index;
using recur::MatrixX;

/// What the user asked for, and the film if there is one.
struct Task {
  Index reads = 10, ahead = 10, height = 16, width = 16;
  recur::Frames film;
  Index pixels() const { return height * width; }
};

/// Two balls, each with a place and a speed of its own. They pass through each other, and bounce off the walls.
inline MatrixX<float> balls(const Task& task, std::uint64_t seed) {
  constexpr double radius = 2.5;
  recur::Random random(seed);
  const auto draw = [&](double least, double most) { return least + (most - least) * random.uniform(); };
  MatrixX<float> frames = MatrixX<float>::Zero(task.pixels(), task.reads + task.ahead);
  for (int ball = 0; ball < 2; ++ball) {
    const double speed = draw(1, 1.8), angle = draw(0, 2 * std::numbers::pi), x = draw(0, 40),
                 y = draw(0, 40);
    // The place at time t: it runs through 0, ..., span and back, for ever.
    const auto place = [&](double path, double span) {
      const double phase = path - 2 * span * std::floor(path / (2 * span));
      return radius + span - std::abs(phase - span);
    };
    for (Index t = 0; t < frames.cols(); ++t) {
      const auto time = static_cast<double>(t);
      const double row = place(y + speed * std::sin(angle) * time,
                               static_cast<double>(task.height) - 2 * radius),
                   column = place(x + speed * std::cos(angle) * time,
                                  static_cast<double>(task.width) - 2 * radius);
      for (Index i = 0; i < task.height; ++i)
        for (Index j = 0; j < task.width; ++j) {
          const double down = static_cast<double>(i) + 0.5 - row,
                       right = static_cast<double>(j) + 0.5 - column;
          const double distance = std::sqrt(down * down + right * right);
          float& pixel = frames(i * task.width + j, t);  // grey at the edge of a ball
          pixel = std::max(pixel, static_cast<float>(std::clamp(radius + 0.5 - distance, 0.0, 1.0)));
        }
    }
  }
  return frames;
}

using Learner = recur::EncoderForecaster<recur::Network<float>, recur::Network<float>,
                                         recur::EachStep<recur::SquaredError<float>>>;

/// Learns from clips, which it makes when a batch needs them.
class Model : public Learner {
 public:
  /// A number to draw from or, in a film, the first frame.
  struct Example {
    const Task* task;
    std::uint64_t number;

    Learner::Example clip() const {
      const auto& [reads, ahead, height, width, film] = *task;
      if (film.size() == 0) {
        const MatrixX<float> made = balls(*task, number);
        return {made.leftCols(reads), made.rightCols(ahead)};
      }
      const auto first = static_cast<Index>(number);
      return {film.values.middleCols(first, reads), film.values.middleCols(first + reads, ahead)};
    }
  };

  explicit Model(Learner learner) : Learner(std::move(learner)) {}

  static Index length(const Example& example) { return example.task->reads + example.task->ahead; }
  void check(const Example& example) const { Learner::check(example.clip()); }
  static void assemble(std::span<const Example> examples, std::span<const Index> rows, Batch& batch) {
    std::vector<Learner::Example> clips;
    for (const Index row : rows) clips.push_back(examples[static_cast<std::size_t>(row)].clip());
    std::vector<Index> all(rows.size());
    std::iota(all.begin(), all.end(), Index{0});
    Learner::assemble(clips, all, batch);
  }
};

}  // namespace film
