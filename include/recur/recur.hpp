// recur: recurrent neural networks on Eigen, in headers.
//
// This header includes everything that needs only Eigen, except network/all_kinds.hpp, which takes long to
// compile, io/weights.hpp, io/run_log.hpp, io/midi.hpp, io/synth.hpp, exchange/int8.hpp and exchange/header_file.hpp. It
// leaves out what needs nlohmann-json: files.hpp and exchange.hpp. A program that needs less compiles faster with one of its parts:
// stream.hpp (networks that run), train.hpp (networks that learn), network.hpp (networks from descriptions),
// text.hpp (words). This is the map, in the order in which to read it. Each floor includes only itself and the floors above it here:
//
//   core/          matrices and the legend of sizes, ragged sequences, parameters, packs of numbers,
//                  products, long sums, random numbers, threads, files
//   cell/          the mathematics of one hidden unit: cell.hpp says what a cell is; elman, lstm, gru and
//                  their variants; for steps that mix units: stepwise.hpp; gru_reset_before, projected_lstm,
//                  layer_norm_lstm, jordan; gate_function: activations chosen at run time, of flexible_elman,
//                  flexible_lstm and flexible_gru; regularized: noise in the recurrence of any cell of units
//   layer/         layer.hpp says what a layer is; layers that look at one step at a time: dense, embedding,
//                  tied_embedding, positions, dropout, layer_norm, pointwise; flexible_activation, softmax; conv1d, pool1d
//                  and context_window also look at neighbouring steps (time_window: which); reverse_time; pool: one
//                  output from all steps
//   recurrence/    recurrent: a cell over time; its kernel in recurrence/kernel/; bidirectional,
//                  learned_state; final_state; state: the state of a whole network as one value
//   attention/     attention of queries to a memory by a score; multi_head_attention, transformer,
//                  transformer_decoder, attention_pool
//   composition/   sequential: layers one after the other; residual
//   network/       network: a layer whose type is chosen while the program runs; chain: such layers one after the
//                  other; graph: such layers that read from each other by name, with several inputs and
//                  outputs; kinds, standard, all_kinds: from a description to a network
//   architecture/  many_to_one, many_to_many, one_to_many, encoder_decoder (decoder, writer: the common part
//                  of the last two), encoder_forecaster; beam_search, copy_unknown, sampling, continuous_cache
//                  and ctc_decode turn a network's output into tokens
//   data/          words and characters to tokens; batches, long texts, windows of series and their scaler;
//                  sound as features (log_mel); files of labelled texts, tagged words, sentences with translations,
//                  columns of numbers, prices, tunes, frames
//   train/         losses of samples (loss) and of sequences (sequence_loss, ctc, crf), optimizers and their
//                  rules, clipping, schedules, metrics (of classes, spans, text and forecasts), gradient check, gradient
//                  flow, fit
//   io/            weights, whole models, states and the course of a training in files; midi: notes as a file of music;
//                  synth: as sound
//   exchange/      models from elsewhere and to elsewhere: audio formats, PyTorch, ONNX, Keras; networks as headers, for which
//                  embedded/ has what they need: a folder of its own, without Eigen
//
// There are also io/weights.hpp, weights by name in memory, io/run_log.hpp, io/midi.hpp and io/synth.hpp. With
// nlohmann-json there is files.hpp, for io/safetensors.hpp, io/model_file.hpp, io/network_file.hpp, io/state_file.hpp and io/checkpoint.hpp, and
// exchange.hpp, for exchange/: models from elsewhere. With libzip there are exchange/torch.hpp and exchange/keras.hpp,
// with protobuf exchange/onnx.hpp. With libsndfile there is io/wav.hpp, files and streams of sound.
#pragma once

#include "recur/data/abc.hpp"
#include "recur/data/class_folder.hpp"
#include "recur/data/frames.hpp"
#include "recur/data/labelled_text.hpp"
#include "recur/data/log_mel.hpp"
#include "recur/data/numeric_table.hpp"
#include "recur/data/parallel_text.hpp"
#include "recur/data/prices.hpp"
#include "recur/data/sound_variation.hpp"
#include "recur/data/tagged_text.hpp"
#include "recur/network.hpp"
#include "recur/stream.hpp"
#include "recur/text.hpp"
#include "recur/train.hpp"
#include "recur/train/span_metrics.hpp"
#include "recur/train/text_metrics.hpp"
