// Chain {Conv1d (2 -> 4, kernel 2, dilation 1), reset-before GRU (4 -> 3), bidirectional LSTM (3 -> 4), Dense (4 -> 5)}, made by recur: 213 numbers, 551 bytes, matrices of 8 bits.
//
//   golden_bytes::Network net;
//   int steps = net.run<100>(x, count, y);   // float x[count][net.inputs], y[100][net.outputs]
#pragma once

#include "recur/embedded/network.hpp"

namespace golden_bytes {
namespace weights {
inline constexpr recur::embedded::Int8Matrix<4, 4, 4> layer_0_weight =
{{{-127, 46, 38, 110}, {10, 127, 1, 105}, {-83, -53, 127, -85}, {-88, 107, 16, 127}},
{0.0016660532f, 0.002240346f, 0.0039253985f, 0.0029279755f}};
inline constexpr float layer_0_bias[4] =
{0.18074109f, 0.3245179f, -0.019195642f, 0.21997759f};
inline constexpr recur::embedded::Int8Matrix<4, 9, 9> layer_1_weight_ih =
{{{-45, -16, -127, 127, 31, 127, -85, -127, 15}, {86, 53, -43, 85, -30, 22, 26, -41, 45}, {-60, 24, -52, 30,
-15, -124, 127, -92, 127}, {-127, 127, -33, 20, -127, -115, 21, 86, 80}},
{0.0036643757f, 0.0034132667f, 0.0034870305f, 0.0030989011f, 0.0036501682f, 0.002877817f, 0.003784481f,
0.002979307f, 0.0029449246f}};
inline constexpr recur::embedded::Int8Matrix<3, 6, 6> layer_1_weight_hh_rz =
{{{45, -22, -121, 116, -10, 14}, {-127, 44, 127, 34, 127, 72}, {-127, 127, -50, 127, 101, -127}},
{0.0019117389f, 0.0034022362f, 0.0023081463f, 0.0027770384f, 0.0039168335f, 0.0037994883f}};
inline constexpr recur::embedded::Int8Matrix<3, 3, 3> layer_1_weight_hh_n =
{{{-111, -18, -28}, {-66, -44, 127}, {-127, 127, -62}},
{0.0038457357f, 0.003921516f, 0.003876142f}};
inline constexpr float layer_1_bias[9] =
{0.054519806f, 0.05541231f, -0.3463625f, -0.08469128f, -0.39367265f, -0.15210265f, -0.19702771f,
0.19055404f, 0.23081553f};
inline constexpr recur::embedded::Int8Matrix<3, 8, 8> layer_2_forward_weight_ih =
{{{103, -108, 52, -67, -3, -36, -78, -127}, {-127, 37, 127, -127, 127, -127, 127, 100}, {107, 127, -111,
-73, -90, -97, -34, -6}},
{0.003407099f, 0.003801749f, 0.001512881f, 0.0038851907f, 0.0035664567f, 0.0019668892f, 0.0021653099f,
0.0025815582f}};
inline constexpr recur::embedded::Int8Matrix<2, 8, 8> layer_2_forward_weight_hh =
{{{-29, -87, 125, -35, 127, 60, 127, -19}, {-127, 127, -127, -127, -32, -127, -108, -127}},
{0.002712522f, 0.0028327066f, 0.0038013926f, 0.0028470461f, 0.0021299561f, 0.003456832f, 0.0018514012f,
0.0031191874f}};
inline constexpr float layer_2_forward_bias[8] =
{-0.14768288f, -0.05213952f, 0.069295466f, 0.63176715f, -0.40422124f, -0.6127993f, 0.29832205f, 0.2541728f};
inline constexpr recur::embedded::Int8Matrix<3, 8, 8> layer_2_reverse_weight_ih =
{{{-100, -14, 127, 34, -127, -70, -109, -127}, {-127, -2, -68, -127, -89, -105, -95, 41}, {-44, -127, -111,
-11, -67, 127, -127, -89}},
{0.0025685509f, 0.0038547267f, 0.0020942928f, 0.0036273266f, 0.0036912514f, 0.0028320027f, 0.0030662874f,
0.0032116885f}};
inline constexpr recur::embedded::Int8Matrix<2, 8, 8> layer_2_reverse_weight_hh =
{{{-127, 127, 59, -85, 15, -13, -126, -127}, {-57, -18, -127, -127, -127, -127, -127, -99}},
{0.00131823f, 0.0031155779f, 0.003122409f, 0.003642123f, 0.001989241f, 0.0036684985f, 0.0035570795f,
0.0018353517f}};
inline constexpr float layer_2_reverse_bias[8] =
{0.8158494f, 0.29097083f, 0.16236828f, -0.43445745f, 0.22573659f, -0.4962034f, 0.057032913f, 0.31678522f};
inline constexpr recur::embedded::Int8Matrix<4, 5, 5> layer_3_weight =
{{{0, 0, 0, -80, 106}, {0, 4, 0, -127, 118}, {0, -127, 0, 98, -127}, {0, -4, 0, -27, -88}},
{1.1754944e-38f, 0.0687583f, 1.1754944e-38f, 0.003749366f, 0.0036448091f}};
inline constexpr float layer_3_bias[5] =
{0.20551975f, -0.17024516f, -0.42588136f, -0.08232063f, -0.3042841f};
using namespace recur::embedded;
using Network = Chain<Conv1d<2, 1, layer_0_weight, layer_0_bias>, GruResetBefore<layer_1_weight_ih, layer_1_weight_hh_rz, layer_1_weight_hh_n, layer_1_bias>, Bidirectional<Lstm<layer_2_forward_weight_ih, layer_2_forward_weight_hh, layer_2_forward_bias>, Lstm<layer_2_reverse_weight_ih, layer_2_reverse_weight_hh, layer_2_reverse_bias>>, Dense<layer_3_weight, layer_3_bias>>;
}  // namespace weights

using Network = weights::Network;
}  // namespace golden_bytes
