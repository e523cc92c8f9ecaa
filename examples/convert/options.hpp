// What the user of `convert` says, and the network that he means.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "../common/command_line.hpp"
#include "recur/core/file.hpp"
#include "recur/exchange/any_file.hpp"
#include "recur/exchange/onnx/options.hpp"
#include "recur/exchange/torch/options.hpp"
#include "recur/network/all_kinds.hpp"

namespace examples {

using namespace recur;

struct Options {
  std::string from, to, input, name, weights = "float32";
  std::vector<std::string> inputs, outputs, expected;  // files; of a graph NAME=FILE
  double tolerance = 1e-5;
  bool check = false, overwrite = false, pytorch = false;
  OnnxOptions onnx;
  TorchOptions torch;
  std::string modules, layer_norms;
  std::vector<std::string> after, dilation, stride, padding;
};

/// Throws if the outputs of the network in the file differ by more than the tolerance.
inline void check_error(const Options& how, double error) {
  detail::require_file(error <= how.tolerance, how.from, "gives other outputs: the difference is ", error,
                       ", and may be ", how.tolerance);
}

/// "fc1=relu" is {"fc1", "relu"}.
inline std::pair<std::string, std::string> split_pair(const std::string& option, const std::string& text) {
  const auto at = text.rfind('=');
  require(at != text.npos && at + 1 < text.size(), option, ' ', detail::quote(text),
          " is not legal: it must be MODULE=VALUE");
  return {text.substr(0, at), text.substr(at + 1)};
}

/// What a file of PyTorch leaves out.
inline TorchOptions torch_options(const Options& how) {
  TorchOptions torch = how.torch;
  if (!how.modules.empty()) torch.modules = split_names(how.modules);
  if (!how.layer_norms.empty()) torch.layer_norms = split_names(how.layer_norms);
  for (const std::string& pair : how.after) torch.after.push_back(split_pair("--after", pair));
  for (const std::string& pair : how.padding) torch.padding.push_back(split_pair("--padding", pair));
  const auto add_numbers = [](const char* option, const auto& pairs, auto& numbers) {
    for (const std::string& pair : pairs) {
      const auto [module, text] = split_pair(option, pair);
      const auto number = to_number<long>(text);
      require(number && *number >= 1 && *number <= 1 << 20, option, ' ', detail::quote(pair),
              " is not legal: it must be MODULE=N, a whole number from 1 to ", 1 << 20);
      numbers.emplace_back(module, static_cast<Index>(*number));
    }
  };
  add_numbers("--dilation", how.dilation, torch.dilation);
  add_numbers("--stride", how.stride, torch.stride);
  return torch;
}

inline LoadedNetwork load(const Options& how) {
  LoadedNetwork loaded = how.check
                             ? load_checked(how.from, all_kinds<float>(), how.tolerance, torch_options(how))
                             : load_any(how.from, all_kinds<float>(), torch_options(how));
  for (const std::string& note : loaded.assumed) write_text("The file does not say it all: " + note + ".");
  return loaded;
}

inline void add_onnx_options(CLI::App& app, Options& how) {
  const OptionGroup onnx(app, "What an ONNX file is to have");
  onnx.add("--steps", how.onnx.steps, "N", "Steps of its input [any]")->check(whole_number(1, 1 << 24));
  onnx.add("--batch", how.onnx.batch, "N", "Samples of its input [any]")->check(whole_number(1, 1 << 24));
  onnx.add_flag("--lengths", how.onnx.lengths, "It also takes the length of each sample");
  onnx.add_flag("--states", how.onnx.states,
                "It also takes the state of each recurrent layer, and gives the one at the end");
}
/// Refuses these options for another format.
inline void check_onnx_options(const Options& how) {
  const OnnxOptions& onnx = how.onnx;
  require(detail::has_ending(how.to, ".onnx") ||
              (onnx.steps == 0 && onnx.batch == 0 && !onnx.lengths && !onnx.states),
          "--steps, --batch, --lengths and --states are for an ONNX file: OUT must end in .onnx");
}

inline void add_torch_options(CLI::App& app, Options& how) {
  const OptionGroup torch(app, "What a file of PyTorch does not say");
  torch.add("--key", how.torch.key, "KEY", "Of the state dict, in a dictionary of them");
  torch.add("--prefix", how.torch.prefix, "NAME", "Read only the modules below this one");
  torch.add("--modules", how.modules, "A,B,...", "The modules in the order in which they run");
  torch
      .add("--after", how.after, "MODULE=F",
           "Activation behind a module: tanh, relu, sigmoid, gelu, elu or identity")
      ->allow_extra_args(false);
  torch.add("--heads", how.torch.heads, "N", "Heads of attention")->check(whole_number(1, 1 << 20));
  torch
      .add("--dilation", how.dilation, "MODULE=N",
           "Dilation of a Conv1d; alone, it says that this is padded on the left")
      ->allow_extra_args(false);
  torch
      .add("--padding", how.padding, "MODULE=HOW",
           "Padding of a Conv1d: causal, same, valid, or a number of steps at each end")
      ->allow_extra_args(false);
  torch.add("--stride", how.stride, "MODULE=N", "Stride of a Conv1d")->allow_extra_args(false);
  torch.add("--layer-norms", how.layer_norms, "A,B,...", "The modules that are nn.LayerNorm(bias=False)");
  torch.add_with_default("--nonlinearity", how.torch.nonlinearity, "F", "Of nn.RNN: tanh or relu")
      ->check(one_of({"tanh", "relu"}));
  torch
      .add_with_default("--activation", how.torch.activation, "F", "Of a transformer's layers: relu or gelu")
      ->check(one_of({"relu", "gelu"}));
  torch.add_flag("--norm-first", how.torch.norm_first, "A transformer's layers normalise before their parts");
  torch.add_flag("--causal", how.torch.causal, "Attention does not see later steps");
  torch.add_with_default("--epsilon", how.torch.epsilon, "E", "Of LayerNorm")->check(number_above_zero());
}

}  // namespace examples
