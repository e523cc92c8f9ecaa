// A folder with a file of texts for each class.
#pragma once

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/utf8.hpp"
#include "recur/data/labelled_text.hpp"
#include "recur/data/text.hpp"

namespace recur::inline RECUR_ABI {

/// Reads a folder that has a file CLASS.txt for each class, such as Irish.txt with Irish names. Each line is a
/// text, without the spaces around it; empty lines separate and hold none. Other files and folders in it are not
/// read. Classes are in the order of the bytes of their names, and the texts of each in the order of its file.
///
/// Throws FileError if the folder can't be read, if it has fewer than two such files, if one of them has no
/// texts, and what read_text throws.
inline LabelledTexts read_class_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    if (at->path().extension() == ".txt" && at->is_regular_file()) files.push_back(at->path());
  detail::require_file(!error, folder, "can't be read as a folder: ", error.message());
  detail::require_file(files.size() >= 2, folder, "has ", files.size(),
                       " files called CLASS.txt: it must have one for each of at least two classes");
  std::ranges::sort(files, {}, [](const auto& file) { return file.stem().string(); });
  LabelledTexts read;
  for (const auto& file : files) {
    const auto label = static_cast<int>(read.classes.size());
    const std::size_t before = read.samples.size();
    const std::string content = read_text(file);
    for (std::string_view rest = content; !rest.empty();) {
      const std::size_t length = std::min(rest.find_first_of("\r\n"), rest.size());
      if (const auto text = detail::trim(rest.substr(0, length)); !text.empty())
        read.samples.push_back({std::string(text), label});
      rest.remove_prefix(length);
      rest.remove_prefix(detail::end_of_line(rest));
    }
    detail::require_file(read.samples.size() > before, file, "has no texts: it must have one on each line");
    read.classes.push_back(file.stem().string());
  }
  return read;
}

}  // namespace recur::inline RECUR_ABI
