// A JSON file of a model from elsewhere. Its author may be anyone, so each value is checked where it is read,
// and an error names its place: "amp.json: layers[1].weights[0] is a text: it must be a list of 8 numbers".
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <utility>

#include "recur/core/error.hpp"
#include "recur/core/file.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/utf8.hpp"
#include "recur/io/json.hpp"

namespace recur::inline RECUR_ABI::detail::exchange {

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
  /// Throws FileError unless it is a list of so many elements.
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

/// Throws FileError if the file can't be read, is not JSON, or has lists within lists, 32 deep and more. A
/// document takes at most 16 times the memory of its text, so it may have 256 MiB.
inline nlohmann::json read_json(const std::filesystem::path& path) {
  constexpr std::size_t largest = std::size_t{1} << 28U;
  constexpr int deepest = 32;
  const std::string text = read_file(path, largest + 1);
  require_file(text.size() <= largest, path, "has more than ", largest, " bytes");
  const auto not_too_deep = [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    require_file(depth <= deepest, path, "has lists or objects within each other, more than ", deepest,
                 " deep");
    return true;
  };
  try {
    return nlohmann::json::parse(text, not_too_deep);
  } catch (const nlohmann::json::exception& error) {
    throw FileError(message(printable(path.string()), ": is not JSON: ", printable(error.what())));
  }
}

}  // namespace recur::inline RECUR_ABI::detail::exchange
