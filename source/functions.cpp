// All functions that are not templates, and those templates of which only the library has the definitions.
#define RECUR_COMPILING
#include "recur/recur.hpp"

#define RECUR_COMPILED_FOR(S) \
  RECUR_COMPILED_SEQUENCE(S)  \
  RECUR_COMPILED_STATES(S)    \
  RECUR_COMPILED_EMBEDDING(S) \
  RECUR_COMPILED_POOL(S)      \
  RECUR_COMPILED_LOSS(S)      \
  RECUR_COMPILED_OPTIMIZER(S) \
  RECUR_COMPILED_TRAINER(S)   \
  RECUR_COMPILED_EVALUATE(S)  \
  RECUR_COMPILED_REACH(S)     \
  RECUR_COMPILED_FIT(S)

namespace recur::inline RECUR_ABI {

RECUR_COMPILED_SEQUENCE(Token)
RECUR_COMPILED_FOR(float)
RECUR_COMPILED_FOR(double)

}  // namespace recur::inline RECUR_ABI
