#include "recur/layer/tied_embedding.hpp"

#include "catch.hpp"
#include "laws/laws.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/pool.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace tied_embedding_test {

TEST_CASE("A tied embedding keeps the laws of layers", "[layer][tied_embedding][laws]") {
  LayerSubject tied(
      TiedEmbedding{Embedding<double>{7, 4}, Sequential{Recurrent{Lstm<double>{4, 5}}, Dense<double>{5, 4}}},
      7);
  keeps_laws(tied);
}

TEST_CASE("A tied embedding is an embedding and a dense layer of one matrix", "[layer][tied_embedding]") {
  TiedEmbedding tied{Embedding<double>{5, 3}, Dense<double>{3, 3}};
  initialize(tied, 1);
  tied.bias.setRandom();
  const MatrixX<double> w = tied.embedding.weight.values;
  const Sequence<Token> x({{2, 4, 0}, {1}});
  decltype(tied)::Tape tape;
  const Sequence<double> y = tied.forward(x, tape);
  for (Index c = 0; c < x.columns(); ++c) {
    const VectorX<double> e = w.row(x.data()[c]).transpose();
    const VectorX<double> h = tied.inner.weight * e + tied.inner.bias;
    CHECK((y.values().col(c) - (w * h + tied.bias)).norm() < 1e-14);
  }
}

TEST_CASE("A tied embedding refuses a network that does not fit between its ends",
          "[layer][tied_embedding]") {
  CHECK(refusal([] {
          TiedEmbedding{Embedding<double>{5, 3}, Dense<double>{3, 2}};
        }) ==
        "the network between, Dense (3 -> 2), takes 3 features and gives 2, but Embedding (5 tokens -> 3) is "
        "at both of its ends: both must be 3");
  CHECK(refusal([] {
          TiedEmbedding{Embedding<double>{5, 3}, Pool<double>{Pooling::mean}}.output_length(4);
        }) == "the network between, Pool (mean), makes 1 steps of 4: it must keep them");
  TiedEmbedding tied{Embedding<double>{5, 3}, Dense<double>{3, 3}};
  decltype(tied)::Tape tape;
  CHECK_THROWS_AS(tied.forward(Sequence<Token>({{5}}), tape), std::out_of_range);
  tied.bias.resize(4);
  CHECK_THROWS_AS(tied.forward(Sequence<Token>({{1}}), tape), std::invalid_argument);
}

}  // namespace tied_embedding_test
}  // namespace recur::testing
