#include "catch.hpp"
#include "laws/laws.hpp"
#include "recur/cell/coupled_lstm.hpp"
#include "recur/cell/gru.hpp"
#include "recur/cell/indrnn.hpp"
#include "recur/cell/irnn.hpp"
#include "recur/cell/min_rnn.hpp"
#include "recur/cell/peephole_lstm.hpp"
#include "recur/recurrence/recurrent.hpp"

namespace recur::testing {
namespace variants_test {

/// The laws in both directions and without biases, and the mathematics as it is printed, in every size.
template <template <class, int, int> class C>
void is(const Textbook& textbook) {
  const auto forward = [](Index inputs, Index hidden) {
    return Recurrent{C<double, Dynamic, Dynamic>{inputs, hidden}};
  };
  const auto reverse = [](Index inputs, Index hidden) {
    using Cell = C<double, Dynamic, Dynamic>;
    return Recurrent<Cell, Direction::reverse>{Cell{inputs, hidden}};
  };
  const auto bare = [](Index inputs, Index hidden) {
    return Recurrent{C<double, Dynamic, Dynamic>{inputs, hidden, Bias::none}};
  };
  LayerSubject small(forward(3, 5)), large(forward(7, 19)), unbiased(bare(7, 19));
  LayerSubject back(reverse(7, 19));
  keeps_laws(small);
  keeps_laws(large, {4, 6, 2, 6, 3});
  keeps_laws(unbiased, {4, 6, 2, 6, 3});
  keeps_laws(back, {4, 6, 2, 6, 3}, {.reads_backward = true});
  matches_in_every_size(forward, textbook);
  matches_in_every_size(bare, textbook);
  matches_in_every_size(reverse, textbook);
}

Column relu(const Column& a) {
  return a.unaryExpr([](Complex z) { return z.real() > 0 ? z : Complex(0); });
}

template <class S, int I, int H>
using ReluIndRnn = IndRnn<S, Relu, I, H>;
template <class S, int I, int H>
using TanhIndRnn = IndRnn<S, Tanh, I, H>;

TEST_CASE("LSTM with peepholes keeps the laws and is that of Graves") {
  is<PeepholeLstm>([](const Weights& w, const Column& x, const std::vector<Column>& previous) {
    const Column &h = previous[0], &c = previous[1];
    const Index H = h.size();
    const Column i = sigmoid(w.input(x, 0, H) + w.recurrent(h, 0, H) + w.own[0] * c);
    const Column f = sigmoid(w.input(x, 1, H) + w.recurrent(h, 1, H) + w.own[1] * c);
    const Column next = f * c + i * tanh(w.input(x, 2, H) + w.recurrent(h, 2, H));
    const Column o = sigmoid(w.input(x, 3, H) + w.recurrent(h, 3, H) + w.own[2] * next);
    return std::vector<Column>{o * tanh(next), next};
  });
}

TEST_CASE("LSTM with coupled gates keeps the laws and is that of Greff") {
  is<CoupledLstm>([](const Weights& w, const Column& x, const std::vector<Column>& previous) {
    const Column &h = previous[0], &c = previous[1];
    const Index H = h.size();
    const Column i = sigmoid(w.input(x, 0, H) + w.recurrent(h, 0, H));
    const Column o = sigmoid(w.input(x, 2, H) + w.recurrent(h, 2, H));
    const Column next = (1.0 - i) * c + i * tanh(w.input(x, 1, H) + w.recurrent(h, 1, H));
    return std::vector<Column>{o * tanh(next), next};
  });
}

TEST_CASE("IndRNN keeps the laws and is that of Li") {
  is<ReluIndRnn>([](const Weights& w, const Column& x, const std::vector<Column>& previous) {
    return std::vector<Column>{relu(w.input(x, 0, previous[0].size()) + w.own[0] * previous[0])};
  });
  is<TanhIndRnn>([](const Weights& w, const Column& x, const std::vector<Column>& previous) {
    return std::vector<Column>{tanh(w.input(x, 0, previous[0].size()) + w.own[0] * previous[0])};
  });
}

TEST_CASE("minGRU and minLSTM keep the laws and are those of Feng") {
  is<MinGru>([](const Weights& w, const Column& x, const std::vector<Column>& previous) {
    const Index H = previous[0].size();
    const Column z = sigmoid(w.input(x, 0, H));
    return std::vector<Column>{(1.0 - z) * previous[0] + z * w.input(x, 1, H)};
  });
  is<MinLstm>([](const Weights& w, const Column& x, const std::vector<Column>& previous) {
    const Index H = previous[0].size();
    const Column f = sigmoid(w.input(x, 0, H)), i = sigmoid(w.input(x, 1, H));
    return std::vector<Column>{f / (f + i) * previous[0] + i / (f + i) * w.input(x, 2, H)};
  });
}

TEST_CASE("IRNN is Elman's with ReLU, and starts by copying its state") {
  LayerSubject irnn(Recurrent{Irnn<double>{3, 5}});
  LayerSubject elman(Recurrent{Elman<double, Relu>{3, 5}});
  agree(irnn, elman, {2, 7, 1, 6});
  Irnn<float> cell{3, 5};
  Random random(1);
  cell.initialize(random);
  CHECK(cell.weight_hh.isIdentity(0));
  CHECK(cell.weight_ih.cwiseAbs().maxCoeff() < 0.01F);
  CHECK(cell.weight_ih.cwiseAbs().minCoeff() > 0);
  CHECK(cell.bias_ih.isZero(0));
}

TEST_CASE("IndRNN starts with memories of every length") {
  IndRnn<double> cell{3, 1000};
  Random random(1);
  cell.initialize(random);
  const auto& u = cell.unit_weights[0];
  CHECK(u.minCoeff() >= 0);
  CHECK(u.maxCoeff() < 1);
  CHECK(u.mean() == Approx(0.5).margin(0.03));
}

TEST_CASE("GRU without biases keeps the laws and is its textbook") {
  const auto make = [](Index inputs, Index hidden) {
    return Recurrent{Gru<double>{inputs, hidden, Bias::none}};
  };
  LayerSubject layer(make(7, 19));
  keeps_laws(layer, {4, 6, 2, 6, 3});
  matches_in_every_size(make, [](const Weights& w, const Column& x, const std::vector<Column>& previous) {
    const Column& h = previous[0];
    const Index H = h.size();
    const Column r = sigmoid(w.input(x, 0, H) + w.recurrent(h, 0, H));
    const Column z = sigmoid(w.input(x, 1, H) + w.recurrent(h, 1, H));
    return std::vector<Column>{(1.0 - z) * tanh(w.input(x, 2, H) + r * w.recurrent(h, 2, H)) + z * h};
  });
}

TEST_CASE("Weights of units that were resized are refused") {
  Recurrent layer{PeepholeLstm<float>{3, 5}};
  layer.cell.unit_weights[1].setZero(4);
  decltype(layer)::Tape tape;
  CHECK_THROWS_AS(layer.forward(Sequence<float>({MatrixX<float>::Ones(3, 2)}), tape), std::invalid_argument);
}

}  // namespace variants_test
}  // namespace recur::testing
