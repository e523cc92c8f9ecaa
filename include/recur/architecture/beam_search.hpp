// Searches the most likely sequence of tokens of a network that predicts the next token. It may miss the best
// one.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <utility>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"

namespace recur::inline RECUR_ABI {

/// Options of a beam search.
struct BeamOptions {
  Index width = 4;            ///< number of sequences that it follows at once; 1 is greedy
  Index max_length = 100;     ///< tokens after the first, including the one that ends a sequence
  Token end = -1;             ///< ends a sequence; -1: none does, so all have max_length tokens
  double length_penalty = 0;  ///< α of lp, at least 0; 0 favours short sequences, 0.6 to 1 is usual
};

/// A sequence that the search found.
struct BeamHypothesis {
  std::vector<Token> tokens;   ///< without the given first token and without the end
  double log_probability = 0;  ///< of the tokens and, if the sequence has ended, of its end
  double score = 0;            ///< log_probability / lp
  bool ended = false;          ///< false if it was cut at max_length
};

namespace detail {

/// lp(Y) = ((5 + |Y|) / (5 + 1))^α. Dividing log-probabilities by it makes sequences of different lengths
/// comparable (Wu et al., "Google's neural machine translation system", 2016, eq. 14, without its coverage).
inline double beam_length_penalty(Index length, double alpha) {
  return std::pow((5 + static_cast<double>(length)) / 6, alpha);
}

}  // namespace detail

/// Follows the `width` best sequences token by token. Returns the best that it found, at most `width`, the
/// best first.
///
///   log_probabilities = step(state, token)      moves the state on by the token; C × 1, for the next token
///
/// State is a value that can be copied, such as the Stream of a model. initial is the state before the first
/// token. The search extends all sequences by one token and keeps the `width` most likely. It puts aside
/// those that end. It ranks by score = log p / lp(|Y|), where |Y| includes the end. It ranks the sequences
/// that it put aside and, at max_length, those that were cut. It stops early when no sequence that it still
/// follows can be among the `width` best: no score can rise above log p / lp(max_length). If several are
/// equal, the first wins. A width of 1 is greedy. A width that never drops a sequence finds the best of all.
///
/// Throws std::invalid_argument for a width or max_length below one and for a length_penalty that is negative
/// or not finite. It also throws if the result of a step can't be log-probabilities: if it is empty, or if a
/// number is NaN or above 0 by more than rounding.
template <std::copyable State, class Step>
std::vector<BeamHypothesis> beam_search(const State& initial, Token first, Step&& step,
                                        const BeamOptions& options = {}) {
  require(options.width > 0, "a beam of width ", options.width, ": it must be at least 1");
  require(options.max_length > 0, "max_length ", options.max_length, ": it must be at least 1");
  require(options.length_penalty >= 0 && std::isfinite(options.length_penalty), "length_penalty ",
          options.length_penalty, ": it must be at least 0 and finite");

  struct Node {  // of the tree of all sequences; the path from the root is a sequence
    Index parent;
    Token token;
  };
  struct Live {
    Index node;
    double log_p;
    State state;
  };
  struct Candidate {
    std::size_t parent;  // in the beam
    Token token;
    double log_p;
  };
  struct Found {
    Index node;
    double log_p, score;
    bool ended;
  };
  const auto width = static_cast<std::size_t>(options.width);
  const auto penalty = [&](Index length) {
    return detail::beam_length_penalty(length, options.length_penalty);
  };

  std::vector<Node> nodes{{-1, first}};
  std::vector<Live> beam, next;
  beam.push_back({0, 0, initial});
  std::vector<Candidate> candidates;
  std::vector<Found> found;  // the best first, at most width
  const auto put_aside = [&](Index node, double log_p, Index length, bool ended) {
    const Found entry{node, log_p, log_p / penalty(length), ended};
    const auto better = [](const Found& a, const Found& b) { return a.score > b.score; };
    found.insert(std::upper_bound(found.begin(), found.end(), entry, better), entry);
    if (found.size() > width) found.pop_back();
  };

  for (Index length = 1; length <= options.max_length && !beam.empty(); ++length) {
    candidates.clear();
    for (std::size_t i = 0; i < beam.size(); ++i) {
      const auto& log_y = step(beam[i].state, nodes[static_cast<std::size_t>(beam[i].node)].token);
      const auto count = static_cast<Index>(log_y.size());
      require(count > 0, "a step of a beam search gave no log-probabilities: it must give at least one");
      for (Index c = 0; c < count; ++c) {
        const auto log_p = static_cast<double>(log_y[c]);
        require(log_p <= 1e-3, "a step of a beam search gave ", log_p, " for token ", c,
                ": a log-probability must be a number and at most 0");
        if (std::isinf(log_p)) continue;
        candidates.push_back({i, static_cast<Token>(c), beam[i].log_p + std::min(log_p, 0.0)});
      }
    }
    const std::size_t kept = std::min(candidates.size(), width);
    std::partial_sort(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(kept),
                      candidates.end(), [](const Candidate& a, const Candidate& b) {
                        if (a.log_p != b.log_p) return a.log_p > b.log_p;
                        return a.parent != b.parent ? a.parent < b.parent : a.token < b.token;
                      });
    candidates.resize(kept);

    next.clear();
    for (const Candidate& c : candidates) {
      const bool ends = c.token == options.end;
      Index node = beam[c.parent].node;
      if (!ends) {
        nodes.push_back({node, c.token});
        node = static_cast<Index>(nodes.size()) - 1;
      }
      if (ends || length == options.max_length)
        put_aside(node, c.log_p, length, ends);
      else
        next.push_back({node, c.log_p, beam[c.parent].state});
    }
    std::swap(beam, next);
    if (found.size() == width && !beam.empty() &&
        beam[0].log_p / penalty(options.max_length) <= found.back().score)
      break;
  }

  std::vector<BeamHypothesis> best;
  for (const Found& entry : found) {
    BeamHypothesis hypothesis{{}, entry.log_p, entry.score, entry.ended};
    for (Index node = entry.node; node > 0; node = nodes[static_cast<std::size_t>(node)].parent)
      hypothesis.tokens.push_back(nodes[static_cast<std::size_t>(node)].token);
    std::reverse(hypothesis.tokens.begin(), hypothesis.tokens.end());
    best.push_back(std::move(hypothesis));
  }
  return best;
}

}  // namespace recur::inline RECUR_ABI
