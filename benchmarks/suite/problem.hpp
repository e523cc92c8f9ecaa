// The input of both sides of a comparison, and their results.
#pragma once

#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "recur/core/matrix.hpp"
#include "recur/core/sequence.hpp"

namespace bench {

using recur::Index;
using Matrix = recur::MatrixX<float>;
using Vector = recur::VectorX<float>;
using Sequence = recur::Sequence<float>;

enum class Cell { tanh, lstm, gru };
inline constexpr Cell all_cells[] = {Cell::tanh, Cell::lstm, Cell::gru};
inline Index gates(Cell cell) { return cell == Cell::tanh ? 1 : cell == Cell::lstm ? 4 : 3; }
inline std::string name(Cell cell) {
  return cell == Cell::tanh ? "tanh" : cell == Cell::lstm ? "LSTM" : "GRU";
}

/// A recurrent network and a batch for it, in the legend of recur/core/matrix.hpp.
struct Shape {
  Cell cell = Cell::lstm;
  Index batch = 1, steps = 1, input = 1, hidden = 1;
  int layers = 1;
  bool both_ways = false;           ///< a forward and a reverse cell in each layer
  std::vector<Index> lengths = {};  ///< of the samples, longest first; empty: all have `steps` steps

  int ways() const { return both_ways ? 2 : 1; }
  Index input_of(int layer) const { return layer == 0 ? input : hidden * ways(); }
  Index columns() const {
    return lengths.empty() ? batch * steps : std::accumulate(lengths.begin(), lengths.end(), Index{0});
  }
};

/// 2·G·H·(I+H) for each step of each sample, of the products alone; training does each product three times.
inline double flops(const Shape& shape, bool train) {
  Index sum = 0;
  for (int layer = 0; layer < shape.layers; ++layer)
    sum += 2 * gates(shape.cell) * shape.hidden * (shape.input_of(layer) + shape.hidden) * shape.ways();
  return static_cast<double>(sum * shape.columns()) * (train ? 3 : 1);
}

/// The weights of one cell, in PyTorch's shapes and order of gates; also their gradients.
struct Weights {
  Matrix ih, hh;
  Vector bias_ih, bias_hh;
};

/// Weights layer by layer; in each layer the forward cell comes before the reverse one. x and dy have the
/// longest samples first, so the order of samples is the same inside and outside.
struct Problem {
  Shape shape;
  std::vector<Weights> weights;
  Sequence x, dy;

  explicit Problem(Shape what, float scale_of_dy = 1);
};

/// The results of a side. Inference leaves all empty except y.
struct Values {
  Matrix y, dx;
  std::vector<Weights> gradient;
};

/// The largest difference of two sides, relative to the largest number of each matrix, and its place.
struct Difference {
  double relative = 0;
  std::string where;
};
Difference difference(const Values& ours, const Values& peer);

/// One system that works on a problem. The problem must live longer.
class Side {
 public:
  virtual ~Side() = default;
  virtual void run() = 0;             ///< the part that is timed
  virtual Values values() const = 0;  ///< those of the last run
};

}  // namespace bench
