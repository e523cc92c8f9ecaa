// What is no template.
#define RECUR_COMPILING
#include "recur/recur.hpp"
