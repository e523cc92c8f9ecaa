#include "recur/exchange/keras/hdf5_file.hpp"

#include <hdf5.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "refusal.hpp"
#include "temporary.hpp"

namespace recur::testing {
namespace hdf5_file_test {

using Catch::Matchers::ContainsSubstring;
using detail::exchange::Hdf5File;

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

 private:
  hid_t id_ = -1;
  herr_t (*close_)(hid_t) = nullptr;
};

/// A file that the HDF5 library writes.
class Written {
 public:
  explicit Written(bool latest = false) {
    const Hdf5Id access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    if (latest) H5Pset_libver_bounds(access.get(), H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
    file_ = {H5Fcreate(path().c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.get()), H5Fclose};
  }
  hid_t id() const { return file_.get(); }
  std::filesystem::path path() const { return directory_.path / "file.h5"; }

  /// A dataset of floats, 0, 1, 2, ... unless there is no data.
  void dataset(const char* name, std::vector<hsize_t> shape, hid_t how = H5P_DEFAULT,
               hid_t type = H5T_IEEE_F32LE, bool write = true) const {
    const Hdf5Id space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), H5Sclose);
    const Hdf5Id made(H5Dcreate2(id(), name, type, space.get(), H5P_DEFAULT, how, H5P_DEFAULT), H5Dclose);
    std::size_t count = 1;
    for (const hsize_t size : shape) count *= size;
    if (!write) return;
    std::vector<float> values(count);
    for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>(i);
    H5Dwrite(made.get(), H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
  }
  /// An attribute of the root: texts of a fixed length, or of variable length if it is 0.
  void texts(const char* name, std::vector<const char*> list, std::size_t width) const {
    const Hdf5Id type(H5Tcopy(H5T_C_S1), H5Tclose);
    H5Tset_size(type.get(), width == 0 ? H5T_VARIABLE : width);
    const hsize_t count = list.size();
    const Hdf5Id space(H5Screate_simple(1, &count, nullptr), H5Sclose);
    const Hdf5Id made(H5Acreate2(id(), name, type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    std::string fixed;
    for (const char* text : list)
      fixed += std::string(text) + std::string(std::max(width, std::strlen(text)) - std::strlen(text), '\0');
    H5Awrite(made.get(), type.get(), width == 0 ? static_cast<const void*>(list.data()) : fixed.data());
  }
  /// Closes it, and opens it to be read.
  Hdf5File& read() {
    file_ = Hdf5Id();
    return read_.emplace(path());
  }

 private:
  TemporaryDirectory directory_;
  Hdf5Id file_;
  std::optional<Hdf5File> read_;
};
std::string refused(Hdf5File& file, const char* name) {
  return refusal<FileError>([&] { file.tensor(name); });
}

TEST_CASE("Tensors and texts of an HDF5 file are read", "[exchange][hdf5_file]") {
  Written written;
  H5Gclose(H5Gcreate2(written.id(), "layer", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  written.dataset("layer/kernel", {2, 3});
  written.dataset("double", {8, 5}, H5P_DEFAULT, H5T_IEEE_F64BE);
  const Hdf5Id half(H5Tcopy(H5T_IEEE_F32LE), H5Tclose), compact(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Tset_fields(half.get(), 15, 10, 5, 0, 10);
  H5Tset_size(half.get(), 2);
  H5Tset_ebias(half.get(), 15);
  H5Pset_layout(compact.get(), H5D_COMPACT);
  written.dataset("half", {6}, compact.get(), half.get());
  written.texts("fixed", {"lstm", "dense_1"}, 7);
  written.texts("variable", {"{\"a\": 1}"}, 0);
  Hdf5File& file = written.read();
  const auto kernel = file.tensor("layer/kernel");
  CHECK(kernel.shape == std::vector<Index>{2, 3});
  CHECK(kernel.values == std::vector<float>{0, 1, 2, 3, 4, 5});
  CHECK(file.tensor("/double").values[39] == 39);
  CHECK(file.tensor("half").values == std::vector<float>{0, 1, 2, 3, 4, 5});
  CHECK(file.texts("", "fixed") == std::vector<std::string>{"lstm", "dense_1"});
  CHECK(file.text("", "variable") == "{\"a\": 1}");
  const std::string bytes = detail::read_file(file.path());
  for (const std::size_t parts : {1U, 2U, 3U})
    CHECK_THAT(refusal<FileError>([&] { Hdf5File(bytes.substr(0, bytes.size() * parts / 4), "x.h5"); }),
               ContainsSubstring("it seems cut off at byte " + std::to_string(bytes.size() * parts / 4)));
  CHECK_THAT(refusal<FileError>([&] { Hdf5File(std::string(), "x.h5"); }),
             ContainsSubstring("x.h5: is empty"));
  CHECK(file.has("layer/kernel"));
  CHECK_FALSE(file.has("layer/bias"));
  CHECK_FALSE(file.has("layer/kernel/deeper"));
  CHECK(file.has_attribute("", "fixed"));
  CHECK_FALSE(file.has_attribute("layer", "fixed"));
  CHECK_THAT(refused(file, "layer"), ContainsSubstring("\"layer\" is not a dataset"));
  CHECK_THAT(refused(file, "layer/bias"), ContainsSubstring("has no \"layer/bias\""));
  CHECK_THAT(refusal<FileError>([&] { file.text("", "fixed"); }), ContainsSubstring("must be a text"));
  CHECK_THAT(refusal<FileError>([&] { file.text("", "none"); }),
             ContainsSubstring("\"\" has no attribute \"none\""));
}

TEST_CASE("Groups of many objects are read in the old form, and refused in the new one",
          "[exchange][hdf5_file]") {
  Written written;
  for (int i = 0; i < 300; ++i) written.dataset(("kernel_" + std::to_string(i)).c_str(), {1});
  Hdf5File& file = written.read();
  for (int i = 0; i < 300; ++i) CHECK(file.tensor("kernel_" + std::to_string(i)).values.size() == 1);
  CHECK_FALSE(file.has("kernel_300"));
  for (const int count : {3, 30}) {
    Written latest(true);
    for (int i = 0; i < count; ++i) latest.dataset(("kernel_" + std::to_string(i)).c_str(), {1});
    latest.texts("text", {"lstm"}, 4);
    Hdf5File& other = latest.read();
    CHECK(other.text("", "text") == "lstm");
    if (count == 3)
      CHECK(other.tensor("kernel_2").values.size() == 1);
    else
      CHECK_THAT(refused(other, "kernel_2"), ContainsSubstring("write the file with libver=\"earliest\""));
  }
}

TEST_CASE("Links that may lead out of an HDF5 file are refused", "[exchange][hdf5_file]") {
  Written written;
  written.dataset("kernel", {2});
  H5Lcreate_external("/etc/hostname", "/kernel", written.id(), "external", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_soft("/kernel", written.id(), "soft", H5P_DEFAULT, H5P_DEFAULT);
  Hdf5File& file = written.read();
  for (const char* name : {"external", "soft"})
    CHECK_THAT(refused(file, name), ContainsSubstring("is behind a link that may lead out of the file"));
}

TEST_CASE("Datasets that are stored elsewhere, in chunks or by filters are refused",
          "[exchange][hdf5_file]") {
  Written written;
  const Hdf5Id external(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  const std::string other = (written.path().parent_path() / "other").string();
  H5Pset_external(external.get(), other.c_str(), 0, 8);
  written.dataset("external", {2}, external.get());
  const Hdf5Id packed(H5Pcreate(H5P_DATASET_CREATE), H5Pclose),
      chunks(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  const hsize_t chunk = 2;
  H5Pset_chunk(chunks.get(), 1, &chunk);
  written.dataset("chunks", {2}, chunks.get());
  H5Pset_chunk(packed.get(), 1, &chunk);
  H5Pset_deflate(packed.get(), 9);
  written.dataset("packed", {2}, packed.get());
  written.dataset("integers", {2}, H5P_DEFAULT, H5T_STD_I32LE);
  written.dataset("unwritten", {2}, H5P_DEFAULT, H5T_IEEE_F32LE, false);
  Hdf5File& file = written.read();
  CHECK_THAT(refused(file, "external"), ContainsSubstring("is stored in other files"));
  CHECK_THAT(refused(file, "packed"), ContainsSubstring("is stored with filters"));
  CHECK_THAT(refused(file, "chunks"), ContainsSubstring("is stored in chunks"));
  CHECK_THAT(refused(file, "integers"), ContainsSubstring("must have floating-point numbers"));
  CHECK_THAT(refused(file, "unwritten"), ContainsSubstring("has 0 bytes stored"));
}

TEST_CASE("Tensors of more numbers than a file explains are refused before memory is taken",
          "[exchange][hdf5_file]") {
  Written written;
  written.dataset("huge", {1000000, 1000000, 1000000}, H5P_DEFAULT, H5T_IEEE_F32LE, false);
  written.dataset("five", {5, 100, 1, 1, 1}, H5P_DEFAULT, H5T_IEEE_F32LE, false);
  written.dataset("some", {1000});
  Hdf5File& file = written.read();
  CHECK_THAT(refused(file, "huge"), ContainsSubstring("is of no or too many numbers for a file of"));
  CHECK_THAT(refused(file, "five"), ContainsSubstring("has 5 dimensions"));
  // Each is read, until all of them are more than ten times the file.
  std::string last = "nothing was refused";
  for (int i = 0; i < 200000 && last == "nothing was refused"; ++i) last = refused(file, "some");
  CHECK_THAT(last, ContainsSubstring("with those read before, there are more than 3 times"));
}

TEST_CASE("Numbers that are not finite and lists of texts of variable length are refused",
          "[exchange][hdf5_file]") {
  Written written;
  written.dataset("numbers", {2}, H5P_DEFAULT, H5T_IEEE_F32LE, false);
  const std::array<float, 2> values{1, std::numeric_limits<float>::quiet_NaN()};
  const Hdf5Id made(H5Dopen2(written.id(), "numbers", H5P_DEFAULT), H5Dclose);
  H5Dwrite(made.get(), H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
  written.texts("list", {"a", "b"}, 0);
  H5Fflush(written.id(), H5F_SCOPE_LOCAL);
  Hdf5File& file = written.read();
  CHECK_THAT(refused(file, "numbers"), ContainsSubstring("has nan at place 1: it must be finite"));
  CHECK_THAT(refusal<FileError>([&] { file.texts("", "list"); }),
             ContainsSubstring("is a list of texts of variable length"));
}

TEST_CASE("Texts and names of more memory than a file explains are refused", "[exchange][hdf5_file]") {
  Written written;
  written.texts("letters", std::vector<const char*>(2000, "a"), 1);
  Hdf5File& file = written.read();
  CHECK_THAT(refusal<FileError>([&] { file.texts("", "letters"); }),
             ContainsSubstring("\"letters\" of \"\" has 2000 texts"));

  // Two hundred links, whose names are then the ends of one long name.
  Written other;
  const std::string longest(1000, 'n');
  H5Lcreate_soft("x", other.id(), longest.c_str(), H5P_DEFAULT, H5P_DEFAULT);
  for (int i = 0; i < 200; ++i)
    H5Lcreate_soft("x", other.id(), std::to_string(i).c_str(), H5P_DEFAULT, H5P_DEFAULT);
  std::string bytes = detail::read_file(other.read().path());
  CHECK_FALSE(Hdf5File(bytes, "x.h5").has("none"));
  const auto number = [&](std::size_t at, int count) {
    std::size_t value = 0;
    for (int k = 0; k < count; ++k)
      value |= std::size_t{static_cast<unsigned char>(bytes[at + static_cast<std::size_t>(k)])} << 8 * k;
    return value;
  };
  const std::size_t name = bytes.find(longest) - number(bytes.find("HEAP") + 24, 8);
  std::size_t entries = 0;
  for (std::size_t at = bytes.find("SNOD"); at != bytes.npos; at = bytes.find("SNOD", at + 1))
    for (std::size_t k = 0; k < number(at + 6, 2); ++k)
      for (std::size_t b = 0, place = name + entries++; b < 8; ++b)
        bytes[at + 8 + 40 * k + b] = static_cast<char>(place >> 8 * b & 255);
  REQUIRE(entries == 201);
  CHECK_THAT(refusal<FileError>([&] { Hdf5File(bytes, "x.h5").has("none"); }),
             ContainsSubstring("has groups of more objects than its bytes explain"));
}

TEST_CASE("What is not an HDF5 file is refused", "[exchange][hdf5_file]") {
  CHECK(refusal<FileError>([] { Hdf5File("PK", "a.h5"); }) ==
        "a.h5: is not an HDF5 file: it does not begin with its signature");
  CHECK_THAT(
      refusal<FileError>([] { Hdf5File("\x89HDF\r\n\x1a\n and nothing else", "a.h5"); }),
      ContainsSubstring("a.h5: is of a version of HDF5 that can't be read: its superblock has version 32"));
}

}  // namespace hdf5_file_test
}  // namespace recur::testing
