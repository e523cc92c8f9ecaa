// What the user of `convert` says, and the network that he means.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "../common/command_line.hpp"
#include "recur/exchange/any_file.hpp"
#include "recur/exchange/torch_options.hpp"
#include "recur/network/all_kinds.hpp"

namespace examples {

using namespace recur;

struct Options {
  std::string from, to, input, expected, name;
  double tolerance = 1e-5;
  bool check = false, overwrite = false;
  TorchOptions torch;
  std::string modules;
  std::vector<std::string> after, dilation;
};

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
  for (const std::string& pair : how.after) torch.after.push_back(split_pair("--after", pair));
  for (const std::string& pair : how.dilation) {
    const auto [module, text] = split_pair("--dilation", pair);
    const auto number = to_number<long>(text);
    require(number && *number >= 1 && *number <= 1 << 20, "--dilation ", detail::quote(pair),
            " is not legal: it must be MODULE=N, a whole number from 1 to ", 1 << 20);
    torch.dilation.emplace_back(module, static_cast<Index>(*number));
  }
  return torch;
}

inline LoadedNetwork load(const Options& how) {
  LoadedNetwork loaded = how.check
                             ? load_checked(how.from, all_kinds<float>(), how.tolerance, torch_options(how))
                             : load_any(how.from, all_kinds<float>(), torch_options(how));
  for (const std::string& note : loaded.assumed) write_text("The file does not say it all: " + note + ".");
  return loaded;
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
  torch.add("--dilation", how.dilation, "MODULE=N", "Dilation of a Conv1d that is padded on the left")
      ->allow_extra_args(false);
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
