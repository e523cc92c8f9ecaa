#include "recur/recurrence/kernel/tile.hpp"

#include <vector>

#include "catch.hpp"
#include "recur/core/block.hpp"

namespace recur::detail::kernel {
namespace tile_test {

template <class T>
void check_widths() {
  using S = typename T::Scalar;
  const int fewest = T::fewest * T::lanes / (T::lanes * sizeof(S) > 32 ? 2 : 1), all = T::packs * T::lanes;
  int last = fewest;
  for (Index real = 1; real <= all + 1; ++real)
    in_width<T>(real, [&](auto width) {
      CAPTURE(real, T::lanes, T::packs);
      CHECK(width >= std::min<Index>(real, all));
      CHECK(width % Pack<S, width>::size == 0);
      CHECK((width == last || real == last + 1));  // the least that holds them
      last = width;
    });
  CHECK(last == all);
}

TEST_CASE("Units are computed with the fewest packs that hold them, and half packs of 512 bits are used",
          "[recurrence][kernel][tile]") {
  check_widths<Tile<1, float>>();
  check_widths<Tile<2, float>>();
  check_widths<Tile<4, float>>();
  check_widths<Tile<1, double>>();
  check_widths<Tile<4, double>>();
}

template <class R>
void check_panels() {
  for (Index real = 1; real <= 3 * R::rows; ++real) {
    CAPTURE(real, R::lanes);
    Index covered = 0, panels = 0, last = R::rows;
    for (; covered < real; ++panels)
      covered += in_panel<R>(real - covered, [&](auto width) {
        CHECK(width <= last);
        CHECK(width >= R::fewest);
        last = width;
      });
    CHECK(covered - last < real);
    CHECK(covered - real < std::max<Index>(R::fewest, R::rows / 4));  // no panel is much too wide
    CHECK(panels <= real / R::rows + 2);
  }
}

TEST_CASE("Panels cover all rows, the widest first, with few empty rows", "[recurrence][kernel][tile]") {
  check_panels<Panel<float>>();
  check_panels<Panel<double>>();
}

TEST_CASE("Parts are as even as possible, and nothing has no part", "[recurrence][kernel][tile]") {
  std::vector<Index> ends;
  const auto note = [&](Index begin, Index end) {
    CHECK(begin == (ends.empty() ? 3 : ends.back()));
    ends.push_back(end);
  };
  in_parts(3, 13, 4, note);
  CHECK(ends == std::vector<Index>{6, 9, 13});
  ends.clear();
  in_parts(3, 7, 4, note);
  CHECK(ends == std::vector<Index>{7});
  ends.clear();
  in_parts(3, 3, 4, note);
  in_parts(3, 1, 4, note);  // as of no rows
  CHECK(ends.empty());
}

TEST_CASE("Sizes are rounded up to multiples", "[recurrence][kernel][tile]") {
  CHECK(round_up(0, 8) == 0);
  CHECK(round_up(1, 8) == 8);
  CHECK(round_up(8, 8) == 8);
  CHECK(round_up(19, 4) == 20);
}

}  // namespace tile_test
}  // namespace recur::detail::kernel
