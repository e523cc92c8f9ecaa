// Recurrent layers as RNN, LSTM and GRU of ONNX: gates in ONNX's order, the lengths of sequences, and states in and out.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "recur/cell/gate_function.hpp"
#include "recur/core/description.hpp"
#include "recur/core/matrix.hpp"
#include "recur/exchange/onnx/write_graph.hpp"

namespace recur::inline RECUR_ABI::detail::onnx {

class RecurrentWriter : public GraphWriter {
 protected:
  using GraphWriter::GraphWriter;
  ~RecurrentWriter() = default;

  /// The steps that a layer gives, or with `only_state` its final state: [h; c] of each direction.
  Written recurrent(const Description& is, const std::string& at, const Written& x, bool only_state) {
    static const std::map<std::string, Form> forms{{"elman", {"RNN", {0}}},
                                                   {"irnn", {"RNN", {0}}},
                                                   {"flexible_elman", {"RNN", {0}}},
                                                   {"indrnn", {"RNN", {0}}},
                                                   {"lstm", {"LSTM", {0, 3, 1, 2}}},
                                                   {"peephole_lstm", {"LSTM", {0, 3, 1, 2}}},
                                                   {"flexible_lstm", {"LSTM", {0, 3, 1, 2}}},
                                                   {"coupled_lstm", {"LSTM", {0, 2, 0, 1}, false, 2}},
                                                   {"projected_lstm", {"LSTM", {0, 3, 1, 2}}},
                                                   {"mingru", {"GRU", {0, 0, 1}, false, 0}},
                                                   {"gru", {"GRU", {1, 0, 2}}},
                                                   {"gru_reset_before", {"GRU", {1, 0, 2}, true}},
                                                   {"flexible_gru", {"GRU", {1, 0, 2}}}};
    const auto found = forms.find(is.kind);
    if (found == forms.end()) refuse_layer(is, at, "ONNX has no operator for it");
    Layer layer{is, at, found->second, text(is, "direction", "forward")};
    layer.is_lstm = layer.form.op == std::string("LSTM");
    layer.directions = layer.direction == "both" ? 2 : 1;
    layer.hidden = is.sizes[1];
    layer.number = ++count_;
    layer.is_projected = is.kind == "projected_lstm";
    if (layer.is_projected && (only_state || options().states || flag(is, "learned_state", false)))
      refuse_layer(is, at, "its state has a projection, and that of ONNX's LSTM has none");
    const bool is_timed = x.timed;
    const std::string sequence = is_timed ? x.name : along("Unsqueeze", x.name, {0}, "sequence");
    const auto inputs = inputs_of(layer, sequence, is_timed);

    // The outputs that are read: Y, Y_h and Y_c.
    const bool all_states = options().states, ends = is_ragged() && is_timed && layer.direction != "reverse";
    const std::string y = fresh("recurrent"), h = fresh("hidden"), c = fresh("memory");
    std::vector<std::string> outputs{only_state ? "" : y, only_state || all_states || ends ? h : ""};
    if (layer.is_lstm) outputs.push_back(only_state || all_states ? c : "");
    while (outputs.back().empty()) outputs.pop_back();
    set_attributes(layer, node(layer.form.op, inputs, outputs));
    if (all_states) give_states(layer, h, c);

    if (only_state) return state_of(layer, h, c);
    Written steps = x;
    steps.features = layer.hidden;
    steps.at_last.clear();
    steps.at_ends.clear();
    const std::string merge = text(is, "merge", "concatenate");
    if (layer.directions == 1) {
      steps.name = along("Squeeze", y, {1}, "sequence");
      if (ends) steps.at_last = along("Squeeze", h, {0}, "ends");
    } else if (merge == "concatenate" || layer.is_projected) {
      steps.name = apply("Reshape", {moved(y, {0, 2, 1, 3}), whole("shape", {0, 0, -1})}, "sequence");
      steps.features = 2 * layer.hidden;
      if (ends && merge == "concatenate") steps.at_ends = reshaped(moved(h, {1, 0, 2}), {0, -1});
    } else {
      steps.name = along(merge == "mean" ? "ReduceMean" : "ReduceSum", y, {1}, "sequence");
      set(last(), "keepdims", Index{0});
    }
    if (!is_timed) steps.name = along("Squeeze", steps.name, {0}, "once");
    return layer.is_projected ? projected(layer, std::move(steps)) : steps;
  }

 private:
  struct Form {
    const char* op;
    std::vector<Index> order;  // of the gates here, in ONNX's order
    bool reset_before = false;
    // The gate, in ONNX's order, that is 1 - σ(a) where the gate here is σ(a). That is σ(-a): it has the weights of the other
    // with the other sign.
    Index negative = -1;
  };
  struct Layer {
    const Description& is;
    const std::string& at;
    const Form& form;
    std::string direction;
    bool is_lstm = false, is_projected = false;
    Index directions = 1, hidden = 0;
    int number = 0;  // of all recurrent layers, from 1 on

    Index states() const { return is_lstm ? 2 : 1; }
    Index gates() const { return static_cast<Index>(form.order.size()); }
    bool is_gru() const { return form.op == std::string("GRU"); }
    /// The names of its directions.
    std::vector<std::string> ways() const {
      if (directions == 1) return {at};
      return {under(at, "forward"), under(at, "reverse")};
    }
  };
  using Rows = Eigen::Matrix<double, Dynamic, Dynamic, Eigen::RowMajor>;

  /// X, W, R, B, sequence_lens, initial_h, initial_c and P; those that are left out have no name.
  std::vector<std::string> inputs_of(const Layer& layer, const std::string& x, bool is_timed) {
    const auto& [is, at] = std::pair<const Description&, const std::string&>(layer.is, layer.at);
    const Index D = layer.directions, hidden = layer.hidden, rows = layer.gates() * hidden;
    std::vector<double> w, r, b, p;
    const auto append = [](std::vector<double>& to, const std::vector<double>& from) {
      to.insert(to.end(), from.begin(), from.end());
    };
    bool has_bias = false;
    for (const auto& way : layer.ways()) {
      const auto gates = [&](const char* name) {
        std::vector<double> all = numbers(under(way, name), layer.form.order, hidden);
        const std::size_t block = all.size() / layer.form.order.size();
        if (const Index gate = layer.form.negative; gate >= 0)
          for (std::size_t k = 0; k < block; ++k) {
            double& number = all[static_cast<std::size_t>(gate) * block + k];
            number = -number;
          }
        return all;
      };
      const std::vector<double> none(static_cast<std::size_t>(rows), 0.0);
      append(w, gates("weight_ih"));
      append(r, !has(under(way, "weight_hh"))
                    ? std::vector<double>(static_cast<std::size_t>(rows * hidden), 0.0)
                : is.kind == "indrnn" ? diagonal(gates("weight_hh"))
                : layer.is_projected  ? of_memory(gates("weight_hh"), under(way, "weight_hr"))
                                      : gates("weight_hh"));
      const bool one = has(under(way, "bias")), two = has(under(way, "bias_ih"));
      has_bias = has_bias || one || two;
      append(b, one ? gates("bias") : two ? gates("bias_ih") : none);
      append(b, has(under(way, "bias_hh")) ? gates("bias_hh") : none);
      if (has(under(way, "weight_ci")))
        for (const char* name : {"weight_ci", "weight_co", "weight_cf"}) append(p, numbers(under(way, name)));
    }
    std::vector<std::string> inputs(8);
    inputs[0] = x;
    inputs[1] = constant(under(at, "W"), {D, rows, is.sizes[0]}, w);
    inputs[2] = constant(under(at, "R"), {D, rows, hidden}, r);
    if (has_bias) inputs[3] = constant(under(at, "B"), {D, 2 * rows}, b);
    if (is_ragged() && is_timed) inputs[4] = "lengths";
    for (Index q = 0; q < layer.states(); ++q) {
      std::string& state = inputs[static_cast<std::size_t>(5 + q)];
      if (options().states)
        input(state = state_name("initial", q, layer), number_type(), {{D, ""}, batch(), {hidden, ""}});
      else if (flag(is, "learned_state", false))
        state = learned(layer, q, x);
    }
    // OpenCV 4.6 wants the initial state of a GRU, if it is zero too.
    if (layer.is_gru() && inputs[5].empty() && options().batch > 0 && is_timed)
      inputs[5] = constant("zero", {D, options().batch, hidden},
                           std::vector<double>(static_cast<std::size_t>(D * options().batch * hidden), 0.0));
    if (!p.empty()) inputs[7] = constant(under(at, "P"), {D, 3 * hidden}, p);
    while (inputs.back().empty()) inputs.pop_back();
    return inputs;
  }
  /// W_hh W_hr: what the gates see of m = o ∘ tanh(c), where h = W_hr m.
  std::vector<double> of_memory(const std::vector<double>& weight_hh, const std::string& weight_hr) const {
    const Index units = rows_of(weight_hr), rows = static_cast<Index>(weight_hh.size()) / units;
    const std::vector<double> projection = numbers(weight_hr);
    const Rows all =
        Eigen::Map<const Rows>(weight_hh.data(), rows, units) *
        Eigen::Map<const Rows>(projection.data(), units, static_cast<Index>(projection.size()) / units);
    return {all.data(), all.data() + all.size()};
  }
  /// h = W_hr m of each direction, from the m of all: one above the other, their sum or their mean.
  Written projected(const Layer& layer, Written m) {
    const auto ways = layer.ways();
    const std::string merge = text(layer.is, "merge", "concatenate");
    const Index H = layer.hidden, P = rows_of(under(ways[0], "weight_hr")), D = layer.directions,
                apart = merge == "concatenate" ? P : 0;
    Rows all = Rows::Zero(D * H, P + (D - 1) * apart);
    for (Index d = 0; d < D; ++d) {
      const std::vector<double> weight = numbers(under(ways[static_cast<std::size_t>(d)], "weight_hr"));
      all.block(d * H, d * apart, H, P) = Eigen::Map<const Rows>(weight.data(), P, H).transpose();
    }
    if (D == 2 && merge == "mean") all *= 0.5;
    const std::string weight = constant(under(layer.at, "weight_hr"), {all.rows(), all.cols()},
                                        {all.data(), all.data() + all.size()});
    for (std::string* const name : {&m.name, &m.at_last, &m.at_ends})
      if (!name->empty()) *name = apply("MatMul", {*name, weight}, "projected");
    m.features = all.cols();
    return m;
  }
  /// The units of an IndRnn see only themselves.
  static std::vector<double> diagonal(const std::vector<double>& u) {
    std::vector<double> all(u.size() * u.size(), 0.0);
    for (std::size_t k = 0; k < u.size(); ++k) all[k * (u.size() + 1)] = u[k];
    return all;
  }
  /// A learned state, repeated for each sample.
  std::string learned(const Layer& layer, Index q, const std::string& x) {
    const std::string name = under(layer.at, "initial." + std::to_string(q));
    const std::string row = constant(name, {1, 1, layer.hidden}, numbers(name));
    const std::string shape =
        apply("Concat", {whole("one", {1}), size_of(x, 1), whole("hidden", {layer.hidden})}, "shape", "axis",
              Index{0});
    return apply("Expand", {row, shape}, "initial");
  }
  static std::string state_name(const char* when, Index q, const Layer& layer) {
    return std::string(when) + (q == 0 ? "_h_" : "_c_") + std::to_string(layer.number);
  }
  void give_states(const Layer& layer, const std::string& h, const std::string& c) {
    for (Index q = 0; q < layer.states(); ++q) {
      const std::string name = state_name("final", q, layer);
      reserve(name);
      node("Identity", {q == 0 ? h : c}, {name});
      states_.push_back({name, layer.directions, layer.hidden});
    }
  }
  /// D × B × H to B × D × H, of h and c, and then one above the other.
  Written state_of(const Layer& layer, const std::string& h, const std::string& c) {
    std::string all = moved(h, {1, 0, 2});
    if (layer.is_lstm) all = apply("Concat", {all, moved(c, {1, 0, 2})}, "state", "axis", Index{2});
    return {reshaped(all, {0, -1}), layer.directions * layer.hidden * layer.states(), false};
  }

  void set_attributes(const Layer& layer, messages::Node& made) {
    const Description& is = layer.is;
    set(made, "hidden_size", layer.hidden);
    if (layer.direction != "forward")
      set(made, "direction", layer.directions == 2 ? "bidirectional" : "reverse");
    if (layer.is_gru())
      set(made, "linear_before_reset",
          Index{!layer.form.reset_before && flag(is, "linear_before_reset", true) ? 1 : 0});
    if (is.kind == "coupled_lstm" || flag(is, "input_forget", false)) set(made, "input_forget", Index{1});
    if (const auto* const clip = option(is, "clip")) {
      if (layer.is_lstm && !flag(is, "clip_memory", true))
        refuse_layer(is, layer.at, "it does not clip what its output function takes");
      set(made, "clip", clip->number());
    }
    set_activations(layer, made);
  }
  void set_activations(const Layer& layer, messages::Node& made) {
    static const std::map<std::string, const char*> names{{"relu", "Relu"},
                                                          {"tanh", "Tanh"},
                                                          {"sigmoid", "Sigmoid"},
                                                          {"affine", "Affine"},
                                                          {"leaky_relu", "LeakyRelu"},
                                                          {"thresholded_relu", "ThresholdedRelu"},
                                                          {"scaled_tanh", "ScaledTanh"},
                                                          {"hard_sigmoid", "HardSigmoid"},
                                                          {"elu", "Elu"},
                                                          {"softsign", "Softsign"},
                                                          {"softplus", "Softplus"}};
    const Description& is = layer.is;
    const std::vector<std::string> keys = layer.is_lstm
                                              ? std::vector<std::string>{"gate", "candidate", "output"}
                                          : layer.is_gru() ? std::vector<std::string>{"gate", "candidate"}
                                                           : std::vector<std::string>{"activation"};
    const bool has_relu = is.kind == "irnn" || is.kind == "indrnn", has_affine = is.kind == "mingru";
    bool any = has_relu || has_affine;
    for (const auto& key : keys) any = any || option(is, key);
    if (!any) return;
    std::vector<std::string> all;
    std::vector<double> alphas, betas;
    for (Index d = 0; d < layer.directions; ++d)
      for (const auto& key : keys) {
        const std::string name = text(is, key,
                                      has_relu        ? "relu"
                                      : key == "gate" ? "sigmoid"
                                      : has_affine    ? "affine"
                                                      : "tanh");
        const auto found = names.find(name);
        if (found == names.end())
          refuse_layer(is, layer.at, "its activation " + quote(name) + " is none of ONNX's");
        all.emplace_back(found->second);
        const GateFunction usual = *GateFunction::kind_named(name);
        if (usual.has_alpha()) alphas.push_back(number(is, key + "_alpha", usual.alpha()));
        if (usual.has_beta()) betas.push_back(number(is, key + "_beta", usual.beta()));
      }
    auto& functions = add(made, "activations", 8);
    for (const auto& name : all) functions.add_strings(name);
    const auto add_list = [&](const char* name, const std::vector<double>& values) {
      if (values.empty()) return;
      auto& list = add(made, name, 6);
      for (const double value : values) list.add_floats(static_cast<float>(value));
    };
    add_list("activation_alpha", alphas);
    add_list("activation_beta", betas);
  }

  int count_ = 0;

 protected:
  struct State {
    std::string name;
    Index directions, hidden;
  };
  std::vector<State> states_;  // that the graph gives
};

}  // namespace recur::inline RECUR_ABI::detail::onnx
