// A sentiment classifier whose weights and words are in the program: a text goes in, a probability comes out. The example
// `sentiment` trains it and writes its header, sentiment.hpp.
//
//   sentiment train
//   sentiment header sentiment.hpp
//   g++ -std=c++20 -O2 -fno-exceptions -fno-rtti -I ../../include -I . sentiment.cpp -o ask
//   ./ask "The food is not good."
#include "sentiment.hpp"

#include <cstdio>

static sentiment::Network net;

int main(int count, char** texts) {
  if (count < 2) return std::puts("Usage: ask TEXT..."), 2;
  constexpr int classes = sentiment::Network::outputs;
  for (int i = 1; i < count; ++i) {
    float y[classes] = {};
    int words = 0;
    net.reset();
    recur::embedded::for_each_word(texts[i], [&](const char* begin, const char* end) {
      const recur::embedded::Token x[1] = {recur::embedded::find(sentiment::words, begin, end)};
      net.step(x, y);
      ++words;
    });
    if (words == 0) return std::puts("There are no words."), 2;
    recur::embedded::softmax(y);
    for (int c = 0; c < classes; ++c)
      std::printf("%s%s %.6f", c == 0 ? "" : "  ", sentiment::classes[c], static_cast<double>(y[c]));
    std::putchar('\n');
  }
  return 0;
}
