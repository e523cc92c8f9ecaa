// What the blocks of docs/from-keras.md take for granted.
#include <recur/exchange/keras.hpp>

namespace from_keras {
using namespace recur;
extern VectorX<float> x, y;
extern Network<float, Token> net;
}  // namespace from_keras
