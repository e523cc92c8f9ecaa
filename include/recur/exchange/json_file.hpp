// A JSON file of a model from elsewhere. Its author may be anyone, so each value is checked where it is read,
// and an error names its place: "amp.json: layers[1].weights[0] is a text: it must be a list of 8 numbers".
#pragma once

#include <algorithm>
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
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/file.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/number.hpp"
#include "recur/core/utf8.hpp"
#include "recur/io/json.hpp"

namespace recur::inline RECUR_ABI::detail::exchange {

/// A value in a JSON file, with its place. It is a view: document and path must live longer, so neither is a temporary.
class JsonValue {
 public:
  JsonValue(const nlohmann::json& json, const std::filesystem::path& path, std::string place = {})
      : json_(&json), path_(&path), place_(std::move(place)) {}
  JsonValue(const nlohmann::json&&, const std::filesystem::path&, std::string = {}) = delete;
  JsonValue(const nlohmann::json&, const std::filesystem::path&&, std::string = {}) = delete;
  JsonValue(const nlohmann::json&&, const std::filesystem::path&&, std::string = {}) = delete;

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
    for (Index i = 0; i < count; ++i) values(i) = element(i);
    return values;
  }
  /// Number `i` of a list, which has so many.
  float element(Index i) const {
    const auto& one = (*json_)[static_cast<std::size_t>(i)];
    const float value = one.is_number() ? one.get<float>() : std::numeric_limits<float>::quiet_NaN();
    if (!std::isfinite(value)) [[unlikely]]
      (*this)[i].check(false, "is ", (*this)[i].kind(), ": it must be a number within ",
                       std::numeric_limits<float>::max());
    return value;
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

  const nlohmann::json* json_;
  const std::filesystem::path* path_;
  std::string place_;
};

/// Counts, before a document is built, how deep it is, how long its lists are and how much memory it will take.
///
/// In nlohmann-json a value has 16 bytes. A list has its values beside that, an object a node for each of its entries, and
/// a text its letters. Each piece of memory costs the system some 16 bytes more.
struct JsonCost : JsonEvents {
  int deepest = 0;
  std::size_t values = 0;              ///< numbers, true, false and null
  std::vector<std::uint32_t> lengths;  ///< of the lists, in the order in which they begin

  bool other() override { return ++values, add(0); }
  bool count(std::uint64_t) override { return other(); }
  bool string(string_t& text) override { return add(48 + text.size()); }
  bool key(string_t& text) override {
    bytes_ += 96 + (text.size() < 16 ? 0 : 16 + text.size());
    return true;
  }
  bool start_array(std::size_t) override {
    open_.push_back(lengths.size());
    lengths.push_back(0);
    return open(56);  // 12 of them for `lengths`
  }
  bool end_array() override { return close(); }
  bool start_object(std::size_t) override {
    open_.push_back(object);
    return open(64);
  }
  bool end_object() override { return close(); }

  std::size_t bytes() const { return bytes_; }

 private:
  static constexpr std::size_t object = std::numeric_limits<std::size_t>::max();

  bool add(std::size_t own) {
    const bool in_list = !open_.empty() && open_.back() != object;
    if (in_list) ++lengths[open_.back()];
    bytes_ += (in_list ? 16U : 0U) + own;  // the value of a key is in its node
    return true;
  }
  bool open(std::size_t own) {
    deepest = std::max(deepest, static_cast<int>(open_.size()));
    const std::size_t inner = open_.back();
    open_.pop_back();
    add(own);
    open_.push_back(inner);
    return deepest <= most_depth;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

 public:
  static constexpr int most_depth = 32;

 private:
  std::size_t bytes_ = 0;
  std::vector<std::size_t> open_;  // the places of lists in `lengths`
};

/// A document. nlohmann-json, when it destroys a list, first moves all of its values into another list, which grows to up to
/// three times their memory. So the lists are emptied before, the innermost first.
class JsonDocument {
 public:
  JsonDocument() = default;
  explicit JsonDocument(nlohmann::json root) : root_(std::move(root)) {}
  JsonDocument(JsonDocument&& other) noexcept : root_(std::exchange(other.root_, nullptr)) {}
  JsonDocument& operator=(JsonDocument&& other) noexcept {
    root_.swap(other.root_);
    return *this;
  }
  ~JsonDocument() { empty(root_); }

  operator const nlohmann::json&() const& { return root_; }
  operator const nlohmann::json&() const&& = delete;

 private:
  static void empty(nlohmann::json& value) {
    for (auto& inner : value)
      if (inner.is_structured()) empty(inner);
    if (value.is_structured()) value.clear();
  }

  nlohmann::json root_;
};

/// Builds the document that JsonCost has counted, without a byte more: a list that grows would take three times its memory.
class JsonBuilder : JsonEvents {
 public:
  /// Errors are those of `what` in the file. Throws FileError if an object has a name twice.
  JsonBuilder(std::string_view text, const std::vector<std::uint32_t>& lengths,
              const std::filesystem::path& path, const std::string& what)
      : length_(lengths.begin()), path_(path), what_(what) {
    parse(text);
  }
  JsonDocument take() { return JsonDocument(std::move(root_)); }

 private:
  using Json = nlohmann::json;

  bool other() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool count(std::uint64_t number) override { return put(number); }
  bool number_integer(number_integer_t number) override { return put(number); }
  bool number_float(number_float_t number, const string_t&) override { return put(number); }
  bool string(string_t& text) override { return put(std::move(text)); }
  bool key(string_t& name) override {
    const auto [at, is_new] = open_.back()->get_ref<Json::object_t&>().try_emplace(std::move(name));
    require_file(is_new, path_, what_, "has ", quote(at->first), " twice in an object");
    slot_ = &at->second;
    return true;
  }
  bool start_array(std::size_t) override {
    put(Json::array());
    last_->get_ref<Json::array_t&>().reserve(*length_++);
    return open();
  }
  bool start_object(std::size_t) override {
    put(Json::object());
    return open();
  }
  bool end_array() override { return close(); }
  bool end_object() override { return close(); }

  template <class T>
  bool put(T&& value) {
    if (!open_.empty() && open_.back()->is_array()) {
      auto& list = open_.back()->get_ref<Json::array_t&>();
      list.emplace_back(std::forward<T>(value));
      last_ = &list.back();
    } else {
      last_ = open_.empty() ? &root_ : slot_;
      *last_ = Json(std::forward<T>(value));
    }
    return true;
  }
  bool open() {
    open_.push_back(last_);
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  Json root_;
  std::vector<Json*> open_;  // lists and objects that have begun; what is in them stays in its place
  Json *last_ = nullptr, *slot_ = nullptr;
  std::vector<std::uint32_t>::const_iterator length_;
  const std::filesystem::path& path_;
  const std::string& what_;
};

/// The JSON in a text that came from this file. Errors call it `what`, or nothing if it is the file.
///
/// It may take `most` bytes of memory and 64 KiB. 0 stands for nine and a half times the text. That is enough for the
/// document and what is there at the same time: first the text, then the numbers that a reader takes from the document, as
/// floats and once more in another order.
///
/// Throws FileError if the text is no JSON, has an object with a name twice, has lists or objects within each other, more
/// than 32 deep, or would take more memory.
inline JsonDocument parse_json(std::string_view text, const std::filesystem::path& path, std::size_t most = 0,
                               const std::string& what = {}) {
  constexpr std::size_t free = std::size_t{1} << 16U;
  const std::string it = what.empty() ? "" : what + ' ';
  require_file(text.find_first_not_of(" \t\r\n") != text.npos, path, it, "is empty: it should be JSON");
  JsonCost cost;
  const bool is_json = cost.parse(text);
  require_file(cost.deepest <= JsonCost::most_depth, path, it,
               "has lists or objects within each other, more than ", JsonCost::most_depth, " deep");
  require_file(is_json || cost.stopped_at < text.size(), path, it,
               "is not JSON to its end: it seems cut off at byte ", text.size());
  require_file(is_json, path, it, "is not JSON: ", cost.error);
  const std::size_t beside = most == 0 ? std::max(text.size(), 2 * sizeof(float) * cost.values) : 0;
  const std::size_t taken = cost.bytes() + beside, legal = (most == 0 ? 19 * text.size() / 2 : most) + free;
  require_file(taken <= legal, path, it, "has ", text.size(), " bytes, and would take ", taken,
               " bytes of memory: at most ", legal, " are legal");
  return JsonBuilder(text, cost.lengths, path, it).take();
}

/// Throws FileError also if the file can't be read or has more than 256 MiB.
inline JsonDocument read_json(const std::filesystem::path& path) {
  constexpr std::size_t largest = std::size_t{1} << 28U;
  const std::string text = read_file(path, largest + 1);
  require_file(text.size() <= largest, path, "has more than ", largest, " bytes");
  return parse_json(text, path);
}

}  // namespace recur::inline RECUR_ABI::detail::exchange
