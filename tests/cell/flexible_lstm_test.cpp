#include "recur/cell/flexible_lstm.hpp"

#include "catch.hpp"
#include "laws/laws.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/cell/peephole_lstm.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace flexible_lstm_test {

using Options = FlexibleLstmOptions;

TEST_CASE("The flexible LSTM keeps the laws", "[cell][flexible_lstm][laws]") {
  LayerSubject small(Recurrent{FlexibleLstm<double>{
      3, 5, {.candidate = GateKind::silu, .output = GateKind::softplus, .peepholes = true}}});
  LayerSubject clipped(Recurrent{FlexibleLstm<double>{
      3, 19, {.peepholes = true, .input_forget = true, .clip = 0.7, .bias = Bias::none}}});
  LayerSubject reverse(Recurrent<FlexibleLstm<float>, Direction::reverse>{FlexibleLstm<float>{3, 5}});
  keeps_laws(small);
  keeps_laws(clipped, {4, 6, 2, 6, 3});
  keeps_laws(reverse, {2, 7, 1, 6}, {.reads_backward = true});
}

TEST_CASE("The flexible LSTM with the usual activations is Lstm or PeepholeLstm", "[cell][flexible_lstm]") {
  LayerSubject flexible(Recurrent{FlexibleLstm<double>{3, 19}});
  LayerSubject plain(Recurrent{Lstm<double>{3, 19}});
  agree(flexible, plain);
  LayerSubject seeing(Recurrent{FlexibleLstm<double>{3, 19, {.peepholes = true}}});
  LayerSubject peephole(Recurrent{PeepholeLstm<double>{3, 19}});
  agree(seeing, peephole);
}

// The equations as they are printed, in plain numbers. Counts the numbers that were clipped.
struct Textbook {
  const FlexibleLstm<double>& cell;
  Index clipped = 0;

  VectorX<double> clip(const VectorX<double>& a) {
    clipped += (a.array().abs() > cell.options().clip).count();
    return a.cwiseMax(-cell.options().clip).cwiseMin(cell.options().clip);
  }
  static VectorX<double> of(const GateFunction& f, VectorX<double> a) {
    activate(f, a.data(), a.data(), a.size());
    return a;
  }
  void step(const VectorX<double>& x, VectorX<double>& h, VectorX<double>& c) {
    const Index H = h.size();
    const Options& options = cell.options();
    const VectorX<double> sums = cell.weight_ih * x + cell.bias_ih + cell.weight_hh * h + cell.bias_hh;
    const auto see = [&](const VectorX<double>& p, const VectorX<double>& memory) -> VectorX<double> {
      return options.peepholes ? p.cwiseProduct(memory).eval() : VectorX<double>::Zero(H);
    };
    const VectorX<double> i = of(options.gate, clip(sums.segment(0, H) + see(cell.weight_ci, c)));
    const VectorX<double> f = options.input_forget
                                  ? VectorX<double>(1 - i.array())
                                  : of(options.gate, clip(sums.segment(H, H) + see(cell.weight_cf, c)));
    const VectorX<double> g = of(options.candidate, clip(sums.segment(2 * H, H)));
    c = f.cwiseProduct(c) + i.cwiseProduct(g);
    const VectorX<double> o = of(options.gate, clip(sums.segment(3 * H, H) + see(cell.weight_co, c)));
    h = o.cwiseProduct(of(options.output, options.clip_memory ? clip(c) : c));
  }
};

TEST_CASE("The flexible LSTM matches the textbook with every option", "[cell][flexible_lstm]") {
  const double none = std::numeric_limits<double>::infinity();
  for (const bool peepholes : {false, true})
    for (const bool input_forget : {false, true})
      for (const double clip : {none, 0.6})
        for (const bool clip_memory : {true, false}) {
          INFO(peepholes << input_forget << clip << clip_memory);
          LayerSubject subject(Recurrent{FlexibleLstm<double>{3,
                                                              7,
                                                              {GateKind::hard_sigmoid,
                                                               GateKind::softsign,
                                                               {GateKind::leaky_relu, 0.2},
                                                               peepholes,
                                                               input_forget,
                                                               clip,
                                                               clip_memory}}});
          draw_parameters(subject);
          const Input input = draw_input(subject, {2, 7, 1, 6}, true);
          const Output output = subject.forward(input);
          Textbook textbook{subject.layer().cell};
          for (std::size_t b = 0; b < input.x.size(); ++b) {
            VectorX<double> h = input.initial[0].col(static_cast<Index>(b));
            VectorX<double> c = input.initial[1].col(static_cast<Index>(b));
            for (Index t = 0; t < input.x[b].cols(); ++t) {
              textbook.step(input.x[b].col(t), h, c);
              CHECK(distance(output.y[b].col(t), h) < 1e-12);
            }
            CHECK(distance(output.final[1].col(static_cast<Index>(b)), c) < 1e-12);
          }
          CHECK((textbook.clipped > 0) == (clip != none));
        }
}

TEST_CASE("The flexible LSTM describes itself and refuses what it can't be", "[cell][flexible_lstm]") {
  CHECK(FlexibleLstm<float>(3, 5, {.gate = GateKind::hard_sigmoid, .peepholes = true, .clip = 3})
            .description() == Description("flexible_lstm", 3, 5)
                                  .with("gate", "hard_sigmoid")
                                  .with("gate_alpha", 0.2)
                                  .with("gate_beta", 0.5)
                                  .with("candidate", "tanh")
                                  .with("output", "tanh")
                                  .with("peepholes", true)
                                  .with("clip", 3.0));
  CHECK(count_parameters(FlexibleLstm<float>{3, 5, {.peepholes = true}}) == 20 * (3 + 5 + 2) + 15);
  FlexibleLstm<float> cell{3, 5};
  initialize(cell, 1);
  CHECK(cell.bias_ih.segment(5, 5) == VectorX<float>::Ones(5));
  CHECK(cell.bias_ih.sum() == 5);
  // f = 1 - i, so the bias of i makes f what it is above: σ(1).
  FlexibleLstm<float> coupled{3, 5, {.input_forget = true}};
  initialize(coupled, 1);
  CHECK(coupled.bias_ih.head(5) == VectorX<float>::Constant(5, -1));
  CHECK(coupled.bias_ih.sum() == -5);
  CHECK(refusal([] {
          FlexibleLstm<float>{3, 0};
        }) == "flexible LSTM with input_size 3 and hidden_size 0: both must be at least 1");
  CHECK(refusal([] {
          FlexibleLstm<float>{3, 5, {.clip = -1}};
        }) == "flexible LSTM with clip -1: it must be above 0 in single precision, or infinite for none");
  CHECK_THROWS_AS((FlexibleLstm<float>{3, 5, {.clip = 1e-60}}), std::invalid_argument);
  CHECK_THROWS_AS((FlexibleLstm<float>{3, 5, {.gate = {GateKind::affine, 1, -1e39}}}), std::invalid_argument);
  CHECK_THROWS_AS((FlexibleLstm<float>{3, 5, {.candidate = {GateKind::elu, 1e39}}}), std::invalid_argument);
  CHECK_THROWS_AS((FlexibleLstm<float>{3, 5, {.output = {GateKind::elu, 1e39}}}), std::invalid_argument);
}

}  // namespace flexible_lstm_test
}  // namespace recur::testing
