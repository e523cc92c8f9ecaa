// Streaming: one sample, one step at a time, as a program for sound does it.
#pragma once

#include "problem.hpp"

namespace bench {

/// A cell that reads one number a step and a dense layer that makes one of its state, and a signal for them.
struct StreamProblem {
  Cell cell;
  Index hidden;
  Weights weights;
  Vector dense;  ///< H weights
  float dense_bias;
  Vector x;

  StreamProblem(Cell what, Index size, Index steps);
};

/// The sizes that are known to the compiler where `fixed` says so.
inline constexpr int stream_sizes[] = {4, 8, 12, 16, 20, 24, 32, 40, 64, 128};

std::unique_ptr<Side> make_our_stream(const StreamProblem& problem, bool fixed);

/// Calls f(integral_constant<int, H>) for the one of stream_sizes that is asked for.
template <class F>
std::unique_ptr<Side> with_size(Index hidden, F&& f) {
  std::unique_ptr<Side> side;
  const auto try_one = [&]<int H>(std::integral_constant<int, H> size) {
    if (hidden == H) side = f(size);
  };
  [&]<std::size_t... i>(std::index_sequence<i...>) {
    (try_one(std::integral_constant<int, stream_sizes[i]>{}), ...);
  }
  (std::make_index_sequence<std::size(stream_sizes)>{});
  return side;
}

/// Runs the signal through step(number) from reset() on.
template <class System>
class StreamSide : public Side {
 public:
  StreamSide(const StreamProblem& problem, System system)
      : x_(problem.x), y_(problem.x.size()), system_(std::move(system)) {}
  void run() override {
    system_.reset();
    for (Index t = 0; t < x_.size(); ++t) y_(t) = system_.step(x_(t));
  }
  Values values() const override { return {y_, {}, {}}; }

 private:
  Vector x_, y_;
  System system_;
};

}  // namespace bench
