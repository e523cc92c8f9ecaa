// HDF5 files, through the HDF5 library. Models of Keras are such files. They may come from anyone, so every link, type,
// size and filter is checked before anything is read.
#pragma once

#if __has_include(<hdf5.h>)
#include <hdf5.h>
#else
#error "recur: HDF5 files need the HDF5 library (Debian: libhdf5-dev)"
#include <no_such_file>  // at which g++ and clang++ stop reading; at an #error they go on
#endif

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/file.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/utf8.hpp"

namespace recur::inline RECUR_ABI::detail::exchange {

/// Numbers of a file, the last dimension the fastest, and what errors call them.
struct Hdf5Tensor {
  std::string name;
  std::vector<Index> shape;
  std::vector<float> values;
};

/// An identifier of the HDF5 library, which is closed by `close`.
class Hdf5Id {
 public:
  Hdf5Id() = default;
  Hdf5Id(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  Hdf5Id(Hdf5Id&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Hdf5Id& operator=(Hdf5Id&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  ~Hdf5Id() {
    if (id_ >= 0) close_(id_);
  }
  hid_t get() const { return id_; }
  explicit operator bool() const { return id_ >= 0; }

 private:
  hid_t id_ = -1;
  herr_t (*close_)(hid_t) = nullptr;
};

/// While it lives, one thread uses the HDF5 library, which is not made for more, and the library prints nothing.
class Hdf5Session {
 public:
  Hdf5Session() : lock_(mutex()) {
    H5Eget_auto2(H5E_DEFAULT, &print_, &context_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  Hdf5Session(const Hdf5Session&) = delete;
  Hdf5Session& operator=(const Hdf5Session&) = delete;
  ~Hdf5Session() { H5Eset_auto2(H5E_DEFAULT, print_, context_); }

 private:
  static std::recursive_mutex& mutex() {
    static std::recursive_mutex one;
    return one;
  }
  std::lock_guard<std::recursive_mutex> lock_;
  H5E_auto2_t print_ = nullptr;
  void* context_ = nullptr;
};

/// An HDF5 file that is read. It is read into memory first, so the library opens no file, and
///
///   - only hard links are followed: none leads out of the file,
///   - a dataset is compact, contiguous or chunked, in the file, as it is or deflated (and shuffled),
///   - all tensors together have at most ten times the bytes of the file,
///   - a text is at most as large as the file; a list of texts has texts of a fixed length.
///
/// Errors are FileErrors that name the object. Names are paths, such as "model_weights/lstm_1".
class Hdf5File {
 public:
  explicit Hdf5File(const std::filesystem::path& path) : Hdf5File(read_file(path), path) {}

  /// A file in memory. Errors call it `path`. If it came out of an archive, `explained` is the size of that.
  Hdf5File(std::string_view bytes, const std::filesystem::path& path) : Hdf5File(bytes, path, bytes.size()) {}
  Hdf5File(std::string_view bytes, const std::filesystem::path& path, std::uint64_t explained)
      : path_(path), bytes_(bytes.size()), most_(growth * explained / sizeof(float)) {
    constexpr std::string_view signature = "\x89HDF\r\n\x1a\n";
    check(bytes.starts_with(signature), "is not an HDF5 file: it does not begin with its signature");
    static std::uint64_t opened = 0;  // the library takes files of one name for one file
    const Hdf5Id access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    constexpr std::size_t piece = 1 << 16;
    file_ = {-1, H5Fclose};
    if (H5Pset_fapl_core(access.get(), piece, false) >= 0 &&
        H5Pset_file_image(access.get(), const_cast<char*>(bytes.data()), bytes.size()) >= 0)
      file_ = {H5Fopen(message("recur ", ++opened).c_str(), H5F_ACC_RDONLY, access.get()), H5Fclose};
    check(static_cast<bool>(file_), "is not an HDF5 file that can be read: it is damaged or cut off");
  }

  const std::filesystem::path& path() const { return path_; }

  bool has(const std::string& name) const { return static_cast<bool>(open(name, false)); }

  bool has_attribute(const std::string& object, const std::string& name) const {
    const Hdf5Id at = open(object, false);
    return at && H5Aexists(at.get(), name.c_str()) > 0;
  }

  /// An attribute that is one text. Throws FileError if it is none.
  std::string text(const std::string& object, const std::string& name) const {
    const Attribute it = attribute(object, name);
    check(it.count == 1 && it.is_text, it.called, " must be a text");
    if (!it.is_variable) return fixed_texts(it)[0];
    const Hdf5Id type(H5Tcopy(H5T_C_S1), H5Tclose);
    H5Tset_size(type.get(), H5T_VARIABLE);
    H5Tset_cset(type.get(), H5Tget_cset(it.type.get()));
    char* text = nullptr;
    check(H5Aread(it.id.get(), type.get(), &text) >= 0, it.called, " can't be read");
    std::string copy = text ? text : "";
    H5Dvlen_reclaim(type.get(), it.space.get(), H5P_DEFAULT, &text);
    return copy;
  }
  /// An attribute that is a list of texts. An empty list may be of any type.
  std::vector<std::string> texts(const std::string& object, const std::string& name) const {
    const Attribute it = attribute(object, name);
    if (it.count == 0) return {};
    check(it.is_text, it.called, " must be a list of texts");
    check(!it.is_variable || it.count == 1, it.called,
          " is a list of texts of variable length: they must have a fixed one");
    if (it.is_variable) return {text(object, name)};
    return fixed_texts(it);
  }

  /// The numbers of a dataset. Throws FileError unless they are floating-point numbers, and all are finite.
  Hdf5Tensor tensor(const std::string& name) {
    const std::string called = quote(name);
    const Hdf5Id object = open(name, true);
    check(H5Iget_type(object.get()) == H5I_DATASET, called, " is no dataset");
    const Hdf5Id space(H5Dget_space(object.get()), H5Sclose), type(H5Dget_type(object.get()), H5Tclose);
    check(space && type && H5Tget_class(type.get()) == H5T_FLOAT, called,
          " must have floating-point numbers");
    const std::size_t width = H5Tget_size(type.get());
    check(width == 2 || width == 4 || width == 8, called, " has numbers of ", width,
          " bytes: they must have 2, 4 or 8");
    constexpr int most_dimensions = 4;
    const int rank = H5Sget_simple_extent_ndims(space.get());
    check(rank >= 0 && rank <= most_dimensions, called, " has ", rank, " dimensions: it must have at most ",
          most_dimensions);
    std::array<hsize_t, most_dimensions> sizes{};
    check(rank == 0 || H5Sget_simple_extent_dims(space.get(), sizes.data(), nullptr) == rank, called,
          " has no sizes");
    Hdf5Tensor tensor{called, {}, {}};
    std::uint64_t count = 1;
    for (int d = 0; d < rank; ++d) {
      const std::uint64_t size = sizes[static_cast<std::size_t>(d)];
      check(size > 0 && size <= most_ / count, called, " is of no or too many numbers for a file of ", bytes_,
            " bytes");
      count *= size;
      tensor.shape.push_back(static_cast<Index>(size));
    }
    check(count <= most_ - read_, called, " has ", count,
          " numbers: with those read before, there are more than ", growth, " times the ", bytes_,
          " bytes of the file");
    check_storage(object.get(), called, count * width);
    read_ += count;
    tensor.values.resize(static_cast<std::size_t>(count));
    check(H5Dread(object.get(), H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, tensor.values.data()) >= 0,
          called, " can't be read: it is damaged or cut off");
    for (std::size_t i = 0; i < tensor.values.size(); ++i)
      check(std::isfinite(tensor.values[i]), called, " has ", tensor.values[i], " at place ", i,
            ": it must be finite");
    return tensor;
  }

 private:
  static constexpr std::uint64_t growth = 10;

  struct Attribute {
    std::string called;
    Hdf5Id object, id, type, space;
    bool is_text, is_variable;
    std::size_t count;
  };

  template <class... Parts>
  void check(bool legal, const Parts&... parts) const {
    require_file(legal, path_, parts...);
  }

  /// The object of this name, reached by hard links; if there is none, it is refused or nothing.
  Hdf5Id open(const std::string& name, bool must) const {
    Hdf5Id at(H5Gopen2(file_.get(), "/", H5P_DEFAULT), H5Oclose);
    check(static_cast<bool>(at), "has no root group");
    for (std::size_t begin = 0; begin < name.size();) {
      const std::size_t end = std::min(name.find('/', begin), name.size());
      const std::string part = name.substr(begin, end - begin);
      begin = end + 1;
      if (part.empty()) continue;
      H5L_info_t link;
      const bool is_group = H5Iget_type(at.get()) == H5I_GROUP;
      const bool is_there = is_group && part != "." && H5Lexists(at.get(), part.c_str(), H5P_DEFAULT) > 0 &&
                            H5Lget_info(at.get(), part.c_str(), &link, H5P_DEFAULT) >= 0;
      if (!is_there) {
        check(!must, "has no ", quote(name));
        return {};
      }
      check(link.type == H5L_TYPE_HARD, quote(name),
            " is behind a link that may lead out of the file: it must be a hard link");
      at = {H5Oopen(at.get(), part.c_str(), H5P_DEFAULT), H5Oclose};
      check(static_cast<bool>(at), quote(name), " can't be read: it is damaged");
    }
    return at;
  }

  Attribute attribute(const std::string& object, const std::string& name) const {
    Attribute it{message("the attribute ", quote(name), " of ", quote(object)),
                 open(object, true),
                 {},
                 {},
                 {},
                 false,
                 false,
                 0};
    check(H5Aexists(it.object.get(), name.c_str()) > 0, it.called, " is not there");
    it.id = {H5Aopen(it.object.get(), name.c_str(), H5P_DEFAULT), H5Aclose};
    check(static_cast<bool>(it.id), it.called, " can't be read: it is damaged");
    it.type = {H5Aget_type(it.id.get()), H5Tclose};
    it.space = {H5Aget_space(it.id.get()), H5Sclose};
    check(it.type && it.space, it.called, " has no type or size");
    const hssize_t count = H5Sget_simple_extent_npoints(it.space.get());
    check(count >= 0 && static_cast<std::uint64_t>(count) <= bytes_, it.called,
          " has more elements than the file has bytes");
    it.count = static_cast<std::size_t>(count);
    it.is_text = H5Tget_class(it.type.get()) == H5T_STRING;
    it.is_variable = it.is_text && H5Tis_variable_str(it.type.get()) > 0;
    return it;
  }

  std::vector<std::string> fixed_texts(const Attribute& it) const {
    const std::size_t width = H5Tget_size(it.type.get());
    check(width > 0 && it.count <= bytes_ / width, it.called, " is larger than the file");
    std::string all(it.count * width, '\0');
    check(H5Aread(it.id.get(), it.type.get(), all.data()) >= 0, it.called, " can't be read");
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < it.count; ++i) {
      const std::string_view text(all.data() + i * width, width);
      texts.emplace_back(text.substr(0, text.find('\0')));
    }
    return texts;
  }

  /// Where and how the bytes of a dataset are stored.
  void check_storage(hid_t dataset, const std::string& called, std::uint64_t bytes) const {
    const Hdf5Id how(H5Dget_create_plist(dataset), H5Pclose);
    check(static_cast<bool>(how), called, " does not say how it is stored");
    check(H5Pget_external_count(how.get()) == 0, called, " is stored in other files: it must be in this one");
    const H5D_layout_t layout = H5Pget_layout(how.get());
    check(layout == H5D_COMPACT || layout == H5D_CONTIGUOUS || layout == H5D_CHUNKED, called,
          " is stored in other files: it must be compact, contiguous or in chunks");
    const int filters = H5Pget_nfilters(how.get());
    for (int i = 0; i < filters; ++i) {
      unsigned flags = 0, config = 0;
      std::size_t parameters = 0;
      const H5Z_filter_t filter = H5Pget_filter2(how.get(), static_cast<unsigned>(i), &flags, &parameters,
                                                 nullptr, 0, nullptr, &config);
      check(filter == H5Z_FILTER_DEFLATE || filter == H5Z_FILTER_SHUFFLE, called, " was stored with filter ",
            static_cast<int>(filter), ": it must be deflated, or as it is");
    }
    const std::uint64_t stored = H5Dget_storage_size(dataset);
    if (layout != H5D_CHUNKED)
      return check(stored >= bytes && stored <= bytes_, called, " has ", stored,
                   " bytes stored: it must have ", bytes);
    std::array<hsize_t, H5S_MAX_RANK> chunk{};
    const int rank = H5Pget_chunk(how.get(), H5S_MAX_RANK, chunk.data());
    const Hdf5Id type(H5Dget_type(dataset), H5Tclose);
    std::uint64_t size = H5Tget_size(type.get());
    for (int d = 0; d < rank; ++d) {
      const std::uint64_t step = chunk[static_cast<std::size_t>(d)];
      check(step > 0 && step <= growth * bytes_ / size, called,
            " has chunks that are larger than the file explains");
      size *= step;
    }
    check(stored > 0 && stored <= bytes_, called, " has ", stored, " bytes stored in chunks");
  }

  Hdf5Session session_;
  std::filesystem::path path_;
  std::uint64_t bytes_, most_,
      read_ = 0;  // bytes of the file; the most numbers of all tensors, and those so far
  Hdf5Id file_;
};

}  // namespace recur::inline RECUR_ABI::detail::exchange
