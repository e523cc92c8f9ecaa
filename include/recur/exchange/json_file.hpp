// A JSON file of a model from elsewhere. Its author may be anyone, so each value is checked where it is read,
// and an error names its place: "amp.json: layers[1].weights[0] is a text: it must be a list of 8 numbers".
#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "recur/core/error.hpp"
#include "recur/core/file.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/utf8.hpp"
#include "recur/io/json.hpp"

namespace recur::inline RECUR_ABI::detail::exchange {

/// The number that a text is, as a whole: nothing for "48000abc".
inline std::optional<double> number_in(std::string_view text) {
  double number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || stop != text.data() + text.size()) return {};
  return number;
}

/// A value in a JSON file, with its place. It is a view: the document must live longer.
class JsonValue {
 public:
  JsonValue(const nlohmann::json& json, const std::filesystem::path& path, std::string place = {})
      : json_(&json), path_(&path), place_(std::move(place)) {}

  /// Throws FileError with path and place unless `legal` holds.
  template <class... Parts>
  void check(bool legal, const Parts&... parts) const {
    if (!legal) [[unlikely]]
      throw FileError(message(printable(path_->string()), ": ",
                              place_.empty() ? "the file" : printable(place_), " ", parts...));
  }

  bool has(const char* key) const {
    return json_->is_object() && json_->contains(key) && !json_->at(key).is_null();
  }
  /// Whether one of its values is a list.
  bool has_list() const {
    return std::any_of(json_->begin(), json_->end(), [](const auto& value) { return value.is_array(); });
  }
  JsonValue operator[](const char* key) const {
    check(json_->is_object(), "is ", kind(), ": it must be an object");
    const auto found = json_->find(key);
    check(found != json_->end(), "has no \"", key, '"');
    return {*found, *path_, place_.empty() ? key : place_ + '.' + key};
  }
  std::size_t size() const {
    check(json_->is_array(), "is ", kind(), ": it must be a list");
    return json_->size();
  }
  template <std::integral I>
  JsonValue operator[](I index) const {
    const auto i = static_cast<std::size_t>(index);
    check(i < size(), "has ", size(), " elements: it must have at least ", i + 1);
    return {(*json_)[i], *path_, place_ + '[' + std::to_string(i) + ']'};
  }
  JsonValue back() const { return (*this)[size() == 0 ? 0 : size() - 1]; }

  /// Entries of an object.
  std::size_t count() const {
    check(json_->is_object(), "is ", kind(), ": it must be an object");
    return json_->size();
  }

  const std::string& text() const {
    check(json_->is_string(), "is ", kind(), ": it must be a text");
    return json_->get_ref<const std::string&>();
  }
  bool is_text() const { return json_->is_string(); }
  bool is_list() const { return json_->is_array(); }
  bool is_object() const { return json_->is_object(); }
  bool is_integer() const { return json_->is_number_integer(); }
  /// Its text as JSON, for messages.
  std::string dump() const {
    return printable(json_->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  /// true, false, or a number that is not zero.
  bool flag() const {
    check(json_->is_boolean() || json_->is_number(), "is ", kind(),
          ": it must be true or false, or a number");
    return json_->is_boolean() ? json_->get<bool>() : json_->get<double>() != 0;
  }
  double number() const {
    check(json_->is_number(), "is ", kind(), ": it must be a number");
    return json_->get<double>();
  }
  Index integer(Index least, Index most) const {
    check(json_->is_number_integer(), "is ", kind(), ": it must be a whole number");
    // A number beyond the largest Index is unsigned.
    const bool fits = !json_->is_number_unsigned() ||
                      json_->get<std::uint64_t>() <= std::uint64_t(std::numeric_limits<Index>::max());
    const Index value = fits ? json_->get<Index>() : most;
    check(fits && value >= least && value <= most, "is ", json_->dump(), ": it must be from ", least, " to ",
          most);
    return value;
  }

  /// A list of `count` numbers.
  VectorX<float> vector(Index count) const {
    check_list(count, "numbers");
    VectorX<float> values(count);
    for (Index i = 0; i < count; ++i) values(i) = finite(static_cast<std::size_t>(i));
    return values;
  }
  /// A list of `rows` lists, of `columns` numbers each.
  MatrixX<float> matrix(Index rows, Index columns) const {
    check_list(rows, "lists");
    for (std::size_t r = 0; r < json_->size(); ++r) (*this)[r].check_list(columns, "numbers");
    MatrixX<float> values(rows, columns);
    for (Index r = 0; r < rows; ++r) values.row(r) = (*this)[r].vector(columns);
    return values;
  }
  /// Throws FileError unless it is a list of this length.
  void check_list(Index count, const char* elements) const {
    check(json_->is_array(), "is ", kind(), ": it must be a list of ", count, ' ', elements);
    check(static_cast<Index>(json_->size()) == count, "has ", json_->size(), " elements: it must have ",
          count, ' ', elements);
  }

 private:
  std::string kind() const {
    return json_->is_string()   ? "a text"
           : json_->is_array()  ? "a list"
           : json_->is_object() ? "an object"
                                : json_->dump();
  }
  float finite(std::size_t i) const {
    const auto& one = (*json_)[i];
    const float value = one.is_number() ? one.get<float>() : std::numeric_limits<float>::quiet_NaN();
    if (!std::isfinite(value)) [[unlikely]]
      (*this)[i].check(false, "is ", (*this)[i].kind(), ": it must be a number within ",
                       std::numeric_limits<float>::max());
    return value;
  }

  const nlohmann::json* json_;
  const std::filesystem::path* path_;
  std::string place_;
};

/// Counts, before a document is built, how deep it is and how much memory it would take.
///
/// In nlohmann-json, a value has 16 bytes, and a list that grows holds its values up to three times. Lists,
/// objects, texts and names have memory of their own beside that.
struct JsonCost : JsonEvents {
  int depth = 0, deepest = 0;
  std::size_t bytes = 0;

  bool other() override { return add(0); }
  bool count(std::uint64_t) override { return add(0); }
  bool string(string_t& text) override { return add(64 + text.size()); }
  bool key(string_t& text) override { return add(64 + text.size()); }
  bool start_array(std::size_t) override { return open(32); }
  bool end_array() override { return close(); }
  bool start_object(std::size_t) override { return open(64); }
  bool end_object() override { return close(); }

 private:
  bool add(std::size_t own) {
    bytes += 48 + own;
    return true;
  }
  bool open(std::size_t own) {
    deepest = std::max(deepest, ++depth);
    return add(own);
  }
  bool close() {
    --depth;
    return true;
  }
};

/// The JSON in a text that came from this file. Throws FileError if it is not JSON, has lists or objects within each
/// other, more than 32 deep, or would take more memory than 16 times its size and a megabyte.
inline nlohmann::json parse_json(const std::string& text, const std::filesystem::path& path) {
  constexpr int deepest = 32;
  JsonCost cost;
  const bool is_json = cost.parse(text);
  require_file(cost.deepest <= deepest, path, "has lists or objects within each other, more than ", deepest,
               " deep");
  require_file(is_json, path, "is not JSON: ", cost.error);
  require_file(cost.bytes <= 16 * text.size() + (std::size_t{1} << 20U), path, "has ", text.size(),
               " bytes, and would take ", cost.bytes, " bytes of memory: at most 16 times its size is legal");
  return nlohmann::json::parse(text);
}

/// Throws FileError also if the file can't be read or has more than 256 MiB.
inline nlohmann::json read_json(const std::filesystem::path& path) {
  constexpr std::size_t largest = std::size_t{1} << 28U;
  const std::string text = read_file(path, largest + 1);
  require_file(text.size() <= largest, path, "has more than ", largest, " bytes");
  return parse_json(text, path);
}

}  // namespace recur::inline RECUR_ABI::detail::exchange
