// Attention in the operators of ONNX: products of matrices, and a softmax over the steps.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "recur/core/description.hpp"
#include "recur/exchange/onnx/write_recurrent.hpp"

namespace recur::inline RECUR_ABI::detail::onnx {

class AttentionWriter : public RecurrentWriter {
 protected:
  using RecurrentWriter::RecurrentWriter;
  ~AttentionWriter() = default;

  /// W x + b of each step, O × I and O; b may be missing.
  Written linear(const Written& x, const std::string& weight, const std::string& bias, Index outputs) {
    const std::string w = constant(weight, {x.features, outputs}, transposed(weight));
    std::string y = apply("MatMul", {x.name, w}, "product");
    if (has(bias)) y = apply("Add", {y, constant(bias, {outputs}, numbers(bias))}, "dense");
    return {y, outputs, x.timed, x.steps_change};
  }
  /// Self-attention with several heads: y = W_out (v softmax(kᵀ q / √d)) + b_out.
  Written attention(const Description& is, const std::string& at, const Written& x, Index heads,
                    bool causal) {
    if (!x.timed) refuse_layer(is, at, "it follows a pool");
    const Index features = x.features, each = features / heads;
    const Written all = linear(x, under(at, "in_proj_weight"), under(at, "in_proj_bias"), 3 * features);
    // T × B × 3D to B × H × T × d, and the keys to B × H × d × T.
    const auto part = [&](Index k, const std::vector<Index>& order) {
      return moved(reshaped(sliced(all.name, k * features, (k + 1) * features, 2), {0, 0, heads, each}),
                   order);
    };
    const std::string q = part(0, {1, 2, 0, 3}), k = part(1, {1, 2, 3, 0}), v = part(2, {1, 2, 0, 3});
    std::string scores =
        apply("Mul", {apply("MatMul", {q, k}, "scores"), scalar(1 / std::sqrt(each))}, "scores");
    // What must not be seen gets a score of which the exponential is 0.
    const auto hide = [&](const std::string& what) {
      scores = apply("Add", {scores, apply("Mul", {what, scalar(-1e9)}, "hidden")}, "scores");
    };
    if (causal) {  // the steps j - i behind step i
      const std::string t = steps_of(x.name);
      hide(apply("Relu", {apply("Sub", {t, along("Unsqueeze", t, {1}, "query")}, "later")}, "later"));
    }
    if (is_ragged())  // 1 behind the end of a sample: B × 1 × 1 × T
      hide(along("Unsqueeze", moved(apply("Sub", {scalar(1), mask(x.name)}, "behind"), {1, 0}), {1, 2},
                 "behind"));
    const std::string weights = apply("Softmax", {scores}, "weights", "axis", Index{-1});
    const std::string heads_of_steps = moved(apply("MatMul", {weights, v}, "context"), {2, 0, 1, 3});
    const Written context{reshaped(heads_of_steps, {0, 0, -1}), features, true, x.steps_change};
    return linear(context, under(under(at, "out_proj"), "weight"), under(under(at, "out_proj"), "bias"),
                  features);
  }
};

}  // namespace recur::inline RECUR_ABI::detail::onnx
