// Lists the names of a model's parameters, for tests.
#pragma once

#include <string>

#include "recur/core/parameters.hpp"

namespace recur::testing {

/// The names of all parameters in their order, with a space after each.
template <class Model>
std::string parameter_names(const Model& model) {
  std::string names;
  for_each_parameter([&](const Name& name, const auto&) { names += name.str() + ' '; }, model);
  return names;
}

}  // namespace recur::testing
