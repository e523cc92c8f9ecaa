// Networks that run: cells, layers, architectures, and what turns their outputs into tokens. It includes no
// training, and no networks from descriptions: network.hpp has these.
#pragma once

#include "recur/architecture/beam_search.hpp"
#include "recur/architecture/continuous_cache.hpp"
#include "recur/architecture/copy_unknown.hpp"
#include "recur/architecture/ctc_decode.hpp"
#include "recur/architecture/encoder_decoder.hpp"
#include "recur/architecture/encoder_forecaster.hpp"
#include "recur/architecture/many_to_many.hpp"
#include "recur/architecture/many_to_one.hpp"
#include "recur/architecture/one_to_many.hpp"
#include "recur/architecture/sampling.hpp"
#include "recur/attention/attention.hpp"
#include "recur/attention/attention_pool.hpp"
#include "recur/attention/multi_head_attention.hpp"
#include "recur/attention/score.hpp"
#include "recur/attention/transformer.hpp"
#include "recur/attention/transformer_decoder.hpp"
#include "recur/cell/coupled_lstm.hpp"
#include "recur/cell/elman.hpp"
#include "recur/cell/flexible_elman.hpp"
#include "recur/cell/flexible_gru.hpp"
#include "recur/cell/flexible_lstm.hpp"
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
#include "recur/composition/residual.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/layer/context_window.hpp"
#include "recur/layer/conv1d.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/dropout.hpp"
#include "recur/layer/embedding.hpp"
#include "recur/layer/flexible_activation.hpp"
#include "recur/layer/layer_norm.hpp"
#include "recur/layer/pointwise.hpp"
#include "recur/layer/pool.hpp"
#include "recur/layer/pool1d.hpp"
#include "recur/layer/positions.hpp"
#include "recur/layer/reverse_time.hpp"
#include "recur/layer/softmax.hpp"
#include "recur/layer/tied_embedding.hpp"
#include "recur/recurrence/bidirectional.hpp"
#include "recur/recurrence/final_state.hpp"
#include "recur/recurrence/learned_state.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "recur/recurrence/state.hpp"

namespace recur::inline RECUR_ABI {

// Files need nlohmann-json, so their headers are not included above. If you call these functions without
// them, the compiler points to a line here, which says what is missing. A correct call of the real function
// never ends here, since any other conversion is better than an ellipsis.
void save_weights(...) = delete;  // needs <recur/io/model_file.hpp>, nlohmann-json (nlohmann-json3-dev)
void load_weights(...) = delete;  // needs <recur/io/model_file.hpp>, nlohmann-json (nlohmann-json3-dev)
void save_state(...) = delete;    // needs <recur/io/state_file.hpp>, nlohmann-json (nlohmann-json3-dev)
void load_state(...) = delete;    // needs <recur/io/state_file.hpp>, nlohmann-json (nlohmann-json3-dev)

}  // namespace recur::inline RECUR_ABI
