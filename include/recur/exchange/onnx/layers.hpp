// Activations, softmax and dropout of ONNX.
#pragma once

#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "recur/exchange/onnx/moments.hpp"
#include "recur/layer/dropout.hpp"
#include "recur/layer/flexible_activation.hpp"
#include "recur/layer/pointwise.hpp"
#include "recur/layer/softmax.hpp"

namespace recur::inline RECUR_ABI::detail::onnx {

class LayerReader : public MomentReader {
 protected:
  using MomentReader::MomentReader;
  ~LayerReader() = default;

  void activation(Node& node) {
    const SignalPtr x = signal(node, 0);
    const std::string& op = node.op();
    const auto give_it = [&](const char* name, auto layer) {
      give(node, activated(node, *x, name, Network<float>{std::move(layer)}));
    };
    const auto flexible = [&](GateKind kind, std::optional<double> alpha = {},
                              std::optional<double> beta = {}) {
      give_it("flexible", FlexibleActivation<float>{{kind, alpha, beta}});
    };
    const auto number = [&](const char* name, float otherwise) {
      return static_cast<double>(node.number(name, otherwise));
    };
    if (op == "Tanh") return give_it("tanh", Activate<float, Tanh>{});
    if (op == "Relu") return give_it("relu", Activate<float, Relu>{});
    if (op == "Sigmoid") return give_it("sigmoid", Activate<float, Sigmoid>{});
    if (op == "Softplus") return flexible(GateKind::softplus);
    if (op == "Softsign") return flexible(GateKind::softsign);
    if (op == "Exp") return flexible(GateKind::exponential);
    if (op == "LeakyRelu") return flexible(GateKind::leaky_relu, number("alpha", 0.01F));
    if (op == "ThresholdedRelu") return flexible(GateKind::thresholded_relu, number("alpha", 1));
    if (op == "HardSigmoid")
      return flexible(GateKind::hard_sigmoid, number("alpha", 0.2F), number("beta", 0.5F));
    if (op == "Selu")
      return flexible(GateKind::selu, number("alpha", 1.67326319F), number("gamma", 1.05070102F));
    if (op == "Elu") {
      const double alpha = number("alpha", 1);
      if (alpha == 1) return give_it("elu", Activate<float, Elu>{});
      return flexible(GateKind::elu, alpha);
    }
    if (op == "Celu") {  // α elu(x / α)
      const float alpha = node.number("alpha", 1);
      node.check(alpha > 0 && std::isfinite(1 / alpha), "has alpha ", alpha,
                 ": it must be above 0, and 1 / alpha finite");
      const Signal inner = multiplied(node, *x, 1 / alpha);
      return give(
          node,
          multiplied(node, activated(node, inner, "elu", Network<float>{Activate<float, Elu>{}}), alpha));
    }
    const std::string approximate = node.text("approximate", "none");
    node.check(approximate == "none", "has approximate ", quote(approximate), ": it must be \"none\"");
    give_it("gelu", Activate<float, Gelu>{});
  }
  Signal hard_sigmoid(const Node& node, const Signal& x, double alpha, double beta) {
    const GateFunction f{GateKind::hard_sigmoid, alpha, beta};
    return activated(node, x, "flexible", Network<float>{FlexibleActivation<float>{f}});
  }
  /// min(max(x, low), high)
  void clip(Node& node) {
    // A bound near the largest float bounds nothing: exporters write it for one that was not given. One near zero is zero.
    // Plug-ins take denormal numbers for zero. With the bounds that are left, 1 / b is a normal number, and so is x / b
    // for any x from 1e-7 on.
    constexpr float largest = 0x1p100F;
    const auto bound = [&](int i, const char* name) -> std::optional<float> {
      float number = 0;
      if (node.has(name)) {
        number = node.number(name, 0);
      } else if (node.input(i).empty()) {
        return {};
      } else {
        const Numbers& given = numbers(node, i);
        node.check(given.count() == 1, "has bounds of several numbers");
        number = given.at(0);
      }
      if (std::abs(number) > largest) {
        node.check((number < 0) == (i == 1), "has ", name, ' ', number, ": that would leave one value alone");
        return {};
      }
      return std::abs(number) < 1 / largest ? 0.0F : number;
    };
    const auto low = bound(1, "min"), high = bound(2, "max");
    const SignalPtr x = signal(node, 0);
    if (!low && !high) return set(node, 0, x);
    const double range = low && high ? static_cast<double>(*high) - static_cast<double>(*low) : 0;
    if (range > 1e-30 && (*low == 0 || range <= near)) {  // one layer
      const Signal y = hard_sigmoid(node, *x, 1 / range, -static_cast<double>(*low) / range);
      return give(node, multiplied(node, y, static_cast<float>(range), *low));
    }
    Signal y = *x;
    if (low) y = bounded(node, y, 1, *low);
    if (high) y = bounded(node, y, -1, *high);
    give(node, std::move(y));
  }
  static constexpr float near = 64;  // a bound within it may be added to x: x loses at most 4e-6
  /// max(x, b), or with the sign -1 min(x, b): s max(s x, s b).
  Signal bounded(const Node& node, const Signal& x, float s, float b) {
    const auto relu = [&](const Signal& of) {
      return activated(node, of, "relu", Network<float>{Activate<float, Relu>{}});
    };
    if (s * b >= 0 || std::abs(b) <= near)
      return multiplied(node, relu(multiplied(node, x, s, -s * b)), s, b);
    // x on either side of zero by itself, so that a small x beside a large b loses no digits:
    // s relu(s x) + b min(relu(x / b), 1)
    const Signal inside = multiplied(node, hard_sigmoid(node, x, 1 / static_cast<double>(b), 0), b);
    return combined(node, multiplied(node, relu(multiplied(node, x, s)), s), inside, "Add");
  }
  void hard_swish(Node& node) {  // x max(0, min(1, x / 6 + 1/2))
    const SignalPtr x = signal(node, 0);
    with_each_other(node, *x, hard_sigmoid(node, *x, 1.0 / 6, 0.5), "Mul");
  }
  void softmax(Node& node) {
    if (const auto* const of = std::get_if<Scores>(&value(node, 0))) return weights(node, *of);
    const SignalPtr x = signal(node, 0);
    const Index otherwise = file_.opset() < 13 ? 1 : -1;
    const auto axis = axis_of(node, node.integer("axis", otherwise), x->rank());
    // Before version 13, all axes from this one on were one.
    for (std::size_t k = axis; k < x->axes.size(); ++k)
      if (k == axis || file_.opset() < 13) features(node, x->axes[k]);
    for (std::size_t k = 0; k < x->axes.size() && !dry_; ++k)
      node.check(features_of(x->axes[k]) == 1 || k == axis || (k > axis && file_.opset() < 13),
                 "works along one axis of a value with features in several: that can't be represented");
    give(node, activated(node, *x, "softmax", Network<float>{Softmax<float>{node.op() == "LogSoftmax"}}));
  }
  void leaky(const Node& node, const Signal& x, const Numbers& slopes) {
    const VectorX<float> slope = for_features(node, x, slopes);
    if (dry_) return give(node, whole_of(-1, x.axes, x));
    PRelu<float> layer(slope.size());
    layer.weight = slope;
    give(node, whole_of(add_layer(node, step_of(node, x), std::move(layer)), x.axes, x));
  }
  void absolute(Node& node) { leaky(node, *signal(node, 0), Numbers{{}, {-1}}); }  // -x below 0
  void p_relu(Node& node) { leaky(node, *signal(node, 0), numbers(node, 1)); }
  void dropout(Node& node) {
    float rate = node.number("ratio", 0.5F);
    node.integer("seed", 0);
    if (const Numbers* const given = numbers_or_none(node, 1)) rate = given->count() == 1 ? given->at(0) : -1;
    node.check(rate >= 0 && rate < 1, "has ratio ", rate, ": it must be at least 0 and below 1");
    const bool is_training = !node.input(2).empty() && whole(node, 2) != std::vector<Index>{0};
    node.check(!is_training || rate == 0,
               "is in training mode, so it would drop numbers when the model runs: export the model in the "
               "mode of evaluation (in PyTorch: model.eval())");
    node.check(uses_[node.output(1)] == 0, "gives its mask: that can't be represented");
    if (std::holds_alternative<Scores>(value(node, 0))) return set(node, 0, value(node, 0));
    const SignalPtr x = signal(node, 0);
    if (rate == 0 || dry_) return set(node, 0, x);
    give(node, whole_of(add_layer(node, step_of(node, *x), Dropout<float>{static_cast<double>(rate)}),
                        x->axes, *x));
  }
};

}  // namespace recur::inline RECUR_ABI::detail::onnx
