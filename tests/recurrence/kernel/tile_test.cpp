#include "recur/recurrence/kernel/tile.hpp"

#include <vector>

#include "catch.hpp"
#include "recur/core/product.hpp"

namespace recur::kernel {
namespace tile_test {

template <int Max>
std::vector<int> tiles(Index first, Index last) {
  std::vector<int> sizes;
  Index next = first;
  in_tiles<Max>(first, last, [&](auto size, Index n) {
    CHECK(n == next);
    next += size;
    sizes.push_back(size);
  });
  CHECK(next == last);
  return sizes;
}

TEST_CASE("Tiles cover all samples in order, and leave none alone that had company") {
  CHECK(tiles<6>(0, 0).empty());
  CHECK(tiles<6>(2, 3) == std::vector{1});
  CHECK(tiles<6>(0, 13) == std::vector{6, 3, 2, 2});
  CHECK(tiles<8>(0, 15) == std::vector{8, 4, 3});
  CHECK(tiles<3>(5, 9) == std::vector{2, 2});
  CHECK(tiles<2>(0, 3) == std::vector{2, 1});
  CHECK(tiles<1>(0, 3) == std::vector{1, 1, 1});
  for (Index last = 0; last < 40; ++last) {
    const auto check = [&](const std::vector<int>& sizes, int most) {
      for (const int size : sizes) {
        CHECK(size <= most);
        CHECK((size > 1 || last == 1 || most <= 2));
      }
    };
    check(tiles<8>(0, last), 8);
    check(tiles<6>(0, last), 6);
    check(tiles<4>(0, last), 4);
    check(tiles<3>(0, last), 3);
    check(tiles<2>(0, last), 2);
    check(tiles<1>(0, last), 1);
  }
}

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

TEST_CASE("Units are computed with the fewest packs that hold them, of 512 bits with half of them") {
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

TEST_CASE("Panels cover all rows, the widest first, and leave little of them empty") {
  check_panels<Panel<float>>();
  check_panels<Panel<double>>();
}

TEST_CASE("Blocks are as even as may be, and none where there is nothing") {
  std::vector<Index> ends;
  const auto note = [&](Index begin, Index end) {
    CHECK(begin == (ends.empty() ? 3 : ends.back()));
    ends.push_back(end);
  };
  in_blocks(3, 13, 4, note);
  CHECK(ends == std::vector<Index>{6, 9, 13});
  ends.clear();
  in_blocks(3, 7, 4, note);
  CHECK(ends == std::vector<Index>{7});
  ends.clear();
  in_blocks(3, 3, 4, note);
  in_blocks(3, 1, 4, note);  // as of no rows
  CHECK(ends.empty());
}

TEST_CASE("Sizes are rounded up to multiples") {
  CHECK(round_up(0, 8) == 0);
  CHECK(round_up(1, 8) == 8);
  CHECK(round_up(8, 8) == 8);
  CHECK(round_up(19, 4) == 20);
}

}  // namespace tile_test
}  // namespace recur::kernel
