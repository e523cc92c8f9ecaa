// Frames of a film in grey, from files in the format PGM.
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
#include "recur/core/matrix.hpp"
#include "recur/core/utf8.hpp"

namespace recur::inline RECUR_ABI {

/// T frames of H × W pixels, from 0 (black) to 1 (white).
struct Frames {
  Index height = 0, width = 0;  ///< H and W, in pixels
  MatrixX<float> values;        ///< (H·W) × T: the pixels of a frame row by row, from the upper left

  Index size() const { return values.cols(); }
};

namespace detail {

/// Images in the format PGM, one after the other in one text.
class PgmReader {
 public:
  /// Adds the pixels of all images in the text to `pixels`. If `frames` has a size, the images must have it too.
  static void read(const std::string& text, const std::filesystem::path& path, Frames& frames,
                   std::vector<float>& pixels) {
    PgmReader reader(text, path);
    do reader.read_image(frames, pixels);
    while (!reader.at_end());
  }

 private:
  PgmReader(std::string_view text, const std::filesystem::path& path) : text_(text), path_(path) {}

  /// Whether no image follows. Spaces and comments may.
  bool at_end() {
    skip_blank();
    return at_ == text_.size();
  }
  void read_image(Frames& frames, std::vector<float>& pixels) {
    ++number_;
    skip_blank();
    const bool is_plain = text_.substr(at_, 2) == "P2";
    require_here(is_plain || text_.substr(at_, 2) == "P5", "must be a PGM image, which begins with P5 or P2");
    at_ += 2;
    const Index width = number("width", 1, 1 << 16), height = number("height", 1, 1 << 16),
                white = number("largest number", 1, 65535);
    if (frames.width == 0) {
      frames.width = width;
      frames.height = height;
    }
    require_here(width == frames.width && height == frames.height, "has ", width, " x ", height,
                 " pixels, but the first one has ", frames.width, " x ", frames.height,
                 ": they must be equal");
    const auto count = static_cast<std::size_t>(width * height), bytes = std::size_t{white > 255 ? 2U : 1U};
    if (!is_plain) {
      require_here(at_ < text_.size() && is_space(text_[at_]),
                   "should have a space after its largest number");
      ++at_;
      require_here(text_.size() - at_ >= count * bytes, "should have ", count * bytes,
                   " bytes of pixels: the file ends before");
    }
    for (std::size_t i = 0; i < count; ++i) {
      const Index value = is_plain ? number("pixel", 0, white) : raw(bytes);
      require_here(value <= white, "has a pixel of ", value, ", but says that the largest is ", white);
      pixels.push_back(static_cast<float>(value) / static_cast<float>(white));
    }
  }

  /// A number of one byte, or of two with the larger one first.
  Index raw(std::size_t bytes) {
    Index value = 0;
    for (std::size_t i = 0; i < bytes; ++i) value = 256 * value + static_cast<unsigned char>(text_[at_++]);
    return value;
  }
  Index number(const char* what, Index least, Index most) {
    skip_blank();
    const std::size_t begin = at_;
    Index value = 0;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9' && value <= most)
      value = 10 * value + (text_[at_++] - '0');
    require_here(at_ > begin && value >= least && value <= most, "should have a ", what, " from ", least,
                 " to ", most);
    return value;
  }
  void skip_blank() {
    while (at_ < text_.size() && (is_space(text_[at_]) || text_[at_] == '#'))
      at_ = text_[at_] == '#' ? std::min(text_.find('\n', at_), text_.size()) : at_ + 1;
  }
  static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

  template <class... Parts>
  void require_here(bool legal, const Parts&... parts) const {
    require_file(legal, path_, "image ", number_, ", at byte ", at_, ", ", parts...);
  }

  std::string_view text_;
  const std::filesystem::path& path_;
  std::size_t at_ = 0, number_ = 0;
};

/// The name of a file with leading zeros before its numbers, so that they are equally wide.
inline std::string name_with_wide_numbers(const std::filesystem::path& file) {
  constexpr std::size_t width = 20;
  std::string wide, digits;
  const auto add_digits = [&] {
    if (!digits.empty() && digits.size() < width) wide.append(width - digits.size(), '0');
    wide += std::exchange(digits, {});
  };
  for (const char c : in_utf8(file.filename())) {
    if (c >= '0' && c <= '9') {
      digits += c;
    } else {
      add_digits();
      wide += c;
    }
  }
  add_digits();
  return wide;
}

}  // namespace detail

/// Reads a film in grey: a file in the format PGM, in which the frames come one after the other, or a folder of such
/// files, called *.pgm, in the order of their names. A number in a name counts as a number: 2.pgm is before 10.pgm. Images are raw (P5) or plain
/// (P2), with 8 or 16 bits; comments are skipped. (The format: netpbm.sourceforge.net/doc/pgm.html.) Other programs
/// make such files:
///
///   ffmpeg -i film.mp4 -vf scale=32:32,format=gray frames/%05d.pgm
///
/// Throws FileError, with the number of the image in its file and the byte, for what is not such an image, for images
/// of different sizes, and for a folder without images. Throws what reading a file throws.
inline Frames read_frames(const std::filesystem::path& path) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    for (std::filesystem::directory_iterator at(path, error), end; !error && at != end; at.increment(error))
      if (detail::has_ending(at->path(), ".pgm")) files.push_back(at->path());
    detail::require_file(!error, path, "can't be read as a folder: ", error.message());
    detail::require_file(!files.empty(), path, "has no files called .pgm: each is a frame");
    std::ranges::sort(files, {}, detail::name_with_wide_numbers);
  } else {
    files.push_back(path);
  }
  Frames frames;
  std::vector<float> pixels;
  for (const auto& file : files) {
    const std::string text = detail::read_file(file);
    if (files.size() == 1) pixels.reserve(text.size());  // a pixel is at least a byte
    detail::PgmReader::read(text, file, frames, pixels);
  }
  const Index size = frames.height * frames.width;
  frames.values = ConstMatrixMap<float>(pixels.data(), size, static_cast<Index>(pixels.size()) / size);
  return frames;
}

}  // namespace recur::inline RECUR_ABI
