// Layers that are not recurrent, in float only: every file must read the declaration of a class that a list
// names, which takes time.
#include "recur/layer/dense.hpp"
#include "recur/layer/embedding.hpp"
#include "recur/layer/pool.hpp"

namespace recur::inline RECUR_ABI {

RECUR_COMPILED_DENSE(, float)
RECUR_COMPILED_EMBEDDING(, float)
RECUR_COMPILED_POOL(, float)

}  // namespace recur::inline RECUR_ABI
