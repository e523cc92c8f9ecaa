// Networks from descriptions, in double.
#include "recur/network/standard.hpp"

namespace recur::inline RECUR_ABI {

RECUR_COMPILED_NETWORK(, double)

}  // namespace recur::inline RECUR_ABI
