// Trains the small model of toy.hpp, for the tests of fit.
#pragma once

#include <iostream>
#include <sstream>
#include <vector>

#include "recur/train/fit.hpp"
#include "recur/train/optimizer.hpp"
#include "toy.hpp"

namespace recur::testing {

using Examples = std::vector<Toy<double>::Example>;

inline const Examples training_set = toy_examples<double>(100, 1),
                      validation_set = toy_examples<double>(30, 2);

struct Outcome {
  Toy<double> model;
  FitReport report;
};

inline Outcome run(const FitOptions& options, const Examples& validation = validation_set) {
  Outcome outcome{toy<double>(), {}};
  Optimizer optimizer(outcome.model, Adam{.rate = 0.01});
  outcome.report = fit(outcome.model, optimizer, training_set, validation, options);
  return outcome;
}

/// The text that is written to the standard error stream during the object's life.
struct CaptureErrors {
  std::ostringstream text;
  std::streambuf* saved = std::cerr.rdbuf(text.rdbuf());
  ~CaptureErrors() { std::cerr.rdbuf(saved); }
};

}  // namespace recur::testing
