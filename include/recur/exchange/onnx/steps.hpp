// The steps of a network that an ONNX graph becomes, before they are layers: some become one with the step before, and
// some are needed by no output.
#pragma once

#include <concepts>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "recur/attention/multi_head_attention.hpp"
#include "recur/exchange/onnx/signal.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/embedding.hpp"
#include "recur/layer/layer_norm.hpp"
#include "recur/layer/pointwise.hpp"
#include "recur/layer/pool.hpp"
#include "recur/network/chain.hpp"
#include "recur/network/graph.hpp"
#include "recur/network/network.hpp"

namespace recur::inline RECUR_ABI::detail::onnx {

struct Step {
  enum class Kind { input, embedding, dense, scale, norm, activation, attention, layer, join, slice };

  Kind kind;
  std::string name;
  std::vector<int> from;
  Index features;
  bool timed;                             // it gives something at each step, not once for a sequence
  bool is_state = false;                  // a state at the end of a sequence
  bool is_memory = false;                 // with the memory of an LSTM, which no layer gives at each step
  MatrixX<float> weight{};                // of dense and embedding
  VectorX<float> bias{}, factor{};        // of dense, scale and norm
  float epsilon = 0;                      // of norm
  std::optional<Network<float>> layer{};  // of activation and layer
  std::string activation{};               // also of dense, "" for none
  Join join = Join::add;
  Slice slice{0, 0};
  Index heads = 0;              // of attention: weight and bias are those of q, k and v, one above the other
  MatrixX<float> out_weight{};  // of attention; empty if no dense layer followed yet
  VectorX<float> out_bias{};
};

/// Steps that read those before them.
class Steps {
 public:
  int add(Step step) {
    step.name = unique(step.name);
    list_.push_back(std::move(step));
    return static_cast<int>(list_.size()) - 1;
  }
  const Step& operator[](int step) const { return list_[static_cast<std::size_t>(step)]; }
  int count() const { return static_cast<int>(list_.size()); }
  /// How many numbers a step has: its weights.
  Index numbers(int step) const {
    const Step& is = (*this)[step];
    const Index own = is.weight.size() + is.bias.size() + is.factor.size() + is.out_weight.size();
    return is.layer ? own + count_parameters(*is.layer) : own;
  }
  void mark_memory(int step) {
    at(step).is_state = at(step).is_memory = true;
    at(step).timed = false;
  }
  void clear() { *this = Steps(); }

  /// The step that gives these features.
  int gather(const std::vector<Piece>& pieces, const std::string& name) {
    std::vector<int> parts;
    for (const Piece& piece : pieces) parts.push_back(slice(piece, name));
    if (parts.size() == 1) return parts[0];
    return join(Join::concatenate, parts, name);
  }
  int join(Join how, const std::vector<int>& from, const std::string& name) {
    Step step{Step::Kind::join, name, from, (*this)[from[0]].features, (*this)[from[0]].timed};
    if (how == Join::concatenate) {
      step.features = 0;
      for (const int part : from) step.features += (*this)[part].features;
    }
    step.join = how;
    return add(std::move(step));
  }
  int pool(int from, Pooling pooling, bool is_state, const std::string& name) {
    const auto [at, is_new] = pools_.try_emplace({from, static_cast<int>(pooling), is_state}, 0);
    if (is_new) {
      Step step{Step::Kind::layer, name, {from}, (*this)[from].features, false, is_state};
      step.layer.emplace(Pool<float>{pooling});
      at->second = add(std::move(step));
    }
    return at->second;
  }

  /// What the outputs, each a step and its name, make of the inputs. Throws FileError if a graph can't say it.
  template <class In>
  Graph<float, In> graph(const File& file, const std::vector<std::pair<int, std::string>>& outputs) {
    prepare(file, outputs);
    return make_graph<In>(file, outputs);
  }
  template <class In>
  Network<float, In> network(const File& file, std::pair<int, std::string> output) {
    prepare(file, {output});
    Index inputs = 0;
    for (std::size_t k = 0; k < list_.size(); ++k)
      inputs += list_[k].kind == Step::Kind::input && readers_[k] > 0;
    file.check(inputs == 1, "has ", inputs, " inputs: a network has one; load_onnx_graph takes several");
    std::vector<int> order;  // from the output back, if each step reads one
    int step = output.first;
    for (; (*this)[step].kind != Step::Kind::input; step = (*this)[step].from[0]) {
      const Step& is = (*this)[step];
      if (is.kind == Step::Kind::join || is.kind == Step::Kind::slice ||
          readers_[static_cast<std::size_t>(step)] != 1)
        return Network<float, In>{make_graph<In>(file, {output})};
      order.push_back(step);
    }
    if (readers_[static_cast<std::size_t>(step)] != 1 || order.empty())
      return Network<float, In>{make_graph<In>(file, {output})};
    check_inputs<In>(file);
    const auto rest = [&](auto first) {
      if (order.size() == 1) return first;
      Chain<float, In> chain{std::move(first)};
      for (std::size_t k = order.size() - 1; k-- > 0;) chain.add(layer_of(order[k]));
      return Network<float, In>{std::move(chain)};
    };
    if constexpr (std::same_as<In, Token>)
      return rest(embedding_of(order.back()));
    else
      return rest(layer_of(order.back()));
  }

 private:
  Step& at(int step) { return list_[static_cast<std::size_t>(step)]; }

  static std::string legal_name(const std::string& given) {
    std::string name;
    for (const char c : given) name += static_cast<unsigned char>(c) <= ' ' || c == '.' || c == '"' ? '_' : c;
    return name.empty() ? "value" : name;
  }
  std::string unique(const std::string& given) {
    const std::string name = legal_name(given);
    std::string all = name;
    if (names_.insert(all).second) return all;
    int& next = next_.try_emplace(name, 2).first->second;  // else many of one name would take quadratic time
    do all = name + '_' + std::to_string(next++);
    while (!names_.insert(all).second);
    return all;
  }
  int slice(const Piece& piece, const std::string& name) {
    if (piece.first == 0 && piece.count == (*this)[piece.step].features) return piece.step;
    const auto [at, is_new] = slices_.try_emplace({piece.step, piece.first, piece.count}, 0);
    if (is_new) {
      Step step{Step::Kind::slice, name, {piece.step}, piece.count, (*this)[piece.step].timed};
      step.slice = {piece.first, piece.count};
      at->second = add(std::move(step));
    }
    return at->second;
  }

  /// Keeps the steps that the outputs need, makes one step of two if it computes the same, and names the outputs.
  void prepare(const File& file, const std::vector<std::pair<int, std::string>>& outputs) {
    count_readers(outputs);
    for (int step = 0; step < static_cast<int>(list_.size()); ++step) become_one(step);
    for (Step& step : list_)
      for (int& from : step.from)
        while (is_nothing((*this)[from])) from = (*this)[from].from[0];
    count_readers(outputs);
    bool with_time = false, without = false;
    for (std::size_t k = 0; k < list_.size(); ++k)
      if (list_[k].kind == Step::Kind::input && readers_[k] > 0)
        (list_[k].timed ? with_time : without) = true;
    file.check(!with_time || !without,
               "has inputs with a time axis and others without: here all have the same steps");
    for (const auto& [step, name] : outputs) {
      file.check((*this)[step].kind != Step::Kind::input, "has the output ", quote(name),
                 ", which is an input: at least one layer must be between them");
      // An output keeps its name, whatever other step has it.
      names_.erase((*this)[step].name);
      at(step).name.clear();
      const std::string own = legal_name(name);
      for (Step& other : list_)
        if (other.name == own && other.kind != Step::Kind::input) other.name = unique(own);
      names_.erase(own);
      at(step).name = unique(name);
    }
  }
  void count_readers(const std::vector<std::pair<int, std::string>>& outputs) {
    readers_.assign(list_.size(), 0);
    for (const auto& output : outputs) ++readers_[static_cast<std::size_t>(output.first)];
    for (std::size_t k = list_.size(); k-- > 0;)
      if (readers_[k] > 0)
        for (const int from : list_[k].from) ++readers_[static_cast<std::size_t>(from)];
  }
  /// A scale that changes nothing, as what is left of two.
  static bool is_nothing(const Step& is) {
    return is.kind == Step::Kind::scale && (is.factor.array() == 1).all() && is.bias.isZero(0);
  }
  /// A Dense takes the biases and the activation that follow it, and attention the Dense, if nobody else reads what is
  /// between.
  void become_one(int step) {
    Step& is = at(step);
    if (readers_[static_cast<std::size_t>(step)] == 0 || is.from.size() != 1) return;
    Step& before = at(is.from[0]);
    if (readers_[static_cast<std::size_t>(is.from[0])] != 1 || !before.activation.empty()) return;
    // Two finite numbers can make one that is not.
    const auto become = [](VectorX<float>& number, const VectorX<float>& of_both) {
      const bool is_finite = of_both.allFinite();
      if (is_finite) number = of_both;
      return is_finite;
    };
    if (is.kind == Step::Kind::scale && before.kind == Step::Kind::dense && (is.factor.array() == 1).all()) {
      if (!become(before.bias, before.bias + is.bias)) return;
    } else if (is.kind == Step::Kind::scale &&
               (before.kind == Step::Kind::scale || before.kind == Step::Kind::norm)) {
      const VectorX<float> factor = before.factor.cwiseProduct(is.factor);
      if (!factor.allFinite() || !become(before.bias, before.bias.cwiseProduct(is.factor) + is.bias)) return;
      before.factor = factor;
    } else if (is.kind == Step::Kind::activation && before.kind == Step::Kind::dense &&
               (is.activation == "tanh" || is.activation == "relu" || is.activation == "sigmoid" ||
                is.activation == "gelu")) {
      before.activation = is.activation;
    } else if (before.kind == Step::Kind::attention && before.out_weight.size() == 0 &&
               is.kind == Step::Kind::dense && is.features == before.features) {
      before.out_weight = is.weight;
      before.out_bias = is.bias;
    } else if (before.kind == Step::Kind::attention && before.out_weight.size() > 0 &&
               is.kind == Step::Kind::scale && (is.factor.array() == 1).all()) {
      if (!become(before.out_bias, before.out_bias + is.bias)) return;
    } else {
      return;
    }
    const std::string name = is.name;
    is = before;
    is.name = name;
    before.weight.resize(0, 0);  // nobody reads it now
  }

  Network<float> layer_of(int step) const {
    const Step& is = (*this)[step];
    if (is.kind == Step::Kind::scale) {
      Scale<float> scale(is.features);
      scale.weight = is.factor;
      scale.bias = is.bias;
      return Network<float>{std::move(scale)};
    }
    if (is.kind == Step::Kind::norm) {
      LayerNorm<float> norm(is.features, static_cast<double>(is.epsilon));
      norm.weight = is.factor;
      norm.bias = is.bias;
      return Network<float>{std::move(norm)};
    }
    if (is.kind == Step::Kind::attention) {
      MultiHeadAttention<float> attention(is.features, is.heads);
      attention.in_proj_weight = is.weight;
      attention.in_proj_bias = is.bias;
      if (is.out_weight.size() > 0) {
        attention.out_proj = {is.out_weight, is.out_bias};
      } else {
        attention.out_proj.weight.setIdentity();
      }
      return Network<float>{std::move(attention)};
    }
    if (is.kind != Step::Kind::dense) return *is.layer;
    const auto with = [&]<class F>(F) {
      Dense<float, F> dense(is.weight.cols(), is.weight.rows());
      dense.weight = is.weight;
      dense.bias = is.bias;
      return Network<float>{std::move(dense)};
    };
    if (is.activation == "tanh") return with(Tanh{});
    if (is.activation == "relu") return with(Relu{});
    if (is.activation == "sigmoid") return with(Sigmoid{});
    if (is.activation == "gelu") return with(Gelu{});
    return with(Identity{});
  }
  Network<float, Token> embedding_of(int step) const {
    const Step& is = (*this)[step];
    Embedding<float> embedding(is.weight.rows(), is.weight.cols());
    embedding.weight.values = is.weight;
    return Network<float, Token>{std::move(embedding)};
  }

  template <class In>
  void check_inputs(const File& file) const {
    for (std::size_t k = 0; k < list_.size(); ++k) {
      const Step& is = list_[k];
      if (readers_[k] == 0 || is.kind == Step::Kind::input || (*this)[is.from[0]].kind != Step::Kind::input)
        continue;
      const bool tokens = is.kind == Step::Kind::embedding;
      const std::string name = quote((*this)[is.from[0]].name);
      if (std::same_as<In, Token>)
        file.check(tokens, "has the input ", name,
                   " of numbers: without tokens it is a Network<float>, and with both it can't be read");
      else
        file.check(!tokens, "has the input ", name,
                   " of tokens: load it as a network of tokens, load_onnx<Token>");
    }
  }
  template <class In>
  Graph<float, In> make_graph(const File& file,
                              const std::vector<std::pair<int, std::string>>& outputs) const {
    check_inputs<In>(file);
    std::vector<GraphInput> inputs;
    std::vector<GraphNode<float, In>> nodes;
    for (std::size_t k = 0; k < list_.size(); ++k) {
      const Step& is = list_[k];
      if (readers_[k] == 0) continue;
      std::vector<std::string> from;
      for (const int one : is.from) from.push_back((*this)[one].name);
      switch (is.kind) {
        case Step::Kind::input:
          inputs.push_back({is.name, is.features});
          break;
        case Step::Kind::embedding:
          if constexpr (std::same_as<In, Token>)
            nodes.emplace_back(is.name, embedding_of(static_cast<int>(k)), from);
          break;
        case Step::Kind::join:
          nodes.emplace_back(is.name, is.join, from);
          break;
        case Step::Kind::slice:
          nodes.emplace_back(is.name, is.slice, from);
          break;
        default:
          nodes.emplace_back(is.name, layer_of(static_cast<int>(k)), from);
      }
    }
    std::vector<std::string> names;
    for (const auto& output : outputs) names.push_back((*this)[output.first].name);
    return Graph<float, In>(std::move(inputs), std::move(nodes), names);
  }

  std::vector<Step> list_;
  std::vector<int> readers_;
  std::set<std::string> names_;
  std::map<std::string, int> next_;  // the number that a name gets when it comes again
  std::map<std::tuple<int, int, bool>, int> pools_;
  std::map<std::tuple<int, Index, Index>, int> slices_;
};

}  // namespace recur::inline RECUR_ABI::detail::onnx
