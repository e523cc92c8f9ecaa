#include "recur/io/wav.hpp"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "allocations.hpp"
#include "catch.hpp"
#include "max_abs.hpp"
#include "refusal.hpp"
#include "temporary.hpp"

namespace recur::testing {
namespace wav_test {

using Catch::Matchers::ContainsSubstring, Catch::Matchers::EndsWith;

std::string number(std::uint32_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> 8 * i & 0xFF);
  return text;
}

/// A WAV file of 16 bits, byte by byte (IBM and Microsoft, "Multimedia programming interface and data
/// specifications 1.0", 1991).
std::string wav(std::uint32_t channels, std::uint32_t rate, const std::vector<std::int16_t>& samples) {
  std::string data;
  for (const std::int16_t sample : samples) data += number(static_cast<std::uint16_t>(sample), 2);
  const std::string format = "fmt " + number(16, 4) + number(1, 2) + number(channels, 2) + number(rate, 4) +
                             number(rate * channels * 2, 4) + number(channels * 2, 2) + number(16, 2);
  const std::string rest =
      "WAVE" + format + "data" + number(static_cast<std::uint32_t>(data.size()), 4) + data;
  return "RIFF" + number(static_cast<std::uint32_t>(rest.size()), 4) + rest;
}

TEST_CASE("A WAV file is read, and its channels become one", "[io][wav]") {
  const TemporaryDirectory folder;
  const Sound one = read_wav(folder.file("one.wav", wav(1, 8000, {0, 16384, -32768, 1})));
  CHECK(one.rate == 8000);
  CHECK(one.samples == VectorX<float>{{0, 0.5f, -1, 1.0f / 32768}});
  const Sound two = read_wav(folder.file("two.wav", wav(2, 44100, {16384, 0, -16384, 16384, 8192, 8192})));
  CHECK(two.rate == 44100);
  CHECK(two.samples == VectorX<float>{{0.25f, 0, 0.25f}});
}

TEST_CASE("What is written as a WAV file is read again", "[io][wav]") {
  const TemporaryDirectory folder;
  VectorX<float> samples(10000);  // more than is read at once
  for (Index i = 0; i < samples.size(); ++i) samples(i) = static_cast<float>(i % 201 - 100) / 100;
  const auto path = folder.path / "a.wav";
  write_wav(path, samples, 22050);
  CHECK(std::filesystem::file_size(path) == 44 + 2 * 10000);
  const Sound sound = read_wav(path);
  CHECK(sound.rate == 22050);
  REQUIRE(sound.samples.size() == samples.size());
  CHECK(max_abs(sound.samples - samples) <= 1.5f / 32768);

  write_wav(path, VectorX<float>{{0.5f, 3, -3}}, 8000);  // takes the place of the old one
  const Sound loud = read_wav(path);
  REQUIRE(loud.samples.size() == 3);
  CHECK(loud.samples(1) == Approx(1).margin(1e-4));  // cut off, and not turned around
  CHECK(loud.samples(2) == Approx(-1).margin(1e-4));
  CHECK(folder.count() == 1);
}

TEST_CASE("Files that are no whole sound are refused by their name", "[io][wav]") {
  const TemporaryDirectory folder;
  const auto says = [](const std::filesystem::path& path) {
    return refusal<FileError>([&] { read_wav(path); });
  };
  CHECK_THAT(says(folder.path / "none.wav"), ContainsSubstring("none.wav: can't be opened"));
  CHECK_THAT(says(folder.path), EndsWith("is a directory, not a file"));
  CHECK_THAT(says(folder.file("text.wav", "no sound at all, only words")),
             ContainsSubstring("text.wav: is not a sound that libsndfile can read: "));
  CHECK_THAT(says(folder.file("empty.wav", "")), ContainsSubstring("empty.wav: is not a sound"));
  CHECK_THAT(says(folder.file("silent.wav", wav(1, 8000, {}))), EndsWith("silent.wav: has no samples"));
  const std::string whole = wav(1, 8000, {1, 2, 3, 4});
  CHECK_THAT(says(folder.file("half.wav", whole.substr(0, 48))),
             EndsWith("half.wav: is cut short: it has 48 of 52 bytes"));
  for (std::size_t size = 1; size < whole.size(); ++size)
    CHECK_THAT(says(folder.file("part.wav", whole.substr(0, size))), ContainsSubstring("part.wav: "));
}

TEST_CASE("A WAV file of a program that did not know how long it would be is read", "[io][wav]") {
  const TemporaryDirectory folder;
  for (const auto& [riff, data] : {std::pair{0xFFFFFFFFU, 0xFFFFFFFFU},
                                   {0x7FFFFF24U, 0x7FFFFF00U},     // arecord
                                   {0x7FFFF024U, 0x7FFFF000U}}) {  // sox
    std::string endless = wav(1, 8000, {1, 2, 3, 4});
    endless.replace(4, 4, number(riff, 4)).replace(40, 4, number(data, 4));
    CHECK(read_wav(folder.file("pipe.wav", endless)).samples == VectorX<float>{{1, 2, 3, 4}} / 32768);
  }
}

TEST_CASE("The channels of large floats have a finite mean", "[io][wav]") {
  const MatrixX<float> channels = MatrixX<float>::Constant(2, 3, 3e38f);
  VectorX<float> mean(3);
  detail::wav::mean_of_channels(channels, mean);
  CHECK(mean == VectorX<float>::Constant(3, 3e38f));
}

TEST_CASE("A WAV file takes at most ten times its size in memory", "[io][wav]") {
  if (!CountAllocations::works) return;
  const TemporaryDirectory folder;
  const auto times = [&](const std::string& bytes) {
    const auto path = folder.file("a.wav", bytes);
    const CountAllocations allocations;
    try {
      read_wav(path);
    } catch (const FileError&) {
    }
    return static_cast<double>(allocations.peak()) / static_cast<double>(bytes.size());
  };
  const std::vector<std::int16_t> samples(500000, 1);
  std::string bytes = wav(1, 8000, samples);
  CHECK(times(bytes) < 10);
  bytes[32] = 1, bytes[34] = 8;  // each of the bytes is a sample
  CHECK(times(bytes) < 10);
  CHECK(times(wav(2, 8000, samples)) < 10);
  CHECK(times(wav(1000, 8000, samples)) < 10);
}

TEST_CASE("A small file can't hold hours of sound", "[io][wav]") {
  const TemporaryDirectory folder;
  const auto path = folder.path / "silence.flac";
  const auto write = [&](Index count) {
    detail::wav::Memory memory;
    SF_INFO info{.frames = 0,
                 .samplerate = 8000,
                 .channels = 1,
                 .format = SF_FORMAT_FLAC | SF_FORMAT_PCM_16,
                 .sections = 0,
                 .seekable = 0};
    auto file = detail::wav::open(memory, SFM_WRITE, info, path);
    const std::vector<float> silence(static_cast<std::size_t>(count));
    REQUIRE(sf_writef_float(file.get(), silence.data(), count) == count);
    file.reset();  // which writes the last block
    folder.file("silence.flac", memory.bytes);
  };
  write(1'000'000);
  CHECK(read_wav(path).samples.size() == 1'000'000);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  CHECK_THAT(
      refusal<FileError>([&] { read_wav(path); }),
      ContainsSubstring("silence.flac: is cut short: it has ") && ContainsSubstring(" of 1000000 samples"));
  write(3'000'000);
  CHECK_THAT(refusal<FileError>([&] { read_wav(path); }), ContainsSubstring("too few for more than"));
}

/// Gives the bytes of a text, at most so many at once, and counts them.
SoundStream::Source source_of(const std::string& bytes, std::size_t at_once, std::size_t& taken) {
  return [&bytes, at_once, &taken](char* to, std::size_t most) {
    const std::size_t count = std::min({at_once, most, bytes.size() - taken});
    std::copy_n(bytes.data() + taken, count, to);
    taken += count;
    return count;
  };
}

TEST_CASE("A stream of sound is read while it comes", "[io][wav]") {
  std::vector<std::int16_t> numbers(2000);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<std::int16_t>(16 * i - 9000);
  std::string whole = wav(2, 8000, numbers);
  const VectorX<float> samples = [&] {
    const TemporaryDirectory folder;
    return read_wav(folder.file("two.wav", whole)).samples;
  }();
  // A program that writes to a pipe does not know how much will come: its header has the largest numbers.
  const bool known = GENERATE(true, false);
  if (!known) {
    whole.replace(4, 4, number(0xFFFFFFFF, 4));
    whole.replace(40, 4, number(GENERATE(0xFFFFFFFF, 0x7FFFFFDC), 4));
  }
  const std::size_t at_once = GENERATE(1, 7, 100000);
  std::size_t taken = 0;
  SoundStream stream(source_of(whole, at_once, taken));
  CHECK(stream.rate() == 8000);
  CHECK(taken <= 48);  // it waits for no more than the beginning
  VectorX<float> piece(300), all(0);
  while (const Index count = stream.read(piece)) {
    all.conservativeResize(all.size() + count);
    all.tail(count) = piece.head(count);
    REQUIRE(taken == 44 + 4 * static_cast<std::size_t>(all.size()));  // and for no more than it was asked for
  }
  CHECK(all == samples);
  CHECK(stream.read(piece) == 0);
}

TEST_CASE("A stream of sound that is none is refused, and what its source throws arrives", "[io][wav]") {
  std::size_t taken = 0;
  const auto says = [&](const std::string& bytes) {
    taken = 0;
    return refusal<FileError>([&] { SoundStream(source_of(bytes, 5, taken), "standard input"); });
  };
  CHECK_THAT(says("1.5\n2.5\n3.5\n4.5\n"), EndsWith("standard input: is not a WAV file"));
  CHECK_THAT(says(""), EndsWith("standard input: is not a WAV file"));
  std::string adpcm = wav(1, 8000, {0, 0, 0, 0});  // IMA ADPCM: four bits a sample, in blocks of 256 bytes
  adpcm.replace(
      20, 16,
      number(0x11, 2) + number(1, 2) + number(8000, 4) + number(4055, 4) + number(256, 2) + number(4, 2));
  adpcm.replace(16, 4, number(20, 4));
  adpcm.insert(36, number(2, 2) + number(505, 2));
  CHECK_THAT(says(adpcm), ContainsSubstring("is compressed"));
  CHECK_THAT(says(wav(1, 8000, {}).substr(0, 30)), ContainsSubstring("standard input: is not a sound"));
  CHECK_THAT(refusal<FileError>([] { SoundStream(nullptr); }), ContainsSubstring("no source"));

  const std::string bytes = wav(1, 8000, {1, 2, 3, 4});
  const std::size_t breaks_at = GENERATE(0, 20, 48);
  taken = 0;
  const auto broken = [&](char* to, std::size_t most) {
    if (taken >= breaks_at) throw std::runtime_error("the microphone is gone");
    return source_of(bytes, std::min(most, breaks_at - taken), taken)(to, most);
  };
  CHECK_THROWS_WITH(
      [&] {
        SoundStream stream(broken);
        VectorX<float> piece(4);
        stream.read(piece);
      }(),
      "the microphone is gone");

  std::string vast = wav(1, 8000, {1, 2});
  vast.insert(36, "fact" + number(0xFFFFFFF7, 4));
  taken = 0;
  CHECK_THAT(
      refusal<FileError>([&] { SoundStream(source_of(vast, 100, taken), "a.wav"); }),
      EndsWith(
          "a.wav: has more than 1048576 bytes before its samples: \"fact\" says that it has 4294967287"));
  std::string endless = vast.substr(0, 36);
  for (int i = 0; i < 40; ++i) endless += "JUNK" + number(1 << 16, 4) + std::string(1 << 16, '\0');
  taken = 0;
  CHECK_THAT(refusal<FileError>([&] { SoundStream(source_of(endless, 1 << 16, taken), "a.wav"); }),
             EndsWith("\"JUNK\" says that it has 65536"));
  CHECK(taken < 1 << 20);
  vast.replace(36, 8, "JUNK" + number(3, 4) + "abc");  // an odd number of bytes has one more behind it
  vast.insert(47, 1, '\0');
  taken = 0;
  VectorX<float> two(2);
  CHECK(SoundStream(source_of(vast, 7, taken), "a.wav").read(two) == 2);

  // A file of 32 bits with a point may have what is not a number.
  std::string floats = wav(1, 8000, {0, 0, 0, 0x7FC0});
  floats.replace(20, 2, number(3, 2));
  floats.replace(28, 8, number(32000, 4) + number(4, 2) + number(32, 2));
  taken = 0;
  SoundStream stream(source_of(floats, 100, taken), "a.wav");
  VectorX<float> piece(2);
  CHECK_THAT(refusal<FileError>([&] { stream.read(piece); }),
             EndsWith("a.wav: has a sample that is not finite"));
}

TEST_CASE("What is not a sound is not written", "[io][wav]") {
  const TemporaryDirectory folder;
  const auto path = folder.path / "a.wav";
  const VectorX<float> fine{{0.5f}}, not_finite{{0, std::numeric_limits<float>::quiet_NaN()}};
  CHECK_THROWS_AS(write_wav(path, VectorX<float>(), 8000), std::invalid_argument);
  CHECK_THROWS_AS(write_wav(path, not_finite, 8000), std::invalid_argument);
  CHECK_THROWS_AS(write_wav(path, fine, 0), std::invalid_argument);
  CHECK(folder.count() == 0);
  CHECK_THAT(refusal<FileError>([&] { write_wav(folder.path / "none" / "a.wav", fine, 8000); }),
             ContainsSubstring("a.wav: can't be"));
}

}  // namespace wav_test
}  // namespace recur::testing
