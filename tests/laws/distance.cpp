// The distance of two results of a layer.
#include "laws/distance.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "max_abs.hpp"

namespace recur::testing {

double distance(const MatrixX<double>& a, const MatrixX<double>& b) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (a.rows() != b.rows() || a.cols() != b.cols() || !a.allFinite() || !b.allFinite()) return infinity;
  if (a.size() == 0) return 0;
  return max_abs(a - b) / std::max(1.0, max_abs(b));
}
double distance(const Matrices& a, const Matrices& b) {
  if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, distance(a[i], b[i]));
  return largest;
}
double distance(const Output& a, const Output& b) {
  return std::max(distance(a.y, b.y), distance(a.final, b.final));
}
double distance(const Gradient& a, const Gradient& b) {
  return std::max({distance(a.d_x, b.d_x), distance(a.d_initial, b.d_initial),
                   distance(MatrixX<double>(a.d_parameters), MatrixX<double>(b.d_parameters))});
}

bool same_bits(const MatrixX<double>& a, const MatrixX<double>& b) {
  return a.rows() == b.rows() && a.cols() == b.cols() &&
         (a.size() == 0 ||
          std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(double)) == 0);
}
bool same_bits(const Matrices& a, const Matrices& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& one, const auto& other) { return same_bits(one, other); });
}
bool same_bits(const Output& a, const Output& b) {
  return same_bits(a.y, b.y) && same_bits(a.final, b.final);
}
bool same_bits(const Gradient& a, const Gradient& b) {
  return same_bits(a.d_x, b.d_x) && same_bits(a.d_initial, b.d_initial) &&
         same_bits(MatrixX<double>(a.d_parameters), MatrixX<double>(b.d_parameters));
}

}  // namespace recur::testing
