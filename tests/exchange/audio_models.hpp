// What the tests of models for audio share: files that they write, plain loops, and the folder of real files.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "allocations.hpp"
#include "catch.hpp"
#include "max_abs.hpp"
#include "recur/exchange/json_file.hpp"
#include "recur/network/network.hpp"
#include "temporary.hpp"

namespace recur::testing::audio_models {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Numbers = std::vector<double>;

inline Random random_numbers(3);

inline Json list(Index count) {
  Json json = Json::array();
  for (Index i = 0; i < count; ++i) json.push_back(random_numbers.uniform() - 0.5);
  return json;
}
inline Json matrix(Index rows, Index columns) {
  Json json = Json::array();
  for (Index i = 0; i < rows; ++i) json.push_back(list(columns));
  return json;
}

/// Lists of numbers in about as few letters as a file may have. They take the most memory for its size.
inline std::string short_list(Index count) {
  std::string text = "[";
  for (Index i = 0; i < count; ++i) text += (i > 0 ? "," : "") + std::string(i % 3 == 2 ? "0.5" : "0");
  return text + ']';
}
inline std::string short_matrix(Index rows, Index columns) {
  std::string text = "[";
  for (Index r = 0; r < rows; ++r) text += (r > 0 ? "," : "") + short_list(columns);
  return text + ']';
}
template <class F>
void takes_ten_times_the_file(const std::string& text, F&& load) {
  if (!CountAllocations::works) return;
  const TemporaryDirectory directory;
  const fs::path path = directory.file("x.json", text);
  const CountAllocations allocations;
  const Network<float> net = load(path);
  const double times = static_cast<double>(allocations.peak()) / static_cast<double>(text.size());
  INFO(times);
  CHECK(times < 10);
  CHECK(values_of(Parameters(net)).maxCoeff() == 0.5F);
}

/// A list of these, also if it is one.
inline Json array(const auto&... elements) {
  Json json = Json::array();
  (json.push_back(elements), ...);
  return json;
}

inline double sigma(double a) { return 1 / (1 + std::exp(-a)); }

/// What the network gives step by step, and in one pass, which must be the same.
inline std::vector<Numbers> run(const Network<float>& net, const std::vector<Numbers>& x) {
  auto stream = net.stream();
  std::vector<Numbers> y;
  MatrixX<float> all(static_cast<Index>(x[0].size()), static_cast<Index>(x.size()));
  for (Index t = 0; t < all.cols(); ++t)
    for (Index i = 0; i < all.rows(); ++i)
      all(i, t) = static_cast<float>(x[static_cast<std::size_t>(t)][static_cast<std::size_t>(i)]);
  Network<float>::Tape tape;
  const MatrixX<float> pass = net.forward(Sequence<float>({all}), tape).values();
  for (Index t = 0; t < all.cols(); ++t) {
    const CountAllocations allocations;
    const VectorX<float>& one = net.step(all.col(t), stream);
    if (t > 0) CHECK(allocations.count() == 0);
    CHECK((one - pass.col(t)).norm() < 1e-5);
    y.emplace_back(one.data(), one.data() + one.size());
  }
  return y;
}
inline std::vector<Numbers> signal(std::size_t steps, std::size_t features = 1) {
  std::vector<Numbers> x(steps, Numbers(features));
  for (auto& step : x)
    for (auto& one : step) one = random_numbers.uniform() - 0.5;
  return x;
}
inline double worst(const std::vector<Numbers>& y, const std::vector<Numbers>& expected) {
  double error = 0;
  for (std::size_t t = 0; t < expected.size(); ++t)
    for (std::size_t i = 0; i < expected[t].size(); ++i)
      error = worse(error, std::abs(y[t][i] - expected[t][i]));
  return error;
}

// ---- Files of RTNeural, and PyTorch's LSTM.

inline double at(const Json& w, std::size_t i, std::size_t j) { return w[i][j].get<double>(); }
inline Json layer(const char* type, Index outputs, const Json& weights) {
  return {{"type", type}, {"shape", {nullptr, nullptr, outputs}}, {"activation", ""}, {"weights", weights}};
}
inline Json model(Index inputs, const Json& layers) {
  return {{"in_shape", {nullptr, nullptr, inputs}}, {"layers", layers}};
}

/// One step of an LSTM, with weights row by row.
inline void lstm_step(const Numbers& x, Numbers& h, Numbers& c, auto&& input, auto&& recurrent, auto&& bias) {
  const std::size_t H = h.size();
  Numbers next(H);
  for (std::size_t u = 0; u < H; ++u) {
    const auto gate = [&](std::size_t q) {
      double sum = bias(q * H + u);
      for (std::size_t i = 0; i < x.size(); ++i) sum += input(q * H + u, i) * x[i];
      for (std::size_t i = 0; i < H; ++i) sum += recurrent(q * H + u, i) * h[i];
      return sum;
    };
    c[u] = sigma(gate(1)) * c[u] + sigma(gate(0)) * std::tanh(gate(2));
    next[u] = sigma(gate(3)) * std::tanh(c[u]);
  }
  h = next;
}
inline std::vector<Numbers> each(const Numbers& y) {
  std::vector<Numbers> steps;
  for (const double one : y) steps.push_back({one});
  return steps;
}

// ---- Real files.

inline std::vector<Numbers> read_numbers(const fs::path& path) {
  std::vector<Numbers> numbers;
  std::ifstream in(path);
  for (double one = 0; in >> one;) numbers.push_back({one});
  return numbers;
}
inline Json read(const fs::path& path) {
  std::ifstream in(path);
  return Json::parse(in);
}
/// The folder of real models, of which the folder that RECUR_DATA names has one. It is empty if there is none.
inline fs::path real_models() {
  const char* given = std::getenv("RECUR_DATA");
  const fs::path models =
      (given ? fs::path(given) : fs::path(__FILE__).parent_path() / "../../data") / "models";
  if (fs::exists(models)) return models;
  WARN("left out: there is no " << models << "; RECUR_DATA can name another directory");
  return {};
}

}  // namespace recur::testing::audio_models
