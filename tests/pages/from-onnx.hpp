// What the blocks of docs/from-onnx.md take for granted.
#include <recur/exchange/onnx.hpp>

namespace from_onnx {
using namespace recur;
extern VectorX<float> x, y;
extern MatrixX<float> h_0, c_0;
extern Sequence<float> sequences;
extern Network<float> net;
extern Network<float>::Tape tape;
extern Index batch;
}  // namespace from_onnx
