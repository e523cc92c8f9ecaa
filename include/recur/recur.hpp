// recur: recurrent neural networks on Eigen, in headers.
//
// This header includes everything that needs Eigen alone. The map, in the order in which to read it; each
// floor includes only its own and those above:
//
//   core/          matrices and the legend of sizes, ragged sequences, parameters, packs of numbers, products, long
//                  sums, random numbers
//   cell/          the mathematics of one hidden unit: cell.hpp says what a cell is; elman, lstm, gru and their kin;
//                  of steps that mix units: stepwise.hpp; gru_reset_before, projected_lstm, layer_norm_lstm,
//                  jordan; regularized: noise in the recurrence of any cell of units
//   layer/         layer.hpp says what a layer is; recurrent (a cell over time; its kernel in layer/kernel/),
//                  bidirectional, learned_state; embedding, tied_embedding, positions, dense, dropout, layer_norm,
//                  pool, attention_pool; residual, sequential; attention of queries to a memory by a score,
//                  multi_head_attention, transformer, transformer_decoder; state: that of a whole network
//   architecture/  many_to_one, many_to_many, one_to_many, encoder_decoder (decoder, writer: what these two
//                  share); beam_search, sampling and ctc_decode turn what a network says into tokens
//   train/         losses of samples (loss) and of sequences (sequence_loss, ctc, crf), optimizers, clipping,
//                  schedules, metrics (of classes, spans and text), gradient check, gradient flow, fit
//   data/          words to tokens, files of labelled sentences, batches, long texts
//
// Beside it, for files of weights: io/weights.hpp, and where nlohmann-json is there io/safetensors.hpp,
// io/model_file.hpp and io/state_file.hpp.
#pragma once

#include "recur/architecture/beam_search.hpp"
#include "recur/architecture/ctc_decode.hpp"
#include "recur/architecture/encoder_decoder.hpp"
#include "recur/architecture/many_to_many.hpp"
#include "recur/architecture/many_to_one.hpp"
#include "recur/architecture/one_to_many.hpp"
#include "recur/architecture/sampling.hpp"
#include "recur/cell/coupled_lstm.hpp"
#include "recur/cell/elman.hpp"
#include "recur/cell/gru.hpp"
#include "recur/cell/gru_reset_before.hpp"
#include "recur/cell/indrnn.hpp"
#include "recur/cell/irnn.hpp"
#include "recur/cell/jordan.hpp"
#include "recur/cell/layer_norm_lstm.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/cell/min_rnn.hpp"
#include "recur/cell/peephole_lstm.hpp"
#include "recur/cell/projected_lstm.hpp"
#include "recur/cell/regularized.hpp"
#include "recur/data/batching.hpp"
#include "recur/data/labelled_text.hpp"
#include "recur/data/long_text.hpp"
#include "recur/data/tokenizer.hpp"
#include "recur/data/vocabulary.hpp"
#include "recur/layer/attention.hpp"
#include "recur/layer/attention_pool.hpp"
#include "recur/layer/bidirectional.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/dropout.hpp"
#include "recur/layer/embedding.hpp"
#include "recur/layer/layer_norm.hpp"
#include "recur/layer/learned_state.hpp"
#include "recur/layer/multi_head_attention.hpp"
#include "recur/layer/pool.hpp"
#include "recur/layer/positions.hpp"
#include "recur/layer/recurrent.hpp"
#include "recur/layer/residual.hpp"
#include "recur/layer/score.hpp"
#include "recur/layer/sequential.hpp"
#include "recur/layer/state.hpp"
#include "recur/layer/tied_embedding.hpp"
#include "recur/layer/transformer.hpp"
#include "recur/layer/transformer_decoder.hpp"
#include "recur/train/clip.hpp"
#include "recur/train/crf.hpp"
#include "recur/train/ctc.hpp"
#include "recur/train/evaluate.hpp"
#include "recur/train/fit.hpp"
#include "recur/train/gradient_check.hpp"
#include "recur/train/gradient_flow.hpp"
#include "recur/train/loss.hpp"
#include "recur/train/metrics.hpp"
#include "recur/train/optimizer.hpp"
#include "recur/train/schedule.hpp"
#include "recur/train/sequence_loss.hpp"
#include "recur/train/span_metrics.hpp"
#include "recur/train/text_metrics.hpp"

namespace recur {

// Files need nlohmann-json, so the headers for them are not included above. Who calls them without is led to a line here, which
// says what is missing. A right call of the real function doesn't end here: any other conversion is better than an ellipsis.
void save_weights(...) = delete;  // needs <recur/io/model_file.hpp>, nlohmann-json (nlohmann-json3-dev)
void load_weights(...) = delete;  // needs <recur/io/model_file.hpp>, nlohmann-json (nlohmann-json3-dev)
void save_state(...) = delete;    // needs <recur/io/state_file.hpp>, nlohmann-json (nlohmann-json3-dev)
void load_state(...) = delete;    // needs <recur/io/state_file.hpp>, nlohmann-json (nlohmann-json3-dev)

}  // namespace recur
