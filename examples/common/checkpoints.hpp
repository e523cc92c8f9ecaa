// The options of a program that keeps checkpoints of its training.
#pragma once

#include <algorithm>
#include <filesystem>
#include <recur/core/error.hpp>
#include <recur/core/file.hpp>
#include <recur/io/checkpoint.hpp>
#include <string>
#include <system_error>
#include <vector>

#include "options.hpp"

namespace examples {

/// Where a training is kept from time to time, and whether it goes on from there.
struct Checkpoints {
  std::string folder{};  ///< empty: none
  bool resume = false;
  std::vector<std::string>
      networks{};  ///< if the program trains several: each has a folder of this name inside

  void add_to(const OptionGroup& group) {
    group
        .add("--checkpoint", folder, "FOLDER",
             "Keep all that the training needs to go on later: every ten minutes, after each epoch and at "
             "the end")
        ->check(not_empty());
    group.add_flag(
        "--resume", resume,
        "Go on where an earlier training with the same options stopped, or begin if there was none. "
        "Without --checkpoint, the folder is FILE.checkpoints of --save");
  }
  /// Call it when the options are read. `save` is the file for the result. Throws recur::FileError for a folder
  /// that is not empty if no training goes on, and std::invalid_argument if no folder is known.
  void settle(const std::string& save) {
    std::error_code ignored;
    recur::detail::require_file(resume || !std::filesystem::is_directory(folder, ignored) ||
                                    std::filesystem::is_empty(folder, ignored),
                                folder,
                                "there are checkpoints of a run already, or other files: go on with "
                                "--resume, or give another folder");
    recur::require(!resume || !folder.empty() || !save.empty(),
                   "--resume needs --checkpoint FOLDER, or --save FILE, which gives it a name");
    if (resume && folder.empty()) folder = save + ".checkpoints";
  }
  /// Whether there is a training to go on with. It may replace its own results.
  bool goes_on() const {
    if (!resume || folder.empty()) return false;
    const auto has_some = [](const std::filesystem::path& in) {
      return !recur::CheckpointFolder(in).is_empty();
    };
    return has_some(folder) || std::ranges::any_of(networks, [&](const std::string& network) {
             return has_some(std::filesystem::path(folder) / network);
           });
  }
};

}  // namespace examples
