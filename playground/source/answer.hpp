// What a call of the page gives back: named arrays of numbers, and named lists of words.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "recur/core/matrix.hpp"

namespace playground {

using recur::Index;
using recur::Token;

/// The page gets each array as a Float32Array; the native program prints it as JSON.
struct Answer {
  struct Numbers {
    std::string name;
    std::vector<float> values;
  };
  struct Words {
    std::string name;
    std::string lines;  ///< one word a line
  };

  std::vector<Numbers> numbers;
  std::vector<Words> words;

  std::vector<float>& array(std::string_view name) {
    return numbers.emplace_back(Numbers{std::string(name), {}}).values;
  }
  void add(std::string_view name, double number) { array(name).push_back(static_cast<float>(number)); }
  /// In the order of its memory: column by column.
  template <class Derived>
  void add(std::string_view name, const Eigen::PlainObjectBase<Derived>& matrix) {
    auto& values = array(name);
    values.reserve(static_cast<std::size_t>(matrix.size()));
    for (Index i = 0; i < matrix.size(); ++i) values.push_back(static_cast<float>(matrix.data()[i]));
  }
  void add(std::string_view name, const std::vector<std::string>& list) {
    auto& lines = words.emplace_back(Words{std::string(name), {}}).lines;
    for (const auto& word : list) lines += (lines.empty() ? "" : "\n") + word;
  }
};

}  // namespace playground
