#include "recur/architecture/one_to_many.hpp"

#include <cmath>
#include <limits>
#include <string>

#include "architecture/models.hpp"
#include "catch.hpp"
#include "max_abs.hpp"
#include "names.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/embedding.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "recur/train/fit.hpp"
#include "recur/train/loss.hpp"
#include "recur/train/optimizer.hpp"
#include "recur/train/sequence_loss.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace one_to_many_test {

constexpr Index hidden = 4, outputs = 5;
constexpr DecoderOptions says{.begin = 0, .end = 0, .max_length = 6};

auto decoder() {
  return Decoder{Sequential{Embedding<double>{outputs, 3}, Recurrent{Lstm<double>{3, hidden}}},
                 Dense<double>{hidden, outputs}, says};
}
/// From a vector of three features. It sets both states of the LSTM.
auto captioner() {
  return ready(
      OneToMany{Dense<double, Tanh>{3, 2 * hidden}, decoder(), EachStep{SoftmaxCrossEntropy<double>{}}});
}
using Model = decltype(captioner());

std::vector<Model::Example> examples() {
  MatrixX<double> x(3, 3);
  Random random(1);
  normal(x, 1, random);
  return {{x.col(0), {3, 1}}, {x.col(1), {2, 2, 4, 1, 3}}, {x.col(2), {4}}};
}
TEST_CASE("The gradient of one to many is its slope", "[architecture][one_to_many]") {
  const Model model = captioner();
  gradient_is_slope(model, batch_of(model, examples()));
}

TEST_CASE("One to many is a language model that starts from a map of the vector",
          "[architecture][one_to_many]") {
  const Model model = captioner();
  Model::Tape tape;
  const auto all = examples();
  const auto batch = batch_of(model, all);
  const Sequence<double> together = model.logits(batch, tape);
  double loss = 0;
  for (std::size_t b = 0; b < all.size(); ++b) {
    const VectorX<double> start =
        (model.source.map.weight * all[b].input + model.source.map.bias).array().tanh();
    auto& [embedding, recurrent] = model.decoder.body.layers;
    auto state = recurrent.stream();
    state.state = {start.head(hidden), start.tail(hidden)};
    std::vector<Token> right = all[b].target;
    right.push_back(says.end);
    Token before = says.begin;
    for (std::size_t t = 0; t < right.size(); ++t) {
      const VectorX<double> h = recurrent.step(embedding.weight.values.row(before).transpose(), state);
      const VectorX<double> a = model.decoder.head.weight * h + model.decoder.head.bias;
      CHECK((together.sample(static_cast<Index>(b)).col(static_cast<Index>(t)) - a).norm() < 1e-12);
      before = right[t];
      loss += std::log(a.array().exp().sum()) - a(before);
    }
  }
  CHECK(model.weight(batch) == 3 + 6 + 2);
  CHECK(model.loss(batch, tape) == Approx(loss / 11).epsilon(1e-12));
}

TEST_CASE("A sample of one to many gives the same outputs in a batch of any order",
          "[architecture][one_to_many]") {
  const Model model = captioner();
  const auto all = examples();
  Model::Tape tape;
  const Sequence<double> together = model.logits(batch_of(model, all), tape);
  for (const auto& rows : {std::vector<Index>{2, 0, 1}, {1}, {1, 0}}) {
    Model::Batch batch;
    model.assemble(all, rows, batch);
    const Sequence<double>& some = model.logits(batch, tape);
    for (std::size_t b = 0; b < rows.size(); ++b)
      CHECK(max_abs(some.sample(static_cast<Index>(b)) - together.sample(rows[b])) < 1e-13);
  }
}

TEST_CASE("Copies and loaded models of one to many give the same outputs", "[architecture][one_to_many]") {
  const Model model = captioner();
  is_a_value(model, batch_of(model, examples()));
}

TEST_CASE("One to many learns a name for each class, from tokens and from vectors",
          "[architecture][one_to_many]") {
  const std::vector<std::vector<Token>> names{{1, 2, 3}, {4}, {1, 4, 4, 2}, {3, 3}};
  OneToMany model{Embedding<double>{4, 2 * hidden}, decoder(), EachStep{SoftmaxCrossEntropy<double>{}}};
  initialize(model, 1);
  std::vector<decltype(model)::Example> all;
  for (int copy = 0; copy < 5; ++copy)
    for (Token name = 0; name < 4; ++name)
      all.push_back({VectorX<Token>::Constant(1, name), names[static_cast<std::size_t>(name)]});
  Optimizer optimizer(model, Adam{.rate = 0.03});
  fit(model, optimizer, all, all, {.epochs = 60, .batch_size = 4, .threads = 2});
  CHECK(evaluate(model, all) < 0.1);
  for (const auto& [input, target] : all) {
    CHECK(model.greedy(input) == target);
    const auto found = model.beam(input, 3);
    CHECK(found[0].tokens == target);
    CHECK(found[0].ended);
  }
}

TEST_CASE("An output of one to many ends with the end token or at the maximum length",
          "[architecture][one_to_many]") {
  Model model = captioner();
  const VectorX<double> x = examples()[0].input;
  model.decoder.head.bias(2) = 100;
  CHECK(model.greedy(x) == std::vector<Token>(6, 2));
  CHECK_FALSE(model.beam(x, 2)[0].ended);
  model.decoder.head.bias(says.end) = 200;
  CHECK(model.greedy(x).empty());
  Sampler sampler;
  Random random(1);
  CHECK(model.sample(x, sampler, random).empty());
  CHECK(model.beam(x, 1)[0].tokens.empty());
  model.decoder.options.end = -1;
  CHECK(model.greedy(x) == std::vector<Token>(6, 0));
}

TEST_CASE("Steady training of one to many allocates nothing", "[architecture][one_to_many]") {
  const Model model = captioner();
  const auto batch = batch_of(model, examples());
  CHECK(steady_allocations(model, batch) == 0);
}

TEST_CASE("One to many names its parts and refuses parts that don't fit", "[architecture][one_to_many]") {
  const Model model = captioner();
  CHECK(model.describe() ==
        "OneToMany {Dense (3 -> 8), Decoder {Sequential {Embedding (5 tokens -> 3), LSTM (3 -> 4)}, Dense (4 "
        "-> "
        "5)}}");
  CHECK(parameter_names(model) ==
        "map.weight map.bias decoder.body.0.weight decoder.body.1.weight_ih decoder.body.1.weight_hh "
        "decoder.body.1.bias_ih decoder.body.1.bias_hh decoder.head.weight decoder.head.bias ");
  CHECK_THAT(refusal([] {
               OneToMany{Dense<double>{3, hidden}, decoder(), EachStep{SoftmaxCrossEntropy<double>{}}};
             }),
             Catch::Matchers::StartsWith("the state that Dense (3 -> 4) gives has 4 units"));
  CHECK_NOTHROW(model.check(examples()[1]));
  CHECK_THROWS_AS(model.check({VectorX<double>::Ones(2), {1}}), std::invalid_argument);
  CHECK_THROWS_AS(model.check({VectorX<double>::Ones(3), {}}), std::invalid_argument);
  CHECK_THROWS_AS(model.check({VectorX<double>::Ones(3), {1, 1, 1, 1, 1, 1}}), std::invalid_argument);
  CHECK_THROWS_AS(model.check({VectorX<double>::Constant(3, std::nan("")), {1}}), std::invalid_argument);
  CHECK_THROWS_AS(model.greedy(VectorX<double>::Ones(4)), std::invalid_argument);
  CHECK_THROWS_AS(model.beam(VectorX<double>::Ones(3), -1), std::invalid_argument);
  Model::Batch batch;
  CHECK(refusal([&] {
          batch = batch_of(model, {{VectorX<double>::Ones(3), {1}}, {VectorX<double>::Ones(2), {1}}});
        }) ==
        "the input of sample 1 of the batch has 2 features, but that of sample 0 has 3: they must be equal");
  const auto refuses = [&](double number, const std::string& why) {
    VectorX<double> x = VectorX<double>::Ones(3);
    x(1) = number;
    const auto place = Catch::Matchers::ContainsSubstring("feature 1 of step 0 of sample 1 is " + why);
    CHECK_THAT(refusal([&] { batch_of(model, {{VectorX<double>::Ones(3), {1}}, {x, {1}}}); }), place);
  };
  refuses(std::nan(""), "nan");
  refuses(std::numeric_limits<double>::infinity(), "inf");
  refuses(ignored_number<double>, "ignored_number");

  const OneToMany named{Embedding<double>{4, 2 * hidden}, decoder(), EachStep{SoftmaxCrossEntropy<double>{}}};
  CHECK_NOTHROW(named.check({VectorX<Token>::Constant(1, 3), {1}}));
  CHECK(refusal([&] {
          named.check({VectorX<Token>::Constant(2, 3), {1}});
        }) == "Embedding (4 tokens -> 8) was given 2 features: it takes 1");
}

}  // namespace one_to_many_test
}  // namespace recur::testing
