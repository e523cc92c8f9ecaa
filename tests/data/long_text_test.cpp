#include "recur/data/long_text.hpp"

#include <limits>
#include <numeric>
#include <utility>

#include "catch.hpp"
#include "recur/train/sequence_loss.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace long_text_test {

struct Batch {
  Sequence<Token> x;
  StepTargets<std::vector<int>> targets;
};

TEST_CASE("A long text continues from batch to batch, and each target is the next token",
          "[data][long_text]") {
  std::vector<Token> tokens(12);
  std::iota(tokens.begin(), tokens.end(), 0);
  const LongText text(tokens, 2, 2);  // rows 0 ... 4 and 5 ... 9, each followed by one more
  REQUIRE(text.batches() == 3);
  Batch batch;
  std::vector<std::vector<int>> rows(2);
  for (Index i = 0; i < 3; ++i) {
    text.fill(i, batch);
    CHECK(batch.x.steps() == (i < 2 ? 2 : 1));
    CHECK(batch.targets.layout == batch.x.layout());
    for (Index r = 0; r < 2; ++r)
      for (Index t = 0; t < batch.x.steps(); ++t) {
        const int token = batch.x.sample(r)(0, t);
        rows[static_cast<std::size_t>(r)].push_back(token);
        CHECK(batch.targets.columns[static_cast<std::size_t>(t * 2 + r)] == token + 1);
      }
  }
  CHECK(rows[0] == std::vector{0, 1, 2, 3, 4});
  CHECK(rows[1] == std::vector{5, 6, 7, 8, 9});
}

TEST_CASE("Some rows of a long text are filled alone", "[data][long_text]") {
  std::vector<Token> tokens(13);
  std::iota(tokens.begin(), tokens.end(), 0);
  const LongText text(tokens, 3, 3);
  CHECK(text.tokens() == tokens);
  Batch all, some;
  for (Index i = 0; i < text.batches(); ++i) {
    text.fill(i, all);
    text.fill(i, std::vector<Index>{2, 0}, some);
    CHECK(some.x.sample(0) == all.x.sample(2));
    CHECK(some.x.sample(1) == all.x.sample(0));
    CHECK(some.targets.columns[1] == all.targets.columns[0]);
    CHECK(text.steps(i) == all.x.steps());
  }
  CHECK_THROWS_AS(text.fill(0, std::vector<Index>{3}, some), std::out_of_range);
  CHECK(refusal<std::out_of_range>([&] { text.steps(2); }) ==
        "batch 2 is out of range: there are 2, counted from 0");
}

TEST_CASE("More steps than a long text has take all of it, and more rows are refused", "[data][long_text]") {
  const Index most = std::numeric_limits<Index>::max();
  const LongText text({1, 2, 3, 4, 5}, 2, most);
  REQUIRE(text.batches() == 1);
  Batch batch;
  text.fill(0, batch);
  CHECK(batch.x.steps() == 2);
  CHECK_THROWS_AS(LongText({1, 2, 3}, most, 1), std::invalid_argument);
}

TEST_CASE("A long text refuses zero rows and zero steps", "[data][long_text]") {
  CHECK(refusal([] {
          LongText({1, 2, 3}, 3, 1);
        }) == "a long text of 3 tokens in 3 rows: it must have at least 4");
  CHECK_THROWS_AS(LongText({}, 1, 1), std::invalid_argument);
  CHECK_THROWS_AS(LongText({1, 2, 3}, 0, 1), std::invalid_argument);
  CHECK_THROWS_AS(LongText({1, 2, 3}, 1, 0), std::invalid_argument);
  Batch batch;
  CHECK_THROWS_AS(LongText({1, 2, 3}, 1, 1).fill(2, batch), std::out_of_range);
}

TEST_CASE("A long text that was moved from says so", "[data][long_text]") {
  LongText text({1, 2, 3, 4, 5}, 2, 1);
  const LongText other = std::move(text);
  Batch batch;
  CHECK(refusal([&] { text.fill(0, batch); }) == "a long text was used after it had been moved from");
  CHECK_THROWS_AS(text.tokens(), std::invalid_argument);
  other.fill(0, batch);
}

}  // namespace long_text_test
}  // namespace recur::testing
