// A small encoder and decoder. It shows what decoders and writers refuse.
#pragma once

#include <vector>

#include "architecture/models.hpp"
#include "recur/architecture/encoder_decoder.hpp"
#include "recur/cell/gru.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/embedding.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "recur/train/loss.hpp"
#include "recur/train/sequence_loss.hpp"

namespace recur::testing::small_writer {

inline constexpr DecoderOptions says{.begin = 0, .end = 5, .max_length = 4};

inline auto network(Index tokens) {
  return Sequential{Embedding<double>{tokens, 2}, Recurrent{Gru<double>{2, 3}}};
}
inline auto decoder() { return Decoder{network(6), Dense<double>{3, 6}, says}; }
inline auto writer(Index tokens = 7) {
  return ready(EncoderDecoder{network(tokens), decoder(), EachStep{SoftmaxCrossEntropy<double>{}}});
}
using Model = decltype(writer());

inline std::vector<Model::Example> examples() {
  return {{{3, 0, 6}, {1}}, {{1, 4}, {0, 4, 2}}, {{6}, {2, 2}}};
}

}  // namespace recur::testing::small_writer
