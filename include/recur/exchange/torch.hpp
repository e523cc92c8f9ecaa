// Models of PyTorch: a network from the names and shapes of a state dict.
#pragma once

#include <concepts>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>

#include "recur/cell/projected_lstm.hpp"
#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/utf8.hpp"
#include "recur/exchange/torch/modules.hpp"
#include "recur/exchange/torch/optimizer.hpp"
#include "recur/exchange/torch/options.hpp"
#include "recur/exchange/torch/state.hpp"
#include "recur/exchange/torch/weights.hpp"
#include "recur/network/all_kinds.hpp"
#include "recur/network/kinds.hpp"
#include "recur/network/network.hpp"
#include "recur/network/recurrent_kind.hpp"
#include "recur/network/standard.hpp"

namespace recur::inline RECUR_ABI {

namespace detail::exchange {

/// The kinds of layers that a state dict may hold.
template <std::floating_point S>
const Kinds<S>& torch_kinds() {
  static const Kinds<S> kinds = [] {
    Kinds<S> all = standard_kinds<S>();
    all.add("projected_lstm", make_recurrent<ProjectedLstm<S>>);
    all.add("conv1d", detail::kinds::conv1d<S>);
    all.add("activation", detail::kinds::activation<S>);
    all.add("multi_head_attention", detail::kinds::multi_head_attention<S>);
    all.add("transformer_encoder_layer", detail::kinds::transformer_encoder_layer<S>);
    return all;
  }();
  return kinds;
}

/// Whether a network that can't be read from a state dict begins with an Embedding, as far as its modules can be known.
inline bool begins_with_table(const StateDict& whole, const TorchOptions& options) {
  try {
    const StateDict dict = options.prefix.empty() ? whole : whole.below(options.prefix);
    return ModuleReader(dict, options, true).begins_with_table();
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace detail::exchange

/// The network that a state dict was made by: its modules as a chain, in the order in which they run. With In = Token
/// it begins with an Embedding. Throws what load_torch throws.
template <class In = float>
TorchModel describe_torch(const StateDict& dict, const TorchOptions& options = {}) {
  return detail::exchange::ModuleReader(dict, options, std::same_as<In, Token>).read();
}

/// The network in a state dict that was read before. `model`, if given, becomes its description and names. Throws as
/// the other load_torch does.
template <class In = float>
Network<float, In> load_torch(const StateDict& whole, const TorchOptions& options = {},
                              TorchModel* model = nullptr) {
  const StateDict dict = options.prefix.empty() ? whole : whole.below(options.prefix);
  // save_model of safetensors writes a tensor that two modules share once, and says in a text under which name.
  const std::string below = options.prefix.empty() ? "" : options.prefix + '.';
  for (const auto& [name, kept] : whole.metadata)
    detail::require_file(whole.find(name) || !whole.find(kept) || !name.starts_with(below), whole.path(),
                         "has the tensor ", detail::quote(name), " only under the name ", detail::quote(kept),
                         ", since two modules share it: torch.save(model.state_dict(), ...) keeps both");
  TorchModel found = describe_torch<In>(dict, options);
  found.metadata = whole.metadata;
  Index numbers = 0;
  for (const auto& tensor : dict) numbers += static_cast<Index>(tensor.size());
  SizeLimit limit(numbers);
  auto network = [&] {
    try {
      return detail::exchange::torch_kinds<float>().template make<In>(found.description, limit);
    } catch (const std::invalid_argument& error) {
      throw FileError(detail::message(detail::printable(detail::in_utf8(dict.path())), ": ", error.what()));
    }
  }();
  using namespace detail::exchange;
  take_all(Parameters(network), dict, found.names, Check::meanwhile);
  if (model) *model = std::move(found);
  return network;
}

/// The network in a state dict of PyTorch, from .pt, .pth, .safetensors or .json:
///
///   Network<float> net = load_torch("lstm.pt");
///   auto net = load_torch<Token>("model.pt", {.key = "model", .after = {{"fc1", "relu"}}});
///
/// It has nn.RNN, nn.LSTM (also with proj_size) and nn.GRU with any num_layers, bidirectional or not, with or without
/// bias; nn.RNNCell, LSTMCell and GRUCell; Embedding (the first, with In = Token), Linear, LayerNorm,
/// MultiheadAttention (of a sequence to itself), TransformerEncoderLayer, TransformerEncoder and Conv1d (without groups),
/// all of these with or without bias; under any names.
/// The sizes are those of the tensors. `options` has what a file can't say. If there is no usual value, it must be said:
/// the error then names the option. If there is one, it is taken, and `model->assumed` says so, also which modules that
/// can't be represented have the same tensors. What has no tensors, such as a pooling, leaves no trace. In particular, an
/// nn.RNN is read with tanh, since the file is the same for nonlinearity="relu".
///
/// Throws FileError, which names the tensor or module, if read_state_dict refuses the file, for other modules, for tensors
/// that are missing, left over, of a wrong shape, infinite or no number, and if the file can be read in several ways. Throws
/// std::invalid_argument for options that are not legal.
template <class In = float>
Network<float, In> load_torch(const std::filesystem::path& path, const TorchOptions& options = {},
                              TorchModel* model = nullptr) {
  return load_torch<In>(read_state_dict(path, options.key), options, model);
}

}  // namespace recur::inline RECUR_ABI
