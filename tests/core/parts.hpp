// A small model of parts, for the tests of parameters.
#pragma once

#include <string>

#include "recur/core/parameter_list.hpp"

namespace recur::testing::parts {

/// A model of two parts, with a table and vectors of fixed size.
struct Part {
  using Scalar = double;
  MatrixX<double> weight = MatrixX<double>::Zero(2, 3);
  Eigen::Vector3d bias = Eigen::Vector3d::Zero();

  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    f(at / "weight", self.weight...);
    f(at / "bias", self.bias...);
  }
};
struct Model {
  using Scalar = double;
  Table<double> table{5, 2};
  Part parts[2];

  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    f(at / "table", self.table...);
    for (Index i = 0; i < 2; ++i) Part::visit(at / "parts" / i, f, self.parts[i]...);
  }
};

inline std::string names(const Model& model) {
  std::string all;
  for_each_parameter([&](const Name& name, const auto&) { all += name.str() + ' '; }, model);
  return all;
}

}  // namespace recur::testing::parts
