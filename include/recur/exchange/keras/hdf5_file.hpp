// Numbers and texts in HDF5 files, as far as models of Keras need them.
//
// Source: "HDF5 File Format Specification", version 3.0, The HDF Group.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/file.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/utf8.hpp"
#include "recur/exchange/keras/hdf5_objects.hpp"

namespace recur::inline RECUR_ABI::detail::exchange {

/// Numbers of a file, the last dimension the fastest, and their name for errors.
struct Hdf5Tensor {
  std::string name;
  std::vector<Index> shape;
  std::vector<float> values;
};

/// An HDF5 file that is read. It may have
///
///   - superblocks of versions 0 to 3, and groups of any number of objects in the old form, or few in the new one,
///   - hard links: none leads out of the file,
///   - datasets of floating-point numbers of 2, 4 or 8 bytes, compact or contiguous, in the file, without filters,
///   - attributes that are texts, or lists of texts of a fixed length.
///
/// All tensors together may have three times the bytes of the file: half precision takes twice as much as float, and a file
/// can name the same bytes twice. Each text of an attribute counts as 64 bytes. Errors are FileErrors that name the object. Names are paths, such as
/// "model_weights/lstm_1"; "" is the root.
class Hdf5File : public Hdf5Objects {
 public:
  explicit Hdf5File(const std::filesystem::path& path) : Hdf5File(read_file(path), path) {}

  /// A file in memory. Errors call it `path`. If it came out of an archive, `explained` is the size of that.
  Hdf5File(std::string bytes, const std::filesystem::path& path, std::optional<std::uint64_t> explained = {})
      : Hdf5Objects(std::move(bytes), path),
        most_(growth * explained.value_or(bytes_.size()) / sizeof(float)) {}

  bool has_attribute(const std::string& object, const std::string& name) {
    const auto at = find(object);
    return at && find_attribute(*at, name).has_value();
  }

  /// An attribute that is one text. Throws FileError if it is none.
  std::string text(const std::string& object, const std::string& name) {
    const Attribute it = attribute(object, name);
    check(it.type.is_text() && it.count == 1, it.called, " must be a text");
    return it.type.kind == Type::Kind::fixed_text ? fixed_texts(it)[0] : heap_text(it);
  }
  /// An attribute that is a list of texts. An empty list may be of any type.
  std::vector<std::string> texts(const std::string& object, const std::string& name) {
    const Attribute it = attribute(object, name);
    if (it.count == 0) return {};
    check(it.type.is_text(), it.called, " must be a list of texts");
    if (it.type.kind == Type::Kind::fixed_text) return fixed_texts(it);
    check(it.count == 1, it.called, " is a list of texts of variable length: they must have a fixed one");
    return {heap_text(it)};
  }

  /// The numbers of a dataset. Throws FileError unless all are finite.
  Hdf5Tensor tensor(const std::string& name) {
    const std::string called = quote(name);
    const auto at = find(name);
    check(at.has_value(), "has no ", called);
    std::optional<Cursor> type_at, space_at, layout_at;
    for (const Message& message : messages(*at)) {
      if (message.type == Message::datatype) type_at = message.data;
      if (message.type == Message::dataspace) space_at = message.data;
      if (message.type == Message::layout) layout_at = message.data;
      check(message.type != Message::external_files, called,
            " is stored in other files: it must be in this one");
      check(message.type != Message::filters, called,
            " is stored with filters, such as compression: it must be as it is");
    }
    check(type_at && space_at && layout_at, called, " is not a dataset");
    const Type type = read_type(*type_at, called);
    check(type.kind == Type::Kind::number, called, " must have floating-point numbers of 2, 4 or 8 bytes");
    Hdf5Tensor tensor{called, {}, {}};
    std::uint64_t count = 1;
    for (const std::uint64_t size : read_space(*space_at, called)) {
      check(size > 0 && size <= most_ / count, called, " is of no or too many numbers for a file of ",
            bytes_.size(), " bytes");
      count *= size;
      tensor.shape.push_back(static_cast<Index>(size));
    }
    check(count <= most_ - read_, called, " has ", count,
          " numbers: with those read before, there are more than ", growth,
          " times as many bytes as in the file");
    Cursor data = read_layout(*layout_at, called);
    check(data.left() >= count * type.size, called, " has ", data.left(), " bytes stored: it must have ",
          count * type.size);
    read_ += count;
    tensor.values.resize(static_cast<std::size_t>(count));
    if (type.size == sizeof(float) && !type.big_endian && std::endian::native == std::endian::little)
      std::memcpy(tensor.values.data(), data.take(count * sizeof(float)).data(), count * sizeof(float));
    else
      for (float& value : tensor.values)
        value = read_float(data.number(type.size, type.big_endian), type.size);
    const auto wrong = std::find_if_not(tensor.values.begin(), tensor.values.end(),
                                        [](float v) { return std::isfinite(v); });
    if (wrong != tensor.values.end())
      check(false, called, " has ", *wrong, " at place ", wrong - tensor.values.begin(),
            ": it must be finite");
    return tensor;
  }

 private:
  static constexpr std::uint64_t growth = 3;

  // ---- Types, sizes and places.

  struct Type {
    enum class Kind { number, fixed_text, variable_text, other };
    Kind kind = Kind::other;
    std::uint64_t size = 0;
    bool big_endian = false;
    bool is_text() const { return kind == Kind::fixed_text || kind == Kind::variable_text; }
  };
  Type read_type(Cursor at, const std::string& called) const {
    const std::uint64_t kind = at.number(1) & 15U, bits = at.number(3);
    Type type{Type::Kind::other, at.number(4)};
    check(type.size > 0, called, " is of a type of no bytes");
    if (kind == 1) {
      at.skip(4);
      const std::array<std::uint64_t, 5> said{at.number(1), at.number(1), at.number(1), at.number(1),
                                              at.number(4)};
      using Ieee = std::array<std::uint64_t, 5>;  // where exponent and mantissa are, and the exponent's bias
      const bool legal = (type.size == 4 && said == Ieee{23, 8, 0, 23, 127}) ||
                         (type.size == 8 && said == Ieee{52, 11, 0, 52, 1023}) ||
                         (type.size == 2 && said == Ieee{10, 5, 0, 10, 15});
      if (legal && (bits & 0x40U) == 0) type.kind = Type::Kind::number;
      type.big_endian = (bits & 1U) != 0;
    } else if (kind == 3) {
      type.kind = Type::Kind::fixed_text;
    } else if (kind == 9 && (bits & 15U) == 1 && type.size == 16) {
      type.kind = Type::Kind::variable_text;
    }
    return type;
  }

  std::vector<std::uint64_t> read_space(Cursor at, const std::string& called) const {
    const std::uint64_t version = at.number(1), rank = at.number(1);
    at.skip(1);
    const std::uint64_t kind = at.number(1);
    check(version == 1 || version == 2, called, " has sizes of an unknown version, ", version);
    check(version == 1 || kind < 2, called, " has no elements");
    if (version == 1) at.skip(4);
    constexpr std::uint64_t most_dimensions = 4;
    check(rank <= most_dimensions, called, " has ", rank, " dimensions: it must have at most ",
          most_dimensions);
    std::vector<std::uint64_t> sizes;
    for (std::uint64_t d = 0; d < rank; ++d) sizes.push_back(at.number(8));
    return sizes;
  }

  Cursor read_layout(Cursor at, const std::string& called) const {
    const std::uint64_t version = at.number(1), kind = at.number(1);
    check(version == 3 || version == 4, called, " is stored in a way of an unknown version, ", version);
    check(kind < 2, called,
          " is stored in chunks or in other files: it must be compact or contiguous, as Keras does it");
    if (kind == 0) return at.part(at.number(2));
    const Address data = at.number(8);
    const std::uint64_t size = at.number(8);
    check(data != undefined, called, " has 0 bytes stored");
    return {*this, data, size};
  }

  static float read_float(std::uint64_t bits, std::uint64_t size) {
    if (size == 8) return static_cast<float>(std::bit_cast<double>(bits));
    if (size == 4) return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    const int exponent = static_cast<int>(bits >> 10U & 31U);
    const auto mantissa = static_cast<float>(bits & 1023U);
    const float size_of_it = exponent == 31  ? std::numeric_limits<float>::infinity()
                             : exponent == 0 ? std::ldexp(mantissa, -24)
                                             : std::ldexp(1024 + mantissa, exponent - 25);
    return bits >> 15U ? -size_of_it : size_of_it;
  }

  // ---- Attributes.

  struct Attribute {
    std::string called;
    Type type;
    std::uint64_t count;
    Cursor data;
  };

  std::optional<Attribute> find_attribute(Address object, const std::string& name) const {
    for (Message& message : messages(object)) {
      if (message.type == Message::attribute_info) {
        message.data.skip(1);
        message.data.skip(message.data.number(1) & 1U ? 2 : 0);
        check(message.data.number(8) == undefined,
              "has an object of many attributes in the new form, which can't be read: "
              "write the file with libver=\"earliest\", as Keras does");
      }
      if (message.type != Message::attribute) continue;
      Cursor at = message.data;
      const std::uint64_t version = at.number(1), flags = at.number(1);
      check(version >= 1 && version <= 3, "has an attribute of an unknown version, ", version);
      check(version == 1 || (flags & 3U) == 0, "has an attribute of a shared type, which can't be read");
      const std::uint64_t name_size = at.number(2), type_size = at.number(2), space_size = at.number(2);
      at.skip(version == 3 ? 1 : 0);
      const auto padded = [&](std::uint64_t size) { return version == 1 ? (size + 7) / 8 * 8 : size; };
      const std::string_view its_name = at.take(padded(name_size));
      if (its_name.substr(0, its_name.find('\0')) != name) continue;
      std::string called = detail::message("the attribute ", quote(name));
      const Type type = read_type(at.part(padded(type_size)), called);
      std::uint64_t count = 1;
      for (const std::uint64_t size : read_space(at.part(padded(space_size)), called)) {
        check(size == 0 || count <= bytes_.size() / size, called,
              " has more elements than the file has bytes");
        count *= size;
      }
      return Attribute{std::move(called), type, count, at};
    }
    return {};
  }
  Attribute attribute(const std::string& object, const std::string& name) {
    const auto at = find(object);
    check(at.has_value(), "has no ", quote(object));
    auto it = find_attribute(*at, name);
    check(it.has_value(), quote(object), " has no attribute ", quote(name));
    it->called += " of " + quote(object);
    return std::move(*it);
  }

  std::vector<std::string> fixed_texts(Attribute it) {
    // A text takes some 64 bytes of memory, however short it is.
    constexpr std::uint64_t of_text = 64 / sizeof(float);
    check(it.count <= (most_ - read_) / of_text, it.called, " has ", it.count,
          " texts: with what was read before, that is too much for a file of ", bytes_.size(), " bytes");
    read_ += it.count * of_text;
    std::vector<std::string> texts;
    for (std::uint64_t i = 0; i < it.count; ++i) {
      const std::string_view text = it.data.take(it.type.size);
      texts.emplace_back(text.substr(0, text.find('\0')));
    }
    return texts;
  }

  /// A text of variable length is in a collection of objects, of which each has a number.
  std::string heap_text(Attribute it) const {
    const std::uint64_t size = it.data.number(4);
    const Address at = it.data.number(8);
    const std::uint64_t index = it.data.number(4);
    Cursor head(*this, at, 16);
    head.signature("GCOL");
    head.skip(4);
    Cursor objects(*this, at, head.number(8));
    objects.skip(16);
    while (objects.left() >= 16) {
      const std::uint64_t number = objects.number(2);
      objects.skip(6);
      const std::uint64_t its_size = objects.number(8);
      if (number == 0) break;  // what is free
      Cursor object = objects.part(its_size);
      if (number == index) return std::string(object.take(size));
      objects.skip(std::min(objects.left(), (8 - its_size % 8) % 8));
    }
    check(false, it.called, " is not where it should be: the file is damaged");
    return {};
  }

  std::uint64_t most_, read_ = 0;  // the most numbers of all tensors, and those so far
};

}  // namespace recur::inline RECUR_ABI::detail::exchange
