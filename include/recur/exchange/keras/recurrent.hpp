// From recurrent layers of Keras to those of recur.
#pragma once

#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "recur/cell/elman.hpp"
#include "recur/cell/flexible_elman.hpp"
#include "recur/cell/flexible_gru.hpp"
#include "recur/cell/flexible_lstm.hpp"
#include "recur/cell/gru.hpp"
#include "recur/cell/gru_reset_before.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/utf8.hpp"
#include "recur/exchange/keras/hdf5_file.hpp"
#include "recur/exchange/keras/layer.hpp"
#include "recur/exchange/keras/plain.hpp"
#include "recur/layer/flexible_activation.hpp"
#include "recur/layer/pool.hpp"
#include "recur/layer/reverse_time.hpp"
#include "recur/network/chain.hpp"
#include "recur/network/graph.hpp"
#include "recur/network/network.hpp"
#include "recur/recurrence/bidirectional.hpp"
#include "recur/recurrence/recurrent.hpp"

namespace recur::inline RECUR_ABI::detail::exchange::keras {

/// Layers one after the other. There must be at least one.
inline Network<float> chained(Layers layers) {
  if (layers.size() == 1) return std::move(layers[0]);
  Chain<float> chain{std::move(layers[0])};
  for (std::size_t i = 1; i < layers.size(); ++i) chain.add(std::move(layers[i]));
  return Network<float>{std::move(chain)};
}

/// The weights of one direction, gates side by side in the order of Keras: W of G·H × I, U of G·H × H.
struct CellWeights {
  MatrixX<float> w, u;
  VectorX<float> bias, recurrent_bias;  // empty without; the second only of a GRU with reset_after
};

inline CellWeights read_cell(const KerasLayer& layer, KerasWeights& weights, Index gates) {
  const Index hidden = layer.size({"units", "output_dim"});
  CellWeights cell;
  if (layer.version() == 1 && gates > 1 && weights.left() >= static_cast<std::size_t>(3 * gates)) {
    // Keras 1 has W, U and b of each gate apart, those of the LSTM in the order i, c, f, o.
    const Index inputs = weights.peek().shape.empty() ? 0 : weights.peek().shape[0];
    layer.check(weights.peek(0).shape == std::vector<Index>{inputs, hidden} &&
                    weights.peek(1).shape == std::vector<Index>{hidden, hidden},
                "has kernels of other sizes than its output_dim, ", hidden);
    cell.w.resize(gates * hidden, inputs);
    cell.u.resize(gates * hidden, hidden);
    cell.bias.resize(gates * hidden);
    for (const Index to : gates == 4 ? std::vector<Index>{0, 2, 1, 3} : std::vector<Index>{0, 1, 2}) {
      cell.w.middleRows(to * hidden, hidden) = weights.transposed("kernel", inputs, hidden);
      cell.u.middleRows(to * hidden, hidden) = weights.transposed("recurrent kernel", hidden, hidden);
      cell.bias.segment(to * hidden, hidden) = weights.vector("bias", hidden);
    }
    return cell;
  }
  cell.w = weights.transposed("kernel", 0, gates * hidden);
  cell.u = weights.transposed("recurrent kernel", hidden, gates * hidden);
  if (!layer.flag("use_bias", true)) return cell;
  if (gates == 3 && layer.flag("reset_after", false)) {
    const Hdf5Tensor& both = weights.next("bias", {2, gates * hidden});
    cell.bias = Eigen::Map<const VectorX<float>>(both.values.data(), gates * hidden);
    cell.recurrent_bias =
        Eigen::Map<const VectorX<float>>(both.values.data() + gates * hidden, gates * hidden);
  } else {
    cell.bias = weights.vector("bias", gates * hidden);
  }
  return cell;
}

/// Puts the weights into a cell of recur, whose gate g is gate order[g] of Keras.
template <class C>
C filled(C cell, const CellWeights& from, const std::vector<Index>& order) {
  const Index hidden = from.u.cols();
  for (std::size_t g = 0; g < order.size(); ++g) {
    const Index to = static_cast<Index>(g) * hidden, at = order[g] * hidden;
    cell.weight_ih.middleRows(to, hidden) = from.w.middleRows(at, hidden);
    cell.weight_hh.middleRows(to, hidden) = from.u.middleRows(at, hidden);
    if (from.bias.size() == 0) continue;
    if constexpr (requires { cell.bias_ih; }) {
      cell.bias_ih.segment(to, hidden) = from.bias.segment(at, hidden);
      if (from.recurrent_bias.size() > 0)
        cell.bias_hh.segment(to, hidden) = from.recurrent_bias.segment(at, hidden);
    } else {
      cell.bias.segment(to, hidden) = from.bias.segment(at, hidden);
    }
  }
  return cell;
}

/// Calls f with the cells of one or of two directions, of the type that fits the options. The usual activations have
/// cells of their own, which are faster.
template <class F>
void with_cells(const KerasLayer& layer, KerasWeights& weights, std::size_t directions, F&& f) {
  layer.refuse_flag("return_state");
  const bool is_lstm = layer.is({"LSTM"}), is_gru = layer.is({"GRU"});
  const Index gates = is_lstm ? 4 : is_gru ? 3 : 1;
  std::vector<CellWeights> all;
  for (std::size_t d = 0; d < directions; ++d) all.push_back(read_cell(layer, weights, gates));
  const Index inputs = all[0].w.cols(), hidden = all[0].u.cols();
  layer.check(all.back().w.cols() == inputs, "has two directions that take ", inputs, " and ",
              all.back().w.cols(), " features");
  const Bias bias = all[0].bias.size() > 0 ? Bias::both : Bias::none;
  const auto build = [&](const auto& empty, const std::vector<Index>& order) {
    std::vector<std::remove_cvref_t<decltype(empty)>> cells;
    for (const CellWeights& direction : all) cells.push_back(filled(empty, direction, order));
    f(std::move(cells));
  };
  const GateFunction activation = layer.gate("activation");
  if (!is_lstm && !is_gru) {
    if (activation == GateKind::tanh) return build(Elman<float>{inputs, hidden, bias}, {0});
    if (activation == GateKind::relu) return build(Elman<float, Relu>{inputs, hidden, bias}, {0});
    return build(FlexibleElman<float>{inputs, hidden, {.activation = activation, .bias = bias}}, {0});
  }
  const GateFunction gate =
      layer.gate(layer.has("recurrent_activation") ? "recurrent_activation" : "inner_activation");
  const bool usual = activation == GateKind::tanh && gate == GateKind::sigmoid;
  if (is_lstm) {  // i, f, g, o in both
    if (usual) return build(Lstm<float>{inputs, hidden, bias}, {0, 1, 2, 3});
    FlexibleLstmOptions options{.gate = gate, .candidate = activation, .output = activation, .bias = bias};
    return build(FlexibleLstm<float>{inputs, hidden, options}, {0, 1, 2, 3});
  }
  const bool reset_after = layer.flag("reset_after", false);
  const std::vector<Index> order{1, 0, 2};  // r, z, n here; z, r, n there
  if (usual && reset_after) return build(Gru<float>{inputs, hidden, bias}, order);
  if (usual) return build(GruResetBefore<float>{inputs, hidden, bias}, order);
  FlexibleGruOptions options{
      .gate = gate, .candidate = activation, .linear_before_reset = reset_after, .bias = bias};
  build(FlexibleGru<float>{inputs, hidden, options}, order);
}

inline void read_recurrent(const KerasLayer& layer, KerasWeights& weights, Layers& made, bool& one_step) {
  if (layer.flag("go_backwards", false)) made.emplace_back(ReverseTime<float>{});
  with_cells(layer, weights, 1, [&](auto cells) { made.emplace_back(Recurrent{std::move(cells[0])}); });
  if (!layer.flag("return_sequences", false)) {
    made.emplace_back(Pool<float>{Pooling::last});
    one_step = true;
  }
}

inline void read_bidirectional(const KerasLayer& layer, KerasWeights& weights, Layers& made, bool& one_step) {
  const KerasLayer inner(layer.config()["layer"], layer.version(), layer.name());
  layer.check(inner.is({"SimpleRNN", "LSTM", "GRU"}), "holds a layer of the class ",
              quote(inner.class_name()), ": it must be SimpleRNN, LSTM or GRU");
  // Then the first of the two reads from the end and the other one from the start. Keras turns the outputs of the other
  // one, so both are in the order of the first: that is a Bidirectional which gets the sequence turned around.
  const bool backwards = inner.flag("go_backwards", false);
  if (layer.has("backward_layer")) {
    const KerasLayer other(layer.config()["backward_layer"], layer.version(), layer.name());
    bool equal = other.class_name() == inner.class_name();
    for (const char* option : {"activation", "recurrent_activation"})
      equal = equal && other.activation_name(option) == inner.activation_name(option);
    for (const char* option : {"use_bias", "reset_after", "return_sequences"})
      equal = equal && other.flag(option, true) == inner.flag(option, true);
    layer.check(
        equal, "has a backward_layer that differs from its layer: both must have the same class and options");
    layer.check(other.flag("go_backwards", true) != backwards,
                "has two layers that read in one direction: go_backwards must be that of only one");
  }
  const std::string merge =
      layer.text("merge_mode", "concat");  // null gives two outputs, the halves of this one
  layer.check(merge == "concat" || merge == "sum" || merge == "mul" || merge == "ave", "has the merge_mode ",
              quote(merge), ": it must be concat, sum, mul or ave");
  const bool sequences = inner.flag("return_sequences", false);
  if (backwards) made.emplace_back(ReverseTime<float>{});
  const bool in_one = merge == "concat" || (sequences && merge != "mul");
  Index inputs = 0, hidden = 0;
  Layers both;
  with_cells(inner, weights, 2, [&]<class C>(std::vector<C> cells) {
    const Merge how = !in_one || merge == "concat" ? Merge::concatenate
                      : merge == "sum"             ? Merge::sum
                                                   : Merge::mean;
    Bidirectional<C> layers{std::move(cells[0]), how};
    layers.reverse_layer.cell = std::move(cells[1]);
    inputs = layers.input_size();
    hidden = layers.forward_layer.output_size();
    both.emplace_back(std::move(layers));
  });
  if (!sequences) {
    both.emplace_back(Pool<float>{Pooling::ends});
    one_step = true;
  }
  if (in_one) {
    for (auto& part : both) made.push_back(std::move(part));
    return;
  }
  // The final states are at the two ends of time, and a product is no Merge: both halves are joined behind.
  using Node = GraphNode<float>;
  std::vector<Node> nodes{
      Node("both", chained(std::move(both)), {"x"}), Node("forward", Slice{0, hidden}, {"both"}),
      Node("reverse", Slice{hidden, hidden}, {"both"}),
      Node("joined", merge == "mul" ? Join::multiply : Join::add, {"forward", "reverse"})};
  made.emplace_back(Graph<float>({{"x", inputs}}, std::move(nodes), {"joined"}));
  if (merge == "ave") made.emplace_back(FlexibleActivation<float>{{GateKind::affine, 0.5, 0.0}});
}

}  // namespace recur::inline RECUR_ABI::detail::exchange::keras
