// The kernel of recurrent layers in float.
#include "recur/recurrence/kernel/passes.hpp"

namespace recur::inline RECUR_ABI::detail::kernel {

RECUR_COMPILED_PRODUCTS(, float)
RECUR_COMPILED_PASSES(, float)

}  // namespace recur::inline RECUR_ABI::detail::kernel
