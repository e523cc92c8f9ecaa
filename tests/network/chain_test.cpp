#include "recur/network/chain.hpp"

#include "catch.hpp"
#include "laws/laws.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/composition/residual.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/layer/conv1d.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/dropout.hpp"
#include "recur/layer/embedding.hpp"
#include "recur/layer/positions.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace chain_test {

Chain<double> numbers() {
  Chain<double> chain{Network{Dense<double, Tanh>{3, 5}}};
  for (int i = 0; i < 2; ++i) chain.add(Network{Residual{Recurrent{Lstm<double>{5, 5}}}});
  chain.add(Network{Dropout<double>{0.4}});
  chain.add(Network{Dense<double>{5, 2}});
  return chain;
}

TEST_CASE("Chain keeps the laws", "[network][chain][laws]") {
  LayerSubject subject(Network{numbers()});
  keeps_laws(subject, {2, 7, 1, 6}, {.noise = true});
  LayerSubject bare(numbers());
  const Input input = draw_input(bare, {2, 7, 1, 6}, false, 1);
  draw_parameters(bare);
  backward_is_the_slope(bare, input);
  streams_as_it_runs(bare, input);
  goes_on_from_its_final_state(bare, input, false);
}

TEST_CASE("Chain keeps the laws with tokens as input", "[network][chain][laws]") {
  Chain<double, Token> chain{Network{Embedding<double>{11, 3}}};
  chain.add(Network{Recurrent{Lstm<double>{3, 4}}});
  LayerSubject subject(Network<double, Token>{chain}, 11);
  keeps_laws(subject);
}

TEST_CASE("Chain knows its sizes and describes itself", "[network][chain]") {
  const Chain<double> chain = numbers();
  CHECK(chain.size() == 5);
  CHECK(chain.input_size() == 3);
  CHECK(chain.output_size() == 2);
  CHECK(chain.describe() ==
        "Chain {Dense (3 -> 5), Residual {LSTM (5 -> 5)}, Residual {LSTM (5 -> 5)}, Dropout (0.4), Dense (5 "
        "-> 2)}");
  CHECK(state_size(chain) == 20);
  Chain<double> any{Network{Dropout<double>{0.5}}};
  CHECK(any.input_size() == any_size);
  any.add(Network{Dense<double>{4, 3}});
  CHECK(any.input_size() == 4);
  CHECK(any.output_size() == 3);
}

TEST_CASE("Chain refuses neighbours that don't fit and tapes of another chain", "[network][chain]") {
  Chain<double> chain = numbers();
  CHECK(refusal([&] {
          chain.add(Network{Dense<double>{3, 1}});
        }) ==
        "layer 5, Dense (3 -> 1), takes 3 features, but the layers before it give 2: they must be equal");
  CHECK(chain.size() == 5);

  const Chain<double> shorter{Network{Dense<double, Tanh>{3, 5}}};
  const Sequence<double> x(MatrixX<double>::Ones(3, 4), 2), dy(MatrixX<double>::Ones(2, 4), 2);
  Chain<double>::Tape tape;
  shorter.forward(x, tape, recording);
  auto gradient = zeros_like(chain);
  CHECK(refusal([&] { chain.backward(x, dy, tape, gradient); }) != "nothing was refused");
  chain.forward(x, tape, recording);
  auto other = zeros_like(shorter);
  CHECK(refusal([&] { chain.backward(x, dy, tape, other); }) ==
        "chains of 5 and of 1 layers were visited together: they must be of one architecture");
  CHECK(detail::all_zero(gradient));
  auto stream = shorter.stream();
  CHECK(refusal([&] { chain.step(VectorX<double>::Ones(3), stream); }) != "nothing was refused");
  CHECK_THAT(refusal([&] { get_state(chain, stream); }),
             Catch::Matchers::ContainsSubstring("it must be its own"));

  // Inside a Network they have one type.
  const Network outer{chain};
  auto others = Network{shorter}.stream();
  CHECK_THAT(refusal([&] { outer.get_state(others); }),
             Catch::Matchers::ContainsSubstring("it must be its own"));
  Network<double>::Tape its;
  Network{shorter}.forward(x, its, recording);
  auto outer_gradient = zeros_like(outer);
  CHECK(refusal([&] { outer.backward(x, dy, its, outer_gradient); }) != "nothing was refused");
  CHECK(detail::all_zero(outer_gradient));
  CHECK_NOTHROW(outer.forward(x, its, recording));  // a tape may be used again by any network
}

TEST_CASE("A chain refuses a stream before a layer moves, also of a layer that got other sizes",
          "[network][chain]") {
  const auto make = [](Index dilation) {
    Chain<double> chain{Network{Recurrent{Lstm<double>{1, 2}}}};
    chain.add(Network{Conv1d<double>{2, 1, 2, dilation}});
    initialize(chain, 1);
    return chain;
  };
  Chain<double> chain = make(1);
  const Chain<double> other = make(2), same = make(1), copy = chain;
  auto stream = chain.stream(), unmoved = same.stream();
  const VectorX<double> x = VectorX<double>::Ones(1);
  chain.step(x, stream), same.step(x, unmoved);
  chain = other;  // its parameters are as large
  CHECK(refusal([&] { chain.step(x, stream); }) != "nothing was refused");
  chain = same;
  CHECK(chain.step(x, stream) == same.step(x, unmoved));
  CHECK(copy.step(x, stream) == same.step(x, unmoved));  // a stream of its copy
}

TEST_CASE("Chain makes the steps that its layers make of each other's", "[network][chain]") {
  Chain<double> chain{Network{Conv1d<double>{2, 3, 3, 1, Padding::valid(), 2}}};
  chain.add(Network{Dense<double>{3, 3}});
  chain.add(Network{Conv1d<double>{3, 3, 2, 1, Padding::causal(), 2}});
  CHECK(output_length(chain, 11) == 3);  // 5, 5, 3
  CHECK(output_length(Network{chain}, 3) == 1);
  CHECK_THROWS_WITH(output_length(chain, 2),
                    Catch::Matchers::EndsWith("its window spans 3, more than there are"));
}

TEST_CASE("A step that a later layer of a chain refuses leaves a stream as it was", "[network][chain]") {
  Chain<double> chain{Network{SinusoidalPositions<double>{}}};
  chain.add(Network{Dropout<double>{0.1}});
  chain.add(Network{Dense<double>{4, 2}});
  initialize(chain, 1);
  CHECK(chain.input_size() == 4);
  auto stream = chain.stream(), fresh = chain.stream();
  CHECK_THAT(refusal([&] { chain.step(VectorX<double>::Ones(5), stream); }),
             Catch::Matchers::EndsWith("was given a step of 5 features: it takes 4"));
  const VectorX<double> x = VectorX<double>::Ones(4);
  CHECK(chain.step(x, stream) == chain.step(x, fresh));
}

/// The state of the first layer.
MatrixX<double> first_state(const Chain<double>& chain, const Chain<double>::Stream& stream) {
  MatrixX<double> state;
  Chain<double>::for_each_part(
      [&](auto, const auto& layer, const auto& its) {
        if (state.size() == 0) state = layer.get_state(its);
      },
      chain, stream);
  return state;
}

TEST_CASE("A chain whose table of positions ends refuses a step before a layer moves", "[network][chain]") {
  const auto refuses = [](auto table) {
    Chain<double> chain{Network{Recurrent{Lstm<double>{3, 4}}}};
    chain.add(Network{std::move(table)});
    initialize(chain, 1);
    const VectorX<double> x = VectorX<double>::Ones(3);
    auto stream = chain.stream();
    for (int t = 0; t < 3; ++t) chain.step(x, stream);
    const MatrixX<double> state = first_state(chain, stream);
    CHECK_THAT(refusal([&] { chain.step(x, stream); }), Catch::Matchers::ContainsSubstring("there are 3"));
    CHECK(first_state(chain, stream) == state);
    const Chain<double> copy = chain;
    CHECK_THROWS_AS(copy.step(x, stream), std::invalid_argument);
    CHECK(first_state(chain, stream) == state);
    chain.reset(stream);
    CHECK(first_state(chain, stream).norm() == 0);
    CHECK_NOTHROW(chain.step(x, stream));
  };
  refuses(LearnedPositions<double>{3, 4});
  refuses(Residual{Sequential{Dense<double>{4, 4}, Network{LearnedPositions<double>{3, 4}}}});
}

TEST_CASE("reset of a chain refuses a stream before it changes a part of it", "[network][chain]") {
  const auto with = [](auto last) {
    Chain<double> chain{Network{Recurrent{Lstm<double>{3, 4}}}};
    chain.add(Network{last});
    initialize(chain, 1);
    return chain;
  };
  const Chain<double> own = with(Dense<double>{4, 2}), other = with(Dense<double, Tanh>{4, 2}),
                      wider = with(Dense<double>{4, 3}), table = with(LearnedPositions<double>{1, 4}),
                      same = with(LearnedPositions<double>{1, 4}),
                      wide = with(LearnedPositions<double>{2, 4});
  const auto refuses = [](const Chain<double>& made, const Chain<double>& resets) {
    auto stream = made.stream();
    made.step(VectorX<double>::Ones(3), stream);
    const MatrixX<double> state = first_state(made, stream);
    CHECK(refusal([&] { resets.reset(stream); }) != "nothing was refused");
    CHECK(first_state(made, stream) == state);
  };
  refuses(own, other);
  refuses(own, wider);
  refuses(own, table);
  const auto takes = [](const Chain<double>& made, const Chain<double>& resets) {
    auto stream = made.stream();
    made.step(VectorX<double>::Ones(3), stream);
    resets.reset(stream);
    CHECK(first_state(made, stream).norm() == 0);
  };
  takes(table, same);  // at its end
  takes(wide, same);
}

TEST_CASE("A chain refuses a gradient of other types before it adds to a part of it", "[network][chain]") {
  const auto make = [](auto first, bool nested) {
    Chain<double> chain{nested ? Network{Sequential{Network{first}, Dropout<double>{0.1}}} : Network{first}};
    chain.add(Network{Dense<double>{3, 2}});
    return chain;
  };
  const Sequence<double> x(MatrixX<double>::Ones(3, 4), 2), dy(MatrixX<double>::Ones(2, 4), 2);
  for (const bool nested : {false, true}) {
    const Chain<double> chain = make(Dense<double, Tanh>{3, 3}, nested);
    Chain<double>::Tape tape;
    chain.forward(x, tape, recording);
    auto other = zeros_like(make(Dense<double>{3, 3}, nested)), own = zeros_like(chain);
    CHECK_THAT(refusal([&] { chain.backward(x, dy, tape, other); }),
               Catch::Matchers::ContainsSubstring("were taken together: they must be of one architecture"));
    CHECK(detail::all_zero(other));
    CHECK_NOTHROW(chain.backward(x, dy, tape, own));
  }
}

}  // namespace chain_test
}  // namespace recur::testing
