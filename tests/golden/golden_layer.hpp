// A layer of PyTorch with drawn inputs and its gradients: see golden/make_attention.py.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "catch.hpp"
#include "golden.hpp"
#include "laws/laws.hpp"
#include "recur/core/parameters.hpp"
#include "recur/core/sequence.hpp"

namespace recur::testing {

/// Case `name` of golden/`file`.json.
class GoldenLayer {
 public:
  GoldenLayer(const std::string& file, const std::string& name) {
    const auto cases = golden(file).at("cases");
    for (const auto& json : cases)
      if (json.at("name") == name) case_ = json;
    INFO(name);
    REQUIRE(case_.is_object());
    state_ = case_.at("seed").get<std::uint64_t>();
  }

  /// Draws the parameters of the layer. They must have PyTorch's names and order.
  template <class L>
  void draw_parameters(L& layer) {
    std::vector<std::string> names;
    for_each_parameter(
        [&](const Name& name, auto& p) {
          names.push_back(name.str());
          draw(p);
        },
        layer);
    CHECK(names == case_.at("parameters").get<std::vector<std::string>>());
  }
  Sequence<double> draw_x(Index features) { return draw_sequence("lengths", features); }
  Sequence<double> draw_memory(Index features) { return draw_sequence("memory_lengths", features); }
  /// True at (key, query), as in MultiHeadAttention's Tape.
  Eigen::Matrix<bool, Dynamic, Dynamic> hidden(Index steps) const {
    Eigen::Matrix<bool, Dynamic, Dynamic> all;
    all.setConstant(steps, steps, false);
    for (const auto& pair : case_.at("hidden")) all(pair[1].get<Index>(), pair[0].get<Index>()) = true;
    return all;
  }

  /// Compares the output, and draws a gradient for it.
  Sequence<double> d_of(const Sequence<double>& y) {
    const Matrices expected = tensors(case_.at("y"));
    std::vector<MatrixX<double>> d;
    for (Index b = 0; b < y.batch(); ++b) {
      INFO("output of sample " << b);
      CHECK(distance(y.sample(b), expected[static_cast<std::size_t>(b)]) < 1e-6);
      d.emplace_back(y.features(), y.sample(b).cols());
      for (double& number : d.back().reshaped()) number = next();
    }
    return Sequence<double>(d);
  }
  /// The same for state number `i` of the states called `key`.
  MatrixX<double> d_of_state(const char* key, std::size_t i, const MatrixX<double>& state) {
    INFO("final " << key << " number " << i);
    CHECK(distance(state, tensors(case_.at(key))[i]) < 1e-6);
    MatrixX<double> d(state.rows(), state.cols());
    for (double& number : d.reshaped()) number = next();
    return d;
  }
  /// Compares gradients, in the order x, memory, parameters.
  void compare(const std::string& name, const Sequence<double>& d) {
    std::array<double, 2> sums{};
    for (Index b = 0; b < d.batch(); ++b) {
      const MatrixX<double> sample = d.sample(b);
      for (const double number : sample.reshaped()) add(sums, number);
    }
    compare(name, sums);
  }
  template <class L>
  void compare_parameters(const L& gradient) {
    for_each_parameter(
        [&](const Name& name, const auto& p) {
          std::array<double, 2> sums{};
          for (Index i = 0; i < p.rows(); ++i)
            for (Index j = 0; j < p.cols(); ++j) add(sums, p(i, j));
          compare(name.str(), sums);
        },
        gradient);
  }

 private:
  double next() {
    state_ = 6364136223846793005u * state_ + 1442695040888963407u;
    return static_cast<double>(state_ >> 11) * 0x1p-53 - 0.5;
  }
  /// Row by row.
  void draw(auto& p) {
    for (Index i = 0; i < p.rows(); ++i)
      for (Index j = 0; j < p.cols(); ++j) p(i, j) = next();
  }
  Sequence<double> draw_sequence(const char* lengths, Index features) {
    std::vector<MatrixX<double>> samples;
    for (const auto& length : case_.at(lengths)) {
      samples.emplace_back(features, length.get<Index>());
      for (double& number : samples.back().reshaped()) number = next();
    }
    return Sequence<double>(samples);
  }
  void add(std::array<double, 2>& sums, double number) {
    sums[0] += number * next();
    sums[1] += number * number;
  }
  void compare(const std::string& name, const std::array<double, 2>& sums) const {
    INFO("gradient of " << name);
    const auto expected = case_.at("gradients").at(name).get<std::array<double, 2>>();
    CHECK(sums[0] == Approx(expected[0]).epsilon(1e-6).margin(1e-9));
    CHECK(sums[1] == Approx(expected[1]).epsilon(1e-6).margin(1e-12));
  }

  nlohmann::json case_;
  std::uint64_t state_ = 0;
};

}  // namespace recur::testing
