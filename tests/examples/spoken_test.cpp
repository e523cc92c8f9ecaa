// The example speech: telephone tones, strings of them, and the names of recordings.
#include "../../examples/spoken.hpp"

#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <numbers>
#include <sstream>
#include <string>
#include <vector>

#include "catch.hpp"
#include "max_abs.hpp"
#include "refusal.hpp"
#include "temporary.hpp"

namespace spoken_test {

using recur::Index;
using recur::Random;
using recur::testing::max_abs;
using recur::testing::refusal;
using spoken::Samples;
using spoken::Word;

/// The amplitude of a frequency in a sound.
double amplitude(const Samples& sound, double hertz) {
  double real = 0, imaginary = 0;
  for (Index n = 0; n < sound.size(); ++n) {
    const double angle = 2 * std::numbers::pi * hertz * static_cast<double>(n) / spoken::sample_rate;
    real += static_cast<double>(sound(n)) * std::cos(angle);
    imaginary += static_cast<double>(sound(n)) * std::sin(angle);
  }
  return 2 * std::hypot(real, imaginary) / static_cast<double>(sound.size());
}

TEST_CASE("A digit has the two tones of its key, and a pause", "[examples][speech]") {
  // The rows and columns of the keys of a telephone.
  const std::array<std::string, 4> keys{"123", "456", "789", "-0-"};
  const std::array<double, 4> rows{697, 770, 852, 941};
  const std::array<double, 3> columns{1209, 1336, 1477};
  const auto loudest = [](const Samples& sound, const auto& tones) {
    std::size_t best = 0;
    std::array<double, 4> found{};
    for (std::size_t i = 0; i < tones.size(); ++i) {
      for (double off = 0.985; off < 1.016; off += 0.005)  // a tone may be off by 1.5 %
        found[i] = std::max(found[i], amplitude(sound, off * tones[i]));
      if (found[i] > found[best]) best = i;
    }
    return best;
  };
  Random random(1);
  for (int digit = 0; digit < 10; ++digit)
    for (int n = 0; n < 5; ++n) {
      const Word word = spoken::tone(digit, random);
      CHECK(word.digits == std::vector{digit});
      const Index sounding = word.samples.size() - spoken::samples_of(0.04);
      CHECK((sounding >= spoken::samples_of(0.06) && sounding <= spoken::samples_of(0.2)));
      CHECK(word.samples.tail(spoken::samples_of(0.04)).isZero());
      CHECK(max_abs(word.samples) <= 0.4f);
      const Samples sound = word.samples.head(sounding);
      CHECK(keys[loudest(sound, rows)][loudest(sound, columns)] == '0' + digit);
    }
}

TEST_CASE("Tones are shared out: a quarter is unseen", "[examples][speech]") {
  const spoken::Words words = spoken::tones(16, Random(1));
  CHECK(words.unseen.size() == 40);
  CHECK(words.validation.size() == 20);
  CHECK(words.training.size() == 100);
  std::array<int, 10> counts{};
  for (const Word& word : words.unseen) ++counts[static_cast<std::size_t>(word.digits[0])];
  CHECK(counts == std::array{4, 4, 4, 4, 4, 4, 4, 4, 4, 4});
}

TEST_CASE("Joined words stand one after the other, with silence between and after them",
          "[examples][speech]") {
  const std::vector<Word> words{{Samples::Constant(500, 0.5f), {3}}, {Samples::Constant(300, -0.5f), {1, 4}}};
  Random random(2);
  for (int n = 0; n < 20; ++n) {
    const Word all = spoken::joined(words, 0, random);
    CHECK(all.digits == std::vector{3, 1, 4});
    CHECK((all.samples.array() == 0.5f).count() == 500);
    CHECK((all.samples.array() == -0.5f).count() == 300);
    const Index silent = all.samples.size() - 800;
    CHECK((silent >= spoken::samples_of(0.2) && silent <= spoken::samples_of(0.4)));
    CHECK(all.samples.tail(spoken::samples_of(0.2)).isZero());
  }
  const Word noisy = spoken::joined(words, 1, random);
  CHECK((noisy.samples.array() == 0).count() == 0);
}

TEST_CASE("Strings to learn from have other speed and loudness, those to measure on have not",
          "[examples][speech]") {
  spoken::Words words = spoken::tones(8, Random(1));
  for (const Word& word : spoken::practice(words, 50, 2, 4, Random(3)))
    CHECK((word.digits.size() >= 2 && word.digits.size() <= 4));
  CHECK(spoken::to_text(std::vector{7, 0}) == "7 0");
  const std::vector<Word> one{{Samples::Constant(400, 0.5f), {7}}};
  for (const Word& word : spoken::test(one, 0, 20, 1, 1, Random(4))) {
    CHECK(word.samples.maxCoeff() == 0.5f);
    CHECK((word.samples.array() > 0).count() == 400);
  }
  spoken::Words lively{.training = one, .speed = 0.1, .loudness = 0.5};
  float least = 1, most = 0;
  Index shortest = 1000, longest = 0;
  for (const Word& word : spoken::practice(lively, 50, 1, 1, Random(5))) {
    least = std::min(least, word.samples.maxCoeff());
    most = std::max(most, word.samples.maxCoeff());
    shortest = std::min(shortest, (word.samples.array() > 0).count());
    longest = std::max(longest, (word.samples.array() > 0).count());
  }
  CHECK((least < 0.3f && least > 0.15f && most > 1 && most < 1.59f));  // 0.5 times 10^-0.5 to 10^0.5
  CHECK((shortest < 380 && shortest >= 363 && longest > 420 && longest <= 445));  // 400 / 1.1 to 400 / 0.9
}

TEST_CASE("Recordings have a digit and a number in their names", "[examples][speech]") {
  const TemporaryDirectory folder;
  const auto message = [&] { return refusal<recur::FileError>([&] { spoken::recordings(folder.path); }); };
  CHECK(message().ends_with("needs recordings with numbers below 10, of 10 or 11, and above"));
  folder.file("readme.txt", "is no recording");
  CHECK(message().ends_with("and above"));
  for (const std::string name :
       {"seven.wav", "7_mary_x.wav", "a_mary_1.wav", "7_mary_.wav", "7mary_1.wav", "7_mary_123456.wav"}) {
    const auto path = folder.file(name, "");
    CHECK(message().ends_with(name + ": is not named DIGIT_SPEAKER_NUMBER.wav"));
    std::filesystem::remove(path);
  }
  CHECK(refusal<recur::FileError>([&] {
          spoken::recordings(folder.path / "none");
        }).ends_with("none: is not a folder"));
}

TEST_CASE("A sound that is too short to hear is not drawn", "[examples][speech]") {
  std::ostringstream out;
  auto* const before = std::cout.rdbuf(out.rdbuf());
  spoken::draw(Samples::Zero(100), {});
  std::cout.rdbuf(before);
  CHECK(out.str() == "That is too short to hear.\n");
}

}  // namespace spoken_test
