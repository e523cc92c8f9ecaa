// Compares a cell with PyTorch's figures in tests/golden.
#include "laws/pytorch.hpp"

#include "catch.hpp"
#include "golden.hpp"
#include "laws/distance.hpp"

namespace recur::testing {

std::vector<Golden> golden_cases(const std::string& cell, const std::string& name) {
  std::vector<Golden> cases;
  const auto file = golden(name);
  for (const auto& json : file.at("cases")) {
    if (json.at("cell") != cell) continue;
    const auto states = [&](const char* key) {
      Matrices all{tensor(json.at(key).at("h"))};
      if (json.at(key).contains("c")) all.push_back(tensor(json.at(key).at("c")));
      return all;
    };
    const auto parameters = [&](const std::string& prefix) {
      std::vector<double> all;
      for (const char* key : {"weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr"}) {
        if (!json.contains(prefix + key)) continue;
        const MatrixX<double> p = tensor(json.at(prefix + key));
        all.insert(all.end(), p.data(), p.data() + p.size());
      }
      return VectorX<double>(Eigen::Map<const VectorX<double>>(all.data(), static_cast<Index>(all.size())));
    };
    cases.push_back({json.at("name"),
                     cell,
                     json.at("direction") == "reverse",
                     json.at("input_size"),
                     json.at("hidden_size"),
                     parameters(""),
                     {tensors(json.at("input")), states("initial")},
                     {tensors(json.at("output")), states("final")},
                     {tensors(json.at("d_output")), states("d_final")},
                     {tensors(json.at("d_input")), states("d_initial"), parameters("d_")}});
  }
  return cases;
}

void matches(Subject& subject, const Golden& golden) {
  INFO(golden.name << " of PyTorch");
  subject.set_parameters(golden.parameters);
  CHECK(distance(subject.forward(golden.input), golden.output) < 1e-10);
  subject.clear_gradient();
  CHECK(distance(subject.backward(golden.upstream), golden.gradient) < 1e-10);
}

}  // namespace recur::testing
