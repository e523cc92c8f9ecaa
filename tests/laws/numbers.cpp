// Draws, selects and multiplies the matrices of many samples, for the laws.
#include "laws/numbers.hpp"

#include "recur/core/initialize.hpp"

namespace recur::testing {

MatrixX<double> draw(Index rows, Index cols, double scale, Random& random) {
  MatrixX<double> values(rows, cols);
  normal(values, scale, random);
  return values.cast<float>().cast<double>();
}

Matrices draw_like(const Matrices& like, Random& random) {
  Matrices values;
  for (const auto& m : like) values.push_back(draw(m.rows(), m.cols(), 1, random));
  return values;
}

double dot(const Matrices& a, const Matrices& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i].cwiseProduct(b[i]).sum();
  return sum;
}

Matrices columns_of(const Matrices& states, Index b) {
  Matrices columns;
  for (const auto& state : states) columns.push_back(state.col(b));
  return columns;
}

Input select(const Input& input, const Lengths& order) {
  Input selected;
  for (const Index b : order) selected.x.push_back(input.x[static_cast<std::size_t>(b)]);
  for (const auto& state : input.initial) selected.initial.push_back(state(Eigen::all, order));
  return selected;
}
Upstream select(const Upstream& upstream, const Lengths& order) {
  const auto [d_y, d_final] = select(Input{upstream.d_y, upstream.d_final}, order);
  return {d_y, d_final};
}

}  // namespace recur::testing
