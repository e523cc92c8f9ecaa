// Streaming: one sample, one step at a time, as in a program for sound.
#pragma once

#include "problem.hpp"

namespace bench {

/// A cell that reads one number a step, a dense layer that makes one number from its state, and a signal for
/// them.
struct StreamProblem {
  Cell cell;
  Index hidden;
  HeaderWeights weights;
  Vector dense;  ///< H weights
  float dense_bias;
  Vector x;

  StreamProblem(Cell what, Index size, Index steps);
};

/// The sizes that the compiler knows if `fixed` is true.
inline constexpr int stream_sizes[] = {4, 8, 12, 16, 20, 24, 32, 40, 64, 128};

std::unique_ptr<Side> make_our_stream(const StreamProblem& problem, bool fixed);

/// Calls f(integral_constant<int, H>) for the entry of stream_sizes that equals `hidden`.
template <class F>
std::unique_ptr<Side> with_size(Index hidden, F&& f) {
  std::unique_ptr<Side> side;
  const auto try_one = [&]<int H>(std::integral_constant<int, H> size) {
    if (hidden == H) side = f(size);
  };
  const auto try_all = [&]<std::size_t... i>(std::index_sequence<i...>) {
    (try_one(std::integral_constant<int, stream_sizes[i]>{}), ...);
  };
  try_all(std::make_index_sequence<std::size(stream_sizes)>{});
  return side;
}

/// Runs the signal through step(number), beginning with reset().
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
