// Functions of arrays of numbers and of lists of parameters, and training.
#include "recur/train.hpp"

#define RECUR_COMPILED_LISTS(S)  \
  RECUR_COMPILED_SUMS(, S)       \
  RECUR_COMPILED_DRAWS(, S)      \
  RECUR_COMPILED_PRODUCT(, S)    \
  RECUR_COMPILED_ACTIVATION(, S) \
  RECUR_COMPILED_PARAMETERS(, S) \
  RECUR_COMPILED_METRICS(, S)    \
  RECUR_COMPILED_CLIP(, S)

namespace recur::inline RECUR_ABI {

namespace detail::arrays {
RECUR_COMPILED_ARRAYS(, float)
RECUR_COMPILED_ARRAYS(, double)
}  // namespace detail::arrays

namespace detail::optimizer {
RECUR_COMPILED_RULES(, float)
RECUR_COMPILED_RULES(, double)
}  // namespace detail::optimizer

RECUR_COMPILED_LISTS(float)
RECUR_COMPILED_LISTS(double)

}  // namespace recur::inline RECUR_ABI
