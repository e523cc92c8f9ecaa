// RTNeural with its Eigen backend and with recur's own flags. The compiler knows the sizes of its models.
#include <RTNeural/RTNeural.h>

#include "peer.hpp"

namespace bench {

namespace {

using Rows = std::vector<std::vector<float>>;

/// RTNeural takes the weights in Keras's form: a list for each input. Keras's GRU has z before r.
Rows columns(Cell cell, const Matrix& w) {
  Rows result;
  for (Index k = 0; k < w.cols(); ++k) {
    std::vector<float> column(w.col(k).begin(), w.col(k).end());
    const auto h = w.rows() / gates(cell);
    if (cell == Cell::gru) std::swap_ranges(column.begin(), column.begin() + h, column.begin() + h);
    result.push_back(std::move(column));
  }
  return result;
}

template <Cell cell, int H>
class Network {
  using Recurrent = std::conditional_t<cell == Cell::lstm, RTNeural::LSTMLayerT<float, 1, H>,
                                       RTNeural::GRULayerT<float, 1, H>>;

 public:
  explicit Network(const StreamProblem& problem) {
    auto& recurrent = model_->template get<0>();
    auto& dense = model_->template get<1>();
    const Weights& w = problem.weights;
    recurrent.setWVals(columns(cell, w.ih));
    recurrent.setUVals(columns(cell, w.hh));
    if constexpr (cell == Cell::lstm) {
      recurrent.setBVals(columns(cell, w.bias_ih + w.bias_hh)[0]);
    } else {
      Matrix both(w.bias_ih.size(), 2);
      both << w.bias_ih, w.bias_hh;
      recurrent.setBVals(columns(cell, both));
    }
    dense.setWeights(columns(Cell::tanh, problem.dense));
    dense.setBias(&problem.dense_bias);
  }
  void reset() { model_->reset(); }
  float step(float x) {
    alignas(RTNEURAL_DEFAULT_ALIGNMENT) const float input[] = {x};
    return model_->forward(input);
  }

 private:
  using Model = RTNeural::ModelT<float, 1, 1, Recurrent, RTNeural::DenseT<float, H, 1>>;
  std::unique_ptr<Model> model_ = std::make_unique<Model>();
};

std::unique_ptr<Side> stream(const StreamProblem& problem) {
  return with_size(problem.hidden, [&](auto size) -> std::unique_ptr<Side> {
    using Lstm = Network<Cell::lstm, size>;
    using Gru = Network<Cell::gru, size>;
    if (problem.cell == Cell::lstm) return std::make_unique<StreamSide<Lstm>>(problem, Lstm(problem));
    return std::make_unique<StreamSide<Gru>>(problem, Gru(problem));
  });
}

const Entered entered({.name = "RTNeural", .can = {}, .make = {}, .stream = stream, .epoch = {}});

}  // namespace
}  // namespace bench
