#include "recur/embedded/weights.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "catch.hpp"
#include "recur/embedded/layers.hpp"
#include "recur/embedded/network.hpp"
#include "recur/embedded/recurrent.hpp"

namespace recur::testing {
namespace embedded_weights_test {

// One by one: recur has layers of the same names.
using embedded::Bidirectional, embedded::Chain, embedded::Conv1d, embedded::Dense, embedded::Elman,
    embedded::Embedding, embedded::Gru, embedded::GruResetBefore, embedded::Int8Matrix,
    embedded::LearnedState, embedded::Lstm, embedded::ProjectedLstm, embedded::Residual, embedded::Reverse,
    embedded::run, embedded::Sigmoid, embedded::Token;

/// Bytes from -127 to 127 and scales from 0.001 to 0.004, drawn while this file is compiled.
template <int Rows, int Columns, int Scales>
constexpr Int8Matrix<Rows, Columns, Scales> drawn(std::uint32_t seed) {
  const auto next = [&seed](std::uint32_t below) {
    seed = 1664525U * seed + 1013904223U;
    return static_cast<int>((seed >> 8U) % below);
  };
  Int8Matrix<Rows, Columns, Scales> all{};
  for (auto& row : all.values)
    for (std::int8_t& value : row) value = static_cast<std::int8_t>(next(255) - 127);
  for (float& scale : all.scale) scale = 0.001f * static_cast<float>(1 + next(4));
  return all;
}

/// The same weights as bytes and as floats, which `fill` computes.
template <int Seed, int Rows, int Columns, int Scales = Columns>
struct Weight {
  static constexpr Int8Matrix<Rows, Columns, Scales> bytes = drawn<Rows, Columns, Scales>(Seed);
  static inline float floats[Rows][Columns] = {};

  static void fill() {
    for (int r = 0; r < Rows; ++r)
      for (int c = 0; c < Columns; ++c)
        floats[r][c] = bytes.scale[Scales == Columns ? c : r] * static_cast<float>(bytes.values[r][c]);
  }
};

inline constexpr float b2[2] = {0.1f, -0.2f}, b3[3] = {-0.1f, 0.25f, 0}, b4[4] = {0.1f, -0.1f, 0.2f, 0.3f},
                       b9[9] = {0.1f, -0.2f, 0.3f, 0, 0.1f, 0.2f, -0.3f, 0.1f, 0},
                       b12[12] = {0.1f, -0.2f, 0.3f};

/// Both layers give the same numbers, to rounding.
template <class Bytes, class Floats>
void check_same() {
  static_assert(Bytes::inputs == Floats::inputs && Bytes::outputs == Floats::outputs);
  using Input = typename Bytes::Input;
  constexpr int steps = 9;
  Input x[steps][Bytes::inputs];
  for (int t = 0; t < steps; ++t)
    for (int i = 0; i < Bytes::inputs; ++i)
      x[t][i] = static_cast<Input>(std::is_same_v<Input, Token> ? t - 1 : 2 * std::sin(1.0 + 3 * t + 5 * i));
  float y[steps][Bytes::outputs], expected[steps][Bytes::outputs];
  Bytes bytes;
  Floats floats;
  REQUIRE(run<steps>(bytes, x, steps, y) == steps);
  REQUIRE(run<steps>(floats, x, steps, expected) == steps);
  float largest = 0;
  for (int t = 0; t < steps; ++t)
    for (int o = 0; o < Bytes::outputs; ++o) {
      CHECK(std::abs(y[t][o] - expected[t][o]) <= 1e-6f);
      largest = std::max(largest, std::abs(expected[t][o]));
    }
  CHECK(largest > 0.01f);
}

TEST_CASE("Each layer computes with bytes what it computes with floats s q", "[embedded][weights]") {
  using W = Weight<1, 2, 3>;
  using Ih3 = Weight<2, 2, 3>;
  using Hh3 = Weight<3, 3, 3>;
  using Ih9 = Weight<4, 2, 9>;
  using Hh9 = Weight<5, 3, 9>;
  using Hh6 = Weight<6, 3, 6>;
  using Ih12 = Weight<7, 2, 12>;
  using Hh12 = Weight<8, 3, 12>;
  using Hp12 = Weight<9, 2, 12>;
  using Hr = Weight<10, 3, 2>;
  using Taps = Weight<11, 6, 4>;
  using Table = Weight<12, 7, 4, 7>;
  W::fill(), Ih3::fill(), Hh3::fill(), Ih9::fill(), Hh9::fill(), Hh6::fill(), Ih12::fill(), Hh12::fill(),
      Hp12::fill(), Hr::fill(), Taps::fill(), Table::fill();

  check_same<Dense<W::bytes, b3, Sigmoid>, Dense<W::floats, b3, Sigmoid>>();
  check_same<Embedding<Table::bytes>, Embedding<Table::floats>>();
  check_same<Conv1d<2, 2, Taps::bytes, b4>, Conv1d<2, 2, Taps::floats, b4>>();
  check_same<Elman<Ih3::bytes, Hh3::bytes, b3>, Elman<Ih3::floats, Hh3::floats, b3>>();
  using BytesLstm = Lstm<Ih12::bytes, Hh12::bytes, b12>;
  using FloatsLstm = Lstm<Ih12::floats, Hh12::floats, b12>;
  check_same<BytesLstm, FloatsLstm>();
  check_same<LearnedState<BytesLstm, b3, b3>, LearnedState<FloatsLstm, b3, b3>>();
  check_same<ProjectedLstm<Ih12::bytes, Hp12::bytes, b12, Hr::bytes>,
             ProjectedLstm<Ih12::floats, Hp12::floats, b12, Hr::floats>>();
  using BytesGru = Gru<Ih9::bytes, Hh9::bytes, b9, b9>;
  using FloatsGru = Gru<Ih9::floats, Hh9::floats, b9, b9>;
  check_same<BytesGru, FloatsGru>();
  check_same<Reverse<BytesGru>, Reverse<FloatsGru>>();
  check_same<Bidirectional<BytesGru, BytesLstm>, Bidirectional<FloatsGru, FloatsLstm>>();
  check_same<GruResetBefore<Ih9::bytes, Hh6::bytes, Hh3::bytes, b9>,
             GruResetBefore<Ih9::floats, Hh6::floats, Hh3::floats, b9>>();
  check_same<Chain<BytesLstm, Residual<Dense<Hh3::bytes, b3>>>,
             Chain<FloatsLstm, Residual<Dense<Hh3::floats, b3>>>>();
  // A matrix of bytes and one of floats go together.
  check_same<Elman<Ih3::bytes, Hh3::floats, b3>, Elman<Ih3::floats, Hh3::bytes, b3>>();
}

constexpr float tiny = std::numeric_limits<float>::min(), large = 2.6793877e36f;  // 127 of it are 3.4e38
inline constexpr Int8Matrix<2, 3, 3> ends = {{{127, 0, -127}, {0, 127, 1}}, {large, tiny, 0.5f}};
inline constexpr float none[3] = {};

TEST_CASE("The largest and the smallest scales give finite numbers, also while a program is compiled",
          "[embedded][weights]") {
  constexpr auto y = [](int o) {
    float out[3] = {};
    Dense<ends, none>().step({1, 3}, out);
    return out[o];
  };
  constexpr float y0 = y(0), y1 = y(1), y2 = y(2);
  CHECK((y0 > 3.4e38f && y0 <= std::numeric_limits<float>::max()));
  CHECK((y1 == tiny * 381 && y2 == -62));
  static constexpr Int8Matrix<2, 2, 2> words = {{{-3, 127}, {1, 0}}, {2, 0.25f}};
  constexpr auto row = [](Token token, int e) {
    float out[2] = {};
    Embedding<words>().step({token}, out);
    return out[e];
  };
  constexpr float first[] = {row(0, 0), row(0, 1)}, second[] = {row(1, 0), row(1, 1)};
  CHECK((first[0] == -6 && first[1] == 254));
  CHECK((second[0] == 0.25f && second[1] == 0));
  CHECK((row(2, 1) == 0 && row(-1, 0) == 0));
  CHECK(sizeof(ends) == 6 + 2 + 3 * sizeof(float));  // and 2 bytes, to align the scales
}

}  // namespace embedded_weights_test
}  // namespace recur::testing
