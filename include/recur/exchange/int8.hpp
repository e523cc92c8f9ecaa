// Weights of 8 bits: what a header has of a matrix, and a model that computes with them.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/parameters.hpp"
#include "recur/core/utf8.hpp"

namespace recur::inline RECUR_ABI {

namespace detail::int8 {

/// The scale s = max|w| / 127. It is never above that: 127 s of the largest float would be infinite. It is a normal number,
/// also for weights that are all zero.
inline float scale_of(float largest) {
  float scale = largest / 127;
  if (127.0 * static_cast<double>(scale) > static_cast<double>(largest)) scale = std::nextafter(scale, 0.0f);
  return std::max(scale, std::numeric_limits<float>::min());
}
/// q = round(w / s), from -127 to 127.
inline int byte_of(float weight, float scale) {
  return static_cast<int>(std::lround(static_cast<double>(weight) / static_cast<double>(scale)));
}

}  // namespace detail::int8

/// Rounds the weights of a model to those of 8 bits that a header with HeaderWeights::int8 has:
///
///   w = s q,  q = round(w / s),  s = max|w| / 127
///
/// with one scale s for each row of a matrix, which is an output, and for each row of an Embedding's table, which is a word. No
/// weight changes by more than s / 2. Parameters that are vectors stay as they are: biases, norms, initial states. So
/// `evaluate` of a model that was rounded says what a header of 8 bits costs. It is quantization after the training, of
/// weights alone, symmetric and with a scale for each channel (Krishnamoorthi, "Quantizing deep convolutional networks
/// for efficient inference: A whitepaper", 2018, section 3.1.1). Throws std::invalid_argument, before it changes anything, for
/// a number that is not finite.
inline void round_to_int8(const Parameters<float>& model) {
  const std::string name = first_non_finite(model);
  require(name.empty(), "weights can't be rounded to 8 bits: ", detail::quote(name),
          " has a number that is not finite");
  for (const auto& p : model) {
    if (p.is_vector) continue;
    const auto weight = [&p](Index row, Index column) -> float& {
      return p.data[p.is_row_major ? row * p.columns + column : column * p.rows + row];
    };
    for (Index r = 0; r < p.rows; ++r) {
      float largest = 0;
      for (Index c = 0; c < p.columns; ++c) largest = std::max(largest, std::abs(weight(r, c)));
      const float s = detail::int8::scale_of(largest);
      for (Index c = 0; c < p.columns; ++c)
        weight(r, c) = s * static_cast<float>(detail::int8::byte_of(weight(r, c), s));
    }
  }
}
template <Visitable Model>
void round_to_int8(Model& model) {
  round_to_int8(Parameters<float>(model));
}

}  // namespace recur::inline RECUR_ABI
