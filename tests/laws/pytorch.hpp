// Cells against PyTorch.
#pragma once

#include <string>
#include <vector>

#include "laws/subject.hpp"

namespace recur::testing {

/// A case of tests/golden/recurrent.json, or of a file like it.
struct Golden {
  std::string name, cell;
  bool reverse;
  Index input_size, hidden_size;
  VectorX<double> parameters;
  Input input;
  Output output;
  Upstream upstream;
  Gradient gradient;
};
/// All cases of "rnn-tanh", "rnn-relu", "lstm" or "gru"; of "lstm-projected" in projected_lstm.json.
std::vector<Golden> golden_cases(const std::string& cell, const std::string& file = "recurrent");
void matches(Subject& subject, const Golden& golden);

}  // namespace recur::testing
