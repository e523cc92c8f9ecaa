// The kernel of recurrent layers in double.
#include "recur/recurrence/kernel/passes.hpp"

namespace recur::inline RECUR_ABI::detail::kernel {

RECUR_COMPILED_PRODUCTS(, double)
RECUR_COMPILED_PASSES(, double)

}  // namespace recur::inline RECUR_ABI::detail::kernel
