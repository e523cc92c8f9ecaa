// The systems that recur is measured against. Each stands in a file of its own that is compiled only where the
// system was found, and enters itself into the list.
#pragma once

#include <functional>

#include "epoch.hpp"
#include "problem.hpp"
#include "stream.hpp"
#include "transformer.hpp"

namespace bench {

struct Peer {
  std::string name;
  /// Whole batches: what it can do, and how. Empty where it does none.
  std::function<bool(const Shape&)> can;
  std::function<std::unique_ptr<Side>(const Problem&, bool train, int threads)> make;
  /// A single sample step by step, or an empty pointer for a size that it has not.
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
