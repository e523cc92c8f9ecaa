#include "recur/architecture/many_to_one.hpp"

#include <limits>

#include "allocations.hpp"
#include "architecture/models.hpp"
#include "catch.hpp"
#include "flat.hpp"
#include "golden.hpp"
#include "max_abs.hpp"
#include "names.hpp"
#include "recur/architecture/many_to_many.hpp"
#include "recur/attention/attention_pool.hpp"
#include "recur/cell/elman.hpp"
#include "recur/cell/gru.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/composition/residual.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/dropout.hpp"
#include "recur/layer/embedding.hpp"
#include "recur/layer/layer_norm.hpp"
#include "recur/layer/pool1d.hpp"
#include "recur/layer/positions.hpp"
#include "recur/layer/reverse_time.hpp"
#include "recur/layer/tied_embedding.hpp"
#include "recur/network/network.hpp"
#include "recur/recurrence/bidirectional.hpp"
#include "recur/recurrence/learned_state.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "recur/train/loss.hpp"
#include "recur/train/sequence_loss.hpp"
#include "refusal.hpp"
#include "slope.hpp"

namespace recur::testing {
namespace many_to_one_test {

/// An activation without a name, so a layer with it has no description.
struct Cube {
  template <class T>
  static T value(T a) {
    return a * a * a;
  }
  template <class T>
  static T slope(T a, T) {
    return T(3) * a * a;
  }
};

auto text_model(Index tokens, Index embedding, Index hidden, Index classes, Pooling pooling = Pooling::last) {
  return ManyToOne{Sequential{Embedding<double>{tokens, embedding}, Dropout<double>{0.5},
                              Recurrent{Lstm<double>{embedding, hidden}}},
                   pooling, Dense<double>{hidden, classes}, SoftmaxCrossEntropy<double>{}};
}
using TextModel = decltype(text_model(1, 1, 1, 1));

/// A classifier of sequences of numbers.
auto number_model(Pooling pooling) {
  return ManyToOne{Dense<double, Tanh>{3, 5}, pooling, Dense<double>{5, 2}, SoftmaxCrossEntropy<double>{}};
}
using NumberModel = decltype(number_model(Pooling::last));

template <class Model>
double largest_difference(const Model& a, const Model& b) {
  double largest = 0;
  for_each_parameter([&](const Name&, const auto& p,
                         const auto& q) { largest = worse(largest, max_abs(flat(p) - flat(q))); },
                     a, b);
  return largest;
}

std::vector<TextModel::Example> text_examples() {
  return {{{3, 0, 7}, 2}, {{1, 4, 4, 10, 2, 8, 1}, 0}, {{6}, 1}, {{8, 2, 3, 3}, 2}, {{10, 6}, 0}};
}
TEST_CASE("Many to one gives the figures of PyTorch", "[architecture][many_to_one][golden]") {
  const auto json = golden("classifier");
  TextModel model =
      text_model(json["vocabulary"], json["embedding_size"], json["hidden_size"], json["classes"]);
  const auto fill = [](TextModel& values, const nlohmann::json& from) {
    auto& [embedding, dropout, recurrent] = values.body.layers;
    embedding.weight.values = tensor(from["embedding"]);
    recurrent.cell.weight_ih = tensor(from["weight_ih"]);
    recurrent.cell.weight_hh = tensor(from["weight_hh"]);
    recurrent.cell.bias_ih = tensor(from["bias_ih"]);
    recurrent.cell.bias_hh = tensor(from["bias_hh"]);
    values.head.weight = tensor(from["linear_weight"]);
    values.head.bias = tensor(from["linear_bias"]);
  };
  fill(model, json["weights"]);
  const TextModel::Batch batch{Sequence<Token>(json["tokens"].get<std::vector<std::vector<Token>>>()),
                               json["labels"].get<std::vector<int>>()};
  TextModel::Tape tape;
  const auto near = [](const MatrixX<double>& a, const nlohmann::json& expected) {
    const MatrixX<double> b = tensor(expected);
    return a.rows() == b.rows() && a.cols() == b.cols() && max_abs(a - b) < 1e-10;
  };
  CHECK(model.loss(batch, tape, recording) == Approx(json["loss"].get<double>()).epsilon(1e-12));
  CHECK(near(tape.head.output().values(), json["logits"]));
  CHECK(near(tape.d_logits.values(), json["d_logits"]));
  TextModel gradient = zeros_like(model), expected = model;
  model.backward(batch, tape, gradient);
  fill(expected, json["gradients"]);
  CHECK(largest_difference(gradient, expected) < 1e-10);

  const auto& weighted = json["weighted"];
  model.criterion.class_weights = weighted["class_weights"].get<std::vector<double>>();
  CHECK(model.loss(batch, tape, recording) == Approx(weighted["loss"].get<double>()).epsilon(1e-12));
  CHECK(near(tape.d_logits.values(), weighted["d_logits"]));
}

/// Signed central differences against backward, for every parameter.
template <class Model>
void backward_is_the_slope(Model model, const typename Model::Batch& batch, std::uint64_t noise) {
  typename Model::Tape tape;
  const auto loss = [&] {
    Random random(noise);
    return model.loss(batch, tape, training(random));
  };
  loss();
  Model gradient = zeros_like(model);
  model.backward(batch, tape, gradient);
  CHECK(slope_error_of_parameters(model, gradient, loss) < 1e-9);
  for_each_parameter(
      [](const Name& name, const auto& g) {
        INFO(name.str());
        CHECK(flat(g).abs().maxCoeff() > 1e-6);
      },
      std::as_const(gradient));
}

TEST_CASE("The gradient of many to one is its slope, for every pooling and with noise",
          "[architecture][many_to_one]") {
  for (const auto pooling : {Pooling::last, Pooling::mean, Pooling::max}) {
    INFO("pooling " << static_cast<int>(pooling));
    TextModel text = text_model(11, 4, 6, 3, pooling);
    initialize(text, 1, Scheme::pytorch);
    backward_is_the_slope(text, batch_of<TextModel>(text_examples()), 1);

    NumberModel numbers = number_model(pooling);
    initialize(numbers, 1, Scheme::pytorch);
    const std::vector<NumberModel::Example> examples{{MatrixX<double>::Random(3, 2), 1},
                                                     {MatrixX<double>::Random(3, 4), 0},
                                                     {MatrixX<double>::Random(3, 1), 1}};
    NumberModel::Batch batch;
    NumberModel::assemble(examples, std::vector<Index>{2, 0, 1}, batch);
    CHECK(batch.targets == std::vector{1, 1, 0});
    CHECK(NumberModel::length(examples[1]) == 4);
    backward_is_the_slope(numbers, batch, 1);
  }
  ManyToOne ends{
      Sequential{Embedding<double>{11, 4}, Dropout<double>{0.5}, Bidirectional{Lstm<double>{4, 3}}},
      Pooling::ends, Dense<double>{6, 3}, SoftmaxCrossEntropy<double>{}};
  initialize(ends, 1, Scheme::pytorch);
  std::vector<decltype(ends)::Example> examples;
  for (const auto& [input, target] : text_examples()) examples.push_back({input, target});
  backward_is_the_slope(ends, batch_of(ends, examples), 1);
}

TEST_CASE("Each step of a stream gives the prediction for the steps so far", "[architecture][many_to_one]") {
  for (const auto pooling : {Pooling::last, Pooling::mean, Pooling::max}) {
    TextModel model = text_model(11, 19, 21, 3, pooling);
    initialize(model, 1);
    const std::vector<Token> tokens{1, 4, 4, 10, 2, 8, 1};
    auto stream = model.stream();
    for (std::size_t t = 0; t < tokens.size(); ++t) {
      const CountAllocations allocations;
      const VectorX<double>& y = model.predict_step(tokens[t], stream);
      const long count = allocations.count();
      CHECK(count == 0);
      const std::vector<std::vector<Token>> so_far{
          {tokens.begin(), tokens.begin() + static_cast<long>(t) + 1}};
      CHECK(max_abs(model.predict(Sequence<Token>(so_far)) - y) < 1e-13);
      CHECK(y.sum() == Approx(1));
    }
    auto again = model.stream();
    VectorX<Token> token(1);
    token << 1;
    CHECK(max_abs(model.predict_step(token, again) - model.predict(Sequence<Token>({{1}}))) < 1e-13);
    const CountAllocations allocations;
    reset(model, stream);
    model.predict_step(token, stream);
    const long count = allocations.count();
    CHECK(count == 0);
    CHECK(stream.y == again.y);
  }
}

TEST_CASE("Predictions are in the user's order and the same in every batch", "[architecture][many_to_one]") {
  TextModel model = text_model(11, 4, 6, 3);
  initialize(model, 1);
  const auto examples = text_examples();
  const auto batch = batch_of<TextModel>(examples);
  TextModel::Tape tape;
  const MatrixX<double> together = model.predict(batch.x, tape);
  REQUIRE(together.cols() == 5);
  for (std::size_t b = 0; b < examples.size(); ++b) {
    const MatrixX<double> alone = model.predict(Sequence<Token>({examples[b].input}));
    CHECK(model.predict(examples[b].input) == alone);
    CHECK(max_abs(together.col(static_cast<Index>(b)) - alone) < 1e-14);
  }
  CHECK(model.predict(batch.x, tape) == together);  // a tape that was used
}

TEST_CASE("Shards of a batch add up to its loss and gradient", "[architecture][many_to_one]") {
  TextModel model = text_model(11, 4, 6, 3);
  model.criterion.class_weights = {0.5, 2, 1};
  initialize(model, 1);
  const auto examples = text_examples();
  const auto whole = batch_of<TextModel>(examples);
  TextModel::Tape tape;
  TextModel gradient = zeros_like(model), sum = zeros_like(model);
  const double loss = model.loss(whole, tape, recording), total = model.weight(whole);
  CHECK(total == 0.5 + 2 + 0.5 + 1 + 1);
  model.backward(whole, tape, gradient);
  double shard_loss = 0;
  for (const auto& rows : {std::vector<Index>{0, 3}, {1, 2, 4}}) {
    TextModel::Batch shard;
    TextModel::assemble(examples, rows, shard);
    shard_loss += model.loss(shard, tape, recording, total);
    model.backward(shard, tape, sum);
  }
  CHECK(shard_loss == Approx(loss).epsilon(1e-13));
  CHECK(largest_difference(sum, gradient) < 1e-13);
}

TEST_CASE("Steady training of many to one allocates nothing", "[architecture][many_to_one]") {
  TextModel model = text_model(11, 4, 6, 3);
  initialize(model, 1);
  const auto batch = batch_of<TextModel>(text_examples());
  CHECK(steady_allocations(model, batch) == 0);
}

TEST_CASE("There is noise only with a source of noise", "[architecture][many_to_one]") {
  TextModel model = text_model(11, 4, 6, 3);
  initialize(model, 1);
  const auto batch = batch_of<TextModel>(text_examples());
  TextModel::Tape tape;
  Random random(1);
  const double loss = model.loss(batch, tape);
  CHECK(model.loss(batch, tape, recording) == loss);
  CHECK(model.loss(batch, tape, training(random)) != loss);
  CHECK(model.loss(batch, tape, predicting) == loss);
}

TEST_CASE("Many to one names its parts", "[architecture][many_to_one]") {
  const TextModel model = text_model(11, 4, 6, 3);
  CHECK(
      parameter_names(model) ==
      "body.0.weight body.2.weight_ih body.2.weight_hh body.2.bias_ih body.2.bias_hh head.weight head.bias ");
  CHECK(model.describe() ==
        "ManyToOne {Sequential {Embedding (11 tokens -> 4), Dropout (0.5), LSTM (4 -> 6)}, Pool (last), "
        "Dense (6 "
        "-> 3)}");
}

TEST_CASE("Many to one refuses a head that does not fit its body", "[architecture][many_to_one]") {
  CHECK(refusal([] {
          ManyToOne{Dense<double>{3, 5}, Pooling::last, Dense<double>{4, 2}, SoftmaxCrossEntropy<double>{}};
        }) ==
        "the head, Dense (4 -> 2), takes 4 features, but the body, Dense (3 -> 5), gives 5: they must be "
        "equal");
  const TextModel model = ready(text_model(11, 4, 6, 3));
  TextModel::Tape tape;
  CHECK(refusal<std::out_of_range>([&] {
          model.loss({Sequence<Token>({{1}}), {3}}, tape);
        }) == "label 3 is out of range: legal labels are 0 to 2");
  CHECK_THROWS_AS(model.loss({Sequence<Token>({{1}}), {0, 1}}, tape), std::invalid_argument);
  CHECK(refusal<std::out_of_range>([&] { model.predict(Sequence<Token>({{11}})); }) ==
        "Embedding (11 tokens -> 4) was given token 11: legal tokens are 0 to 10");
  TextModel::Batch batch;
  CHECK_THROWS_AS(TextModel::assemble({}, {}, batch), std::invalid_argument);
}

/// A body that takes any number of features and returns the same number.
auto any_size_model() {
  return ManyToOne{Dropout<double>{0.5}, Pooling::mean, Dense<double>{3, 2}, SoftmaxCrossEntropy<double>{}};
}

TEST_CASE("The ends of a bidirectional body are the final states of its directions",
          "[architecture][many_to_one]") {
  ManyToOne model{Bidirectional{Lstm<double>{3, 2}}, Pooling::ends, Dense<double>{4, 4},
                  SoftmaxCrossEntropy<double>{}};
  initialize(model, 1);
  model.head.weight.setIdentity();
  model.head.bias.setZero();
  const Sequence<double> x({MatrixX<double>::Random(3, 5), MatrixX<double>::Random(3, 2)});
  decltype(model)::Tape tape;
  const auto& y = model.logits(x, tape).values();
  const Recurrent forward{model.body.forward_layer.cell};
  const Recurrent<Lstm<double>, Direction::reverse> reverse{model.body.reverse_layer.cell};
  decltype(forward)::Tape there;
  decltype(reverse)::Tape back;
  forward.forward(x, there);
  reverse.forward(x, back);
  CHECK(max_abs(y.topRows(2) - there.final.topRows(2)) < 1e-15);
  CHECK(max_abs(y.bottomRows(2) - back.final.topRows(2)) < 1e-15);
}

TEST_CASE("Many to one refuses the last step of a body that reads backward at its end",
          "[architecture][many_to_one]") {
  const auto make = [](auto body, Pooling pooling = Pooling::last) {
    const Index size = body.output_size();
    ManyToOne{std::move(body), pooling, Dense<double>{size, 2}, SoftmaxCrossEntropy<double>{}};
  };
  const Bidirectional both{Lstm<double>{3, 3}};
  CHECK_THAT(refusal([&] { make(both); }),
             Catch::Matchers::ContainsSubstring("bidirectional LSTM (3 -> 6)") &&
                 Catch::Matchers::ContainsSubstring("Pooling::ends"));
  CHECK_THROWS_AS(make(Sequential{both, Dropout<double>{0.5}, Dense<double>{6, 4}}), std::invalid_argument);
  CHECK_THROWS_AS(make(Recurrent<Lstm<double>, Direction::reverse>{Lstm<double>{3, 4}}),
                  std::invalid_argument);
  CHECK_THROWS_AS(make(Sequential{both, Residual{Bidirectional{Gru<double>{6, 3}}}}), std::invalid_argument);
  CHECK_THROWS_AS(make(Network<double>{Sequential{both, Dropout<double>{0.5}}}), std::invalid_argument);
  CHECK_THROWS_AS(make(Sequential{Bidirectional{Elman<double, Cube>{3, 2}}}), std::invalid_argument);
  CHECK_THROWS_AS(make(TiedEmbedding{Embedding<double>{7, 4}, Bidirectional{Lstm<double>{4, 2}}}),
                  std::invalid_argument);
  make(TiedEmbedding{Embedding<double>{7, 4}, Recurrent{Lstm<double>{4, 4}}});
  for (const auto pooling : {Pooling::ends, Pooling::mean, Pooling::max}) make(both, pooling);
  for (const auto pooling : {Pooling::ends, Pooling::mean, Pooling::max}) {
    make(Sequential{both, Dropout<double>{0.5}}, pooling);
    make(Sequential{both, Residual{Bidirectional{Gru<double>{6, 3}}}, LayerNorm<double>{6}}, pooling);
    make(Network<double>{Sequential{both, Dropout<double>{0.5}}}, pooling);
  }
  CHECK(refusal([&] {
          make(Recurrent{Lstm<double>{3, 4}}, Pooling::ends);
        }) ==
        "the body, LSTM (3 -> 4), does not give two directions one above the other, as Bidirectional with "
        "Merge::concatenate does: take Pooling::last, mean or max instead of ends");
  const auto refuses_ends = [&](auto body) {
    CHECK_THROWS_AS(make(std::move(body), Pooling::ends), std::invalid_argument);
  };
  refuses_ends(Bidirectional{Lstm<double>{3, 4}, Merge::sum});
  refuses_ends(Sequential{both, Dense<double>{6, 6}});
  refuses_ends(Sequential{both, Recurrent<Lstm<double>, Direction::reverse>{Lstm<double>{6, 6}}});
  refuses_ends(
      Sequential{both, LearnedState{Recurrent<Lstm<double>, Direction::reverse>{Lstm<double>{6, 6}}}});
  refuses_ends(Sequential{both, ReverseTime<double>{}});
  refuses_ends(Network<double>{Recurrent{Lstm<double>{3, 4}}});
  make(Sequential{both, Recurrent{Lstm<double>{6, 2}}});
  make(Sequential{both, AttentionPool<double>{6, 2}});
  make(Network<double>{Recurrent{Lstm<double>{3, 4}}});
}

TEST_CASE("Many to one takes unknown sizes of a part from its other parts", "[architecture][many_to_one]") {
  auto model = any_size_model();
  initialize(model, 1);
  CHECK(model.output_size() == 2);
  const MatrixX<double> x = MatrixX<double>::Random(3, 4);
  auto stream = model.stream();
  for (Index t = 0; t < 4; ++t) {
    const MatrixX<double> so_far = x.leftCols(t + 1);
    const VectorX<double> step = x.col(t);
    CHECK(max_abs(model.predict_step(step, stream) - model.predict(Sequence<double>({so_far}))) < 1e-15);
  }
  CHECK_THROWS_AS(model.predict_step(VectorX<double>::Ones(2), stream), std::invalid_argument);

  ManyToOne headless{Dense<double>{3, 2}, Pooling::last, Dropout<double>{0.5}, SoftmaxCrossEntropy<double>{}};
  initialize(headless, 1);
  CHECK(headless.output_size() == 2);
  auto its_stream = headless.stream();
  const VectorX<double> first = x.col(0);
  const CountAllocations allocations;
  const VectorX<double>& y = headless.predict_step(first, its_stream);
  const long count = allocations.count();
  CHECK(count == 0);
  CHECK(max_abs(y - headless.predict(Sequence<double>({x.leftCols(1)}))) < 1e-15);
  CHECK_THROWS_AS(headless.check({MatrixX<double>::Ones(3, 2), 2}), std::out_of_range);
}

TEST_CASE("A step with a stream whose parts are of two models changes nothing",
          "[architecture][many_to_one]") {
  const auto make = [](Index units, Index classes) {
    ManyToOne model{Recurrent{Gru<double>{3, units}}, Pooling::mean, Dense<double>{units, classes},
                    SoftmaxCrossEntropy<double>{}};
    initialize(model, 1);
    return model;
  };
  const auto own = make(4, 2), other = make(5, 3);
  const VectorX<double> x = VectorX<double>::Ones(3);
  auto foreign = other.stream();
  other.predict_step(x, foreign);
  const auto refuses = [&](auto part) {
    auto stream = own.stream(), fresh = own.stream();
    own.predict_step(x, stream);
    own.predict_step(x, fresh);
    const auto kept = stream.*part;
    stream.*part = foreign.*part;
    CHECK_THROWS_AS(own.predict_step(x, stream), std::invalid_argument);
    stream.*part = kept;
    CHECK(own.predict_step(x, stream) == own.predict_step(x, fresh));
  };
  using Stream = decltype(foreign);
  refuses(&Stream::body);
  refuses(&Stream::pool);
  refuses(&Stream::head);
}

TEST_CASE("A step through a weight that was resized changes nothing", "[architecture][many_to_one]") {
  ManyToOne model{Sequential{Recurrent{Gru<double>{3, 4}}, Dense<double>{4, 4}}, Pooling::mean,
                  Dense<double>{4, 2}, SoftmaxCrossEntropy<double>{}};
  initialize(model, 1);
  const VectorX<double> x = VectorX<double>::Ones(3);
  auto stream = model.stream(), fresh = model.stream();
  const auto refuses = [&](MatrixX<double>& weight) {
    const MatrixX<double> kept = weight;
    weight.conservativeResize(weight.rows(), weight.cols() + 1);
    CHECK_THROWS_AS(model.predict_step(x, stream), std::invalid_argument);
    weight = kept;
    CHECK(model.predict_step(x, stream) == model.predict_step(x, fresh));
  };
  refuses(std::get<1>(model.body.layers).weight);
  refuses(model.head.weight);
}

TEST_CASE("A model takes a loss in its own scalar", "[architecture][many_to_one]") {
  const ManyToOne one{Recurrent{Gru<double>{1, 4}}, Pooling::last, Dense<double>{4, 2},
                      SoftmaxCrossEntropy<float>{.class_weights = {1, 3}, .label_smoothing = 0.1}};
  STATIC_REQUIRE(std::same_as<decltype(one.criterion), SoftmaxCrossEntropy<double>>);
  CHECK(one.criterion.class_weights == std::vector<double>{1, 3});
  CHECK(one.criterion.label_smoothing == 0.1);
  const ManyToMany many{Sequential{Recurrent{Gru<double>{1, 4}}, Dense<double>{4, 2}},
                        EachStep{SquaredError<float>{.outputs = Reduction::sum}}};
  STATIC_REQUIRE(std::same_as<decltype(many.criterion), EachStep<SquaredError<double>>>);
  CHECK(many.criterion.loss.outputs == Reduction::sum);
  const ManyToOne quantiles{Recurrent{Gru<double>{1, 4}}, Pooling::last, Dense<double>{4, 2},
                            QuantileLoss<float>{{0.25, 0.75}}};
  CHECK(quantiles.criterion.quantiles == std::vector<double>{0.25, 0.75});
  const ManyToOne binary{Recurrent{Gru<double>{1, 4}}, Pooling::last, Dense<double>{4, 1},
                         BinaryCrossEntropy<float>{.positive_weights = {2}, .outputs = Reduction::sum}};
  CHECK(binary.criterion.positive_weights == std::vector<double>{2});
  CHECK(binary.criterion.outputs == Reduction::sum);
  const ManyToOne in_float{Recurrent{Gru<float>{1, 4}}, Pooling::last, Dense<float>{4, 2},
                           SoftmaxCrossEntropy{}};
  STATIC_REQUIRE(std::same_as<decltype(in_float.criterion), SoftmaxCrossEntropy<float>>);
}

TEST_CASE("Many to one steps to its logits too", "[architecture][many_to_one]") {
  ManyToOne model{Recurrent{Gru<double>{1, 4}}, Pooling::mean, Dense<double>{4, 2},
                  SoftmaxCrossEntropy<double>{}};
  initialize(model, 1);
  auto stream = model.stream(), other = model.stream();
  for (const double x : {0.5, -1.0, 2.0}) {
    VectorX<double> y = model.step_logits(x, stream);
    CHECK(std::abs(y.sum() - 1) > 1e-3);
    softmax(y);
    CHECK(y == model.predict_step(x, other));
  }
}

TEST_CASE("A step of one number is legal for models of one feature", "[architecture][many_to_one]") {
  NumberModel model = number_model(Pooling::last);
  initialize(model, 1);
  auto stream = model.stream();
  CHECK_THAT(refusal([&] { model.predict_step(1.0, stream); }),
             Catch::Matchers::EndsWith("was given a step of one number: it takes 3 features"));
  ManyToOne single{Dense<double>{1, 2}, Pooling::last, Dense<double>{2, 2}, SoftmaxCrossEntropy<double>{}};
  initialize(single, 1);
  auto its_stream = single.stream();
  const MatrixX<double> expected = single.predict(Sequence<double>({MatrixX<double>::Constant(1, 1, 0.5)}));
  CHECK(max_abs(single.predict_step(0.5, its_stream) - expected) < 1e-15);
}

TEST_CASE("Class weights for another number of outputs are refused at any time",
          "[architecture][many_to_one]") {
  const auto make = [](std::vector<double> weights) {
    return ManyToOne{Dense<double>{3, 5}, Pooling::last, Dense<double>{5, 3},
                     SoftmaxCrossEntropy<double>{std::move(weights)}};
  };
  CHECK(refusal([&] { make({1, 2}); }) == "2 class weights were given for 3 classes");
  CHECK_THROWS_AS((ManyToOne{Dense<double>{3, 5}, Pooling::last, Dense<double>{5, 3},
                             BinaryCrossEntropy<double>{{1, 2}}}),
                  std::invalid_argument);
  auto model = make({1, 2, 3});
  const decltype(model)::Batch batch{Sequence<double>({MatrixX<double>::Ones(3, 2)}), {2}};
  CHECK(model.weight(batch) == 3);
  decltype(model)::Tape tape;
  for (const auto& weights : {std::vector<double>{1, 2}, {1, 2, 3, 4}}) {
    model.criterion.class_weights = weights;
    CHECK_THROWS_AS(model.weight(batch), std::invalid_argument);
    CHECK_THROWS_AS(model.loss(batch, tape), std::invalid_argument);
  }
}

TEST_CASE("The target of one output is a number", "[architecture][many_to_one]") {
  const ManyToOne model{Dense<double>{3, 5}, Pooling::last, Dense<double>{5, 1},
                        BinaryCrossEntropy<double>{}};
  const decltype(model)::Example yes{MatrixX<double>::Ones(3, 2), 1}, half{MatrixX<double>::Ones(3, 2), 0.5};
  CHECK(yes.target == VectorX<double>::Ones(1));
  CHECK(half.target(0) == 0.5);
  CHECK_NOTHROW(model.check(yes));
  const decltype(model)::Example two{MatrixX<double>::Ones(3, 2), VectorX<double>::Ones(2)};
  CHECK(refusal([&] { model.check(two); }) == "the target has 2 numbers: it must have 1");
}

TEST_CASE("Many to one says whether it can take an example", "[architecture][many_to_one]") {
  const TextModel text = text_model(11, 4, 6, 3);
  CHECK_NOTHROW(text.check({{0, 10}, 2}));
  CHECK(refusal([&] { text.check({{}, 2}); }) == "its length is 0: the shortest legal length is 1");
  for (const Token token : {-1, 11})
    CHECK(refusal<std::out_of_range>([&] {
            text.check({{0, token}, 2});
          }) == detail::message("Embedding (11 tokens -> 4) was given token ", token,
                                ": legal tokens are 0 to 10"));
  for (const int label : {-1, 3})
    CHECK(refusal<std::out_of_range>([&] {
            text.check({{0, 10}, label});
          }) == detail::message("label ", label, " is out of range: legal labels are 0 to 2"));

  const NumberModel numbers = number_model(Pooling::last);
  CHECK_NOTHROW(numbers.check({MatrixX<double>::Ones(3, 2), 0}));
  CHECK(refusal([&] {
          numbers.check({MatrixX<double>::Ones(4, 2), 0});
        }) == "Dense (3 -> 5) was given 4 features: it takes 3");
  MatrixX<double> bad = MatrixX<double>::Ones(3, 2);
  bad(2, 1) = std::numeric_limits<double>::infinity();
  CHECK(refusal([&] {
          numbers.check({bad, 0});
        }) == "feature 2 of step 1 is inf: every value must be finite");

  bad(2, 1) = ignored_number<double>;
  CHECK(refusal([&] {
          numbers.check({bad, 0});
        }) ==
        "feature 2 of step 1 is ignored_number: only a target can be ignored, and what a network reads "
        "must be known");
  const ManyToOne pairs{Pool1d<double>{Pooling::max, 2}, Pooling::last, Dense<double>{3, 2},
                        SoftmaxCrossEntropy<double>{}};
  CHECK_NOTHROW(pairs.check({MatrixX<double>::Ones(3, 2), 0}));
  CHECK(refusal([&] {
          pairs.check({MatrixX<double>::Ones(3, 1), 0});
        }) == "Pool1d (max of 2) was given a sequence of 1 steps: its window spans 2, more than there are");

  const ManyToOne many{Dense<double>{3, 5}, Pooling::last, Dense<double>{5, 2}, BinaryCrossEntropy<double>{}};
  const ManyToOne squares{Dense<double>{3, 5}, Pooling::last, Dense<double>{5, 2}, SquaredError<double>{}};
  const MatrixX<double> x = MatrixX<double>::Ones(3, 2);
  CHECK_NOTHROW(many.check({x, Eigen::Vector2d(0, 1)}));
  CHECK_THROWS_AS(many.check({x, Eigen::Vector2d(0, 1.5)}), std::invalid_argument);
  CHECK_THROWS_AS(many.check({x, Eigen::Vector3d(0, 1, 0)}), std::invalid_argument);
  CHECK_NOTHROW(squares.check({x, Eigen::Vector2d(0, 9)}));
  CHECK_THROWS_AS(squares.check({x, Eigen::Vector3d(0, 1, 0)}), std::invalid_argument);
  CHECK_THROWS_AS(squares.check({x, Eigen::Vector2d(0, std::nan(""))}), std::invalid_argument);
}

TEST_CASE("A gradient of another model is refused before any part is added", "[architecture][many_to_one]") {
  TextModel model = text_model(11, 4, 6, 3);
  initialize(model, 1);
  const auto batch = batch_of<TextModel>(text_examples());
  TextModel::Tape tape;
  model.loss(batch, tape, recording);
  TextModel other = text_model(9, 4, 6, 3);
  CHECK_THROWS_AS(model.backward(batch, tape, other), std::invalid_argument);
  CHECK(gradient_norm(other) == 0);
}

TEST_CASE("Many to one gives no answer before its weights are drawn", "[architecture][many_to_one]") {
  TextModel model = text_model(11, 4, 6, 3);
  const auto says =
      Catch::Matchers::ContainsSubstring("every weight of the model is zero, such as body.0.weight");
  CHECK_THROWS_WITH(model.predict({1, 2}), says);
  CHECK_THROWS_WITH(model.stream(), says);
  model.head.bias(0) = 1;  // a vector alone says nothing
  CHECK_THROWS_WITH(model.stream(), says);
  model.head.weight(2, 5) = 1;  // the last weight of all
  model.stream();
  TextModel::Tape tape;
  const Sequence<Token> x({{1, 2}});
  model.predict(x, tape);
  const CountAllocations allocations;
  model.predict(x, tape);
  if (CountAllocations::works) CHECK(allocations.count() == 1);  // the result
}

TEST_CASE("Many to one is a value", "[architecture][many_to_one]") {
  TextModel model = text_model(11, 4, 6, 3);
  initialize(model, 1);
  const Sequence<Token> x({{1, 2}, {3}});
  const MatrixX<double> y = model.predict(x);
  TextModel copy = model;
  initialize(copy, 2);
  CHECK(copy.predict(x) != y);
  CHECK(model.predict(x) == y);
  const TextModel moved = std::move(model);
  CHECK(moved.predict(x) == y);
}

TEST_CASE("A step of many to one that the head would refuse changes nothing", "[architecture][many_to_one]") {
  ManyToOne model{SinusoidalPositions<double>{}, Pooling::mean, Dense<double>{4, 2},
                  SoftmaxCrossEntropy<double>{}};
  initialize(model, 1);
  auto stream = model.stream(), fresh = model.stream();
  CHECK_THAT(refusal([&] { model.predict_step(VectorX<double>::Ones(5), stream); }),
             Catch::Matchers::EndsWith("was given a step of 5 features: it takes 4"));
  const VectorX<double> x = VectorX<double>::Ones(4);
  CHECK(model.predict_step(x, stream) == model.predict_step(x, fresh));
}

TEST_CASE("reset of many to one refuses a stream before it changes a part of it",
          "[architecture][many_to_one]") {
  const auto make = [](Index classes) {
    ManyToOne model{Recurrent{Gru<double>{3, 4}}, Pooling::last, Network{Dense<double>{4, classes}},
                    SoftmaxCrossEntropy<double>{}};
    initialize(model, 1);
    return model;
  };
  const auto own = make(2), other = make(3);
  auto stream = other.stream();
  other.predict_step(VectorX<double>::Ones(3), stream);
  const MatrixX<double> state = get_state(other.body, stream.body);
  CHECK_THROWS_AS(own.reset(stream), std::invalid_argument);
  CHECK(get_state(other.body, stream.body) == state);
}

}  // namespace many_to_one_test
}  // namespace recur::testing
