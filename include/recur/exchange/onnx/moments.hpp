// Normalisations of ONNX, and layer normalisation and GELU in single nodes.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "recur/exchange/onnx/arithmetic.hpp"
#include "recur/layer/pointwise.hpp"

namespace recur::inline RECUR_ABI::detail::onnx {

class MomentReader : public ArithmeticReader {
 protected:
  using ArithmeticReader::ArithmeticReader;
  ~MomentReader() = default;

  void arithmetic(Node& node) {
    const bool negative = node.op() == "Neg";
    const Value &a = value(node, 0), &b = negative ? a : value(node, 1);
    if (std::holds_alternative<Scores>(a) || std::holds_alternative<Scores>(b))
      return scores_scaled(node, a, b);
    if (const auto* const moment = std::get_if<Moment>(&b);
        moment && node.op() != "Mul" && node.op() != "Add")
      return moments(node, a, *moment);
    if (std::holds_alternative<Moment>(a) || std::holds_alternative<Moment>(b))
      return moments_with(node, a, b);
    const bool a_runs = std::holds_alternative<SignalPtr>(a), b_runs = std::holds_alternative<SignalPtr>(b);
    if (negative && a_runs) return with_constant(node, *signal(node, 0), Numbers{{}, {-1}}, "Mul", false);
    if (a_runs && b_runs) return with_each_other(node, *signal(node, 0), *signal(node, 1), node.op());
    if (a_runs || b_runs) {
      const int run = a_runs ? 0 : 1;
      node.check(std::holds_alternative<Numbers>(a_runs ? b : a),
                 "computes with whole numbers and a value of the inputs");
      return with_constant(node, *signal(node, run), std::get<Numbers>(a_runs ? b : a), node.op(), b_runs);
    }
    if (std::holds_alternative<Numbers>(a) && std::holds_alternative<Numbers>(b)) {
      const Numbers &x = numbers(node, 0, true), &y = numbers(node, negative ? 0 : 1, true);
      const std::string& op = node.op();
      return set(node, 0, both(node, x, y, [&](float p, float q) {
                   const float r = op == "Add"   ? p + q
                                   : op == "Sub" ? p - q
                                   : op == "Mul" ? p * q
                                   : op == "Neg" ? -p
                                                 : p / q;
                   return finite(node, r);
                 }));
    }
    if (std::holds_alternative<Unknown>(a) || std::holds_alternative<Unknown>(b))
      return set(node, 0, Unknown());
    const Sizes &x = sizes(node, 0), &y = sizes(node, negative ? 0 : 1);
    const std::string& op = node.op();
    set(node, 0, both(node, x, y, [&](const Size& p, const Size& q) -> Size {
          if (op == "Mul") return times(node, p, q);
          if (op == "Div") {
            Size rest = p;
            for (const int axis : q.axes) {
              const auto at = std::find(rest.axes.begin(), rest.axes.end(), axis);
              if (at == rest.axes.end()) return {divided(node, known(node, p), known(node, q)), {}};
              rest.axes.erase(at);
            }
            const Index whole = divided(node, rest.number, q.number);
            if (!rest.axes.empty() && whole * q.number != rest.number)  // the size itself must be divided
              return {divided(node, known(node, rest), q.number), {}};
            rest.number = whole;
            return rest;
          }
          const Index first = known(node, p), second = known(node, q);
          node.check(is_within(first, Index{1} << 60) && is_within(second, Index{1} << 60),
                     "has sizes that are too large");
          return {op == "Add" ? first + second : op == "Sub" ? first - second : -first, {}};
        }));
  }
  /// A number that was computed of constants.
  static float finite(const Node& node, float number) {
    node.check(std::isfinite(number), "gives a constant that is not finite");
    return number;
  }
  void reduce(Node& node) {
    const bool global = node.op() == "GlobalAveragePool" || node.op() == "GlobalMaxPool";
    const bool mean = node.op() == "ReduceMean" || node.op() == "GlobalAveragePool";
    const bool keep = global || node.flag("keepdims", true);
    if (!global) node.flag("noop_with_empty_axes", false);  // it has axes, so either is the same
    std::optional<std::vector<Index>> given;
    if (global)
      given = {{2}};
    else
      given = whole(node, 1, "axes");
    const auto* const moment = std::get_if<Moment>(&value(node, 0));
    const SignalPtr x = moment ? moment->of : signal(node, 0);
    if (global) {
      node.check(x->rank() == 3, "pools a tensor of ", x->rank(),
                 " axes: it must have 3, batch, features and time");
      be(node, x->axes[0], Role::batch);
      be(node, x->axes[1], Role::feature);
      be(node, x->axes[2], Role::time);
    }
    node.check(given && given->size() == 1, "reduces several axes: it must be one");
    const auto axis = axis_of(node, (*given)[0], x->rank());
    const bool is_time =
        !has_features_only(x->axes[axis]) &&
        (x->axes[axis].size() == 1 &&
         (table_.role(x->axes[axis][0].axis) == Role::time ||
          (table_.role(x->axes[axis][0].axis) == Role::unknown && !(keep && axis + 1 == x->axes.size()))));
    if (mean && !is_time && keep && axis + 1 == x->axes.size()) {
      if (!moment) return set(node, 0, Moment{Moment::Kind::mean, x, 0});
      node.check(moment->kind == Moment::Kind::square, "is not a part of a layer normalisation");
      return set(node, 0, Moment{Moment::Kind::variance, x, 0});
    }
    const bool sum = node.op() == "ReduceSum";
    node.check(!moment, "reduces a part of a layer normalisation or a GELU, but not as these do");
    if (sum || (mean && has_features_only(x->axes[axis]))) return sum_of_features(node, *x, axis, keep, !sum);
    node.check(is_time || dry_, "reduces features or a batch: only the steps of a sequence can be");
    be(node, x->axes[axis], Role::time);
    Signal y = dry_ ? *x : pooled(node, *x, mean ? Ends::mean : Ends::max);
    y.axes[axis].clear();
    if (!keep) y.axes.erase(y.axes.begin() + static_cast<Index>(axis));
    give(node, std::move(y));
  }
  /// factor x + bias, the same for all features.
  Signal multiplied(const Node& node, const Signal& x, float factor, float bias = 0) {
    if (dry_ || (factor == 1 && bias == 0)) return whole_of(dry_ ? -1 : step_of(node, x), x.axes, x);
    const Index count = steps_[step_of(node, x)].features;
    check_affordable(node, 2 * count * Index{sizeof(float)});
    return scaled(node, x, VectorX<float>::Constant(count, factor), VectorX<float>::Constant(count, bias));
  }
  /// The sum or mean along an axis of features, as of two directions.
  void sum_of_features(const Node& node, const Signal& x, std::size_t axis, bool keep, bool mean) {
    constexpr Index most = 16;
    const Index count = features(node, x.axes[axis]);
    node.check(count <= most, "adds ", count, " features: at most ", most, " can be");
    Signal y = x;
    if (!dry_) {
      std::vector<int> parts;
      for (Index k = 0; k < count; ++k) parts.push_back(step_of(node, selected(node, x, axis, k, 1, 1)));
      y.axes[axis].clear();
      y = whole_of(parts.size() == 1 ? parts[0] : steps_.join(Join::add, parts, name_of(node)), y.axes, x);
      if (mean && count > 1) y = multiplied(node, y, 1 / static_cast<float>(count));
    }
    y.axes[axis].clear();
    if (!keep) y.axes.erase(y.axes.begin() + static_cast<Index>(axis));
    give(node, std::move(y));
  }
  /// a - mean, or centred / deviation.
  void moments(const Node& node, const Value& a, const Moment& b) {
    if (const auto* const x = std::get_if<SignalPtr>(&a);
        x && node.op() == "Sub" && b.kind == Moment::Kind::mean && *x == b.of)
      return set(node, 0, Moment{Moment::Kind::centred, b.of, 0});
    const auto* const centred = std::get_if<Moment>(&a);
    node.check(centred && node.op() == "Div" && centred->kind == Moment::Kind::centred &&
                   b.kind == Moment::Kind::deviation && centred->of == b.of,
               "computes with a moment of features, but not as in a layer normalisation");
    normalized(node, *b.of, b.epsilon, nullptr, nullptr, b.of->axes.size() - 1);
  }
  void moments_with(const Node& node, const Value& a, const Value& b) {
    const auto *first = std::get_if<Moment>(&a), *second = std::get_if<Moment>(&b);
    if (first && second && node.op() == "Mul" && first->kind == Moment::Kind::centred &&
        second->kind == first->kind && first->of == second->of)
      return set(node, 0, Moment{Moment::Kind::square, first->of, 0});
    if (const Moment& one = first ? *first : *second;
        one.kind == Moment::Kind::erf || one.kind == Moment::Kind::one_plus_erf)
      return erf_with(node, one, first ? b : a);
    const auto* const variance = first ? first : second;
    const auto* const epsilon = std::get_if<Numbers>(first ? &b : &a);
    node.check(epsilon && epsilon->count() == 1 && epsilon->rank() <= variance->of->rank() &&
                   node.op() == "Add" && variance->kind == Moment::Kind::variance,
               "computes with a moment of features, but not as in a layer normalisation");
    set(node, 0, Moment{variance->kind, variance->of, variance->epsilon + epsilon->at(0)});
  }
  /// GELU in single nodes: x (1 + erf(x / √2)) / 2, its factors in any order.
  void erf(Node& node) { set(node, 0, Moment{Moment::Kind::erf, signal(node, 0), 1}); }
  void erf_with(const Node& node, const Moment& erf, const Value& other) {
    const auto* const number = std::get_if<Numbers>(&other);
    const bool is_number = number && number->count() == 1 && number->rank() <= erf.of->rank(),
               is_product = node.op() == "Mul";
    if (erf.kind == Moment::Kind::erf && node.op() == "Add" && is_number && number->at(0) == 1)
      return set(node, 0, Moment{Moment::Kind::one_plus_erf, erf.of, 1});
    if (erf.kind == Moment::Kind::one_plus_erf && is_product && is_number)
      return set(node, 0, Moment{erf.kind, erf.of, erf.epsilon * number->at(0)});
    const auto* const x = std::get_if<SignalPtr>(&other);
    node.check(erf.kind == Moment::Kind::one_plus_erf && is_product && x, not_gelu);
    gelu(node, erf, **x);
  }
  /// x is some multiple of what erf takes.
  void gelu(const Node& node, const Moment& erf, const Signal& x) {
    if (dry_) return give(node, whole_of(-1, x.axes, x));
    // The multiple of `base` that a step is, or 0.
    const auto multiple = [&](int step, int base) {
      if (step == base) return 1.0F;
      const Step& is = steps_[step];
      const bool is_multiple = is.kind == Step::Kind::scale && is.from[0] == base && is.bias.isZero(0) &&
                               (is.factor.array() == is.factor(0)).all();
      return is_multiple ? is.factor(0) : 0.0F;
    };
    const int inner = step_of(node, *erf.of), outer = step_of(node, x);
    node.check(steps_[inner].kind == Step::Kind::scale, not_gelu);
    const int base = steps_[inner].from[0];
    const float by = multiple(outer, base);
    node.check(std::abs(multiple(inner, base) - std::sqrt(0.5F)) < 1e-6F && by != 0, not_gelu);
    const Signal of_base = whole_of(base, x.axes, x);
    const Signal y = activated(node, of_base, "gelu", Network<float>{Activate<float, Gelu>{}});
    const auto factor = VectorX<float>::Constant(steps_[base].features, 2 * by * erf.epsilon).eval();
    give(node, factor(0) == 1 ? y : scaled(node, y, factor, VectorX<float>::Zero(factor.size())));
  }
  static constexpr const char* not_gelu =
      "computes with erf, but not as in a GELU: that can't be represented";
  void pow(Node& node) {
    const auto* const x = std::get_if<Moment>(&value(node, 0));
    const Numbers* const power = std::get_if<Numbers>(&value(node, 1));
    if (power && std::holds_alternative<Numbers>(value(node, 0)))
      return set(node, 0,
                 both(node, numbers(node, 0, true), numbers(node, 1, true),
                      [&](float base, float exponent) { return finite(node, std::pow(base, exponent)); }));
    const auto* const whole_power = std::get_if<Sizes>(&value(node, 1));
    const bool is_square = (power && power->count() == 1 && power->at(0) == 2) ||
                           (whole_power && whole_power->count() == 1 && whole_power->at(0) == Size{2, {}});
    if (is_signal(node, 0) && is_square)
      return with_each_other(node, *signal(node, 0), *signal(node, 0), "Mul");
    node.check(x && x->kind == Moment::Kind::centred && is_square,
               "is neither a square nor a power of constants of one type: that can't be represented");
    set(node, 0, Moment{Moment::Kind::square, x->of, 0});
  }
  void sqrt(Node& node) {
    if (std::holds_alternative<Numbers>(value(node, 0))) {
      Numbers y = numbers(node, 0, true);
      spend(node, static_cast<Index>(y.values.size() * sizeof(float)));
      for (float& number : y.values) number = finite(node, std::sqrt(number));
      return set(node, 0, std::move(y));
    }
    const auto* const x = std::get_if<Moment>(&value(node, 0));
    node.check(x && x->kind == Moment::Kind::variance,
               "computes with a value of the inputs, but not as in a layer normalisation: that can't be "
               "represented");
    set(node, 0, Moment{Moment::Kind::deviation, x->of, x->epsilon});
  }
  void normalized(const Node& node, const Signal& x, float epsilon, const Numbers* factor,
                  const Numbers* bias, std::size_t axis) {
    features(node, x.axes[axis]);
    int step = -1;
    const VectorX<float> gamma = for_features(node, x, factor ? *factor : Numbers{{}, {1}}),
                         beta = for_features(node, x, bias ? *bias : Numbers{{}, {0}});
    if (!dry_) {
      have_none_but(node, x.axes, {axis});
      node.check(epsilon > 0 && std::isnormal(epsilon), "has epsilon ", epsilon, ": it must be positive");
      Step made = blank();
      made.factor = gamma;
      made.bias = beta;
      made.epsilon = epsilon;
      const int from = step_of(node, x);
      step = add(node, Step::Kind::norm, from, steps_[from].features, std::move(made));
    }
    give(node, whole_of(step, x.axes, x));
  }
  void layer_normalization(Node& node) {
    const SignalPtr x = signal(node, 0);
    const auto axis = axis_of(node, node.integer("axis", -1), x->rank());
    const float epsilon = node.number("epsilon", 1e-5F);
    node.integer("stash_type", 1);
    node.check(axis + 1 == x->axes.size(), "normalises along axis ", axis, ": it must be the last one");
    node.check(uses_[node.output(1)] == 0 && uses_[node.output(2)] == 0,
               "gives its mean or deviation: that can't be represented");
    normalized(node, *x, epsilon, &numbers(node, 1), numbers_or_none(node, 2), axis);
  }
  void batch_normalization(Node& node) {
    const SignalPtr x = signal(node, 0);
    const float epsilon = node.number("epsilon", 1e-5F);
    node.number("momentum", 0.9F);
    node.check(!node.flag("training_mode", false),
               "is in training mode: only its fixed statistics can be represented");
    node.integer("spatial", 1);
    // Before version 14 a node with more outputs was in training mode. It normalised by the batch itself.
    for (int k = 1; k < node.outputs(); ++k)
      node.check(
          file_.opset() >= 14 || node.output(k).empty(),
          "gives its statistics, so it is in training mode: only its fixed statistics can be represented");
    node.check(x->rank() == 2 || x->rank() == 3, "has an input of ", x->rank(), " axes: it must have 2 or 3");
    const Numbers* all[4];
    for (int k = 0; k < 4; ++k) {
      all[k] = &numbers(node, k + 1);
      node.check(all[k]->rank() == 1 && all[k]->dims == all[0]->dims, "has statistics of different sizes");
    }
    const Index count = all[0]->count();
    have_features(node, x->axes[1], count);
    if (dry_) return give(node, whole_of(-1, x->axes, *x));
    have_none_but(node, x->axes, {1});
    VectorX<float> factor(count), bias(count);
    for (Index f = 0; f < count; ++f) {
      const float spread = all[3]->at(f) + epsilon;
      node.check(spread > 0, "has a variance of ", all[3]->at(f), " with epsilon ", epsilon,
                 ": their sum must be above 0");
      factor(f) = all[0]->at(f) / std::sqrt(spread);
      bias(f) = all[1]->at(f) - factor(f) * all[2]->at(f);
    }
    give(node, scaled(node, *x, factor, bias));
  }
};

}  // namespace recur::inline RECUR_ABI::detail::onnx
