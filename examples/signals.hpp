// Signals of the user's, for the example anomaly: in files, or as they come through the standard input.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <recur/core/error.hpp>
#include <recur/core/matrix.hpp>
#include <recur/data/numeric_table.hpp>
#include <string>
#include <utility>

#include "common/file.hpp"
#include "common/sound.hpp"
#include "common/standard_input.hpp"
#include "common/text.hpp"

namespace listening {

using namespace recur;

/// A time of the stream: "0:07:31".
inline std::string clock_text(Index seconds) {
  char text[64];
  std::snprintf(text, sizeof text, "%d:%02d:%02d", static_cast<int>(seconds / 3600),
                static_cast<int>(seconds / 60 % 60), static_cast<int>(seconds % 60));
  return text;
}

/// The largest of each part of some numbers of which nobody knows how many will come: at most 3000 parts, of 1 number
/// each, or 2, 4, 8 and so on.
class Peaks {
 public:
  void add(double number) {
    if (in_last_ == each_) {
      in_last_ = 0;
      if (++last_ == parts_.size()) {
        last_ /= 2;
        for (Index i = 0; i < last_; ++i) parts_(i) = parts_.segment<2>(2 * i).maxCoeff();
        parts_.tail(last_).setZero();
        each_ *= 2;
      }
    }
    parts_(last_) = std::max(parts_(last_), number);
    ++in_last_;
  }
  VectorX<double> parts() const { return parts_.head(last_ + 1); }
  Index each() const { return each_; }

 private:
  VectorX<double> parts_ = VectorX<double>::Zero(3000);
  Index last_ = 0, each_ = 1, in_last_ = 0;
};

/// A signal of the user's.
struct Signal {
  VectorX<float> samples;  ///< all that are there when it begins: of a file
  Index rate;              ///< samples a second
  std::function<Index(VectorX<float>& piece)>
      more{};  ///< waits for those that come; returns 0 after the last one

  /// A quarter of a second, or 25 samples where a second has few.
  Index window() const { return std::max<Index>(25, rate / 4); }
  std::string time(Index sample) const {
    const Index tenth = sample * 10 / rate;
    return examples::text_of(clock_text(tenth / 10), '.', tenth % 10);
  }
};

/// Whether a file is a column of numbers, by its name. Any other is one of sound.
inline bool is_table(const std::filesystem::path& path) {
  return examples::has_ending(path, ".csv") || examples::has_ending(path, ".tsv") ||
         examples::has_ending(path, ".txt");
}

/// Reads a file of sound or, if it is called .csv, .tsv or .txt, a column of numbers.
inline Signal read_signal(const std::filesystem::path& path, Index rate) {
  if (!is_table(path)) {
    auto [samples, its_rate] = examples::read_any_sound(path);
    return {std::move(samples), its_rate};
  }
  const MatrixX<float> steps = read_steps(path);
  examples::require_file(steps.rows() == 1, path, "has ", steps.rows(), " columns: it must have one");
  return {steps.row(0), rate};
}

/// The signal that comes through the standard input: sound, or a number on each line.
inline Signal incoming(Index rate) {
  const auto input = std::make_shared<examples::StandardInput>();
  if (input->begins_with("RIFF")) {
    const auto sound = std::make_shared<examples::IncomingSound>(
        [input](char* to, std::size_t most) { return input->read(to, most); });
    return {{}, sound->rate(), [sound](VectorX<float>& piece) { return sound->read(piece); }};
  }
  return {{}, rate, [input, text = std::string(), line = 0](VectorX<float>& piece) mutable {
            while (input->line(text)) {
              text.erase(0, text.find_first_not_of(" \t"));
              text.erase(text.find_last_not_of(" \t") + 1);
              const auto sample = examples::to_number<float>(text);
              if (++line == 1 && !sample && !text.empty()) continue;  // the name of the column
              examples::require_file(sample && std::isfinite(*sample),
                                     examples::text_of("standard input:", line), "found ",
                                     examples::quote(text), ": it must be a number");
              piece = VectorX<float>::Constant(1, *sample);
              return Index{1};
            }
            return Index{0};
          }};
}

}  // namespace listening
