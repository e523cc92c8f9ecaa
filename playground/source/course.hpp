// A network in training, one batch after the other, so that a page can draw between two of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "recur/data/batching.hpp"
#include "recur/train/optimizer.hpp"
#include "recur/train/schedule.hpp"
#include "recur/train/trainer.hpp"

namespace playground {

/// How a network is trained.
struct Course {
  double rate = 4e-3, clip = 5;  ///< clip 0: never
  std::uint64_t seed = 1;
  Index batch = 32, steps = 500;  ///< all steps: the rate falls to a hundredth of itself over them
};

/// How many sentences a network gets right, and the sum of their losses.
struct Score {
  double right = 0, loss = 0;
};

/// The model, its optimizer, its trainer and its place in the examples. All of them point at each other, so it stays
/// where it is made.
template <class Model>
class Student {
 public:
  Student(Model untrained, std::span<const typename Model::Example> examples, const Course& course)
      : model(initialized(std::move(untrained), course.seed)),
        course_(course),
        examples_(examples),
        optimizer_(model, recur::Adam{.rate = course.rate}),
        trainer_(model, optimizer_,
                 {.clip_norm = course.clip > 0 ? course.clip : recur::no_limit,
                  .skip_non_finite = true,
                  .seed = course.seed}),
        batches_(recur::detail::lengths_of<Model>(examples), course.batch),
        order_(recur::Random(course.seed).split(7)) {
    batches_.shuffle(order_.split(0));
  }
  Student(const Student&) = delete;
  Student& operator=(const Student&) = delete;

  Model model;

  recur::StepResult step() {
    if (at_ == batches_.size()) {
      at_ = 0;
      batches_.shuffle(order_.split(++epoch_));
    }
    const recur::CosineDecay schedule{
        .rate = course_.rate, .over = course_.steps, .floor = course_.rate / 100};
    optimizer_.set_rate(schedule(steps_++));
    return trainer_.step(examples_, batches_[at_++]);
  }
  double rate() const { return optimizer_.rate(); }

  Score measure(std::span<const typename Model::Example> examples) const {
    std::vector<Index> rows(examples.size());
    for (std::size_t n = 0; n < rows.size(); ++n) rows[n] = static_cast<Index>(n);
    typename Model::Batch batch;
    typename Model::Tape tape;
    model.assemble(examples, rows, batch);
    Score score;
    score.loss = model.loss(batch, tape, recur::predicting, 1.0);
    const recur::MatrixX<float> answers = model.predict(batch.x, tape);
    for (Index b = 0; b < answers.cols(); ++b)
      score.right += (answers(1, b) > answers(0, b)) == (batch.targets[static_cast<std::size_t>(b)] == 1);
    return score;
  }

 private:
  static Model initialized(Model model, std::uint64_t seed) {
    recur::initialize(model, seed);
    return model;
  }

  Course course_;
  std::span<const typename Model::Example> examples_;
  recur::Optimizer<float> optimizer_;
  recur::Trainer<Model> trainer_;
  recur::Batching batches_;
  recur::Random order_;
  Index at_ = 0, steps_ = 0;
  std::uint64_t epoch_ = 0;
};

}  // namespace playground
