#include "recur/exchange/any_file.hpp"

#include <cmath>
#include <concepts>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "catch.hpp"
#include "recur/layer/conv1d.hpp"
#include "recur/layer/positions.hpp"
#include "recur/network/all_kinds.hpp"
#include "recur/network/standard.hpp"
#include "refusal.hpp"
#include "temporary.hpp"

namespace recur::testing {
namespace any_file_test {

using Catch::Matchers::ContainsSubstring;
namespace fs = std::filesystem;

const char* const guitarml =
    R"({"model_data": {"model": "SimpleRNN", "unit_type": "RNN", "input_size": 1, "hidden_size": 1, "output_size": 1,
        "num_layers": 1, "skip": 0, "samplerate": 8000},
        "state_dict": {"rec.weight_ih_l0": [[0.5]], "rec.weight_hh_l0": [[0.25]], "rec.bias_ih_l0": [0],
        "rec.bias_hh_l0": [0], "lin.weight": [[2]], "lin.bias": [0.125]}})";
const char* const rtneural =
    R"({"in_shape": [null, null, 2], "layers": [{"type": "dense", "shape": [null, null, 1], "activation": "",
        "weights": [[[1], [2]], [3]]}]})";
const char* const nam =
    R"({"architecture": "LSTM", "config": {"input_size": 1, "hidden_size": 1, "num_layers": 1}, "sample_rate": 48000,
        "weights": [1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8]})";

Network<float, Token> words() {
  auto network = make_network<float, Token>(
      {{"embedding", 5, 3}, {"lstm", 3, 2}, Description("pool").with("pooling", "mean")});
  initialize(network, 3);
  return network;
}

TEST_CASE("A network is loaded by the content of its file, whatever its name", "[exchange][any_file]") {
  const TemporaryDirectory directory;
  const auto x = MatrixX<float>::Ones(1, 2);
  const auto is_amp = [&](const fs::path& path) {
    const auto loaded = load_any(path);
    CHECK(loaded.sample_rate == 8000);
    CHECK(outputs_of(loaded.network, x)(0, 0) == Approx(1.0492343));
    CHECK_FALSE(loaded.test.has_value());
  };
  is_amp(directory.file("amp.json", guitarml));
  is_amp(directory.file("amp.nam", guitarml));
  is_amp(directory.file("amp", guitarml));
  CHECK(load_any(directory.file("b.json", nam)).sample_rate == 48000);
  CHECK(outputs_of(load_any(directory.file("c.AIDAX", rtneural)).network, MatrixX<float>::Ones(2, 1))(0, 0) ==
        6);
  const auto network = words();
  save_network(directory.path / "words.nam", network);
  const auto loaded = load_any(directory.path / "words.nam");
  REQUIRE(std::holds_alternative<Network<float, Token>>(loaded.network));
  CHECK(std::get<1>(loaded.network).description() == network.description());
}

TEST_CASE("A saved network carries a test case, which loading can run", "[exchange][any_file]") {
  const TemporaryDirectory directory;
  const auto path = directory.path / "words.safetensors";
  for (const AnyNetwork& network : {AnyNetwork(words()), AnyNetwork(make_network<float>({{"gru", 2, 3}}))}) {
    LoadedNetwork what{network, {{"made by", "a test"}}, make_test_case(network), 44100};
    CHECK(what.test->input.cols() == 16);
    save_any(path, what);
    const auto loaded = load_checked(path);
    CHECK(loaded.sample_rate == 44100);
    CHECK(loaded.metadata.at("made by") == "a test");
    CHECK(loaded.test->input == what.test->input);
    CHECK(loaded.test->output == what.test->output);
    CHECK(error_of(loaded.network, *loaded.test) == 0);

    what.test->output(0, 0) += 0.5f;
    save_any(path, what);
    CHECK(error_of(load_any(path).network, *what.test) == Approx(0.5).margin(1e-5));
    CHECK_THAT(refusal<FileError>([&] { load_checked(path); }),
               ContainsSubstring("does not give what its test case expects: the error is"));
    CHECK(load_checked(path, standard_kinds<float>(), 1.0).sample_rate == 44100);
    what.test->output = MatrixX<float>::Zero(1, 3);
    save_any(path, what);
    CHECK_THAT(refusal<FileError>([&] { load_checked(path); }),
               ContainsSubstring("a test case of another network"));
  }
}

TEST_CASE("An error that is not a number is not forgotten", "[exchange][any_file]") {
  const AnyNetwork network = words();
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  const TestCase right = make_test_case(network);
  REQUIRE(right.output.size() == 2);
  for (const Index at : {0, 1}) {
    TestCase wrong = right;
    wrong.output(1 - at) += 5;
    wrong.output(at) = nan;
    CHECK(std::isnan(error_of(network, wrong)));
  }
  using detail::any_network::larger_error;
  CHECK(std::isnan(larger_error(nan, 0)));
  CHECK(std::isnan(larger_error(0, nan)));
  CHECK(larger_error(2, 5) == 5);
  CHECK(larger_error(5, 2) == 5);
}

TEST_CASE("A test case has as many steps as a network takes", "[exchange][any_file]") {
  const auto steps = [](const AnyNetwork& network) {
    const TestCase test = make_test_case(network);
    CHECK(error_of(network, test) == 0);
    return test.input.cols();
  };
  const auto windows = [](Index size) {
    return Network<float>{Conv1d<float>(2, 3, size, 1, Padding::valid())};
  };
  CHECK(steps(windows(16)) == 16);
  CHECK(steps(windows(17)) == 32);
  CHECK(steps(windows(100)) == 128);
  CHECK(steps(Network<float>{LearnedPositions<float>(16, 2)}) == 16);
  CHECK(steps(Network<float>{LearnedPositions<float>(5, 2)}) == 4);
  CHECK(steps(Network<float>{LearnedPositions<float>(1, 2)}) == 1);
}

TEST_CASE("The test case of a network with a large vocabulary fits into its file", "[exchange][any_file]") {
  const auto steps = [](const AnyNetwork& network) {
    const TemporaryDirectory directory;
    save_any(directory.path / "wide.safetensors", {.network = network, .test = make_test_case(network)});
    return load_checked(directory.path / "wide.safetensors").test->input.cols();
  };
  const auto predicts = [](Index words) {
    auto network = make_network<float, Token>({{"embedding", words, 2}, {"dense", 2, words}});
    initialize(network, 4);
    return network;
  };
  CHECK(steps(predicts(2000)) == 16);
  CHECK(steps(predicts(4000)) == 8);
  CHECK(steps(predicts(20000)) == 4);  // as few as tell that order counts
  const AnyNetwork windows = Network<float>{Conv1d<float>(4000, 2, 17, 1, Padding::valid())};
  CHECK(make_test_case(windows).input.cols() == 32);  // it takes no fewer
}

TEST_CASE("What is not a network of any format is refused", "[exchange][any_file]") {
  const TemporaryDirectory directory;
  const auto load = [&](const char* name, const std::string& bytes) {
    const auto path = directory.file(name, bytes);
    return refusal<FileError>([&] { load_any(path); });
  };
  CHECK_THAT(load("a.txt", "text"),
             ContainsSubstring(
                 "a.txt: is of no format that can be read: these are recur (.safetensors, .recur), NAM"));
  CHECK_THAT(load("a", ""), ContainsSubstring("a: is empty: it has no network"));
  CHECK_THAT(load("a.nam", "text"), ContainsSubstring("is not JSON"));
  CHECK_THAT(load("a.json", "{}"), ContainsSubstring("has no \"in_shape\""));
  CHECK_THAT(load("a.safetensors", "text"), ContainsSubstring("safetensors"));
  CHECK_THAT(refusal<FileError>([&] { load_any(directory.path / "none.nam"); }),
             ContainsSubstring("can't be opened"));
  CHECK_THAT(refusal<FileError>([&] { load_any(directory.path); }), ContainsSubstring("directory"));

  const AnyNetwork network = make_network<float>({{"dense", 1, 1}});
  CHECK_THAT(refusal([&] { save_any(directory.path / "a.nam", {network}); }),
             ContainsSubstring("no format that can be written: these are recur"));
  save_any(directory.path / "b.safetensors", {network});
  CHECK_THAT(refusal<FileError>([&] { load_checked(directory.path / "b.safetensors"); }),
             ContainsSubstring("carries no test case"));
  for (const char* test :
       {"[]", "{", "[[[[1]]]]", R"({"input": [], "output": []})",
        R"({"input": [[1], [1, 2]], "output": [[1]]})", R"({"input": [["a"]], "output": [[1]]})"}) {
    save_any(directory.path / "c.safetensors", {network, {{"recur.test", test}}});
    CHECK_THAT(refusal<FileError>([&] { load_any(directory.path / "c.safetensors"); }),
               ContainsSubstring("c.safetensors: its test case"));
  }
  save_any(directory.path / "d.safetensors", {network, {{"recur.sample_rate", "fast"}}});
  CHECK_THAT(refusal<FileError>([&] { load_any(directory.path / "d.safetensors"); }),
             ContainsSubstring("has the sample rate \"fast\": it must be a positive number"));

  save_any(directory.path / "d.safetensors", {network, {{"recur.sample_rate", "48000abc"}}});
  CHECK_THAT(refusal<FileError>([&] { load_any(directory.path / "d.safetensors"); }),
             ContainsSubstring("has the sample rate \"48000abc\""));
  std::string rate = guitarml;
  rate.replace(rate.find("8000"), 4, "\"8000abc\"");
  CHECK_THAT(load("f.json", rate),
             ContainsSubstring("model_data.samplerate is \"8000abc\": it must be a positive number"));

  Network<float> wrong = std::get<Network<float>>(network);
  Parameters<float>(wrong)[0].data[0] = std::numeric_limits<float>::quiet_NaN();
  save_network(directory.path / "g.safetensors", wrong);
  CHECK_THAT(refusal<FileError>([&] { load_any(directory.path / "g.safetensors"); }),
             ContainsSubstring("has the parameter \"0.weight\", in which not all numbers are finite"));

  // Of a network of tokens, what is wrong with its tokens' network.
  Metadata metadata{{"recur.network", R"({"kind": "embedding", "sizes": [5, 3]})"}};
  TensorFile file = store_weights(std::get<Network<float>>(network), std::move(metadata));
  write_safetensors(directory.path / "e.safetensors", file);
  CHECK_THAT(refusal<FileError>([&] { load_any(directory.path / "e.safetensors"); }),
             !ContainsSubstring("takes tokens"));
}

TEST_CASE("What no module of PyTorch computes is refused by layer and option", "[exchange][any_file]") {
  using detail::any_file::refuse_without_module;
  const auto refused = [](const Description& layer) {
    return refusal([&] { refuse_without_module(layer); });
  };
  CHECK(refused(Description("chain")
                    .around({"dense", 2, 3})
                    .around(Description("gru", 3, 2).with("merge", "sum"))) ==
        "layer 1, which is of the kind \"gru\" with merge \"sum\", can't be saved for PyTorch, which has no "
        "module "
        "that computes it");
  CHECK_THAT(refused(Description("dense", 1, 1).with("activation", "tanh")),
             ContainsSubstring(
                 "a layer of the kind \"dense\" with activation \"tanh\" can't be saved for PyTorch") &&
                 ContainsSubstring("let a layer of the kind \"activation\" follow"));
  CHECK_THAT(refused({"pool"}), ContainsSubstring("a layer of the kind \"pool\" can't be saved"));
  for (const Description& layer : {Description("lstm", 1, 1).with("merge", "mean"),
                                   Description("lstm", 1, 1).with("learned_state", true),
                                   Description("lstm", 1, 1).with("residual", true),
                                   Description("lstm", 1, 1).with("direction", "reverse"),
                                   Description("elman", 1, 1).with("activation", "sigmoid")})
    CHECK_THAT(refused(layer), ContainsSubstring(" with " + layer.options[0].first + ' '));
  const Description conv("conv1d", 1, 1, 2);
  for (const Description& layer :
       {conv.with("padding", "numbers").with("before", 1), conv.with("padding", "same").with("stride", 2)})
    CHECK_THAT(refused(layer), ContainsSubstring("with another padding than nn.Conv1d has"));
  for (const Description& layer :
       {Description("lstm", 1, 1)
            .with("direction", "both")
            .with("bias", false)
            .with("dropout", 0.5)
            .with("num_layers", 2),
        Description("elman", 1, 1).with("activation", "relu"), conv.with("dilation", 3),
        conv.with("stride", 2), conv.with("padding", "same"), conv.with("padding", "valid").with("stride", 3),
        conv.with("padding", "numbers").with("before", 1).with("after", 1),
        Description("activation").with("function", "elu"),
        Description("transformer_encoder_layer", 2, 1, 2).with("activation", "gelu").with("norm", "before")})
    CHECK_NOTHROW(refuse_without_module(Description("chain").around(layer)));
  for (const Description& layer : {Description("lstm", 2, 2).with("learned_state", true),
                                   Description("lstm", 2, 2).with("direction", "both").with("merge", "mean"),
                                   Description("dense", 2, 2).with("activation", "relu")})
    CHECK_THROWS(refuse_without_module(
        make_network<float>({layer}).description()));  // as networks describe themselves
}

const fs::path golden = RECUR_GOLDEN_DIR;

/// What is saved, read and compared with what was saved: with all that a file can carry beside a network.
void comes_back(const fs::path& path, const LoadedNetwork& what, const OnnxOptions& onnx = {}) {
  CAPTURE(path);
  save_any(path, what, onnx);
  const LoadedNetwork again = load_again(path, what, all_kinds<float>());
  REQUIRE(again.test.has_value());
  CHECK(again.test->input == what.test->input);
  CHECK(again.sample_rate == what.sample_rate);
  CHECK(again.metadata.at("made by") == "a test");
  CHECK(error_of(again.network, *what.test) < 1e-5);
}
LoadedNetwork with_all(AnyNetwork network) {
  TestCase test = make_test_case(network);
  return {std::move(network), {{"made by", "a test"}}, std::move(test), 44100};
}

#ifdef RECUR_HAS_TORCH
TEST_CASE("Of any file: PyTorch", "[exchange][any_file]") {
  const TemporaryDirectory directory;
  LoadedNetwork loaded = load_any(golden / "torch_begin.pt");
  CHECK(std::get<0>(loaded.network).description() ==
        Description("chain").around({"lstm", 2, 3}).around({"dense", 3, 1}));
  CHECK(loaded.torch_names.pairs[0] == std::pair<std::string, std::string>("rnn", "0"));
  LoadedNetwork what = with_all(loaded.network);
  what.torch_names = loaded.torch_names;
  for (const char* name : {"x.pt", "x.pth"}) comes_back(directory.path / name, what);
  const auto named = read_state_dict(directory.path / "x.pt");
  CHECK(named.find("rnn.weight_ih_l0") != nullptr);  // as in the file that it came from
  fs::copy_file(directory.path / "x.pt", directory.path / "x.nam");
  CHECK(load_checked(directory.path / "x.nam").sample_rate == 44100);  // its content says what it is
  const fs::path safe = directory.path / "x.safetensors";
  for (const char* as : {"", "PyTorch"}) {  // two formats have this ending
    save_any(safe, what, {}, as);
    CHECK((std::string(detail::any_file::format_of(safe).name) == "PyTorch") == (*as != 0));
    CHECK((read_safetensors(safe).tensors.contains("rnn.weight_ih_l0")) == (*as != 0));
    const LoadedNetwork again = load_again(safe, what, all_kinds<float>(), as);
    CHECK(again.sample_rate == 44100);
    CHECK(error_of(again.network, *what.test) < 1e-5);
  }
  CHECK_THAT(
      refusal([&] { save_any(directory.path / "x.recur", what, {}, "PyTorch"); }),
      ContainsSubstring("x.recur\" has the ending of no format that can be written: these are PyTorch (.pt"));
  CHECK_THAT(refusal([&] { save_any(safe, what, {}, "Keras"); }),
             ContainsSubstring("the format \"Keras\" can't be written: these are recur"));
  what.test->output.array() += 1;
  save_any(directory.path / "y.pt", what);
  CHECK_THAT(refusal<FileError>([&] { load_checked(directory.path / "y.pt"); }),
             ContainsSubstring("does not give what its test case expects"));

  const fs::path modules = golden / "torch_modules.pt";
  loaded = load_any(modules, all_kinds<float>(), {.key = "tagger", .after = {{"fc1", "relu"}}});
  CHECK(loaded.network.index() == 1);
  CHECK(load_any(modules, all_kinds<float>(), {.key = "relu"}).assumed.size() == 1);
  CHECK_THAT(refusal<FileError>([&] { load_any(modules, all_kinds<float>(), {.key = "tagger"}); }),
             ContainsSubstring("does not say what follows on the module \"fc1\""));  // of tokens
  const auto json = directory.file("w.json", R"({"weight": [[2, 3]], "bias": [1]})");
  CHECK(outputs_of(load_any(json).network, MatrixX<float>::Ones(2, 1))(0, 0) == 6);
  CHECK_THAT(refusal([&] { save_any(directory.path / "no.pt", {make_network<float>({{"pool"}})}); }),
             ContainsSubstring("of the kind \"pool\", can't be saved for PyTorch"));
}
#endif

#ifdef RECUR_HAS_ONNX
TEST_CASE("Of any file: ONNX", "[exchange][any_file]") {
  const TemporaryDirectory directory;
  auto network = make_network<float>({Description("gru", 2, 3).with("direction", "both"), {"dense", 6, 1}});
  initialize(network, 4);
  for (const OnnxOptions& options : {OnnxOptions{}, OnnxOptions{.steps = 16, .batch = 1},
                                     OnnxOptions{.lengths = true}, OnnxOptions{.states = true}})
    comes_back(directory.path / "x.onnx", with_all(network), options);
  comes_back(directory.path / "words.onnx", with_all(words()));
  CHECK(load_any(directory.path / "words.onnx").network.index() == 1);
  CHECK_THAT(refusal<FileError>([&] { load_any(directory.file("y.onnx", "text")); }),
             ContainsSubstring("y.onnx: "));
}
#endif

#ifdef RECUR_HAS_KERAS
TEST_CASE("Of any file: Keras", "[exchange][any_file]") {
  const TemporaryDirectory directory;
  CHECK(load_any(golden / "keras" / "k2_chain.h5").network.index() == 0);
  for (const auto& [from, to] : {std::pair("k3_text.keras", "a.txt"), std::pair("k2_text.h5", "b")}) {
    fs::copy_file(golden / "keras" / from, directory.path / to);
    CHECK(load_any(directory.path / to).network.index() == 1);
  }
  CHECK_THAT(refusal([&] { save_any(directory.path / "x.h5", {words()}); }),
             ContainsSubstring("the ending of no format that can be written"));
}
#endif

TEST_CASE("Of numbers and tokens, the error is of what the file is about", "[exchange][any_file]") {
  using detail::any_file::of_either, detail::any_file::of_file;
  const auto load = []<class In>() -> Network<float, In> {
    throw FileError(std::string("tokens.nam: ") + (std::same_as<In, Token> ? "of a table" : "of a matrix"));
  };
  CHECK(refusal<FileError>([&] { of_file("tokens.nam", load); }) ==
        "tokens.nam: of a matrix");  // not the name
  CHECK(refusal<FileError>([&] { of_either(load, [](std::string_view) { return true; }); }) ==
        "tokens.nam: of a table");
}

TEST_CASE("Outputs are asked for with what the network takes", "[exchange][any_file]") {
  const AnyNetwork tokens = words(), numbers = make_network<float>({{"dense", 2, 1}});
  CHECK(outputs_of(tokens, MatrixX<float>::Ones(1, 4)).cols() == 1);
  CHECK_THAT(refusal([&] { outputs_of(tokens, MatrixX<float>::Constant(1, 1, 0.5f)); }),
             ContainsSubstring("it must be a whole number"));
  CHECK_THAT(refusal([&] { outputs_of(tokens, MatrixX<float>::Ones(2, 1)); }),
             ContainsSubstring("it takes 1"));
  CHECK_THAT(refusal([&] { outputs_of(numbers, MatrixX<float>::Ones(1, 1)); }),
             ContainsSubstring("it takes 2"));
  CHECK_THROWS(outputs_of(tokens, MatrixX<float>::Constant(1, 1, 99)));  // no such word
}

}  // namespace any_file_test
}  // namespace recur::testing
