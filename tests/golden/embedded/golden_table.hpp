// Chain {Embedding (6 tokens -> 4), Dropout (0.2), GRU (4 -> 3), Pool (last), Dense (3 -> 2)}, made by recur: 113 numbers, 277 bytes, matrices of 8 bits.
//
//   golden_table::Network net;
//   net.step(x, y);               // std::int32_t x[net.inputs], float y[net.outputs]
#pragma once

#include "recur/embedded/network.hpp"
#include "recur/embedded/words.hpp"

namespace golden_table {
namespace weights {
inline constexpr recur::embedded::Int8Matrix<6, 4, 6> layer_0_weight =
{{{-84, 40, 59, 127}, {7, 117, 2, 127}, {-35, -30, 127, -64}, {-50, 82, 22, 127}, {71, 127, -8, 86}, {-47,
-16, -127, 113}},
{0.0025318917f, 0.0024304062f, 0.0039253985f, 0.0029279755f, 0.002555259f, 0.0034870305f}};
inline constexpr recur::embedded::Int8Matrix<4, 9, 9> layer_2_weight_ih =
{{{31, 127, -85, -127, 15, 86, 53, -69, 104}, {-30, 22, 26, -41, 45, -60, 24, -82, 37}, {-15, -124, 127,
-92, 127, -127, 127, -52, 25}, {-127, -115, 21, 86, 80, 24, -22, -127, 127}},
{0.0036501682f, 0.002877817f, 0.003784481f, 0.002979307f, 0.0029449246f, 0.0036643757f, 0.0034132667f,
0.0021978465f, 0.002537984f}};
inline constexpr recur::embedded::Int8Matrix<3, 9, 9> layer_2_weight_hh =
{{{-10, 14, -111, -18, -28, -127, 44, 107, 34}, {127, 72, -66, -44, 127, -127, 127, -42, 127}, {101, -127,
-127, 127, -62, 29, 16, -127, -30}},
{0.0039168335f, 0.0037994883f, 0.0038457357f, 0.003921516f, 0.003876142f, 0.0019117389f, 0.0034022362f,
0.0027272636f, 0.0027770384f}};
inline constexpr float layer_2_bias_ih[9] =
{-0.39367265f, -0.15210265f, -0.19702771f, 0.19055404f, 0.23081553f, 0.35060716f, -0.41183245f,
0.07846929f, -0.25972375f};
inline constexpr float layer_2_bias_hh[9] =
{-0.011404361f, -0.07064906f, -0.1687635f, -0.3278579f, -0.4327016f, 0.13945362f, 0.1921359f, -0.49341923f,
0.45294002f};
inline constexpr recur::embedded::Int8Matrix<3, 2, 2> layer_4_weight =
{{{-66, 96}, {68, 127}, {127, -59}},
{0.003801749f, 0.0028596825f}};
inline constexpr float layer_4_bias[2] =
{-0.2825724f, -0.32004768f};
using namespace recur::embedded;
using Network = Chain<Embedding<layer_0_weight>, Gru<layer_2_weight_ih, layer_2_weight_hh, layer_2_bias_ih, layer_2_bias_hh>, Pool<3, Pooling::last>, Dense<layer_4_weight, layer_4_bias>>;
}  // namespace weights

using Network = weights::Network;
inline constexpr recur::embedded::Word words[6] = {
{"<unk>", 0},
{"bad", 2},
{"good", 1},
{"is", 3},
{"n't", 5},
{"not", 4}};
inline constexpr const char* classes[2] = {"no", "yes"};
}  // namespace golden_table
