// All functions that are not templates.
#define RECUR_COMPILING
#include "recur/recur.hpp"
