// Trains three architectures: that of one.cpp, the same with another cell and pooling, and one with an output
// at every step.
#include "train.hpp"

int main() {
  train(ManyToOne{Sequential{Embedding<float>{100, 8}, Recurrent{Lstm<float>{8, 16}}}, Pooling::last,
                  Dense<float>{16, 2}, SoftmaxCrossEntropy{}},
        {{{1, 2, 3}, 0}, {{4, 5}, 1}});
  train(ManyToOne{Sequential{Embedding<float>{100, 8}, Recurrent{Gru<float>{8, 16}}}, Pooling::max,
                  Dense<float>{16, 2}, SoftmaxCrossEntropy{}},
        {{{1, 2, 3}, 0}, {{4, 5}, 1}});
  train(
      ManyToMany{Sequential{Embedding<float>{100, 8}, Bidirectional{Lstm<float>{8, 16}}, Dense<float>{32, 4}},
                 EachStep{SoftmaxCrossEntropy{}}},
      {{{1, 2, 3}, {0, 1, 2}}, {{4, 5}, {3, 0}}});
}
