// Shows the numbers of any parameter as one column, for tests.
#pragma once

#include "recur/core/parameters.hpp"

namespace recur::testing {

/// All values of a parameter of any type as one column in the order of memory.
template <class P>
auto flat(P& parameter) {
  const auto& p = detail::parameter_of(parameter);
  using S = std::remove_pointer_t<decltype(p.data)>;
  using Values = Eigen::Array<std::remove_const_t<S>, Dynamic, 1>;
  return Eigen::Map<std::conditional_t<std::is_const_v<S>, const Values, Values>>(p.data, p.size());
}

}  // namespace recur::testing
