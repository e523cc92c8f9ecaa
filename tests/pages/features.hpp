// What the blocks of docs/features.md take for granted.
#include <recur/files.hpp>
#include <recur/network.hpp>
#include <recur/train.hpp>

namespace features {
using namespace recur;
}
