// The file format safetensors (huggingface.co/docs/safetensors):
//
//   8 bytes   length of the header, little endian
//   header    JSON: {"__metadata__": {"key": "text", ...},
//                    "name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ...}
//   data      of all tensors, little endian, the last index of a shape fastest; offsets count from here
//
// The reader checks everything in a file before it uses it. It either reads a file as it was meant, or
// refuses it.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/file.hpp"
#include "recur/core/utf8.hpp"
#include "recur/io/json.hpp"
#include "recur/io/tensor_file.hpp"

namespace recur::inline RECUR_ABI {

static_assert(std::endian::native == std::endian::little, "safetensors files are little endian");

namespace detail::safetensors {

inline constexpr std::uint64_t largest_header = 100'000'000;  // as in the reference implementation
inline constexpr std::size_t most_dimensions = 64;            // as in PyTorch
inline constexpr std::size_t most_metadata = 65536;  // short ones take more memory than they have bytes
inline constexpr const char* metadata_key = "__metadata__";

/// Reads one file. Throws FileError with the path before the message.
///
/// It takes the header apart while it reads it. depth_ counts the objects and lists that are open. At depth 1
/// there is a tensor or the metadata, at depth 2 a field of it, at depth 3 a number of a list. It skips
/// fields that the format does not have, whatever they contain.
class Parser : JsonEvents {
 public:
  /// With `any_dtype`, tensors may have all types of Dtype.
  Parser(std::string_view bytes, const std::filesystem::path& path, bool any_dtype = false)
      : bytes_(bytes), path_(path), any_dtype_(any_dtype) {}

  TensorFile parse() {
    parse_header();
    for (auto& [entry, begin, end] : extents_) {  // only now: tensors that overlap could fill the memory
      const auto data = std::as_bytes(std::span(data_.data(), data_.size()))
                            .subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
      entry->second.bytes.assign(data.begin(), data.end());
    }
    return std::move(file_);
  }

  /// Calls f(name, tensor, data) for each tensor in the order of the data, which it does not copy: the bytes of
  /// the tensors stay empty. Returns the metadata.
  template <class F>
  Metadata for_each(F&& f) {
    parse_header();
    for (const auto& [entry, begin, end] : extents_)
      f(entry->first, std::as_const(entry->second), data_.substr(begin, end - begin));
    return std::move(file_.metadata);
  }

  /// Throws unless these first nine bytes, or all bytes, can begin a file of `size` bytes.
  static void check_begin(std::string_view bytes, std::uint64_t size, const std::filesystem::path& path) {
    detail::require_file(size > 0, path, "is empty");
    detail::require_file(size >= 8, path, "has ", size, " bytes: no safetensors file is that short");
    const std::uint64_t length = header_length(bytes);
    detail::require_file(length <= largest_header, path, "begins with a header length of ", length,
                         ": not a safetensors file");
    detail::require_file(length <= size - 8, path, "is cut off, or not a safetensors file: its header has ",
                         length, " bytes, and ", size - 8, " follow");
    detail::require_file(length > 0 && bytes[8] == '{', path,
                         "has a header that is not a JSON object: not a safetensors file");
  }

 private:
  using Entry = std::pair<const std::string, StoredTensor>;
  struct Extent {
    Entry* tensor;
    std::uint64_t begin, end;
  };
  enum class Field { dtype, shape, data_offsets, unknown };
  static constexpr std::array<const char*, 3> field_names{"dtype", "shape", "data_offsets"};

  template <class... Parts>
  void check(bool legal, const Parts&... parts) const {
    detail::require_file(legal, path_, parts...);
  }
  template <class... Parts>
  void check_tensor(bool legal, const Parts&... parts) const {
    check(legal, "tensor ", detail::quote(tensor_->first), ' ', parts...);
  }
  void check_new(bool is_new, const std::string& key) const {
    check(is_new, "has ", detail::quote(key), " twice in its header");  // a parser would take the last one
  }

  static std::uint64_t header_length(std::string_view bytes) {
    std::uint64_t length = 0;
    for (std::size_t i = 8; i-- > 0;) length = length << 8U | static_cast<unsigned char>(bytes[i]);
    return length;
  }
  void parse_header() {
    const auto header = find_header();
    data_ = bytes_.substr(8 + header.size());
    check(JsonEvents::parse(header), "has a header that is not JSON: ", error);
    check_cover();
  }
  std::string_view find_header() const {
    check_begin(bytes_, bytes_.size(), path_);
    return bytes_.substr(8, static_cast<std::size_t>(header_length(bytes_)));
  }

  bool key(string_t& key) override {
    if (depth_ == 1 && key == metadata_key) {
      check_new(!has_metadata_, key);
      has_metadata_ = true;
      tensor_ = nullptr;
    } else if (depth_ == 1) {
      const auto [entry, is_new] = file_.tensors.try_emplace(std::move(key));
      check_new(is_new, entry->first);
      tensor_ = &*entry;
      seen_ = {};
    } else if (depth_ == 2 && !tensor_) {
      const auto [entry, is_new] = file_.metadata.try_emplace(std::move(key));
      check_new(is_new, entry->first);
      check(file_.metadata.size() <= most_metadata, "has more than ", most_metadata, " metadata");
      text_ = &*entry;
    } else if (depth_ == 2) {
      const auto found = std::find(field_names.begin(), field_names.end(), key);
      field_ = static_cast<Field>(found - field_names.begin());
      if (field_ == Field::unknown) return true;
      bool& seen = seen_[static_cast<std::size_t>(found - field_names.begin())];
      check_new(!seen, key);
      seen = true;
    }
    return true;
  }

  bool start_object(std::size_t) override {
    if (depth_ > 1) value_of_wrong_kind();
    ++depth_;
    return true;
  }
  bool end_object() override {
    if (--depth_ == 1 && tensor_) finish_tensor();
    return true;
  }
  bool start_array(std::size_t) override {
    const bool is_list = depth_ == 2 && tensor_ && (field_ == Field::shape || field_ == Field::data_offsets);
    if (!is_list) value_of_wrong_kind();
    ++depth_;
    return true;
  }
  bool end_array() override {
    --depth_;
    return true;
  }

  bool string(string_t& text) override {
    if (depth_ == 2 && !tensor_)
      text_->second = std::move(text);
    else if (depth_ == 2 && field_ == Field::dtype)
      set_dtype(text);
    else
      value_of_wrong_kind();
    return true;
  }
  bool count(std::uint64_t number) override {
    if (depth_ != 3 || !tensor_ || field_ == Field::unknown) {
      value_of_wrong_kind();
    } else if (field_ == Field::shape) {
      auto& shape = tensor_->second.shape;
      check_tensor(shape.size() < most_dimensions, "has a shape of more than ", most_dimensions, " numbers");
      shape.push_back(number);
    } else {
      check_tensor(offsets_.size() < 2, "has data_offsets that are not a begin and an end");
      offsets_.push_back(number);
    }
    return true;
  }
  bool other() override {
    value_of_wrong_kind();
    return true;
  }

  /// Refuses a value where another kind is expected. Unknown fields may have values of any kind.
  void value_of_wrong_kind() const {
    if (!tensor_) {
      check(depth_ > 1, "has metadata that are not a JSON object");
      check(false, "has metadata ", detail::quote(text_->first), " that are not a string");
    }
    check_tensor(depth_ > 1, "has no ", field_names[0]);
    check_tensor(field_ != Field::dtype, "has a dtype that is not a string");
    if (field_ != Field::unknown)
      check_tensor(false, "has a ", field_names[static_cast<std::size_t>(field_)],
                   " that is not a list of counts");
  }

  void set_dtype(std::string_view dtype) {
    const auto found = std::find(dtype_names.begin(), dtype_names.end(), dtype);
    const auto number = static_cast<Dtype>(found - dtype_names.begin());
    check_tensor(found != dtype_names.end() && (any_dtype_ || is_of_models(number)), "has the dtype ",
                 detail::quote(dtype), any_dtype_ ? ": it is not known" : ": only F32 and F64 can be read");
    tensor_->second.dtype = number;
  }

  void finish_tensor() {
    for (std::size_t i = 0; i < seen_.size(); ++i) check_tensor(seen_[i], "has no ", field_names[i]);
    check_tensor(offsets_.size() == 2 && offsets_[0] <= offsets_[1],
                 "has data_offsets that are not a begin and an end");
    const auto begin = offsets_[0], end = offsets_[1];
    const auto& [dtype, shape, bytes] = tensor_->second;
    check_tensor(end <= data_.size(), "ends at byte ", end, " of the data, which has only ", data_.size(),
                 ": the file is cut off or damaged");
    check_tensor(bytes_of(dtype, shape) == end - begin, "of ", name_of(dtype), ' ', describe(shape), " has ",
                 end - begin, " bytes, which do not fit its shape");
    extents_.push_back({tensor_, begin, end});
    offsets_.clear();
  }

  /// Checks that every byte of the data belongs to exactly one tensor.
  void check_cover() {
    std::sort(extents_.begin(), extents_.end(), [](const Extent& a, const Extent& b) {
      return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
    });
    std::uint64_t covered = 0;
    const auto check_hole = [&](std::uint64_t next) {
      check(next == covered, "bytes ", covered, " to ", next, " of the data belong to no tensor");
    };
    for (const auto& extent : extents_) {
      check(extent.begin >= covered, "tensor ", detail::quote(extent.tensor->first), " overlaps another");
      check_hole(extent.begin);
      covered = extent.end;
    }
    check_hole(data_.size());
  }

  std::string_view bytes_, data_;
  const std::filesystem::path& path_;
  bool any_dtype_;
  TensorFile file_;
  std::vector<Extent> extents_;

  // The place in the header that is being read.
  int depth_ = 0;
  bool has_metadata_ = false;
  Entry* tensor_ = nullptr;  // null in the metadata
  std::pair<const std::string, std::string>* text_ = nullptr;
  Field field_ = Field::unknown;
  std::array<bool, 3> seen_{};  // the fields of the tensor
  std::vector<std::uint64_t> offsets_;
};

}  // namespace detail::safetensors

/// Reads a file that is in memory already. Errors call it `path`. Throws like read_safetensors.
inline TensorFile parse_safetensors(std::string_view bytes,
                                    const std::filesystem::path& path = "safetensors") {
  return detail::safetensors::Parser(bytes, path).parse();
}

/// Throws FileError if the file does not exist, can't be read, is not a safetensors file, is cut off or
/// damaged, or has a tensor of another type than F32 and F64. It refuses pipes, since a pipe may have no end.
inline TensorFile read_safetensors(const std::filesystem::path& path) {
  std::error_code error;
  const auto there = std::filesystem::status(path, error);
  detail::require_file(!std::filesystem::is_fifo(there), path, "is a pipe, not a file");
  if (std::filesystem::is_regular_file(there))  // before reading a file of any size and kind
    detail::safetensors::Parser::check_begin(detail::read_file(path, 9), std::filesystem::file_size(path),
                                             path);
  return parse_safetensors(detail::read_file(path), path);
}

/// Writes the same bytes as the reference implementation: F64 before F32, then by name. The header has the
/// metadata first, sorted by key, and spaces that fill it up to a multiple of 8 bytes. The same content gives
/// the same bytes.
///
/// Throws std::invalid_argument, before it writes anything, if a tensor's bytes don't fit its shape, if a
/// tensor is called __metadata__, if a name or the metadata are not UTF-8, or if they are too long to be read again: more
/// than 65536 metadata, or a header of more than 100 MB.
inline void write_safetensors(std::ostream& out, const TensorFile& file) {
  require(file.metadata.size() <= detail::safetensors::most_metadata, "a safetensors file of ",
          file.metadata.size(), " metadata: it can have at most ", detail::safetensors::most_metadata);
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!file.metadata.empty()) header[detail::safetensors::metadata_key] = file.metadata;
  std::vector<const StoredTensor*> order;
  std::uint64_t at = 0;
  for (const auto& [name, tensor] : file.tensors)
    require(detail::is_of_models(tensor.dtype), "tensor ", detail::quote(name), " is of ",
            detail::name_of(tensor.dtype), ": only F32 and F64 can be written");
  for (const Dtype dtype : {Dtype::f64, Dtype::f32}) {
    for (const auto& [name, tensor] : file.tensors) {
      if (tensor.dtype != dtype) continue;
      require(name != detail::safetensors::metadata_key, "a tensor can't be called ", name);
      require(tensor.bytes.size() == detail::bytes_of(dtype, tensor.shape), "tensor ", detail::quote(name),
              " of ", detail::name_of(dtype), ' ', detail::describe(tensor.shape), " has ",
              tensor.bytes.size(), " bytes, which do not fit its shape");
      auto& entry = header[name];
      entry["dtype"] = detail::name_of(dtype);
      entry["shape"] = tensor.shape;
      entry["data_offsets"] = {at, at + tensor.bytes.size()};
      at += tensor.bytes.size();
      order.push_back(&tensor);
    }
  }
  std::string text;
  try {
    text = header.dump();
  } catch (const nlohmann::json::exception& error) {
    throw std::invalid_argument(
        detail::message("a name or metadata of a safetensors file is not UTF-8: ", error.what()));
  }
  text.append((8 - text.size() % 8) % 8, ' ');
  require(text.size() <= detail::safetensors::largest_header,
          "the names and metadata of a safetensors file take ", text.size(), " bytes: they can take at most ",
          detail::safetensors::largest_header);
  const std::uint64_t length = text.size();  // a std::size_t of 32 bits may not be shifted by more
  for (unsigned i = 0; i < 8; ++i) out.put(static_cast<char>(length >> 8 * i & 0xFFU));
  out << text;
  for (const auto* tensor : order)
    out.write(reinterpret_cast<const char*>(tensor->bytes.data()),
              static_cast<std::streamsize>(tensor->bytes.size()));
}

/// Writes to a file, either whole or not at all (see write_file). Throws FileError if that fails.
inline void write_safetensors(const std::filesystem::path& path, const TensorFile& file) {
  write_file(path, [&](std::ostream& out) { write_safetensors(out, file); });
}

}  // namespace recur::inline RECUR_ABI
