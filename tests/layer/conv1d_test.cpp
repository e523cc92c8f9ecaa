#include "recur/layer/conv1d.hpp"

#include "catch.hpp"
#include "laws/laws.hpp"
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

TEST_CASE("Conv1d refuses sizes that don't fit", "[layer][conv1d]") {
  CHECK_THAT(refusal([] { Conv1d<float>(1, 1, 0); }), Catch::Matchers::ContainsSubstring("kernel_size 0"));
  CHECK_THAT(refusal([] { Conv1d<float>(1, 1, 1 << 20, 1 << 20); }),
             Catch::Matchers::ContainsSubstring("at most 16777216"));
  const Conv1d<float> conv{2, 3, 2};
  auto stream = conv.stream(), other = Conv1d<float>{2, 3, 4}.stream();
  CHECK_THAT(refusal([&] { conv.step(VectorX<float>::Ones(3), stream); }),
             Catch::Matchers::ContainsSubstring("takes 2"));
  CHECK_THAT(refusal([&] { conv.step(VectorX<float>::Ones(2), other); }),
             Catch::Matchers::ContainsSubstring("stream of other sizes"));
}

}  // namespace conv1d_test
}  // namespace recur::testing
