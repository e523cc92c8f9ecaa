// How a network is written to an ONNX file.
#pragma once

#include "recur/core/matrix.hpp"

namespace recur::inline RECUR_ABI {

/// How an ONNX file is written.
struct OnnxOptions {
  Index steps = 0, batch = 0;  ///< sizes of the inputs; 0 leaves them open
  bool lengths = false;        ///< the file takes the lengths of ragged sequences
  bool states = false;         ///< the file takes initial states and gives the final ones
};

}  // namespace recur::inline RECUR_ABI
