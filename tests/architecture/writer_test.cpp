// What every writer refuses. The tests of one_to_many and encoder_decoder have the rest.
#include "recur/architecture/writer.hpp"

#include "architecture/models.hpp"
#include "architecture/small_writer.hpp"
#include "catch.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace writer_test {

using namespace small_writer;

TEST_CASE("A writer refuses class weights for another number of tokens at any time",
          "[architecture][writer]") {
  CHECK(refusal([] {
          EncoderDecoder{network(7), decoder(), EachStep{SoftmaxCrossEntropy<double>{{1, 2}}}};
        }) == "2 class weights were given for 6 classes");
  auto model = writer();
  const auto batch = batch_of(model, examples());
  Model::Tape tape;
  model.criterion.loss.class_weights = {1, 2};
  CHECK_THROWS_AS(model.weight(batch), std::invalid_argument);
  CHECK_THROWS_AS(model.loss(batch, tape), std::invalid_argument);
}

TEST_CASE("A writer refuses batches whose inputs and targets don't belong together",
          "[architecture][writer]") {
  const auto model = writer();
  Model::Tape tape;
  const auto right = batch_of(model, examples());
  const double loss = model.loss(right, tape);
  auto wrong = right;
  wrong.x = Sequence<Token>({{1, 2}, {3}});
  CHECK_THROWS_AS(model.loss(wrong, tape), std::invalid_argument);
  wrong = right;
  wrong.targets = batch_of(model, {examples()[0], examples()[1]}).targets;
  CHECK_THROWS_AS(model.loss(wrong, tape), std::invalid_argument);
  wrong = right;
  wrong.x = Sequence<Token>();
  CHECK_THROWS_AS(model.loss(wrong, tape), std::invalid_argument);
  CHECK(model.loss(right, tape) == loss);
}

TEST_CASE("A writer refuses a gradient of another model and a pass that recorded nothing",
          "[architecture][writer]") {
  const auto model = writer(), other = writer(9);
  const auto batch = batch_of(model, examples());
  Model::Tape tape;
  Model gradient = zeros_like(model), foreign = zeros_like(other);
  model.loss(batch, tape, recording);
  CHECK_THROWS_AS(model.backward(batch, tape, foreign), std::invalid_argument);
  CHECK(gradient_norm(foreign) == 0);
  model.loss(batch, tape, predicting);
  CHECK_THROWS_AS(model.backward(batch, tape, gradient), std::invalid_argument);
}

TEST_CASE("A writer writes nothing before its weights are drawn", "[architecture][writer]") {
  const EncoderDecoder model{network(7), decoder(), EachStep{SoftmaxCrossEntropy<double>{}}};
  const auto says =
      Catch::Matchers::ContainsSubstring("every weight of the model is zero, such as encoder.0.weight");
  CHECK_THROWS_WITH(model.stream({1, 2}), says);
  CHECK_THROWS_WITH(model.greedy({1, 2}), says);
  CHECK_THROWS_WITH(model.beam({1, 2}, 2), says);
}

}  // namespace writer_test
}  // namespace recur::testing
