// recur's side for any cell, and for one layer, two layers and both directions.
#pragma once

#include <tuple>

#include "ours.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/core/threads.hpp"
#include "recur/recurrence/bidirectional.hpp"
#include "recur/recurrence/recurrent.hpp"

namespace bench {

// Calls f for each cell, in the order of Problem::weights.
void for_cells(auto& layer, auto&& f) requires requires { layer.cell; }
{ f(layer.cell); }
void for_cells(auto& stack, auto&& f) requires requires { stack.layers; }
{
  std::apply([&](auto&... layer) { (f(layer.cell), ...); }, stack.layers);
}
void for_cells(auto& both, auto&& f) requires requires { both.reverse_layer; }
{
  f(both.forward_layer.cell);
  f(both.reverse_layer.cell);
}

template <class C, class Body>
class Ours : public Side {
 public:
  Ours(const Problem& problem, Body body, bool train, int threads)
      : body_(std::move(body)), train_(train), layout_(problem.x.layout()) {
    std::size_t i = 0;
    for_cells(body_, [&](C& cell) {
      const Weights& w = problem.weights[i++];
      cell.weight_ih = w.ih;
      cell.weight_hh = w.hh;
      cell.bias_ih = w.bias_ih;
      cell.bias_hh = w.bias_hh;
    });
    const int count = static_cast<int>(std::min<Index>(threads, layout_.batch()));
    for (int s = 0; s < count; ++s) shards_.emplace_back(problem, recur::zeros_like(body_), s, count);
  }

  void run() override {
    recur::parallel(static_cast<int>(shards_.size()), [&](int s) {
      Shard& shard = shards_[static_cast<std::size_t>(s)];
      body_.forward(shard.x, shard.tape, train_ ? recur::recording : recur::predicting);
      if (!train_) return;
      recur::clear_gradient(shard.gradient);
      body_.backward(shard.x, shard.dy, shard.tape, shard.gradient);
    });
    if (train_)
      for (std::size_t s = 1; s < shards_.size(); ++s)
        recur::add_gradient(shards_[0].gradient, shards_[s].gradient);
  }

  Values values() const override {
    Values values;
    values.y = joined([](const Shard& shard) -> const Sequence& { return shard.tape.output(); });
    if (!train_) return values;
    values.dx = joined([](const Shard& shard) -> const Sequence& { return shard.tape.d_input(); });
    for_cells(shards_[0].gradient, [&](const C& cell) {
      values.gradient.push_back({cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh});
    });
    return values;
  }

 private:
  /// Every count-th sample, beginning with sample `first`.
  struct Shard {
    Shard(const Problem& problem, Body zero, int first, int count) : gradient(std::move(zero)) {
      const recur::Layout& whole = problem.x.layout();
      std::vector<Index> lengths;
      for (Index n = first; n < whole.batch(); n += count) {
        samples.push_back(n);
        lengths.push_back(whole.length(n));
      }
      const recur::Layout layout(lengths);
      x.reshape(problem.x.features(), layout);
      dy.reshape(problem.dy.features(), layout);
      for_columns(whole, [&](Index own, Index all) {
        x.values().col(own) = problem.x.values().col(all);
        dy.values().col(own) = problem.dy.values().col(all);
      });
    }

    /// Calls f(column of the shard, column of the whole batch).
    void for_columns(const recur::Layout& whole, auto&& f) const {
      for (std::size_t n = 0; n < samples.size(); ++n)
        for (Index t = 0; t < whole.length(samples[n]); ++t)
          f(x.layout().offset(t) + static_cast<Index>(n), whole.offset(t) + samples[n]);
    }

    std::vector<Index> samples;
    Sequence x, dy;
    typename Body::Tape tape;
    Body gradient;
  };

  Matrix joined(auto&& of) const {
    Matrix all(of(shards_[0]).features(), layout_.columns());
    for (const Shard& shard : shards_)
      shard.for_columns(layout_,
                        [&](Index own, Index column) { all.col(column) = of(shard).values().col(own); });
    return all;
  }

  Body body_;
  bool train_;
  recur::Layout layout_;
  std::vector<Shard> shards_;
};

template <class C>
std::unique_ptr<Side> make_ours_of(const Problem& problem, bool train, int threads) {
  using namespace recur;
  const Shape& shape = problem.shape;
  const auto make = [&]<class Body>(Body body) -> std::unique_ptr<Side> {
    return std::make_unique<Ours<C, Body>>(problem, std::move(body), train, threads);
  };
  const C first{shape.input, shape.hidden};
  if (shape.both_ways && shape.layers == 1) return make(Bidirectional{first});
  if (!shape.both_ways && shape.layers == 2)
    return make(Sequential{Recurrent{first}, Recurrent{C{shape.hidden, shape.hidden}}});
  require(!shape.both_ways && shape.layers == 1, "there is no case of ", shape.layers, " layers in ",
          shape.ways(), " directions");
  return make(Recurrent{first});
}

}  // namespace bench
