#include "recur/architecture/labelled_sequences.hpp"

#include <stdexcept>
#include <vector>

#include "catch.hpp"
#include "recur/train/loss.hpp"
#include "recur/train/sequence_loss.hpp"

namespace recur::testing {
namespace labelled_sequences_test {

using Texts = LabelledSequences<Token, SoftmaxCrossEntropy<double>>;
using Signals = LabelledSequences<float, EachStep<SoftmaxCrossEntropy<float>>>;

TEST_CASE("A batch has its rows in their order") {
  const std::vector<Texts::Example> examples{
      {{3, 0, 7}, 2}, {{1, 4, 4, 10, 2, 8, 1}, 0}, {{6}, 1}, {{8, 2, 3, 3}, 2}};
  Texts::Batch batch;
  Texts::assemble(examples, std::vector<Index>{3, 0, 3}, batch);
  CHECK(batch.targets == std::vector{2, 2, 2});
  REQUIRE(batch.x.batch() == 3);
  CHECK(batch.x.sample(0).cols() == 4);
  CHECK(batch.x.sample(1)(0, 2) == 7);
  CHECK(batch.x.sample(2) == batch.x.sample(0));
  Texts::assemble(examples, std::vector<Index>{2}, batch);  // a smaller one after a larger one
  CHECK(batch.targets == std::vector{1});
  CHECK(batch.x.batch() == 1);
}

TEST_CASE("The length of an example is its number of steps") {
  CHECK(Texts::length({{1, 4, 4, 10}, 0}) == 4);
  CHECK(Texts::length({{}, 0}) == 0);
  CHECK(Signals::length({MatrixX<float>::Zero(3, 5), {0, 0, 0, 0, 0}}) == 5);
}

TEST_CASE("Examples with a target at each step give the targets of all steps") {
  const std::vector<Signals::Example> examples{{MatrixX<float>::Ones(2, 1), {4}},
                                               {MatrixX<float>::Zero(2, 3), {1, 2, 3}}};
  Signals::Batch batch;
  Signals::assemble(examples, std::vector<Index>{0, 1}, batch);
  CHECK(batch.x.features() == 2);
  CHECK(batch.targets.columns == std::vector{1, 4, 2, 3});  // step by step, the longer sample first
}

TEST_CASE("A batch of samples with other features or without steps is refused") {
  Signals::Batch batch;
  const std::vector<Signals::Example> uneven{{MatrixX<float>::Ones(2, 1), {4}},
                                             {MatrixX<float>::Ones(3, 1), {4}}};
  CHECK_THROWS_AS(Signals::assemble(uneven, std::vector<Index>{0, 1}, batch), std::invalid_argument);
  const std::vector<Texts::Example> empty{{{}, 1}};
  Texts::Batch texts;
  CHECK_THROWS_AS(Texts::assemble(empty, std::vector<Index>{0}, texts), std::invalid_argument);
}

}  // namespace labelled_sequences_test
}  // namespace recur::testing
