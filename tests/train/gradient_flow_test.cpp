#include "recur/train/gradient_flow.hpp"

#include "catch.hpp"
#include "recur/architecture/many_to_many.hpp"
#include "recur/architecture/many_to_one.hpp"
#include "recur/cell/elman.hpp"
#include "recur/cell/gru.hpp"
#include "recur/cell/gru_reset_before.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/cell/projected_lstm.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/embedding.hpp"
#include "recur/network/network.hpp"
#include "recur/recurrence/bidirectional.hpp"
#include "recur/recurrence/learned_state.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "recur/train/loss.hpp"
#include "recur/train/sequence_loss.hpp"

namespace recur::testing {
namespace gradient_flow_test {

/// The gradient of the state before step t of one sample, from a pass over the later steps.
template <class L>
double norm_at(const L& layer, const MatrixX<double>& x, const MatrixX<double>& dy, Index t) {
  typename L::Tape before, after;
  layer.forward(Sequence<double>({MatrixX<double>(x.leftCols(t + 1))}), before);
  VectorX<double> d = dy.col(t);
  if (const Index rest = x.cols() - t - 1; rest > 0) {
    const Sequence<double> x_rest({MatrixX<double>(x.rightCols(rest))}),
        dy_rest({MatrixX<double>(dy.rightCols(rest))});
    layer.forward(x_rest, after, recording, before.final);
    L gradient = zeros_like(layer);
    layer.backward(x_rest, dy_rest, after, gradient);
    d += after.d_initial.col(0).head(d.size());
  }
  return d.norm();
}

template <class L>
void flows(L layer) {
  Random random(2);
  initialize(layer, 1);
  for_each_parameter([&](const Name&, auto& p) { uniform(p, 0.5, random); }, layer);
  std::vector<MatrixX<double>> x, dy;
  for (const Index length : {2, 7, 1, 6}) {
    normal(x.emplace_back(3, length), 1, random);
    normal(dy.emplace_back(5, length), 1, random);
  }
  const MatrixX<double> norms = gradient_flow(layer, Sequence<double>(x), Sequence<double>(dy));
  REQUIRE(norms.rows() == 7);
  REQUIRE(norms.cols() == 4);
  for (Index b = 0; b < 4; ++b)
    for (Index t = 0; t < 7; ++t) {
      INFO("sample " << b << ", step " << t);
      const auto& sample = x[static_cast<std::size_t>(b)];
      if (t < sample.cols())
        CHECK(norms(t, b) ==
              Approx(norm_at(layer, sample, dy[static_cast<std::size_t>(b)], t)).epsilon(1e-10));
      else
        CHECK(norms(t, b) == 0);
    }
}

TEST_CASE("The gradient of a state has the effect of all later steps", "[train][gradient_flow]") {
  flows(Recurrent{Elman<double>{3, 5}});
  flows(Recurrent{Lstm<double>{3, 5}});
  flows(Recurrent{Gru<double>{3, 5}});
}

TEST_CASE("The gradient flows through cells whose step mixes units and from a learned state",
          "[train][gradient_flow]") {
  flows(Recurrent{GruResetBefore<double>{3, 5}});
  flows(Recurrent{ProjectedLstm<double>{3, 7, 5}});  // c is larger than h
  flows(LearnedState{Recurrent{Gru<double>{3, 5}}});
}

TEST_CASE("The gradient of a lower state in a stack has its effect through both layers",
          "[train][gradient_flow]") {
  Recurrent lower{Gru<double>{3, 4}}, upper{Gru<double>{4, 5}};
  initialize(lower, 1);
  initialize(upper, 2);
  Random random(3);
  const Index steps = 6;
  MatrixX<double> x(3, steps), dy(5, steps);
  normal(x, 1, random);
  normal(dy, 1, random);
  Recurrent<Gru<double>>::Tape below, above;
  const Sequence<double> h = lower.forward(Sequence<double>({x}), below, recording);
  upper.forward(h, above, recording);
  auto gradient = zeros_like(upper);
  upper.backward(h, Sequence<double>({dy}), above, gradient);
  const MatrixX<double> norms = gradient_flow(lower, Sequence<double>({x}), above.d_input());

  for (Index t = 0; t < steps; ++t) {
    // The loss with another h_t of the lower layer, in its output and in its next step.
    const auto loss_with = [&](const VectorX<double>& h_t) {
      MatrixX<double> other = h.values();
      other.col(t) = h_t;
      if (const Index rest = steps - t - 1; rest > 0) {
        Recurrent<Gru<double>>::Tape tape;
        const Sequence<double> later({MatrixX<double>(x.rightCols(rest))});
        other.rightCols(rest) = lower.forward(later, tape, predicting, h_t).values();
      }
      Recurrent<Gru<double>>::Tape tape;
      return upper.forward(Sequence<double>({other}), tape).values().cwiseProduct(dy).sum();
    };
    VectorX<double> slope(4);
    for (Index u = 0; u < 4; ++u) {
      const VectorX<double> step = 1e-5 * VectorX<double>::Unit(4, u), h_t = h.values().col(t);
      slope(u) = (loss_with(h_t + step) - loss_with(h_t - step)) / 2e-5;
    }
    CHECK(norms(t, 0) == Approx(slope.norm()).epsilon(1e-7));
  }
}

TEST_CASE("The gradient of a model's own loss flows through its recurrent layer", "[train][gradient_flow]") {
  Random random(4);
  using Input = std::vector<MatrixX<double>>;
  Input inputs;
  for (const Index length : {2, 7, 1, 6}) normal(inputs.emplace_back(3, length), 1, random);

  ManyToOne one{Recurrent{Gru<double>{3, 5}}, Pooling::last, Dense<double>{5, 1}, SquaredError<double>{}};
  initialize(one, 1);
  decltype(one)::Batch batch{Sequence<double>(inputs), MatrixX<double>(1, 4)};
  normal(batch.targets, 1, random);
  Input dy;
  const MatrixX<double> y = one.predict(batch.x);
  for (Index b = 0; b < 4; ++b) {
    auto& d = dy.emplace_back(MatrixX<double>::Zero(5, inputs[static_cast<std::size_t>(b)].cols()));
    d.rightCols(1) = 2 * (y(0, b) - batch.targets(0, b)) / 4 * one.head.weight.transpose();
  }
  CHECK((gradient_flow(one, batch) - gradient_flow(one.body, batch.x, Sequence<double>(dy))).norm() < 1e-14);

  // With a softmax and layers below and above: p - 1 for the right token, over all eight steps of three texts.
  ManyToMany many{Sequential{Embedding<double>{6, 3}, Recurrent{Lstm<double>{3, 5}}, Dense<double>{5, 4}},
                  EachStep{SoftmaxCrossEntropy<double>{}}};
  initialize(many, 1);
  const std::vector<decltype(many)::Example> examples{
      {{3, 0}, {1, 0}}, {{1, 4, 4, 5, 2}, {0, 0, 2, 3, 1}}, {{2}, {2}}};
  const std::vector<Index> rows{0, 1, 2};
  decltype(many)::Batch texts;
  many.assemble(examples, rows, texts);
  const auto& [table, layer, head] = many.body.layers;
  const Sequence<double> p = many.predict(texts.x);
  Input x;
  dy.clear();
  for (std::size_t b = 0; b < 3; ++b) {
    MatrixX<double> d = p.sample(static_cast<Index>(b));
    auto& vectors = x.emplace_back(3, d.cols());
    for (Index t = 0; t < d.cols(); ++t) {
      const auto step = static_cast<std::size_t>(t);
      d(examples[b].target[step], t) -= 1;
      vectors.col(t) = table.weight.values.row(examples[b].input[step]).transpose();
    }
    dy.push_back(head.weight.transpose() * d / 8);
  }
  CHECK((gradient_flow<1>(many, texts) - gradient_flow(layer, Sequence<double>(x), Sequence<double>(dy)))
            .norm() < 1e-14);
  texts.initial.setZero(10, 3);
  CHECK_THROWS_AS(gradient_flow<1>(many, texts), std::invalid_argument);
}

template <class L>
concept Flows = requires(const L& layer, const Sequence<double>& x) {
  gradient_flow(layer, x, x);
};

TEST_CASE("gradient_flow takes only one recurrent layer that runs forward", "[train][gradient_flow]") {
  using Cell = Gru<double>;
  STATIC_REQUIRE(Flows<Recurrent<Cell>>);
  STATIC_REQUIRE_FALSE(Flows<Recurrent<Cell, Direction::reverse>>);
  STATIC_REQUIRE_FALSE(Flows<Bidirectional<Cell>>);
  STATIC_REQUIRE_FALSE(Flows<Sequential<Recurrent<Cell>, Recurrent<Cell>>>);
  STATIC_REQUIRE_FALSE(Flows<Dense<double>>);
}

TEST_CASE("The gradient of a shrinking state vanishes as a power", "[train][gradient_flow]") {
  Recurrent layer{Elman<double, Identity, 1, 1>{}};
  layer.cell.weight_hh(0, 0) = 0.5;
  const Index steps = 20;
  MatrixX<double> dy = MatrixX<double>::Zero(1, steps);
  dy(0, steps - 1) = 3;
  const MatrixX<double> norms =
      gradient_flow(layer, Sequence<double>({MatrixX<double>::Ones(1, steps)}), Sequence<double>({dy}));
  for (Index t = 0; t < steps; ++t) CHECK(norms(t, 0) == Approx(3 * std::pow(0.5, steps - 1 - t)));
}

TEST_CASE("Gradients of another size than the output are refused", "[train][gradient_flow]") {
  Recurrent layer{Lstm<double>{3, 5}};
  const Sequence<double> x({MatrixX<double>::Ones(3, 4)});
  CHECK_THROWS_AS(gradient_flow(layer, x, Sequence<double>({MatrixX<double>::Ones(4, 4)})),
                  std::invalid_argument);
  CHECK_THROWS_AS(gradient_flow(layer, x, Sequence<double>({MatrixX<double>::Ones(5, 3)})),
                  std::invalid_argument);
  CHECK_THROWS_AS(gradient_flow(layer, Sequence<double>(), Sequence<double>()), std::invalid_argument);
}

TEST_CASE("A gradient whose square is 0 is measured", "[train][gradient_flow]") {
  Recurrent layer{Elman<double, Identity>{1, 1}};
  layer.cell.weight_hh(0) = 1e-20;
  MatrixX<double> dy = MatrixX<double>::Zero(1, 15);
  dy(14) = 1;
  const MatrixX<double> norms =
      gradient_flow(layer, Sequence<double>({MatrixX<double>::Zero(1, 15)}), Sequence<double>({dy}));
  CHECK(norms(4) / 1e-200 == Approx(1));
}

TEST_CASE("How far a gradient gets is told of any network", "[train][gradient_flow]") {
  ManyToMany model{Sequential{Embedding<double>{6, 3}, Recurrent{Lstm<double>{3, 5}}, Dense<double>{5, 4}},
                   EachStep{SoftmaxCrossEntropy<double>{}}};
  initialize(model, 1);
  const std::vector<decltype(model)::Example> examples{
      {{3, 0}, {1, 0}}, {{1, 4, 4, 5, 2}, {0, 0, 2, 3, 1}}, {{2}, {2}}};
  decltype(model)::Batch batch;
  model.assemble(examples, std::vector<Index>{0, 1, 2}, batch);
  const GradientReach reach = gradient_reach(model, batch);
  CHECK(reach.steps == 5);

  // The slope of the loss along the state in which the longest sample starts, over the slope along its outputs.
  VectorX<double> slope(10);
  for (Index z = 0; z < 10; ++z) {
    const auto loss_at = [&](double step) {
      auto other = batch;
      other.initial = MatrixX<double>::Zero(10, 3);
      other.initial(z, 1) = step;
      decltype(model)::Tape tape;
      return model.loss(other, tape);
    };
    slope(z) = (loss_at(1e-5) - loss_at(-1e-5)) / 2e-5;
  }
  decltype(model)::Tape tape;
  auto gradient = zeros_like(model);
  model.loss(batch, tape, recording);
  model.backward(batch, tape, gradient);
  double at_outputs = 0;
  for (Index t = 0; t < 5; ++t) at_outputs += tape.d_logits.step(t).col(0).squaredNorm();
  CHECK(reach.first_step == Approx(slope.norm() / std::sqrt(at_outputs)).epsilon(1e-7));

  const auto& cell = std::get<1>(gradient.body.layers).cell;
  CHECK(reach.recurrent == Approx(std::sqrt(cell.weight_ih.squaredNorm() + cell.weight_hh.squaredNorm()) /
                                  gradient_norm(gradient)));

  auto going_on = batch;
  going_on.initial = MatrixX<double>::Ones(10, 3);
  CHECK_THROWS_WITH(gradient_reach(model, going_on), Catch::Matchers::EndsWith("10 x 3: it must be empty"));

  // The same of layers whose type is erased.
  ManyToMany erased{Network{model.body}, EachStep{SoftmaxCrossEntropy<double>{}}};
  decltype(erased)::Batch its_batch;
  erased.assemble(
      std::vector<decltype(erased)::Example>{
          {{3, 0}, {1, 0}}, {{1, 4, 4, 5, 2}, {0, 0, 2, 3, 1}}, {{2}, {2}}},
      std::vector<Index>{0, 1, 2}, its_batch);
  const GradientReach of_erased = gradient_reach(erased, its_batch);
  CHECK(of_erased.first_step == reach.first_step);
  CHECK(of_erased.recurrent == reach.recurrent);
  CHECK(of_erased.steps == 5);

  // What can't be told is not a number: nothing recurrent, or no target that counts.
  ManyToOne plain{Embedding<double>{6, 3}, Pooling::last, Dense<double>{3, 2}, SoftmaxCrossEntropy<double>{}};
  initialize(plain, 1);
  decltype(plain)::Batch sample;
  plain.assemble(std::vector<decltype(plain)::Example>{{{1, 2}, 1}}, std::vector<Index>{0}, sample);
  CHECK(std::isnan(gradient_reach(plain, sample).recurrent));
  CHECK(std::isnan(gradient_reach(plain, sample).first_step));
  sample.targets[0] = ignored_label;
  CHECK(gradient_reach(plain, sample).steps == 0);
}

}  // namespace gradient_flow_test
}  // namespace recur::testing
