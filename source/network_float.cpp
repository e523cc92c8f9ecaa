// Networks from descriptions, in float.
#include "recur/network/standard.hpp"

namespace recur::inline RECUR_ABI {

RECUR_COMPILED_NETWORK(, float)

}  // namespace recur::inline RECUR_ABI
