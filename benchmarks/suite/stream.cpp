// recur's side of streaming: one sample, step by step.
#include "stream.hpp"

#include "recur/cell/gru.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/layer/dense.hpp"
#include "recur/recurrence/recurrent.hpp"

namespace bench {

namespace {

template <class C>
class Streamed {
 public:
  Streamed(const StreamProblem& problem, C cell)
      : model_(recur::Recurrent{std::move(cell)}, recur::Dense<float>{problem.hidden, 1}),
        stream_(model_.stream()) {
    auto& [recurrent, dense] = model_.layers;
    recurrent.cell.weight_ih = problem.weights.ih;
    recurrent.cell.weight_hh = problem.weights.hh;
    recurrent.cell.bias_ih = problem.weights.bias_ih;
    recurrent.cell.bias_hh = problem.weights.bias_hh;
    dense.weight = problem.dense.transpose();
    dense.bias(0) = problem.dense_bias;
  }
  void reset() { stream_ = model_.stream(); }
  float step(float x) {
    x_(0) = x;
    return model_.step(x_, stream_)(0);
  }

 private:
  using Model = recur::Sequential<recur::Recurrent<C>, recur::Dense<float>>;
  Model model_;
  typename Model::Stream stream_;
  Vector x_{1};
};

template <template <std::floating_point, int, int> class CellOf>
std::unique_ptr<Side> make(const StreamProblem& problem, bool fixed) {
  const auto with = [&](auto cell) -> std::unique_ptr<Side> {
    using System = Streamed<decltype(cell)>;
    return std::make_unique<StreamSide<System>>(problem, System(problem, cell));
  };
  if (!fixed) return with(CellOf<float, recur::Dynamic, recur::Dynamic>{1, problem.hidden});
  return with_size(problem.hidden, [&](auto size) { return with(CellOf<float, 1, size>{}); });
}

}  // namespace

StreamProblem::StreamProblem(Cell what, Index size, Index steps) : cell(what), hidden(size) {
  const Problem problem({.cell = what, .steps = steps, .hidden = size});
  weights = problem.weights[0];
  x = problem.x.values().row(0);
  dense = problem.dy.values().col(0);
  dense_bias = 0.25F;
}

std::unique_ptr<Side> make_our_stream(const StreamProblem& problem, bool fixed) {
  return problem.cell == Cell::lstm ? make<recur::Lstm>(problem, fixed) : make<recur::Gru>(problem, fixed);
}

}  // namespace bench
