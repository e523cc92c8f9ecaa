// What the blocks of docs/from-pytorch.md take for granted.
#include <iostream>
#include <recur/exchange/torch.hpp>
#include <recur/train.hpp>

namespace from_pytorch {
using namespace recur;
extern VectorX<float> x, y;
extern Index words;
extern ManyToOne<Embedding<float>, Dense<float>, SoftmaxCrossEntropy<float>> model;
extern Optimizer<float> optimizer;
extern TorchNames names;
}  // namespace from_pytorch
