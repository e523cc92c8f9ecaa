// What the blocks of docs/in-a-plugin.md take for granted.
#include <recur/exchange/header_file.hpp>

#include "mine.hpp"

namespace in_a_plugin {
extern recur::Network<float> network;
}
