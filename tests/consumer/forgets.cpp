// What users forget, one thing each: FORGOTTEN says which.
#include "forgets.hpp"

using namespace recur;

int main() {
#if FORGOTTEN == 1  // EachStep
  ManyToMany model{Recurrent{Lstm<float>{2, 3}}, SoftmaxCrossEntropy{}};
#elif FORGOTTEN == 2  // Recurrent in a stack
  Sequential model{Lstm<float>{2, 3}, Dense<float>{3, 2}};
#elif FORGOTTEN == 3  // Recurrent as a body
  ManyToOne model{Lstm<float>{2, 3}, Pooling::last, Dense<float>{3, 2}, SoftmaxCrossEntropy{}};
#elif FORGOTTEN == 4  // one scalar in a stack
  Sequential model{Dense<float>{2, 3}, Dense<double>{3, 2}};
#elif FORGOTTEN == 5  // one scalar in body and head
  ManyToOne model{Recurrent{Lstm<float>{2, 3}}, Pooling::last, Dense<double>{3, 2}, SoftmaxCrossEntropy{}};
#elif FORGOTTEN == 6  // that a stream has no end to read from
  ManyToOne model{Bidirectional{Lstm<float>{2, 3}}, Pooling::mean, Dense<float>{6, 2}, SoftmaxCrossEntropy{}};
  model.stream();
#elif FORGOTTEN == 7  // that there is one answer
  ManyToOne model{Recurrent{Lstm<float>{2, 3}}, Pooling::last, Dense<float>{3, 2},
                  EachStep{SoftmaxCrossEntropy{}}};
#elif FORGOTTEN == 8  // Recurrent, in every other place for a layer
  const Lstm<float> cell{2, 3};
  const Recurrent layer{cell};
  const Decoder decoder{Sequential{Embedding<float>{4, 2}, layer}, Dense<float>{3, 4}};
#if PLACE == 1
  ManyToOne model{layer, Pooling::last, cell, SoftmaxCrossEntropy{}};
#elif PLACE == 2
  ManyToMany model{cell, EachStep{SoftmaxCrossEntropy{}}};
#elif PLACE == 3
  Decoder model{cell, Dense<float>{3, 4}};
#elif PLACE == 4
  Decoder model{Sequential{Embedding<float>{4, 2}, layer}, cell};
#elif PLACE == 5
  EncoderDecoder model{cell, decoder, EachStep{SoftmaxCrossEntropy{}}};
#elif PLACE == 6
  EncoderDecoder model{layer, cell, decoder, EachStep{SoftmaxCrossEntropy{}}};
#elif PLACE == 7
  OneToMany model{cell, decoder, EachStep{SoftmaxCrossEntropy{}}};
#elif PLACE == 8
  EncoderForecaster model{cell, layer, EachStep{SquaredError{}}};
#elif PLACE == 9
  EncoderForecaster model{layer, cell, EachStep{SquaredError{}}};
#elif PLACE == 10
  LearnedState model{cell};
#elif PLACE == 11
  Network<float> model{cell};
#elif PLACE == 12
  Network model{cell};
#elif PLACE == 13
  Residual model{cell};
#elif PLACE == 15
  GraphNode<float> model("lstm", cell, {"x"});
#elif PLACE == 14
  TiedEmbedding model{Embedding<float>{4, 2}, cell};
#endif
#elif FORGOTTEN == 9   // one scalar in a network
  Network<float> model{Dense<double>{2, 3}};
#elif FORGOTTEN == 10  // that a network of tokens says so
  Network<float> model{Embedding<float>{2, 3}};
#elif FORGOTTEN == 11  // that Recurrent is for cells
  Recurrent model{Dense<float>{2, 3}};
#elif FORGOTTEN == 12  // that Bidirectional is for cells
  Bidirectional model{Recurrent{Lstm<float>{2, 3}}};
#elif FORGOTTEN == 13  // that a stream has no end to read from
  const Bidirectional both{Lstm<float>{2, 2}, Merge::mean};
#if PLACE == 1
  Sequential{both, Dense<float>{2, 2}}.stream();
#elif PLACE == 2
  Residual{both}.stream();
#elif PLACE == 3
  ManyToMany{both, EachStep{SoftmaxCrossEntropy{}}}.stream();
#elif PLACE == 4
  TiedEmbedding{Embedding<float>{4, 2}, both}.stream();
#elif PLACE == 5
  LearnedState{Recurrent<Lstm<float>, Direction::reverse>{Lstm<float>{2, 3}}}.stream();
#elif PLACE == 6
  Decoder model{Sequential{Embedding<float>{4, 2}, both}, Dense<float>{2, 4}};
#elif PLACE == 8
  Decoder model{Sequential{Embedding<float>{4, 2}, MultiHeadAttention<float>{2, 1}}, Dense<float>{2, 4}};
#elif PLACE == 7
  EncoderForecaster model{both, both, EachStep{SquaredError{}}};
#endif
#elif FORGOTTEN == 14  // that only one recurrent layer learns its state
#if PLACE == 1
  LearnedState model{Bidirectional{Lstm<float>{2, 3}}};
#else
  LearnedState model{Sequential{Recurrent{Lstm<float>{2, 3}}, Recurrent{Lstm<float>{3, 3}}}};
#endif
#elif FORGOTTEN == 15  // an Embedding
  Decoder model{Recurrent{Lstm<float>{2, 3}}, Dense<float>{3, 4}};
#elif FORGOTTEN == 16  // the order of a decoder
  Decoder model{Sequential{Embedding<float>{4, 2}, Recurrent{Lstm<float>{2, 3}}}, Dense<float>{3, 4},
                Dense<float>{3, 4}};
#elif FORGOTTEN == 17  // a layer that remembers
  EncoderForecaster model{Recurrent{Lstm<float>{2, 3}}, Dense<float>{2, 2}, EachStep{SquaredError{}}};
#elif FORGOTTEN == 18  // one scalar in network and loss
  ManyToOne<Recurrent<Lstm<double> >, Dense<double>, SquaredError<float> > model{
      Recurrent{Lstm<double>{2, 3}}, Pooling::last, Dense<double>{3, 2}, SquaredError{}};
#elif FORGOTTEN == 19  // that only a loss of labels has labels
  ManyToMany model{Recurrent{Lstm<float>{2, 3}}, EachStep{BinaryCrossEntropy{}}};
  model.labels(Sequence<float>());
#elif FORGOTTEN == 20  // the same of examples
  ManyToOne model{Recurrent{Lstm<float>{2, 3}}, Pooling::last, Dense<float>{3, 2}, SquaredError{}};
  labels(model, std::vector<decltype(model)::Example>());
#elif FORGOTTEN == 21  // Recurrent around the cell whose final state is wanted
  FinalState model{Lstm<float>{2, 3}};
#elif FORGOTTEN == 22  // that a composition has no state of its own
  FinalState model{Sequential{Recurrent{Lstm<float>{2, 3}}, Dense<float>{3, 2}}};
#elif FORGOTTEN == 23  // the scalar of a step
  const Dense<float> layer{2, 3};
  auto stream = layer.stream();
  layer.step(VectorX<double>(2), stream);
#elif FORGOTTEN == 24  // the scalar of an optimizer
  ManyToOne model{Recurrent{Lstm<float>{2, 3}}, Pooling::last, Dense<float>{3, 2}, SquaredError{}};
  const std::vector<decltype(model)::Example> examples;
  Optimizer optimizer(Dense<double>{2, 3}, Adam{});
#if PLACE == 1
  fit(model, optimizer, examples);
#elif PLACE == 2
  fit(model, optimizer, examples, {.epochs = 1});
#else
  fit(model, optimizer, examples, examples, {.epochs = 1});
#endif
#endif
}
