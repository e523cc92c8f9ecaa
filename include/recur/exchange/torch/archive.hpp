// Files of torch.save: a zip archive with a pickle, and the numbers of its tensors.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "recur/core/arrays.hpp"
#include "recur/core/file.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/utf8.hpp"
#include "recur/exchange/torch/pickle.hpp"
#include "recur/exchange/torch/tensors.hpp"
#include "recur/exchange/zip_file.hpp"
#include "recur/io/tensor_file.hpp"

namespace recur::inline RECUR_ABI::detail::exchange {

/// A file of torch.save since PyTorch 1.6: a zip archive with a pickle and the numbers of its tensors.
class TorchArchive {
 public:
  explicit TorchArchive(const std::filesystem::path& path) : TorchArchive(std::make_shared<ZipFile>(path)) {}
  TorchArchive(std::string_view bytes, const std::filesystem::path& path)
      : TorchArchive(std::make_shared<ZipFile>(bytes, path)) {}

  const Pickle& pickle() const { return *pickle_; }
  const std::filesystem::path& path() const { return zip_->path(); }
  std::uint64_t bytes() const { return zip_->size(); }
  /// What its compressed entries take when they are read.
  std::uint64_t unpacked() const { return unpacked_; }

  /// The tensor, whose numbers `dict` then keeps. Throws FileError if they are missing or are damaged.
  StateTensor tensor(const PickleValue& value, std::string name, StateDict& dict) {
    const PickledTensor& t = pickle_->tensor(value);
    const PickledStorage& storage = pickle_->storages()[t.storage];
    auto [known, is_new] = memory_.try_emplace(t.storage);
    const std::uint64_t size = size_of(storage.dtype);
    if (is_new) {
      const std::size_t entry = zip_->index_of(folder_ + "data/" + std::string(storage.key));
      const std::uint64_t there = zip_->entries()[entry].size;
      require_file(there % size == 0 && there / size == storage.count, path(), "entry ",
                   quote(zip_->entries()[entry].name), " has ", there, " bytes: it must have ", storage.count,
                   " numbers of ", size, " bytes");
      bool is_finite = storage.dtype == Dtype::f32;
      const auto look = [&](std::string_view piece) {
        is_finite = is_finite && reinterpret_cast<std::uintptr_t>(piece.data()) % alignof(float) == 0 &&
                    arrays::all_finite(reinterpret_cast<const float*>(piece.data()),
                                       static_cast<Index>(piece.size() / sizeof(float)));
      };
      if (const auto stored = zip_->stored(entry, look)) {
        known->second = {*stored, is_finite};
      } else {
        auto unpacked = std::make_shared<std::string>(zip_->read(entry));
        known->second = {*unpacked, false};
        dict.keep(std::move(unpacked));
      }
      dict.keep(zip_);
    }
    const std::uint64_t first = std::min(t.offset, storage.count);  // beyond it only if the tensor is empty
    return {std::move(name),
            storage.dtype,
            t.shape,
            t.strides,
            reinterpret_cast<const std::byte*>(known->second.bytes.data()) + first * size,
            known->second.is_finite};
  }

  /// The value of `key` at the top, or the top without a key.
  const PickleValue& part(std::string_view key) const {
    const PickleValue& root = pickle_->root();
    require_file(root.kind == PickleValue::Kind::dict, path(), "holds ", Pickle::name_of(root.kind),
                 ": it must hold a dictionary, as state_dict() is");
    if (key.empty()) return root;
    const PickleValue* found = pickle_->find(root, key);
    require_file(found != nullptr, path(), "has no ", quote(key), ": ", keys());
    require_file(found->kind == PickleValue::Kind::dict, path(), quote(key), " is ",
                 Pickle::name_of(found->kind), ": it must be a dictionary, as state_dict() is");
    return *found;
  }

  /// The texts in the folder "metadata".
  Metadata metadata() const {
    Metadata texts;
    const std::string folder = folder_ + "metadata/";
    for (std::size_t i = 0; i < zip_->entries().size(); ++i)
      if (const std::string& name = zip_->entries()[i].name; name.starts_with(folder))
        texts[name.substr(folder.size())] = zip_->read(i);
    return texts;
  }

  /// "it has "model", "optimizer"" for a message.
  std::string keys() const {
    std::string list;
    const auto both = pickle_->elements(pickle_->root());
    for (std::size_t i = 0; i < std::min<std::size_t>(both.size(), 16); i += 2)
      if (both[i].kind == PickleValue::Kind::text) list += (i ? ", " : "") + quote(pickle_->text(both[i]));
    return list.empty() ? "it has no keys" : "it has " + list;
  }

 private:
  explicit TorchArchive(std::shared_ptr<ZipFile> zip) : zip_(std::move(zip)) {
    for (const auto& entry : zip_->entries())
      if (entry.name.ends_with("/data.pkl") && entry.name.find('/') == entry.name.size() - 9)
        folder_ = entry.name.substr(0, entry.name.size() - 8);
    require_file(!folder_.empty(), path(),
                 "has no entry \"data.pkl\" in a folder: it is not a file of torch.save");
    if (zip_->has(folder_ + "byteorder"))
      require_file(zip_->read(folder_ + "byteorder") == "little", path(),
                   "has numbers that are not little endian");
    // All memory together is at most ten times the archive: its entries, what of them is compressed, and the pickle. torch.save
    // compresses nothing. A tensor takes some 1.5 KB, and at least 200 bytes of an archive.
    constexpr std::uint64_t growth = 9, of_entry = 350, free = std::uint64_t{1} << 16U;
    const std::size_t entry = zip_->index_of(folder_ + "data.pkl");
    for (const auto& one : zip_->entries()) unpacked_ += one.is_stored ? 0 : one.size;
    const std::uint64_t most = growth * zip_->size() + free,
                        taken = of_entry * zip_->entries().size() + unpacked_;
    require_file(taken < most, path(), "has ", zip_->entries().size(), " entries, which unpack to ",
                 unpacked_, " bytes: too many for an archive of ", zip_->size(), " bytes");
    if (const auto stored = zip_->stored(entry))
      text_view_ = *stored;
    else
      text_view_ = text_ = zip_->read(entry);
    pickle_ = std::make_unique<Pickle>(text_view_, path(), static_cast<std::size_t>(most - taken));
  }

  std::shared_ptr<ZipFile> zip_;
  std::string folder_, text_;   // the latter of a pickle that is compressed
  std::string_view text_view_;  // the pickle
  std::unique_ptr<Pickle> pickle_;
  struct Storage {
    std::string_view bytes;
    bool is_finite = false;
  };
  std::map<std::size_t, Storage> memory_;  // of each storage
  std::uint64_t unpacked_ = 0;
};

/// Tensors may share numbers. Those of a model can't, so all together must not take much more memory than the file. What was
/// compressed stays beside them.
inline void check_numbers(const StateDict& dict, const TorchArchive& archive) {
  const double bytes = static_cast<double>(archive.bytes()),
               unpacked = static_cast<double>(archive.unpacked());
  double numbers = 0;
  for (const auto& tensor : dict) numbers += static_cast<double>(tensor.size());
  require_file(4 * numbers + unpacked <= 10 * bytes + 4096, dict.path(), "has ", numbers,
               " numbers in its tensors, ", unpacked, " bytes that were compressed, and ", bytes,
               " bytes: too many share their numbers or their place");
}

inline StateDict read_archive(TorchArchive archive, std::string_view key) {
  const Pickle& pickle = archive.pickle();
  StateDict dict(archive.path(), true);
  const auto both = pickle.elements(archive.part(key));
  for (std::size_t i = 0; i + 1 < both.size(); i += 2) {
    require_file(both[i].kind == PickleValue::Kind::text, dict.path(), "has a key that is ",
                 Pickle::name_of(both[i].kind), ": it must be a text, the name of a tensor");
    const std::string name(pickle.text(both[i]));
    const PickleValue::Kind kind = both[i + 1].kind;
    require_file(kind != PickleValue::Kind::dict, dict.path(), quote(name),
                 " is a dictionary: choose the one that holds the tensors by its key; ", archive.keys());
    require_file(kind == PickleValue::Kind::tensor, dict.path(), quote(name), " is ", Pickle::name_of(kind),
                 ": a state_dict holds tensors alone");
    dict.add(archive.tensor(both[i + 1], name, dict));
  }
  check_numbers(dict, archive);
  dict.metadata = archive.metadata();
  return dict;
}

}  // namespace recur::inline RECUR_ABI::detail::exchange
