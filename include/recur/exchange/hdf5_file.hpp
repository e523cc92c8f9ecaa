// HDF5 files, as far as models of Keras need them. Such a file may come from anyone. The HDF5 library is not made for
// that: a fuzzer of its version 1.10 finds a file in seconds that it reads forever. So this reader knows only what h5py
// writes for Keras, checks every address and size, and refuses the rest.
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
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/file.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/utf8.hpp"

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
/// can name the same bytes twice. Errors are
/// FileErrors that name the object. Names are paths, such as "model_weights/lstm_1"; "" is the root.
class Hdf5File {
  using Address = std::uint64_t;

 public:
  explicit Hdf5File(const std::filesystem::path& path) : Hdf5File(read_file(path), path) {}

  /// A file in memory. Errors call it `path`. If it came out of an archive, `explained` is the size of that.
  Hdf5File(std::string bytes, const std::filesystem::path& path, std::optional<std::uint64_t> explained = {})
      : path_(path),
        bytes_(std::move(bytes)),
        most_(growth * explained.value_or(bytes_.size()) / sizeof(float)) {
    check(!bytes_.empty(), "is empty: it should be an HDF5 file");
    check(bytes_.starts_with("\x89HDF\r\n\x1a\n"),
          "is not an HDF5 file: it does not begin with its signature");
    check(bytes_.size() > 8, "is an HDF5 file that is cut off at byte ", bytes_.size());
    Cursor at(*this, 8, bytes_.size() - 8);
    const std::uint64_t version = at.number(1);
    check(version <= 3, "is of a version of HDF5 that can't be read: its superblock has version ", version);
    if (version < 2) at.skip(4);
    const std::uint64_t offsets = at.number(1), lengths = at.number(1);
    check(offsets == 8 && lengths == 8, "has addresses of ", offsets, " and sizes of ", lengths,
          " bytes: both must be of 8");
    at.skip(version == 0 ? 9 : version == 1 ? 13 : 1);
    check(at.number(8) == 0, "does not begin with its first byte");
    at.skip(8);
    const std::uint64_t end = at.number(8);
    check(end <= bytes_.size(), "is an HDF5 file of ", end, " bytes: it seems cut off at byte ",
          bytes_.size());
    if (version < 2) at.skip(16);  // an address, and the name of the root
    root_ = at.number(8);
  }

  const std::filesystem::path& path() const { return path_; }

  bool has(const std::string& name) { return find(name).has_value(); }

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
    check(type_at && space_at && layout_at, called, " is no dataset");
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
  static constexpr std::uint64_t growth = 3, most_work = 64;

  template <class... Parts>
  void check(bool legal, const Parts&... parts) const {
    require_file(legal, path_, parts...);
  }

  /// Reads numbers from a run of bytes, and refuses to leave it.
  class Cursor {
   public:
    Cursor(const Hdf5File& file, Address begin, std::uint64_t size) : file_(&file), at_(begin), left_(size) {
      file.check(begin <= file.bytes_.size() && size <= file.bytes_.size() - begin, "has ", size,
                 " bytes at address ", begin, ", but only ", file.bytes_.size(),
                 " bytes: it is damaged or cut off");
    }
    std::uint64_t left() const { return left_; }
    Address address() const { return at_; }
    std::string_view take(std::uint64_t count) {
      file_->check(count <= left_, "is damaged at address ", at_, ": there are ", left_, " bytes, and ",
                   count, " are needed");
      const auto taken = std::string_view(file_->bytes_).substr(at_, count);
      at_ += count;
      left_ -= count;
      return taken;
    }
    void skip(std::uint64_t count) { take(count); }
    /// A run of its own.
    Cursor part(std::uint64_t count) {
      const Address begin = at_;
      skip(count);
      return {*file_, begin, count};
    }
    std::uint64_t number(std::uint64_t count, bool big_endian = false) {
      const std::string_view bytes = take(count);
      std::uint64_t value = 0;
      for (std::size_t i = 0; i < bytes.size(); ++i) {
        const std::size_t from = big_endian ? i : bytes.size() - 1 - i;
        value = value << 8U | static_cast<unsigned char>(bytes[from]);
      }
      return value;
    }
    void signature(std::string_view expected) {
      const Address here = at_;
      file_->check(take(expected.size()) == expected, "is damaged: there is no ", expected, " at address ",
                   here);
    }

   private:
    const Hdf5File* file_;
    Address at_;
    std::uint64_t left_;
  };

  // ---- Objects: their headers are lists of messages.

  struct Message {
    static constexpr std::uint64_t dataspace = 1, link_info = 2, datatype = 3, link = 6, external_files = 7,
                                   layout = 8, filters = 11, attribute = 12, continuation = 16,
                                   symbol_table = 17, attribute_info = 21;
    std::uint64_t type;
    Cursor data;
  };

  std::vector<Message> messages(Address object) const {
    constexpr std::size_t most_blocks = 64;
    std::vector<Message> list;
    Cursor head(*this, object, bytes_.size() - std::min<std::uint64_t>(object, bytes_.size()));
    const bool is_new = head.left() >= 4 && bytes_.compare(object, 4, "OHDR") == 0;
    std::uint64_t flags = 0;
    std::vector<Cursor> blocks;
    if (is_new) {
      head.skip(4);
      check(head.number(1) == 2, "has an object of an unknown version at address ", object);
      flags = head.number(1);
      head.skip((flags & 0x20U ? 16U : 0U) + (flags & 0x10U ? 4U : 0U));
      blocks.push_back(head.part(head.number(std::uint64_t{1} << (flags & 3U))));
    } else {
      check(head.number(1) == 1, "has no object that can be read at address ", object);
      head.skip(7);
      const std::uint64_t size = head.number(4);
      head.skip(4);
      blocks.push_back(head.part(size));
    }
    const std::uint64_t head_size = is_new ? (flags & 4U ? 6 : 4) : 8;
    for (std::size_t b = 0; b < blocks.size(); ++b)
      for (Cursor block = blocks[b]; block.left() >= head_size;) {
        const std::uint64_t type = block.number(is_new ? 1 : 2), size = block.number(2),
                            its_flags = block.number(1);
        block.skip(head_size - (is_new ? 4 : 5));
        Message message{type, block.part(size)};
        constexpr std::uint64_t is_shared = 2;
        check((its_flags & is_shared) == 0 || type > Message::attribute, "has a shared message at address ",
              message.data.address(), ", which can't be read");
        // An object can be read again and again, and share parts with others. No honest file takes long.
        check(++work_ <= most_work * bytes_.size(), "has objects that name the same bytes again and again");
        if (type != Message::continuation) {
          check(list.size() < bytes_.size() / 8, "has an object of more messages than it has bytes for");
          list.push_back(message);
          continue;
        }
        const Address at = message.data.number(8);
        const std::uint64_t length = message.data.number(8);
        check(blocks.size() < most_blocks, "has an object of more than ", most_blocks, " parts at address ",
              object);
        Cursor more(*this, at, length);
        if (is_new) {
          more.signature("OCHK");
          check(more.left() >= 4, "has an object without a checksum at address ", at);
          more = more.part(more.left() - 4);
        }
        blocks.push_back(more);
      }
    return list;
  }

  // ---- Groups.

  /// The objects in a group by name; nothing for a link that is not hard. The names are in bytes_.
  using Group = std::map<std::string_view, std::optional<Address>>;

  /// The address of the object of this name, if there is one.
  std::optional<Address> find(const std::string& name) {
    Address at = root_;
    for (std::size_t begin = 0; begin < name.size();) {
      const std::size_t end = std::min(name.find('/', begin), name.size());
      const std::string part = name.substr(begin, end - begin);
      begin = end + 1;
      if (part.empty()) continue;
      const Group& here = group(at);
      const auto found = here.find(part);
      if (found == here.end()) return {};
      check(found->second.has_value(), quote(name),
            " is behind a link that may lead out of the file: it must be a hard link");
      at = *found->second;
    }
    return at;
  }

  /// A group, which is read once. A dataset is a group without objects.
  const Group& group(Address object) {
    const auto known = groups_.find(object);
    if (known != groups_.end()) return known->second;
    Group made;
    for (Message& message : messages(object)) {
      if (message.type == Message::symbol_table) {
        const Address tree = message.data.number(8), heap = message.data.number(8);
        Cursor head(*this, heap, 32);
        head.signature("HEAP");
        head.skip(4);
        const std::uint64_t size = head.number(8);
        head.skip(8);
        const Cursor names(*this, head.number(8), size);
        constexpr int most_levels = 8;
        add_tree(tree, names, most_levels, made);
      } else if (message.type == Message::link) {
        add_link(message.data, made);
      } else if (message.type == Message::link_info) {
        message.data.skip(1);
        message.data.skip(message.data.number(1) & 1U ? 8 : 0);
        check(message.data.number(8) == undefined,
              "has a group of many objects in the new form, which can't be read: write "
              "the file with libver=\"earliest\", as Keras does");
      }
    }
    return groups_.emplace(object, std::move(made)).first->second;
  }

  /// Nodes of a B-tree of version 1, and the tables of symbols at its leaves.
  void add_tree(Address at, const Cursor& names, int levels_left, Group& made) {
    check(levels_left > 0, "has a group of too many levels");
    count_entries(1);
    if (at < bytes_.size() && bytes_.compare(at, 4, "SNOD") == 0) return add_symbols(at, names, made);
    Cursor node(*this, at, bytes_.size() - std::min<std::uint64_t>(at, bytes_.size()));
    node.signature("TREE");
    check(node.number(1) == 0, "has a tree at address ", at, " that is not of a group");
    node.skip(1);
    const std::uint64_t children = node.number(2);
    node.skip(16);
    for (std::uint64_t i = 0; i < children; ++i) {
      node.skip(8);
      add_tree(node.number(8), names, levels_left - 1, made);
    }
  }
  void add_symbols(Address at, const Cursor& names, Group& made) {
    Cursor node(*this, at, bytes_.size() - at);
    node.skip(6);
    const std::uint64_t count = node.number(2);
    count_entries(count);
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t name_at = node.number(8);
      const Address object = node.number(8);
      const std::uint64_t cached = node.number(4);
      node.skip(20);
      Cursor rest = names;
      rest.skip(name_at);
      constexpr std::uint64_t longest_name = 1024;
      const std::string_view start = rest.take(std::min(rest.left(), longest_name));
      check(start.find('\0') != start.npos, "has a name of more than ", longest_name, " letters at address ",
            rest.address());
      constexpr std::uint64_t symbolic_link = 2;
      add_object(start.substr(0, start.find('\0')),
                 cached == symbolic_link ? std::nullopt : std::optional(object), made);
    }
  }
  void add_link(Cursor link, Group& made) {
    count_entries(1);
    check(link.number(1) == 1, "has a link of an unknown version at address ", link.address());
    const std::uint64_t flags = link.number(1), type = flags & 8U ? link.number(1) : 0;
    link.skip((flags & 4U ? 8U : 0U) + (flags & 16U ? 1U : 0U));
    const std::string_view name = link.take(link.number(std::uint64_t{1} << (flags & 3U)));
    add_object(name, type == 0 ? std::optional(link.number(8)) : std::nullopt, made);
  }
  void add_object(std::string_view name, std::optional<Address> object, Group& made) const {
    check(made.emplace(name, object).second, "has the name ", quote(std::string(name)), " twice in a group");
  }
  /// Entries of groups are some bytes each, so there are fewer than bytes, unless a part is used again and again.
  void count_entries(std::uint64_t count) {
    entries_ += count;
    check(entries_ <= bytes_.size(), "has groups of more objects than it has bytes");
  }

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

  std::vector<std::string> fixed_texts(Attribute it) const {
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

  static constexpr Address undefined = ~Address{0};

  std::filesystem::path path_;
  std::string bytes_;
  std::uint64_t most_, read_ = 0;   // the most numbers of all tensors, and those so far
  std::uint64_t entries_ = 0;       // of groups so far
  mutable std::uint64_t work_ = 0;  // messages read so far
  Address root_ = 0;
  std::map<Address, Group> groups_;
};

}  // namespace recur::inline RECUR_ABI::detail::exchange
