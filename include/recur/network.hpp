// Networks whose architecture is chosen while the program runs: layers without their type, chains of them, and
// networks from descriptions.
#pragma once

#include "recur/network/chain.hpp"
#include "recur/network/graph.hpp"
#include "recur/network/kinds.hpp"
#include "recur/network/network.hpp"
#include "recur/network/standard.hpp"

namespace recur::inline RECUR_ABI {

// Without the headers of these functions, the compiler points to a line here, as in stream.hpp.
void save_network(...) = delete;  // needs <recur/io/network_file.hpp>, nlohmann-json (nlohmann-json3-dev)
template <class S, class In = S>
void load_network(...) = delete;  // needs <recur/io/network_file.hpp>, nlohmann-json (nlohmann-json3-dev)

}  // namespace recur::inline RECUR_ABI
