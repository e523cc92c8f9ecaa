// Attention in single nodes of ONNX: products of queries and keys, a softmax over the steps, and a product with the
// values. Queries, keys and values must be linear in one value of each step, as those of MultiHeadAttention are.
#pragma once

#include <cmath>
#include <cstddef>
#include <utility>
#include <variant>
#include <vector>

#include "recur/exchange/onnx/features.hpp"

namespace recur::inline RECUR_ABI::detail::onnx {

class AttentionReader : public FeatureReader {
 protected:
  using FeatureReader::FeatureReader;
  ~AttentionReader() = default;

  /// q kᵀ: ... × steps × features, ... × features × steps.
  void scores(const Node& node, const SignalPtr& queries, const SignalPtr& keys) {
    const Index rank = queries->rank();
    node.check(rank >= 2 && keys->rank() == rank, "multiplies values of ", rank, " and ", keys->rank(),
               " axes: only those of attention can be");
    const auto last = static_cast<std::size_t>(rank - 1);
    be(node, queries->axes[last - 1], Role::time);
    be(node, queries->axes[last], Role::feature);
    be(node, keys->axes[last - 1], Role::feature);
    be(node, keys->axes[last], Role::time);
    node.check(!queries->is_permuted && !keys->is_permuted, "attends to sequences in another order");
    set(node, 0, Scores{queries, keys});
  }
  void scores_scaled(const Node& node, const Value& a, const Value& b) {
    const auto* const first = std::get_if<Scores>(&a);
    const auto* const number = std::get_if<Numbers>(first ? &b : &a);
    const bool divides = node.op() == "Div" && first;
    node.check(number && number->count() == 1 && (divides || node.op() == "Mul"),
               "computes with the scores of attention: they can only be multiplied by a number");
    Scores scaled = first ? *first : std::get<Scores>(b);
    node.check(number->rank() <= scaled.queries->rank(), "computes with a constant of ", number->rank(),
               " axes and scores of attention of ", scaled.queries->rank());
    node.check(!scaled.are_weights, "changes the weights of attention: that can't be represented");
    scaled.scale *= divides ? 1 / number->at(0) : number->at(0);
    node.check(std::isfinite(scaled.scale), divides && number->at(0) == 0
                                                ? "divides by zero"
                                                : "scales scores by a number that is too large for a float");
    set(node, 0, scaled);
  }
  void weights(Node& node, Scores of) {
    const Index rank = of.queries->rank();
    const auto axis = axis_of(node, node.integer("axis", file_.opset() < 13 ? 1 : -1), rank);
    node.check(node.op() == "Softmax" && static_cast<Index>(axis) + 1 == rank && !of.are_weights,
               "goes over the scores of attention: it must be one Softmax over the steps, the last axis");
    of.are_weights = true;
    set(node, 0, of);
  }
  /// α v, and so the whole layer: heads of which each has its queries, keys and values.
  void context(const Node& node, const Scores& of, const SignalPtr& values) {
    node.check(of.are_weights, "multiplies scores of attention without a softmax: that can't be represented");
    const Index rank = of.queries->rank();
    node.check(values->rank() == rank && !values->is_permuted, "multiplies the weights of attention, of ",
               rank, " axes, with values of ", values->rank());
    const auto last = static_cast<std::size_t>(rank - 1);
    be(node, values->axes[last - 1], Role::time);
    be(node, values->axes[last], Role::feature);
    std::vector<Axis> axes = of.queries->axes;
    axes[last] = values->axes[last];
    if (dry_) return give(node, whole_of(-1, axes, *of.queries));

    Index heads = 1;
    for (std::size_t k = 0; k + 2 < axes.size(); ++k) {
      const Index own = features_of(axes[k]);
      node.check(features_of(of.keys->axes[k]) == own && features_of(values->axes[k]) == own,
                 "attends with queries, keys and values of different numbers of heads");
      check_same_order(node, axes[k], of.keys->axes[k]);
      check_same_order(node, axes[k], values->axes[k]);
      heads *= own;
    }
    const Linear q = linear_of(node, *of.queries), k = linear_of(node, *of.keys),
                 v = linear_of(node, *values);
    node.check(
        q.base == k.base && k.base == v.base,
        "attends to another sequence, or to one that is not the same for queries, keys and values: that "
        "can't be represented");
    const Index features = steps_[q.base].features;
    for (const Linear* const one : {&q, &k, &v})
      node.check(one->weight.rows() == features, "attends with ", one->weight.rows(), " features in ", heads,
                 " heads to a value of ", features, ": both must be as many");
    node.check(steps_[q.base].timed, "attends to what is there once, not at each step");
    const float scale = of.scale * std::sqrt(static_cast<float>(features / heads));
    Step made = blank();
    made.heads = heads;
    made.weight.resize(3 * features, features);
    made.weight << scale * q.weight, k.weight, v.weight;
    made.bias.resize(3 * features);
    made.bias << scale * q.bias, k.bias, v.bias;
    node.check(made.weight.allFinite() && made.bias.allFinite(), "has weights that are not finite");
    give(node,
         whole_of(add(node, Step::Kind::attention, q.base, features, std::move(made)), axes, *of.queries));
  }

 private:
  /// weight · x + bias, with the x that a step gives.
  struct Linear {
    int base;
    MatrixX<float> weight;
    VectorX<float> bias;
  };
  Linear linear_of(const Node& node, const Signal& x) {
    Linear all{-1, {}, {}};
    for (const Piece& piece : pieces_of(node, x)) {
      const Linear part = linear_of(node, piece.step);
      add_rows(node, all, part, piece.first, piece.count);
    }
    return all;
  }
  Linear linear_of(const Node& node, int step, int depth = 0) {
    node.check(depth <= 32,
               "attends to what more than 32 steps after each other made: that can't be represented");
    const Step& is = steps_[step];
    const bool is_sum = is.kind == Step::Kind::join && is.join == Join::concatenate;
    if (is.kind == Step::Kind::dense) return {is.from[0], is.weight, is.bias};
    if (is.kind == Step::Kind::scale) {
      Linear of = linear_of(node, is.from[0], depth + 1);
      of.weight = is.factor.asDiagonal() * of.weight;
      of.bias = is.factor.cwiseProduct(of.bias) + is.bias;
      return of;
    }
    if (is.kind == Step::Kind::slice) {
      Linear rows{-1, {}, {}};
      add_rows(node, rows, linear_of(node, is.from[0], depth + 1), is.slice.first, is.slice.count);
      return rows;
    }
    if (is_sum) {
      Linear all{-1, {}, {}};
      for (const int from : is.from) {
        const Linear part = linear_of(node, from, depth + 1);
        add_rows(node, all, part, 0, part.weight.rows());
      }
      return all;
    }
    spend(node, is.features * is.features * Index{sizeof(float)});
    return {step, MatrixX<float>::Identity(is.features, is.features), VectorX<float>::Zero(is.features)};
  }
  void add_rows(const Node& node, Linear& to, const Linear& from, Index first, Index count) {
    node.check(to.base < 0 || to.base == from.base, "attends with features of several values");
    const Index rows = to.weight.rows();
    spend(node, count * from.weight.cols() * Index{sizeof(float)});
    to.base = from.base;
    to.weight.conservativeResize(rows + count, from.weight.cols());
    to.weight.bottomRows(count) = from.weight.middleRows(first, count);
    to.bias.conservativeResize(rows + count);
    to.bias.tail(count) = from.bias.segment(first, count);
  }
};

}  // namespace recur::inline RECUR_ABI::detail::onnx
