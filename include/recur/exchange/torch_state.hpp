// State dicts: the tensors of a model of PyTorch by name, from a file of torch.save, of safetensors, or of JSON.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <numeric>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "recur/core/arrays.hpp"
#include "recur/core/eigen.hpp"
#include "recur/core/error.hpp"
#include "recur/core/mapped_file.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/parameters.hpp"
#include "recur/core/transpose.hpp"
#include "recur/core/utf8.hpp"
#include "recur/exchange/pickle.hpp"
#include "recur/exchange/zip_file.hpp"
#include "recur/io/json.hpp"
#include "recur/io/safetensors.hpp"
#include "recur/io/tensor_file.hpp"

namespace recur::inline RECUR_ABI {

/// A tensor in a file: a view of its bytes. Number (i, j, ...) is number i · strides[0] + j · strides[1] + ... from
/// `data` on. StateDict owns the bytes.
struct StateTensor {
  std::string name;
  Dtype dtype = Dtype::f32;
  std::vector<std::uint64_t> shape, strides;
  const std::byte* data = nullptr;
  bool is_finite = false;  ///< whether all numbers are known to be finite, since they were looked at

  std::uint64_t size() const {
    return std::accumulate(shape.begin(), shape.end(), std::uint64_t{1}, std::multiplies<>());
  }
  /// Whether its numbers lie one after the other, the last index the fastest.
  bool is_contiguous() const {
    std::uint64_t next = 1;
    for (std::size_t i = shape.size(); i-- > 0; next *= shape[i])
      if (shape[i] != 1 && strides[i] != next) return false;
    return true;
  }
  bool is_floating() const { return dtype <= Dtype::bf16; }

  /// All numbers, with the last index as the fastest. Half precision and whole numbers become numbers of S.
  template <std::floating_point S>
  VectorX<S> values() const;
};

namespace detail::exchange {

/// Calls f(reader), where reader(bytes) gives the number that is there.
template <class S, class F>
void with_reader(Dtype dtype, F&& f) {
  const auto of = [&]<class T>(T) {
    f([](const std::byte* from) {
      T number;
      std::memcpy(&number, from, sizeof(T));
      return static_cast<S>(number);
    });
  };
  switch (dtype) {
    case Dtype::f32:
      return of(float{});
    case Dtype::f64:
      return of(double{});
    case Dtype::f16:
      return of(Eigen::half{});
    case Dtype::bf16:
      return of(Eigen::bfloat16{});
    case Dtype::i64:
      return of(std::int64_t{});
    case Dtype::i32:
      return of(std::int32_t{});
    case Dtype::i16:
      return of(std::int16_t{});
    case Dtype::i8:
      return of(std::int8_t{});
    case Dtype::u8:
    case Dtype::boolean:
      return of(std::uint8_t{});
  }
}

/// Writes all numbers to `to`, with the last index as the fastest.
template <class S>
void gather(const StateTensor& t, S* to) {
  const std::uint64_t count = t.size(), bytes = size_of(t.dtype);
  if (count == 0) return;
  with_reader<S>(t.dtype, [&](auto read) {
    if (t.is_contiguous()) {
      for (std::uint64_t i = 0; i < count; ++i) to[i] = read(t.data + i * bytes);
      return;
    }
    std::vector<std::uint64_t> index(t.shape.size(), 0);
    std::uint64_t at = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      to[i] = read(t.data + at * bytes);
      for (std::size_t d = index.size(); d-- > 0;) {  // the next index, as of a counter with digits
        at += t.strides[d];
        if (++index[d] < t.shape[d]) break;
        at -= t.strides[d] * t.shape[d];
        index[d] = 0;
      }
    }
  });
}

/// Copies the tensor, which has as many numbers, into a parameter.
template <class S>
void load(const ParameterView<S>& p, const StateTensor& t) {
  const bool same = t.dtype == (std::same_as<S, float> ? Dtype::f32 : Dtype::f64) && t.is_contiguous();
  const bool in_order = p.is_row_major || p.columns == 1 || p.rows == 1;
  if (p.size() == 0) return;
  if (same && in_order) {
    std::memcpy(p.data, t.data, static_cast<std::size_t>(p.size()) * sizeof(S));
  } else if (same) {
    transpose(t.data, p.rows, p.columns, p.data);
  } else if (in_order) {
    gather(t, p.data);
  } else {
    const VectorX<S> numbers = t.values<S>();
    transpose(reinterpret_cast<const std::byte*>(numbers.data()), p.rows, p.columns, p.data);
  }
}

}  // namespace detail::exchange

template <std::floating_point S>
VectorX<S> StateTensor::values() const {
  VectorX<S> numbers(static_cast<Index>(size()));
  detail::exchange::gather(*this, numbers.data());
  return numbers;
}

/// The tensors of a file by name, in its order. The tensors are views of the file, which must not become shorter while
/// this or a copy of it lives.
class StateDict {
 public:
  /// An empty one. Errors call it `path`.
  explicit StateDict(std::filesystem::path path, bool has_order)
      : path_(std::move(path)), has_order_(has_order) {}

  /// Throws FileError if there is a tensor of this name.
  void add(StateTensor tensor) {
    const auto [at, is_new] = places_.try_emplace(tensor.name, tensors_.size());
    detail::require_file(is_new, path_, "has two tensors called ", detail::quote(at->first));
    tensors_.push_back(std::move(tensor));
  }
  /// Keeps something, which owns the bytes of tensors, as long as this and its copies live.
  void keep(std::shared_ptr<const void> memory) { memory_.push_back(std::move(memory)); }

  /// Texts beside the tensors, by name: the metadata of a safetensors file, the entries of the folder "metadata" of an
  /// archive. PyTorch does not look at them.
  Metadata metadata;

  const std::filesystem::path& path() const { return path_; }
  /// Whether the tensors are in the order of the model. Files of torch.save and JSON have it; a safetensors file is
  /// sorted by name.
  bool has_order() const { return has_order_; }

  /// The tensors below a prefix, by the rest of their names: those of the module "encoder" alone.
  StateDict below(const std::string& prefix) const {
    StateDict part(path_, has_order_);
    part.memory_ = memory_;
    for (StateTensor tensor : tensors_)
      if (tensor.name.starts_with(prefix + '.')) {
        tensor.name.erase(0, prefix.size() + 1);
        part.add(std::move(tensor));
      }
    return part;
  }

  auto begin() const { return tensors_.begin(); }
  auto end() const { return tensors_.end(); }
  std::size_t size() const { return tensors_.size(); }
  /// The tensor of this name, or null.
  const StateTensor* find(std::string_view name) const {
    const auto found = places_.find(name);
    return found == places_.end() ? nullptr : &tensors_[found->second];
  }
  /// Throws FileError if there is none.
  const StateTensor& at(std::string_view name) const {
    const StateTensor* found = find(name);
    detail::require_file(found != nullptr, path_, "has no tensor ", detail::quote(name));
    return *found;
  }

 private:
  std::filesystem::path path_;
  bool has_order_;
  std::vector<StateTensor> tensors_;
  std::map<std::string, std::size_t, std::less<>> places_;
  std::vector<std::shared_ptr<const void>> memory_;
};

namespace detail::exchange {

/// A file of torch.save since PyTorch 1.6: a zip archive with a pickle and the numbers of its tensors.
class TorchArchive {
 public:
  explicit TorchArchive(const std::filesystem::path& path) : TorchArchive(std::make_shared<ZipFile>(path)) {}
  TorchArchive(std::string_view bytes, const std::filesystem::path& path)
      : TorchArchive(std::make_shared<ZipFile>(bytes, path)) {}

  const Pickle& pickle() const { return *pickle_; }
  const std::filesystem::path& path() const { return zip_->path(); }
  std::uint64_t bytes() const { return zip_->size(); }

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
                 "has no entry \"data.pkl\" in a folder: it is no file of torch.save");
    if (zip_->has(folder_ + "byteorder"))
      require_file(zip_->read(folder_ + "byteorder") == "little", path(),
                   "has numbers that are not little endian");
    // All memory together is at most ten times the archive. A tensor takes some 1.5 KB, and at least 200 bytes of an archive.
    constexpr std::uint64_t growth = 9, of_entry = 350, free = std::uint64_t{1} << 16U;
    const std::size_t entry = zip_->index_of(folder_ + "data.pkl");
    const std::uint64_t text_size = zip_->entries()[entry].is_stored ? 0 : zip_->entries()[entry].size;
    const std::uint64_t most = growth * zip_->size() + free,
                        taken = of_entry * zip_->entries().size() + text_size;
    require_file(taken < most, path(), "has ", zip_->entries().size(), " entries and a pickle of ", text_size,
                 " bytes: too many for an archive of ", zip_->size(), " bytes");
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
};

/// Tensors may share numbers. Those of a model can't, so all together must not take much more memory than the file.
inline void check_numbers(const StateDict& dict, std::uint64_t bytes) {
  const double most = 10 * static_cast<double>(bytes) + 4096;
  double all = 0;
  for (const auto& tensor : dict) all += 4 * static_cast<double>(tensor.size());
  require_file(all <= most, dict.path(), "has ", all / 4, " numbers in its tensors, and ", bytes,
               " bytes: too many share their numbers");
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
  check_numbers(dict, archive.bytes());
  dict.metadata = archive.metadata();
  return dict;
}

/// The strides of a tensor whose last index is the fastest.
inline std::vector<std::uint64_t> row_major(const std::vector<std::uint64_t>& shape) {
  std::vector<std::uint64_t> strides(shape.size());
  std::uint64_t stride = 1;
  for (std::size_t i = shape.size(); i-- > 0; stride *= shape[i]) strides[i] = stride;
  return strides;
}

inline StateDict read_tensors(std::string_view bytes, const std::filesystem::path& path,
                              std::string_view key) {
  require_file(key.empty(), path, "is a safetensors file, which has no key ", quote(key));
  StateDict dict(path, false);
  dict.metadata =
      safetensors::Parser(bytes, path, true)
          .for_each([&](const std::string& name, const StoredTensor& tensor, std::string_view data) {
            dict.add({name, tensor.dtype, tensor.shape, row_major(tensor.shape),
                      reinterpret_cast<const std::byte*>(data.data())});
          });
  return dict;
}

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
    // A tensor takes some 600 bytes beside its numbers.
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
    check(false, "holds what is no number: a state dict in JSON holds lists of numbers");
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

enum class TorchFormat { archive, safetensors, json };
/// The format of a file, by its first bytes. Throws FileError for the formats of torch.save before PyTorch 1.6.
inline TorchFormat torch_format(std::string_view begin, const std::filesystem::path& path) {
  require_file(
      !begin.starts_with("\x80\x02") && !begin.starts_with("\x80\x03") && !begin.starts_with("\x80\x04"),
      path,
      "is in the format of torch.save before PyTorch 1.6: load it with a newer PyTorch and save it anew, "
      "torch.save(torch.load(\"old.pt\"), \"new.pt\")");
  if (begin.starts_with("PK")) return TorchFormat::archive;
  // A safetensors file begins with the length of its header, of 8 bytes, of which the last are zero.
  const std::string_view length = begin.substr(0, 8);
  const auto first = length.find_first_not_of(" \t\r\n");
  const bool is_json = first != length.npos && length[first] == '{' && length.find('\0') == length.npos;
  return is_json ? TorchFormat::json : TorchFormat::safetensors;
}

/// The same of a file, which must be one that can be read twice.
inline TorchFormat torch_format(const std::filesystem::path& path) {
  std::error_code error;
  require_file(!std::filesystem::is_fifo(path, error), path, "is a pipe, not a file");
  return torch_format(std::string_view(read_file(path, 8)), path);
}

}  // namespace detail::exchange

/// The tensors of a file of torch.save(model.state_dict(), path), of a safetensors file, or of JSON, in which a tensor is
/// lists within lists: {name: tensor.tolist() for name, tensor in model.state_dict().items()}. If a file of torch.save holds
/// a dictionary of dictionaries, `key` chooses one: read_state_dict("checkpoint.pt", "model").
///
/// It executes nothing of the pickle (see exchange/pickle.hpp). Throws FileError, which names the place, for a file that
/// can't be read, is damaged, cut off, or of the format before PyTorch 1.6, for one that would take more memory than ten
/// times its size, for a pickle that holds anything but tensors, and for tensors that don't lie within their numbers.
inline StateDict read_state_dict(const std::filesystem::path& path, std::string_view key = {}) {
  using namespace detail::exchange;
  if (torch_format(path) == TorchFormat::archive) return read_archive(TorchArchive(path), key);
  const auto file = std::make_shared<detail::MappedFile>(path);
  if (torch_format(file->bytes(), path) == TorchFormat::json)
    return read_json_tensors(file->bytes(), path, key);
  StateDict dict = read_tensors(file->bytes(), path, key);
  dict.keep(file);
  return dict;
}
/// The same of bytes in memory, which must live longer than the tensors. Errors call them `path`.
inline StateDict parse_state_dict(std::string_view bytes, std::string_view key = {},
                                  const std::filesystem::path& path = "state_dict") {
  using namespace detail::exchange;
  const TorchFormat format = torch_format(bytes, path);
  if (format == TorchFormat::archive) return read_archive(TorchArchive(bytes, path), key);
  if (format == TorchFormat::json) return read_json_tensors(bytes, path, key);
  return read_tensors(bytes, path, key);
}

}  // namespace recur::inline RECUR_ABI
