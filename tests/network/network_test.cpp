#include "recur/network/network.hpp"

#include "catch.hpp"
#include "laws/laws.hpp"
#include "recur/architecture/many_to_one.hpp"
#include "recur/cell/gru.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/composition/residual.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/dropout.hpp"
#include "recur/layer/embedding.hpp"
#include "recur/layer/pool.hpp"
#include "recur/recurrence/bidirectional.hpp"
#include "recur/recurrence/learned_state.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "recur/train/fit.hpp"
#include "recur/train/loss.hpp"
#include "recur/train/optimizer.hpp"
#include "refusal.hpp"
#include "train/toy.hpp"

namespace recur::testing {
namespace network_test {

using Catch::Matchers::ContainsSubstring;

template <class S>
auto stack() {
  return Sequential{Recurrent{Lstm<S>{3, 5}}, Dropout<S>{0.3}, Dense<S, Tanh>{5, 4}, Recurrent{Gru<S>{4, 3}}};
}

TEST_CASE("Network keeps the laws of the layer inside", "[network][laws]") {
  LayerSubject stacked(Network{stack<double>()});
  keeps_laws(stacked, {2, 7, 1, 6}, {.noise = true});
  LayerSubject tokens(Network{Sequential{Embedding<double>{11, 3}, Recurrent{Gru<double>{3, 5}}}}, 11);
  keeps_laws(tokens);
  LayerSubject without_state(Network{Dense<double, Tanh>{3, 4}});
  keeps_laws(without_state);
  LayerSubject around(
      Residual{Network{Sequential{Recurrent{Lstm<double>{5, 5}}, Network{Dense<double>{5, 5}}}}});
  keeps_laws(around);
}

TEST_CASE("Network of bidirectional layers keeps the laws except for carried states", "[network][laws]") {
  LayerSubject both(Network{Sequential{Bidirectional{Gru<double>{3, 4}}, Recurrent{Lstm<double>{8, 3}}}});
  CHECK_FALSE(both.streams());
  const Input input = draw_input(both, {2, 7, 1, 6}, true, 1);
  draw_parameters(both);
  backward_is_the_slope(both, input);
  repeats_itself(both, input);
  batch_is_its_samples(both, input);
  is_a_value(both, input);
  allocates_nothing(both, input);
}

TEST_CASE("Network computes the same as the layer inside, to the last bit", "[network]") {
  auto layer = stack<float>();
  initialize(layer, 1);
  const Network network{layer};
  const Sequence<float> x(MatrixX<float>(MatrixX<float>::Random(3, 12)), 4),
      dy(MatrixX<float>(MatrixX<float>::Random(3, 12)), 4);
  decltype(layer)::Tape tape;
  Network<float>::Tape erased;
  auto gradient = zeros_like(layer);
  auto erased_gradient = zeros_like(network);
  Random random(3), same(3);
  CHECK(layer.forward(x, tape, training(random)).values() ==
        network.forward(x, erased, training(same)).values());
  layer.backward(x, dy, tape, gradient);
  network.backward(x, dy, erased, erased_gradient);
  CHECK(tape.d_input().values() == erased.d_input().values());
  CHECK(values_of(Parameters(gradient)) == values_of(Parameters(erased_gradient)));

  auto stream = layer.stream();
  auto erased_stream = network.stream();
  for (Index t = 0; t < 5; ++t) {
    const VectorX<float> step = x.values().col(t);
    CHECK(layer.step(step, stream) == network.step(step, erased_stream));
  }
  CHECK(get_state(layer, stream) == get_state(network, erased_stream));
  CHECK(state_size(network) == 2 * 5 + 3);
}

TEST_CASE("Network names its parameters like the layer inside", "[network]") {
  const auto names = [](const auto& model) {
    std::string all;
    for (const auto& p : Parameters(model)) all += p.name + ' ';
    return all;
  };
  const auto layer = stack<float>();
  CHECK(names(Network{layer}) == names(layer));
  CHECK(names(Sequential{Network{layer}, Dense<float>{3, 2}}) ==
        "0.0.weight_ih 0.0.weight_hh 0.0.bias_ih 0.0.bias_hh 0.2.weight 0.2.bias 0.3.weight_ih 0.3.weight_hh "
        "0.3.bias_ih 0.3.bias_hh 1.weight 1.bias ");
  CHECK(Network{layer}.describe() == layer.describe());
}

TEST_CASE("Copies of a Network are deep, and an assigned Network keeps its memory", "[network]") {
  Network network{stack<float>()};
  initialize(network, 1);
  const VectorX<float> first = values_of(Parameters(network));
  Network copy = network;
  for (const auto& p : Parameters(copy)) std::fill_n(p.data, p.size(), 1.f);
  CHECK(values_of(Parameters(network)) == first);

  const float* const place = Parameters(copy)[0].data;
  copy = network;
  CHECK(values_of(Parameters(copy)) == first);
  CHECK(Parameters(copy)[0].data == place);
  copy = Network{Dense<float>{3, 2}};
  CHECK(copy.describe() == "Dense (3 -> 2)");
  const auto& itself = copy;
  copy = itself;
  CHECK(copy.describe() == "Dense (3 -> 2)");

  const float* const stays = Parameters(network)[0].data;
  const Network moved = std::move(network);
  CHECK(Parameters(moved)[0].data == stays);
  CHECK(refusal([&] { static_cast<void>(network.input_size()); }) ==  // NOLINT: this is what is tested
        "a Network that was moved from was used: it must be assigned another one first");
  const auto says = ContainsSubstring("moved from");
  CHECK_THAT(refusal([&] { count_parameters(network); }), says);
  CHECK_THAT(refusal([&] { Parameters{network}; }), says);
  CHECK_THAT(refusal([&] { initialize(network, 1, Uniform{0.1}); }), says);
  CHECK_THAT(refusal([&] { add_gradient(copy, network); }), says);
  network = moved;
  CHECK(values_of(Parameters(network)) == first);
}

TEST_CASE("Network refuses tapes, streams and gradients of another Network and changes nothing",
          "[network]") {
  Network one{Recurrent{Lstm<float>{3, 4}}}, other{Recurrent{Gru<float>{3, 4}}};
  initialize(one, 1);
  const Sequence<float> x(MatrixX<float>::Ones(3, 4), 2), dy(MatrixX<float>::Ones(4, 4), 2);
  Network<float>::Tape tape;
  other.forward(x, tape, recording);
  auto gradient = zeros_like(one);
  CHECK_THAT(refusal([&] { one.backward(x, dy, tape, gradient); }),
             ContainsSubstring("tape of another network"));
  one.forward(x, tape, recording);  // a tape may be used again by any network
  CHECK_THAT(refusal([&] { one.backward(x, dy, tape, other); }),
             ContainsSubstring("LSTM (3 -> 4) was given a gradient that is GRU (3 -> 4)"));
  CHECK(detail::all_zero(gradient));
  one.backward(x, dy, tape, gradient);
  CHECK_FALSE(detail::all_zero(gradient));

  auto stream = other.stream();
  CHECK_THAT(refusal([&] { one.step(VectorX<float>::Ones(3), stream); }),
             ContainsSubstring("stream of another network"));
  CHECK_THAT(refusal([&] { one.get_state(stream); }), ContainsSubstring("stream of another network"));
  CHECK(refusal([&] { add_gradient(one, other); }) != "nothing was refused");
  CHECK(refusal([&] {
          static_cast<void>(Network{Bidirectional{Lstm<float>{3, 4}}}.stream());
        }) == "bidirectional LSTM (3 -> 8) can't be run step by step: it needs the end of a sequence");
  const Network pool{Pool<float>{Pooling::mean}};
  auto counting = pool.stream();
  CHECK_THAT(refusal([&] { pool.get_state(counting); }), ContainsSubstring("copy the stream instead"));
}

TEST_CASE("A Network has one state", "[network]") {
  const Network network{Recurrent{Lstm<float>{3, 4}}};
  CHECK(network.state_size(0) == 8);
  for (const int q : {-1, 1}) CHECK_THROWS_AS(network.state_size(q), std::out_of_range);
}

TEST_CASE("A copy of a Network's stream or tape is independent", "[network]") {
  Network network{stack<float>()};
  initialize(network, 2);
  auto stream = network.stream();
  const VectorX<float> x = VectorX<float>::Ones(3);
  network.step(x, stream);
  auto copy = stream;
  const VectorX<float> second = network.step(x, stream), third = network.step(x, stream);
  CHECK(network.step(x, copy) == second);
  CHECK(network.step(x, copy) == third);
  network.reset(copy);
  network.step(x, copy);
  CHECK(network.step(x, copy) == second);

  const Sequence<float> batch(MatrixX<float>::Ones(3, 4), 2);
  Network<float>::Tape tape;
  const MatrixX<float> y = network.forward(batch, tape).values();
  const auto kept = tape;
  network.forward(Sequence<float>(MatrixX<float>::Zero(3, 4), 2), tape);
  CHECK(kept.output().values() == y);
  CHECK(Network<float>::Tape().output().columns() == 0);
  const auto moved = std::move(tape);
  CHECK(moved.output().columns() == 4);
  CHECK(network.forward(batch, tape).values() == y);  // NOLINT: one that was moved from may be used again
}

TEST_CASE("A Network refuses the state of a stream of other sizes", "[network]") {
  const Network small{Recurrent{Lstm<float>{3, 2}}}, large{Recurrent{Lstm<float>{3, 6}}};
  auto stream = large.stream();
  CHECK_THAT(refusal([&] { small.get_state(stream); }),
             ContainsSubstring("it must be of 2, as stream() makes it"));
}

TEST_CASE("A Network gives no stream of a layer whose weights had other sizes", "[network]") {
  Dense<float> dense{3, 4};
  dense.weight.resize(4, 2);
  const Network broken{dense};
  CHECK_THAT(refusal([&] { broken.stream(); }), ContainsSubstring("weight of 4 x 2"));
  Recurrent recurrent{Lstm<float>{3, 4}};
  recurrent.cell.weight_hh.resize(16, 3);
  CHECK_THAT(refusal([&] { Network{recurrent}.stream(); }), ContainsSubstring("weight_hh"));
}

TEST_CASE("Network starts from the learned state of the layer inside", "[network]") {
  LearnedState learned{Recurrent{Lstm<float>{3, 2}}};
  initialize(learned, 1);
  learned.initial[0] << 1, 2;
  learned.initial[1] << 3, 4;
  const Network network{learned};
  CHECK(start_state(network) == (MatrixX<float>(4, 1) << 1, 2, 3, 4).finished());
  CHECK(get_state(network, network.stream()) == start_state(network));

  LearnedState around{Network{Recurrent{Lstm<double>{3, 2}}}};
  LayerSubject subject(around);
  const Input input = draw_input(subject, {2, 5, 1}, false, 1);
  draw_parameters(subject);
  backward_is_the_slope(subject, input);
  streams_as_it_runs(subject, input);
}

TEST_CASE("Network carries no states of bidirectional layers", "[network][network]") {
  Network network{Sequential{Bidirectional{Gru<float>{3, 2}}, Recurrent{Gru<float>{4, 3}}}};
  Sequential layer{Bidirectional{Gru<float>{3, 2}}, Recurrent{Gru<float>{4, 3}}};
  initialize(network, 1);
  initialize(layer, 1);
  const Sequence<float> x(MatrixX<float>(MatrixX<float>::Random(3, 6)), 2);
  Network<float>::Tape erased;
  decltype(layer)::Tape tape;
  MatrixX<float> state, same;
  for (int i = 0; i < 2; ++i) {
    CHECK(network.forward(x, erased, predicting, state).values() ==
          layer.forward(x, tape, predicting, state).values());
    detail::get_carried_state(network, erased, state);
    detail::get_carried_state(layer, tape, same);
    CHECK(state == same);
  }
  CHECK(erased.final.topRows(4).norm() > 0);
  CHECK(state.topRows(4).norm() == 0);
  CHECK(state.bottomRows(3) == erased.final.bottomRows(3));
}

TEST_CASE("A model around a Network trains like one of static types", "[network]") {
  auto known = toy<float>();
  ManyToOne model{
      Network{Sequential{Embedding<float>{7, 4}, Dropout<float>{0.1}, Recurrent{Lstm<float>{4, 6}}}},
      Pooling::last, Network{Dense<float>{6, 2}}, SoftmaxCrossEntropy{}};
  initialize(model, 1);
  const auto examples = toy_examples<float>(60, 1);
  std::vector<decltype(model)::Example> same;
  for (const auto& example : examples) same.push_back({example.input, example.target});
  const FitOptions options{.epochs = 3, .batch_size = 8, .threads = 2, .show_progress = false};
  auto optimizer = make_optimizer(known, "adam", {.rate = 0.02});
  auto erased_optimizer = make_optimizer(model, "adam", {.rate = 0.02});
  const FitReport report = fit(known, optimizer, examples, options);
  const FitReport erased = fit(model, erased_optimizer, same, options);
  CHECK(report.epochs.back().training_loss == erased.epochs.back().training_loss);
  CHECK(values_of(Parameters(known)) == values_of(Parameters(model)));
}

}  // namespace network_test
}  // namespace recur::testing
