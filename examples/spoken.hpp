// Digits as sound, for the example speech: telephone tones or recordings, joined to strings, and their pictures.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <numbers>
#include <recur/core/error.hpp>
#include <recur/core/file.hpp>
#include <recur/core/matrix.hpp>
#include <recur/core/random.hpp>
#include <recur/data/log_mel.hpp>
#include <recur/data/sound_variation.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/file.hpp"
#include "common/picture.hpp"
#include "common/sound.hpp"
#include "common/text.hpp"

namespace spoken {

using recur::Index, recur::Random;
using Samples = recur::VectorX<float>;

inline constexpr int sample_rate = 8000;  // samples a second

inline Index samples_of(double seconds) { return static_cast<Index>(seconds * sample_rate); }

/// A digit. Or several, joined.
struct Word {
  Samples samples;
  std::vector<int> digits;
};

/// Words to learn from, to choose the best epoch with, and to measure on, and how much noise is added: its largest
/// amplitude, over the loudness of the sound.
struct Words {
  std::vector<Word> training{}, validation{}, unseen{};
  double noise = 0, unseen_noise = 0;
  double speed = 0,  ///< how much faster or slower a word may become; a tone would become that of another key
      loudness = 0;  ///< how much louder or softer, as a power of ten
};

/// The key of a telephone: two tones, one for its row and one for its column (ITU-T recommendation Q.23). They may be off
/// by 1.5 %, one louder than the other. A pause follows.
inline Word tone(int digit, Random& random) {
  constexpr std::array rows{941.0, 697.0, 697.0, 697.0, 770.0, 770.0, 770.0, 852.0, 852.0, 852.0};
  constexpr std::array columns{1336.0, 1209.0, 1336.0, 1477.0, 1209.0,
                               1336.0, 1477.0, 1209.0, 1336.0, 1477.0};
  const Index lasts = samples_of(0.06 + 0.14 * random.uniform());
  Word word{Samples::Zero(lasts + samples_of(0.04)), {digit}};
  for (const double hertz :
       {rows[static_cast<std::size_t>(digit)], columns[static_cast<std::size_t>(digit)]}) {
    const double turn = 2 * std::numbers::pi * hertz * (1 + random.symmetric(0.015)) / sample_rate;
    const double loudness = 0.1 + 0.1 * random.uniform();
    for (Index n = 0; n < lasts; ++n)
      word.samples(n) += static_cast<float>(loudness * std::sin(turn * static_cast<double>(n)));
  }
  return word;
}
inline Words tones(Index of_each, Random random) {
  Words words{.noise = 2, .unseen_noise = 2, .loudness = 0.5};
  for (int digit = 0; digit < 10; ++digit)
    for (Index i = 0; i < of_each; ++i)
      (i % 4 == 0   ? words.unseen
       : i % 8 == 1 ? words.validation
                    : words.training)
          .push_back(tone(digit, random));
  return words;
}

/// Recordings of single digits, DIGIT_SPEAKER_NUMBER.wav, as in the Free Spoken Digit Dataset. Numbers below 10 are
/// unseen, 10 and 11 choose the best epoch. Throws recur::FileError for another name, and if one of the three parts is
/// empty.
inline Words recordings(const std::filesystem::path& folder) {
  Words words{.noise = 0.3, .speed = 0.1, .loudness = 0.5};
  std::vector<std::filesystem::path> files;
  examples::require_file(std::filesystem::is_directory(folder), folder, "is not a folder");
  for (const auto& file : std::filesystem::directory_iterator(folder))
    if (examples::has_ending(file.path(), ".wav")) files.push_back(file.path());
  std::ranges::sort(files);  // a folder has no order
  for (const auto& file : files) {
    const std::string name = file.stem().string(), number = name.substr(name.rfind('_') + 1);
    examples::require_file(name.size() > 4 && name[0] >= '0' && name[0] <= '9' && name[1] == '_' &&
                               !number.empty() && number.size() < 6 &&
                               number.find_first_not_of("0123456789") == number.npos,
                           file, "is not named DIGIT_SPEAKER_NUMBER.wav");
    const int take = std::stoi(number);
    (take < 10   ? words.unseen
     : take < 12 ? words.validation
                 : words.training)
        .push_back({examples::read_sound(file, sample_rate), {name[0] - '0'}});
  }
  examples::require_file(!words.training.empty() && !words.validation.empty() && !words.unseen.empty(),
                         folder, "needs recordings with numbers below 10, of 10 or 11, and above");
  return words;
}

/// The same sound with other speed and loudness.
inline Samples varied(const Samples& x, const Words& how, Random& random) {
  const double speed = 1 + random.symmetric(how.speed);
  const auto loudness = static_cast<float>(std::pow(10, random.symmetric(how.loudness)));
  return loudness * recur::at_speed(x, speed);
}

/// Words one after the other, with up to a tenth of a second of silence before each and 0.2 s after the last, and with
/// noise over all.
inline Word joined(std::span<const Word> words, double noise, Random& random) {
  std::vector<Index> begins;
  Index length = 0;
  Word all;
  for (const Word& word : words) {
    begins.push_back(length += samples_of(0.1 * random.uniform()));
    length += word.samples.size();
    all.digits.insert(all.digits.end(), word.digits.begin(), word.digits.end());
  }
  all.samples.setZero(length + samples_of(0.2));
  for (std::size_t i = 0; i < words.size(); ++i)
    all.samples.segment(begins[i], words[i].samples.size()) = words[i].samples;
  recur::add_noise(all.samples, noise * random.uniform(), random);
  return all;
}

/// `count` strings of `least` to `most` words to learn from, drawn at random, each word with other speed and loudness.
inline std::vector<Word> practice(const Words& words, std::size_t count, Index least, Index most,
                                  Random random) {
  std::vector<Word> all;
  while (all.size() < count) {
    std::vector<Word> parts;
    for (Index n = least + random.below(most - least + 1); n > 0; --n) {
      const auto& [samples, digits] =
          words.training[static_cast<std::size_t>(random.below(std::ssize(words.training)))];
      parts.push_back({varied(samples, words, random), digits});
    }
    all.push_back(joined(parts, words.noise, random));
  }
  return all;
}
/// The same of other words, as they are.
inline std::vector<Word> test(std::span<const Word> words, double noise, std::size_t count, Index least,
                              Index most, Random random) {
  return practice({.training = {words.begin(), words.end()}, .noise = noise}, count, least, most, random);
}

/// The features that the networks hear: a frame each 25 ms.
inline const recur::LogMel<float>& features() {
  static const recur::LogMel<float> mel(
      {.rate = sample_rate, .window = 256, .hop = 200, .bands = 40, .floor = 1e-6});
  return mel;
}

/// A digit that was understood, and when.
struct Heard {
  double seconds;
  int digit;
};

inline std::string to_text(std::span<const int> digits) {
  std::string text;
  for (const int digit : digits) text += (text.empty() ? "" : " ") + std::to_string(digit);
  return text;
}

/// Draws a sound, with the digits where they were understood: in characters, and by gnuplot.
inline void draw(const Samples& samples, const std::vector<Heard>& heard) {
  using namespace examples;
  const recur::MatrixX<float> frames = features()(samples);
  if (frames.cols() == 0) return write_text("That is too short to hear.");
  const auto columns = std::min(text_columns(), static_cast<std::size_t>(frames.cols()));
  std::string under(columns, ' '), labels;
  for (const auto& [seconds, digit] : heard) {
    const double part = seconds * sample_rate / static_cast<double>(samples.size());
    under[std::min(columns - 1, static_cast<std::size_t>(part * static_cast<double>(columns)))] =
        static_cast<char>('0' + digit);
    labels += text_of("set label '", digit, "' at ", seconds, ",41 center front font ',16'\n");
  }
  std::cout << '\n' << shaded(frames, 10, static_cast<Index>(columns)) << under << "\n\n";
  const double hop = static_cast<double>(features().options().hop) / sample_rate;
  write_text(plot(
      "speech", "png",
      "set title 'What it heard, and when it was sure'\nset xlabel 'seconds'; set ylabel 'mel band'\n"
      "set palette defined (0 'white', 0.5 '#9ecae1', 1 '#08306b'); set cblabel 'log energy'\n"
      "set tics out nomirror; set autoscale xfix; set yrange [-0.5:42.5]; unset key\n" +
          labels + text_of("plot DATA matrix using ($1*", hop, "):2:3 with image"),
      [&](std::ostream& csv) {
        csv << frames.format(Eigen::IOFormat(6, Eigen::DontAlignCols, ",", "\n")) << '\n';
      },
      "900,440"));
}

}  // namespace spoken
