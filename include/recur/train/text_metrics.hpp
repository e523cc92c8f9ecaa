// How good the text is that a network writes or recognises: how much the right text surprises the network,
// and how far its own text is from the right one.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <map>
#include <numbers>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "recur/core/compiled.hpp"
#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/utf8.hpp"

namespace recur::inline RECUR_ABI {

namespace detail::text_metrics {

inline void check_loss(double loss) {
  require(loss >= 0, "a loss of ", loss, " a token: -log p must be a number and at least 0");
}

inline std::vector<std::string> words(std::string_view text) {
  constexpr std::string_view spaces = " \t\n\v\f\r";
  std::vector<std::string> all;
  for (std::size_t end = 0, begin; (begin = text.find_first_not_of(spaces, end)) != text.npos;) {
    end = std::min(text.find_first_of(spaces, begin), text.size());
    all.emplace_back(text.substr(begin, end - begin));
  }
  return all;
}

inline std::vector<char32_t> characters(std::string_view text) {
  std::vector<char32_t> all;
  while (!text.empty()) {
    const auto next = detail::first_character(text);
    require(next.length > 0, "a text to compare is not UTF-8");
    all.push_back(next.code);
    text.remove_prefix(next.length);
  }
  return all;
}

}  // namespace detail::text_metrics

/// e^loss, where loss is the mean loss of a token in nats, as EachStep{SoftmaxCrossEntropy{}} gives it. A
/// network of perplexity k is as uncertain as one that guesses among k equally likely tokens (Jelinek,
/// Mercer, Bahl and Baker, "Perplexity - a measure of the difficulty of speech recognition tasks", 1977).
/// Infinite from a loss of 709.8 on, as e^loss is in double. Throws std::invalid_argument for a loss below 0.
inline double perplexity(double loss) {
  detail::text_metrics::check_loss(loss);
  return std::exp(loss);
}

/// loss / (log 2 · characters): loss is the mean loss of a token in nats, and characters is the mean number
/// of characters of a token, 1 for a network of characters (as in Graves, "Generating sequences with
/// recurrent neural networks", 2013). Throws std::invalid_argument for a loss below 0 and for a number of
/// characters that is not positive.
inline double bits_per_character(double loss, double characters_per_token = 1) {
  detail::text_metrics::check_loss(loss);
  require(characters_per_token > 0 && std::isfinite(characters_per_token), characters_per_token,
          " characters a token: it must be positive and finite");
  return loss / (std::numbers::ln2 * characters_per_token);
}

/// The fewest insertions, deletions and substitutions of one item that turn `from` into `to` (Levenshtein
/// 1966).
template <class T>
Index edit_distance(std::span<const T> from, std::span<const T> to) {
  std::vector<Index> distances(to.size() + 1);  // from the items of `from` so far to j items of `to`
  for (std::size_t j = 0; j <= to.size(); ++j) distances[j] = static_cast<Index>(j);
  for (std::size_t i = 0; i < from.size(); ++i) {
    Index diagonal = std::exchange(distances[0], static_cast<Index>(i + 1));
    for (std::size_t j = 0; j < to.size(); ++j) {
      const Index substituted = diagonal + (from[i] != to[j]);
      diagonal = distances[j + 1];
      distances[j + 1] = std::min({substituted, diagonal + 1, distances[j] + 1});
    }
  }
  return distances.back();
}
template <class T>
Index edit_distance(const std::vector<T>& from, const std::vector<T>& to) {
  return edit_distance(std::span<const T>(from), std::span<const T>(to));
}

/// The edit distance from the references to the texts that were found, summed over all pairs and divided by
/// the length of the references. 0 is perfect; more than 1 is possible. Throws std::invalid_argument if the
/// number of references is not that of the texts, and if all references are empty.
template <class T>
double error_rate(std::span<const std::vector<T>> found, std::span<const std::vector<T>> references) {
  require(found.size() == references.size(), references.size(), " references were given for ", found.size(),
          " texts");
  Index errors = 0;
  std::size_t length = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    errors += edit_distance(references[i], found[i]);
    length += references[i].size();
  }
  require(length > 0, "all references of an error rate are empty: at least one must have an item");
  return static_cast<double>(errors) / static_cast<double>(length);
}
template <class T>
double error_rate(const std::vector<std::vector<T>>& found, const std::vector<std::vector<T>>& references) {
  return error_rate(std::span<const std::vector<T>>(found), std::span<const std::vector<T>>(references));
}

/// The error rate of words. White space of ASCII separates words.
RECUR_INLINE double word_error_rate(std::span<const std::string> found,
                                    std::span<const std::string> references);

/// The error rate of characters, that is Unicode code points. White space counts. Also throws
/// std::invalid_argument for a text that is not UTF-8.
RECUR_INLINE double character_error_rate(std::span<const std::string> found,
                                         std::span<const std::string> references);

/// How to treat lengths of n-grams of which none is right. Their precision of 0 would make BLEU 0.
enum class BleuSmoothing {
  none,        ///< BLEU is 0
  add_one,     ///< counts one n-gram more as right and as there, except single words (Lin and Och 2004)
  exponential  ///< the k-th such precision is 1 / (2^k · n-grams), as in NIST's mteval and sacrebleu
};

/// How BLEU counts.
struct BleuOptions {
  Index max_order = 4;                            ///< longest n-grams
  BleuSmoothing smoothing = BleuSmoothing::none;  ///< of precisions that are 0
};

/// BLEU, from 0 to 1, with its parts.
struct Bleu {
  double score = 0;
  std::vector<double> precisions;          ///< of n-grams of length 1, 2, ..., after smoothing
  double brevity_penalty = 0;              ///< 1, or less for a corpus that is shorter than its references
  Index length = 0, reference_length = 0;  ///< in words, of the corpus and of its references
};

/// BLEU of a corpus (Papineni et al., "BLEU: a method for automatic evaluation of machine translation", 2002,
/// section 2.3): how many of the n-grams that were found are in a reference.
///
///   p_n = Σ min(times found, most times in any one of its references) / Σ times found
///   BLEU = min(1, exp(1 - r / c)) exp(1/N Σ_n log p_n),  n = 1, ..., N
///
/// N is max_order, 4 in the paper. c is the length of all texts that were found. r is the length of the references
/// that are closest in length, and the shorter one of two that are equally close. Counts are first summed over the
/// corpus, so BLEU is not a mean over sentences. BLEU is 0 for a corpus without any right word. Without add_one it is
/// also 0 for a corpus that is too short for the longest n-grams.
///
/// Throws std::invalid_argument if there are no texts, if the number of lists of references is not that of
/// the texts, for an empty list of references, and for a max_order below one.
template <class T>
Bleu bleu(std::span<const std::vector<T>> found, std::span<const std::vector<std::vector<T>>> references,
          const BleuOptions& options = {}) {
  require(!found.empty(), "a BLEU of no texts was asked for: it needs at least one");
  require(found.size() == references.size(), references.size(), " lists of references were given for ",
          found.size(), " texts");
  require(options.max_order > 0, "max_order ", options.max_order, ": it must be at least 1");
  for (std::size_t i = 0; i < references.size(); ++i)
    require(!references[i].empty(), "text ", i, " has no references: it needs at least one");

  using Counts = std::map<std::vector<T>, Index>;
  const auto count = [](const std::vector<T>& text, std::size_t n) {
    Counts counts;
    for (auto at = text.begin(); text.end() - at >= static_cast<std::ptrdiff_t>(n); ++at)
      ++counts[std::vector<T>(at, at + static_cast<std::ptrdiff_t>(n))];
    return counts;
  };
  const auto orders = static_cast<std::size_t>(options.max_order);
  std::vector<Index> right(orders), there(orders);
  Bleu result;
  result.precisions.resize(orders);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto length = static_cast<Index>(found[i].size());
    const auto closest = std::ranges::min(references[i], {}, [&](const std::vector<T>& reference) {
      const auto other = static_cast<Index>(reference.size());
      return std::pair(std::abs(other - length), other);
    });
    result.length += length;
    result.reference_length += static_cast<Index>(closest.size());
    for (std::size_t n = 1; n <= orders; ++n) {
      Counts most;
      for (const auto& reference : references[i])
        for (const auto& [ngram, times] : count(reference, n)) most[ngram] = std::max(most[ngram], times);
      for (const auto& [ngram, times] : count(found[i], n)) {
        there[n - 1] += times;
        if (const auto in = most.find(ngram); in != most.end()) right[n - 1] += std::min(times, in->second);
      }
    }
  }
  if (result.length == 0) return result;
  const auto c = static_cast<double>(result.length), r = static_cast<double>(result.reference_length);
  result.brevity_penalty = std::min(1.0, std::exp(1 - r / c));
  if (right[0] == 0) return result;

  double log_mean = 0, halved = 1;
  for (std::size_t n = 0; n < orders; ++n) {
    const bool one_more = n > 0 && options.smoothing == BleuSmoothing::add_one;
    const auto parts = static_cast<double>(right[n] + one_more),
               all = static_cast<double>(there[n] + one_more);
    double& precision = result.precisions[n];
    if (all > 0) precision = parts / all;
    if (all > 0 && parts == 0 && options.smoothing == BleuSmoothing::exponential)
      precision = (halved /= 2) / all;
    log_mean += std::log(precision) / static_cast<double>(orders);
  }
  result.score = result.brevity_penalty * std::exp(log_mean);
  return result;
}
template <class T>
Bleu bleu(const std::vector<std::vector<T>>& found,
          const std::vector<std::vector<std::vector<T>>>& references, const BleuOptions& options = {}) {
  return bleu(std::span<const std::vector<T>>(found),
              std::span<const std::vector<std::vector<T>>>(references), options);
}

#if RECUR_DEFINES
RECUR_INLINE double word_error_rate(std::span<const std::string> found,
                                    std::span<const std::string> references) {
  std::vector<std::vector<std::string>> f, r;
  for (const auto& text : found) f.push_back(detail::text_metrics::words(text));
  for (const auto& text : references) r.push_back(detail::text_metrics::words(text));
  return error_rate(f, r);
}

RECUR_INLINE double character_error_rate(std::span<const std::string> found,
                                         std::span<const std::string> references) {
  std::vector<std::vector<char32_t>> f, r;
  for (const auto& text : found) f.push_back(detail::text_metrics::characters(text));
  for (const auto& text : references) r.push_back(detail::text_metrics::characters(text));
  return error_rate(f, r);
}
#endif

}  // namespace recur::inline RECUR_ABI
