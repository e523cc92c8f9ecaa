// Names of classes or tags, and their numbers.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "recur/core/compiled.hpp"
#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/utf8.hpp"
#include "recur/data/vocabulary.hpp"

namespace recur::inline RECUR_ABI {

/// Names with the numbers 0, 1, ... that losses take as labels. Unlike a Vocabulary it has no unknown word: a name
/// that is not in the list is a mistake.
///
///   const Labels tags({"O", "B-PER", "I-PER"});
///   tags.numbers(sentence.tags);              // {0, 1, 2, ...}
///   tags.names(model.labels(x)[0]);           // {"O", "B-PER", ...}
class Labels {
 public:
  /// Takes the names in the order of their numbers. Throws std::invalid_argument for a name that is empty or
  /// occurs twice.
  explicit Labels(std::vector<std::string> names = {});

  /// All names that occur in some texts, in the order in which they first occur.
  static Labels seen_in(std::span<const std::vector<std::string>> texts);

  Index size() const { return static_cast<Index>(names_.size()); }
  const std::vector<std::string>& names() const { return names_; }

  /// Throws std::out_of_range for a name that is not in the list.
  int number(std::string_view name) const;
  std::vector<int> numbers(std::span<const std::string> names) const;

  /// Throws std::out_of_range if there is no such label.
  const std::string& name(int label) const;
  std::vector<std::string> names(std::span<const int> labels) const;

  bool operator==(const Labels& other) const { return names_ == other.names_; }

 private:
  std::vector<std::string> names_;
  detail::StringMap<Index> numbers_;
};

#if RECUR_DEFINES
RECUR_INLINE Labels::Labels(std::vector<std::string> names) : names_(std::move(names)) {
  for (const std::string& name : names_) {
    const auto label = static_cast<Index>(numbers_.size());
    require(!name.empty(), "label ", label, " has an empty name");
    const auto [at, is_new] = numbers_.emplace(name, label);
    require(is_new, "labels ", at->second, " and ", label, " have the same name, ", detail::quote(name));
  }
}

RECUR_INLINE Labels Labels::seen_in(std::span<const std::vector<std::string>> texts) {
  detail::StringMap<Index> seen;
  std::vector<std::string> names;
  for (const auto& text : texts)
    for (const std::string& name : text)
      if (seen[name]++ == 0) names.push_back(name);
  return Labels(std::move(names));
}

RECUR_INLINE int Labels::number(std::string_view name) const {
  const auto at = numbers_.find(name);
  if (at == numbers_.end()) {
    constexpr std::size_t most = 20;
    std::string known;
    for (std::size_t i = 0; i < names_.size() && i < most; ++i)
      known += (i > 0 ? ", " : "") + detail::quote(names_[i]);
    throw std::out_of_range(detail::message("no label is called ", detail::quote(name), ": there are ",
                                            names_.size() > most ? known + ", ..." : known));
  }
  return static_cast<int>(at->second);
}

RECUR_INLINE std::vector<int> Labels::numbers(std::span<const std::string> names) const {
  std::vector<int> labels;
  labels.reserve(names.size());
  for (const std::string& name : names) labels.push_back(number(name));
  return labels;
}

RECUR_INLINE const std::string& Labels::name(int label) const {
  if (label < 0 || label >= size())
    throw std::out_of_range(detail::message("label ", label, " has no name: there are ", size(), " labels"));
  return names_[static_cast<std::size_t>(label)];
}

RECUR_INLINE std::vector<std::string> Labels::names(std::span<const int> labels) const {
  std::vector<std::string> names;
  names.reserve(labels.size());
  for (const int label : labels) names.push_back(name(label));
  return names;
}
#endif

}  // namespace recur::inline RECUR_ABI
