#include "recur/layer/pointwise.hpp"

#include "catch.hpp"
#include "laws/laws.hpp"
#include "recur/network/network.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace pointwise_test {

TEST_CASE("Pointwise layers keep the laws", "[layer][pointwise]") {
  LayerSubject elu(Network{Activate<double, Elu>{}}, 3);
  LayerSubject gelu(Network{Activate<double, Gelu>{}}, 3);
  LayerSubject prelu(PRelu<double>{3});
  LayerSubject scale(Scale<double>{3});
  LayerSubject single(Scale<float>{19});
  keeps_laws(elu);
  keeps_laws(gelu);
  keeps_laws(prelu);
  keeps_laws(scale);
  keeps_laws(single);
}

TEST_CASE("Pointwise layers are those of their equations", "[layer][pointwise]") {
  const VectorX<double> x = (VectorX<double>(3) << -2, 0, 3).finished();
  PRelu<double> prelu{3};
  prelu.weight << 0.5, 2, 4;
  auto y = prelu.stream();
  CHECK(prelu.step(x, y) == (VectorX<double>(3) << -1, 0, 3).finished());
  const Activate<double, Elu> elu;
  auto z = elu.stream();
  CHECK((elu.step(x, z) - (VectorX<double>(3) << std::exp(-2) - 1, 0, 3).finished()).norm() < 1e-15);
}

TEST_CASE("A batch normalisation of fixed statistics is a scale", "[layer][pointwise]") {
  const VectorX<double> gamma = VectorX<double>::Random(4), beta = VectorX<double>::Random(4),
                        mean = VectorX<double>::Random(4), x = VectorX<double>::Random(4),
                        variance = VectorX<double>::Random(4).cwiseAbs();
  const auto scale = Scale<double>::of_batch_norm(gamma, beta, mean, variance, 1e-3);
  const VectorX<double> expected =
      (gamma.array() * (x - mean).array() / (variance.array() + 1e-3).sqrt() + beta.array()).matrix();
  auto y = scale.stream();
  CHECK((scale.step(x, y) - expected).norm() < 1e-12);
  CHECK_THAT(refusal([&] { Scale<double>::of_batch_norm(gamma, beta, mean, -variance, 1e-3); }),
             Catch::Matchers::ContainsSubstring("must be above 0"));
  CHECK_THAT(refusal([&] { Scale<double>::of_batch_norm(gamma, beta.head(2), mean, variance, 1e-3); }),
             Catch::Matchers::ContainsSubstring("2 terms"));
  CHECK_THAT(refusal([&] { scale.step(VectorX<double>::Ones(3), y); }),
             Catch::Matchers::ContainsSubstring("takes 4"));
  CHECK_THAT(refusal([] { PRelu<float>(0); }), Catch::Matchers::ContainsSubstring("at least 1"));
}

}  // namespace pointwise_test
}  // namespace recur::testing
