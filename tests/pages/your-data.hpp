// What the pieces of docs/your-data.md take for granted.
#include <recur/train.hpp>

using namespace recur;
