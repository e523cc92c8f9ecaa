#include "recur/layer/time_window.hpp"

#include "catch.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace time_window_test {

TEST_CASE("Windows over time have the outputs and beginnings of their paddings", "[layer][time_window]") {
  struct Row {
    TimeWindow window;
    Index length, outputs, first;
  };
  // Those of "same" are TensorFlow's: the odd step of padding is at the end.
  for (const Row& row :
       {Row{{3, 2}, 5, 5, -4}, Row{{3, 1, 2}, 5, 3, -2}, Row{{3, 1, 1, Padding::same()}, 5, 5, -1},
        Row{{4, 1, 1, Padding::same()}, 5, 5, -1}, Row{{3, 1, 2, Padding::same()}, 4, 2, 0},
        Row{{3, 1, 2, Padding::same()}, 5, 3, -1}, Row{{2, 1, 5, Padding::same()}, 5, 1, 0},
        Row{{3, 1, 1, Padding::valid()}, 5, 3, 0}, Row{{3, 2, 2, Padding::valid()}, 8, 2, 0},
        Row{{3, 1, 1, Padding::valid()}, 2, 0, 0}, Row{{3, 1, 2, Padding::of(1, 2)}, 4, 3, -1}}) {
    INFO(row.window.size << ' ' << row.window.dilation << ' ' << row.window.stride << " of " << row.length);
    CHECK(row.window.outputs(row.length) == row.outputs);
    CHECK(row.window.first(row.length) == row.first);
    CHECK(row.window.can_stream() ==
          (row.window.padding.kind() == Padding::Kind::causal && row.window.stride == 1));
  }
}

TEST_CASE("Windows over time refuse sizes that they can't have", "[layer][time_window]") {
  CHECK(refusal([] {
          TimeWindow{3, 1, 0}.check("Pool1d");
        }) == "Pool1d with kernel_size 3, dilation 1 and stride 0: all must be at least 1");
  CHECK(refusal([] {
          TimeWindow{3, 1, 1, Padding::of(3, 0)}.check("Pool1d");
        }) ==
        "Pool1d with 3 and 0 steps of padding: it must be at least 0 and less than the 3 steps that a window "
        "spans");
}

}  // namespace time_window_test
}  // namespace recur::testing
