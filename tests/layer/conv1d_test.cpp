#include "recur/layer/conv1d.hpp"

#include "catch.hpp"
#include "laws/laws.hpp"
#include "recurrence/steady.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace conv1d_test {

TEST_CASE("Conv1d keeps the laws", "[layer][conv1d]") {
  LayerSubject plain(Conv1d<double>{3, 2, 3});
  LayerSubject spread(Conv1d<double>{2, 5, 3, 2});
  LayerSubject point(Conv1d<double>{3, 4, 1});
  keeps_laws(plain);
  keeps_laws(spread);
  keeps_laws(point);
  LayerSubject single(Conv1d<float>{3, 7, 2, 3});
  keeps_laws(single);
}

TEST_CASE("Conv1d is the sum of its equation, with zeros before the start", "[layer][conv1d]") {
  Conv1d<double> conv{2, 3, 3, 2};
  initialize(conv, 1, Uniform{1});
  CHECK(conv.describe() == "Conv1d (2 -> 3, kernel 3, dilation 2)");
  const MatrixX<double> x = MatrixX<double>::Random(2, 7);
  Conv1d<double>::Tape tape;
  const MatrixX<double> y =
      conv.forward(Sequence<double>({MatrixX<double>::Random(2, 3), x}), tape).sample(1);
  for (Index t = 0; t < 7; ++t) {
    VectorX<double> sum = conv.bias;
    for (Index k = 0; k < 3; ++k)
      if (const Index from = t - (2 - k) * 2; from >= 0)
        sum += conv.weight.middleCols(2 * k, 2) * x.col(from);
    CHECK((y.col(t) - sum).norm() < 1e-12);
  }
}

TEST_CASE("Conv1d keeps the laws and its equation with every padding and stride", "[layer][conv1d]") {
  for (const Padding& padding : {Padding::causal(), Padding::same(), Padding::valid(), Padding::of(1, 3)})
    for (const Index stride : {1, 2}) {
      INFO(static_cast<int>(padding.kind()) << ", stride " << stride);
      LayerSubject subject(Conv1d<double>{2, 3, 3, 2, padding, stride});
      CHECK(subject.streams() == (padding.kind() == Padding::Kind::causal && stride == 1));
      keeps_laws(subject, {5, 8, 5, 7});
      const Input input = draw_input(subject, {5, 8, 5, 7}, false);
      const Output output = subject.forward(input);
      const auto& conv = subject.layer();
      for (std::size_t b = 0; b < input.x.size(); ++b) {
        const MatrixX<double>& x = input.x[b];
        REQUIRE(output.y[b].cols() == conv.window().outputs(x.cols()));
        for (Index t = 0; t < output.y[b].cols(); ++t) {
          VectorX<double> sum = conv.bias;
          for (Index k = 0; k < 3; ++k)
            if (const Index s = conv.window().first(x.cols()) + t * stride + 2 * k; s >= 0 && s < x.cols())
              sum += conv.weight.middleCols(2 * k, 2) * x.col(s);
          CHECK((output.y[b].col(t) - sum).norm() < 1e-12);
        }
      }
    }
}

TEST_CASE("Conv1d refuses sizes that don't fit", "[layer][conv1d]") {
  CHECK_THAT(refusal([] { Conv1d<float>(1, 1, 0); }), Catch::Matchers::ContainsSubstring("kernel_size 0"));
  CHECK_THAT(refusal([] { Conv1d<float>(1, 1, 1 << 20, 1 << 20); }),
             Catch::Matchers::ContainsSubstring("at most 16777216"));
  CHECK(refusal([] { Conv1d<float>(1, 1, 2, 1, Padding::same()).stream(); }) ==
        "Conv1d (1 -> 1, kernel 2, dilation 1) can't be run step by step: it must be causal with stride 1");
  const Conv1d<float> conv{2, 3, 2};
  auto stream = conv.stream(), other = Conv1d<float>{2, 3, 4}.stream();
  CHECK_THAT(refusal([&] { conv.step(VectorX<float>::Ones(3), stream); }),
             Catch::Matchers::ContainsSubstring("takes 2"));
  CHECK_THAT(refusal([&] { conv.step(VectorX<float>::Ones(2), other); }),
             Catch::Matchers::ContainsSubstring("stream of other sizes"));
  for (const Index present : {-1, 2, 99}) {
    stream.present = present;
    CHECK_THAT(refusal([&] { conv.step(VectorX<float>::Ones(2), stream); }),
               Catch::Matchers::ContainsSubstring("it must be one that its stream() made"));
  }
}

TEST_CASE("Conv1d refuses the tape of one with another padding", "[layer][conv1d]") {
  const Conv1d<double> causal{2, 3, 3}, same{2, 3, 3, 1, Padding::same()};
  const Sequence<double> x(MatrixX<double>::Ones(2, 8), 2), dy(MatrixX<double>::Ones(3, 8), 2);
  Conv1d<double>::Tape tape;
  auto gradient = zeros_like(same);
  causal.forward(x, tape, recording);
  CHECK_THAT(refusal([&] { same.backward(x, dy, tape, gradient); }),
             Catch::Matchers::ContainsSubstring("a tape of another layer"));
  same.forward(x, tape, recording);
  CHECK_NOTHROW(same.backward(x, dy, tape, gradient));
}

TEST_CASE("After Conv1d refused an input, its tape still holds the pass before", "[layer][conv1d]") {
  const Conv1d<double> causal{2, 3, 3}, whole{2, 3, 3, 1, Padding::valid()};
  const Sequence<double> x(MatrixX<double>::Ones(2, 2), 1), dy(MatrixX<double>::Ones(3, 2), 1);
  Conv1d<double>::Tape tape;
  auto gradient = zeros_like(whole);
  causal.forward(x, tape, recording);
  CHECK_THROWS_AS(whole.forward(x, tape, recording), std::invalid_argument);
  CHECK_THAT(refusal([&] { whole.backward(x, dy, tape, gradient); }),
             Catch::Matchers::ContainsSubstring("a tape of another layer"));
  CHECK_NOTHROW(causal.backward(x, dy, tape, gradient));
}

TEST_CASE("A pass of Conv1d that ran out of memory is not taken for one", "[layer][conv1d]") {
  backward_refuses_what_ran_out_of_memory(Conv1d<double>{2, 3, 2});
}

}  // namespace conv1d_test
}  // namespace recur::testing
