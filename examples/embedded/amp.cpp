// An amplifier whose weights are in the program: no file, no heap, no exceptions. It reads samples from the standard input
// and writes them to the standard output, as floats of 32 bits. `export` writes its header, amp.hpp.
//
//   export
//   g++ -std=c++20 -O3 -fno-exceptions -fno-rtti -I ../../include amp.cpp -o amp
//   sox in.wav -t f32 -r 44100 -c 1 - | ./amp | sox -t f32 -r 44100 -c 1 - out.wav
#include "amp.hpp"

#include <cstddef>
#include <cstdio>

static amp::Network net;  // its state; the weights are constants

int main() {
  static float samples[256];
  std::size_t count = 0;
  while ((count = std::fread(samples, sizeof(float), 256, stdin)) > 0) {
    for (std::size_t t = 0; t < count; ++t) {
      const float x[1] = {samples[t]};
      float y[1];
      net.step(x, y);
      samples[t] = y[0];
    }
    if (std::fwrite(samples, sizeof(float), count, stdout) != count) return 2;
  }
  return std::fflush(stdout) == 0 ? 0 : 2;
}
