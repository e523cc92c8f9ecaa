// All operators of ONNX that can be represented, by name; and the recurrent ones.
#pragma once

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "recur/exchange/onnx/recurrent.hpp"
#include "recur/exchange/onnx/windows.hpp"
#include "recur/layer/reverse_time.hpp"
#include "recur/recurrence/final_state.hpp"

namespace recur::inline RECUR_ABI::detail::onnx {

/// Each file onnx_NAME.hpp has the operators of one idea, in a class on top of those that they need.
class Importer final : public WindowReader {
 public:
  explicit Importer(const std::filesystem::path& path) : WindowReader(path) { walk(); }

 private:
  using Operator = void (Importer::*)(Node&);

  void apply(Node& node) override {
    static const std::map<std::string, Operator> known{
        {"Abs", &Importer::absolute},
        {"Add", &Importer::arithmetic},
        {"AveragePool", &Importer::pool},
        {"BatchNormalization", &Importer::batch_normalization},
        {"Celu", &Importer::activation},
        {"Clip", &Importer::clip},
        {"Cast", &Importer::cast},
        {"Concat", &Importer::concat},
        {"Constant", &Importer::constant},
        {"ConstantFill", &Importer::constant_fill},
        {"ConstantOfShape", &Importer::constant_of_shape},
        {"Conv", &Importer::conv},
        {"Div", &Importer::arithmetic},
        {"Dropout", &Importer::dropout},
        {"Elu", &Importer::activation},
        {"Equal", &Importer::equal},
        {"Erf", &Importer::erf},
        {"Exp", &Importer::activation},
        {"Expand", &Importer::expand},
        {"Flatten", &Importer::flatten},
        {"GRU", &Importer::recurrent},
        {"Gather", &Importer::gather},
        {"Gelu", &Importer::activation},
        {"Gemm", &Importer::gemm},
        {"GlobalAveragePool", &Importer::reduce},
        {"GlobalMaxPool", &Importer::reduce},
        {"HardSigmoid", &Importer::activation},
        {"HardSwish", &Importer::hard_swish},
        {"Identity", &Importer::identity},
        {"LSTM", &Importer::recurrent},
        {"LayerNormalization", &Importer::layer_normalization},
        {"LeakyRelu", &Importer::activation},
        {"LogSoftmax", &Importer::softmax},
        {"MatMul", &Importer::mat_mul},
        {"MaxPool", &Importer::pool},
        {"Mul", &Importer::arithmetic},
        {"Neg", &Importer::arithmetic},
        {"NonZero", &Importer::non_zero},
        {"PRelu", &Importer::p_relu},
        {"Pad", &Importer::pad},
        {"Pow", &Importer::pow},
        {"RNN", &Importer::recurrent},
        {"Range", &Importer::range},
        {"ReduceMax", &Importer::reduce},
        {"ReduceMean", &Importer::reduce},
        {"ReduceProd", &Importer::reduce_prod},
        {"ReduceSum", &Importer::reduce},
        {"Relu", &Importer::activation},
        {"Reshape", &Importer::reshape},
        {"ReverseSequence", &Importer::reverse_sequence},
        {"Scatter", &Importer::scatter},
        {"ScatterElements", &Importer::scatter},
        {"Selu", &Importer::activation},
        {"Shape", &Importer::shape},
        {"Sigmoid", &Importer::activation},
        {"Slice", &Importer::slice},
        {"Softmax", &Importer::softmax},
        {"Softplus", &Importer::activation},
        {"Softsign", &Importer::activation},
        {"Split", &Importer::split},
        {"Sqrt", &Importer::sqrt},
        {"Squeeze", &Importer::squeeze},
        {"Sub", &Importer::arithmetic},
        {"Sum", &Importer::sum},
        {"Tanh", &Importer::activation},
        {"ThresholdedRelu", &Importer::activation},
        {"Tile", &Importer::tile},
        {"TopK", &Importer::top_k},
        {"Transpose", &Importer::transpose},
        {"Unsqueeze", &Importer::unsqueeze},
        {"Where", &Importer::where},
    };
    const auto found = known.find(node.op());
    if (found == known.end()) {
      std::string legal;
      for (const auto& one : known) legal += (legal.empty() ? "" : ", ") + one.first;
      node.check(false, "can't be represented: legal operators are ", legal);
    }
    (this->*found->second)(node);
  }
  void recurrent(Node& node) {
    const SignalPtr x = signal(node, 0);
    RecurrentReader::Constants given{&numbers(node, 1),
                                     &numbers(node, 2),
                                     numbers_or_none(node, 3),
                                     numbers_or_none(node, 7),
                                     {nullptr, nullptr}};
    const bool has_memory = node.op() == "LSTM";
    for (int q = 0; q < (has_memory ? 2 : 1); ++q)
      if (!node.input(5 + q).empty() && !is_signal(node, 5 + q))
        given.initial[q] = &numbers(node, 5 + q, true);
    if (!dry_)
      for (const auto* const weights : {given.weight_ih, given.weight_hh})
        spend(node, weights->count() * Index{sizeof(float)});
    const RecurrentReader reader(node, given, dry_);
    const bool batch_first = reader.batch_first();
    const std::size_t time = batch_first ? 1 : 0, batch = 1 - time;
    node.check(x->rank() == 3, "has an input of ", x->rank(), " axes: it must have 3");
    be(node, x->axes[time], Role::time);
    be(node, x->axes[batch], Role::batch);
    have_features(node, x->axes[2], reader.inputs());
    if (!node.input(4).empty()) read_lengths(node, *x, x->axes[time]);
    have_these_lengths(node, 4, reader.reverse() || reader.directions() == 2);
    for (int q = 0; q < (has_memory ? 2 : 1); ++q)
      if (!node.input(5 + q).empty() && is_signal(node, 5 + q))
        read_state(node, *signal(node, 5 + q), batch_first);

    const Axis ways = reader.directions() == 1 ? Axis() : Axis{{-1, reader.directions(), reader.hidden()}};
    const Axis units = reader.hidden() == 1 ? Axis() : Axis{{-1, reader.hidden(), 1}};
    std::vector<Axis> axes{x->axes[time], ways, x->axes[batch], units}, of_state{ways, x->axes[batch], units};
    if (batch_first)
      axes = {x->axes[batch], x->axes[time], ways, units}, of_state = {x->axes[batch], ways, units};
    if (dry_) {
      give(node, whole_of(-1, axes, *x), 0);
      give(node, whole_of(-1, of_state, *x), 1);
      if (has_memory) give(node, whole_of(-1, of_state, *x), 2);
      return;
    }
    const int from = step_of(node, *x);
    std::vector<int> parts;
    for (auto& layer : reader.layers()) parts.push_back(add_layer(node, from, std::move(layer)));
    const int step = parts.size() == 1 ? parts[0] : steps_.join(Join::concatenate, parts, name_of(node));
    const Signal y = whole_of(step, axes, *x);
    give(node, y, 0);
    Signal last = y;
    if (steps_[step].timed) {
      const Ends ends = reader.directions() == 2 ? Ends::both : reader.reverse() ? Ends::first : Ends::last;
      last = pooled(node, y, ends, true);
    }
    last.axes = stacked(std::vector<Axis>{ways, x->axes[batch], units});
    if (batch_first) std::swap(last.axes[0], last.axes[1]);
    give(node, last, 1);
    if (!has_memory || uses_[node.output(2)] == 0) return;
    // The memory is not an output of a step, so layers of their own give it: [h; c] of each direction.
    Signal memory = last;
    memory.pieces.clear();
    for (auto& layer : reader.layers()) {
      const int state = add_layer(node, from, FinalState{std::move(layer)});
      steps_.mark_memory(state);
      memory.pieces.push_back({state, 0, steps_[state].features});
    }
    memory.first = reader.hidden();
    for (Axis& axis : memory.axes)
      for (Factor& f : axis)
        if (f.is_feature() && f.stride > 1) f.stride = 2 * reader.hidden();
    if (reader.hidden() == 1 && reader.directions() == 2) memory.axes[batch_first ? 1 : 0] = {{-1, 2, 2}};
    give(node, std::move(memory), 2);
  }
  /// The lengths of sequences become the layout of the input.
  void read_lengths(const Node& node, const Signal& x, const Axis& time, int i = 4) {
    if (!is_signal(node, i)) {
      const Size own = size_of(time);
      for (const Index length : whole(node, i))
        node.check(own.axes.size() == 1 && table_.size(own.axes[0]) == length,
                   "has constant sequence_lens that are not the length of its input: it must be an input");
      return;
    }
    const SignalPtr lengths = signal(node, i);
    node.check(lengths->source >= 0 && lengths->rank() == 1,
               "has sequence_lens that are computed: it must be an input");
    Input& input = inputs_[static_cast<std::size_t>(lengths->source)];
    node.check(!input.is_float && !input.is_tokens, "has sequence_lens that are not of whole numbers");
    node.check(lengths->is_permuted == x.is_permuted || dry_,
               "has sequence_lens in another order than its input");
    input.is_lengths = true;
    be(node, lengths->axes[0], Role::batch);
  }
  /// A sequence has one length here, for all layers. A layer that reads from the end must know it; to one that reads forward
  /// the steps behind the end do not matter. The walks before the last one know the input, so that the order of nodes does
  /// not matter either.
  void have_these_lengths(const Node& node, int i, bool from_end) {
    int own = -1;
    if (!node.input(i).empty() && is_signal(node, i)) own = signal(node, i)->source;
    if (own < 0) {
      if (from_end) check_no_lengths(node);
      return;
    }
    node.check(lengths_ < 0 || lengths_ == own, "has the lengths ",
               quote(inputs_[static_cast<std::size_t>(own)].name), ", and another node has ",
               lengths_ < 0 ? "" : quote(inputs_[static_cast<std::size_t>(lengths_)].name),
               ": all must have the same");
    lengths_ = own;
  }
  /// An input that is the initial state of a layer is the initial state of the network.
  void read_state(const Node& node, const Signal& state, bool batch_first) {
    node.check(state.source >= 0,
               "starts from a state that other nodes compute: it must be a constant or an input");
    node.check(state.rank() == 3, "has an initial state of ", state.rank(), " axes: it must have 3");
    Input& input = inputs_[static_cast<std::size_t>(state.source)];
    input.is_state = true;
    be(node, state.axes[batch_first ? 0 : 1], Role::batch);
  }
  void reverse_sequence(Node& node) {
    const SignalPtr x = signal(node, 0);
    const auto batch = axis_of(node, node.integer("batch_axis", 1), x->rank()),
               time = axis_of(node, node.integer("time_axis", 0), x->rank());
    node.check(batch + time == 1, "has time_axis ", time, " and batch_axis ", batch,
               ": they must be 0 and 1, or 1 and 0");
    be(node, x->axes[time], Role::time);
    be(node, x->axes[batch], Role::batch);
    read_lengths(node, *x, x->axes[time], 1);
    have_these_lengths(node, 1, true);
    if (dry_) return give(node, whole_of(-1, x->axes, *x));
    give(node, whole_of(add_layer(node, step_of(node, *x), ReverseTime<float>{}), x->axes, *x));
  }
};

}  // namespace recur::inline RECUR_ABI::detail::onnx
