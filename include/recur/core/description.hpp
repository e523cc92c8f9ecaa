// A layer described as data. So a file can hold an architecture, and a program can choose one while it runs.
#pragma once

#include <algorithm>
#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "recur/core/compiled.hpp"
#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"

namespace recur::inline RECUR_ABI {

/// The value of an option: a flag, a whole number, a number or a text.
class OptionValue {
 public:
  enum class Type { flag, integer, number, text };

  OptionValue(bool flag) : number_(flag ? 1 : 0), type_(Type::flag) {}
  OptionValue(std::integral auto integer)
      : integer_(static_cast<Index>(integer)), number_(static_cast<double>(integer)), type_(Type::integer) {}
  OptionValue(std::floating_point auto number) : number_(static_cast<double>(number)), type_(Type::number) {}
  OptionValue(std::string text) : text_(std::move(text)), type_(Type::text) {}
  OptionValue(const char* text) : OptionValue(std::string(text)) {}

  Type type() const { return type_; }
  /// The value. Throws std::invalid_argument if it is of another type, as do the next three.
  bool flag() const {
    check(type_ == Type::flag, "true or false");
    return number_ != 0;
  }
  /// A whole number.
  Index integer() const {
    check(type_ == Type::integer, "a whole number");
    return integer_;
  }
  double number() const {  ///< also for a whole number
    check(type_ == Type::number || type_ == Type::integer, "a number");
    return number_;
  }
  const std::string& text() const {
    check(type_ == Type::text, "a text");
    return text_;
  }

  /// The value in the form that errors show.
  std::string describe() const;
  friend bool operator==(const OptionValue&, const OptionValue&) = default;

 private:
  void check(bool legal, const char* wanted) const;

  std::string text_;
  Index integer_ = 0;
  double number_ = 0;
  Type type_;
};

/// A layer as data: its kind, the sizes that its constructor takes, its options by name, and the layers
/// inside it.
///
///   Description{"lstm", 64, 128}
///   Description("lstm", 64, 128).with("direction", "both").with("num_layers", 2)
///   Description("residual").around({"dense", 64, 64})
struct Description {
  std::string kind;
  std::vector<Index> sizes;
  std::vector<std::pair<std::string, OptionValue>> options{};  ///< sorted by name, each name once
  std::vector<Description> layers{};

  template <std::integral... Sizes>
  Description(std::string kind_of_layer, Sizes... sizes_of_layer)
      : kind(std::move(kind_of_layer)), sizes{static_cast<Index>(sizes_of_layer)...} {}
  template <std::integral... Sizes>
  Description(const char* kind_of_layer, Sizes... sizes_of_layer)
      : Description(std::string(kind_of_layer), sizes_of_layer...) {}

  /// This description with one more option, or with a new value of the option.
  Description with(const std::string& name, OptionValue value) const;
  /// Adds an option, or gives it a new value.
  void set(const std::string& name, OptionValue value);
  /// This description with one more layer inside.
  Description around(Description layer) const;

  friend bool operator==(const Description&, const Description&) = default;
};

/// A layer that can describe itself as data. A layer does not have this member if its template arguments
/// can't be described.
template <class L>
concept Described = requires(const L& layer) {
  { layer.description() } -> std::same_as<Description>;
};

namespace detail {

/// The kind for the name of a cell: "peephole LSTM" is "peephole_lstm".
RECUR_INLINE std::string kind_of(std::string_view name);

}  // namespace detail

#if RECUR_DEFINES
RECUR_INLINE std::string OptionValue::describe() const {
  if (type_ == Type::flag) return number_ != 0 ? "true" : "false";
  if (type_ == Type::integer) return std::to_string(integer_);
  return type_ == Type::number ? detail::message(number_) : '"' + text_ + '"';
}
RECUR_INLINE void OptionValue::check(bool legal, const char* wanted) const {
  require(legal, "an option is ", *this, ": it must be ", wanted);
}

RECUR_INLINE Description Description::with(const std::string& name, OptionValue value) const {
  Description more = *this;
  more.set(name, std::move(value));
  return more;
}
RECUR_INLINE void Description::set(const std::string& name, OptionValue value) {
  const auto at = std::lower_bound(options.begin(), options.end(), name,
                                   [](const auto& option, const auto& key) { return option.first < key; });
  if (at != options.end() && at->first == name)
    at->second = std::move(value);
  else
    options.emplace(at, name, std::move(value));
}
RECUR_INLINE Description Description::around(Description layer) const {
  Description more = *this;
  more.layers.push_back(std::move(layer));
  return more;
}

RECUR_INLINE std::string detail::kind_of(std::string_view name) {
  std::string kind;
  for (const char c : name)
    kind += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c == ' ' || c == '-' ? '_' : c;
  return kind;
}
#endif

}  // namespace recur::inline RECUR_ABI
