#include "recur/layer/state.hpp"

#include "catch.hpp"
#include "recur/cell/gru.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/recurrent.hpp"
#include "recur/layer/residual.hpp"
#include "recur/layer/sequential.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace {

/// A network within a network, with states of 3 + 3 and 2 units.
auto network() {
  return Sequential{Sequential{Dense<double>{2, 4}, Recurrent{Lstm<double>{4, 3}}}, Dense<double>{3, 2},
                    Residual{Recurrent{Gru<double>{2, 2}}}};
}
using Network = decltype(network());

TEST_CASE("The state of a network is that of its recurrent layers, one above the other") {
  const Network net = network();
  CHECK(state_size(net) == 8);
  CHECK(state_size(Dense<double>{2, 4}) == 0);
  const Matrix<double> state = Matrix<double>::Random(8, 2);
  Network::Tape tape;
  set_initial_state(net, tape, state);
  auto& lstm = std::get<1>(std::get<0>(tape.tapes).tapes);
  auto& gru = std::get<2>(tape.tapes).layer;
  CHECK(lstm.initial[0] == state.topRows(3));
  CHECK(lstm.initial[1] == state.middleRows(3, 3));
  CHECK(gru.initial[0] == state.bottomRows(2));
  set_d_final_state(net, tape, state);
  CHECK(lstm.d_final[1] == state.middleRows(3, 3));

  lstm.final = lstm.d_initial = lstm.initial;
  gru.final = gru.d_initial = gru.initial;
  Matrix<double> read;
  get_final_state(net, tape, read);
  CHECK(read == state);
  read.resize(0, 0);
  get_d_initial_state(net, tape, read);
  CHECK(read == state);

  set_initial_state(net, tape, Matrix<double>());
  CHECK(lstm.initial[1].size() == 0);
  CHECK(gru.initial[0].size() == 0);
}

TEST_CASE("A saved state brings a stream back to where it was") {
  Network net = network();
  initialize(net, 1);
  auto stream = net.stream();
  const Vector<double> x = Vector<double>::Ones(2);
  net.step(x, stream);
  const Matrix<double> saved = get_state(net, stream);
  REQUIRE(saved.rows() == 8);
  const Vector<double> y = net.step(x, stream);
  auto other = net.stream();
  set_state(net, other, saved);
  CHECK(net.step(x, other) == y);
}

TEST_CASE("A state of another size is refused before anything is changed") {
  const Network net = network();
  Network::Tape tape;
  const Matrix<double> state = Matrix<double>::Random(8, 2);
  set_initial_state(net, tape, state);
  CHECK_THAT(refusal([&] { set_initial_state(net, tape, Matrix<double>::Zero(7, 2)); }),
             Catch::Matchers::EndsWith("was given a state of 7 numbers: it must be of 8, or empty"));
  CHECK(std::get<2>(tape.tapes).layer.initial[0] == state.bottomRows(2));
  auto stream = net.stream();
  CHECK_THROWS_AS(set_state(net, stream, state), std::invalid_argument);
  CHECK_THROWS_AS(set_state(net, stream, Matrix<double>()), std::invalid_argument);
}

}  // namespace
}  // namespace recur::testing
