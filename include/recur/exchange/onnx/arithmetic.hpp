// Sums and products of ONNX: with constants, with each other, and with matrices of weights.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "recur/exchange/onnx/attention.hpp"
#include "recur/layer/positions.hpp"

namespace recur::inline RECUR_ABI::detail::onnx {

class ArithmeticReader : public AttentionReader {
 protected:
  using AttentionReader::AttentionReader;
  ~ArithmeticReader() = default;

  /// A constant for each feature of x, in the order of its axes. It must not be larger than x along time and batch.
  VectorX<float> for_features(const Node& node, const Signal& x, const Numbers& c) {
    node.check(c.rank() <= x.rank() || c.count() == 1, "computes with a constant of ", c.rank(),
               " axes and a value of ", x.rank());
    std::vector<Index> dims, strides;
    const auto own = c.strides();
    for (Index k = 0; k < x.rank(); ++k) {
      const Axis& axis = x.axes[static_cast<std::size_t>(k)];
      const Index at = k - x.rank() + c.rank();
      const Index size = at >= 0 ? c.dim(at) : 1;
      if (size != 1 && !c.is_uniform()) have_features(node, axis, size);
      if (at >= 0 && !dry_) check_covers(node, axis, size, c, static_cast<std::size_t>(at));
      dims.push_back(dry_ ? 1 : features_of(axis));
      strides.push_back(size == 1 || at < 0 ? 0 : own[static_cast<std::size_t>(at)]);
    }
    if (dry_) return {};
    spend(node, product_of(dims).value_or(Index{1} << 40) * Index{sizeof(float)});
    const Numbers all = view(node, c, dims, strides);
    VectorX<float> vector(all.count());
    for (Index k = 0; k < vector.size(); ++k) vector(k) = all.at(k);
    return vector;
  }
  /// Axis `at` of a constant must not be longer than the axis of the value that it is computed with.
  void check_covers(const Node& node, const Axis& axis, Index size, const Numbers& c, std::size_t at) const {
    const Size own = size_of(axis);
    if (c.is_repeated(at)) {
      node.check(!own.axes.empty() && table_.role(own.axes[0]) == table_.role(c.repeats[at][0]),
                 "repeats a value of the inputs along time or batch: that can't be represented");
    } else if (size != 1) {
      Index number = own.number;
      for (const int a : own.axes) number = table_.size(a) < 0 || number < 0 ? -1 : number * table_.size(a);
      node.check(number < 0 || number == size, "computes with an axis of ", number, " and a constant of ",
                 size);
    }
  }
  /// The axis of x that is time and along which a constant has numbers of its own.
  std::optional<std::size_t> time_of(const Signal& x, const Numbers& c) const {
    const std::size_t more = x.axes.size() - std::min(x.axes.size(), c.dims.size());
    if (c.is_uniform() || c.dims.size() > x.axes.size()) return {};
    for (std::size_t k = more; k < x.axes.size(); ++k) {
      const Axis& axis = x.axes[k];
      if (c.dims[k - more] == 1 || axis.size() != 1 || axis[0].is_feature()) continue;
      const Role role = table_.role(axis[0].axis);
      if (role == Role::time || (role == Role::unknown && k + 1 < x.axes.size())) return k;
    }
    return {};
  }
  /// x_t + a number of its own for each step and feature.
  void positions(const Node& node, const Signal& x, const Numbers& c, std::size_t time, float factor) {
    be(node, x.axes[time], Role::time);
    const std::size_t more = x.axes.size() - c.dims.size(), at = time - more;
    const Index longest = c.dims[at], known_steps = table_.size(x.axes[time][0].axis);
    node.check(longest >= 1, "computes with a constant of no steps");
    if (c.prefix != static_cast<int>(at)) {
      check_no_prefix(node, c);
      node.check(known_steps < 0 || known_steps == longest, "computes with ", known_steps,
                 " steps and a constant of ", longest);
    }
    std::vector<Index> dims, strides;
    const auto own = c.strides();
    for (std::size_t k = 0; k < x.axes.size(); ++k) {
      const Index size = k >= more ? c.dims[k - more] : 1;
      if (k != time && size != 1) have_features(node, x.axes[k], size);
      dims.push_back(dry_ || k == time ? 1 : features_of(x.axes[k]));
      strides.push_back(k < more || size == 1 ? 0 : own[k - more]);
    }
    if (dry_) return give(node, whole_of(-1, x.axes, x));
    const int from = step_of(node, x);
    LearnedPositions<float> layer(longest, steps_[from].features);
    for (Index t = 0; t < longest; ++t) {
      const Numbers row = view(node, c, dims, strides, t * own[at]);
      for (Index f = 0; f < row.count(); ++f) layer.weight.values(t, f) = factor * row.at(f);
    }
    give(node, whole_of(add_layer(node, from, std::move(layer)), x.axes, x));
  }
  void with_constant(const Node& node, Signal x, const Numbers& constant, const std::string& op,
                     bool constant_first) {
    while (x.rank() < constant.rank()) x.axes.insert(x.axes.begin(), Axis());
    if (const auto time = time_of(x, constant)) {
      const bool is_guess = table_.role(x.axes[*time][0].axis) == Role::unknown;
      if (is_guess && is_first_) return give(node, whole_of(-1, x.axes, x));
      node.check(
          op == "Add" || (op == "Sub" && !constant_first),
          "has numbers of its own for each step, which can only be added to a value or subtracted from it: "
          "that can't be represented");
      return positions(node, x, constant, *time, op == "Add" ? 1.0F : -1.0F);
    }
    check_no_prefix(node, constant);
    node.check(op != "Div" || !constant_first, "divides by a value of the inputs: that can't be represented");
    const VectorX<float> c = for_features(node, x, constant);
    check_affordable(node, 2 * c.size() * Index{sizeof(float)});
    VectorX<float> factor = VectorX<float>::Ones(c.size()), bias = VectorX<float>::Zero(c.size());
    if (op == "Add") bias = c;
    if (op == "Mul") factor = c;
    if (op == "Div") factor = c.cwiseInverse();
    if (op == "Sub") {
      bias = constant_first ? c : VectorX<float>(-c);
      if (constant_first) factor.setConstant(-1);
    }
    node.check(op != "Div" || (c.array() != 0).all(), "divides by zero");
    if (op == "Mul" && factor.size() > 0 && (factor.array() == 1).all()) return give(node, std::move(x));
    give(node, scaled(node, x, factor, bias));
  }
  void with_each_other(const Node& node, const Signal& a, const Signal& b, const std::string& op) {
    give(node, combined(node, a, b, op));
  }
  Signal combined(const Node& node, Signal a, Signal b, const std::string& op) {
    node.check(op != "Div", "divides by a value of the inputs: that can't be represented");
    node.check(a.is_permuted == b.is_permuted, "joins sequences in different orders");
    while (a.rank() < b.rank()) a.axes.insert(a.axes.begin(), Axis());
    while (b.rank() < a.rank()) b.axes.insert(b.axes.begin(), Axis());
    if (!dry_) {
      const std::vector<Axis> of_a = a.axes;
      a = repeated(node, std::move(a), b.axes);
      b = repeated(node, std::move(b), of_a);
    }
    for (std::size_t k = 0; k < a.axes.size(); ++k) {
      if (a.axes[k].empty() != b.axes[k].empty() && dry_) continue;
      agree(node, a.axes[k], b.axes[k]);
    }
    std::vector<Axis> axes = a.axes;
    for (std::size_t k = 0; k < axes.size(); ++k)
      if (axes[k].empty() || (has_features_only(axes[k]) && features_of(axes[k]) < features_of(b.axes[k])))
        axes[k] = b.axes[k];
    const int first = step_of(node, a), second = step_of(node, b);
    int step = -1;
    if (!dry_) {
      node.check(steps_[first].timed == steps_[second].timed,
                 "computes with a value of each step and one of a sequence: that can't be represented");
      step = steps_.join(op == "Add"   ? Join::add
                         : op == "Sub" ? Join::subtract
                                       : Join::multiply,
                         {first, second}, name_of(node));
    }
    return whole_of(step, axes, a);
  }
  /// A value of which the features along an axis are one, repeated if `like` has more there: a matrix of zeros and ones.
  Signal repeated(const Node& node, Signal x, const std::vector<Axis>& like) {
    std::vector<Index> dims, strides(like.size());
    bool any = false;
    Index stride = 1, count = 1;
    for (std::size_t k = like.size(); k-- > 0;) {
      const Index own = features_of(x.axes[k]), wanted = features_of(like[k]);
      const bool repeats =
          own == 1 && wanted > 1 && has_features_only(x.axes[k]) && has_features_only(like[k]);
      strides[k] = own == 1 ? 0 : stride;
      stride *= own;
      dims.insert(dims.begin(), repeats ? wanted : own);
      count *= dims[0];
      any = any || repeats;
    }
    if (!any) return x;
    node.check(count <= (1 << 22) / stride, "repeats ", stride, " features to ", count,
               ": that is too many here");
    spend(node, 2 * count * stride * Index{sizeof(float)});
    Array<Index> places{{stride}, {}};
    for (Index k = 0; k < stride; ++k) places.values.push_back(k);
    places = places.view(dims, strides);
    Step made = blank();
    made.weight.setZero(count, stride);
    for (Index k = 0; k < count; ++k) made.weight(k, places.at(k)) = 1;
    made.bias.setZero(count);
    std::vector<Axis> axes = x.axes;
    for (std::size_t k = 0; k < axes.size(); ++k)
      if (dims[k] != features_of(axes[k])) axes[k] = {{-1, dims[k], 1}};
    return whole_of(add(node, Step::Kind::dense, step_of(node, x), count, std::move(made)), axes, x);
  }
  void sum(Node& node) {
    Signal y = *signal(node, 0);
    for (int i = 1; i < node.inputs(); ++i) y = combined(node, std::move(y), *signal(node, i), "Add");
    give(node, std::move(y));
  }
  void gemm(Node& node) {
    const bool turned = node.flag("transA", false), transposed = node.flag("transB", false);
    const float alpha = node.number("alpha", 1), beta = node.number("beta", 1);
    const Numbers* const c = numbers_or_none(node, 2);
    Signal x = *signal(node, 0);
    const Numbers& b = numbers(node, 1);
    node.check(x.rank() == 2 && b.rank() == 2, "must have a matrix of 2 axes as input 0 and 1");
    if (turned) std::swap(x.axes[0], x.axes[1]);
    const Index inputs = b.dim(transposed ? 1 : 0), outputs = b.dim(transposed ? 0 : 1);
    MatrixX<float> weight = matrix(node, b, transposed);
    node.check(!c || c->count() == 1 || (c->count() == outputs && c->dims.back() == outputs),
               "has input 2 of ", c ? c->count() : 0, " numbers: it must be ", outputs);
    VectorX<float> bias = zeros(node, outputs);
    if (c)
      for (Index o = 0; o < bias.size(); ++o) bias(o) = beta * c->at(c->count() == 1 ? 0 : o);
    weight *= alpha;
    dense(node, x, 1, inputs, outputs, std::move(weight), std::move(bias));
  }
  void mat_mul(Node& node) {
    if (const auto* const weights = std::get_if<Scores>(&value(node, 0)))
      return context(node, *weights, signal(node, 1));
    if (is_signal(node, 0) && is_signal(node, 1)) return scores(node, signal(node, 0), signal(node, 1));
    const int run = is_signal(node, 0) ? 0 : 1;
    const SignalPtr x = signal(node, run);
    const Numbers& w = numbers(node, 1 - run);
    node.check(w.rank() == 2 && x->rank() >= 1, "multiplies a constant of ", w.rank(),
               " axes with a value of ", x->rank(), ": the constant must have 2 axes, the value at least 1");
    const std::size_t last = x->axes.size() - 1;
    const bool from_left = run == 1;  // W x: its features are the rows of x
    const Index inputs = w.dim(from_left ? 1 : 0), outputs = w.dim(from_left ? 0 : 1);
    MatrixX<float> weight = matrix(node, w, from_left);
    dense(node, *x, from_left && last > 0 ? last - 1 : last, inputs, outputs, std::move(weight),
          zeros(node, outputs));
  }
  /// A bias of a step; none before steps are made.
  VectorX<float> zeros(const Node& node, Index count) const {
    if (dry_) return {};
    check_affordable(node, count * Index{sizeof(float)});
    return VectorX<float>::Zero(count);
  }
  /// outputs × inputs
  MatrixX<float> matrix(const Node& node, const Numbers& b, bool transposed) {
    node.check(b.count() >= 1 && b.dim(0) <= (1 << 24) && b.dim(1) <= (1 << 24), "has weights of ", b.dim(0),
               " x ", b.dim(1));
    if (dry_) return {};
    const Numbers all = expanded(node, b);
    const Eigen::Map<const Eigen::Matrix<float, Dynamic, Dynamic, Eigen::RowMajor>> rows(all.values.data(),
                                                                                         b.dim(0), b.dim(1));
    if (transposed) return rows;
    return rows.transpose();
  }
  /// y = W x + b, where the features of x are its axis `axis`.
  void dense(const Node& node, const Signal& x, std::size_t axis, Index inputs, Index outputs,
             MatrixX<float> weight, VectorX<float> bias) {
    have_features(node, x.axes[axis], inputs);
    std::vector<Axis> axes = x.axes;
    axes[axis] = {{-1, outputs, 1}};
    int step = -1;
    if (!dry_) {
      have_none_but(node, x.axes, {axis});
      Step made = blank();
      node.check(weight.allFinite() && bias.allFinite(), "has weights that are not finite");
      made.weight = std::move(weight);
      made.bias = std::move(bias);
      step = add(node, Step::Kind::dense, step_of(node, x), outputs, std::move(made));
    }
    give(node, whole_of(step, axes, x));
  }
};

}  // namespace recur::inline RECUR_ABI::detail::onnx
