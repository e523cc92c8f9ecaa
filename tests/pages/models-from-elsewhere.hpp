// What the blocks of docs/models-from-elsewhere.md take for granted.
#include <recur/exchange/onnx.hpp>

namespace models_from_elsewhere {
extern recur::VectorX<float> x, y;
}
