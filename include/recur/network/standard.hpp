// The kinds of layers that most networks are made of; all_kinds.hpp has the others.
//
//   kind         sizes                    options and their defaults
//   elman        input, hidden            activation "tanh" or "relu", and those in recurrent_kind.hpp
//   lstm, gru    input, hidden            those in recurrent_kind.hpp
//   dense        input, output            activation "identity", "tanh", "relu", "sigmoid", "gelu" or "elu"; bias true
//   embedding    vocabulary, embedding    of tokens
//   dropout                               rate, which must be said
//   layer_norm   features                 epsilon 1e-5
//   pool                                  pooling "last", "ends", "mean" or "max"
//   residual                              around one layer
//   chain                                 of layers, one after the other
//   graph                                 of inputs, nodes and outputs: see make_graph
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "recur/cell/elman.hpp"
#include "recur/cell/gru.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/composition/residual.hpp"
#include "recur/core/compiled.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/dropout.hpp"
#include "recur/layer/embedding.hpp"
#include "recur/layer/layer_norm.hpp"
#include "recur/layer/pool.hpp"
#include "recur/network/chain.hpp"
#include "recur/network/graph.hpp"
#include "recur/network/kinds.hpp"
#include "recur/network/recurrent_kind.hpp"

namespace recur::inline RECUR_ABI {

namespace detail::kinds {

template <class S>
Network<S> dense(DescriptionReader& say, const Kinds<S>&) {
  const Index inputs = say.size("input"), outputs = say.size("output");
  say.claim(outputs, inputs);
  const Bias bias = say.flag("bias", true) ? Bias::both : Bias::none;
  const auto with = [&]<class F>(F) { return Network<S>{Dense<S, F>{inputs, outputs, bias}}; };
  switch (say.choice("activation", {"identity", "tanh", "relu", "sigmoid", "gelu", "elu"})) {
    case 1:
      return with(Tanh{});
    case 2:
      return with(Relu{});
    case 3:
      return with(Sigmoid{});
    case 4:
      return with(Gelu{});
    case 5:
      return with(Elu{});
    default:
      return with(Identity{});
  }
}

template <class S>
Network<S, Token> embedding(DescriptionReader& say, const Kinds<S>&) {
  const Index words = say.size("vocabulary"), features = say.size("embedding");
  say.claim(words, features);
  return Network<S, Token>{Embedding<S>{words, features}};
}

template <class S>
Network<S> pool(DescriptionReader& say, const Kinds<S>&) {
  return Network<S>{
      Pool<S>{std::array{Pooling::last, Pooling::ends, Pooling::mean,
                         Pooling::max}[say.choice("pooling", {"last", "ends", "mean", "max"})]}};
}

template <class S>
Network<S> residual(DescriptionReader& say, const Kinds<S>& kinds) {
  say.refuse_unless(say.layers().size() == 1, "has ", say.layers().size(), " layers inside: it must have 1");
  return Network<S>{Residual{kinds.make(say.layers()[0], say.limit())}};
}

template <class S, class In>
Network<S, In> chain(DescriptionReader& say, const Kinds<S>& kinds) {
  say.refuse_unless(!say.layers().empty(), "has no layers inside: it must have at least 1");
  Chain<S, In> chain{kinds.template make<In>(say.layers()[0], say.limit())};
  for (std::size_t i = 1; i < say.layers().size(); ++i) chain.add(kinds.make(say.layers()[i], say.limit()));
  return Network<S, In>{std::move(chain)};
}

template <class S, class In>
Graph<S, In> graph(DescriptionReader& say, const Kinds<S>& kinds) {
  std::vector<GraphInput> inputs;
  std::vector<GraphNode<S, In>> nodes;
  std::vector<std::string> outputs;
  std::set<std::string> input_names;
  for (const Description& part : say.layers())
    if (part.kind == "input") input_names.insert(DescriptionReader(part, say.limit()).text("name"));
  for (const Description& part : say.layers()) {
    DescriptionReader its(part, say.limit());
    if (part.kind == "input") {
      inputs.push_back({its.text("name"), its.size("features")});
    } else if (part.kind == "output") {
      outputs.push_back(its.text("from"));
    } else {
      const std::string name = its.text("name");
      std::vector<std::string> from(1);
      for (const char c : its.text("from")) c == ' ' ? from.emplace_back() : from.back() += c;
      if (part.kind == "node") {
        its.refuse_unless(its.layers().size() == 1, "has ", its.layers().size(),
                          " layers inside: it must have 1");
        const Description& layer = its.layers()[0];
        if (std::same_as<In, S> || input_names.contains(from[0]))
          nodes.emplace_back(name, kinds.template make<In>(layer, say.limit()), from);
        else
          nodes.emplace_back(name, kinds.make(layer, say.limit()), from);
      } else if (part.kind == "slice") {
        const Index first = its.size("first"), count = its.size("count");
        nodes.emplace_back(name, Slice{first, count}, from);
      } else {
        constexpr auto& joins = detail::graph::join_names;
        const auto join = std::find(joins.begin(), joins.end(), part.kind);
        say.refuse_unless(join != joins.end(), "has a part of the kind \"", part.kind,
                          "\": legal are input, output, node, slice, add, subtract, multiply, concatenate");
        nodes.emplace_back(name, static_cast<Join>(join - joins.begin()), from);
      }
    }
    its.finish();
  }
  return Graph<S, In>(std::move(inputs), std::move(nodes), outputs);
}

}  // namespace detail::kinds

namespace detail {

/// Adds the kinds above that have no recurrence.
template <std::floating_point S>
void add_plain_kinds(Kinds<S>& kinds) {
  using namespace detail::kinds;
  kinds.add("dense", dense<S>);
  kinds.add("embedding", embedding<S>);
  kinds.add("dropout", [](DescriptionReader& say, const Kinds<S>&) {
    say.refuse_unless(say.has("rate"), "has no option rate: it must have one");
    return Network<S>{Dropout<S>{say.number("rate", 0)}};
  });
  kinds.add("layer_norm", [](DescriptionReader& say, const Kinds<S>&) {
    const Index features = say.size("features");
    say.claim(features, 1);
    return Network<S>{LayerNorm<S>{features, say.number("epsilon", 1e-5)}};
  });
  kinds.add("pool", pool<S>);
  kinds.add("residual", residual<S>);
  kinds.add("chain", chain<S, S>);
  kinds.add("chain", chain<S, Token>);
  kinds.add("graph", [](DescriptionReader& say, const Kinds<S>& all) {
    return Network<S>{detail::kinds::graph<S, S>(say, all)};
  });
  kinds.add("graph", [](DescriptionReader& say, const Kinds<S>& all) {
    return Network<S, Token>{detail::kinds::graph<S, Token>(say, all)};
  });
}

}  // namespace detail

/// The kinds above.
template <std::floating_point S>
const Kinds<S>& standard_kinds() {
  static const Kinds<S> kinds = [] {
    Kinds<S> standard;
    detail::add_plain_kinds(standard);
    standard.add("elman", make_recurrent<Elman<S>, Elman<S, Relu>>);
    standard.add("lstm", make_recurrent<Lstm<S>>);
    standard.add("gru", make_recurrent<Gru<S>>);
    standard.hint = "; recur/network/all_kinds.hpp has more: pass all_kinds<S>()";
    return standard;
  }();
  return kinds;
}

/// The network that a description names, of the kinds above; its weights are zero until `initialize`.
///
///   auto body = make_network<float>({"lstm", 64, 128});
///   auto tagger = make_network<float, Token>({{"embedding", 5000, 64}, {"gru", 64, 128}, {"dense", 128, 17}});
///
/// Throws std::invalid_argument what Kinds::make throws.
template <std::floating_point S, class In = S>
Network<S, In> make_network(const Description& description) {
  return standard_kinds<S>().template make<In>(description);
}
/// The graph that a description names: its inputs, its nodes in any order, and its outputs.
///
///   {"kind": "graph", "layers": [{"kind": "input", "sizes": [1], "name": "signal"},
///     {"kind": "node", "name": "lstm", "from": "signal", "layers": [{"kind": "lstm", "sizes": [1, 1]}]},
///     {"kind": "add", "name": "sum", "from": "lstm signal"}, {"kind": "output", "from": "sum"}]}
///
/// Also "subtract", "multiply", "concatenate", and "slice" with its first feature and its number of features as sizes.
/// Throws std::invalid_argument what Kinds::make and Graph throw.
template <std::floating_point S, class In = S>
Graph<S, In> make_graph(const Description& description, const Kinds<S>& kinds = standard_kinds<S>()) {
  require(description.kind == "graph", "a description of the kind \"", description.kind,
          "\" was given where it must be \"graph\"");
  SizeLimit none;
  DescriptionReader say(description, none);
  auto made = detail::kinds::graph<S, In>(say, kinds);
  say.finish();
  return made;
}
/// A chain of layers.
template <std::floating_point S, class In = S>
Network<S, In> make_network(std::initializer_list<Description> layers) {
  Description chain("chain");
  chain.layers = layers;
  return make_network<S, In>(chain);
}

}  // namespace recur::inline RECUR_ABI

// This also compiles everything that standard_kinds makes.
#define RECUR_COMPILED_NETWORK(how, S) how template const Kinds<S>& standard_kinds<S>();
#if defined(RECUR_COMPILED)
namespace recur::inline RECUR_ABI {
RECUR_COMPILED_NETWORK(extern, float)
RECUR_COMPILED_NETWORK(extern, double)
}  // namespace recur::inline RECUR_ABI
#endif
