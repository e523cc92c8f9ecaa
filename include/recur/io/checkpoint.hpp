// Checkpoints of training in a folder, a safetensors file for each. train/checkpoint.hpp says what they have.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "recur/core/checksum.hpp"
#include "recur/core/error.hpp"
#include "recur/core/file.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/utf8.hpp"
#include "recur/io/safetensors.hpp"
#include "recur/io/tensor_file.hpp"
#include "recur/io/weights.hpp"
#include "recur/train/fit_options.hpp"

namespace recur::inline RECUR_ABI {

namespace detail::checkpoint {

inline constexpr const char *version = "1", *version_key = "recur.checkpoint",
                            *checksum_key = "recur.checksum";
inline constexpr std::string_view name_begin = "checkpoint-", name_end = ".safetensors";

/// The checksum of names, types, shapes, numbers and of all texts except the checksum itself. Together with the format
/// these are the whole file.
inline std::string checksum_of(const TensorFile& file) {
  std::uint64_t sum = 0;
  const auto add = [&](std::string_view piece) { sum = checksum(piece, sum); };
  for (const auto& [name, tensor] : file.tensors) {
    add(name);
    add(name_of(tensor.dtype));
    add(describe(tensor.shape));
    add({reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size()});
  }
  for (const auto& [key, text] : file.metadata)
    if (key != checksum_key) {
      add(key);
      add(text);
    }
  std::array<char, 17> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(sum));
  return digits.data();
}

inline void seal(TensorFile& file) {
  file.metadata[version_key] = version;
  file.metadata[checksum_key] = checksum_of(file);
}

/// Throws FileError unless the file is whole: as it was when it was sealed.
inline void check_whole(const TensorFile& file, const std::filesystem::path& path) {
  const auto found = file.metadata.find(checksum_key);
  detail::require_file(found != file.metadata.end(), path,
                       "has no checksum: it is not a checkpoint of recur");
  detail::require_file(found->second == checksum_of(file), path, "is damaged: its checksum is another");
}

/// A checkpoint in memory.
class Saved final : public SavedRun {
 public:
  /// Throws FileError for a version that is not known.
  Saved(TensorFile file, std::filesystem::path path) : file_(std::move(file)), path_(std::move(path)) {
    const auto found = file_.metadata.find(version_key);
    const std::string its = found == file_.metadata.end() ? "none" : found->second;
    detail::require_file(its == version, path_, "is a checkpoint of version ", detail::quote(its),
                         ", and this recur reads version ", version);
  }

  bool has(std::string_view name) const override { return file_.tensors.contains(name); }
  std::array<Index, 2> size_of(std::string_view name) const override {
    const auto found = file_.tensors.find(name);
    if (found == file_.tensors.end()) return {};
    const auto& shape = found->second.shape;
    detail::require_file(shape.size() == 1 || shape.size() == 2, path_,
                         "is of another run: ", detail::quote(name), " has the shape ", describe(shape),
                         ", expected that of a vector or matrix");
    return {static_cast<Index>(shape[0]), shape.size() > 1 ? static_cast<Index>(shape[1]) : 1};
  }
  void read(const RunState& run, bool all) const override {
    std::set<std::string_view> names;
    const auto each = [&](auto&& f) {
      for (const auto& p : run.singles) f(p);
      for (const auto& p : run.doubles) f(p);
    };
    each([&](const auto& p) {
      const auto found = file_.tensors.find(p.name);
      detail::require_file(found != file_.tensors.end(), path_, "is of another run: it has no ",
                           detail::quote(p.name));
      const StoredTensor& tensor = found->second;
      constexpr Dtype dtype = weights::dtype_of<std::remove_cvref_t<decltype(*p.data)>>;
      weights::check_shape(tensor, weights::shape_of(p), p.name, path_);
      detail::require_file(tensor.dtype == dtype, path_, "is of another run: ", detail::quote(p.name),
                           " is of ", name_of(tensor.dtype), ", expected ", name_of(dtype));
      names.insert(p.name);
    });
    if (all)
      for (const auto& [name, tensor] : file_.tensors)
        detail::require_file(names.contains(name), path_, "is of another run: this one has no ",
                             detail::quote(name));
    each([&](const auto& p) { weights::load(p, file_.tensors.find(p.name)->second); });
  }

 private:
  TensorFile file_;
  std::filesystem::path path_;
};

}  // namespace detail::checkpoint

/// A folder of checkpoints, of which the last `keep` stay. It need not exist. The name of each has the number of
/// updates before it: checkpoint-000000001200.safetensors.
///
/// A checkpoint takes its name only when it is whole and on the disk, and only then the oldest one goes. So whenever
/// the process or the machine stops, the last one is there. If it stops between the two, there is one more than `keep`
/// until the next save. Each has a checksum. One that is damaged nevertheless gets
/// another name, with .damaged at its end, and the one before is taken. One that can't be read is an error.
///
/// `save` throws FileError if the folder can't be made or written, or if the disk is full. Throws
/// std::invalid_argument unless keep is at least 1.
class CheckpointFolder final : public CheckpointStore {
 public:
  explicit CheckpointFolder(std::filesystem::path folder, int keep = 3)
      : folder_(std::move(folder)), keep_(keep) {
    require(keep >= 1, "keep ", keep, " checkpoints: it must be at least 1");
    require(!folder_.empty(), "the folder of checkpoints has no name");
  }

  bool is_empty() const override { return files().empty(); }

  void save(const RunState& run, Index steps) override {
    TensorFile file;
    for (const auto& p : run.singles) detail::weights::add(file, p.name, detail::weights::store<float>(p));
    for (const auto& p : run.doubles) detail::weights::add(file, p.name, detail::weights::store<double>(p));
    detail::checkpoint::seal(file);
    std::error_code error;
    detail::file::make_folders(folder_, error);
    detail::require_file(!error, folder_, "can't be made: ", error.message());
    std::string digits = std::to_string(steps);
    digits.insert(0, 12 - std::min<std::size_t>(12, digits.size()), '0');
    const auto path = folder_ / (std::string(detail::checkpoint::name_begin) + digits +
                                 std::string(detail::checkpoint::name_end));
    write_safetensors(path, file);
    const auto all = files();
    for (std::size_t i = 0; i + static_cast<std::size_t>(keep_) < all.size(); ++i)
      if (all[i].second != path)
        std::filesystem::remove(all[i].second, error);  // one that stays does no harm
  }

  std::unique_ptr<SavedRun> newest(const std::function<void(const std::string&)>& warn) override {
    detail::file::remove_leftovers(folder_);  // a run that has ended goes on without a save
    const auto all = files();
    std::string what;
    for (auto at = all.rbegin(); at != all.rend(); ++at) {
      const auto& path = at->second;
      TensorFile file;
      try {
        file = read_safetensors(path);
        detail::checkpoint::check_whole(file, path);
      } catch (const FileError& error) {
        detail::read_file(path);  // throws for what can't be read: that is not damage
        what += (what.empty() ? "" : "; ") + std::string(error.what());
        continue;
      }
      auto saved = std::make_unique<detail::checkpoint::Saved>(std::move(file), path);
      if (!what.empty()) warn(detail::message(what, "; an older checkpoint is used"));
      for (auto damaged = all.rbegin(); damaged != at; ++damaged) {
        std::error_code error;
        auto renamed = damaged->second;
        std::filesystem::rename(damaged->second, renamed += ".damaged", error);
      }
      return saved;
    }
    if (!what.empty()) throw FileError(detail::message(what, "; and there is no older checkpoint"));
    return nullptr;
  }

 private:
  /// The checkpoints that are there, by their numbers of updates.
  std::vector<std::pair<Index, std::filesystem::path>> files() const {
    using namespace detail::checkpoint;
    std::vector<std::pair<Index, std::filesystem::path>> all;
    std::error_code error;
    if (std::filesystem::status(folder_, error).type() == std::filesystem::file_type::not_found) return all;
    error.clear();
    for (std::filesystem::directory_iterator at(folder_, error), end; !error && at != end;
         at.increment(error)) {
      const std::string name = detail::in_utf8(at->path().filename());
      if (!name.starts_with(name_begin) || !name.ends_with(name_end)) continue;
      const char* const last = name.data() + name.size() - name_end.size();
      Index steps = 0;
      const auto [read, failure] = std::from_chars(name.data() + name_begin.size(), last, steps);
      if (failure == std::errc() && read == last && steps >= 0) all.emplace_back(steps, at->path());
    }
    detail::require_file(!error, folder_, "can't be read: ", error.message());
    std::sort(all.begin(), all.end());
    return all;
  }

  std::filesystem::path folder_;
  int keep_;
};

/// A place for checkpoints of `fit`:
///
///   fit(model, optimizer, examples, {.checkpoint = {.in = checkpoint_folder("run"), .resume = true}});
inline std::shared_ptr<CheckpointStore> checkpoint_folder(std::filesystem::path folder, int keep = 3) {
  return std::make_shared<CheckpointFolder>(std::move(folder), keep);
}

}  // namespace recur::inline RECUR_ABI
