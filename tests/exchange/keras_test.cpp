#include "recur/exchange/keras.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "catch.hpp"
#include "golden.hpp"
#include "max_abs.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace keras_test {

using Catch::Matchers::ContainsSubstring;
using detail::exchange::KerasBuilder;
using detail::exchange::KerasLayer;
using detail::exchange::read_keras;

std::filesystem::path golden_file(const std::string& name) {
  return std::filesystem::path(RECUR_GOLDEN_DIR) / name;
}

MatrixX<float> steps(const nlohmann::json& rows) {
  MatrixX<float> x(static_cast<Index>(rows[0].size()), static_cast<Index>(rows.size()));
  for (Index t = 0; t < x.cols(); ++t)
    for (Index f = 0; f < x.rows(); ++f)
      x(f, t) = rows[static_cast<std::size_t>(t)][static_cast<std::size_t>(f)].get<float>();
  return x;
}
std::vector<Token> tokens(const nlohmann::json& list) { return list.get<std::vector<Token>>(); }

/// All samples in one ragged batch, and step by step where the network can stream.
template <class In>
void matches(const nlohmann::json& one) {
  const auto network = load_keras<In>(golden_file(one["file"].get<std::string>()));
  CHECK_NOTHROW(network.description());
  std::vector<typename Sequence<In>::Sample> x;
  for (const auto& sample : one["inputs"])
    if constexpr (std::same_as<In, Token>)
      x.push_back(tokens(sample));
    else
      x.push_back(steps(sample));
  typename Network<float, In>::Tape tape;
  const Sequence<float>& y = network.forward(Sequence<In>(x), tape);
  for (std::size_t b = 0; b < x.size(); ++b) {
    const MatrixX<float> expected = steps(one["outputs"][b]), given = y.sample(static_cast<Index>(b));
    REQUIRE(given.rows() == expected.rows());
    REQUIRE(given.cols() == expected.cols());
    CHECK(max_abs(given - expected) < 1e-5);
    if (!network.can_stream()) continue;
    auto stream = network.stream();
    VectorX<float> last;
    for (Index t = 0; t < static_cast<Index>(one["inputs"][b].size()); ++t)
      if constexpr (std::same_as<In, Token>)
        last = network.step(VectorX<Token>::Constant(1, x[b][static_cast<std::size_t>(t)]), stream);
      else
        last = network.step(x[b].col(t), stream);
    CHECK(max_abs(last - expected.rightCols(1)) < 1e-5);
  }
}

TEST_CASE("Models of Keras 1, 2 and 3 give what their equations give", "[exchange][keras][golden]") {
  const auto file = golden("keras");
  REQUIRE(file["cases"].size() == 18);
  for (const auto& one : file["cases"]) {
    INFO(one["file"].get<std::string>());
    if (one["tokens"].get<bool>())
      matches<Token>(one);
    else
      matches<float>(one);
  }
}

TEST_CASE("The usual activations get the fast cells, others the flexible ones", "[exchange][keras]") {
  CHECK(
      load_keras(golden_file("keras/k2_chain.h5")).describe() ==
      "Chain {Elman (3 -> 4), flexible LSTM (4 -> 5), GRU (5 -> 4), reset-before GRU (4 -> 3), ReverseTime, "
      "flexible Elman (3 -> 4), Dense (4 -> 3), Softmax}");
  CHECK_THAT(load_keras(golden_file("keras/k2_both_apart.h5")).describe(),
             ContainsSubstring("both = slice of both/both, both/1 = slice of both/both"));
  CHECK(load_keras<Token>(golden_file("keras/k3_text.keras")).describe() ==
        "Chain {Embedding (11 tokens -> 4), GRU (4 -> 3), Pool (last), Dense (3 -> 2)}");
}

TEST_CASE("Models that Keras wrote give what their equations give", "[exchange][keras]") {
  const char* const data = std::getenv("RECUR_DATA");
  const auto folder = std::filesystem::path(data ? data : "") / "models" / "keras";
  if (!data || !std::filesystem::exists(folder)) {
    WARN("skipped: $RECUR_DATA has no models/keras");
    return;
  }
  // The outputs beside this model are what it was trained for. It can't give them: with a single step, |h| < tanh(1), and
  // so |y| < 23, but they go up to 94. So its equations are here once more, for one step from zero.
  const auto path = folder / "simple_lstm_tf_keras_2_model.h5";
  const auto network = load_keras(path);
  detail::exchange::Hdf5File weights(path), examples(folder / "simple_lstm_tf_keras_2_inputs_and_outputs.h5");
  const auto x = examples.tensor("inputs/lstm_1_input");
  REQUIRE(x.shape == std::vector<Index>{100, 1, 1});
  const auto W = weights.tensor("model_weights/lstm_1/lstm_1/kernel:0").values,
             b = weights.tensor("model_weights/lstm_1/lstm_1/bias:0").values,
             D = weights.tensor("model_weights/dense_1/dense_1/kernel:0").values,
             d = weights.tensor("model_weights/dense_1/dense_1/bias:0").values;
  Network<float>::Tape tape;
  const auto& given =
      network.forward(Sequence<float>(Eigen::Map<const MatrixX<float>>(x.values.data(), 1, 100), 100), tape);
  REQUIRE(given.columns() == 100);
  for (Index n = 0; n < 100; ++n) {
    const double x_n = x.values[static_cast<std::size_t>(n)];
    double y = d[0];
    for (std::size_t unit = 0; unit < 50; ++unit) {
      const auto sum = [&](std::size_t gate) { return x_n * W[gate * 50 + unit] + b[gate * 50 + unit]; };
      const auto hard = [](double a) { return std::min(std::max(0.2 * a + 0.5, 0.0), 1.0); };
      y += D[unit] * hard(sum(3)) * std::tanh(hard(sum(0)) * std::tanh(sum(2)));
    }
    CHECK(static_cast<double>(given.values()(0, n)) == Approx(y).epsilon(0).margin(1e-5));
  }
  for (const char* name : {"rnn_0.h5", "rnn_100.h5"}) CHECK(load_keras(folder / name).output_size() == 6);
}

std::string bytes_of(const std::string& name) {
  std::ifstream in(golden_file(name), std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
/// The file with a part of its JSON replaced by one as long, or shorter: blanks make up for the rest.
std::string with(std::string bytes, const std::string& old, std::string now) {
  const auto at = bytes.find(old);
  REQUIRE(at != bytes.npos);
  now.resize(old.size(), ' ');
  return bytes.replace(at, old.size(), now);
}

TEST_CASE("A model may read only one of the two outputs of a Bidirectional", "[exchange][keras]") {
  const std::string apart = bytes_of("keras/k2_both_apart.h5");
  const auto reading = [&](const char* old, const char* now) {
    return read_keras<float>(with(apart, old, now), "model.h5").describe();
  };
  const std::string first = reading("[\"both\", 0, 1, {}]", "[\"both\", 0, 0, {}]"),
                    second = reading("[\"both\", 0, 0, {}]", "[\"both\", 0, 1, {}]");
  CHECK_THAT(first, ContainsSubstring("both = slice of both/both") && !ContainsSubstring("both/1"));
  CHECK_THAT(second, ContainsSubstring("both/1 = slice of both/both") && !ContainsSubstring("both = slice"));
}

TEST_CASE("What can't be represented is refused by layer and option", "[exchange][keras]") {
  const std::string chain = bytes_of("keras/k2_chain.h5"), both = bytes_of("keras/k2_both_sum.h5"),
                    convolutions = bytes_of("keras/k2_convolutions.h5"),
                    branches = bytes_of("keras/k2_branches.h5");
  const auto refused = [](const std::string& bytes) {
    return refusal<FileError>([&] { read_keras<float>(bytes, "model.h5"); });
  };
  CHECK(refused(with(chain, "\"return_state\": false", "\"return_state\":true")) ==
        "model.h5: config.layers[1] is the layer \"simple_rnn_1\" (SimpleRNN), which has the option "
        "return_state: it must "
        "be false");
  CHECK_THAT(refused(with(chain, "\"softsign\"", "\"softsine\"")),
             ContainsSubstring(
                 "the layer \"lstm_1\" (LSTM), which has the activation \"softsine\": legal are linear"));
  CHECK_THAT(refused(with(chain, "\"class_name\": \"GRU\"", "\"class_name\": \"Gru\"")),
             ContainsSubstring("\"gru_1\" (Gru), which is of a class that can't be represented"));
  CHECK_THAT(refused(with(chain, "\"units\": 5", "\"units\": 6")),
             ContainsSubstring("\"lstm_1\" (LSTM), which has a kernel of 4 x 20: it must be any x 24"));
  CHECK_THAT(refused(with(chain, "\"use_bias\": true", "\"use_bias\":false")),
             ContainsSubstring("which has 3 weights in the file: it needs 2"));
  CHECK_THAT(refused(with(both, "\"merge_mode\": \"sum\"", "\"merge_mode\": null")),
             ContainsSubstring("(Bidirectional), which has the merge_mode null: in a Sequential nothing can "
                               "read its two outputs"));
  CHECK_THAT(refused(with(convolutions, "\"groups\": 1", "\"groups\": 2")),
             ContainsSubstring("has the option groups = 2, which can't be represented"));
  CHECK_THAT(refused(with(convolutions, "\"channels_last\"", "\"channels_1st\"")),
             ContainsSubstring("has the data_format \"channels_1st\""));
  CHECK_THAT(refused(with(branches, "\"axis\": -1", "\"axis\": 1")), ContainsSubstring("has the axis 1"));
  CHECK_THAT(refused(with(convolutions, "\"axis\": [2]", "\"axis\": [1]")),
             ContainsSubstring("(BatchNormalization), which has the axis [1]: it must be the last one"));
  CHECK_THAT(refused(with(convolutions, "\"axis\": [-1]", "\"axis\": [1]")),
             ContainsSubstring("(LayerNormalization), which has the axis [1]"));
  CHECK_THAT(refused(with(branches, "[\"added\", 0, 0, {}]", "[\"gone\", 0, 0, {}]")),
             ContainsSubstring("reads \"gone\": there is none of this name before it"));
  CHECK_THAT(refused(with(branches, "\"output_layers\": [[\"out\", 0, 0]]", "\"output_layers\": [[],[]]")),
             ContainsSubstring("config.output_layers has 2 of output_layers"));
  CHECK_THAT(refused(with(chain, "\"Sequential\"", "\"Subclassed\"")),
             ContainsSubstring("it must be Sequential"));
  CHECK_THAT(refused(with(chain, "2.4.0", "4.4.0")), ContainsSubstring("is of Keras \"4.4.0\""));
  CHECK_THAT(refusal<FileError>([&] { load_keras(golden_file("keras/k2_text.h5")); }),
             ContainsSubstring("load it by load_keras<recur::Token>"));
  CHECK_THAT(refusal<FileError>([&] { load_keras<Token>(golden_file("keras/k2_chain.h5")); }),
             ContainsSubstring("load it by load_keras<float>"));
}

TEST_CASE("A convolution from Theano is refused, since it turns kernels around", "[exchange][keras]") {
  const std::string ten("\x0A\0\0\0", 4), six("\x06\0\0\0", 4);  // characters of the attribute "backend"
  const auto from_theano = [&](const std::string& name) {
    std::string bytes = with(bytes_of(name), "tensorflow", "theano");
    const auto length = bytes.find(ten, bytes.find("backend"));
    REQUIRE(length != bytes.npos);
    return refusal<FileError>([&] { read_keras<float>(bytes.replace(length, ten.size(), six), "model.h5"); });
  };
  for (const char* name : {"keras/k1_convolution.h5", "keras/k2_convolutions.h5"})
    CHECK_THAT(from_theano(name), ContainsSubstring("was written with Theano, which turns kernels around"));
  CHECK(from_theano("keras/k2_chain.h5") == "nothing was refused");
}

TEST_CASE("A layer works on the last axis, of a sequence or of one step", "[exchange][keras]") {
  const auto takes = [](const char* axis, bool one_step) {
    const auto json = nlohmann::json::parse(
        std::string(R"({"class_name": "Softmax", "config": {"name": "s", "axis": )") + axis + "}}");
    const std::filesystem::path path = "model.h5";  // a JsonValue keeps a reference to it
    const detail::exchange::JsonValue value(json, path);
    KerasBuilder builder;
    builder.one_step = one_step;
    try {
      return builder.make(KerasLayer(value, 2, "s"), {}).size() == 1;
    } catch (const FileError&) {
      return false;
    }
  };
  CHECK(takes("-1", false));
  CHECK(takes("2", false));
  CHECK_FALSE(takes("1", false));  // time
  CHECK(takes("-1", true));
  CHECK(takes("[1]", true));
  CHECK_FALSE(takes("2", true));
}

TEST_CASE("A pool over all steps that keeps the axis of time is refused", "[exchange][keras]") {
  const auto refused = [](const char* keepdims) {
    const auto json = nlohmann::json::parse(
        std::string(R"({"class_name": "GlobalMaxPooling1D", "config": {"name": "p", "keepdims": )") +
        keepdims + "}}");
    const std::filesystem::path path = "model.h5";
    const detail::exchange::JsonValue value(json, path);
    KerasBuilder builder;
    return refusal<FileError>([&] { builder.make(KerasLayer(value, 3, "p"), {}); });
  };
  CHECK(refused("false") == "nothing was refused");
  CHECK_THAT(refused("true"), ContainsSubstring("has the option keepdims: it must be false"));
}

TEST_CASE("A damaged file of Keras is refused, wherever it is cut off", "[exchange][keras]") {
  for (const char* name : {"keras/k2_both_sum.h5", "keras/k3_text.keras"}) {
    const std::string whole = bytes_of(name);
    for (std::size_t size = 0; size < whole.size(); size += 509) {
      INFO(name << " of " << size << " bytes");
      try {
        read_keras<float>(whole.substr(0, size), "cut.h5");
        FAIL("was not refused");
      } catch (const FileError& error) {
        CHECK_THAT(error.what(), Catch::Matchers::StartsWith("cut.h5: "));
      }
    }
  }
  CHECK_THAT(refusal<FileError>([] { read_keras<float>("", "empty.h5"); }),
             ContainsSubstring("empty.h5: is empty: it should be a model of Keras"));
}

}  // namespace keras_test
}  // namespace recur::testing
