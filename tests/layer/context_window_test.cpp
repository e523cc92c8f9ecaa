#include "recur/layer/context_window.hpp"

#include <limits>

#include "catch.hpp"
#include "laws/laws.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace context_window_test {

using Catch::Matchers::ContainsSubstring;

TEST_CASE("A context window keeps the laws of layers", "[layer][context_window]") {
  LayerSubject both(ContextWindow<double>{3, 2, 1});
  keeps_laws(both);
  LayerSubject before(ContextWindow<float>{5, 3, 0});
  keeps_laws(before);
}

TEST_CASE("A context window stacks neighbours, with zeros beyond the ends", "[layer][context_window]") {
  const ContextWindow<double> layer(1, 1, 2);
  ContextWindow<double>::Tape tape;
  const auto& y =
      layer.forward(Sequence<double>({MatrixX<double>{{1, 2}}, MatrixX<double>{{3, 4, 5}}}), tape);
  CHECK(y.sample(0) == MatrixX<double>{{0, 1}, {1, 2}, {2, 0}, {0, 0}});
  CHECK(y.sample(1) == MatrixX<double>{{0, 3, 4}, {3, 4, 5}, {4, 5, 0}, {5, 0, 0}});
  CHECK(layer.describe() == "ContextWindow (1 -> 4)");
  CHECK(layer.description() == Description("context_window", 1, 1, 2));
  CHECK_THAT(refusal([&] { ContextWindow<double>(4, 0, 0).forward(tape.y, tape); }),
             ContainsSubstring("was given a sequence on its own tape as input"));
}

TEST_CASE("A context window refuses sizes that are not legal or overflow", "[layer][context_window]") {
  constexpr Index most = std::numeric_limits<Index>::max();
  CHECK_THROWS_AS(ContextWindow<float>(0, 1, 1), std::invalid_argument);
  CHECK_THROWS_AS(ContextWindow<float>(1, -1, 1), std::invalid_argument);
  CHECK_THROWS_AS(ContextWindow<float>(1, 1, -1), std::invalid_argument);
  CHECK_THROWS_AS(ContextWindow<float>(1, most, most), std::invalid_argument);
  CHECK_THROWS_AS(ContextWindow<float>(most, 1, 1), std::invalid_argument);
}

}  // namespace context_window_test
}  // namespace recur::testing
