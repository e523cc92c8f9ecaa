#include "recur/cell/layer_norm_lstm.hpp"

#include "catch.hpp"
#include "laws/laws.hpp"
#include "max_abs.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace layer_norm_lstm_test {

TEST_CASE("The layer-normalised LSTM keeps the laws", "[cell][layer_norm_lstm][laws]") {
  LayerSubject small(Recurrent{LayerNormLstm<double>{3, 5}});
  LayerSubject large(Recurrent{LayerNormLstm<double>{7, 19, Bias::none}});
  LayerSubject single(Recurrent{LayerNormLstm<float>{7, 19}});
  keeps_laws(small);
  keeps_laws(large, {4, 6, 2, 6, 3});
  keeps_laws(single, {4, 6, 2, 6, 3});
}

TEST_CASE("The layer-normalised LSTM in reverse keeps the laws", "[cell][layer_norm_lstm][laws]") {
  LayerSubject reverse(Recurrent<LayerNormLstm<double>, Direction::reverse>{LayerNormLstm<double>{3, 5}});
  keeps_laws(reverse, {2, 7, 1, 6}, {.reads_backward = true});
}

using Numbers = Eigen::ArrayXd;

Numbers normal(const Numbers& a) { return (a - a.mean()) / std::sqrt((a - a.mean()).square().mean() + 1e-5); }
Numbers sigmoid(const Numbers& a) { return 1 / (1 + (-a).exp()); }

TEST_CASE("The layer-normalised LSTM matches the textbook", "[cell][layer_norm_lstm]") {
  for (const auto& [inputs, hidden] : std::vector<std::pair<Index, Index>>{{3, 5}, {7, 19}, {5, 67}}) {
    LayerSubject subject(Recurrent{LayerNormLstm<double>{inputs, hidden}});
    draw_parameters(subject);
    const Input input = draw_input(subject, {2, 7, 1, 6}, true);
    const Output output = subject.forward(input);
    const auto& w = subject.layer().cell;
    for (std::size_t b = 0; b < input.x.size(); ++b) {
      const auto column = static_cast<Index>(b);
      Numbers h = input.initial[0].col(column), c = input.initial[1].col(column);
      for (Index t = 0; t < input.x[b].cols(); ++t) {
        const Numbers a = w.gain_ih.array() * normal(w.weight_ih * input.x[b].col(t)) +
                          w.gain_hh.array() * normal(w.weight_hh * h.matrix()) + w.bias.array();
        const auto gate = [&, H = hidden](Index g) { return Numbers(a.segment(g * H, H)); };
        c = sigmoid(gate(1)) * c + sigmoid(gate(0)) * gate(2).tanh();
        h = sigmoid(gate(3)) * (w.gain_cell.array() * normal(c) + w.bias_cell.array()).tanh();
        CHECK(distance(output.y[b].col(t), MatrixX<double>(h)) < 1e-12);
      }
      CHECK(distance(output.final[1].col(column), MatrixX<double>(c)) < 1e-12);
    }
  }
}

TEST_CASE("The layer-normalised LSTM does not depend on the scale of its weights",
          "[cell][layer_norm_lstm]") {
  Recurrent layer{LayerNormLstm<double>{3, 9}};
  initialize(layer, 1);
  Recurrent scaled = layer;
  scaled.cell.weight_ih *= 100;
  scaled.cell.weight_hh *= 100;
  Random random(2);
  MatrixX<double> x(3, 8);
  recur::normal(x, 1, random);
  Recurrent<LayerNormLstm<double>>::Tape tape, other;
  const MatrixX<double> y = layer.forward(Sequence<double>(x, 2), tape).values();
  const MatrixX<double> z = scaled.forward(Sequence<double>(x, 2), other).values();
  CHECK(max_abs(y - z) < 1e-2);  // only epsilon remains
  CHECK(y.cwiseAbs().maxCoeff() > 0.1);
}

TEST_CASE("The layer-normalised LSTM has the shapes and first weights that it documents",
          "[cell][layer_norm_lstm]") {
  LayerNormLstm<double> cell{3, 5};
  std::string shapes;
  for_each_parameter(
      [&](const Name& name, const auto& p) {
        shapes += detail::message(name.str(), ' ', p.rows(), 'x', p.cols(), ' ');
      },
      cell);
  CHECK(shapes ==
        "weight_ih 20x3 weight_hh 20x5 gain_ih 20x1 gain_hh 20x1 gain_cell 5x1 bias 20x1 bias_cell 5x1 ");
  CHECK(count_parameters(LayerNormLstm<double>{3, 5, Bias::none}) == 20 * (3 + 5 + 2) + 5);
  for (const Scheme scheme : {Scheme::recommended, Scheme::pytorch}) {
    initialize(cell, 1, scheme);
    CHECK(cell.gain_ih.isOnes(0));
    CHECK(cell.gain_hh.isOnes(0));
    CHECK(cell.gain_cell.isOnes(0));
    CHECK(cell.bias_cell.isZero(0));
    CHECK(cell.bias.sum() == (scheme == Scheme::recommended ? 5 : 0));
    CHECK(cell.weight_hh.norm() > 1);
  }
}

TEST_CASE("The layer-normalised LSTM refuses sizes that don't fit", "[cell][layer_norm_lstm]") {
  CHECK(refusal([] {
          LayerNormLstm<float>{3, 0};
        }) == "layer-normalised LSTM with input_size 3 and hidden_size 0: both must be at least 1");
  Recurrent layer{LayerNormLstm<double>{3, 5}};
  layer.cell.gain_cell.resize(4);
  Recurrent<LayerNormLstm<double>>::Tape tape;
  CHECK(refusal([&] { layer.forward(Sequence<double>(MatrixX<double>::Ones(3, 4), 2), tape); }) ==
        "layer-normalised LSTM (3 -> 5) has a gain_cell of 4 x 1: it must be 5 x 1");
}

}  // namespace layer_norm_lstm_test
}  // namespace recur::testing
