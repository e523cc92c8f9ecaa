// Makes the network of a classifier from the settings of the user.
#include "network.hpp"

#include <initializer_list>

#include "../common/cell.hpp"
#include "recur/network/standard.hpp"

namespace sentiment {

Network make_network(const Architecture& what) {
  using recur::Description;
  const Description embedding("embedding", what.words, what.embedding);
  const Description dropout = Description("dropout").with("rate", what.dropout);
  const auto body = [&](const Description& layers) {
    return recur::standard_kinds<float>().make<Token>(layers);
  };
  const auto head = [](const Description& layers) { return recur::standard_kinds<float>().make(layers); };
  const auto chain = [](std::initializer_list<Description> layers) {
    Description all("chain");
    all.layers = layers;
    return all;
  };
  const Description output("dense", what.hidden, what.classes);
  if (what.cell == "bag")
    return {body(chain({embedding, dropout})), recur::Pooling::mean,
            head(chain({Description("dense", what.embedding, what.hidden).with("activation", "tanh"), dropout,
                        output})),
            recur::SoftmaxCrossEntropy<float>{}};
  return {body(chain({embedding, dropout, examples::recurrent(what.cell, what.embedding, what.hidden)})),
          what.pooling, head(chain({dropout, output})), recur::SoftmaxCrossEntropy<float>{}};
}

std::vector<recur::VectorX<float>> read(const Network& network, const std::vector<Token>& tokens) {
  std::vector<recur::VectorX<float>> probabilities;
  auto stream = network.stream();
  for (const Token token : tokens) probabilities.push_back(network.predict_step(token, stream));
  return probabilities;
}

}  // namespace sentiment
