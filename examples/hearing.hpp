// A network that predicts a signal, and an ear for what it can't predict. For the example anomaly.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <recur/io/safetensors.hpp>
#include <recur/recur.hpp>
#include <string>
#include <utility>

#include "common/text.hpp"

namespace listening {

using namespace recur;

using Model = ManyToMany<Sequential<Network<float>, Dense<float>>, EachStep<SquaredError<float>>>;

/// Predicts each sample from those before it, and says how wrong that was.
class Foresight {
 public:
  explicit Foresight(const Model& model) : model_(model), stream_(model.stream()) {}
  double news(double sample) {
    const double error = sample - expected_;
    expected_ = static_cast<double>(model_.predict_step(static_cast<float>(sample), stream_)(0));
    return error * error;
  }

 private:
  const Model& model_;
  Model::Stream stream_;
  double expected_ = 0;
};

/// The mean of the last news, some `window` samples, and when that is an alarm: above the limit, and not again within
/// twelve windows.
class Ear {
 public:
  double limit = std::numeric_limits<double>::infinity(), mean = 0;

  explicit Ear(Index window) : window_(window) {}
  /// Whether an alarm begins with this sample.
  bool hears(double news) {
    mean += (news - mean) / static_cast<double>(window_);
    if (quiet_ > 0) --quiet_;
    if (mean <= limit || quiet_ > 0) return false;
    quiet_ = 12 * window_;
    return true;
  }

 private:
  Index window_, quiet_ = 0;
};

/// The levels of an ear while all is well.
class Healthy {
 public:
  void add(double level) {
    sum_ += level;
    highest_ = std::max(highest_, level);
    ++count_;
  }
  /// Above this is an alarm: half as far again from the mean level as the highest. So it suits ears whose levels spread
  /// little as well as those whose levels spread much.
  double limit() const {
    const double mean = sum_ / static_cast<double>(count_);
    return mean + 1.5 * (highest_ - mean);
  }

 private:
  double sum_ = 0, highest_ = 0;
  Index count_ = 0;
};

/// What a healthy signal is like: mean and deviation of its samples, and the most news in it, with a margin.
struct Usual {
  double mean = 0, deviation = 1, limit = std::numeric_limits<double>::infinity();

  std::array<std::pair<const char*, double*>, 3> parts() {
    return {{{"mean", &mean}, {"deviation", &deviation}, {"limit", &limit}}};
  }
  void put(Metadata& metadata) {
    for (const auto& [name, number] : parts()) {
      char text[32];
      metadata[examples::text_of("anomaly.", name)] =
          std::string(text, std::to_chars(text, text + sizeof text, *number).ptr);
    }
  }
  void take(const Metadata& metadata) {
    for (const auto& [name, number] : parts())
      *number = examples::to_number<double>(metadata.at(examples::text_of("anomaly.", name))).value();
  }
};

/// The most news in the healthy samples, without the first ones, which the network can't know.
inline double most_news(const Model& model, const VectorX<float>& samples, const Usual& usual, Index window) {
  Foresight foresight(model);
  Ear ear(window);
  double most = 0;
  for (Index t = 0; t < samples.size(); ++t) {
    ear.hears(foresight.news((static_cast<double>(samples(t)) - usual.mean) / usual.deviation));
    if (t > 4 * window) most = std::max(most, ear.mean);
  }
  return most;
}

}  // namespace listening
