#include "recur/recurrence/kernel/rows.hpp"

#include <vector>

#include "catch.hpp"

namespace recur::detail::kernel {
namespace rows_test {

TEST_CASE("Segments that continue each other are joined at the front and at the back",
          "[recurrence][kernel][rows]") {
  const float x[100] = {};
  const Index ld = 3;
  std::vector<Segment<float>> segments;
  const auto add = [&](Index d, Index column, Index columns) {
    append(segments, Segment<float>{d, x + column * ld, columns}, ld);
  };
  const auto is = [&](const Segment<float>& segment, Index d, Index column, Index columns) {
    return segment.d_column == d && segment.x == x + column * ld && segment.columns == columns;
  };
  add(5, 10, 2);
  add(7, 12, 3);  // continues both
  REQUIRE(segments.size() == 1);
  CHECK(is(segments[0], 5, 10, 5));
  add(3, 8, 2);  // is right before both
  REQUIRE(segments.size() == 1);
  CHECK(is(segments[0], 3, 8, 7));
  add(10, 20, 1);  // continues D alone
  REQUIRE(segments.size() == 2);
  add(9, 21, 1);  // continues x alone
  REQUIRE(segments.size() == 3);
  CHECK(is(segments[0], 3, 8, 7));
  CHECK(is(segments[1], 10, 20, 1));
  CHECK(is(segments[2], 9, 21, 1));
}

TEMPLATE_TEST_CASE("A matrix of any size is transposed, and the memory around it stays",
                   "[recurrence][kernel][rows]", float, double) {
  using S = TestType;
  for (const Index rows : {1, 3, 8, 17})
    for (const Index columns : {1, 2, 7, 8, 9, 33}) {
      const Index ld = rows + 2, ld_to = columns + 3;
      std::vector<S> from(static_cast<std::size_t>(ld * columns)),
          to(static_cast<std::size_t>(ld_to * rows), S(-1));
      for (std::size_t i = 0; i < from.size(); ++i) from[i] = static_cast<S>(i);
      transpose(from.data(), ld, rows, columns, to.data(), ld_to);
      for (Index r = 0; r < rows; ++r)
        for (Index c = 0; c < ld_to; ++c)
          REQUIRE(to[static_cast<std::size_t>(r * ld_to + c)] ==
                  (c < columns ? static_cast<S>(c * ld + r) : S(-1)));
    }
}

TEST_CASE("Rows run along the columns of D and are zero outside the segments", "[recurrence][kernel][rows]") {
  std::vector<float> x(40);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i + 1);
  const Index features = 4;
  const std::vector<Segment<float>> segments{{7, x.data() + 3 * features, 2}, {2, x.data(), 3}};
  Rows<float> rows;
  std::fill_n(rows.buffer.at_least(1000), 1000, 9.0f);  // of an earlier chunk
  rows.assign(segments, features, 12);
  CHECK(rows.begin == 2);
  CHECK(rows.end == 9);
  for (Index f = 0; f < features; ++f)
    for (Index c = rows.begin; c < rows.end; ++c) {
      const Index column = c < 5 ? c - 2 : c - 4;
      CHECK(*rows.at(f, c) == (c == 5 || c == 6 ? 0.0f : static_cast<float>(column * features + f + 1)));
    }
}

TEST_CASE("There are no columns to multiply without a segment", "[recurrence][kernel][rows]") {
  Rows<float> rows;
  rows.assign({}, 4, 12);
  CHECK(rows.begin >= rows.end);
}

}  // namespace rows_test
}  // namespace recur::detail::kernel
