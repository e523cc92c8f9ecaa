// Layers other than the recurrent ones, in float: to name a class in a list costs every file its declaration.
#include "recur/layer/dense.hpp"
#include "recur/layer/embedding.hpp"
#include "recur/layer/pool.hpp"

namespace recur::inline RECUR_ABI {

RECUR_COMPILED_DENSE(, float)
RECUR_COMPILED_EMBEDDING(, float)
RECUR_COMPILED_POOL(, float)

}  // namespace recur::inline RECUR_ABI
