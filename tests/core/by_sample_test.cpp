#include "recur/core/by_sample.hpp"

#include "catch.hpp"

namespace recur::testing {
namespace by_sample_test {

TEST_CASE("The columns of a batch are put sample after sample, and back") {
  const Sequence<Token> x({{1, 2}, {3, 4, 5, 6}, {7, 8, 9}});
  detail::BySample samples;
  CHECK(samples.columns() == 0);
  for (int i = 0; i < 2; ++i) {
    samples.assign(x.layout());
    REQUIRE(samples.batch() == 3);
    REQUIRE(samples.columns() == 9);
    CHECK(samples.first(1) == 2);
    CHECK(samples.length(1) == 4);
    CHECK(samples.length(2) == 3);
    CHECK(samples.place(2) == 0);  // the longest sample comes first in the layout
    std::vector<Token> gathered(9), scattered(9);
    samples.gather(x.data(), 1, gathered.data());
    CHECK(gathered == std::vector<Token>{1, 2, 3, 4, 5, 6, 7, 8, 9});
    samples.scatter(gathered.data(), 1, scattered.data());
    CHECK(std::equal(scattered.begin(), scattered.end(), x.data()));
    samples.assign(Layout(5, 7));  // another batch in between
  }
}

}  // namespace by_sample_test
}  // namespace recur::testing
