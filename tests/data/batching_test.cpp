#include "recur/data/batching.hpp"

#include <limits>
#include <set>

#include "catch.hpp"

namespace recur {
namespace batching_test {

using Catch::Matchers::ContainsSubstring;

std::vector<Index> some_lengths(Index count) {
  Random random(7);
  std::vector<Index> lengths;
  for (Index i = 0; i < count; ++i) lengths.push_back(1 + random.below(30));
  return lengths;
}

std::vector<std::vector<Index>> all(const Batching& batching) {
  std::vector<std::vector<Index>> batches;
  for (Index i = 0; i < batching.size(); ++i) batches.emplace_back(batching[i].begin(), batching[i].end());
  return batches;
}

/// Every row is used once, and at most one batch is not full.
void check_complete(const Batching& batching, Index rows, Index batch_size) {
  std::multiset<Index> seen;
  Index short_ones = 0;
  for (const auto& batch : all(batching)) {
    seen.insert(batch.begin(), batch.end());
    CHECK(!batch.empty());
    CHECK(batch.size() <= static_cast<std::size_t>(batch_size));
    short_ones += batch.size() < static_cast<std::size_t>(batch_size);
  }
  CHECK(seen.size() == static_cast<std::size_t>(rows));
  CHECK(std::set<Index>(seen.begin(), seen.end()).size() == seen.size());
  CHECK(short_ones <= 1);
  CHECK(batching.size() == (rows + batch_size - 1) / batch_size);
}

TEST_CASE("Every row is in one batch", "[data][batching]") {
  for (const Index rows : {0, 1, 6, 7, 8, 100})
    for (const Index window : {1, 3, 100}) {
      Batching batching(some_lengths(rows), 7, window);
      CHECK(batching.rows() == rows);
      check_complete(batching, rows, 7);
      batching.shuffle(Random(1));
      check_complete(batching, rows, 7);
    }
}

TEST_CASE("A batch size or window larger than the number of rows takes all rows", "[data][batching]") {
  const Index most = std::numeric_limits<Index>::max();
  for (const auto& [size, window] :
       {std::pair(most, Index{100}), std::pair(most, most), std::pair(Index{7}, most)}) {
    Batching batching(some_lengths(100), size, window);
    check_complete(batching, 100, std::min<Index>(size, 100));
    batching.shuffle(Random(1));
    check_complete(batching, 100, std::min<Index>(size, 100));
    CHECK(Batching({}, size, window).size() == 0);
  }
}

TEST_CASE("A sorted list has the longest samples first and equal lengths in their order",
          "[data][batching]") {
  const Batching batching({3, 9, 3, 1, 9, 5}, 2);
  CHECK(all(batching) == std::vector<std::vector<Index>>{{1, 4}, {5, 0}, {2, 3}});
}

TEST_CASE("A shuffled batch has samples of similar lengths, and batches come in any order",
          "[data][batching]") {
  const auto lengths = some_lengths(1000);
  const auto length = [&](Index row) { return lengths[static_cast<std::size_t>(row)]; };
  Batching batching(lengths, 10, 20);
  batching.shuffle(Random(3));
  Index spread = 0, falls = 0;
  for (Index i = 0; i < batching.size(); ++i) {
    const auto batch = batching[i];
    for (std::size_t n = 1; n < batch.size(); ++n) CHECK(length(batch[n - 1]) >= length(batch[n]));
    spread += length(batch.front()) - length(batch.back());
    falls += i > 0 && length(batch.front()) <= length(batching[i - 1].back());
  }
  CHECK(spread <= 2 * batching.size());  // of lengths 1 to 30
  CHECK(falls > 25);
  CHECK(falls < 75);
}

TEST_CASE("The same seed gives the same batches, another seed gives others", "[data][batching]") {
  Batching a(some_lengths(200), 8), b(some_lengths(200), 8);
  a.shuffle(Random(1));
  b.shuffle(Random(5));
  CHECK(all(a) != all(b));
  b.shuffle(Random(1));  // after any draws before
  CHECK(all(a) == all(b));
  b.sort();
  CHECK(all(b) == all(Batching(some_lengths(200), 8)));
}

TEST_CASE("Samples of one length meet others in each epoch", "[data][batching]") {
  Batching batching(std::vector<Index>(64, 5), 8);
  std::set<std::set<Index>> batches;
  for (std::uint64_t epoch = 0; epoch < 4; ++epoch) {
    batching.shuffle(Random(epoch));
    for (const auto& batch : all(batching)) batches.emplace(batch.begin(), batch.end());
  }
  CHECK(batches.size() == 32);
}

TEST_CASE("Every sample has the same chance to be in the short batch", "[data][batching]") {
  Batching batching({5, 4, 3, 2, 1}, 2, 1);
  std::set<Index> alone;
  for (std::uint64_t epoch = 0; epoch < 100; ++epoch) {
    batching.shuffle(Random(epoch));
    for (const auto& batch : all(batching))
      if (batch.size() == 1) alone.insert(batch[0]);
  }
  CHECK(alone.size() == 5);
}

TEST_CASE("Sizes of batches below one and batches that do not exist throw", "[data][batching]") {
  CHECK_THROWS_WITH(Batching({1, 2}, 0),
                    ContainsSubstring("batch_size 0") && ContainsSubstring("at least 1"));
  CHECK_THROWS_AS(Batching({1, 2}, -3), std::invalid_argument);
  CHECK_THROWS_AS(Batching({1, 2}, 1, 0), std::invalid_argument);
  CHECK_THROWS_WITH(Batching({1, 2, 3}, 2)[2], "batch 2 is out of range: there are 2, counted from 0");
  CHECK_THROWS_AS((Batching({1, 2, 3}, 2)[-1]), std::out_of_range);
}

struct Model {
  struct Example {
    std::vector<Token> input;
  };
  static Index length(const Example& example) { return static_cast<Index>(example.input.size()); }
};

TEST_CASE("Lengths are counted by the model", "[data][batching]") {
  const std::vector<Model::Example> examples{{{1, 2, 3}}, {{1}}};
  CHECK(detail::lengths_of<Model>(examples) == std::vector<Index>{3, 1});
}

}  // namespace batching_test
}  // namespace recur
