// Writes a trained classifier as a C++ header.
#include "header.hpp"

#include <string>

#include "ask.hpp"
#include "output.hpp"
#include "recur/exchange/header_file.hpp"
#include "recur/layer/pool.hpp"
#include "recur/network/chain.hpp"

namespace sentiment {

void write(const HeaderCommand& command) {
  AskCommand ask;
  ask.model = command.model;
  const Classifier classifier = load_to_ask(ask);
  recur::Chain<float, Token> layers{classifier.network->body};
  layers.add(recur::Network{recur::Pool<float>{classifier.what.pooling}});
  layers.add(classifier.network->head);
  const recur::Network network{std::move(layers)};
  recur::write_header(
      command.target, network, "sentiment",
      {.words = classifier.vocabulary.words(),
       .classes = classifier.classes,
       .weights = command.weights == "int8" ? recur::HeaderWeights::int8 : recur::HeaderWeights::float32});
  write_text("Saved to ", recur::detail::message(recur::detail::printable(command.target), ": ",
                                                 recur::count_parameters(network), " numbers, ",
                                                 classifier.known_words(), " words"));
}

}  // namespace sentiment
