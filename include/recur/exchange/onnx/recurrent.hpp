// RNN, LSTM and GRU of ONNX as recurrent layers. Weights there have a direction more than here, and gates in another
// order:
//
//   LSTM   ONNX: i, o, f, c    here: i, f, g, o        peepholes there: i, o, f
//   GRU    ONNX: z, r, h       here: r, z, n
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "recur/cell/elman.hpp"
#include "recur/cell/flexible_elman.hpp"
#include "recur/cell/flexible_gru.hpp"
#include "recur/cell/flexible_lstm.hpp"
#include "recur/cell/gru.hpp"
#include "recur/cell/gru_reset_before.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/cell/peephole_lstm.hpp"
#include "recur/exchange/onnx/array.hpp"
#include "recur/exchange/onnx/file.hpp"
#include "recur/network/network.hpp"
#include "recur/recurrence/bidirectional.hpp"
#include "recur/recurrence/learned_state.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "recur/recurrence/stepwise_recurrent.hpp"

namespace recur::inline RECUR_ABI::detail::onnx {

/// A recurrent node with its weights.
class RecurrentReader {
 public:
  /// The inputs of the node that are constants: W, R, B, initial_h, initial_c and P; null if there is none.
  struct Constants {
    const Numbers *weight_ih, *weight_hh, *bias, *peepholes;
    const Numbers* initial[2];  // their batch is 1, or all its columns are equal
  };

  /// Without weights it knows only sizes.
  RecurrentReader(Node& node, const Constants& given, bool without_weights)
      : node_(node),
        sort_(node.op() == "LSTM"  ? Sort::lstm
              : node.op() == "GRU" ? Sort::gru
                                   : Sort::rnn) {
    const std::string direction = node.text("direction", "forward");
    node.check(direction == "forward" || direction == "reverse" || direction == "bidirectional",
               "has direction ", quote(direction),
               ": legal are \"forward\", \"reverse\" and \"bidirectional\"");
    directions_ = direction == "bidirectional" ? 2 : 1;
    reverse_ = direction == "reverse";
    const Index layout = node.integer("layout", 0);
    node.check(layout == 0 || layout == 1, "has layout ", layout, ": it must be 0 or 1");
    batch_first_ = layout == 1;
    node.check(node.integer("output_sequence", 0) >= 0, "has a negative output_sequence");  // of opset 1 to 6

    const Numbers &w = *given.weight_ih, &r = *given.weight_hh;
    node.check(w.rank() == 3 && r.rank() == 3, "has weights W and R of ", w.rank(), " and ", r.rank(),
               " axes: they must have 3");
    hidden_ = node.integer("hidden_size", r.dim(2));
    inputs_ = w.dim(2);
    constexpr Index most = 1 << 24;
    node.check(hidden_ >= 1 && hidden_ <= most && inputs_ >= 1 && inputs_ <= most, "has hidden_size ",
               hidden_, " and ", inputs_, " inputs: both must be from 1 to ", most);
    const Index rows = gates() * hidden_;
    check_shape("W", w, {directions_, rows, inputs_});
    check_shape("R", r, {directions_, rows, hidden_});
    if (given.bias) check_shape("B", *given.bias, {directions_, 2 * rows});
    if (given.peepholes) {
      node.check(sort_ == Sort::lstm, "has peepholes: only an LSTM can have them");
      check_shape("P", *given.peepholes, {directions_, 3 * hidden_});
    }
    read_attributes();
    for (Index d = 0; d < directions_ && !without_weights; ++d) read_weights(given, d);
  }

  Index directions() const { return directions_; }
  Index hidden() const { return hidden_; }
  Index inputs() const { return inputs_; }
  bool reverse() const { return reverse_; }
  bool batch_first() const { return batch_first_; }
  bool starts_learned() const { return !ways_[0].initial.empty(); }

  /// The layers, one on top of the other in the features that they give: one, unless the two directions differ in
  /// what can't be said of one layer.
  std::vector<Network<float>> layers() const {
    switch (sort_) {
      case Sort::rnn:
        if (is_usual({GateKind::tanh})) return of_cells<Elman<float>>();
        if (is_usual({GateKind::relu})) return of_cells<Elman<float, Relu>>();
        return of_cells<FlexibleElman<float>>();
      case Sort::gru:
        if (!is_usual({GateKind::sigmoid, GateKind::tanh})) return of_cells<FlexibleGru<float>>();
        if (linear_before_reset_) return of_cells<Gru<float>>();
        return of_cells<GruResetBefore<float>>();
      default:
        if (!is_usual({GateKind::sigmoid, GateKind::tanh, GateKind::tanh}) || input_forget_)
          return of_cells<FlexibleLstm<float>>();
        if (ways_[0].peepholes.size() == 0) return of_cells<Lstm<float>>();
        return of_cells<PeepholeLstm<float>>();
    }
  }

 private:
  enum class Sort { rnn, lstm, gru };
  struct Way {
    MatrixX<float> weight_ih, weight_hh;
    VectorX<float> bias_ih, bias_hh, peepholes;  // peepholes of i, f, o one above the other, or none
    std::vector<VectorX<float>> initial;         // of h and c, or none
    std::vector<GateFunction> functions;
  };

  Index gates() const { return sort_ == Sort::lstm ? 4 : sort_ == Sort::gru ? 3 : 1; }
  void check_shape(const char* name, const Numbers& given, const std::vector<Index>& legal) const {
    const auto listed = [](const std::vector<Index>& dims) {
      std::string text;
      for (const Index dim : dims) text += (text.empty() ? "" : " x ") + std::to_string(dim);
      return text;
    };
    node_.check(given.dims == legal, "has ", name, " of ", listed(given.dims), ": it must be ",
                listed(legal));
  }

  void read_attributes() {
    clip_ = node_.number("clip", 0);
    node_.check(!node_.has("clip") || clip_ > 0, "has clip ", clip_, ": it must be above 0");
    linear_before_reset_ = sort_ == Sort::gru && node_.flag("linear_before_reset", false);
    input_forget_ = sort_ == Sort::lstm && node_.flag("input_forget", false);

    // Each function that has parameters takes the next ones of the lists.
    std::vector<std::string> names = node_.texts("activations");
    const std::vector<float> alphas = node_.numbers("activation_alpha"),
                             betas = node_.numbers("activation_beta");
    const std::size_t each = sort_ == Sort::lstm ? 3 : sort_ == Sort::gru ? 2 : 1;
    const std::size_t all = each * static_cast<std::size_t>(directions_);
    if (names.empty())
      for (Index d = 0; d < directions_; ++d)
        for (std::size_t k = 0; k < each; ++k) names.emplace_back(each > 1 && k == 0 ? "Sigmoid" : "Tanh");
    node_.check(names.size() == all, "has ", names.size(), " activations: it must have ", all);
    std::size_t alpha = 0, beta = 0;
    for (std::size_t k = 0; k < all; ++k) {
      const Row* known = nullptr;
      std::string legal;
      for (const Row& row : functions) {
        if (same_name(row.name, names[k])) known = &row;
        legal += std::string(legal.empty() ? "" : ", ") + row.name;
      }
      node_.check(known, "has the activation ", quote(names[k]), ": legal are ", legal);
      GateFunction f = known->kind;
      const double of_alpha = f.has_alpha() && alpha < alphas.size() ? alphas[alpha++] : f.alpha(),
                   of_beta = f.has_beta() && beta < betas.size() ? betas[beta++] : f.beta();
      if (f.has_beta())
        f = {known->kind, of_alpha, of_beta};
      else if (f.has_alpha())
        f = {known->kind, of_alpha};
      if (k % each == 0) ways_.emplace_back();
      ways_.back().functions.push_back(f);
    }
  }

  void read_weights(const Constants& given, Index d) {
    constexpr std::array<Index, 4> of_rnn{0}, of_lstm{0, 2, 3, 1}, of_gru{1, 0, 2};
    const auto& order = sort_ == Sort::lstm ? of_lstm : sort_ == Sort::gru ? of_gru : of_rnn;
    Way& way = ways_[static_cast<std::size_t>(d)];
    const auto blocks = [&](const Numbers& from, Index columns, Index first, Index stride) {
      MatrixX<float> to(gates() * hidden_, columns);
      for (Index g = 0; g < gates(); ++g)
        for (Index row = 0; row < hidden_; ++row)
          for (Index c = 0; c < columns; ++c)
            to(g * hidden_ + row, c) = from.at(
                d * stride + first + (order[static_cast<std::size_t>(g)] * hidden_ + row) * columns + c);
      return to;
    };
    const Index rows = gates() * hidden_;
    way.weight_ih = blocks(*given.weight_ih, inputs_, 0, rows * inputs_);
    way.weight_hh = blocks(*given.weight_hh, hidden_, 0, rows * hidden_);
    way.bias_ih.setZero(rows);
    way.bias_hh.setZero(rows);
    if (given.bias) {
      way.bias_ih = blocks(*given.bias, 1, 0, 2 * rows);
      way.bias_hh = blocks(*given.bias, 1, rows, 2 * rows);
    }
    if (given.peepholes) {
      way.peepholes.resize(3 * hidden_);
      constexpr std::array<Index, 3> of_peepholes{0, 2, 1};
      for (Index g = 0; g < 3; ++g)
        for (Index row = 0; row < hidden_; ++row)
          way.peepholes(g * hidden_ + row) = given.peepholes->at(
              d * 3 * hidden_ + of_peepholes[static_cast<std::size_t>(g)] * hidden_ + row);
    }
    read_initial(given, d, way);
  }

  void read_initial(const Constants& given, Index d, Way& way) {
    const std::size_t states = sort_ == Sort::lstm ? 2 : 1;
    bool zero = true;
    std::vector<VectorX<float>> initial(states, VectorX<float>::Zero(hidden_));
    for (std::size_t q = 0; q < states; ++q) {
      const Numbers* const x = given.initial[q];
      if (!x) continue;
      const std::size_t way_axis = batch_first_ ? 1 : 0, batch_axis = 1 - way_axis;
      node_.check(x->rank() == 3 && x->dims[way_axis] == directions_ &&
                      (x->dims[2] == hidden_ || (x->is_uniform() && x->dims[2] == 1)) &&
                      x->dims[batch_axis] >= 1 && !x->is_repeated(way_axis) && !x->is_repeated(2),
                  "has a constant initial state whose axes are not directions x batch x hidden_size");
      const auto strides = x->strides();
      for (Index i = 0; i < hidden_; ++i) {
        const Index place = x->is_uniform() ? 0 : d * strides[way_axis] + i;
        initial[q](i) = x->at(place);
        for (Index b = 1; b < x->dims[batch_axis] && !x->is_uniform(); ++b)
          node_.check(
              x->at(place + b * strides[batch_axis]) == initial[q](i),
              "has a constant initial state that differs from sample to sample: it must be the same for all");
      }
      zero = zero && initial[q].isZero(0);
    }
    if (!zero || (d > 0 && !ways_[0].initial.empty())) way.initial = initial;
    if (!zero && d > 0 && ways_[0].initial.empty())
      ways_[0].initial.assign(states, VectorX<float>::Zero(hidden_));
  }

  struct Row {
    const char* name;
    GateKind kind;
  };
  static constexpr auto functions = std::array{Row{"Relu", GateKind::relu},
                                               Row{"Tanh", GateKind::tanh},
                                               Row{"Sigmoid", GateKind::sigmoid},
                                               Row{"Affine", GateKind::affine},
                                               Row{"LeakyRelu", GateKind::leaky_relu},
                                               Row{"ThresholdedRelu", GateKind::thresholded_relu},
                                               Row{"ScaledTanh", GateKind::scaled_tanh},
                                               Row{"HardSigmoid", GateKind::hard_sigmoid},
                                               Row{"Elu", GateKind::elu},
                                               Row{"Softsign", GateKind::softsign},
                                               Row{"Softplus", GateKind::softplus}};
  /// The specification says that case doesn't matter.
  static bool same_name(const std::string& a, const std::string& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return (x | 0x20) == (y | 0x20); });
  }
  bool is_usual(const std::vector<GateFunction>& usual) const {
    return clip_ == 0 &&
           std::all_of(ways_.begin(), ways_.end(), [&](const Way& way) { return way.functions == usual; });
  }

  template <class C>
  C cell_of(const Way& way) const {
    const double clip = clip_ > 0 ? static_cast<double>(clip_) : std::numeric_limits<double>::infinity();
    const auto& f = way.functions;
    const auto made = [&] {
      if constexpr (std::same_as<C, FlexibleElman<float>>)
        return C(inputs_, hidden_, {.activation = f[0], .clip = clip});
      else if constexpr (std::same_as<C, FlexibleLstm<float>>)
        return C(inputs_, hidden_,
                 {.gate = f[0],
                  .candidate = f[1],
                  .output = f[2],
                  .peepholes = way.peepholes.size() > 0,
                  .input_forget = input_forget_,
                  .clip = clip});
      else if constexpr (std::same_as<C, FlexibleGru<float>>)
        return C(
            inputs_, hidden_,
            {.gate = f[0], .candidate = f[1], .linear_before_reset = linear_before_reset_, .clip = clip});
      else
        return C(inputs_, hidden_);
    };
    C cell = made();
    cell.weight_ih = way.weight_ih;
    cell.weight_hh = way.weight_hh;
    if constexpr (requires { cell.bias; }) {
      cell.bias = way.bias_ih + way.bias_hh;
    } else {
      cell.bias_ih = way.bias_ih;
      cell.bias_hh = way.bias_hh;
    }
    const auto peephole = [&](Index k) { return way.peepholes.segment(k * hidden_, hidden_); };
    if constexpr (std::same_as<C, PeepholeLstm<float>>)
      for (std::size_t k = 0; k < 3; ++k) cell.unit_weights[k] = peephole(static_cast<Index>(k));
    if constexpr (std::same_as<C, FlexibleLstm<float>>)
      if (way.peepholes.size() > 0) {
        cell.weight_ci = peephole(0);
        cell.weight_cf = peephole(1);
        cell.weight_co = peephole(2);
      }
    return cell;
  }
  template <class C, Direction D>
  Network<float> one_way(const Way& way) const {
    Recurrent<C, D> layer{cell_of<C>(way)};
    if (way.initial.empty()) return Network<float>{std::move(layer)};
    LearnedState learned{std::move(layer)};
    std::copy_n(way.initial.begin(), learned.initial.size(), learned.initial.begin());
    return Network<float>{std::move(learned)};
  }
  template <class C>
  std::vector<Network<float>> of_cells() const {
    std::vector<Network<float>> all;
    if (directions_ == 1) {
      all.push_back(reverse_ ? one_way<C, Direction::reverse>(ways_[0])
                             : one_way<C, Direction::forward>(ways_[0]));
    } else if (ways_[0].initial.empty() && ways_[0].functions == ways_[1].functions) {
      Bidirectional<C> both{cell_of<C>(ways_[0])};
      both.reverse_layer.cell = cell_of<C>(ways_[1]);
      all.emplace_back(std::move(both));
    } else {
      all.push_back(one_way<C, Direction::forward>(ways_[0]));
      all.push_back(one_way<C, Direction::reverse>(ways_[1]));
    }
    return all;
  }

  Node& node_;
  Sort sort_;
  Index directions_ = 1, hidden_ = 0, inputs_ = 0;
  bool reverse_ = false, batch_first_ = false, linear_before_reset_ = false, input_forget_ = false;
  float clip_ = 0;
  std::vector<Way> ways_;
};

}  // namespace recur::inline RECUR_ABI::detail::onnx
