#include "recur/core/simd.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "max_abs.hpp"

namespace recur::testing {
namespace simd_test {

/// Calls f(Pack, the scalar's name and lanes) for packs of all widths.
template <class F>
void for_packs(F&& f) {
  const auto run = [&]<class P>(std::type_identity<P> type, const char* name) {
    INFO(name << ", " << P::size << " lanes");
    f(type);
  };
  run(std::type_identity<Pack<float>>{}, "Pack<float>");
  run(std::type_identity<Pack<float, 8>>{}, "Pack<float, 8>");
  run(std::type_identity<Pack<float, 4>>{}, "Pack<float, 4>");
  run(std::type_identity<Pack<float, 1>>{}, "Pack<float, 1>");
  run(std::type_identity<Pack<double>>{}, "Pack<double>");
  run(std::type_identity<Pack<double, 4>>{}, "Pack<double, 4>");
  run(std::type_identity<Pack<double, 2>>{}, "Pack<double, 2>");
  run(std::type_identity<Pack<double, 1>>{}, "Pack<double, 1>");
}

template <class P>
using ScalarOf = std::remove_cvref_t<decltype(sum(P()))>;

TEST_CASE("A pack is as wide as a register or as its limit", "[core][simd]") {
  static_assert(Pack<float>::size == detail::max_lanes<float> &&
                Pack<double>::size == detail::max_lanes<double>);
  static_assert(Pack<float, 1>::size == 1 && Pack<double, 1>::size == 1);
  static_assert(Pack<float, 4>::size <= 4 && Pack<double, 2>::size <= 2);
  static_assert(sizeof(Pack<float>) == detail::max_lanes<float> * sizeof(float));
#ifdef __SSE2__
  static_assert(Pack<float, 4>::size == 4 && Pack<double, 2>::size == 2);
  static_assert(Pack<float, 7>::size == 4);
#endif
}

TEST_CASE("Packs are loaded and stored at any place, whole and in part", "[core][simd]") {
  for_packs([]<class P>(std::type_identity<P>) {
    using S = ScalarOf<P>;
    constexpr int size = P::size;
    std::vector<S> from(2 * size + 1), to(2 * size + 1);
    for (std::size_t i = 0; i < from.size(); ++i) from[i] = static_cast<S>(i + 1);
    for (int shift = 0; shift <= size; ++shift) {  // aligned or not
      P::load(from.data() + shift).store(to.data());
      for (int i = 0; i < size; ++i) CHECK(to[static_cast<std::size_t>(i)] == static_cast<S>(shift + i + 1));
      P::load_once(from.data() + shift).store(to.data() + 1);
      CHECK(to[1] == static_cast<S>(shift + 1));
      CHECK(to[size] == static_cast<S>(shift + size));
    }
    for (int count = 0; count <= size + 1; ++count) {
      INFO(count << " of them");
      const std::vector<S> exact(from.begin(),
                                 from.begin() + count);  // a sanitizer notices reads beyond the end
      std::vector<S> lanes(size, S(-1)), partial(static_cast<std::size_t>(count), S(-1));
      const P pack = P::load(exact.data(), count);
      pack.store(lanes.data());
      for (int i = 0; i < size; ++i)
        CHECK(lanes[static_cast<std::size_t>(i)] == (i < count ? static_cast<S>(i + 1) : S(0)));
      pack.store(partial.data(), count);
      for (int i = 0; i < std::min(count, size); ++i)
        CHECK(partial[static_cast<std::size_t>(i)] == static_cast<S>(i + 1));
      if (count > size) CHECK(partial.back() == S(-1));
      std::vector<S> guarded(size + 1, S(-1));
      pack.store(guarded.data(), count);
      for (int i = count; i < size; ++i) CHECK(guarded[static_cast<std::size_t>(i)] == S(-1));
      CHECK(guarded.back() == S(-1));
    }
  });
}

/// Whether f of packs is g of their lanes, for lanes of all kinds.
template <class P, class F, class G>
bool lane_by_lane(F&& f, G&& g) {
  using S = ScalarOf<P>;
  bool all = true;
  for (int repeat = 0; repeat < 8; ++repeat) {
    S a[P::size], b[P::size], c[P::size], result[P::size];
    for (int i = 0; i < P::size; ++i) {
      const int k = repeat * P::size + i;
      a[i] = static_cast<S>((k * 37 % 64) - 32) / S(8);
      b[i] = static_cast<S>((k * 23 % 64) - 31) / S(4);
      c[i] = static_cast<S>((k * 5 % 64) - 30) / S(16);
      if (b[i] == 0) b[i] = S(1);
    }
    f(P::load(a), P::load(b), P::load(c)).store(result);
    for (int i = 0; i < P::size; ++i) all = all && result[i] == g(a[i], b[i], c[i]);
  }
  return all;
}

TEST_CASE("Arithmetic goes lane by lane", "[core][simd]") {
  for_packs([]<class P>(std::type_identity<P>) {
    using S = ScalarOf<P>;
    CHECK(lane_by_lane<P>([](P a, P b, P) { return a + b; }, [](S a, S b, S) { return a + b; }));
    CHECK(lane_by_lane<P>([](P a, P b, P) { return a - b; }, [](S a, S b, S) { return a - b; }));
    CHECK(lane_by_lane<P>([](P a, P b, P) { return a * b; }, [](S a, S b, S) { return a * b; }));
    CHECK(lane_by_lane<P>([](P a, P b, P) { return a / b; }, [](S a, S b, S) { return a / b; }));
    CHECK(lane_by_lane<P>([](P a, P, P) { return -a; }, [](S a, S, S) { return -a; }));
    CHECK(
        lane_by_lane<P>([](P a, P b, P c) { return fma(a, b, c); }, [](S a, S b, S c) { return a * b + c; }));
    CHECK(lane_by_lane<P>([](P a, P b, P) { return max(a, b); }, [](S a, S b, S) { return std::max(a, b); }));
    CHECK(lane_by_lane<P>([](P a, P b, P) { return min(a, b); }, [](S a, S b, S) { return std::min(a, b); }));
    CHECK(lane_by_lane<P>([](P a, P, P) { return abs(a); }, [](S a, S, S) { return std::abs(a); }));
    CHECK(lane_by_lane<P>([](P a, P b, P c) { return where_positive(a, b, c); },
                          [](S a, S b, S c) { return a > 0 ? b : c; }));
    CHECK(lane_by_lane<P>([](P a, P, P) { return 1 - 2 * a; }, [](S a, S, S) { return 1 - 2 * a; }));
    CHECK(sum(P(S(3))) == S(3 * P::size));
    S lanes[P::size];
    S expected = 0;
    for (int i = 0; i < P::size; ++i) expected += lanes[i] = static_cast<S>(i * i + 1);
    CHECK(sum(P::load(lanes)) == expected);
  });
}

TEST_CASE("Neither a NaN nor zero is positive", "[core][simd]") {
  for_packs([]<class P>(std::type_identity<P>) {
    using S = ScalarOf<P>;
    const auto choice = [](S x) { return sum(where_positive(P(x), P(S(1)), P(S(0)))) / S(P::size); };
    CHECK(choice(std::numeric_limits<S>::quiet_NaN()) == 0);
    CHECK(choice(S(0)) == 0);
    CHECK(choice(S(-0.0)) == 0);
    CHECK(choice(std::numeric_limits<S>::denorm_min()) == 1);
    CHECK(choice(std::numeric_limits<S>::infinity()) == 1);
    CHECK(choice(-std::numeric_limits<S>::infinity()) == 0);
    CHECK(where_positive(std::numeric_limits<S>::quiet_NaN(), S(1), S(0)) == 0);
    CHECK(where_positive(S(2), S(1), S(0)) == 1);
  });
}

TEST_CASE("The exponential is accurate", "[core][simd]") {
  for_packs([]<class P>(std::type_identity<P>) {
    using S = ScalarOf<P>;
    double worst = 0;
    for (double x = -80; x <= 80; x += 0.37) {
      S result[P::size];
      exp(P(static_cast<S>(x))).store(result);
      const double exact = std::exp(static_cast<double>(static_cast<S>(x)));
      worst = worse(worst, std::abs(static_cast<double>(result[P::size - 1]) - exact) / exact);
    }
    CHECK(worst < 4 * static_cast<double>(std::numeric_limits<S>::epsilon()));
  });
}

/// f of a pack of equal numbers. All lanes must agree.
template <class P, class F>
ScalarOf<P> of_all_lanes(F&& f, ScalarOf<P> x) {
  using S = ScalarOf<P>;
  S lanes[P::size];
  f(P(x)).store(lanes);
  for (const S lane : lanes) CHECK((lane == lanes[0] || (std::isnan(lane) && std::isnan(lanes[0]))));
  return lanes[0];
}

TEST_CASE("Square roots are exact over the whole range of numbers", "[core][simd]") {
  for_packs([]<class P>(std::type_identity<P>) {
    using S = ScalarOf<P>;
    using Limits = std::numeric_limits<S>;
    const auto root = [](S x) { return of_all_lanes<P>([](P a) { return sqrt(a); }, x); };
    for (const S x : {S(0), S(-0.0), Limits::denorm_min(), Limits::min() / 3, Limits::min(), S(1e-30), S(2),
                      S(1e20), Limits::max(), Limits::infinity()})
      CHECK(root(x) == std::sqrt(x));
    CHECK(std::isnan(root(-1)));
    CHECK(std::isnan(root(Limits::quiet_NaN())));
  });
}

TEST_CASE("Functions of packs are right at both ends of the range", "[core][simd]") {
  for_packs([]<class P>(std::type_identity<P>) {
    using S = ScalarOf<P>;
    using Limits = std::numeric_limits<S>;
    const S infinity = Limits::infinity(), largest = Limits::max(), tiny = Limits::denorm_min(),
            nan = Limits::quiet_NaN();
    const auto exponential = [](S x) { return of_all_lanes<P>([](P a) { return exp(a); }, x); };
    for (const S x : {-infinity, -largest, S(-800)}) CHECK(exponential(x) == 0);
    for (const S x : {tiny, -tiny, S(0)}) CHECK(exponential(x) == 1);
    for (const S x : {S(800), largest, infinity}) CHECK(exponential(x) == infinity);
    CHECK(std::isnan(exponential(nan)));
    for (const double below : {1e-1, 1e-3, 1e-5}) {  // where the results almost leave the normal numbers
      const double epsilon = static_cast<double>(Limits::epsilon());
      const S high = static_cast<S>(std::log(static_cast<double>(largest)) - below),
              low = static_cast<S>(std::log(static_cast<double>(Limits::min())) + below);
      CHECK(static_cast<double>(exponential(high)) ==
            Approx(std::exp(static_cast<double>(high))).epsilon(4 * epsilon));
      CHECK(static_cast<double>(exponential(low)) ==
            Approx(std::exp(static_cast<double>(low))).epsilon(4 * epsilon));
    }

    const auto tanhs = [](S x) { return of_all_lanes<P>([](P a) { return tanh(a); }, x); };
    const auto sigmoids = [](S x) { return of_all_lanes<P>([](P a) { return sigmoid(a); }, x); };
    const auto erfs = [](S x) { return of_all_lanes<P>([](P a) { return erf(a); }, x); };
    for (const S x : {largest, infinity}) {
      CHECK(std::abs(tanhs(x) - 1) < Limits::epsilon());
      CHECK(std::abs(tanhs(-x) + 1) < Limits::epsilon());
      CHECK(std::abs(sigmoids(x) - 1) < Limits::epsilon());
      CHECK(std::abs(sigmoids(-x)) < Limits::epsilon());
      CHECK(erfs(x) == 1);
      CHECK(erfs(-x) == -1);
    }
    for (const S x : {S(0), tiny, Limits::min()}) {
      CHECK(tanhs(x) == x);
      CHECK(sigmoids(x) == S(0.5));
      CHECK(std::abs(erfs(x)) < S(6e-7));
    }
    for (const S y : {tanhs(nan), sigmoids(nan), erfs(nan)}) CHECK(std::isnan(y));
    CHECK(std::isnan(of_all_lanes<P>([](P a) { return max(a, P(S(1))); }, nan)));  // as in tanh
    CHECK(std::isnan(of_all_lanes<P>([](P a) { return min(a, P(S(1))); }, nan)));
  });
}

TEST_CASE("Packs that lie apart are loaded, added and stored", "[core][simd]") {
  using P = Pack<float, 4>;
  std::vector<float> from(40), to(40);
  for (std::size_t i = 0; i < from.size(); ++i) from[i] = static_cast<float>(i);
  std::array<P, 3> packs, others;
  detail::load_all(packs, from.data(), 10);
  detail::load_all(others, from.data() + 1, 11);
  detail::add_all(packs, others);
  detail::store_all(packs, to.data() + 2, 9);
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t lane = 0; lane < static_cast<std::size_t>(P::size); ++lane)
      CHECK(to[2 + 9 * i + lane] == from[10 * i + lane] + from[1 + 11 * i + lane]);
}

TEST_CASE("An unrolled loop takes its indices in order", "[core][simd]") {
  std::vector<int> indices;
  detail::unroll<5>([&](auto n) { indices.push_back(n); });
  CHECK(indices == std::vector{0, 1, 2, 3, 4});
  detail::unroll<0>([&](auto) { indices.clear(); });
  CHECK(indices.size() == 5);
  detail::indices<3>([&](auto... n) { indices = {n...}; });
  CHECK(indices == std::vector{0, 1, 2});
}

}  // namespace simd_test
}  // namespace recur::testing
