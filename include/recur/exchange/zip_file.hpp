// Zip archives, through libzip. Models come in them: .pt of PyTorch, .keras of Keras. An archive may come
// from anyone, so its list of entries is checked before one of them is read, and nothing is written to disk.
#pragma once

#if __has_include(<zip.h>)
#include <zip.h>
#else
#error "recur: zip archives need libzip (Debian: libzip-dev)"
#include <no_such_file>  // at which g++ and clang++ stop reading; at an #error they go on
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/file.hpp"
#include "recur/core/mapped_file.hpp"
#include "recur/core/utf8.hpp"
#include "recur/exchange/crc32.hpp"

namespace recur::inline RECUR_ABI::detail::exchange {

/// An entry of an archive: a file inside it.
struct ZipEntry {
  std::string name;
  std::uint64_t size = 0;    ///< in bytes, once it is read
  std::uint64_t packed = 0;  ///< in bytes, in the archive
  bool is_stored = false;    ///< as it is, not compressed
  std::uint32_t checksum = 0;
  std::size_t offset = 0;  ///< of its first byte, if it is stored and was found; else 0
};

/// Whether it can be the name of an entry: a path that stays inside, "a/b.json". A backslash is another system's way to leave
/// a folder. A colon is a letter, as in a file that was saved as "run_12:30.pt": nothing is written to a disk, so a drive
/// means nothing.
inline bool is_entry_name(std::string_view name) {
  bool legal = !name.empty() && name.front() != '/' && find_invalid_utf8(name) == name.npos &&
               name.find('\\') == name.npos;
  for (const char c : name) legal = legal && static_cast<unsigned char>(c) >= 0x20;
  for (std::size_t at = 0; legal && at <= name.size();) {
    const std::size_t end = std::min(name.find('/', at), name.size());
    legal = name.substr(at, end - at) != "..";
    at = end + 1;
  }
  return legal;
}

/// What libzip reports, in words that follow on "can't be read: ".
inline std::string zip_reason(zip_error_t* error) {
  const int code = zip_error_code_zip(error);
  switch (code) {
    case ZIP_ER_NOZIP:
    case ZIP_ER_INCONS:
      return "the list of entries at its end is missing or damaged";
    case ZIP_ER_CRC:
      return "its checksum is wrong";
    case ZIP_ER_ZLIB:
#ifdef ZIP_ER_COMPRESSED_DATA  // since libzip 1.6
    case ZIP_ER_COMPRESSED_DATA:
#endif
      return "its compressed bytes are damaged";
    case ZIP_ER_EOF:
      return "it is cut off";
    case ZIP_ER_EXISTS:
      return "two entries have the same name";
    case ZIP_ER_MEMORY:
      return "there is not enough memory";
    default:
      return message("libzip reports the error ", code);
  }
}

/// An archive that is read. Its entries are
///
///   - stored or deflated, and not encrypted,
///   - called by a relative name in UTF-8 without "..", each name once,
///   - together as packed at most as large as the archive: none overlaps another,
///   - together as read at most `growth` times as large as the archive and `free` bytes (a bomb is larger).
///
/// The constructors throw FileError, which names the entry, for an archive of another kind, and for a file that is not an
/// archive. Reading throws it for an entry that is damaged (by its checksum).
class ZipFile {
 public:
  explicit ZipFile(const std::filesystem::path& path, std::uint64_t growth = 10, std::uint64_t free = 0)
      : path_(path), growth_(growth), free_(free) {
    std::error_code error;
    const auto there = std::filesystem::status(path, error);
    require_file(std::filesystem::exists(there), path, "can't be opened: there is no such file");
    require_file(std::filesystem::is_regular_file(there), path,
                 "is a directory, a pipe or a device, not a file");
    mapped_ = std::make_unique<MappedFile>(path);
    open(mapped_->bytes());
  }

  /// An archive in memory, which must live longer. Errors call it `path`.
  ZipFile(std::string_view bytes, const std::filesystem::path& path, std::uint64_t growth = 10,
          std::uint64_t free = 0)
      : path_(path), growth_(growth), free_(free) {
    open(bytes);
  }

  std::uint64_t size() const { return bytes_.size(); }
  const std::filesystem::path& path() const { return path_; }
  const std::vector<ZipEntry>& entries() const { return entries_; }

  bool has(std::string_view name) const { return find(name) < entries_.size(); }
  /// The place of the entry in entries(). Throws FileError if there is none of this name.
  std::size_t index_of(std::string_view name) const {
    const std::size_t index = find(name);
    require_file(index < entries_.size(), path_, "has no entry ", quote(name));
    return index;
  }

  /// All bytes of an entry, whose checksum is right.
  std::string read(std::string_view name) const { return read(index_of(name)); }
  std::string read(std::size_t index) const {
    std::string bytes(static_cast<std::size_t>(entries_[index].size), '\0');
    Reader reader(*this, index);
    reader.read(std::as_writable_bytes(std::span(bytes)));
    reader.check_end();
    return bytes;
  }

  /// The bytes of an entry where they are, whose checksum is right: they live as long as the archive. Nothing for an entry
  /// that is compressed. look(piece) is called for one piece after the other, when it is in the cache.
  template <class F>
  std::optional<std::string_view> stored(std::size_t index, F&& look) const {
    const ZipEntry& entry = entries_[index];
    if (entry.offset == 0) return {};
    const std::string_view bytes = bytes_.substr(entry.offset, static_cast<std::size_t>(entry.size));
    check(crc32(bytes, look) == entry.checksum, "entry ", quote(entry.name),
          " can't be read: its checksum is wrong");
    return bytes;
  }
  std::optional<std::string_view> stored(std::size_t index) const {
    return stored(index, [](std::string_view) {});
  }

  /// Reads an entry from its first byte on, piece by piece. The archive must live longer, and stay in its place.
  class Reader {
   public:
    Reader(const ZipFile& zip, std::size_t index)
        : zip_(&zip), entry_(&zip.entries_[index]), file_(zip_fopen_index(zip.archive_.get(), index, 0)) {
      if (!file_) refuse(zip_get_error(zip.archive_.get()));
    }
    /// Fills `to`, or throws FileError if the entry is damaged or ends before.
    void read(std::span<std::byte> to) {
      while (!to.empty()) {
        const zip_int64_t got = zip_fread(file_.get(), to.data(), to.size());
        if (got < 0) refuse(zip_file_get_error(file_.get()));
        if (got == 0) require_file(false, zip_->path_, "entry ", quote(entry_->name), " is cut off");
        to = to.subspan(static_cast<std::size_t>(got));
      }
    }
    /// Throws FileError unless all has been read, and was undamaged.
    void check_end() {
      char more = 0;
      const zip_int64_t got = zip_fread(file_.get(), &more, 1);
      if (got < 0) refuse(zip_file_get_error(file_.get()));
      require_file(got == 0, zip_->path_, "entry ", quote(entry_->name), " is longer than it says");
    }

   private:
    struct Close {
      void operator()(zip_file_t* file) const { zip_fclose(file); }
    };
    [[noreturn]] void refuse(zip_error_t* failure) const {
      throw FileError(message(printable(in_utf8(zip_->path_)), ": entry ", quote(entry_->name),
                              " can't be read: ", zip_reason(failure)));
    }

    const ZipFile* zip_;
    const ZipEntry* entry_;
    std::unique_ptr<zip_file_t, Close> file_;
  };

 private:
  struct Discard {
    void operator()(zip_t* archive) const { zip_discard(archive); }
  };

  void open(std::string_view bytes) {
    bytes_ = bytes;
    check(!bytes.empty(), "is empty: it should be a zip archive");
    zip_error_t failure;
    zip_error_init(&failure);
    zip_source_t* const source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &failure);
    if (source) archive_.reset(zip_open_from_source(source, ZIP_RDONLY, &failure));
    if (!archive_) {
      if (source) zip_source_free(source);
      refuse_archive(failure);
    }
    zip_error_fini(&failure);
    list_entries();
    find_stored();
  }

  template <class... Parts>
  void check(bool legal, const Parts&... parts) const {
    require_file(legal, path_, parts...);
  }
  [[noreturn]] void refuse_archive(zip_error_t& failure) const {
    const std::string reason = zip_reason(&failure);
    zip_error_fini(&failure);
    check(!bytes_.starts_with("PK"), "is a zip archive that seems cut off at byte ", bytes_.size(),
          ": the list of its entries, which is at the end, can't be read");
    check(false, "is not a zip archive: ", reason);
    std::abort();
  }

  std::uint64_t number(std::size_t at, std::size_t count) const {
    std::uint64_t value = 0;
    for (std::size_t i = std::min(at + count, bytes_.size()); i-- > at;)
      value = value << 8U | static_cast<unsigned char>(bytes_[i]);
    return value;
  }
  bool is(std::size_t at, std::string_view signature) const {
    return at <= bytes_.size() && bytes_.substr(at, signature.size()) == signature;
  }

  /// Finds the bytes of stored entries, which libzip does not tell. Its entries are those of the archive's directory, in
  /// its order. Where the directory is not as it should be, entries are read by libzip, which then says what is wrong.
  ///
  /// Source: "APPNOTE.TXT - .ZIP File Format Specification", PKWARE, sections 4.3 and 4.5.3.
  void find_stored() {
    const std::size_t end = bytes_.rfind("PK\5\6");
    if (end == bytes_.npos || bytes_.size() - end < 22) return;
    std::uint64_t at = number(end + 16, 4);
    if (end >= 20 && is(end - 20, "PK\6\7")) {  // a large archive has a second end, of larger numbers
      const std::uint64_t large = number(end - 12, 8);
      if (large >= bytes_.size() || !is(large, "PK\6\6")) return;
      at = number(large + 48, 8);
    }
    for (ZipEntry& entry : entries_) {
      if (at >= bytes_.size() || bytes_.size() - at < 46 || !is(at, "PK\1\2")) return;
      const std::uint64_t name = number(at + 28, 2), extra = number(at + 30, 2), comment = number(at + 32, 2);
      if (!is(at + 46, entry.name) || name != entry.name.size()) return;
      if (entry.is_stored) entry.offset = first_byte(local_header(at, at + 46 + name, extra), entry);
      at += 46 + name + extra + comment;
    }
  }
  /// Where the header in front of an entry's bytes is. A field with all bits set is in the extra fields: first
  /// the size, the packed size, then this.
  std::uint64_t local_header(std::uint64_t entry, std::uint64_t extra, std::uint64_t extra_size) const {
    constexpr std::uint64_t elsewhere = 0xFFFFFFFF;
    const std::uint64_t offset = number(entry + 42, 4);
    if (offset != elsewhere) return offset;
    for (std::uint64_t at = extra; at + 4 <= extra + extra_size && at + 4 <= bytes_.size();
         at += 4 + number(at + 2, 2))
      if (number(at, 2) == 1) {
        const std::uint64_t before =
            (number(entry + 20, 4) == elsewhere ? 8U : 0U) + (number(entry + 24, 4) == elsewhere ? 8U : 0U);
        return number(at + 4 + before, 8);
      }
    return bytes_.size();
  }
  std::size_t first_byte(std::uint64_t header, const ZipEntry& entry) const {
    if (header >= bytes_.size() || bytes_.size() - header < 30 || !is(header, "PK\3\4")) return 0;
    const std::uint64_t first = header + 30 + number(header + 26, 2) + number(header + 28, 2);
    return first <= bytes_.size() && entry.size <= bytes_.size() - first ? static_cast<std::size_t>(first)
                                                                         : 0;
  }

  void list_entries() {
    const zip_int64_t count = zip_get_num_entries(archive_.get(), 0);
    std::uint64_t packed = 0, unpacked = 0;
    entries_.reserve(static_cast<std::size_t>(std::max<zip_int64_t>(count, 0)));
    order_.reserve(entries_.capacity());
    for (zip_int64_t i = 0; i < count; ++i) {
      zip_stat_t stat;
      zip_stat_init(&stat);
      check(zip_stat_index(archive_.get(), static_cast<zip_uint64_t>(i), 0, &stat) == 0, "entry ", i,
            " can't be read: ", zip_reason(zip_get_error(archive_.get())));
      constexpr zip_uint64_t needed = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE |
                                      ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD | ZIP_STAT_CRC;
      check((stat.valid & needed) == needed, "entry ", i, " does not say its name, size and method");
      ZipEntry entry{stat.name, stat.size, stat.comp_size, stat.comp_method == ZIP_CM_STORE, stat.crc};
      const std::string called = quote(entry.name);
      check(is_entry_name(entry.name), "has an entry called ", called,
            ": a name must be a path that stays inside the archive");
      check(stat.encryption_method == ZIP_EM_NONE, "entry ", called, " is encrypted");
      check(entry.is_stored || stat.comp_method == ZIP_CM_DEFLATE, "entry ", called,
            " is compressed by method ", static_cast<unsigned>(stat.comp_method),
            ": it must be stored or deflated");
      check(!entry.is_stored || entry.size == entry.packed, "entry ", called, " is stored in ", entry.packed,
            " bytes, but has ", entry.size);
      check(entry.packed <= bytes_.size() - packed, "entry ", called, " is packed in ", entry.packed,
            " bytes: with those before it, it is larger than the archive, which has ", bytes_.size());
      packed += entry.packed;
      check(entry.size <= growth_ * bytes_.size() + free_ - unpacked, "entry ", called, " has ", entry.size,
            " bytes: with those before it, it is larger than ", growth_, " times the archive, which has ",
            bytes_.size());
      unpacked += entry.size;
      entries_.push_back(std::move(entry));
    }
    for (std::size_t i = 0; i < entries_.size(); ++i) order_.push_back(i);
    std::ranges::sort(order_, {}, [&](std::size_t i) -> std::string_view { return entries_[i].name; });
    const auto twice = std::ranges::adjacent_find(
        order_, {}, [&](std::size_t i) -> std::string_view { return entries_[i].name; });
    check(twice == order_.end(), "has the entry ",
          twice == order_.end() ? std::string() : quote(entries_[*twice].name), " twice");
  }

  std::size_t find(std::string_view name) const {
    const auto found = std::ranges::lower_bound(
        order_, name, {}, [&](std::size_t i) -> std::string_view { return entries_[i].name; });
    return found != order_.end() && entries_[*found].name == name ? *found : entries_.size();
  }

  std::filesystem::path path_;
  std::uint64_t growth_, free_;
  std::unique_ptr<MappedFile> mapped_;
  std::string_view bytes_;
  std::unique_ptr<zip_t, Discard> archive_;
  std::vector<ZipEntry> entries_;
  std::vector<std::size_t> order_;  // of the entries by name
};

/// Writes an archive of entries that are stored, not compressed: (name, bytes) each. The same entries give the
/// same bytes. Throws std::invalid_argument for a name that ZipFile refuses, and if libzip refuses it, for example two
/// entries of one name.
template <class Entries>
void write_zip(std::ostream& out, const Entries& entries) {
  zip_error_t failure;
  zip_error_init(&failure);
  const auto check = [&](bool done, zip_error_t* error) {
    if (!done) refuse({"a zip archive can't be made: ", zip_reason(error)});
  };
  zip_source_t* const whole = zip_source_buffer_create(nullptr, 0, 0, &failure);
  check(whole != nullptr, &failure);
  zip_source_keep(whole);  // beyond the archive, to take the bytes out
  const std::unique_ptr<zip_source_t, decltype(&zip_source_free)> keeper(whole, zip_source_free);
  zip_t* const opened = zip_open_from_source(whole, ZIP_TRUNCATE, &failure);
  if (!opened) zip_source_free(whole);
  check(opened != nullptr, &failure);
  std::unique_ptr<zip_t, decltype(&zip_discard)> archive(opened, zip_discard);
  for (const auto& [name, bytes] : entries) {
    require(is_entry_name(name), "a zip archive can't be made with an entry called ", quote(name),
            ": a name must be a path that stays inside the archive");
    zip_source_t* const source = zip_source_buffer(opened, bytes.data(), bytes.size(), 0);
    check(source != nullptr, zip_get_error(opened));
    const zip_int64_t index = zip_file_add(opened, std::string(name).c_str(), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) zip_source_free(source);
    check(index >= 0, zip_get_error(opened));
    const auto at = static_cast<zip_uint64_t>(index);
    check(zip_set_file_compression(opened, at, ZIP_CM_STORE, 0) == 0, zip_get_error(opened));
    constexpr zip_uint16_t first_of_1980 = 1 << 5 | 1;  // month and day
    check(zip_file_set_dostime(opened, at, 0, first_of_1980, 0) == 0, zip_get_error(opened));
  }
  check(zip_close(opened) == 0, zip_get_error(opened));
  archive.release();  // closed
  check(zip_source_open(whole) == 0, zip_source_error(whole));
  std::vector<char> piece(1 << 22);  // large, so that the system keeps large pages of the file
  for (zip_int64_t got = 1; got > 0;) {
    got = zip_source_read(whole, piece.data(), piece.size());
    check(got >= 0, zip_source_error(whole));
    out.write(piece.data(), got);
  }
  zip_source_close(whole);
}

}  // namespace recur::inline RECUR_ABI::detail::exchange
