// From a description to a network: which kinds of layers there are, and how each is made.
#pragma once

#include <algorithm>
#include <concepts>
#include <functional>
#include <initializer_list>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "recur/core/description.hpp"
#include "recur/core/matrix.hpp"
#include "recur/network/chain.hpp"
#include "recur/network/network.hpp"

namespace recur::inline RECUR_ABI {

/// How many numbers the layers of a description may hold together. A description in a file can ask for any size. This
/// limits it to the number of weights in the file.
class SizeLimit {
 public:
  SizeLimit() = default;
  explicit SizeLimit(Index most_numbers) : left_(most_numbers) {}

  /// Counts rows · columns numbers. Returns whether they fit; the product may be larger than an Index holds.
  bool take(Index rows, Index columns) {
    if (rows < 1 || columns < 1) return true;  // the layer itself says what is wrong
    if (columns > left_ / rows) return false;
    left_ -= rows * columns;
    return true;
  }

 private:
  Index left_ = std::numeric_limits<Index>::max();
};

/// Reads a description and remembers what was read. It refuses the rest, for example a misspelt option.
class DescriptionReader {
 public:
  explicit DescriptionReader(const Description& description, SizeLimit& limit)
      : description_(description), limit_(&limit) {}

  const std::vector<Description>& layers() const {
    takes_layers_ = true;
    return description_.layers;
  }
  /// What may still be made.
  SizeLimit& limit() const { return *limit_; }

  /// The next size, called `name` in errors.
  Index size(const char* name) {
    names_.push_back(name);
    refuse_unless(names_.size() <= description_.sizes.size(), "has no size ", name);
    return description_.sizes[names_.size() - 1];
  }
  bool has(const std::string& name) { return find(name) != nullptr; }
  /// The option's whole number; `otherwise` without the option.
  Index integer(const std::string& name, Index otherwise) {
    const OptionValue* value = find(name);
    if (!value) return otherwise;
    refuse_unless(value->type() == OptionValue::Type::integer, "has the option ", name, " = ", *value,
                  ": it must be a whole number");
    return value->integer();
  }
  double number(const std::string& name, double otherwise) {
    const OptionValue* value = find(name);
    if (!value) return otherwise;
    refuse_unless(value->type() == OptionValue::Type::integer || value->type() == OptionValue::Type::number,
                  "has the option ", name, " = ", *value, ": it must be a number");
    return value->number();
  }
  /// The option's true or false; `otherwise` without the option.
  bool flag(const std::string& name, bool otherwise) {
    const OptionValue* value = find(name);
    if (!value) return otherwise;
    refuse_unless(value->type() == OptionValue::Type::flag, "has the option ", name, " = ", *value,
                  ": it must be true or false");
    return value->flag();
  }
  /// The place of the option's text in the list of legal texts. Without the option it is 0.
  std::size_t choice(const std::string& name, std::initializer_list<std::string_view> legal) {
    const OptionValue* value = find(name);
    if (!value) return 0;
    const auto found = value->type() == OptionValue::Type::text
                           ? std::find(legal.begin(), legal.end(), value->text())
                           : legal.end();
    std::string list;
    for (const auto& text : legal) list += (list.empty() ? "\"" : ", \"") + std::string(text) + '"';
    refuse_unless(found != legal.end(), "has the option ", name, " = ", *value, ": legal are ", list);
    return static_cast<std::size_t>(found - legal.begin());
  }

  /// A text that must be there.
  const std::string& text(const std::string& name) {
    const OptionValue* value = find(name);
    refuse_unless(value, "has no option ", name, ": it must have one that is a text");
    refuse_unless(value->type() == OptionValue::Type::text, "has the option ", name, " = ", *value,
                  ": it must be a text");
    return value->text();
  }

  /// Throws std::invalid_argument if rows · columns numbers are beyond the limit.
  void claim(Index rows, Index columns) {
    refuse_unless(limit_->take(rows, columns), "is of ", rows, " x ", columns,
                  " weights: more than there are");
  }

  /// Throws std::invalid_argument for sizes, options and layers that were not read.
  void finish() const {
    const auto listed = [](const auto& names) {
      std::string list;
      for (const auto& name : names) list += (list.empty() ? "" : ", ") + std::string(name);
      return list.empty() ? std::string("none") : list;
    };
    refuse_unless(description_.sizes.size() <= names_.size(), "has ", description_.sizes.size(),
                  " sizes: its sizes are ", listed(names_));
    for (const auto& option : description_.options)
      refuse_unless(std::find(asked_.begin(), asked_.end(), option.first) != asked_.end(), "has an option \"",
                    option.first, "\": its options are ", listed(asked_));
    refuse_unless(takes_layers_ || description_.layers.empty(), "has layers inside: it can have none");
  }

  /// Throws std::invalid_argument, which names the layer, unless `legal`.
  template <class... Parts>
  void refuse_unless(bool legal, const Parts&... parts) const {
    if (!legal) [[unlikely]]
      detail::refuse({"a layer of the kind \"", description_.kind, "\" ", parts...});
  }

 private:
  const OptionValue* find(const std::string& name) {
    if (std::find(asked_.begin(), asked_.end(), name) == asked_.end()) asked_.push_back(name);
    for (const auto& [key, value] : description_.options)
      if (key == name) return &value;
    return nullptr;
  }

  const Description& description_;
  SizeLimit* limit_;
  std::vector<std::string> names_, asked_;
  mutable bool takes_layers_ = false;
};

/// The kinds of layers that a description may name. standard.hpp and all_kinds.hpp have those of this
/// library; a program adds its own, or lists the few that it wants, which compiles faster:
///
///   Kinds<float> kinds = standard_kinds<float>();
///   kinds.add("leaky", make_recurrent<Leaky<float>>);
///   kinds.add("square", [](DescriptionReader& say, const Kinds<float>&) {
///     return Network<float>{Square{say.size("features")}};
///   });
template <std::floating_point S>
class Kinds {
  template <class In>
  using Make = std::function<Network<S, In>(DescriptionReader&, const Kinds&)>;

 public:
  std::string hint = {};  ///< ends the message about a kind that is not known: where others are

  /// `maker(reader, kinds)` gives a Network<S>, or a Network<S, Token> for a layer that takes tokens.
  template <class M>
  void add(const std::string& kind, M maker) {
    using Made = std::invoke_result_t<M&, DescriptionReader&, const Kinds&>;
    table<typename Made::InputScalar>(*this)[kind] = std::move(maker);
  }

  /// The network of a description. Throws std::invalid_argument for kinds, sizes and options that are not known or not
  /// legal, and says which are legal. Also throws it if there are more weights than the limit allows.
  template <class In = S>
  Network<S, In> make(const Description& description, SizeLimit& limit) const {
    const auto& known = table<In>(*this);
    const auto found = known.find(description.kind);
    if (found == known.end()) {
      using Other = std::conditional_t<std::same_as<In, Token>, S, Token>;
      require(!table<Other>(*this).contains(description.kind), "a layer of the kind \"", description.kind,
              std::same_as<In, Token>
                  ? "\" takes numbers: a network that begins with it is a Network<S>"
                  : "\" takes tokens: a network that begins with it is a Network<S, Token>");
      refuse_kind(description.kind, known);
    }
    DescriptionReader reader(description, limit);
    auto network = found->second(reader, *this);
    reader.finish();
    return network;
  }
  template <class In = S>
  Network<S, In> make(const Description& description) const {
    SizeLimit none;
    return make<In>(description, none);
  }

 private:
  template <class In>
  static auto& table(auto& kinds) {
    if constexpr (std::same_as<In, Token>)
      return kinds.of_tokens_;
    else
      return kinds.of_numbers_;
  }

  template <class Table>
  [[noreturn]] void refuse_kind(const std::string& kind, const Table& known) const {
    std::string legal;
    for (const auto& entry : known) legal += (legal.empty() ? "" : ", ") + entry.first;
    detail::refuse({"there is no layer of the kind \"", kind, "\" here: legal are ", legal, hint});
  }

  std::map<std::string, Make<S>> of_numbers_;
  std::map<std::string, Make<Token>> of_tokens_;
};

}  // namespace recur::inline RECUR_ABI
