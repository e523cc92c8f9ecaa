// Activations, softmax and dropout of ONNX.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "recur/exchange/onnx_moments.hpp"
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
      node.check(alpha != 0, "has alpha 0: it must not be 0");
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
  void clip(Node& node) {
    const auto bound = [&](int i, const char* name) -> std::optional<float> {
      if (node.has(name)) return node.number(name, 0);
      if (node.input(i).empty()) return {};
      const Numbers& given = numbers(node, i);
      node.check(given.count() == 1, "has bounds of several numbers");
      return given.at(0);
    };
    const auto low = bound(1, "min"), high = bound(2, "max");
    const SignalPtr x = signal(node, 0);
    const auto relu = [&](const Signal& of) {
      return activated(node, of, "relu", Network<float>{Activate<float, Relu>{}});
    };
    if (!low && !high) return set(node, 0, x);
    if (!high) return give(node, multiplied(node, relu(multiplied(node, *x, 1, -*low)), 1, *low));
    if (!low) return give(node, multiplied(node, relu(multiplied(node, *x, -1, *high)), -1, *high));
    const double range = static_cast<double>(*high) - static_cast<double>(*low);
    node.check(range > 0, "has the bounds ", *low, " and ", *high, ": the first must be below the second");
    const Signal y = hard_sigmoid(node, *x, 1 / range, -static_cast<double>(*low) / range);
    give(node, multiplied(node, y, static_cast<float>(range), *low));
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
    node.check(uses_[node.output(1)] == 0, "gives its mask: that can't be represented");
    if (std::holds_alternative<Scores>(value(node, 0))) return set(node, 0, value(node, 0));
    const SignalPtr x = signal(node, 0);
    if (rate == 0 || dry_) return set(node, 0, x);
    give(node, whole_of(add_layer(node, step_of(node, *x), Dropout<float>{static_cast<double>(rate)}),
                        x->axes, *x));
  }
};

}  // namespace recur::inline RECUR_ABI::detail::onnx
