#include "recur/composition/sequential.hpp"

#include "catch.hpp"
#include "laws/laws.hpp"
#include "recur/cell/gru.hpp"
#include "recur/composition/residual.hpp"
#include "recur/layer/conv1d.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/dropout.hpp"
#include "recur/layer/embedding.hpp"
#include "recur/layer/pool.hpp"
#include "recur/layer/pool1d.hpp"
#include "recur/layer/positions.hpp"
#include "recur/recurrence/learned_state.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace sequential_test {

auto text_model(Index vocabulary, Index embedding, Index hidden, Index outputs) {
  return Sequential{Embedding<double>{vocabulary, embedding}, Dropout<double>{0.3},
                    Recurrent{Gru<double>{embedding, hidden}}, Dropout<double>{0.4},
                    Dense<double, Tanh>{hidden, outputs}};
}

TEST_CASE("Sequential keeps the laws with tokens as input", "[composition][sequential][laws]") {
  LayerSubject subject(text_model(11, 3, 5, 2), 11);
  keeps_laws(subject, {2, 7, 1, 6}, {.noise = true});
}

TEST_CASE("Sequential keeps the laws with numbers as input and nested", "[composition][sequential][laws]") {
  LayerSubject subject(Sequential{Dropout<double>{0.5},
                                  Sequential{Dense<double, Tanh>{3, 7}, Dense<double, Tanh>{7, 5}},
                                  Pool<double>{Pooling::mean}});
  keeps_laws(subject, {2, 7, 1, 6}, {.noise = true});
}

TEST_CASE("Sequential gives the output of its layers one after the other", "[composition][sequential]") {
  auto model = text_model(11, 3, 5, 2);
  initialize(model, 1);
  const auto& [embedding, first, recurrent, second, dense] = model.layers;
  const Sequence<Token> x({{1, 2}, {3, 4, 5}});
  typename decltype(model)::Tape tape;
  const auto& y = model.forward(x, tape);
  Embedding<double>::Tape embedded;
  Recurrent<Gru<double>>::Tape states;
  Dense<double, Tanh>::Tape outputs;
  CHECK(dense.forward(recurrent.forward(embedding.forward(x, embedded), states), outputs).values() ==
        y.values());
  CHECK(&tape.output() == &y);
}

TEST_CASE("Sequential names parameters by their place", "[composition][sequential]") {
  const auto model = text_model(11, 3, 5, 2);
  std::string names;
  for_each_parameter([&](const Name& name, const auto&) { names += name.str() + ' '; }, model);
  CHECK(names == "0.weight 2.weight_ih 2.weight_hh 2.bias_ih 2.bias_hh 4.weight 4.bias ");
  CHECK(count_parameters(model) == 33 + 15 * (3 + 5 + 2) + 12);
}

TEST_CASE("Sequential knows its sizes and describes itself", "[composition][sequential]") {
  const auto model = text_model(11, 3, 5, 2);
  CHECK(model.input_size() == 1);
  CHECK(model.output_size() == 2);
  CHECK(
      model.describe() ==
      "Sequential {Embedding (11 tokens -> 3), Dropout (0.3), GRU (3 -> 5), Dropout (0.4), Dense (5 -> 2)}");
  const Sequential any{Dropout<double>{0.5}, Pool<double>{Pooling::max}};
  CHECK(any.input_size() == any_size);
  CHECK(any.output_size() == any_size);
  const Sequential later{Dropout<double>{0.5}, Dense<double>{3, 5}, Dropout<double>{0.5}};
  CHECK(later.input_size() == 3);
  CHECK(later.output_size() == 5);
}

TEST_CASE("Sequential refuses neighbours that don't fit and names both", "[composition][sequential]") {
  CHECK(
      refusal([] {
        Sequential{Dense<double>{3, 5}, Dense<double>{5, 4}, Dense<double>{6, 2}};
      }) ==
      "layer 2, Dense (6 -> 2), takes 6 features, but layer 1, Dense (5 -> 4), gives 4: they must be equal");
  CHECK(
      refusal([] {
        Sequential{Dense<double>{3, 5}, Dropout<double>{0.5}, Dense<double>{6, 2}};
      }) ==
      "layer 2, Dense (6 -> 2), takes 6 features, but layer 0, Dense (3 -> 5), gives 5: they must be equal");
  CHECK_NOTHROW(Sequential{Dense<double>{3, 5}, Dropout<double>{0.5}, Dense<double>{5, 2}});
}

TEST_CASE("Sequential can't be streamed if a layer needs the future", "[composition][sequential]") {
  using Reverse = Recurrent<Gru<double>, Direction::reverse>;
  static_assert(Streamable<Sequential<Dense<double>, Recurrent<Gru<double>>>>);
  static_assert(Layer<Sequential<Dense<double>, Reverse>> && !Streamable<Sequential<Dense<double>, Reverse>>);
  static_assert(Streamable<decltype(text_model(1, 1, 1, 1))>);
}

TEST_CASE("Each layer of Sequential draws its own first weights", "[composition][sequential]") {
  Sequential model{Dense<double>{4, 4}, Dense<double>{4, 4}};
  initialize(model, 1);
  CHECK(std::get<0>(model.layers).weight != std::get<1>(model.layers).weight);
  Dense<double> alone{4, 4};
  initialize(alone, 1);
  CHECK(std::get<0>(model.layers).weight == alone.weight);
}

TEST_CASE("Sequential makes the steps that its layers make of each other's", "[composition][sequential]") {
  const Sequential layers{Conv1d<float>{2, 3, 3, 1, Padding::valid(), 2}, Dense<float>{3, 3},
                          Pool1d<float>{Pooling::max, 2}};
  CHECK(output_length(layers, 11) == 2);  // 5, 5, 2
  CHECK(output_length(layers, 5) == 1);   // 2, 2, 1
  CHECK(refusal([&] { output_length(layers, 4); }) ==
        "Pool1d (max of 2) was given a sequence of 1 steps: its window spans 2, more than there are");
}

TEST_CASE("A step that a later layer refuses leaves a stream as it was", "[composition][sequential]") {
  Sequential positions{SinusoidalPositions<double>{}, Dense<double>{4, 2}};
  Sequential pooled{Pool<double>{Pooling::mean}, Dense<double>{4, 2}};
  const auto refuses = [](auto& layers) {
    initialize(layers, 1);
    auto stream = layers.stream(), fresh = layers.stream();
    CHECK_THAT(refusal([&] { layers.step(VectorX<double>::Ones(5), stream); }),
               Catch::Matchers::EndsWith("was given a step of 5 features: it takes 4"));
    const VectorX<double> x = VectorX<double>::Ones(4);
    CHECK(layers.step(x, stream) == layers.step(x, fresh));
  };
  refuses(positions);
  refuses(pooled);
}

TEST_CASE("reset of a Sequential refuses a stream before it changes a part of it",
          "[composition][sequential]") {
  const auto make = [](Index outputs) {
    Sequential layers{Residual{Recurrent{Gru<double>{3, 3}}}, LearnedState{Recurrent{Gru<double>{3, 3}}},
                      Dense<double>{3, outputs}};
    initialize(layers, 1);
    return layers;
  };
  const auto own = make(2), other = make(5);
  auto stream = other.stream();
  other.step(VectorX<double>::Ones(3), stream);
  const MatrixX<double> state = get_state(other, stream);
  CHECK(refusal([&] { own.reset(stream); }) ==
        "Dense (3 -> 2) was given a stream of 5 features: it must be of 2, as stream() makes it");
  CHECK(get_state(other, stream) == state);
  other.reset(stream);
  CHECK(get_state(other, stream).norm() == 0);

  Sequential table{Recurrent{Gru<double>{3, 3}}, Residual{LearnedPositions<double>{1, 3}}};
  auto at_end = table.stream();
  table.step(VectorX<double>::Ones(3), at_end);
  CHECK_THROWS_AS(table.step(VectorX<double>::Ones(3), at_end), std::invalid_argument);
  table.reset(at_end);
  CHECK_NOTHROW(table.step(VectorX<double>::Ones(3), at_end));
}

}  // namespace sequential_test
}  // namespace recur::testing
