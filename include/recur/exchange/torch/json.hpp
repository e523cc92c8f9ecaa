// State dicts in JSON.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "recur/core/file.hpp"
#include "recur/core/utf8.hpp"
#include "recur/exchange/torch/tensors.hpp"
#include "recur/io/json.hpp"
#include "recur/io/tensor_file.hpp"

namespace recur::inline RECUR_ABI::detail::exchange {

/// A state dict in JSON, as RTNeural's examples save it: {"lstm.weight_ih_l0": [[0.5, ...], ...], ...}. The numbers of a
/// tensor are lists within lists of equal lengths. They are taken as they come, so that no document is built.
class JsonTensors : public detail::JsonEvents {
 public:
  JsonTensors(const std::filesystem::path& path, std::size_t bytes)
      : path_(path), bytes_(bytes), dict_(path, true) {}

  StateDict take(std::string_view text) {
    const bool is_json = parse(text);
    require_file(is_json || stopped_at < text.size(), path_,
                 "is not JSON to its end: it seems cut off at byte ", text.size());
    require_file(is_json, path_, "is not JSON: ", error);
    return std::move(dict_);
  }

  bool other() override { return refuse_value(); }
  bool string(string_t&) override { return refuse_value(); }
  bool count(std::uint64_t number) override { return add(static_cast<double>(number)); }
  bool number_integer(number_integer_t number) override { return add(static_cast<double>(number)); }
  bool number_float(number_float_t number, const string_t&) override { return add(number); }
  bool start_object(std::size_t) override {
    check(!in_object_, "is an object: a state dict in JSON holds tensors alone");
    return in_object_ = true;
  }
  bool end_object() override { return true; }
  bool key(string_t& name) override {
    // A tensor takes some 600 bytes besides its numbers.
    constexpr std::size_t of_one = 96, free = 100;
    check(dict_.size() < bytes_ / of_one + free, "is one of too many tensors for the file");
    name_ = std::exchange(name, {});
    return true;
  }
  bool start_array(std::size_t) override {
    check(in_object_, "is a list: a state dict in JSON is an object");
    check(depth_ < most_dimensions, "has more than ", most_dimensions, " dimensions");
    if (depth_ == shape_.size()) {
      check(numbers_.empty(), "has numbers beside lists");
      shape_.push_back(unknown), index_.push_back(0);
    }
    index_[depth_++] = 0;
    return true;
  }
  bool end_array() override {
    const std::uint64_t length = index_[--depth_];
    if (shape_[depth_] == unknown) shape_[depth_] = length;
    check(shape_[depth_] == length, "has lists of ", shape_[depth_], " and of ", length, " elements");
    if (depth_ > 0)
      ++index_[depth_ - 1];
    else
      finish();
    return true;
  }

 private:
  static constexpr std::uint64_t unknown = std::numeric_limits<std::uint64_t>::max();
  static constexpr std::size_t most_dimensions = 4;

  template <class... Parts>
  void check(bool legal, const Parts&... parts) const {
    require_file(legal, path_, name_.empty() ? "it" : "tensor " + quote(name_), ' ', parts...);
  }
  bool refuse_value() {
    check(false, "holds something that is not a number: a state dict in JSON holds lists of numbers");
    return false;
  }
  bool add(double number) {
    check(in_object_ && depth_ > 0, "is a number: it must be a list of numbers");
    check(depth_ == shape_.size(), "has numbers beside lists");
    check(std::abs(number) <= static_cast<double>(std::numeric_limits<float>::max()), "holds ", number,
          ", which is too large for single precision");
    numbers_.push_back(static_cast<float>(number));
    ++index_[depth_ - 1];
    return true;
  }
  void finish() {
    std::uint64_t size = 1;  // a list that is empty leaves the lengths of those in it unknown
    for (auto& length : shape_) size *= length = length == unknown ? 0 : length;
    check(size == numbers_.size(), "has lists of different depths");
    auto memory = std::make_shared<std::vector<float>>(std::exchange(numbers_, {}));
    memory->shrink_to_fit();
    dict_.add(
        {name_, Dtype::f32, shape_, row_major(shape_), reinterpret_cast<const std::byte*>(memory->data())});
    dict_.keep(std::move(memory));
    shape_.clear(), index_.clear();
  }

  std::filesystem::path path_;
  std::size_t bytes_;
  StateDict dict_;
  std::string name_;
  bool in_object_ = false;
  std::size_t depth_ = 0;  // of the list that is open
  std::vector<std::uint64_t> shape_, index_;
  std::vector<float> numbers_;
};

inline StateDict read_json_tensors(std::string_view text, const std::filesystem::path& path,
                                   std::string_view key) {
  require_file(key.empty(), path, "is a state dict in JSON, which has no key ", quote(key));
  return JsonTensors(path, text.size()).take(text);
}

}  // namespace recur::inline RECUR_ABI::detail::exchange
