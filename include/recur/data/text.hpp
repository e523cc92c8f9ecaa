// Text is UTF-8. Input that is not UTF-8 is refused where it enters, so later code need not check again.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "recur/core/file.hpp"
#include "recur/core/utf8.hpp"

namespace recur::inline RECUR_ABI {

namespace detail {

/// The number of bytes in the end of line at the beginning of a text, or 0. An end of line is LF, CR LF, CR
/// alone as on old Macs, or CR CR LF; the last comes from a CR LF that was written as text once more.
inline std::size_t end_of_line(std::string_view text) {
  for (const std::string_view end : {"\n", "\r\n", "\r\r\n", "\r"})
    if (text.starts_with(end)) return end.size();
  return 0;
}

/// The number of ends of lines in a text.
inline std::size_t count_lines(std::string_view text) {
  std::size_t lines = 0;
  for (std::size_t at = text.find_first_of("\r\n"); at != std::string_view::npos;
       at = text.find_first_of("\r\n", at)) {
    at += end_of_line(text.substr(at));
    ++lines;
  }
  return lines;
}

}  // namespace detail

/// The text of a file, without the byte order mark that some editors put before it. Throws FileError, with
/// the line, if the text is not UTF-8 or has a NUL byte, which text never has.
inline std::string read_text(const std::filesystem::path& path) {
  using namespace std::string_view_literals;
  std::string text = detail::read_file(path);
  const std::string_view all = text;
  const auto line = [&](std::size_t at) { return 1 + detail::count_lines(all.substr(0, at)); };
  // UTF-32 begins like UTF-16 and continues with zeros.
  detail::require_file(!all.starts_with("\xFF\xFE\0\0"sv) && !all.starts_with("\0\0\xFE\xFF"sv), path,
                       "is not UTF-8 but UTF-32: save it as UTF-8");
  detail::require_file(!all.starts_with("\xFF\xFE") && !all.starts_with("\xFE\xFF"), path,
                       "is not UTF-8 but UTF-16: save it as UTF-8");
  if (const std::size_t nul = all.find('\0'); nul != all.npos)
    detail::refuse_line(path, line(nul),
                        "holds a NUL byte: it is not UTF-8 text (UTF-16 has such bytes; save it as UTF-8)");
  if (const std::size_t invalid = detail::find_invalid_utf8(all); invalid != all.npos)
    detail::refuse_line(path, line(invalid), "is not UTF-8: byte ", invalid,
                        " of the file begins no character (save it as UTF-8)");
  if (all.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  return text;
}

}  // namespace recur::inline RECUR_ABI
