// Trains one architecture.
#include "train.hpp"

int main() {
  train(ManyToOne{Sequential{Embedding<float>{100, 8}, Recurrent{Lstm<float>{8, 16}}}, Pooling::last,
                  Dense<float>{16, 2}, SoftmaxCrossEntropy{}},
        {{{1, 2, 3}, 0}, {{4, 5}, 1}});
}
