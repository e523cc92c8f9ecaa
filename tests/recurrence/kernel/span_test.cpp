#include "recur/recurrence/kernel/span.hpp"

#include <algorithm>

#include "catch.hpp"

namespace recur::detail::kernel {
namespace span_test {

bool operator==(const Span& a, const Span& b) {
  return a.step == b.step && a.first == b.first && a.last == b.last && a.column == b.column &&
         a.previous == b.previous;
}

std::vector<Span> spans_of(const std::vector<Index>& lengths, Direction direction) {
  std::vector<Span> spans{{9, 9, 9, 9, 9}};  // the old content is removed
  list_spans(Layout(lengths), direction, spans);
  return spans;
}

// Lengths 4, 3, 2 sorted: columns 0-2, 3-5, 6-7, 8.
TEST_CASE("Each step is one span forward in time", "[recurrence][kernel][span]") {
  const auto spans = spans_of({2, 4, 3}, Direction::forward);
  REQUIRE(spans.size() == 4);
  CHECK((spans[0] == Span{0, 0, 3, 0, -1}));
  CHECK((spans[1] == Span{1, 0, 3, 3, 0}));
  CHECK((spans[2] == Span{2, 0, 2, 6, 3}));
  CHECK((spans[3] == Span{3, 0, 1, 8, 6}));
  CHECK(spans[0].starts());
  CHECK_FALSE(spans[1].starts());
  CHECK(spans[2].count() == 2);
}

TEST_CASE("Samples join at their last step backward in time", "[recurrence][kernel][span]") {
  const auto spans = spans_of({2, 4, 3}, Direction::reverse);
  REQUIRE(spans.size() == 6);
  CHECK((spans[0] == Span{3, 0, 1, 8, -1}));
  CHECK((spans[1] == Span{2, 0, 1, 6, 8}));
  CHECK((spans[2] == Span{2, 1, 2, 7, -1}));
  CHECK((spans[3] == Span{1, 0, 2, 3, 6}));
  CHECK((spans[4] == Span{1, 2, 3, 5, -1}));
  CHECK((spans[5] == Span{0, 0, 3, 0, 3}));
  CHECK(spans_of({3, 3}, Direction::reverse).size() == 3);
}

TEST_CASE("Chunks cover all steps once and are within their budget or one step long",
          "[recurrence][kernel][span]") {
  for (const auto direction : {Direction::forward, Direction::reverse})
    for (const auto& lengths : {std::vector<Index>{2, 4, 3}, {1}, {9, 1, 5, 5, 2, 9}, {3, 3, 3}}) {
      const Layout layout(lengths);
      const auto spans = spans_of(lengths, direction);
      for (Index budget = 1; budget <= layout.columns() + 1; ++budget) {
        INFO("budget " << budget << " of " << layout.columns());
        std::vector<Chunk> chunks{{9, 9, 9, 9}};
        list_chunks(spans, budget, chunks);
        std::size_t last = spans.size();
        for (const Chunk& chunk : chunks) {  // from the end of the list on
          REQUIRE(chunk.last == last);
          REQUIRE(chunk.first < chunk.last);
          last = chunk.first;
          std::vector<bool> seen(static_cast<std::size_t>(chunk.columns));
          Index steps = 0;
          for (std::size_t s = chunk.first; s < chunk.last; ++s) {
            steps += s == chunk.first || spans[s].step != spans[s - 1].step;
            for (Index c = 0; c < spans[s].count(); ++c)
              seen.at(static_cast<std::size_t>(spans[s].column + c - chunk.column)) = true;
          }
          CHECK(std::count(seen.begin(), seen.end(), true) == chunk.columns);
          CHECK((chunk.columns <= budget || steps == 1));
          // No step is cut in two
          if (chunk.first > 0) CHECK(spans[chunk.first].step != spans[chunk.first - 1].step);
        }
        CHECK(last == 0);
        if (budget > layout.columns()) CHECK(chunks.size() == 1);
      }
    }
}

}  // namespace span_test
}  // namespace recur::detail::kernel
