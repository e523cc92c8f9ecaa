// What the blocks of docs/not-a-number.md take for granted.
#include <iostream>
#include <recur/train.hpp>

namespace not_a_number {
using namespace recur;
extern FitOptions options;
}  // namespace not_a_number
