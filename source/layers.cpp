// Layers that are not recurrent.
#include "recur/layer/dense.hpp"

namespace recur::inline RECUR_ABI {

RECUR_COMPILED_DENSE(, float)
RECUR_COMPILED_DENSE(, double)

}  // namespace recur::inline RECUR_ABI
