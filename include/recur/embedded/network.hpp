// Networks whose weights are constants of the program: what recur/exchange/header_file.hpp writes.
//
//   #include "amp.hpp"                          // which write_header wrote
//   amp::Network net;                           // its state, and nothing else
//   net.step(x, y);                             // float x[1], y[1]: one step
//
//   tagger::Network net;                        // one that reads from both ends
//   float y[64][tagger::Network::outputs];
//   int steps = net.run<64>(x, count, y);       // a whole sequence of at most 64 steps
#pragma once

#include <limits>

#include "recur/embedded/layers.hpp"
#include "recur/embedded/recurrent.hpp"

namespace recur::embedded {

/// Runs a layer over a whole sequence of 1 to Longest steps, from its start. x[count][inputs], y[Longest][outputs]. Returns
/// the number of steps of y: as many as x has, or one where a Pool makes one of them; 0 for a count that is not legal. The
/// stack holds what is between the layers of a Chain, Longest steps of each.
template <int Longest, class Layer>
constexpr int run(Layer& layer, const typename Layer::Input (*x)[Layer::inputs], int count,
                  float (*y)[Layer::outputs]) {
  if (count < 1 || count > Longest) return 0;
  if constexpr (requires { layer.template run<Longest>(x, count, y); }) {
    return layer.template run<Longest>(x, count, y);
  } else {
    layer.reset();
    for (int t = 0; t < count; ++t) layer.step(x[t], y[t]);
    return count;
  }
}

/// The largest difference of what a network gives for a test case from the output that is expected, over the size of the
/// latter where that is above 1; NaN if any difference is NaN; infinity if there are other numbers of steps. It takes two
/// lines to check a build:
///
///   static_assert(error_of<amp::Network>(amp::test_input, amp::test_output) < 1e-5f);
template <class Layer, int Steps, int Outputs>
constexpr float error_of(const typename Layer::Input (&x)[Steps][Layer::inputs],
                         const float (&expected)[Outputs][Layer::outputs]) {
  Layer layer;
  float y[Steps][Layer::outputs] = {}, error = 0;
  if (run<Steps>(layer, x, Steps, y) != Outputs) return std::numeric_limits<float>::infinity();
  for (int t = 0; t < Outputs; ++t)
    for (int i = 0; i < Layer::outputs; ++i) {
      const float size = expected[t][i] < 0 ? -expected[t][i] : expected[t][i];
      const float difference = y[t][i] < expected[t][i] ? expected[t][i] - y[t][i] : y[t][i] - expected[t][i];
      const float one = size > 1 ? difference / size : difference;
      if (error == error && !(one <= error)) error = one;  // a NaN stays
    }
  return error;
}

/// y = x + L(x).
template <class Layer>
struct Residual {
  using Input = float;
  static constexpr bool streams = Layer::streams;
  static constexpr int inputs = Layer::inputs, outputs = Layer::outputs;
  static_assert(inputs == outputs);

  Layer layer;

  constexpr void reset() { layer.reset(); }
  constexpr void step(const float (&x)[inputs], float (&y)[outputs]) requires(streams) {
    layer.step(x, y);
    for (int f = 0; f < inputs; ++f) y[f] += x[f];
  }
  template <int Longest>
  constexpr int run(const float (*x)[inputs], int count, float (*y)[outputs]) {
    const int steps = embedded::run<Longest>(layer, x, count, y);
    for (int t = 0; t < steps; ++t)
      for (int f = 0; f < inputs; ++f) y[t][f] += x[t][f];
    return steps;
  }
};

/// Layers one after the other.
template <class First, class... Rest>
class Chain {
  using Behind = Chain<Rest...>;

 public:
  using Input = typename First::Input;
  static constexpr bool streams = First::streams && Behind::streams;
  static constexpr int inputs = First::inputs, outputs = Behind::outputs;
  static_assert(First::outputs == Behind::inputs);

  constexpr void reset() {
    first_.reset();
    rest_.reset();
  }
  constexpr void step(const Input (&x)[inputs], float (&y)[outputs]) requires(streams) {
    float between[First::outputs];
    first_.step(x, between);
    rest_.step(between, y);
  }
  template <int Longest>
  constexpr int run(const Input (*x)[inputs], int count, float (*y)[outputs]) {
    float between[Longest][First::outputs];
    const int steps = embedded::run<Longest>(first_, x, count, between);
    return embedded::run<Longest>(rest_, between, steps, y);
  }

 private:
  First first_;
  Behind rest_;
};

template <class Only>
class Chain<Only> {
 public:
  using Input = typename Only::Input;
  static constexpr bool streams = Only::streams;
  static constexpr int inputs = Only::inputs, outputs = Only::outputs;

  constexpr void reset() { only_.reset(); }
  constexpr void step(const Input (&x)[inputs], float (&y)[outputs]) requires(streams) { only_.step(x, y); }
  template <int Longest>
  constexpr int run(const Input (*x)[inputs], int count, float (*y)[outputs]) {
    return embedded::run<Longest>(only_, x, count, y);
  }

 private:
  Only only_;
};

}  // namespace recur::embedded
