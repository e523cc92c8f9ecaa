#include "recur/core/block.hpp"

#include <vector>

#include "catch.hpp"

namespace recur::detail {
namespace block_test {

template <int Max>
std::vector<int> sizes_of(Index count) {
  std::vector<int> sizes;
  Index next = 0;
  over_columns<Max>(count, [&](auto size, Index n) {
    CHECK(n == next);
    next += size;
    sizes.push_back(size);
  });
  CHECK(next == count);
  return sizes;
}

TEST_CASE("Blocks cover all columns in order, and leave none alone that had company", "[core][block]") {
  CHECK(sizes_of<6>(0).empty());
  CHECK(sizes_of<6>(1) == std::vector{1});
  CHECK(sizes_of<6>(13) == std::vector{6, 3, 2, 2});
  CHECK(sizes_of<8>(15) == std::vector{8, 4, 3});
  CHECK(sizes_of<3>(4) == std::vector{2, 2});
  CHECK(sizes_of<2>(3) == std::vector{2, 1});
  CHECK(sizes_of<1>(3) == std::vector{1, 1, 1});
  for (Index count = 0; count < 40; ++count) {
    const auto check = [&](const std::vector<int>& sizes, int most) {
      for (const int size : sizes) {
        CHECK(size <= most);
        CHECK((size > 1 || count == 1 || most <= 2));
      }
    };
    check(sizes_of<8>(count), 8);
    check(sizes_of<6>(count), 6);
    check(sizes_of<4>(count), 4);
    check(sizes_of<3>(count), 3);
    check(sizes_of<2>(count), 2);
    check(sizes_of<1>(count), 1);
  }
}

/// A block against plain loops. The numbers are small integers, so that sums are exact in any order.
template <class P, int Packs, int Columns, int Chains, auto feeds, int Groups>
void check_block() {
  using S = typename P::Scalar;
  constexpr Index height = Packs * P::size, group = height + 3, gates = 4;
  for (Index depth = 0; depth <= 9; ++depth)
    for (const Index rows : {height, height - 1, Index{1}})
      for (const bool add : {false, true}) {
        CAPTURE(P::size, Packs, Columns, Chains, depth, rows, add);
        const Index step = gates * group + 1, column = Groups * group + 2;
        std::vector<S> a(static_cast<std::size_t>((depth + 1) * step)), b(200),
            c(static_cast<std::size_t>(Columns * column + height)), start(c.size());
        const auto fill = [](std::vector<S>& all, int factor) {
          for (std::size_t i = 0; i < all.size(); ++i)
            all[i] = static_cast<S>(static_cast<int>(i) * factor % 17 - 8);
        };
        fill(a, 5);
        fill(b, 7);
        fill(c, 3);
        fill(start, 11);
        const auto at = [](std::vector<S>& all, Index i) -> S& { return all[static_cast<std::size_t>(i)]; };
        std::vector<S> expected = c;
        for (Index n = 0; n < Columns; ++n)
          for (int g = 0; g < Groups; ++g)
            for (Index r = 0; r < rows; ++r) {
              const Index place = n * column + g * group + r;
              S sum = at(start, place);
              for (const Feed& feed : feeds)
                if (feed.to == g) {
                  if (Columns == 1) sum += at(a, feed.from * group + r);  // once more, as a bias
                  for (Index k = 0; k < depth; ++k)
                    sum += at(a, k * step + feed.from * group + r) * at(b, 3 * k + 31 * n);
                }
              at(expected, place) = sum + (add ? at(c, place) : 0);
            }
        Block<P, Groups, Packs, Columns, Chains> block;
        block.load(start.data(), column, group);
        if constexpr (Columns == 1) block.template add<feeds>(a.data(), group);
        block.template add_product<feeds>(depth, Left<S>{a.data(), step, group}, Right<S>{b.data(), 3, 31});
        CHECK(sum(block.sum(0, 0)) == [&] {
          S all = 0;
          for (Index r = 0; r < P::size; ++r) {
            S of_row = at(start, r);
            for (const Feed& feed : feeds)
              if (feed.to == 0) {
                if (Columns == 1) of_row += at(a, feed.from * group + r);
                for (Index k = 0; k < depth; ++k)
                  of_row += at(a, k * step + feed.from * group + r) * at(b, 3 * k);
              }
            all += of_row;
          }
          return all;
        }());
        block.store(Target<S>{c.data(), column, rows, add, group});
        CHECK(c == expected);
      }
}

TEMPLATE_TEST_CASE("A block sums the products of the groups that feed it, and nothing is written beside them",
                   "", float, double) {
  using P = Pack<TestType>;
  constexpr auto some = feeds_to(std::array{1, 2, 0}), others = feeds_from(std::array{1, 2, 3});
  check_block<P, 1, 1, 1, one_group, 1>();
  check_block<P, 1, 1, 2, one_group, 1>();
  check_block<P, 4, 2, 1, one_group, 1>();
  check_block<P, 2, 3, 2, one_group, 1>();
  check_block<P, 1, 2, 2, some, 4>();
  check_block<P, 1, 6, 1, some, 4>();
  check_block<P, 2, 1, 2, others, 3>();
  check_block<Pack<TestType, P::size / 2>, 1, 4, 1, others, 3>();
}

}  // namespace block_test
}  // namespace recur::detail
