// The modules of PyTorch in a state dict, by the names and shapes of its tensors, and the order in which they run.
#pragma once

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstddef>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "recur/core/description.hpp"
#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/utf8.hpp"
#include "recur/exchange/torch/options.hpp"
#include "recur/exchange/torch/state.hpp"
#include "recur/exchange/torch/weights.hpp"
#include "recur/io/tensor_file.hpp"

namespace recur::inline RECUR_ABI {

/// A model of PyTorch as a network: its description, and the names of its parameters there.
struct TorchModel {
  Description description{"chain"};
  TorchNames names;  ///< for save_torch and take_state_dict
  /// What the file does not say, and how it was taken, a sentence each: "rnn is an nn.RNN, taken with tanh: ...".
  std::vector<std::string> assumed{};
  Metadata metadata{};  ///< texts beside the tensors
};

namespace detail::exchange {

/// Finds the modules in a state dict by their names and shapes.
class ModuleReader {
 public:
  ModuleReader(const StateDict& dict, const TorchOptions& options, bool takes_tokens)
      : dict_(dict), options_(options), takes_tokens_(takes_tokens) {}

  TorchModel read() {
    find_modules();
    return chain();
  }

  /// Whether the first module is an Embedding. It is a matrix alone, as is a Linear without a bias: the size that the next
  /// takes decides or, if both would fit, the name.
  bool begins_with_table() {
    find_modules();
    const Module& first = modules_[0];
    if (!first.may_be_table) return false;
    if (modules_.size() > 1 && first.inputs != first.outputs)
      return modules_[1].inputs == first.inputs;  // a table, V x E, gives E
    std::string name = first.name;
    std::ranges::transform(name, name.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return name.find("emb") != name.npos;
  }

 private:
  struct Module {
    std::string name;
    Description layer;
    Index inputs, outputs;
    bool may_be_table = false;  // a matrix alone: an Embedding or a Linear without a bias
    bool needs_after = false;   // an activation may follow
    bool is_cell = false;
    Index kernel = 0;
    std::vector<std::pair<std::string, std::string>> inner{};  // names of its parts, there and here
    std::vector<std::string> absent{};                         // biases that it has here and not there
  };

  void find_modules() {
    check_choice("nonlinearity", options_.nonlinearity, {"tanh", "relu"});
    check_choice("activation", options_.activation, {"relu", "gelu"});
    for (const auto& tensor : dict_)
      if (!claimed_.contains(tensor.name)) read_module(tensor);
    check(!modules_.empty(), "has no tensors");
    order_modules();
  }

  template <class... Parts>
  void check(bool legal, const Parts&... parts) const {
    require_file(legal, dict_.path(), parts...);
  }
  static void check_choice(const char* option, const std::string& value,
                           const std::array<const char*, 2>& legal) {
    require(value == legal[0] || value == legal[1], "TorchOptions with ", option, ' ', quote(value),
            ": it must be ", quote(legal[0]), " or ", quote(legal[1]));
  }
  /// Notes how a module was taken where the file does not say it.
  void assume(const std::string& module, const char* kind, const std::string& taken,
              const std::string& option, const std::string& value, const std::string& word) {
    assumed_.push_back(message(module.empty() ? "it" : quote(module), " is ", kind, ", taken with ", taken,
                               ": if that is wrong, ", say(option, value, word)));
  }
  void assume_nonlinearity(const std::string& module, const Description& layer) {
    const std::string& taken = options_.nonlinearity;
    const std::string other = taken == "tanh" ? "relu" : "tanh";
    if (layer.kind == "elman") assume(module, "an nn.RNN", taken, "nonlinearity", '"' + other + '"', other);
  }
  /// Notes another module that has the same tensors.
  void may_be(const std::string& module, const char* other) {
    assumed_.push_back(message(module.empty() ? "it" : quote(module), " may also be ", other,
                               ", which has the same tensors and can't be represented"));
  }
  void assume_epsilon(const std::string& module, const char* kind) {
    assume(module, kind, message("an epsilon of ", options_.epsilon), "epsilon", "...", "E");
  }
  void assume_no_mask(const std::string& module, const char* kind) {
    if (!options_.causal) assume(module, kind, "no mask", "causal", "true", "");
  }
  void assume_transformer(const std::string& module) {
    const char* const kind = "an nn.TransformerEncoder";
    const std::string &taken = options_.activation, other = taken == "relu" ? "gelu" : "relu";
    assume(module, kind, taken, "activation", '"' + other + '"', other);
    if (!options_.norm_first)
      assume(module, kind, "normalisation behind its parts", "norm_first", "true", "");
    assume_epsilon(module, kind);
    assume_no_mask(module, kind);
  }
  void assume_conv1d(const std::string& module, Index inputs, Index outputs, Index kernel) {
    const auto assume_one = [&](const std::string& option) {
      assume(module, "an nn.Conv1d", option + " 1", option, "{{" + quote(module) + ", 2}}",
             printable(module) + "=2");
    };
    if (!said(options_.stride, module)) assume_one("stride");
    if (!said(options_.dilation, module) && kernel > 1) assume_one("dilation");
    if (inputs == outputs) may_be(module, "an nn.ConvTranspose1d");
  }
  bool claim(const std::string& name) {
    const StateTensor* tensor = dict_.find(name);
    if (tensor) claimed_.insert(tensor->name);
    return tensor != nullptr;
  }
  /// Claims the parts of a module that always has these weights. With bias=False it has none of the biases: then they
  /// are added to `absent`.
  void claim_parts(const std::string& prefix, std::initializer_list<const char*> weights,
                   std::initializer_list<const char*> biases, std::vector<std::string>& absent) {
    for (const char* part : weights) claim(join_names(prefix, part));
    bool any = false;
    for (const char* part : biases) any = claim(join_names(prefix, part)) || any;
    if (!any)
      for (const char* part : biases) absent.push_back(join_names(prefix, part));
  }
  /// What the options say of a module, if they do.
  template <class T>
  static std::optional<T> said(const std::vector<std::pair<std::string, T>>& list,
                               const std::string& module) {
    const auto found = std::ranges::find(list, module, &std::pair<std::string, T>::first);
    return found == list.end() ? std::nullopt : std::optional<T>(found->second);
  }
  /// An nn.LayerNorm. If it has no bias, the options must say that it is one.
  Description layer_norm(const std::string& module, Index features, bool has_bias) {
    check(has_bias || std::ranges::count(options_.layer_norms, module) > 0, "module ", quote(module),
          " has one number for each feature and no bias, so it may be an nn.RMSNorm or an nn.PReLU, which "
          "can't be read: if it is an nn.LayerNorm(bias=False), ",
          say("layer_norms", "{" + quote(module) + "}", printable(module)));
    norms_.insert(module);
    assume_epsilon(module, "an nn.LayerNorm");
    return Description("layer_norm", features).with("epsilon", options_.epsilon);
  }
  /// The two sizes of a matrix.
  std::array<Index, 2> matrix(const std::string& name) const {
    const StateTensor& tensor = dict_.at(name);
    check(tensor.shape.size() == 2 && tensor.size() > 0, "tensor ", quote(name), " has the shape ",
          describe(tensor.shape), ": it must be a matrix");
    return {static_cast<Index>(tensor.shape[0]), static_cast<Index>(tensor.shape[1])};
  }

  void read_module(const StateTensor& tensor) {
    const std::size_t dot = tensor.name.rfind('.');
    const std::string prefix = dot == std::string::npos ? "" : tensor.name.substr(0, dot),
                      leaf = dot == std::string::npos ? tensor.name : tensor.name.substr(dot + 1),
                      weight = join_names(prefix, "weight");
    if (leaf == "in_proj_weight" || leaf == "in_proj_bias") return read_attention(prefix);
    if (leaf.ends_with("_l0") || leaf.ends_with("_l0_reverse")) {
      if (dict_.find(join_names(prefix, "weight_ih_l0"))) return read_recurrent(prefix);
    } else if (leaf == "weight_ih" || leaf == "weight_hh" || leaf == "bias_ih" || leaf == "bias_hh") {
      return read_cell(prefix);
    } else if ((leaf == "weight" || leaf == "bias") && dict_.find(weight)) {
      if (const auto layer = transformer_of(prefix)) return read_transformer(*layer);
      if (!dict_.find(join_names(prefix, "running_mean"))) return read_plain(prefix);
    }
    check(leaf != "bias" || dict_.find(weight), "tensor ", quote(tensor.name), ' ', describe(tensor.shape),
          " has no ", quote(weight),
          " beside it: if another module shares this weight, the file may have it under that name alone, and "
          "torch.save(model.state_dict(), ...) keeps both");
    check(false, "tensor ", quote(tensor.name), ' ', describe(tensor.shape),
          " belongs to no module that is known here: take_state_dict puts tensors into a model of your own");
  }

  /// "a.b" and "weight_ih_l" with 1 is "a.b.weight_ih_l1".
  static std::string numbered(const std::string& prefix, const char* leaf, Index k, const char* end) {
    return join_names(prefix, leaf + std::to_string(k) + end);
  }

  void read_recurrent(const std::string& prefix) {
    Index layers = 0;
    bool reverse = false;
    for (bool more = true; more; layers += more)
      for (const char* end : {"", "_reverse"}) {
        bool any = false;
        for (const char* leaf : {"weight_ih_l", "weight_hh_l", "bias_ih_l", "bias_hh_l", "weight_hr_l"})
          any = claim(numbered(prefix, leaf, layers, end)) || any;
        if (*end)
          reverse = reverse || any;
        else
          more = any;
      }
    Module module = recurrent(prefix, "_l0");
    if (reverse) module.layer.set("direction", "both"), module.outputs *= 2;
    if (layers > 1) module.layer.set("num_layers", layers);
    assume_nonlinearity(prefix, module.layer);
    modules_.push_back(std::move(module));
  }
  void read_cell(const std::string& prefix) {
    for (const char* leaf : {"weight_ih", "weight_hh", "bias_ih", "bias_hh"}) claim(join_names(prefix, leaf));
    modules_.push_back(recurrent(prefix, ""));
    modules_.back().is_cell = true;
    assume_nonlinearity(prefix, modules_.back().layer);
  }
  /// The weights are G·H × I and G·H × H: G is 1, 4 or 3 for nn.RNN, nn.LSTM and nn.GRU. A projection is P × H, and then
  /// the second is 4H × P.
  Module recurrent(const std::string& prefix, const std::string& end) const {
    const auto name = [&](const char* leaf) { return join_names(prefix, leaf + end); };
    const auto [rows, inputs] = matrix(name("weight_ih"));
    const auto [same_rows, outputs] = matrix(name("weight_hh"));
    const bool projected = dict_.find(name("weight_hr")) != nullptr;
    const Index hidden = projected ? matrix(name("weight_hr"))[1] : outputs, gates = rows / hidden;
    check(rows == gates * hidden && (gates == 4 || (!projected && (gates == 1 || gates == 3))), "module ",
          quote(prefix), " has a weight_ih of ", rows, " rows for ", hidden,
          " hidden units: an LSTM has 4 for each, a GRU 3, an RNN 1");
    const char* const kind = projected    ? "projected_lstm"
                             : gates == 4 ? "lstm"
                             : gates == 3 ? "gru"
                                          : "elman";
    Description layer =
        projected ? Description(kind, inputs, hidden, outputs) : Description(kind, inputs, hidden);
    if (gates == 1 && options_.nonlinearity == "relu") layer.set("activation", "relu");
    if (!dict_.find(name("bias_ih"))) layer.set("bias", false);
    return {prefix, std::move(layer), inputs, outputs};
  }

  /// "norm_first" is the option --norm-first.
  static std::string dashed(std::string option) {
    std::ranges::replace(option, '_', '-');
    return option;
  }
  /// How a program says what the file does not, in C++ and in the words of `convert`.
  static std::string say(const std::string& option, const std::string& value, const std::string& word) {
    return "say TorchOptions{." + option + " = " + value + "} (convert: --" + dashed(option) +
           (word.empty() ? "" : ' ' + word) + ')';
  }
  Index heads() const {
    check(options_.heads > 0,
          "has attention, whose number of heads is not in it: ", say("heads", "...", "N"));
    return options_.heads;
  }
  void read_attention(const std::string& prefix) {
    const Index features = matrix(join_names(prefix, "in_proj_weight"))[1];
    if (prefix == "self_attn" || prefix.ends_with(".self_attn"))
      return read_transformer(prefix.substr(0, prefix.size() - std::min<std::size_t>(prefix.size(), 10)));
    Description layer("multi_head_attention", features, heads());
    if (options_.causal) layer.set("causal", true);
    layer.set("dropout", options_.dropout);
    modules_.push_back({prefix, std::move(layer), features, features});
    assume_no_mask(prefix, "an nn.MultiheadAttention");
    claim_parts(prefix, {"in_proj_weight", "out_proj.weight"}, {"in_proj_bias", "out_proj.bias"},
                modules_.back().absent);
  }
  /// The layer of a transformer that a part such as "layers.0.linear1" belongs to. In a safetensors file, which is sorted by
  /// name, these come before its attention.
  std::optional<std::string> transformer_of(const std::string& part) const {
    for (const std::string own : {"linear1", "linear2", "norm1", "norm2", "self_attn.out_proj"}) {
      if (part != own && !part.ends_with('.' + own)) continue;
      const std::string layer = part.substr(0, part.size() - std::min(part.size(), own.size() + 1));
      if (dict_.find(join_names(layer, "self_attn.in_proj_weight"))) return layer;
    }
    return {};
  }
  Description transformer_layer(const std::string& prefix, Index features, std::vector<std::string>& absent) {
    for (const char* part : {"multihead_attn.in_proj_weight", "multihead_attn.q_proj_weight"})
      check(!dict_.find(join_names(prefix, part)), "module ", quote(prefix),
            " is a layer of an nn.TransformerDecoder, which attends to another sequence: that can't be "
            "represented");
    claim_parts(prefix,
                {"self_attn.in_proj_weight", "self_attn.out_proj.weight", "linear1.weight", "linear2.weight",
                 "norm1.weight", "norm2.weight"},
                {"self_attn.in_proj_bias", "self_attn.out_proj.bias", "linear1.bias", "linear2.bias",
                 "norm1.bias", "norm2.bias"},
                absent);
    Description layer("transformer_encoder_layer", features, heads(),
                      matrix(join_names(prefix, "linear1.weight"))[0]);
    layer.set("activation", options_.activation);
    layer.set("dropout", options_.dropout);
    layer.set("epsilon", options_.epsilon);
    if (options_.norm_first) layer.set("norm", "before");
    if (options_.causal) layer.set("causal", true);
    return layer;
  }
  /// A layer, or an nn.TransformerEncoder with "layers.0", "layers.1", ... and perhaps "norm".
  void read_transformer(const std::string& prefix) {
    const Index features = matrix(join_names(prefix, "self_attn.in_proj_weight"))[1];
    const std::size_t dot = prefix.rfind('.'), begin = dot == std::string::npos ? 0 : dot + 1;
    const std::string list = prefix.substr(0, dot == std::string::npos ? 0 : dot);
    const bool in_list = begin > 0 && (list == "layers" || list.ends_with(".layers"));
    assume_transformer(in_list ? list.substr(0, list.size() - std::min<std::size_t>(list.size(), 7))
                               : prefix);
    if (!in_list) {
      Module module{prefix, Description("chain"), features, features};
      module.layer = transformer_layer(prefix, features, module.absent);
      modules_.push_back(std::move(module));
      return;
    }
    const std::string encoder = list.substr(0, list.size() - std::min<std::size_t>(list.size(), 7));
    Module module{encoder, Description("chain"), features, features};
    Index count = 0;
    for (;; ++count) {
      const std::string one = join_names(list, std::to_string(count));
      if (!dict_.find(join_names(one, "self_attn.in_proj_weight"))) break;
      module.layer.layers.push_back(transformer_layer(one, features, module.absent));
    }
    check(count > 0, "module ", quote(list), " has no layer 0");
    module.inner.emplace_back(list, "");
    const std::string norm = join_names(encoder, "norm");
    if (claim(join_names(norm, "weight"))) {
      const bool has_bias = claim(join_names(norm, "bias"));
      if (!has_bias) module.absent.push_back(join_names(norm, "bias"));
      module.layer.layers.push_back(layer_norm(norm, features, has_bias));
      module.inner.emplace_back(norm, std::to_string(count));
    }
    modules_.push_back(std::move(module));
  }

  /// A "weight", perhaps with a "bias".
  void read_plain(const std::string& prefix) {
    const std::string name = join_names(prefix, "weight");
    const StateTensor& weight = dict_.at(name);
    claim(name);
    const bool has_bias = claim(join_names(prefix, "bias"));
    const auto& shape = weight.shape;
    check(weight.size() > 0, "tensor ", quote(name), " is empty");
    const auto size = [&](std::size_t i) { return static_cast<Index>(shape[i]); };
    if (shape.size() == 1) {
      modules_.push_back({prefix, layer_norm(prefix, size(0), has_bias), size(0), size(0)});
      if (has_bias)
        may_be(prefix,
               "an nn.GroupNorm, an nn.InstanceNorm1d, or an nn.BatchNorm1d without running statistics");
    } else if (shape.size() == 2) {
      Description layer("dense", size(1), size(0));
      if (!has_bias) layer.set("bias", false);
      modules_.push_back({prefix, std::move(layer), size(1), size(0)});
      modules_.back().may_be_table = !has_bias && takes_tokens_;
      modules_.back().needs_after = true;
    } else {
      check(shape.size() == 3, "tensor ", quote(name), " has the shape ", describe(shape),
            ": a weight has one number for each feature, a matrix, or a matrix for each step of a Conv1d");
      modules_.push_back({prefix, conv1d(prefix, size(1), size(0), size(2)), size(1), size(0)});
      assume_conv1d(prefix, size(1), size(0), size(2));
      modules_.back().needs_after = true;
      modules_.back().kernel = size(2);
    }
    if (!has_bias && modules_.back().layer.kind != "dense")
      modules_.back().absent.push_back(join_names(prefix, "bias"));
  }
  /// An nn.Conv1d, of which the file has the sizes alone.
  Description conv1d(const std::string& prefix, Index inputs, Index outputs, Index kernel) const {
    const auto dilation = said(options_.dilation, prefix), stride = said(options_.stride, prefix);
    const auto padding = said(options_.padding, prefix);
    const std::string name = printable(prefix);
    check(dilation || padding || kernel == 1, "module ", quote(prefix), " is a Conv1d of ", kernel,
          " steps, whose dilation and padding are not in the file: if it is padded on the left, ",
          say("dilation", "{{" + quote(prefix) + ", 1}}", name + "=1"), "; else ",
          say("padding", "{{" + quote(prefix) + ", \"valid\"}}", name + "=valid"),
          ", or \"same\" or a number");
    Description layer = Description("conv1d", inputs, outputs, kernel).with("dilation", dilation.value_or(1));
    const std::string how = padding.value_or("causal");
    Index steps = 0;
    const auto [end, error] = std::from_chars(how.data(), how.data() + how.size(), steps);
    const bool is_number = error == std::errc() && end == how.data() + how.size() && steps >= 0;
    require(is_number || how == "causal" || how == "same" || how == "valid", "TorchOptions with padding ",
            quote(how), " of ", quote(prefix),
            ": it must be \"causal\", \"same\", \"valid\", or a number of steps at each end");
    require(how != "same" || stride.value_or(1) == 1, "TorchOptions with padding \"same\" and stride ",
            stride.value_or(1), " of ", quote(prefix), ": PyTorch has it with stride 1 alone");
    if (is_number && steps > 0)
      layer.set("padding", "numbers"), layer.set("before", steps), layer.set("after", steps);
    else if (how != "causal")
      layer.set("padding", is_number ? "valid" : how);
    if (stride.value_or(1) != 1) layer.set("stride", *stride);
    return layer;
  }

  // ---- The order.
  std::string list_of_modules() const {
    std::string list;
    for (std::size_t i = 0; i < std::min<std::size_t>(modules_.size(), 20); ++i)
      list += (i ? ", " : "") + quote(modules_[i].name);
    return list + (modules_.size() > 20 ? ", ..." : "");
  }
  void order_modules() {
    std::vector<Module> ordered;
    if (!options_.modules.empty()) {
      for (const std::string& name : options_.modules) {
        const auto found = std::ranges::find(modules_, name, &Module::name);
        check(found != modules_.end(), "has no module ", quote(name), ": it has ", list_of_modules());
        check(std::ranges::find(ordered, name, &Module::name) == ordered.end(), "has the module ",
              quote(name), " once: it was named twice");
        ordered.push_back(*found);
      }
      check(ordered.size() == modules_.size(), "has the modules ", list_of_modules(), ": of these, ",
            ordered.size(), " were put in order, and it must be all");
      modules_ = std::move(ordered);
    } else if (!dict_.has_order() && modules_.size() > 1) {
      std::vector<std::size_t> order, only;
      int found = 0, steps = 0;
      search(order, only, found, steps);
      check(found > 0, "has the modules ", list_of_modules(), ", whose sizes fit in no order");
      check(found == 1, "has the modules ", list_of_modules(),
            ", and a safetensors file does not say in which order they run: ",
            say("modules", "{...}", "FIRST,SECOND,..."));
      for (const std::size_t i : only) ordered.push_back(std::move(modules_[i]));
      modules_ = std::move(ordered);
    }
  }
  /// Looks for orders in which the sizes fit, until two are found, or too many were tried.
  void search(std::vector<std::size_t>& order, std::vector<std::size_t>& only, int& found, int& steps) const {
    constexpr int most_steps = 10000;
    constexpr std::size_t most_modules = 64;
    if (++steps > most_steps || modules_.size() > most_modules) found = 2;
    if (found > 1) return;
    if (order.size() == modules_.size()) {
      if (++found == 1) only = order;
      return;
    }
    for (std::size_t i = 0; i < modules_.size(); ++i) {
      if (std::ranges::find(order, i) != order.end()) continue;
      const bool first = order.empty();
      if (first ? takes_tokens_ && !modules_[i].may_be_table : given(order) != modules_[i].inputs) continue;
      order.push_back(i);
      search(order, only, found, steps);
      order.pop_back();
    }
  }
  /// Features that the last of these gives. A table, V × E, gives E.
  Index given(const std::vector<std::size_t>& order) const {
    const Module& last = modules_[order.back()];
    return order.size() == 1 && takes_tokens_ ? last.inputs : last.outputs;
  }

  // ---- The chain.
  bool has_module(const std::string& name) const {
    return std::ranges::find(modules_, name, &Module::name) != modules_.end();
  }
  void check_conv1d(const std::string& name) const {
    const auto found = std::ranges::find(modules_, name, &Module::name);
    check(found != modules_.end() && found->kernel > 0, "has no Conv1d ", quote(name),
          ", of which the options speak: it has ", list_of_modules());
  }
  TorchModel chain() {
    TorchModel model;
    auto& names = model.names;
    for (const auto& [name, activation] : options_.after)
      check(has_module(name), "has no module ", quote(name), ", behind which there should be ", activation,
            ": it has ", list_of_modules());
    for (const auto* const list : {&options_.dilation, &options_.stride})
      for (const auto& option : *list) check_conv1d(option.first);
    for (const auto& option : options_.padding) check_conv1d(option.first);
    for (const std::string& name : options_.layer_norms)
      check(norms_.contains(name), "has no LayerNorm ", quote(name), ", of which the options speak");
    if (takes_tokens_) {
      Module& first = modules_[0];
      check(first.may_be_table, "begins with the module ", quote(first.name),
            ", which is not an Embedding: a network that takes numbers is read by load_torch<float>");
      may_be(first.name, "an nn.EmbeddingBag");
      first.layer = Description("embedding", first.outputs, first.inputs);
      first.needs_after = false;
    }
    std::vector<Description>& layers = model.description.layers;
    std::vector<std::pair<std::string, std::size_t>> places;
    for (std::size_t i = 0; i < modules_.size(); ++i) {
      Module& module = modules_[i];
      const auto after =
          std::ranges::find(options_.after, module.name, &std::pair<std::string, std::string>::first);
      const bool said = after != options_.after.end(), is_last = i + 1 == modules_.size();
      check(said || !module.needs_after || is_last, "does not say what follows on the module ",
            quote(module.name), ": ",
            say("after", "{{" + quote(module.name) + ", \"relu\"}}", printable(module.name) + "=relu"),
            ", or \"identity\" for nothing");
      if (module.needs_after && !said)
        assume(module.name, "the last module", "nothing behind it", "after",
               "{{" + quote(module.name) + ", \"relu\"}}", printable(module.name) + "=relu");
      const std::string here = std::to_string(layers.size());
      if (module.inner.empty()) names.pairs.emplace_back(module.name, here);
      for (const auto& [there, part] : module.inner) names.pairs.emplace_back(there, join_names(here, part));
      names.absent.insert(names.absent.end(), module.absent.begin(), module.absent.end());
      if (module.kernel > 0) names.kernels.emplace_back(module.name, module.kernel);
      names.cells = names.cells || module.is_cell;
      layers.push_back(std::move(module.layer));
      if (said && after->second != "identity")
        layers.push_back(Description("activation").with("function", after->second));
    }
    if (layers.size() == 1) {
      for (auto& [there, here] : names.pairs) here = here.size() > 2 ? here.substr(2) : "";
      model.description = Description(layers[0]);
    }
    if (dict_.has_order()) names.set_order(dict_);
    model.assumed = std::move(assumed_);
    return model;
  }

  const StateDict& dict_;
  const TorchOptions& options_;
  const bool takes_tokens_;
  std::set<std::string_view> claimed_;
  std::vector<Module> modules_;
  std::set<std::string> norms_;  // names of the LayerNorms
  std::vector<std::string> assumed_;
};

}  // namespace detail::exchange

}  // namespace recur::inline RECUR_ABI
