// A network in any file that this library can read, whatever wrote it; and the test case that it carries.
//
// A program that links recur::torch, recur::onnx or recur::keras reads these formats too: CMake then defines
// RECUR_HAS_TORCH, RECUR_HAS_ONNX or RECUR_HAS_KERAS.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/file.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/utf8.hpp"
#include "recur/exchange/any_network.hpp"
#include "recur/exchange/guitarml.hpp"
#include "recur/exchange/json_file.hpp"
#include "recur/exchange/nam.hpp"
#include "recur/exchange/onnx/options.hpp"
#include "recur/exchange/test_case.hpp"
#include "recur/exchange/torch/options.hpp"
#include "recur/io/json.hpp"
#include "recur/io/network_file.hpp"
#include "recur/io/safetensors.hpp"
#include "recur/network/network.hpp"
#ifdef RECUR_HAS_TORCH
#include "recur/exchange/torch.hpp"
#endif
#ifdef RECUR_HAS_ONNX
#include "recur/exchange/onnx.hpp"
#endif
#ifdef RECUR_HAS_KERAS
#include "recur/exchange/keras.hpp"
#endif

namespace recur::inline RECUR_ABI {

/// What a file holds.
struct LoadedNetwork {
  AnyNetwork network;
  Metadata metadata = {};             ///< of a file of save_network, of PyTorch or of ONNX
  std::optional<TestCase> test = {};  ///< which the file carries
  double sample_rate = 0;             ///< of sound, in samples a second; 0 if the file does not say it
  TorchNames torch_names = {};        ///< what a file of PyTorch calls the parameters
  std::vector<std::string> assumed =
      {};  ///< what the file does not say, and how it was taken; see TorchModel
};

namespace detail::any_file {

namespace fs = std::filesystem;

inline constexpr const char* test_key = "recur.test";
inline constexpr const char* test_called = "its test case";  // in messages
inline constexpr const char* rate_key = "recur.sample_rate";

inline nlohmann::json to_json(const MatrixX<float>& values) {
  nlohmann::json steps = nlohmann::json::array();
  for (Index t = 0; t < values.cols(); ++t)
    steps.push_back(std::vector<float>(values.col(t).begin(), values.col(t).end()));
  return steps;
}
inline MatrixX<float> matrix_of(const exchange::JsonValue& steps) {
  const auto rows = static_cast<Index>(steps[0].size()), count = static_cast<Index>(steps.size());
  MatrixX<float> values(rows, count);
  for (Index t = 0; t < count; ++t) values.col(t) = steps[t].vector(rows);
  return values;
}

/// The test case in metadata, if there is one. What is wrong with its JSON is a FileError.
inline std::optional<exchange::JsonDocument> test_in(const Metadata& metadata, const fs::path& path) {
  const auto text = metadata.find(test_key);
  if (text == metadata.end()) return {};
  return exchange::parse_json(text->second, path, 0, test_called);
}

/// The test case and the sample rate in metadata.
inline void read_metadata(LoadedNetwork& loaded, const fs::path& path) {
  if (const auto rate = loaded.metadata.find(rate_key); rate != loaded.metadata.end()) {
    loaded.sample_rate = number_in(rate->second).value_or(0);
    require_file(loaded.sample_rate > 0 && std::isfinite(loaded.sample_rate), path, "has the sample rate ",
                 quote(rate->second), ": it must be a positive number");
  }
  const auto json = test_in(loaded.metadata, path);
  if (!json) return;
  const exchange::JsonValue test(*json, path, test_called);
  loaded.test = TestCase{matrix_of(test["input"]), matrix_of(test["output"])};
}

inline bool has(std::string_view whole, std::string_view part) { return whole.find(part) != whole.npos; }

/// Whether a reader of numbers refused a network because it takes tokens.
inline bool speaks_of_tokens(std::string_view wrong, const fs::path& path) {
  const std::string name = printable(in_utf8(path));
  if (wrong.starts_with(name)) wrong.remove_prefix(name.size());
  return has(wrong, "tokens") || has(wrong, "begins with an Embedding");
}

/// What load<float>() gives or, if that is refused, load<Token>(): networks of numbers or tokens. If both are refused,
/// takes_tokens(the first error) chooses which error is thrown.
template <class F, class G>
auto of_either(F&& load, G&& takes_tokens) -> std::variant<decltype(load.template operator()<float>()),
                                                           decltype(load.template operator()<Token>())> {
  std::exception_ptr numbers;
  bool tokens = false;
  try {
    return load.template operator()<float>();
  } catch (const std::exception& wrong) {
    numbers = std::current_exception();
    tokens = takes_tokens(wrong.what());
  }
  try {
    return load.template operator()<Token>();
  } catch (const std::exception&) {
    if (tokens) throw;
  }
  std::rethrow_exception(numbers);
}
template <class F>
auto of_file(const fs::path& path, F&& load) {
  return of_either(load, [&](std::string_view wrong) { return speaks_of_tokens(wrong, path); });
}

inline void check_finite(const AnyNetwork& any, const fs::path& path) {
  std::visit(
      [&](const auto& network) {
        for (const auto& parameter : Parameters<const float>(network))
          require_file(arrays::all_finite(parameter.data, parameter.size()), path, "has the parameter ",
                       quote(parameter.name), ", in which not all numbers are finite");
      },
      any);
}

/// The beginning of a file: enough to know its format.
inline std::string head_of(const fs::path& path) { return read_file(path, std::size_t{1} << 16U); }
inline bool is_json(std::string_view head) {
  const auto first = head.find_first_not_of(" \t\r\n");
  return first != head.npos && head[first] == '{';
}
inline bool is_nam(std::string_view head) { return is_json(head) && has(head, "\"architecture\""); }
/// A state dict of PyTorch, {"lstm.weight_ih_l0": [[...", and not GuitarML's, which is beside its "model_data".
inline bool is_json_of_tensors([[maybe_unused]] std::string_view head) {
#ifdef RECUR_HAS_TORCH
  const auto name = head.find('"');
  const auto end = name == head.npos ? name : head.find('"', name + 1);
  const auto next = end == head.npos ? end : head.find_first_not_of(" \t\r\n:", end + 1);
  const std::string_view first = next == head.npos ? "" : head.substr(name + 1, end - name - 1);
  return is_json(head) && next != head.npos && head[next] == '[' &&
         (has(first, "weight") || has(first, "bias"));
#else
  return false;
#endif
}
inline bool is_safetensors(std::string_view head) { return head.size() > 8 && head[8] == '{'; }

inline LoadedNetwork load_own(const fs::path& path, const Kinds<float>& kinds, const TorchOptions&) {
  TensorFile file = read_safetensors(path);
  LoadedNetwork loaded{of_file(path, [&]<class In>() { return load_network<float, In>(file, path, kinds); })};
  loaded.metadata = std::move(file.metadata);
  read_metadata(loaded, path);
  return loaded;
}

/// Whether a module of PyTorch computes a layer with this option, and load_torch can be told so.
inline bool has_module_with(const Description& layer, const std::string& option, const OptionValue& value) {
  const auto is_one_of = [&](const std::vector<OptionValue>& legal) {
    return std::ranges::find(legal, value) != legal.end();
  };
  if (option == "direction") return is_one_of({"forward", "both"});
  if (option == "merge") return is_one_of({"concatenate"});
  if (option == "learned_state" || option == "residual") return is_one_of({false});
  if (option != "activation") return true;
  if (layer.kind == "dense") return is_one_of({"identity"});  // an activation is a module of its own
  return layer.kind != "elman" || is_one_of({"tanh", "relu"});
}

/// Whether an nn.Conv1d has the padding of this layer: as many zeros at both ends, or "same", which is for stride 1.
inline bool has_padding_of_torch(const Description& conv1d) {
  const auto option = [&](const char* name, const OptionValue& otherwise) {
    const auto found = std::ranges::find(conv1d.options, name, &std::pair<std::string, OptionValue>::first);
    return found == conv1d.options.end() ? otherwise : found->second;
  };
  return option("before", 0) == option("after", 0) &&
         (option("padding", "causal") != OptionValue("same") || option("stride", 1) == OptionValue(1));
}

/// A state dict of PyTorch has only parameters: those of other layers would be read as another network. `at` is the
/// place of the layer, such as "1.0".
inline void refuse_without_module(const Description& layer, const std::string& at = "") {
  constexpr std::array kinds{"chain",
                             "elman",
                             "lstm",
                             "gru",
                             "projected_lstm",
                             "dense",
                             "dropout",
                             "embedding",
                             "conv1d",
                             "layer_norm",
                             "multi_head_attention",
                             "activation",
                             "transformer_encoder_layer"};
  const std::string called =
      (at.empty() ? "a layer" : "layer " + at + ", which is") + " of the kind " + quote(layer.kind);
  const char* const why = " can't be saved for PyTorch, which has no module that computes it";
  require(std::ranges::find(kinds, layer.kind) != kinds.end(), called, at.empty() ? "" : ",", why);
  for (const auto& [option, value] : layer.options)
    require(has_module_with(layer, option, value), called, " with ", option, ' ', value,
            at.empty() ? "" : ",", why,
            layer.kind == "dense" ? ": give it none, and let a layer of the kind \"activation\" follow" : "");
  require(has_padding_of_torch(layer), called, " with another padding than nn.Conv1d has",
          at.empty() ? "" : ",", why);
  for (std::size_t i = 0; i < layer.layers.size(); ++i)
    refuse_without_module(layer.layers[i], (at.empty() ? "" : at + '.') + std::to_string(i));
}

#ifdef RECUR_HAS_TORCH
/// Notes the kernel size of each Conv1d under the name that it has here.
inline void name_kernels(const Description& layer, const std::string& at, TorchNames& names) {
  if (layer.kind == "conv1d") names.kernels.emplace_back(at, layer.sizes.at(2));
  for (std::size_t i = 0; i < layer.layers.size(); ++i)
    name_kernels(layer.layers[i], layer.kind == "chain" ? exchange::join_names(at, std::to_string(i)) : at,
                 names);
}

inline LoadedNetwork load_of_torch(const fs::path& path, const Kinds<float>&, const TorchOptions& options) {
  TorchModel model;
  const StateDict dict = read_state_dict(path, options.key);
  LoadedNetwork loaded{
      of_either([&]<class In>() { return load_torch<In>(dict, options, &model); },
                [&](std::string_view) { return exchange::begins_with_table(dict, options); })};
  loaded.torch_names = std::move(model.names);
  loaded.assumed = std::move(model.assumed);
  loaded.metadata = std::move(model.metadata);
  read_metadata(loaded, path);
  return loaded;
}
/// A file of PyTorch does not say what its modules compute. So the network stays as it is, and gets the parameters.
inline LoadedNetwork load_torch_again(const fs::path& path, LoadedNetwork what) {
  std::visit(
      [&](auto& network) {
        for (auto& parameter : Parameters<float>(network))
          std::fill_n(parameter.data, parameter.size(), std::numeric_limits<float>::quiet_NaN());
        TorchNames names = what.torch_names;
        take_state_dict(network, read_state_dict(path), names);
      },
      what.network);
  what.metadata = read_state_dict(path).metadata;
  what.test.reset();
  read_metadata(what, path);
  return what;
}
inline void save_for_torch(const fs::path& path, const LoadedNetwork& what, const OnnxOptions&) {
  std::visit(
      [&](const auto& network) {
        refuse_without_module(network.description());
        TorchNames names = what.torch_names;
        if (names.pairs.empty()) name_kernels(network.description(), "", names);
        Metadata metadata = what.metadata;
        metadata.erase(network_file::metadata_key);  // of a file of recur
        save_torch(path, network, names, std::move(metadata));
      },
      what.network);
}
#endif

/// A format of files.
struct Format {
  using Load = LoadedNetwork (*)(const fs::path&, const Kinds<float>&, const TorchOptions&);
  using Save = void (*)(const fs::path&, const LoadedNetwork&, const OnnxOptions&);

  const char* name;
  std::vector<std::string_view> endings;
  bool (*fits)(std::string_view head);  ///< whether a file that begins so can be one
  Load load;
  Save save = nullptr;  ///< null: it is read only
  /// What was saved, as a copy with the parameters of the file; null if `load` needs no more than the file.
  LoadedNetwork (*load_again)(const fs::path&, LoadedNetwork) = nullptr;
};

/// All formats, one a row. The first whose beginning fits is taken, those with the file's ending before the others.
inline const std::vector<Format>& formats() {
  static const std::vector<Format> all{
      {"recur",
       {".safetensors", ".recur"},
       [](std::string_view head) { return is_safetensors(head) && has(head, network_file::metadata_key); },
       load_own,
       [](const fs::path& path, const LoadedNetwork& what, const OnnxOptions&) {
         std::visit([&](const auto& network) { save_network(path, network, what.metadata); }, what.network);
       }},
      {"NAM",
       {".nam"},
       is_nam,
       [](const fs::path& path, const Kinds<float>&, const TorchOptions&) -> LoadedNetwork {
         return {.network = load_nam(path), .sample_rate = audio_sample_rate(path)};
       }},
      {"RTNeural, GuitarML or AIDA-X",
       {".json", ".aidax"},
       [](std::string_view head) { return is_json(head) && !is_nam(head) && !is_json_of_tensors(head); },
       [](const fs::path& path, const Kinds<float>&, const TorchOptions&) -> LoadedNetwork {
         return {.network = load_guitarml(path), .sample_rate = audio_sample_rate(path)};
       }},
#ifdef RECUR_HAS_TORCH
      {"PyTorch",
       {".pt", ".pth", ".safetensors"},
       [](std::string_view head) {
         return is_safetensors(head) || has(head, "/data.pkl") || is_json_of_tensors(head);
       },
       load_of_torch,
       save_for_torch,
       load_torch_again},
#endif
#ifdef RECUR_HAS_ONNX
      {"ONNX",
       {".onnx"},
       [](std::string_view) { return false; },  // a file begins in many ways
       [](const fs::path& path, const Kinds<float>&, const TorchOptions&) -> LoadedNetwork {
         LoadedNetwork loaded{of_file(path, [&]<class In>() { return load_onnx<In>(path); })};
         loaded.metadata = onnx_metadata(path);
         read_metadata(loaded, path);
         return loaded;
       },
       [](const fs::path& path, const LoadedNetwork& what, const OnnxOptions& options) {
         std::visit([&](const auto& network) { save_onnx(path, network, options, what.metadata); },
                    what.network);
       }},
#endif
#ifdef RECUR_HAS_KERAS
      {"Keras",
       {".h5", ".hdf5", ".keras"},
       [](std::string_view head) { return head.starts_with("\x89HDF") || has(head, "config.json"); },
       [](const fs::path& path, const Kinds<float>&, const TorchOptions&) -> LoadedNetwork {
         return {of_file(path, [&]<class In>() { return load_keras<In>(path); })};
       }},
#endif
  };
  return all;
}

inline bool fits_ending(const Format& format, const fs::path& path) {
  return std::ranges::any_of(format.endings,
                             [&](std::string_view ending) { return has_ending(path, ending); });
}
/// "recur (.safetensors, .recur), NAM (.nam)".
template <class F>
std::string list_formats(F&& is_listed) {
  std::string list;
  for (const Format& format : formats()) {
    if (!is_listed(format)) continue;
    list += (list.empty() ? "" : ", ") + std::string(format.name) + " (";
    for (std::size_t i = 0; i < format.endings.size(); ++i)
      list += (i == 0 ? "" : ", ") + std::string(format.endings[i]);
    list += ')';
  }
  return list;
}

/// The format that fits content and ending best. If the content fits none, the ending decides, and the reader of that format
/// says what is wrong.
inline const Format& format_of(const fs::path& path) {
  std::error_code error;
  require_file(!fs::exists(path, error) || fs::is_regular_file(path, error), path,
               "is a directory, a pipe or a device, not a file");  // it is opened more than once
  const std::string head = head_of(path);
  require_file(!head.empty(), path, "is empty: it has no network");
  const Format* found = nullptr;
  int best = 0;
  for (const Format& format : formats()) {
    const int points = (format.fits(head) ? 2 : 0) + (fits_ending(format, path) ? 1 : 0);
    if (points > best) found = &format, best = points;
  }
  require_file(found != nullptr, path, "is of no format that can be read: these are ",
               list_formats([](const Format&) { return true; }));
  return *found;
}

/// The format that the ending says, of those with the name `as` if there is one.
inline const Format& format_to_write(const fs::path& path, std::string_view as) {
  const auto can_be = [&](const Format& format) { return format.save && (as.empty() || as == format.name); };
  const auto found = std::ranges::find_if(
      formats(), [&](const Format& format) { return can_be(format) && fits_ending(format, path); });
  require(std::ranges::any_of(formats(), can_be), "the format ", quote(as), " can't be written: these are ",
          list_formats([](const Format& format) { return format.save; }));
  require(found != formats().end(), quote(in_utf8(path)),
          " has the ending of no format that can be written: these are ", list_formats(can_be));
  return *found;
}

}  // namespace detail::any_file

/// The network in a file of any format that can be read: a file of save_network, the JSON of NAM, RTNeural, GuitarML and
/// AIDA-X, and the formats of the libraries that the program links. The beginning of the file and the ending of its name
/// tell the format. `kinds` are the layers that a file of save_network may have; to compile all of them takes a minute. `torch` says
/// what a file of PyTorch leaves out.
///
/// Throws FileError, which names the file, for one that can't be read, is of no such format, is damaged, or has a parameter
/// that is infinite or no number.
inline LoadedNetwork load_any(const std::filesystem::path& path,
                              const Kinds<float>& kinds = standard_kinds<float>(),
                              const TorchOptions& torch = {}) {
  LoadedNetwork loaded = detail::any_file::format_of(path).load(path, kinds, torch);
  detail::any_file::check_finite(loaded.network, path);
  return loaded;
}

/// Saves a network in the format that the ending of the name says; its metadata, test case and sample rate in a file of
/// save_network, of PyTorch or of ONNX. One of PyTorch has the names that the parameters had in a file of PyTorch, and one of
/// ONNX is written as `onnx` says. A .safetensors is a file of save_network; with `as` = "PyTorch" it is one of PyTorch.
///
/// Throws std::invalid_argument for an ending of no format that can be written, or not of that called `as`, and for what the
/// format can't say; FileError if the file can't be written.
inline void save_any(const std::filesystem::path& path, LoadedNetwork what, const OnnxOptions& onnx = {},
                     std::string_view as = {}) {
  namespace a = detail::any_file;
  const a::Format& format = a::format_to_write(path, as);
  if (what.test)
    what.metadata[a::test_key] =
        nlohmann::json{{"input", a::to_json(what.test->input)}, {"output", a::to_json(what.test->output)}}
            .dump();
  if (what.sample_rate > 0) what.metadata[a::rate_key] = nlohmann::json(what.sample_rate).dump();
  format.save(path, what, onnx);
}

/// Reads again what save_any wrote. `as` is the format that save_any was given. A file of PyTorch has only the parameters,
/// so the rest is that of `saved`. Throws as load_any does.
inline LoadedNetwork load_again(const std::filesystem::path& path, const LoadedNetwork& saved,
                                const Kinds<float>& kinds = standard_kinds<float>(),
                                std::string_view as = {}) {
  const auto again = detail::any_file::format_to_write(path, as).load_again;
  return again ? again(path, saved) : load_any(path, kinds);
}

/// load_any, which also runs the test case that the file carries. Throws FileError if the file has none, and if the outputs
/// are not within `tolerance`.
inline LoadedNetwork load_checked(const std::filesystem::path& path,
                                  const Kinds<float>& kinds = standard_kinds<float>(),
                                  double tolerance = 1e-5, const TorchOptions& torch = {}) {
  LoadedNetwork loaded = load_any(path, kinds, torch);
  detail::require_file(loaded.test.has_value(), path, "carries no test case: save_any puts one into a file");
  double error = 0;
  try {
    error = error_of(loaded.network, *loaded.test);
  } catch (const std::invalid_argument& wrong) {
    detail::require_file(false, path, "has a test case of another network: ", wrong.what());
  }
  detail::require_file(error <= tolerance, path, "does not give what its test case expects: the error is ",
                       error, ", and may be ", tolerance);
  return loaded;
}

}  // namespace recur::inline RECUR_ABI
