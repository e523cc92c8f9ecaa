#include "recur/exchange/torch.hpp"

#include <algorithm>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "exchange/audio_models.hpp"
#include "exchange/torch/archive.hpp"
#include "figure.hpp"
#include "max_abs.hpp"
#include "recur/io/network_file.hpp"
#include "refusal.hpp"
#include "temporary.hpp"

namespace recur::testing {
namespace torch_test {

using Catch::Matchers::ContainsSubstring;

const std::string golden = RECUR_GOLDEN_DIR;

/// A sequence of PyTorch, T × B × D, as D × (samples, steps).
template <class S>
Sequence<S> sequence_of(const StateTensor& tensor) {
  const auto size = [&](std::size_t i) { return static_cast<Index>(tensor.shape[i]); };
  const VectorX<S> numbers = tensor.values<S>();
  return {MatrixX<S>(ConstMatrixMap<S>(numbers.data(), size(2), size(0) * size(1))), size(1)};
}

/// The largest difference of what the network gives for x from y.
template <class In>
double error(const Network<float, In>& net, const Sequence<In>& x, const StateTensor& y) {
  typename Network<float, In>::Tape tape;
  const MatrixX<double> given = net.forward(x, tape).values().template cast<double>();
  const VectorX<double> expected = y.values<double>();
  REQUIRE(given.size() == expected.size());
  return max_abs(given.reshaped() - expected);
}

TEST_CASE("An LSTM of PyTorch in three lines", "[exchange][torch][golden]") {
  Network<float> net =
      load_torch(golden + "/torch_recurrent.pt", {.key = "models", .prefix = "lstm_1_one_bias.rnn"});
  auto stream = net.stream();
  const Sequence<float> x = sequence_of<float>(read_state_dict(golden + "/torch_recurrent.pt", "x").at("x"));
  const VectorX<double> y =
      read_state_dict(golden + "/torch_recurrent.pt", "y").at("lstm_1_one_bias").values<double>();
  for (Index t = 0; t < 4; ++t)  // the first of two samples
    CHECK(max_abs(net.step(x.values().col(2 * t), stream).cast<double>() - y.segment(6 * t, 3)) < 1e-6);
}

TEST_CASE("nn.RNN, LSTM and GRU of all shapes from .pt and safetensors", "[exchange][torch][golden]") {
  const StateDict pt = read_state_dict(golden + "/torch_recurrent.pt", "models"),
                  safe = read_state_dict(golden + "/torch_recurrent.safetensors"),
                  outputs = read_state_dict(golden + "/torch_recurrent.pt", "y");
  const Sequence<float> x = sequence_of<float>(read_state_dict(golden + "/torch_recurrent.pt", "x").at("x"));
  double worst = 0;
  int count = 0;
  for (const auto& y : outputs)
    for (const StateDict* file : {&pt, &safe}) {
      TorchModel model;
      const StateDict dict = file->below(y.name);
      const auto net = load_torch(dict, {}, &model);
      const double difference = error(net, x, y);
      CAPTURE(y.name);
      CHECK(difference < 1e-6);
      worst = std::max(worst, difference), ++count;
      // Back under the same names, in the same order where the file has it.
      const auto back = detail::exchange::tensors_of<float>(Parameters<const float>(net), model.names);
      REQUIRE(back.size() == dict.size());
      for (std::size_t i = 0; i < back.size(); ++i) {
        REQUIRE(dict.find(back[i].first));
        if (dict.has_order()) CHECK((dict.begin() + static_cast<std::ptrdiff_t>(i))->name == back[i].first);
      }
    }
  CHECK(count == 2 * 48);
  CHECK(worst > 0);
  record_figure("torch-grid", worst);
}

TEST_CASE("Modules of PyTorch", "[exchange][torch][golden]") {
  const std::string path = golden + "/torch_modules.pt";
  const StateDict data = read_state_dict(path, "x"), outputs = read_state_dict(path, "y");
  const Sequence<float> x = sequence_of<float>(data.at("x"));
  const auto check = [&](const std::string& key, TorchOptions options) {
    CAPTURE(key);
    options.key = key;
    TorchModel model;
    const auto net = load_torch(path, options, &model);
    CHECK(error(net, x, outputs.at(key)) < 2e-6);
    const TemporaryDirectory directory;
    save_torch(directory.path / "x.pt", net, model.names);
    options.key.clear();
    CHECK(error(load_torch(directory.path / "x.pt", options), x, outputs.at(key)) < 2e-6);
    save_network(directory.path / "x.recur", net);
    CHECK(error(load_network<float>(directory.path / "x.recur", all_kinds<float>()), x, outputs.at(key)) <
          2e-6);
  };
  check("rnn_cell", {});
  check("relu_cell", {.nonlinearity = "relu"});
  check("relu", {.nonlinearity = "relu"});
  check("lstm_cell", {});
  check("gru_cell", {});
  check("attention", {.heads = 2});
  check("layer", {.heads = 2});
  check("encoder", {.heads = 2, .activation = "gelu", .norm_first = true});
  check("conv", {.after = {{"conv", "tanh"}}, .dilation = {{"conv", 2}}});
  const auto all_of_conv = [](std::vector<std::pair<std::string, Index>> dilation, Index stride,
                              const char* padding) {
    return TorchOptions{
        .dilation = std::move(dilation), .stride = {{"conv", stride}}, .padding = {{"conv", padding}}};
  };
  check("conv_valid", all_of_conv({}, 1, "valid"));
  check("conv_same", all_of_conv({}, 1, "same"));
  check("conv_numbers", all_of_conv({{"conv", 2}}, 2, "2"));
  check("attention_none", {.heads = 2});

  const VectorX<double> numbers = data.at("tokens").values<double>();  // steps × samples
  std::vector<std::vector<Token>> samples(2);
  for (Index i = 0; i < numbers.size(); ++i)
    samples[static_cast<std::size_t>(i % 2)].push_back(static_cast<Token>(numbers(i)));
  const Sequence<Token> tokens(samples);
  const TorchOptions options{.key = "tagger", .after = {{"fc1", "relu"}}};
  TorchModel model;
  CHECK(error(load_torch<Token>(path, options, &model), tokens, outputs.at("tagger")) < 1e-6);
  CHECK(model.names.absent.empty());
  CHECK(model.description.layers.back() == Description("dense", 6, 2).with("bias", false));
  const std::string safe = golden + "/torch_tagger.safetensors";
  CHECK(error(load_torch<Token>(
                  safe, {.modules = {"embedding", "lstm", "norm", "fc1", "fc2"}, .after = {{"fc1", "relu"}}}),
              tokens, outputs.at("tagger")) < 1e-6);
}

TEST_CASE("What a state dict does not say must be said", "[exchange][torch][golden]") {
  const auto refused = [&](TorchOptions options) {
    return refusal<FileError>([&] { load_torch(golden + "/torch_modules.pt", options); });
  };
  const auto tokens = [&](TorchOptions options, const char* file = "/torch_modules.pt") {
    return refusal<FileError>([&] { load_torch<Token>(golden + file, options); });
  };
  CHECK_THAT(refused({.key = "layer"}),
             ContainsSubstring("number of heads is not in it: say TorchOptions{.heads"));
  CHECK_THAT(refused({.key = "layer", .heads = 3}), ContainsSubstring("4 features with 3 heads"));
  CHECK_THAT(
      refused({.key = "conv"}),
      ContainsSubstring("module \"conv\" is a Conv1d of 2 steps, whose dilation and padding") &&
          ContainsSubstring("(convert: --dilation conv=1); else say TorchOptions{.padding = {{\"conv\", "
                            "\"valid\"}}} (convert: --padding conv=valid)"));
  CHECK_THAT(refused({.key = "conv", .after = {{"conv", "tanh"}}, .stride = {{"conv", 2}}}),
             ContainsSubstring("is a Conv1d of 2 steps"));  // a stride says nothing of the padding
  CHECK_THAT(
      refused({.key = "conv", .dilation = {{"gru", 2}}, .padding = {{"conv", "1"}}}),
      ContainsSubstring("has no Conv1d \"gru\", of which the options speak: it has \"conv\", \"gru\""));
  CHECK_THAT(refused({.key = "conv", .after = {{"conv", "tanh"}}, .padding = {{"conv", "2"}}}),
             ContainsSubstring("2 and 2 steps of padding"));  // more than a window
  for (const char* padding : {"full", "-1", "1.5", ""})
    CHECK_THAT(refusal([&] {
                 load_torch(golden + "/torch_modules.pt", {.key = "conv", .padding = {{"conv", padding}}});
               }),
               ContainsSubstring("it must be \"causal\", \"same\", \"valid\", or a number"));
  CHECK_THAT(refusal([&] {
               load_torch(golden + "/torch_modules.pt",
                          {.key = "conv", .stride = {{"conv", 2}}, .padding = {{"conv", "same"}}});
             }),
             ContainsSubstring("PyTorch has it with stride 1 alone"));
  CHECK_THAT(refused({.key = "conv", .dilation = {{"conv", 2}}}),
             ContainsSubstring("does not say what follows on the module \"conv\": say "
                               "TorchOptions{.after = {{\"conv\", \"relu\"}}} (convert: --after conv=relu)"));
  CHECK_THAT(refused({.key = "conv", .after = {{"conv", "softplus"}}, .dilation = {{"conv", 2}}}),
             ContainsSubstring("\"softplus\": legal are"));
  CHECK_THAT(refused({.key = "conv", .after = {{"convolution", "tanh"}}, .dilation = {{"conv", 2}}}),
             ContainsSubstring("has no module \"convolution\", behind which"));
  CHECK_THAT(tokens({.key = "tagger"}), ContainsSubstring("follows on the module \"fc1\""));
  CHECK_THAT(refused({.key = "tagger", .after = {{"embedding", "identity"}, {"fc1", "relu"}}}),
             ContainsSubstring("layer 1,"));  // a Linear of 5 to 3 features is not an Embedding
  CHECK_THAT(tokens({.key = "lstm_cell"}),
             ContainsSubstring("begins with the module \"cell\", which is not an Embedding"));
  CHECK_THAT(tokens({.key = "tagger", .modules = {"embedding", "lstm"}}),
             ContainsSubstring("2 were put in order, and it must be all"));
  CHECK_THAT(
      tokens({.key = "tagger", .modules = {"embedding", "rnn"}}),
      ContainsSubstring("has no module \"rnn\": it has \"embedding\", \"lstm\", \"norm\", \"fc1\", \"fc2\""));
  CHECK_THAT(tokens({.modules = {"embedding", "embedding"}}, "/torch_tagger.safetensors"),
             ContainsSubstring("named twice"));
  CHECK_THAT(refused({.key = "optimizer"}), ContainsSubstring("has no \"optimizer\""));
}

TEST_CASE("How a module was taken that the file leaves open is said", "[exchange][torch][golden]") {
  const auto assumed = [](TorchOptions options) {
    TorchModel model;
    load_torch(golden + "/torch_modules.pt", options, &model);
    std::string all;
    for (const auto& note : model.assumed) all += note + '\n';
    return all;
  };
  CHECK_THAT(
      assumed({.key = "relu"}),
      ContainsSubstring("is an nn.RNN, taken with tanh: if that is wrong, say TorchOptions{.nonlinearity = "
                        "\"relu\"} (convert: --nonlinearity relu)"));
  CHECK_THAT(assumed({.key = "relu_cell", .nonlinearity = "relu"}), ContainsSubstring("taken with relu"));
  CHECK_THAT(assumed({.key = "layer", .heads = 2}),
             ContainsSubstring("--activation gelu") && ContainsSubstring("--norm-first)"));
  CHECK_THAT(assumed({.key = "layer", .heads = 2}), ContainsSubstring("an epsilon of 1e-05") &&
                                                        ContainsSubstring("no mask: if that is wrong, say "));
  CHECK_THAT(assumed({.key = "attention", .heads = 2}),
             ContainsSubstring("is an nn.MultiheadAttention, taken with no mask: if that is wrong, say "
                               "TorchOptions{.causal = true} (convert: --causal)"));
  CHECK_THAT(assumed({.key = "attention", .heads = 2, .causal = true}), !ContainsSubstring("mask"));
  CHECK_THAT(assumed({.key = "conv", .after = {{"conv", "tanh"}}, .padding = {{"conv", "valid"}}}),
             ContainsSubstring("taken with stride 1: if that is wrong, say TorchOptions{.stride = "
                               "{{\"conv\", 2}}} (convert: --stride conv=2)") &&
                 ContainsSubstring("taken with dilation 1: if that is wrong, say TorchOptions{.dilation = "
                                   "{{\"conv\", 2}}} (convert: --dilation conv=2)"));
  CHECK_THAT(
      assumed(
          {.key = "conv", .after = {{"conv", "tanh"}}, .dilation = {{"conv", 1}}, .stride = {{"conv", 1}}}),
      !ContainsSubstring("stride") && !ContainsSubstring("dilation"));
  CHECK(assumed({.key = "lstm_cell"}).empty());
  CHECK_THAT(refusal([&] { assumed({.key = "relu", .nonlinearity = "gelu"}); }),
             ContainsSubstring("TorchOptions with nonlinearity \"gelu\": it must be \"tanh\" or \"relu\""));
}

TEST_CASE("RTNeural's state dict in JSON gives what its authors expect", "[exchange][torch]") {
  const auto models = audio_models::real_models();
  if (models.empty()) return;
  const auto x = audio_models::read_numbers(models / "rtneural" / "lstm_torch_x_python.csv"),
             y = audio_models::read_numbers(models / "rtneural" / "lstm_torch_y_python.csv");
  REQUIRE(x.size() >= 100);
  const double error =
      audio_models::worst(audio_models::run(load_torch(models / "rtneural" / "lstm_torch.json"), x), y);
  CHECK(error < 1e-5);
  record_figure("exchange-files", error / 1e-5);
}

TEST_CASE("A safetensors file needs no order where the sizes allow only one", "[exchange][torch]") {
  const TemporaryDirectory directory;
  const auto path = directory.path / "x.safetensors";
  Network<float> net = make_network<float>({{"lstm", 2, 3}, {"gru", 3, 4}, {"dense", 4, 5}});
  initialize(net, 1);
  save_torch(path, net, {{"z", "0"}, {"y", "1"}, {"a", "2"}});
  TorchModel model;
  load_torch(path, {}, &model);
  CHECK(model.description == net.description());
  CHECK(model.names.pairs[2] == std::pair<std::string, std::string>("a", "2"));

  net = make_network<float>({{"lstm", 3, 3}, {"gru", 3, 3}});
  save_torch(path, net, {{"z", "0"}, {"y", "1"}});
  CHECK_THAT(refusal<FileError>([&] { load_torch(path); }),
             ContainsSubstring("does not say in which order they run: say TorchOptions{.modules"));
  load_torch(path, {.modules = {"z", "y"}}, &model);
  CHECK(model.description == net.description());
  net = make_network<float>(Description("lstm", 3, 4));
  save_torch(path, net, {{"z", ""}});
  CHECK(load_torch(path).describe() == net.describe());
}

/// Names and shapes.
using Tensors = std::vector<std::pair<std::string, std::vector<std::uint64_t>>>;

/// A state dict with these tensors, filled with zeros.
StateDict dict_of(const Tensors& tensors, bool has_order = true) {
  static const std::vector<float> zeros(1000);
  StateDict dict("x.pt", has_order);
  for (const auto& [name, shape] : tensors) {
    StateTensor tensor{name, Dtype::f32, shape, std::vector<std::uint64_t>(shape.size()),
                       reinterpret_cast<const std::byte*>(zeros.data())};
    std::uint64_t stride = 1;
    for (std::size_t i = shape.size(); i-- > 0; stride *= shape[i]) tensor.strides[i] = stride;
    dict.add(std::move(tensor));
  }
  return dict;
}

TEST_CASE("A transformer without biases, and one whose tensors are sorted by name", "[exchange][torch]") {
  const std::vector<const char*> leaves{
      "self_attn.in_proj", "self_attn.out_proj.", "linear1.", "linear2.", "norm1.", "norm2."};
  const std::vector<std::vector<std::uint64_t>> shapes{{12, 4}, {4, 4}, {5, 4}, {4, 5}, {4}, {4}};
  for (const bool has_bias : {false, true})
    for (const bool has_order : {false, true}) {
      CAPTURE(has_bias, has_order);
      Tensors tensors;
      for (const std::string layer : {"body.layers.0.", "body.layers.1."})
        for (std::size_t i = 0; i < leaves.size(); ++i) {
          const std::string name = layer + leaves[i] + (i == 0 ? "_" : "");
          tensors.push_back({name + "weight", shapes[i]});
          if (has_bias) tensors.push_back({name + "bias", {shapes[i][0]}});
        }
      tensors.push_back({"body.norm.weight", {4}});
      if (has_bias) tensors.push_back({"body.norm.bias", {4}});
      if (!has_order) std::ranges::sort(tensors);
      TorchModel model;
      TorchOptions options{.heads = 2};
      if (!has_bias) {
        CHECK_THAT(refusal<FileError>([&] { load_torch(dict_of(tensors, has_order), options); }),
                   ContainsSubstring("module \"body.norm\" has one number for each feature and no bias"));
        options.layer_norms = {"body.norm"};
      }
      const auto net = load_torch(dict_of(tensors, has_order), options, &model);
      REQUIRE(model.description.layers.size() == 3);
      CHECK(model.description.layers[1].kind == "transformer_encoder_layer");
      CHECK(model.names.absent.size() == (has_bias ? 0 : 13));
      const auto back = detail::exchange::tensors_of<float>(Parameters<const float>(net), model.names);
      CHECK(back.size() == tensors.size());
    }
}

TEST_CASE("An Embedding is known by the sizes around it, or by its name", "[exchange][torch]") {
  const auto begins_with_table = [](const Tensors& first, bool has_order = true) {
    Tensors all = first;
    for (const auto& tensor : Tensors{{"rnn.weight_ih_l0", {2, 3}},
                                      {"rnn.weight_hh_l0", {2, 2}},
                                      {"rnn.bias_ih_l0", {2}},
                                      {"rnn.bias_hh_l0", {2}},
                                      {"fc1.weight", {5, 2}},
                                      {"fc1.bias", {5}},
                                      {"fc2.weight", {1, 5}},
                                      {"fc2.bias", {1}}})
      all.push_back(tensor);
    return detail::exchange::begins_with_table(dict_of(all, has_order), {});
  };
  CHECK(begins_with_table({{"a.weight", {7, 3}}}));  // a table of 7 words
  CHECK(begins_with_table({{"a.weight", {7, 3}}}, false));
  CHECK_FALSE(begins_with_table({{"a.weight", {3, 7}}}));  // a Linear from 7 to 3 features
  CHECK_FALSE(begins_with_table({{"a.weight", {7, 3}}, {"a.bias", {7}}}));
  CHECK(begins_with_table({{"Embedding.weight", {3, 3}}}));
  CHECK_FALSE(begins_with_table({{"a.weight", {3, 3}}}));
  CHECK_FALSE(begins_with_table({}));
  CHECK_FALSE(begins_with_table({{"a", {3, 3}}}));
}

TEST_CASE("Modules with the tensors of others are not taken silently", "[exchange][torch]") {
  const auto assumed = []<class In>(std::type_identity<In>, const Tensors& tensors, TorchOptions options) {
    TorchModel model;
    load_torch<In>(dict_of(tensors), options, &model);
    std::string all;
    for (const auto& note : model.assumed) all += note + '\n';
    return all;
  };
  const std::type_identity<float> numbers;
  const Tensors norm{{"rnn.weight_ih_l0", {8, 3}}, {"rnn.weight_hh_l0", {8, 2}}, {"norm.weight", {2}}};
  CHECK_THAT(
      refusal<FileError>([&] { assumed(numbers, norm, {}); }),
      ContainsSubstring("module \"norm\" has one number for each feature and no bias, so it may be an "
                        "nn.RMSNorm or an nn.PReLU, which can't be read: if it is an "
                        "nn.LayerNorm(bias=False), say TorchOptions{.layer_norms = {\"norm\"}} (convert: "
                        "--layer-norms norm)"));
  CHECK_THAT(assumed(numbers, norm, {.layer_norms = {"norm"}}),
             ContainsSubstring("\"norm\" is an nn.LayerNorm, taken with an epsilon of 1e-05") &&
                 !ContainsSubstring("GroupNorm"));
  CHECK_THAT(refusal<FileError>([&] {
               assumed(numbers, norm, {.layer_norms = {"norm", "rnn"}});
             }),
             ContainsSubstring("has no LayerNorm \"rnn\", of which the options speak"));
  CHECK_THAT(
      assumed(numbers, {{"norm.weight", {2}}, {"norm.bias", {2}}}, {}),
      ContainsSubstring("\"norm\" may also be an nn.GroupNorm, an nn.InstanceNorm1d, or an nn.BatchNorm1d "
                        "without running statistics, which has the same tensors and can't be"));
  const char* transposed = "\"c\" may also be an nn.ConvTranspose1d, which has the same tensors";
  const TorchOptions valid{.padding = {{"c", "valid"}}};
  CHECK_THAT(assumed(numbers, {{"c.weight", {2, 2, 3}}}, valid), ContainsSubstring(transposed));
  CHECK_THAT(assumed(numbers, {{"c.weight", {4, 2, 3}}}, valid), !ContainsSubstring(transposed));
  CHECK_THAT(assumed(std::type_identity<Token>(), {{"e.weight", {7, 3}}}, {}),
             ContainsSubstring("\"e\" may also be an nn.EmbeddingBag") && !ContainsSubstring("the last"));

  const Tensors two{{"a.weight", {4, 2}}, {"b.weight", {3, 4}}};
  const char* last =
      "\"b\" is the last module, taken with nothing behind it: if that is wrong, say "
      "TorchOptions{.after = {{\"b\", \"relu\"}}} (convert: --after b=relu)";
  CHECK(assumed(numbers, two, {.after = {{"a", "relu"}}}) == last + std::string("\n"));
  CHECK(assumed(numbers, two, {.after = {{"a", "relu"}, {"b", "identity"}}}).empty());
}

TEST_CASE("A weight that two modules share and the file has once is asked for", "[exchange][torch]") {
  const TemporaryDirectory directory;
  Network<float> net = make_network<float>({{"dense", 4, 4}, {"dense", 4, 4}});
  initialize(net, 1);
  const auto path = directory.path / "x.safetensors";
  save_torch(path, net, {{"encoder", "0"}, {"decoder", "1"}});
  StateDict tied("x.safetensors", false);
  const StateDict both = read_state_dict(path);
  for (const auto& tensor : both)
    if (tensor.name != "decoder.weight") tied.add(tensor);
  const auto refused = [&](TorchOptions options) {
    return refusal<FileError>([&] { load_torch(tied, options); });
  };
  CHECK_THAT(refused({}),
             ContainsSubstring("tensor \"decoder.bias\" [4] has no \"decoder.weight\" beside it: if another "
                               "module shares this weight"));
  tied.metadata["decoder.weight"] = "encoder.weight";  // as save_model of safetensors writes it
  CHECK_THAT(refused({}),
             ContainsSubstring("has the tensor \"decoder.weight\" only under the name \"encoder.weight\""));
  CHECK(refused({.prefix = "encoder"}) == "nothing was refused");
}

TEST_CASE("Modules that are damaged or unknown are refused by name", "[exchange][torch]") {
  const auto refused = [](const Tensors& tensors) {
    return refusal<FileError>([&] { load_torch(dict_of(tensors), {.heads = 1}); });
  };
  CHECK(refused({{"weight_ih_l0", {8, 3}}, {"weight_hh_l0", {8, 2}}}) == "nothing was refused");
  CHECK_THAT(refused({{"r.weight_ih_l0", {8, 3}}}), ContainsSubstring("has no tensor \"r.weight_hh_l0\""));
  CHECK_THAT(refused({{"r.weight_ih_l0", {10, 3}}, {"r.weight_hh_l0", {10, 2}}}),
             ContainsSubstring("module \"r\" has a weight_ih of 10 rows for 2 hidden units"));
  CHECK_THAT(refused({{"weight_ih_l0", {8, 3}}, {"weight_hh_l0", {8, 2}}, {"bias_ih_l0", {8}}}),
             ContainsSubstring("\"bias_hh_l0\" [8] is missing"));
  CHECK_THAT(refused({{"weight_ih_l0", {8, 3}}, {"weight_hh_l0", {8, 2}}, {"weight_ih_l2", {8, 2}}}),
             ContainsSubstring("\"weight_ih_l2\" [8, 2] belongs to no module"));
  CHECK_THAT(refused({{"weight_ih_l0", {8, 3}}, {"weight_hh_l0", {8, 2}}, {"weight_hh_l0_reverse", {8, 2}}}),
             ContainsSubstring("\"weight_ih_l0_reverse\" [8, 3] is missing"));
  CHECK_THAT(refused({{"weight_ih_l0", {8, 0}}, {"weight_hh_l0", {8, 2}}}),
             ContainsSubstring("it must be a matrix"));
  CHECK_THAT(refused({{"pe", {4, 4}}}),
             ContainsSubstring("tensor \"pe\" [4, 4] belongs to no module that is known here"));
  CHECK_THAT(refused({{"bn.weight", {4}}, {"bn.bias", {4}}, {"bn.running_mean", {4}}}),
             ContainsSubstring("\"bn.weight\" [4] belongs"));
  CHECK_THAT(refused({{"bn.bias", {4}}, {"bn.running_mean", {4}}, {"bn.weight", {4}}}),
             ContainsSubstring("\"bn.bias\" [4] belongs"));
  CHECK_THAT(refused({{"conv.weight", {4, 1, 2, 2}}}), ContainsSubstring("has the shape [4, 1, 2, 2]"));
  CHECK_THAT(refused({{"x.in_proj_weight", {6, 2}}}),
             ContainsSubstring("\"x.out_proj.weight\" [2, 2] is missing"));
  CHECK_THAT(refused({{"x.in_proj_weight", {6, 2}}, {"x.out_proj.weight", {2, 2}}, {"x.out_proj.bias", {2}}}),
             ContainsSubstring("\"x.in_proj_bias\" [6] is missing"));  // with one bias, not without the other
  CHECK_THAT(refused({{"x.in_proj_weight", {6, 2}}, {"x.out_proj.weight", {2, 2}}, {"x.bias_k", {1, 1, 2}}}),
             ContainsSubstring("tensor \"x.bias_k\" [1, 1, 2] belongs to no module"));
  CHECK_THAT(refused({{"d.self_attn.in_proj_weight", {6, 2}}, {"d.multihead_attn.in_proj_weight", {6, 2}}}),
             ContainsSubstring("module \"d\" is a layer of an nn.TransformerDecoder"));
  CHECK_THAT(refused({{"layers.1.self_attn.in_proj_weight", {6, 2}}}),
             ContainsSubstring("module \"layers\" has no layer 0"));
  CHECK_THAT(refused({{"self_attn.in_proj_weight", {6, 2}}}),
             ContainsSubstring("has no tensor \"linear1.weight\""));
  CHECK_THAT(refused({{"a.weight", {3, 2}}, {"a.bias", {3}}, {"b.weight", {2}}, {"b.bias", {2}}}),
             ContainsSubstring("follows on the module \"a\""));
  CHECK_THAT(refused({}), ContainsSubstring("has no tensors"));
}

}  // namespace torch_test
}  // namespace recur::testing
