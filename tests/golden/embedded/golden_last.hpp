// Chain {Embedding (6 tokens -> 4), Dropout (0.2), GRU (4 -> 3), Pool (last), Dense (3 -> 2)}, made by recur: 113 numbers, 452 bytes.
//
//   golden_last::Network net;
//   net.step(x, y);               // std::int32_t x[net.inputs], float y[net.outputs]
#pragma once

#include "recur/embedded/network.hpp"
#include "recur/embedded/words.hpp"

namespace golden_last {
namespace weights {
inline constexpr float layer_0_weight[6][4] =
{{-0.21158877f, 0.102082334f, 0.14954673f, 0.32155025f}, {0.016713914f, 0.28452396f, 0.0038898054f,
0.3086616f}, {-0.13746278f, -0.11905701f, 0.49852562f, -0.24941048f}, {-0.14608623f, 0.24030373f,
0.06384087f, 0.3718529f}, {0.18074109f, 0.3245179f, -0.019195642f, 0.21997759f}, {-0.1656109f,
-0.055505175f, -0.44285288f, 0.39356047f}};
inline constexpr float layer_2_weight_ih[4][9] =
{{0.11399997f, 0.36548278f, -0.32352272f, -0.378372f, 0.0442213f, 0.3164999f, 0.17990185f, -0.1510465f,
0.26439258f}, {-0.11034815f, 0.063727364f, 0.097132534f, -0.12248515f, 0.1323661f, -0.2196624f,
0.08286725f, -0.17989314f, 0.09420635f}, {-0.055914734f, -0.35772857f, 0.4806291f, -0.27461812f,
0.37400544f, -0.46537572f, 0.43348488f, -0.115059145f, 0.06262683f}, {-0.46357137f, -0.33163095f,
0.07766315f, 0.25485206f, 0.23492804f, 0.08667755f, -0.07598554f, -0.27912652f, 0.32232398f}};
inline constexpr float layer_2_weight_hh[3][9] =
{{-0.03943231f, 0.054415323f, -0.42796573f, -0.06999714f, -0.10747781f, -0.24279085f, 0.14902434f,
0.2931346f, 0.09413182f}, {0.49743786f, 0.27536663f, -0.25193325f, -0.17196108f, 0.49227005f, -0.24258164f,
0.432084f, -0.11531661f, 0.3526839f}, {0.39566398f, -0.48253503f, -0.48840845f, 0.4980325f, -0.24019797f,
0.054519806f, 0.05541231f, -0.3463625f, -0.08469128f}};
inline constexpr float layer_2_bias_ih[9] =
{-0.39367265f, -0.15210265f, -0.19702771f, 0.19055404f, 0.23081553f, 0.35060716f, -0.41183245f,
0.07846929f, -0.25972375f};
inline constexpr float layer_2_bias_hh[9] =
{-0.011404361f, -0.07064906f, -0.1687635f, -0.3278579f, -0.4327016f, 0.13945362f, 0.1921359f, -0.49341923f,
0.45294002f};
inline constexpr float layer_4_weight[3][2] =
{{-0.24979496f, 0.27499437f}, {0.25899386f, 0.36317968f}, {0.48282215f, -0.16766492f}};
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
}  // namespace golden_last
