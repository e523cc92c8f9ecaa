// The headers of header_networks.hpp are committed: this file is compiled with them, and so is embedded/strict.cpp, without
// exceptions, RTTI and libraries.
#include "recur/exchange/header_file.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "catch.hpp"
#include "exchange/header_networks.hpp"
#include "golden/embedded/all.hpp"
#include "max_abs.hpp"
#include "recur/cell/min_rnn.hpp"
#include "recur/core/file.hpp"
#include "recur/layer/pointwise.hpp"
#include "recur/recurrence/learned_state.hpp"
#include "refusal.hpp"
#include "temporary.hpp"

namespace recur::testing {
namespace header_file_test {

using namespace header_networks;
using Catch::Matchers::ContainsSubstring;
namespace fs = std::filesystem;

const fs::path folder = fs::path(RECUR_GOLDEN_DIR) / "embedded";

TEST_CASE("A header has every number of its network, and is the committed one", "[exchange][header_file]") {
  const TemporaryDirectory directory;
  for_each_network(
      [&]<class In>(const std::string& name, const Network<float, In>& network, HeaderWeights weights) {
        CAPTURE(name);
        const fs::path path = directory.path / (name + ".hpp");
        write_header(path, network, name, texts_of(network, weights));
        const std::string text = detail::read_file(path);
        CHECK(text == detail::read_file(folder / (name + ".hpp")));
        for (const auto& p : Parameters<const float>(network))
          if (!p.name.ends_with("bias_ih") && !p.name.ends_with("bias_hh") &&
              (weights == HeaderWeights::float32 || p.is_vector))
            for (Index i = 0; i < p.size(); ++i)
              REQUIRE(text.find(detail::header_file::literal(p.data[i])) != text.npos);
      });
}

template <class Embedded, class In>
void check_outputs(const Network<float, In>& network) {
  const auto [y, x] = run(network);
  using Input = typename Embedded::Input;
  Input its_x[steps][Embedded::inputs];
  std::copy_n(x.data(), static_cast<std::size_t>(steps * Embedded::inputs), &its_x[0][0]);
  float its_y[steps][Embedded::outputs];
  Embedded net;
  for (int again = 0; again < 2; ++again) {  // a run starts anew
    const int count = net.template run<steps>(its_x, steps, its_y);
    REQUIRE(count == y.cols());
    CHECK(max_abs(ConstMatrixMap<float>(&its_y[0][0], y.rows(), y.cols()) - y) < 1e-5f);
  }
  CHECK(embedded::run<steps - 1>(net, its_x, steps, its_y) == 0);
  CHECK(embedded::run<steps>(net, its_x, 0, its_y) == 0);
  CHECK(network.can_stream() == Embedded::streams);
  if constexpr (Embedded::streams) {
    auto stream = network.stream();
    net.reset();
    for (int t = 0; t < static_cast<int>(steps); ++t) {
      float one[Embedded::outputs];
      net.step(its_x[t], one);
      const auto step = [&, &x = x]() -> const VectorX<float>& {
        if constexpr (std::same_as<In, Token>)
          return network.step(VectorX<Token>::Constant(1, x[static_cast<std::size_t>(t)]), stream);
        else
          return network.step(x.col(t), stream);
      };
      CHECK(max_abs(ConstMatrixMap<float>(one, y.rows(), 1) - step()) < 1e-5f);
    }
  }
}

TEST_CASE("What a header computes is what its network computes, in a run and step by step",
          "[exchange][header_file]") {
  check_outputs<golden_cells::Network>(cells());
  check_outputs<golden_gates::Network>(gates());
  check_outputs<golden_plain::Network>(plain());
  check_outputs<golden_both::Network>(both());
  check_outputs<golden_ends::Network>(ends());
  check_outputs<golden_projected::Network>(projected());
  check_outputs<golden_flexible::Network>(flexible());
  check_outputs<golden_mean::Network>(words("mean"));
  check_outputs<golden_highest::Network>(words("max"));
  check_outputs<golden_last::Network>(words("last"));
  check_outputs<golden_bytes::Network>(in_header(bytes(), HeaderWeights::int8));
  check_outputs<golden_table::Network>(in_header(words("last"), HeaderWeights::int8));
}

/// Each weight of W in a header differs by at most half a scale from that of the network.
template <int I, int O, int Scales>
void check_bytes(const embedded::Int8Matrix<I, O, Scales>& weight, const MatrixX<float>& w) {
  REQUIRE((w.rows() == O && w.cols() == I));
  VectorX<int> largest = VectorX<int>::Zero(Scales);
  for (int i = 0; i < I; ++i)
    for (int o = 0; o < O; ++o) {
      const int row = Scales == O ? o : i;
      const double s = static_cast<double>(weight.scale[row]);
      CHECK(std::abs(s * weight.values[i][o] - static_cast<double>(w(o, i))) <= 0.5 * s);
      largest(row) = std::max(largest(row), std::abs(weight.values[i][o]));
    }
  for (int row = 0; row < Scales; ++row) {
    const bool is_small =
        weight.scale[row] == std::numeric_limits<float>::min();  // zeros and denormal numbers
    CHECK(largest(row) == (is_small ? 0 : 127));
  }
}

TEST_CASE("A header of bytes has each weight to half of its scale, whatever is in a row",
          "[exchange][header_file]") {
  const auto network = bytes();
  const auto matrix = [&](const std::string& name) -> MatrixX<float> {
    for (const auto& p : Parameters<const float>(network))
      if (p.name == name) return ConstMatrixMap<float>(p.data, p.rows, p.columns);
    throw std::invalid_argument(name);
  };
  namespace w = golden_bytes::weights;
  check_bytes(w::layer_0_weight, matrix("0.weight"));
  check_bytes(w::layer_1_weight_ih, matrix("1.weight_ih"));
  check_bytes(w::layer_1_weight_hh_rz, matrix("1.weight_hh").topRows(6));
  check_bytes(w::layer_1_weight_hh_n, matrix("1.weight_hh").bottomRows(3));
  check_bytes(w::layer_2_forward_weight_ih, matrix("2.forward.weight_ih"));
  check_bytes(w::layer_2_reverse_weight_hh, matrix("2.reverse.weight_hh"));
  check_bytes(w::layer_3_weight, matrix("3.weight"));
  const auto least = std::numeric_limits<float>::min();
  CHECK((w::layer_3_weight.scale[0] == least && w::layer_3_weight.scale[2] == least));
  CHECK(w::layer_3_weight.scale[1] > 10 * w::layer_3_weight.scale[3]);
  const auto with_words = words("last");
  const auto table = Parameters<const float>(with_words)[0];
  check_bytes(golden_table::weights::layer_0_weight, ConstMatrixMap<float>(table.data, 4, 6));  // row-major
  static_assert(
      std::is_same_v<decltype(golden_table::weights::layer_0_weight), const embedded::Int8Matrix<6, 4, 6>>);
  static_assert(std::is_same_v<decltype(golden_bytes::weights::layer_3_bias), const float[5]>);

  // The header says what it takes of the memory: 4 bytes for each scale and bias.
  const std::string text = detail::read_file(folder / "golden_bytes.hpp");
  CHECK_THAT(text, ContainsSubstring("made by recur: 213 numbers, 551 bytes, matrices of 8 bits."));
}

TEST_CASE("An embedded network can be computed while a program is compiled", "[exchange][header_file]") {
  constexpr float y = [] {
    golden_mean::Network net;
    float out[2] = {};
    for (const auto& x : expected::golden_mean_x) net.step(x, out);
    return out[0];
  }();
  CHECK(y == Approx(expected::golden_mean_y[0][0]).margin(1e-5));
  float none[4];
  embedded::Embedding<golden_mean::weights::layer_0_weight>().step({6}, none);
  CHECK((none[0] == 0 && none[3] == 0));  // a token that it does not know
}

TEST_CASE("A header carries a test case, which a program runs, also while it is compiled",
          "[exchange][header_file]") {
  using embedded::error_of, expected::golden_projected_x, expected::golden_projected_y;
  static_assert(error_of<golden_mean::Network>(expected::golden_mean_x, expected::golden_mean_y) < 1e-5f);
  using Net = golden_projected::Network;
  CHECK(error_of<Net>(golden_projected_x, golden_projected_y) < 1e-5f);
  float other[7][4], fewer[2][4] = {};
  std::copy_n(&golden_projected_y[0][0], 28, &other[0][0]);
  other[3][1] += 10;  // of -1.4
  CHECK(error_of<Net>(golden_projected_x, other) > 1);
  other[0][0] = std::numeric_limits<float>::quiet_NaN();  // nor do the numbers behind it make up for it
  CHECK(std::isnan(error_of<Net>(golden_projected_x, other)));
  CHECK(error_of<Net>(golden_projected_x, fewer) == std::numeric_limits<float>::infinity());

  const TemporaryDirectory directory;
  const auto written = [&](const auto& network, const TestCase& test) {
    write_header(directory.path / "a.hpp", network, "a", {.test = test});
    return detail::read_file(directory.path / "a.hpp");
  };
  MatrixX<float> x(2, 2), y(1, 2), tokens(1, 2);
  x << 0.5f, 1, -2, 0.25f;
  y << 3, 4;
  tokens << 5, 0;
  const std::string numbers = written(chain({made({"dense", 2, 1})}), {x, y});
  CHECK_THAT(numbers, ContainsSubstring("float test_input[2][2] = {\n{0.5f, -2.0f},\n{1.0f, 0.25f}};\n"));
  CHECK_THAT(numbers, ContainsSubstring("float test_output[2][1] = {\n{3.0f},\n{4.0f}};\n"));
  CHECK_THAT(written(words("last"), {tokens, y}),
             ContainsSubstring("std::int32_t test_input[2][1] = {\n{5},\n{0}};\n"));
  for (const float token : {2.7f, -1.0f, 6.0f}) {
    tokens(0) = token;
    CHECK_THAT(refusal([&] {
                 written(words("last"), {tokens, y});
               }),
               ContainsSubstring("it must be a whole number from 0 to 5"));
  }
  y(0) = std::numeric_limits<float>::quiet_NaN();
  CHECK_THAT(refusal([&] {
               written(chain({made({"dense", 2, 1})}), {x, y});
             }),
             ContainsSubstring("the number nan"));
}

TEST_CASE("A header leaves out dropout, has every activation, and says what a network reads",
          "[exchange][header_file]") {
  const TemporaryDirectory directory;
  const auto written = [&](const auto& network) {
    write_header(directory.path / "a.hpp", network, "a");
    return detail::read_file(directory.path / "a.hpp");
  };
  CHECK_THAT(written(chain({made({"dense", 2, 3}),
                            made(Description("residual").around(Description("dropout").with("rate", 0.5)))})),
             ContainsSubstring("Residual<Activate<3, Identity>>"));
  CHECK_THAT(written(chain({made(Description("dense", 2, 3).with("activation", "elu"))})),
             ContainsSubstring(", Elu>"));
  CHECK_THAT(written(make_network<float, Token>(
                 {{"embedding", 5, 2}, Description("lstm", 2, 3).with("direction", "both")})),
             ContainsSubstring("// std::int32_t x[count][net.inputs], float y[100][net.outputs]\n"));
}

TEST_CASE("A literal gives its number again, bit for bit", "[exchange][header_file]") {
  using Limits = std::numeric_limits<float>;
  std::vector<float> numbers{0.0f,
                             -0.0f,
                             1.0f,
                             1e10f,
                             1e-5f,
                             Limits::max(),
                             Limits::min(),
                             Limits::denorm_min(),
                             -Limits::epsilon()};
  Random random(2);
  for (int i = 0; i < 5000; ++i) {
    const auto number = std::bit_cast<float>(static_cast<std::uint32_t>(random.bits()));
    if (std::isfinite(number)) numbers.push_back(number);
  }
  for (const float number : numbers) {
    const std::string text = detail::header_file::literal(number);
    REQUIRE(text.back() == 'f');
    REQUIRE(text.find_first_of(".e") != text.npos);  // "1f" is not a literal
    CHECK(std::bit_cast<std::uint32_t>(std::strtof(text.c_str(), nullptr)) ==
          std::bit_cast<std::uint32_t>(number));
  }
}

TEST_CASE("Words are in the order in which they are found, with every byte", "[exchange][header_file]") {
  const std::vector<std::string> words{"<unk>", "good", "bad", "is", "not", "n't"};
  for (std::size_t i = 0; i < words.size(); ++i)
    CHECK(embedded::find(golden_mean::words, words[i].data(), words[i].data() + words[i].size()) ==
          static_cast<int>(i));
  CHECK(std::string(golden_mean::classes[1]) == "yes");
  CHECK(detail::header_file::quoted("a\"\\?\n\xc3\xa9"
                                    "1") == R"("a\042\134\077\012\303\2511")");
}

TEST_CASE("What a header can't have is refused by name, and no file is touched", "[exchange][header_file]") {
  const TemporaryDirectory directory;
  const fs::path path = directory.file("a.hpp", "before");
  const auto refused = [&](const auto& network, const std::string& name = "amp",
                           const HeaderOptions& texts = {}) {
    const std::string text = refusal([&] { write_header(path, network, name, texts); });
    CHECK(detail::read_file(path) == "before");
    return text;
  };
  CHECK_THAT(refused(chain({Network<float>{Recurrent{MinGru<float>{2, 3}}}})),
             ContainsSubstring("of the kind \"mingru\": it can have chain, "));
  CHECK_THAT(refused(chain({Network<float>{Recurrent{FlexibleLstm<float>{2, 3, {.clip = 3}}}}})),
             ContainsSubstring("has the option clip: a header can't have it"));
  CHECK_THAT(refused(chain({Network<float>{LearnedState{Recurrent{ProjectedLstm<float>{2, 3, 1}}}}})),
             ContainsSubstring("a projected LSTM with a learned state"));
  CHECK_THAT(refused(Network<float>{Activate<float, Tanh>{}}), ContainsSubstring("any number of features"));
  auto net = chain({made({"dense", 2, 3})});
  CHECK_THAT(
      refused(net, "amp", {.weights = static_cast<HeaderWeights>(7)}),
      ContainsSubstring("the weights number 7: they must be HeaderWeights::float32 or HeaderWeights::int8"));
  for (const char* name : {"", "2", "a-b", "_a", "a__b", "class", "std", "recur", "a b", "\xc3\xa9"})
    CHECK_THAT(refused(net, name), ContainsSubstring("can't be the name of a header's network"));
  for (const char* name : {"Lstm", "Tanh", "Chain", "Merge", "Pooling", "ThresholdedRelu", "Int8Matrix"})
    CHECK_THAT(refused(net, name), ContainsSubstring("can't be the name of a header's network"));
  CHECK_THAT(refused(net, "amp", {{}, {"a", "b", "c", "d"}}),
             ContainsSubstring("4 classes, of a network with 3 outputs"));
  auto sums = chain({made({"lstm", 2, 3})});
  for (const auto& p : Parameters<float>(sums))
    if (p.is_vector) std::fill_n(p.data, p.size(), 3e38f);
  CHECK_THAT(refused(sums), ContainsSubstring("the number inf, such as the sum of two biases"));
  CHECK_THAT(refused(net, "amp", {{"<unk>"}, {}}), ContainsSubstring("1 words, of a network that knows 0"));
  Parameters<float>(net)[0].data[2] = std::numeric_limits<float>::infinity();
  CHECK_THAT(refused(net), ContainsSubstring("\"0.weight\" has the number inf"));
  CHECK_THAT(refusal<FileError>([&] { write_header(directory.path / "no" / "a.hpp", cells(), "amp"); }),
             ContainsSubstring("can't be"));
}

}  // namespace header_file_test
}  // namespace recur::testing
