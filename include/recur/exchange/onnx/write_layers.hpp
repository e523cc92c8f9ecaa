// Layers that are not recurrent as nodes of ONNX.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "recur/cell/gate_function.hpp"
#include "recur/core/description.hpp"
#include "recur/exchange/onnx/write_attention.hpp"

namespace recur::inline RECUR_ABI::detail::onnx {

class LayerWriter : public AttentionWriter {
 protected:
  using AttentionWriter::AttentionWriter;
  ~LayerWriter() = default;

  /// The value `name` with the features, steps and batch of x, and no state.
  static Written with(const Written& x, std::string name) {
    return {std::move(name), x.features, x.timed, x.steps_change};
  }
  /// A parameter with a number for each feature.
  std::string row(const std::string& name) {
    std::vector<double> all = numbers(name);
    const auto size = static_cast<Index>(all.size());
    return constant(name, {size}, all);
  }
  /// weight ∘ y + bias, with the axes of x.
  Written scaled(const Written& x, const std::string& y, const std::string& weight, const std::string& bias) {
    return with(x, apply("Add", {apply("Mul", {y, row(weight)}, "scaled"), row(bias)}, "scaled"));
  }

  Written dense(const Description& is, const std::string& at, const Written& x) {
    const Written y = linear(x, under(at, "weight"), under(at, "bias"), is.sizes[1]);
    const std::string name = text(is, "activation", "");
    return name.empty() || name == "identity" ? y : activated(is, at, y, name, "activation");
  }
  Written activated(const Description& is, const std::string& at, const Written& x, const std::string& name,
                    const std::string& key) {
    const auto kind = GateFunction::kind_named(name);
    if (!kind) refuse_layer(is, at, "its activation " + quote(name) + " has no operator");
    const GateFunction usual = *kind;
    const double alpha = number(is, key + "_alpha", usual.alpha()),
                 beta = number(is, key + "_beta", usual.beta());
    const auto simple = [&](const char* op) { return with(x, apply(op, {x.name}, name)); };
    const auto with_alpha = [&](const char* op) {
      const Written y = simple(op);
      set(last(), "alpha", alpha);
      return y;
    };
    switch (*kind) {
      case GateKind::identity:
        return x;
      case GateKind::affine:
        return with(x, apply("Add", {apply("Mul", {x.name, scalar(alpha)}, "scaled"), scalar(beta)}, name));
      case GateKind::relu:
        return simple("Relu");
      case GateKind::leaky_relu:
        return with_alpha("LeakyRelu");
      case GateKind::thresholded_relu:
        return with_alpha("ThresholdedRelu");
      case GateKind::tanh:
        return simple("Tanh");
      case GateKind::scaled_tanh:
        return with(
            x, apply("Mul",
                     {apply("Tanh", {apply("Mul", {x.name, scalar(beta)}, "scaled")}, name), scalar(alpha)},
                     name));
      case GateKind::sigmoid:
        return simple("Sigmoid");
      case GateKind::hard_sigmoid: {
        const Written y = with_alpha("HardSigmoid");
        set(last(), "beta", beta);
        return y;
      }
      case GateKind::elu:
        return with_alpha("Elu");
      case GateKind::selu: {
        const Written y = with_alpha("Selu");
        set(last(), "gamma", beta);
        return y;
      }
      case GateKind::softsign:
        return simple("Softsign");
      case GateKind::softplus:
        return simple("Softplus");
      case GateKind::exponential:
        return simple("Exp");
      case GateKind::silu:
        return with(x, apply("Mul", {x.name, apply("Sigmoid", {x.name}, "gate")}, name));
      case GateKind::gelu: {  // x (1 + erf(x / √2)) / 2
        const std::string e = apply("Erf", {apply("Mul", {x.name, scalar(std::sqrt(0.5))}, "scaled")}, "erf");
        const std::string half = apply("Mul", {apply("Add", {e, scalar(1)}, "erf"), scalar(0.5)}, "erf");
        return with(x, apply("Mul", {x.name, half}, name));
      }
    }
    return x;
  }
  Written layer_norm(const std::string& at, const Written& x, double epsilon) {
    const auto mean = [&](const std::string& of) { return along("ReduceMean", of, {-1}, "mean"); };
    const std::string centred = apply("Sub", {x.name, mean(x.name)}, "centred");
    const std::string variance = mean(apply("Mul", {centred, centred}, "square"));
    const std::string deviation =
        apply("Sqrt", {apply("Add", {variance, scalar(epsilon)}, "variance")}, "deviation");
    return scaled(x, apply("Div", {centred, deviation}, "whitened"), under(at, "weight"), under(at, "bias"));
  }
  /// Attention and two dense layers, each with a residual connection and a normalisation.
  Written transformer(const Description& is, const std::string& at, const Written& x) {
    const double epsilon = number(is, "epsilon", 1e-5);
    const bool before = text(is, "norm", "after") == "before";
    const auto part = [&](const Written& in, const char* norm, auto&& f) {
      const Written y = f(before ? layer_norm(under(at, norm), in, epsilon) : in);
      const Written sum = with(y, apply("Add", {in.name, y.name}, "sum"));
      return before ? sum : layer_norm(under(at, norm), sum, epsilon);
    };
    const Written a = part(x, "norm1", [&](const Written& in) {
      return attention(is, under(at, "self_attn"), in, is.sizes[1], flag(is, "causal", false));
    });
    return part(a, "norm2", [&](const Written& in) {
      const auto layer = [&](const std::string& name, const Written& from, Index outputs) {
        const std::string place = under(at, name);
        return linear(from, under(place, "weight"), under(place, "bias"), outputs);
      };
      const Written inner = layer("linear1", in, is.sizes[2]);
      return layer("linear2", activated(is, at, inner, text(is, "activation", "relu"), "activation"),
                   in.features);
    });
  }
  /// y_t = x_t + p_t. The sinusoidal p_t is sin(t ω + φ), with a phase of π/2 for a cosine.
  Written positions(const Description& is, const std::string& at, const Written& x) {
    if (!x.timed) refuse_layer(is, at, "it follows a pool");
    std::string p;
    if (is.kind == "learned_positions") {
      const std::string table = constant(under(at, "weight"), is.sizes, numbers(under(at, "weight")));
      p = apply("Slice", {table, whole("start", {0}), size_of(x.name, 0), whole("axis", {0})}, "position");
    } else {
      std::vector<double> rates, phases;
      for (Index f = 0; f < x.features; ++f) {
        rates.push_back(std::pow(1e4, -static_cast<double>(f - f % 2) / static_cast<double>(x.features)));
        phases.push_back(f % 2 == 0 ? 0 : std::acos(0.0));
      }
      const std::string t = along("Unsqueeze", steps_of(x.name), {1}, "step"),
                        angle = apply("Mul", {t, constant("rate", {x.features}, rates)}, "angle");
      p = apply("Sin", {apply("Add", {angle, constant("phase", {x.features}, phases)}, "angle")}, "position");
    }
    return with(x, apply("Add", {x.name, along("Unsqueeze", p, {1}, "position")}, "positioned"));
  }
  Written reversed(const Written& x) {
    if (!x.timed) return x;
    if (is_ragged()) {
      const std::string lengths = apply("Cast", {"lengths"}, "length", "to", Index{int64});
      return with(x, apply("ReverseSequence", {x.name, lengths}, "reversed"));
    }
    const std::string start = whole("start", {-1}),
                      end = whole("end", {std::numeric_limits<std::int32_t>::min()}),
                      axis = whole("axis", {0});
    return with(x, apply("Slice", {x.name, start, end, axis, start}, "reversed"));
  }
  Written pool(const Description& is, const Written& x) {
    if (!x.timed) return x;
    Written y = with(x, "");
    y.timed = false;
    const std::string how = text(is, "pooling", "last");
    const std::string known = how == "last" ? x.at_last : how == "ends" ? x.at_ends : "";
    y.name = !known.empty() ? known : is_ragged() ? ragged_pool(how, x) : pool_of_equal(how, x);
    return y;
  }
  std::string pool_of_equal(const std::string& how, const Written& x) {
    const auto step = [&](Index t) { return apply("Gather", {x.name, whole("step", {t}, true)}, "step"); };
    if (how == "last") return step(-1);
    if (how == "ends") return both_ends(x, step(-1));
    const std::string y = along(how == "mean" ? "ReduceMean" : "ReduceMax", x.name, {0}, how);
    set(last(), "keepdims", Index{0});
    return y;
  }
  /// The first half of the last step and the second half of the first.
  std::string both_ends(const Written& x, const std::string& last_step) {
    const std::string first = apply("Gather", {x.name, whole("step", {0}, true)}, "step");
    return apply("Concat",
                 {sliced(last_step, 0, x.features / 2, -1), sliced(first, x.features / 2, x.features, -1)},
                 "ends", "axis", Index{-1});
  }
  std::string ragged_pool(const std::string& how, const Written& x) {
    const auto sum = [&](const std::string& of) {
      const std::string y = along("ReduceSum", of, {0}, "sum");
      set(last(), "keepdims", Index{0});
      return y;
    };
    if (how == "mean")
      return apply("Div", {sum(masked(x)), along("Unsqueeze", lengths(), {1}, "length")}, "mean");
    if (how == "max") {  // what is behind the end of a sample gets a number that none is below
      const std::string behind =
          along("Unsqueeze", apply("Sub", {mask(x.name), scalar(1)}, "behind"), {2}, "behind");
      const std::string low = apply("Mul", {behind, scalar(largest())}, "low");
      const std::string y = along("ReduceMax", apply("Add", {masked(x), low}, "masked"), {0}, "max");
      set(last(), "keepdims", Index{0});
      return y;
    }
    // 1 at the last step of each sample: max(0, 1 - |left - 1|).
    const std::string away = apply("Abs", {apply("Sub", {left(x.name), scalar(1)}, "away")}, "away");
    const std::string at_last = apply("Relu", {apply("Sub", {scalar(1), away}, "last")}, "last");
    const std::string last_step =
        sum(apply("Mul", {x.name, along("Unsqueeze", at_last, {2}, "last")}, "last"));
    return how == "last" ? last_step : both_ends(x, last_step);
  }
  /// y = Σ_t α_t x_t, α = softmax over t of v · tanh(W x_t + b).
  Written attention_pool(const Description& is, const std::string& at, const Written& x) {
    if (!x.timed) return x;
    const Index units = is.sizes[1];
    const std::string u = apply("Tanh", {linear(x, under(at, "weight"), under(at, "bias"), units).name},
                                "judged"),
                      v = under(at, "weight_score");
    std::string scores = apply("MatMul", {u, constant(v, {units, 1}, numbers(v))}, "scores");  // T × B × 1
    if (is_ragged()) {  // a score of which the exponential is 0, whatever is behind the end of a sample
      const std::string real = along("Unsqueeze", mask(x.name), {2}, "mask");
      const std::string low =
          apply("Mul", {apply("Sub", {real, scalar(1)}, "behind"), scalar(largest())}, "low");
      scores = apply("Add", {apply("Mul", {scores, real}, "scores"), low}, "scores");
    }
    const std::string alpha = apply("Softmax", {moved(scores, {1, 2, 0})}, "weights", "axis", Index{-1});
    const std::string y =
        apply("MatMul", {alpha, moved(is_ragged() ? masked(x) : x.name, {1, 0, 2})}, "pooled");
    return {along("Squeeze", y, {1}, "pooled"), x.features, false, x.steps_change};
  }

  /// Sets windows over time of a Conv or a pool, the last node.
  void set_window(const Description& is, Index size, Index stride) {
    const std::string padding = text(is, "padding", "causal");
    const Index dilation = static_cast<Index>(number(is, "dilation", 1)), around = (size - 1) * dilation;
    set(last(), "kernel_shape", std::vector<Index>{size});
    set(last(), "strides", std::vector<Index>{stride});
    if (is.kind == "conv1d") set(last(), "dilations", std::vector<Index>{dilation});
    if (padding == "same")
      set(last(), "auto_pad", "SAME_UPPER");
    else if (padding == "causal")
      set(last(), "pads", std::vector<Index>{around, 0});
    else if (padding == "numbers")
      set(last(), "pads",
          std::vector<Index>{static_cast<Index>(number(is, "before", 0)),
                             static_cast<Index>(number(is, "after", 0))});
  }
  /// Windows over time see zeros behind the end of each sample, and must keep its steps.
  std::string window_input(const Description& is, const std::string& at, const Written& x) {
    if (!x.timed) refuse_layer(is, at, "it follows a pool");
    return moved(is_ragged() ? masked(x) : x.name, {1, 2, 0});
  }
  void check_keeps_steps(const Description& is, const std::string& at, Index size, Index stride) const {
    const std::string padding = text(is, "padding", "causal");
    const double around = static_cast<double>(size - 1) * number(is, "dilation", 1);
    const bool keeps = padding == "causal" || padding == "same" ||
                       (padding == "numbers" && number(is, "before", 0) + number(is, "after", 0) == around);
    if (is_ragged() && (stride != 1 || !keeps))
      refuse_layer(is, at, "it changes the lengths of sequences, which the file takes");
  }
  Written conv1d(const Description& is, const std::string& at, const Written& x) {
    const Index inputs = is.sizes[0], outputs = is.sizes[1], size = is.sizes[2];
    const Index stride = static_cast<Index>(number(is, "stride", 1));
    check_keeps_steps(is, at, size, stride);
    const std::vector<double> weight = numbers(under(at, "weight"));  // O × (K I), row by row
    std::vector<double> all;
    for (Index o = 0; o < outputs; ++o)
      for (Index i = 0; i < inputs; ++i)
        for (Index k = 0; k < size; ++k)
          all.push_back(weight[static_cast<std::size_t>((o * size + k) * inputs + i)]);
    const std::string w = constant(under(at, "weight"), {outputs, inputs, size}, all),
                      b = row(under(at, "bias"));
    const std::string y = apply("Conv", {window_input(is, at, x), w, b}, "convolved");
    set_window(is, size, stride);
    return {moved(y, {2, 0, 1}), outputs, true, !is_ragged()};
  }
  Written pool1d(const Description& is, const std::string& at, const Written& x) {
    if (is_ragged())
      refuse_layer(is, at, "it pools steps behind the end of a sample, and the file takes lengths");
    const bool mean = text(is, "pooling", "max") == "mean";
    const std::string y = apply(mean ? "AveragePool" : "MaxPool", {window_input(is, at, x)}, "pooled");
    set_window(is, is.sizes[0], static_cast<Index>(number(is, "stride", 1)));
    return {moved(y, {2, 0, 1}), x.features, true, true};
  }
  Written context_window(const Description& is, const std::string& at, const Written& x) {
    const Index features = is.sizes[0], before = is.sizes[1], after = is.sizes[2], size = before + 1 + after;
    std::vector<double> all(static_cast<std::size_t>(size * features * features * size), 0.0);
    for (Index k = 0; k < size; ++k)
      for (Index f = 0; f < features; ++f)
        all[static_cast<std::size_t>(((k * features + f) * features + f) * size + k)] = 1;
    const std::string w = constant("window", {size * features, features, size}, all);
    const std::string y =
        apply("Conv", {window_input(is, at, x), w}, "window", "pads", std::vector<Index>{before, after});
    return {moved(y, {2, 0, 1}), size * features, true, x.steps_change};
  }
};

}  // namespace recur::inline RECUR_ABI::detail::onnx
