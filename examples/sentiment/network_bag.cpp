// The network that ignores order: the mean of the word vectors goes through a hidden layer.
#include "many_to_one_network.hpp"

namespace sentiment {

std::unique_ptr<Network> make_bag(const Architecture& what) {
  using namespace recur;
  ManyToOne model{Sequential{Embedding<float>{what.words, what.embedding}, Dropout<float>{what.dropout}},
                  Pooling::mean,
                  Sequential{Dense<float, Tanh>{what.embedding, what.hidden}, Dropout<float>{what.dropout},
                             Dense<float>{what.hidden, what.classes}},
                  SoftmaxCrossEntropy{}};
  return std::make_unique<ManyToOneNetwork<decltype(model)>>(std::move(model));
}

}  // namespace sentiment
