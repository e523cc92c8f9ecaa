// The file format safetensors (huggingface.co/docs/safetensors):
//
//   8 bytes   length of the header, little endian
//   header    JSON: {"__metadata__": {"key": "text", ...},
//                    "name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ...}
//   data      of all tensors, little endian, the last index of a shape fastest; offsets count from here
//
// Nothing in a file is believed before it is checked: a file is read as it was meant, or refused.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <ostream>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/io/file.hpp"
#include "recur/io/json.hpp"
#include "recur/io/tensor_file.hpp"

namespace recur {

static_assert(std::endian::native == std::endian::little, "safetensors files are little endian");

namespace safetensors {

inline constexpr std::uint64_t largest_header = 100'000'000;  // the limit of the reference implementation
inline constexpr const char* metadata_key = "__metadata__";

/// Walks through JSON up to an error or to a key that its object has already: a parser would take the last.
struct UniqueKeys : nlohmann::json_sax<nlohmann::json> {
  std::string error, twice;

  bool key(string_t& key) override {
    const bool is_new = open_.back().insert(key).second;
    if (!is_new) twice = key;
    return is_new;
  }
  bool start_object(std::size_t) override {
    open_.emplace_back();
    return true;
  }
  bool end_object() override {
    open_.pop_back();
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception& what) override {
    error = what.what();
    return false;
  }
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }

 private:
  std::vector<std::set<std::string>> open_;  // keys of the objects that are open
};

/// Reads one file; throws FileError with the path before the message.
class Parser {
 public:
  Parser(std::string_view bytes, const std::filesystem::path& path) : bytes_(bytes), path_(path) {}

  TensorFile parse() {
    const auto header = parse_header();
    TensorFile file;
    for (const auto& [name, value] : header.items()) {
      if (name == metadata_key)
        file.metadata = parse_metadata(value);
      else
        parse_tensor(name, value, file.tensors[name]);
    }
    check_cover();
    for (auto& [tensor, name, begin, end] :
         extents_) {  // not before, or tensors that overlap could fill the memory
      const auto data = std::as_bytes(std::span(data_)).subspan(begin, end - begin);
      tensor->bytes.assign(data.begin(), data.end());
    }
    return file;
  }

 private:
  using json = nlohmann::json;
  struct Extent {
    StoredTensor* tensor;
    std::string name;
    std::uint64_t begin, end;
  };

  template <class... Parts>
  void check(bool legal, const Parts&... parts) const {
    require_file(legal, path_, parts...);
  }

  json parse_header() {
    check(!bytes_.empty(), "is empty");
    check(bytes_.size() >= 8, "has ", bytes_.size(), " bytes: no safetensors file is that short");
    std::uint64_t length = 0;
    for (std::size_t i = 8; i-- > 0;) length = length << 8U | static_cast<unsigned char>(bytes_[i]);
    check(length <= largest_header, "begins with a header length of ", length, ": not a safetensors file");
    check(length <= bytes_.size() - 8, "is cut off, or not a safetensors file: its header has ", length,
          " bytes, and ", bytes_.size() - 8, " follow");
    const auto text = bytes_.substr(8, length);
    data_ = bytes_.substr(8 + length);
    check(text.starts_with('{'), "has a header that is not a JSON object: not a safetensors file");
    UniqueKeys keys;
    const bool unique = json::sax_parse(text, &keys);
    check(keys.error.empty(), "has a header that is not JSON: ", keys.error);
    check(unique, "has \"", keys.twice, "\" twice in its header");
    return json::parse(text);
  }

  Metadata parse_metadata(const json& value) const {
    check(value.is_object(), "has metadata that are not a JSON object");
    Metadata metadata;
    for (const auto& [key, text] : value.items()) {
      check(text.is_string(), "has metadata \"", key, "\" that are not a string");
      metadata.emplace(key, text.get<std::string>());
    }
    return metadata;
  }

  /// All but the bytes.
  void parse_tensor(const std::string& name, const json& value, StoredTensor& tensor) {
    const auto legal = [&](bool holds, const auto&... parts) {
      check(holds, "tensor \"", name, "\" ", parts...);
    };
    const auto get = [&](const char* key) -> const json& {
      legal(value.is_object() && value.contains(key), "has no ", key);
      return value.at(key);
    };
    const auto numbers = [&](const char* key) {
      const json& list = get(key);
      const auto is_count = [](const json& n) { return n.is_number_unsigned(); };
      legal(list.is_array() && std::all_of(list.begin(), list.end(), is_count), "has a ", key,
            " that is not a list of counts");
      return list.template get<std::vector<std::uint64_t>>();
    };

    const json& dtype = get("dtype");
    legal(dtype.is_string(), "has a dtype that is not a string");
    legal(dtype == name_of(Dtype::f32) || dtype == name_of(Dtype::f64), "has the dtype ",
          dtype.get_ref<const std::string&>(), ": only F32 and F64 can be read");
    tensor.dtype = dtype == name_of(Dtype::f32) ? Dtype::f32 : Dtype::f64;
    tensor.shape = numbers("shape");
    const auto offsets = numbers("data_offsets");
    legal(offsets.size() == 2 && offsets[0] <= offsets[1],
          "has data_offsets that are not a begin and an end");
    legal(offsets[1] <= data_.size(), "ends at byte ", offsets[1], " of the data, of which there are ",
          data_.size(), ": the file is cut off or damaged");
    const auto size = bytes_of(tensor.dtype, tensor.shape);
    legal(size == offsets[1] - offsets[0], "of ", name_of(tensor.dtype), ' ', describe(tensor.shape), " has ",
          offsets[1] - offsets[0], " bytes, which do not fit its shape");
    extents_.push_back({&tensor, name, offsets[0], offsets[1]});
  }

  /// Every byte of the data belongs to one tensor.
  void check_cover() {
    std::ranges::sort(extents_, {}, [](const Extent& e) { return std::pair(e.begin, e.end); });
    std::uint64_t covered = 0;
    const auto check_hole = [&](std::uint64_t next) {
      check(next == covered, "bytes ", covered, " to ", next, " of the data belong to no tensor");
    };
    for (const auto& extent : extents_) {
      check(extent.begin >= covered, "tensor \"", extent.name, "\" overlaps another");
      check_hole(extent.begin);
      covered = extent.end;
    }
    check_hole(data_.size());
  }

  std::string_view bytes_, data_;
  const std::filesystem::path& path_;
  std::vector<Extent> extents_;
};

}  // namespace safetensors

/// Reads a file that is in memory already; `path` is what its errors call it. Throws like read_safetensors.
inline TensorFile parse_safetensors(std::string_view bytes,
                                    const std::filesystem::path& path = "safetensors") {
  return safetensors::Parser(bytes, path).parse();
}

/// Throws FileError if there is no such file or it can't be read, is no safetensors file, is cut off or
/// damaged, or has a tensor of another type than F32 and F64.
inline TensorFile read_safetensors(const std::filesystem::path& path) {
  return parse_safetensors(read_file(path), path);
}

/// Writes what the reference implementation would: F64 before F32, then by name; the header, metadata first
/// and by key, filled up with spaces to a multiple of 8 bytes. The same content gives the same bytes.
///
/// Throws std::invalid_argument, before anything is written, if a tensor's bytes don't fit its shape, if one
/// is called __metadata__, or if a name or the metadata are not UTF-8.
inline void write_safetensors(std::ostream& out, const TensorFile& file) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!file.metadata.empty()) header[safetensors::metadata_key] = file.metadata;
  std::vector<const StoredTensor*> order;
  std::uint64_t at = 0;
  for (const Dtype dtype : {Dtype::f64, Dtype::f32}) {
    for (const auto& [name, tensor] : file.tensors) {
      if (tensor.dtype != dtype) continue;
      require(name != safetensors::metadata_key, "a tensor can't be called ", name);
      require(tensor.bytes.size() == bytes_of(dtype, tensor.shape), "tensor \"", name, "\" of ",
              name_of(dtype), ' ', describe(tensor.shape), " has ", tensor.bytes.size(),
              " bytes, which do not fit its shape");
      auto& entry = header[name];
      entry["dtype"] = name_of(dtype);
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
        message("a name or metadata of a safetensors file is not UTF-8: ", error.what()));
  }
  text.append((8 - text.size() % 8) % 8, ' ');
  for (std::size_t i = 0; i < 8; ++i) out.put(static_cast<char>(text.size() >> 8 * i & 0xFFU));
  out << text;
  for (const auto* tensor : order)
    out.write(reinterpret_cast<const char*>(tensor->bytes.data()),
              static_cast<std::streamsize>(tensor->bytes.size()));
}

/// The same to a file, which is there whole or not at all (see write_file). Throws FileError if that fails.
inline void write_safetensors(const std::filesystem::path& path, const TensorFile& file) {
  write_file(path, [&](std::ostream& out) { write_safetensors(out, file); });
}

}  // namespace recur
