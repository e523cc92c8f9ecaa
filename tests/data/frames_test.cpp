#include "recur/data/frames.hpp"

#include <filesystem>
#include <string>

#include "catch.hpp"
#include "temporary.hpp"

namespace frames_test {

using Catch::Matchers::ContainsSubstring;
using recur::FileError, recur::Frames, recur::read_frames;
using namespace std::string_literals;

/// A raw image of 3 × 2 pixels, the last of which is white.
const std::string raw = "P5\n# a comment\n3 2 # and one more\n255\n"s + "\0\x33\x66\n#\xFF"s;

TEST_CASE("Images in a file are frames, raw and plain, with 8 and 16 bits", "[data][frames]") {
  const TemporaryDirectory folder;
  const Frames film =
      read_frames(folder.file("film.pgm", raw + "P2 3 2 5\n0 1 2\n3 4 5 # end\n" + "P5 3 2 1000\n"s +
                                              "\0\0\0\1\1\0\1\1\3\xE7\3\xE8"s));
  CHECK(film.height == 2);
  CHECK(film.width == 3);
  REQUIRE(film.size() == 3);
  recur::MatrixX<float> right(6, 3);
  right << 0, 0, 0, 51, 0.2F, 0.001F, 102, 0.4F, 0.256F, 10, 0.6F, 0.257F, 35, 0.8F, 0.999F, 255, 1, 1;
  right.col(0) /= 255;
  CHECK(film.values.isApprox(right));
}

TEST_CASE("The files of a folder are frames in the order of their names", "[data][frames]") {
  const TemporaryDirectory folder;
  for (const char* name : {"b", "a", "c"})
    folder.file(name + ".pgm"s, "P2 1 1 9 "s + std::to_string(name[0] - 'a'));
  folder.file("notes.txt", "no frame");
  const Frames film = read_frames(folder.path);
  REQUIRE(film.size() == 3);
  CHECK((film.values * 9).isApprox(recur::MatrixX<float>{{0, 1, 2}}));
}

TEST_CASE("Numbers in the names of frames count as numbers", "[data][frames]") {
  const TemporaryDirectory folder;
  for (const int number : {10, 9, 1, 2})
    folder.file(std::to_string(number) + ".pgm", "P2 1 1 99 " + std::to_string(number));
  CHECK((read_frames(folder.path).values * 99).isApprox(recur::MatrixX<float>{{1, 2, 9, 10}}));
}

TEST_CASE("What is not a film is refused with the number of the image and the byte", "[data][frames]") {
  const TemporaryDirectory folder;
  const auto refused = [&](const std::string& bytes, const std::string& says) {
    CHECK_THROWS_WITH(read_frames(folder.file("x.pgm", bytes)), ContainsSubstring("x.pgm: " + says));
  };
  refused("", "image 1, at byte 0, must be a PGM image");
  refused("P6 1 1 1 abc", "image 1, at byte 0, must be a PGM image");
  refused("P5 x 1", "image 1, at byte 3, should have a width from 1 to 65536");
  refused("P5 1 0 1", "image 1, at byte 6, should have a height from 1 to 65536");
  refused("P5 1 1 65536 a", "image 1, at byte 12, should have a largest number from 1 to 65535");
  refused("P5 1 99999999999999999999", "image 1, at byte 10, should have a height");
  refused("P5 3 2 255\nabcde", "image 1, at byte 11, should have 6 bytes of pixels: the file ends before");
  refused("P5 65536 65536 255", "image 1, at byte 18, should have a space after its largest number");
  refused("P5 2 1 255#ab", "image 1, at byte 10, should have a space after its largest number");
  refused("P5 65536 65536 255\n", "image 1, at byte 19, should have 4294967296 bytes of pixels");
  refused("P5 1 1 8\n\t", "image 1, at byte 10, has a pixel of 9, but says that the largest is 8");
  refused("P2 2 1 8\n7", "image 1, at byte 10, should have a pixel from 0 to 8");
  refused("P2 1 1 8\n9", "image 1, at byte 10, should have a pixel from 0 to 8");
  refused(raw + "P2 2 3 1 0 0 0 0 0 0", "image 2, at byte 52, has 2 x 3 pixels, but the first one has 3 x 2");
  refused(raw + "abc", "image 2, at byte 44, must be a PGM image");
  CHECK_THROWS_AS(read_frames(folder.path / "none"), FileError);
  std::filesystem::remove(folder.path / "x.pgm");
  CHECK_THROWS_WITH(read_frames(folder.path), ContainsSubstring("has no files called .pgm"));
}

}  // namespace frames_test
