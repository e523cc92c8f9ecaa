// Folders of texts by class: a file of texts for each class, or a folder of files for each class.
#pragma once

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/file.hpp"
#include "recur/core/utf8.hpp"
#include "recur/data/labelled_text.hpp"
#include "recur/data/text.hpp"

namespace recur::inline RECUR_ABI {

namespace detail {

// What can't be looked at, such as a link to itself, is neither.
inline bool is_file(const std::filesystem::directory_entry& entry) {
  std::error_code ignored;
  return entry.is_regular_file(ignored);
}
inline bool is_folder(const std::filesystem::directory_entry& entry) {
  std::error_code ignored;
  return entry.is_directory(ignored);
}

}  // namespace detail

/// Reads a folder that has a file CLASS.txt for each class, such as Irish.txt with Irish names. Each line that is
/// not empty is a text, without the spaces around it. Other files and folders in it are not read. Classes are in
/// the order of the bytes of their names, and the texts of each in the order of its file.
///
/// Throws FileError if the folder can't be read, if it has fewer than two such files or two of the same class (A.txt and
/// A.TXT), if one of them has no texts, and what read_text throws.
inline LabelledTexts read_class_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    if (detail::has_ending(at->path(), ".txt") && detail::is_file(*at)) files.push_back(at->path());
  detail::require_file(!error, folder, "can't be read as a folder: ", error.message());
  detail::require_file(files.size() >= 2, folder, "has ", files.size(),
                       " files called CLASS.txt: it must have one for each of at least two classes");
  std::ranges::sort(files, {}, [](const auto& file) { return detail::in_utf8(file.stem()); });
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
    std::string name = detail::in_utf8(file.stem());
    detail::require_file(read.classes.empty() || read.classes.back() != name, file,
                         "is a second file of the class ", detail::quote(name));
    read.classes.push_back(std::move(name));
  }
  return read;
}

/// Reads a folder that has a folder for each class, with a file for each text: pos/0_9.txt, neg/12_3.txt, as in the
/// reviews of IMDB (Maas et al. 2011). Each file called .txt is a text, without the spaces around it. The classes
/// are in the given order. If none are given, all folders are classes, in the order of the bytes of their names.
/// The texts of each class are in the order of their files' names.
///
/// Throws FileError if a folder can't be read, if there are fewer than two classes, if a class is given twice, if one of
/// them has no files, for a file without a text, and what read_text throws.
inline LabelledTexts read_text_folders(const std::filesystem::path& folder,
                                       std::vector<std::string> classes = {}) {
  const auto list = [](const std::filesystem::path& at_path, auto&& is_wanted) {
    std::error_code error;
    std::vector<std::filesystem::path> found;
    for (std::filesystem::directory_iterator at(at_path, error), end; !error && at != end;
         at.increment(error))
      if (is_wanted(*at)) found.push_back(at->path());
    detail::require_file(!error, at_path, "can't be read as a folder: ", error.message());
    std::ranges::sort(found, {}, [](const auto& path) { return detail::in_utf8(path.filename()); });
    return found;
  };
  const bool given = !classes.empty();
  if (!given)
    for (const auto& path : list(folder, [](const auto& entry) { return detail::is_folder(entry); }))
      classes.push_back(detail::in_utf8(path.filename()));
  detail::require_file(classes.size() >= 2, folder, given ? "is to be read with " : "has ", classes.size(),
                       given ? " class: there must be at least two"
                             : " folders: it must have one for each of at least two classes");
  for (const std::string& name : classes)
    detail::require_file(!given || std::ranges::count(classes, name) == 1, folder,
                         "is to be read with the class ", detail::quote(name),
                         " twice: each must be given once");
  LabelledTexts read{{}, std::move(classes)};
  for (std::size_t label = 0; label < read.classes.size(); ++label) {
    const std::string& name = read.classes[label];
    const auto of_class = folder / std::filesystem::path(std::u8string(name.begin(), name.end()));
    const auto files = list(of_class, [](const auto& entry) {
      return detail::has_ending(entry.path(), ".txt") && detail::is_file(entry);
    });
    detail::require_file(!files.empty(), of_class, "has no files called .txt: each is a text");
    for (const auto& file : files) {
      const std::string content = read_text(file);
      const auto text = detail::trim(content);
      detail::require_file(!text.empty(), file, "has no text");
      read.samples.push_back({std::string(text), static_cast<int>(label)});
    }
  }
  return read;
}

}  // namespace recur::inline RECUR_ABI
