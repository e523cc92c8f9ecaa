// Sound as features of a network: the logarithm of its energy in bands that are as wide as the ear's.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <numbers>

#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"

namespace recur::inline RECUR_ABI {

/// How sound is cut into frames, and its frequencies into bands.
struct LogMelOptions {
  double rate = 8000;    ///< samples a second
  Index window = 256;    ///< W: samples of a frame
  Index hop = 128;       ///< samples from one frame to the next
  Index bands = 40;      ///< M
  double lowest = 0;     ///< Hz, the lower edge of the first band
  double highest = 0;    ///< Hz, the upper edge of the last band; 0: half the rate
  double floor = 1e-10;  ///< the least energy of a band, since silence has no logarithm
};

/// The log-mel spectrogram of sound.
///
///   X_t(k) = Σ_n w_n x(t·hop + n) e^(-2πi k n / W),  w_n = (1 - cos(2πn / W)) / 2      n < W, k ≤ W / 2
///   y_t(m) = log max(floor, Σ_k F_m(k) |X_t(k)|²)
///
/// w is the periodic window of Hann. F_m is a triangle of height 1 from frequency f_(m-1) over f_m to f_(m+1); these
/// are equally far apart in mel(f) = 2595 log10(1 + f / 700) (O'Shaughnessy 1987, as in HTK). So it is what
/// torchaudio's MelSpectrogram(center=False) computes and, with htk=True and norm=None, librosa's melspectrogram.
///
///   LogMel<float> features{{.rate = 8000}};
///   MatrixX<float> y = features(samples);                                 // M × T, T = (samples - W) / hop + 1
///
///   auto stream = features.stream();                                      // the same, while the sound comes in
///   for (float sample : samples)
///     if (const auto* y = features.step(sample, stream)) model.step(*y, its_stream);
///
/// The transform is a product with a matrix of W + 2 rows: at a window of some hundred samples this is as fast as the
/// layers that follow. Throws std::invalid_argument for options that are not legal, and for a band so narrow that
/// no frequency of the transform lies in it.
template <std::floating_point S>
class LogMel {
 public:
  explicit LogMel(const LogMelOptions& options = {}) : options_(options) {
    const auto& [rate, window, hop, bands, lowest, highest, floor] = options_;
    require(rate > 0 && std::isfinite(rate), "sound of ", rate,
            " samples a second: it must be positive and finite");
    require(window >= 2 && hop >= 1 && bands >= 1, "frames of ", window, " samples, ", hop, " apart, in ",
            bands, " bands: there must be at least 2 samples and 1 band, and the frames at least 1 apart");
    detail::check_largest("LogMel", window, hop, bands);
    if (options_.highest == 0) options_.highest = rate / 2;
    require(lowest >= 0 && lowest < highest && highest <= rate / 2, "bands from ", lowest, " to ", highest,
            " Hz: they must lie between 0 and half the rate, ", rate / 2);
    require(static_cast<S>(floor) > 0 && std::isfinite(static_cast<S>(floor)), "a floor of ", floor,
            ": it must be positive and finite");

    const Index frequencies = window / 2 + 1;
    transform_.resize(2 * frequencies, window);
    for (Index n = 0; n < window; ++n) {
      const double turn = 2 * std::numbers::pi / static_cast<double>(window);
      const double hann = (1 - std::cos(turn * static_cast<double>(n))) / 2;
      for (Index k = 0; k < frequencies; ++k) {
        const double angle = turn * static_cast<double>(k * n % window);
        transform_(k, n) = static_cast<S>(hann * std::cos(angle));
        transform_(frequencies + k, n) = static_cast<S>(-hann * std::sin(angle));
      }
    }
    filters_.resize(bands, frequencies);
    const double low = mel(lowest), distance = (mel(highest) - low) / static_cast<double>(bands + 1);
    for (Index m = 0; m < bands; ++m) {
      const double left = hertz(low + distance * static_cast<double>(m)),
                   top = hertz(low + distance * static_cast<double>(m + 1)),
                   right = hertz(low + distance * static_cast<double>(m + 2));
      for (Index k = 0; k < frequencies; ++k) {
        const double f = static_cast<double>(k) * rate / static_cast<double>(window);
        filters_(m, k) =
            static_cast<S>(std::max(0.0, std::min((f - left) / (top - left), (right - f) / (right - top))));
      }
      require(filters_.row(m).maxCoeff() > 0, "band ", m, ", from ", left, " to ", right,
              " Hz, has no frequency of a window of ", window, " samples, which are ",
              rate / static_cast<double>(window), " Hz apart: take fewer bands or a longer window");
    }
  }

  const LogMelOptions& options() const { return options_; }
  Index bands() const { return filters_.rows(); }

  /// M × T. Sound shorter than a window has no frame. Throws std::invalid_argument for a sample that is not finite.
  MatrixX<S> operator()(const VectorX<S>& samples) const {
    require(samples.allFinite(), "a sample of sound is not finite");
    const Index window = options_.window;
    if (samples.size() < window) return MatrixX<S>(bands(), 0);
    // The frames overlap: they are columns that begin `hop` samples apart, in the memory of the sound itself.
    const Eigen::Map<const MatrixX<S>, 0, Eigen::OuterStride<>> frames(
        samples.data(), window, (samples.size() - window) / options_.hop + 1,
        Eigen::OuterStride<>(options_.hop));
    const MatrixX<S> spectrum = transform_ * frames;
    MatrixX<S> energy, y;
    to_bands(spectrum, energy, y);
    return y;
  }

  /// The last samples of a sound that comes in one by one. Its frames are those of the whole sound, up to rounding.
  struct Stream {
    VectorX<S> samples;   // W
    Index filled = 0;     // how many of them are there; negative: this many must pass first
    VectorX<S> spectrum;  // real parts above imaginary ones
    VectorX<S> energy, frame;
  };
  Stream stream() const {
    return {VectorX<S>(options_.window), 0, VectorX<S>(transform_.rows()), VectorX<S>(filters_.cols()),
            VectorX<S>(bands())};
  }
  /// The frame that ends with this sample, M, or nullptr if none does. Allocates nothing. Throws
  /// std::invalid_argument for a sample that is not finite, which the stream leaves out, and for a stream of other
  /// sizes.
  const VectorX<S>* step(S sample, Stream& stream) const {
    const Index window = options_.window;
    require(stream.samples.size() == window && stream.frame.size() == bands() &&
                stream.filled >= std::min<Index>(0, window - options_.hop) && stream.filled < window,
            "the stream is of a LogMel of other sizes: it must be one that its stream() made");
    require(std::isfinite(sample), "a sample of sound is not finite");
    if (stream.filled >= 0) stream.samples(stream.filled) = sample;
    if (++stream.filled < window) return nullptr;
    stream.spectrum.noalias() = transform_ * stream.samples;
    to_bands(stream.spectrum, stream.energy, stream.frame);
    const Index kept = std::max<Index>(0, window - options_.hop);
    std::copy_n(stream.samples.data() + window - kept, kept, stream.samples.data());
    stream.filled = window - options_.hop;
    return &stream.frame;
  }

 private:
  static double mel(double hertz) { return 2595 * std::log10(1 + hertz / 700); }
  static double hertz(double mel) { return 700 * (std::pow(10, mel / 2595) - 1); }
  /// From X, its real parts above the imaginary ones, to |X|² and y.
  template <class Matrix>
  void to_bands(const Matrix& x, Matrix& energy, Matrix& y) const {
    const Index n = filters_.cols();
    energy = x.topRows(n).cwiseAbs2() + x.bottomRows(n).cwiseAbs2();
    y.noalias() = filters_ * energy;
    y = y.array().max(static_cast<S>(options_.floor)).log().matrix();
  }

  LogMelOptions options_;
  MatrixX<S> transform_;  // (W + 2) × W: the window within the cosines and sines of the transform
  MatrixX<S> filters_;    // F, M × (W / 2 + 1)
};

}  // namespace recur::inline RECUR_ABI
