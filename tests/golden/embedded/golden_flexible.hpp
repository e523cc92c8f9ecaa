// Chain {flexible Elman (2 -> 3), flexible LSTM (3 -> 4), FlexibleActivation (thresholded_relu), flexible GRU (4 -> 3), FlexibleActivation (affine), flexible GRU (3 -> 2), FlexibleActivation (selu), FlexibleActivation (exponential)}, made by recur: 263 numbers, 1052 bytes.
//
//   golden_flexible::Network net;
//   net.step(x, y);               // float x[net.inputs], float y[net.outputs]
#pragma once

#include "recur/embedded/network.hpp"

namespace golden_flexible {
namespace weights {
inline constexpr float layer_0_activation_alpha = 0.25f;
inline constexpr float layer_0_weight_ih[2][3] =
{{-0.21158877f, 0.102082334f, 0.14954673f}, {0.32155025f, 0.016713914f, 0.28452396f}};
inline constexpr float layer_0_weight_hh[3][3] =
{{0.0038898054f, 0.3086616f, -0.13746278f}, {-0.11905701f, 0.49852562f, -0.24941048f}, {-0.14608623f,
0.24030373f, 0.06384087f}};
inline constexpr float layer_0_bias[3] =
{0.35265726f, 0.4007187f, 0.15890701f};
inline constexpr float layer_1_gate_alpha = 0.2f;
inline constexpr float layer_1_gate_beta = 0.5f;
inline constexpr float layer_1_output_alpha = 1.5f;
inline constexpr float layer_1_output_beta = 0.5f;
inline constexpr float layer_1_weight_ih[3][16] =
{{-0.055505175f, -0.44285288f, 0.39356047f, 0.11399997f, 0.36548278f, -0.32352272f, -0.378372f, 0.0442213f,
0.3164999f, 0.17990185f, -0.1510465f, 0.26439258f, -0.11034815f, 0.063727364f, 0.097132534f, -0.12248515f},
{0.1323661f, -0.2196624f, 0.08286725f, -0.17989314f, 0.09420635f, -0.055914734f, -0.35772857f, 0.4806291f,
-0.27461812f, 0.37400544f, -0.46537572f, 0.43348488f, -0.115059145f, 0.06262683f, -0.46357137f,
-0.33163095f}, {0.07766315f, 0.25485206f, 0.23492804f, 0.08667755f, -0.07598554f, -0.27912652f,
0.32232398f, -0.03943231f, 0.054415323f, -0.42796573f, -0.06999714f, -0.10747781f, -0.24279085f,
0.14902434f, 0.2931346f, 0.09413182f}};
inline constexpr float layer_1_weight_hh[4][16] =
{{0.49743786f, 0.27536663f, -0.25193325f, -0.17196108f, 0.49227005f, -0.24258164f, 0.432084f, -0.11531661f,
0.3526839f, 0.39566398f, -0.48253503f, -0.48840845f, 0.4980325f, -0.24019797f, 0.054519806f, 0.05541231f},
{-0.3463625f, -0.08469128f, -0.39367265f, -0.15210265f, -0.19702771f, 0.19055404f, 0.23081553f,
0.35060716f, -0.41183245f, 0.07846929f, -0.25972375f, -0.011404361f, -0.07064906f, -0.1687635f,
-0.3278579f, -0.4327016f}, {0.13945362f, 0.1921359f, -0.49341923f, 0.45294002f, -0.24979496f, 0.27499437f,
0.25899386f, 0.36317968f, 0.48282215f, -0.16766492f, -0.2825724f, -0.32004768f, -0.19085577f,
-0.074572355f, -0.016595678f, -0.07751186f}, {-0.24660578f, 0.4740367f, -0.09893859f, 0.27050444f,
0.2071181f, 0.23512796f, -0.05992822f, -0.3444903f, 0.35975376f, -0.48277688f, -0.36157486f, -0.06738679f,
-0.43901765f, -0.2003656f, -0.39613682f, -0.30056623f}};
inline constexpr float layer_1_bias[16] =
{-0.399419f, 0.024218798f, 0.50365996f, -0.6482619f, -0.45290455f, -0.32038277f, -0.40979752f,
-0.17332262f, 0.28642523f, 0.16922393f, -0.20879078f, -0.5548537f, -0.65517884f, -0.0073408782f,
0.3871477f, -0.3703049f};
inline constexpr float layer_2_function_alpha = 0.03125f;
inline constexpr float layer_3_gate_alpha = 0.2f;
inline constexpr float layer_3_gate_beta = 0.5f;
inline constexpr float layer_3_weight_ih[4][9] =
{{-0.4895503f, -0.23210984f, -0.04060904f, -0.24582681f, 0.35966435f, -0.3894185f, -0.28706506f,
-0.16741522f, 0.3956784f}, {0.18480211f, -0.3079531f, 0.028859513f, -0.047846504f, -0.4469746f,
-0.23308967f, -0.07511161f, -0.056523856f, -0.39654598f}, {-0.46254963f, -0.25263363f, -0.46589932f,
-0.45174912f, -0.18243034f, 0.32979646f, 0.3090337f, 0.25119847f, -0.47924834f}, {-0.19631335f,
-0.017258339f, 0.44511765f, 0.06325941f, 0.48605293f, -0.018062852f, -0.08883019f, 0.04479089f,
0.42204994f}};
inline constexpr float layer_3_weight_hh[3][9] =
{{-0.47894505f, -0.38808474f, 0.2535258f, 0.10690934f, -0.016514441f, 0.14021839f, -0.29988986f,
0.38546357f, -0.35582387f}, {0.29830387f, -0.11235457f, -0.4761695f, 0.4285981f, 0.40952668f, -0.43661523f,
0.0980989f, 0.36925295f, -0.46289077f}, {-0.29161227f, -0.2578831f, 0.49803498f, -0.10131897f, -0.3219076f,
0.20551975f, -0.17024516f, -0.42588136f, -0.08232063f}};
inline constexpr float layer_3_bias_ih[9] =
{-0.3042841f, -0.37939918f, -0.13763078f, -0.18308097f, 0.06460421f, 0.41340107f, 0.49368265f,
-0.17666125f, -0.21218553f};
inline constexpr float layer_3_bias_hh[9] =
{0.079573415f, 0.4850967f, -0.03352732f, 0.09918378f, 0.35354775f, -0.28377244f, 0.39749613f, -0.21545267f,
0.4004335f};
inline constexpr float layer_4_function_alpha = 2.0f;
inline constexpr float layer_4_function_beta = 0.125f;
inline constexpr float layer_5_candidate_alpha = 0.5f;
inline constexpr float layer_5_weight_ih[3][6] =
{{-0.3015077f, 0.46710464f, -0.31908667f, 0.30148467f, -0.035359863f, -0.055827413f}, {-0.24252237f,
0.4861402f, -0.046929356f, 0.26789677f, 0.48188302f, -0.12215912f}, {0.20083444f, 0.031387605f,
-0.0054768017f, 0.32742256f, 0.059484493f, -0.44178256f}};
inline constexpr float layer_5_weight_hh_rz[2][4] =
{{-0.35257363f, -0.21488811f, 0.1460932f, -0.13004594f}, {0.07077674f, 0.010055494f, 0.29212484f, 0.24074f}};
inline constexpr float layer_5_weight_hh_n[2][2] =
{{0.49683666f, 0.18293723f}, {-0.2774955f, 0.21611466f}};
inline constexpr float layer_5_bias[6] =
{-0.13253422f, 0.39329633f, -0.46993363f, -0.19857407f, 0.06428692f, -0.05700186f};
inline constexpr float layer_6_function_alpha = 1.6732632f;
inline constexpr float layer_6_function_beta = 1.050701f;
using namespace recur::embedded;
using Network = Chain<Elman<layer_0_weight_ih, layer_0_weight_hh, layer_0_bias, LeakyRelu<layer_0_activation_alpha>>, Lstm<layer_1_weight_ih, layer_1_weight_hh, layer_1_bias, HardSigmoid<layer_1_gate_alpha, layer_1_gate_beta>, Softsign, ScaledTanh<layer_1_output_alpha, layer_1_output_beta>>, Activate<4, ThresholdedRelu<layer_2_function_alpha>>, Gru<layer_3_weight_ih, layer_3_weight_hh, layer_3_bias_ih, layer_3_bias_hh, HardSigmoid<layer_3_gate_alpha, layer_3_gate_beta>, Softplus>, Activate<3, Affine<layer_4_function_alpha, layer_4_function_beta>>, GruResetBefore<layer_5_weight_ih, layer_5_weight_hh_rz, layer_5_weight_hh_n, layer_5_bias, Silu, FlexibleElu<layer_5_candidate_alpha>>, Activate<2, Selu<layer_6_function_alpha, layer_6_function_beta>>, Activate<2, Exponential>>;
}  // namespace weights

using Network = weights::Network;
}  // namespace golden_flexible
