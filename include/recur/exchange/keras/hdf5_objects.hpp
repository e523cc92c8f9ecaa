// The objects in an HDF5 file by their paths, and the messages that each object has.
//
// Such a file may come from anyone. The HDF5 library is not made for that: a fuzzer of its version 1.10 finds a file in
// seconds that it reads forever. So this reader knows only what h5py writes for Keras, checks every address and size, and
// refuses the rest.
//
// Source: "HDF5 File Format Specification", version 3.0, The HDF Group.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/file.hpp"
#include "recur/core/utf8.hpp"

namespace recur::inline RECUR_ABI::detail::exchange {

/// The bytes of a file, of which each address and size is checked. Errors are FileErrors that name the object.
class Hdf5Objects {
 public:
  const std::filesystem::path& path() const { return path_; }

  bool has(const std::string& name) { return find(name).has_value(); }

 protected:
  using Address = std::uint64_t;
  static constexpr Address undefined = ~Address{0};

  Hdf5Objects(std::string bytes, const std::filesystem::path& path) : path_(path), bytes_(std::move(bytes)) {
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

  ~Hdf5Objects() = default;
  Hdf5Objects(const Hdf5Objects&) = delete;
  Hdf5Objects& operator=(const Hdf5Objects&) = delete;

  template <class... Parts>
  void check(bool legal, const Parts&... parts) const {
    require_file(legal, path_, parts...);
  }

  /// Reads numbers from a run of bytes, and refuses to leave it.
  class Cursor {
   public:
    Cursor(const Hdf5Objects& file, Address begin, std::uint64_t size)
        : file_(&file), at_(begin), left_(size) {
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
    const Hdf5Objects* file_;
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
    count_entry(0);
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
    check(link.number(1) == 1, "has a link of an unknown version at address ", link.address());
    const std::uint64_t flags = link.number(1), type = flags & 8U ? link.number(1) : 0;
    link.skip((flags & 4U ? 8U : 0U) + (flags & 16U ? 1U : 0U));
    const std::string_view name = link.take(link.number(std::uint64_t{1} << (flags & 3U)));
    add_object(name, type == 0 ? std::optional(link.number(8)) : std::nullopt, made);
  }
  void add_object(std::string_view name, std::optional<Address> object, Group& made) {
    count_entry(name.size());
    check(made.emplace(name, object).second, "has the name ", quote(std::string(name)), " twice in a group");
  }
  /// An entry of a group is 40 bytes and its name or, in the new form, a link and the object that it names. So all together
  /// have no more bytes than the file, unless a part is used again and again.
  void count_entry(std::uint64_t letters) {
    constexpr std::uint64_t of_entry = 40;
    entries_ += of_entry + letters;
    check(entries_ <= bytes_.size(), "has groups of more objects than its bytes explain");
  }

  std::filesystem::path path_;
  std::string bytes_;

 private:
  static constexpr std::uint64_t most_work = 64;

  Address root_ = 0;
  std::uint64_t entries_ = 0;       // bytes of those of groups so far
  mutable std::uint64_t work_ = 0;  // messages read so far
  std::map<Address, Group> groups_;
};

}  // namespace recur::inline RECUR_ABI::detail::exchange
