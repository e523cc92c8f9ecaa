// The systems that recur is compared with. Each has its own file, which is compiled only if the system was
// found, and which adds itself to the list.
#pragma once

#include <functional>

#include "epoch.hpp"
#include "problem.hpp"
#include "stream.hpp"
#include "transformer.hpp"

namespace bench {

struct Peer {
  std::string name;
  /// Whole batches: which shapes it can do, and how. Empty if it does none.
  std::function<bool(const Shape&)> can;
  std::function<std::unique_ptr<Side>(const Problem&, bool train, int threads)> make;
  /// A single sample step by step, or a null pointer for a size that it does not have.
  std::function<std::unique_ptr<Side>(const StreamProblem&)> stream;
  /// A whole epoch of a classifier of sentences.
  std::function<std::unique_ptr<Side>(const EpochProblem&, int threads)> epoch;
  std::function<std::unique_ptr<Side>(const TransformerProblem&)> transformer{};
};

inline std::vector<Peer>& peers() {
  static std::vector<Peer> all;
  return all;
}

struct Entered {
  explicit Entered(Peer peer) { peers().push_back(std::move(peer)); }
};

}  // namespace bench
