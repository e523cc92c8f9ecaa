// Reads the figures of PyTorch in tests/golden. golden/make_golden.py has the format.
#pragma once

#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "recur/core/matrix.hpp"

namespace recur::testing {

/// A whole file of tests/golden, by its name without .json.
inline nlohmann::json golden(const std::string& name) {
  const std::string path = std::string(RECUR_GOLDEN_DIR) + "/" + name + ".json";
  std::ifstream file(path);
  if (!file) throw std::runtime_error("can't read " + path);
  return nlohmann::json::parse(file);
}

/// A list of cases. An empty one would prove nothing.
inline const nlohmann::json& cases(const nlohmann::json& list) {
  if (!list.is_array() || list.empty()) throw std::runtime_error("not a list of cases, or an empty one");
  return list;
}

/// {"shape": [rows, columns], "data": [row by row]}
template <class S = double>
MatrixX<S> tensor(const nlohmann::json& json) {
  const auto shape = json.at("shape").get<std::vector<Index>>();
  const auto data = json.at("data").get<std::vector<double>>();
  if (shape.size() != 2 || shape[0] * shape[1] != static_cast<Index>(data.size()))
    throw std::runtime_error("not a tensor: its shape and its data differ");
  using RowByRow = Eigen::Matrix<double, Dynamic, Dynamic, Eigen::RowMajor>;
  return Eigen::Map<const RowByRow>(data.data(), shape[0], shape[1]).template cast<S>();
}

/// A list with one tensor for each sample.
template <class S = double>
std::vector<MatrixX<S>> tensors(const nlohmann::json& list) {
  std::vector<MatrixX<S>> matrices;
  for (const auto& json : list) matrices.push_back(tensor<S>(json));
  return matrices;
}

}  // namespace recur::testing
