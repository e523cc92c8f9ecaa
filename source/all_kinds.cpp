// All kinds of layers, in float: those that files of other libraries need.
#include "recur/network/all_kinds.hpp"

namespace recur::inline RECUR_ABI {

RECUR_COMPILED_ALL_KINDS(, float)

}  // namespace recur::inline RECUR_ABI
