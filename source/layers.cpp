// Layers that are not recurrent.
#include "recur/layer/dense.hpp"
#include "recur/layer/embedding.hpp"
#include "recur/layer/pool.hpp"

#define RECUR_COMPILED_LAYERS(S) \
  RECUR_COMPILED_STATES(, S)     \
  RECUR_COMPILED_DENSE(, S)      \
  RECUR_COMPILED_EMBEDDING(, S)  \
  RECUR_COMPILED_POOL(, S)

namespace recur::inline RECUR_ABI {

RECUR_COMPILED_LAYERS(float)
RECUR_COMPILED_LAYERS(double)

}  // namespace recur::inline RECUR_ABI
