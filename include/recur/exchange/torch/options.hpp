// What a program says of a model of PyTorch: how its parameters are called there, and what its file leaves out.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "recur/core/matrix.hpp"

namespace recur::inline RECUR_ABI {

class StateDict;

/// What a state dict does not say of a model. PyTorch keeps numbers and their names; which function a module computes
/// with them is in the Python program alone.
struct TorchOptions {
  std::string key{};     ///< of the state dict, in a file that holds a dictionary of them
  std::string prefix{};  ///< of the modules that are read: "encoder" for "encoder.rnn.weight_ih_l0"
  /// The modules in the order in which they run, for example {"embedding", "lstm", "fc"}; empty: that of a .pt file. A
  /// safetensors file is sorted by name, so there it may be left out only if the sizes allow one order alone.
  std::vector<std::string> modules{};
  /// The activation behind a module: {"fc1", "relu"}. Legal are "tanh", "relu", "sigmoid", "gelu", "elu" and, for
  /// none, "identity". A Linear or Conv1d that is not the last must be here.
  std::vector<std::pair<std::string, std::string>> after{};
  Index heads = 0;  ///< of each attention; must be given if there is one
  /// The dilation of a Conv1d, {"conv", 1}, and its stride. Without a word they are 1. A Conv1d with a kernel of several
  /// steps must have a dilation here or a padding: a dilation alone says that it is causal.
  std::vector<std::pair<std::string, Index>> dilation{}, stride{};
  /// The padding of a Conv1d: {"conv", "valid"} for padding=0, which is PyTorch's own, {"conv", "2"} for padding=2, "same",
  /// or "causal" if F.pad(x, ((K-1)·dilation, 0)) comes before it.
  std::vector<std::pair<std::string, std::string>> padding{};
  /// The modules that are nn.LayerNorm(bias=False). They must be here, since nn.RMSNorm and nn.PReLU have the same tensors.
  std::vector<std::string> layer_norms{};
  std::string nonlinearity = "tanh";  ///< of nn.RNN and nn.RNNCell: "tanh" or "relu"
  std::string activation = "relu";    ///< of the layers of a transformer: "relu" or "gelu"
  bool norm_first = false;            ///< of the layers of a transformer
  bool causal = false;                ///< each attention gets a mask that hides later steps
  double epsilon = 1e-5;              ///< of each LayerNorm
  double dropout = 0;                 ///< of layers of a transformer, while they train
};

/// PyTorch's names of the parameters of a model. A pair {"encoder.rnn", "body.1"} means: "encoder.rnn.…" there is "body.1.…"
/// here. If several pairs fit, that with the longest name here counts. Without a pair the names are equal.
///
/// Recurrent layers are those of nn.RNN, nn.LSTM or nn.GRU: "body.1.weight_ih" is "encoder.rnn.weight_ih_l0", and
/// "body.1.reverse.weight_ih" of a Bidirectional is "encoder.rnn.weight_ih_l0_reverse". If there are several below
/// "body.1", one after the other, they are the layers l0, l1, ... of one module.
struct TorchNames {
  std::vector<std::pair<std::string, std::string>> pairs;  ///< there, here
  std::vector<std::string>
      order;  ///< PyTorch's names in its order; empty: the order here, under the names above
  std::vector<std::string> skip;  ///< tensors of PyTorch that no parameter needs, for example a buffer
  std::vector<std::pair<std::string, Index>>
      kernels;                      ///< of each Conv1d that is saved: its name there, kernel size
  std::vector<std::string> absent;  ///< parameters that PyTorch lacks: zero here, as of Conv1d(bias=False)
  bool cells = false;  ///< to save recurrent layers as nn.RNNCell, LSTMCell, GRUCell: "rnn.weight_ih"

  TorchNames() = default;
  TorchNames(std::initializer_list<std::pair<std::string, std::string>> there_and_here)
      : pairs(there_and_here) {}

  /// Takes the order of a state dict from a .pt file, without the names to skip. Throws std::invalid_argument for one
  /// from a safetensors file, which is sorted by name.
  void set_order(const StateDict& dict);
};

}  // namespace recur::inline RECUR_ABI
