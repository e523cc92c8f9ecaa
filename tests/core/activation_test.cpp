#include "recur/core/activation.hpp"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "max_abs.hpp"

namespace recur::testing {
namespace activation_test {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Value and slope of F at a, in each lane of T or as a plain scalar; all lanes must agree to the last bit.
struct Result {
  double value, slope;
};
template <class F, class T, class S>
Result at(S a) {
  if constexpr (std::is_same_v<T, S>) {
    const T y = F::value(a);
    return {static_cast<double>(y), static_cast<double>(slope<F>(a, y))};
  } else {
    const T y = F::value(T(a)), dy = slope<F>(T(a), y);
    S values[T::size], slopes[T::size];
    y.store(values);
    dy.store(slopes);
    for (int i = 1; i < T::size; ++i) {
      if (std::memcmp(values + i, values, sizeof(S)) != 0) FAIL("lanes differ at " << a);
      if (std::memcmp(slopes + i, slopes, sizeof(S)) != 0) FAIL("lanes differ at " << a);
    }
    return {static_cast<double>(values[0]), static_cast<double>(slopes[0])};
  }
}

/// Calls f(T, S) for plain scalars and packs of all widths.
template <class F>
void for_types(F&& f) {
  const auto run = [&]<class T, class S>(std::type_identity<T> t, S s, const char* name) {
    INFO(name);
    f(t, s);
  };
  run(std::type_identity<float>{}, 0.0f, "float");
  run(std::type_identity<Pack<float>>{}, 0.0f, "Pack<float>");
  run(std::type_identity<Pack<float, 4>>{}, 0.0f, "Pack<float, 4>");
  run(std::type_identity<Pack<float, 1>>{}, 0.0f, "Pack<float, 1>");
  run(std::type_identity<double>{}, 0.0, "double");
  run(std::type_identity<Pack<double>>{}, 0.0, "Pack<double>");
  run(std::type_identity<Pack<double, 1>>{}, 0.0, "Pack<double, 1>");
}

/// From the smallest denormal number to 10^4 in both signs, and closely between -12 and 12.
template <class S>
std::vector<S> sweep() {
  std::vector<S> points{S(0)};
  for (S a = std::numeric_limits<S>::denorm_min(); a < S(1e4);) {
    points.push_back(a);
    points.push_back(-a);
    a = std::max(a * S(1.13), std::nextafter(a, S(1)));
  }
  for (int i = -12000; i <= 12000; ++i) points.push_back(static_cast<S>(i) / S(1000));
  points.push_back(S(1e4));
  points.push_back(S(-1e4));
  return points;
}

/// Distance in units of the last place that S has at `exact`.
template <class S>
double ulps(double value, long double exact) {
  const auto rounded = static_cast<S>(exact);
  const S up = std::nextafter(std::abs(rounded), std::numeric_limits<S>::infinity());
  const auto unit = static_cast<long double>(up) - std::abs(static_cast<long double>(rounded));
  return static_cast<double>(std::abs(static_cast<long double>(value) - exact) / unit);
}

// The figure in simd.hpp and in docs/limitations.md.
constexpr double tanh_ulps = 6.1;

TEST_CASE("tanh of float has the documented accuracy over the whole range and is odd", "[core][activation]") {
  using P = Pack<float>;
  double worst = 0;
  float place = 0;
  // Every 131st pattern of bits from 0 to infinity.
  for (std::uint32_t bits = 0; bits < 0x7f800000; bits += 131) {
    float a = 0;
    std::memcpy(&a, &bits, sizeof a);
    float y[P::size], minus_y[P::size];
    tanh(P(a)).store(y);
    tanh(P(-a)).store(minus_y);
    const double error = ulps<float>(y[0], std::tanh(static_cast<double>(a)));
    if (error > worst) worst = error, place = a;
    if (minus_y[0] != -y[0]) FAIL("not odd at " << a);
  }
  INFO("worst at " << place);
  CHECK(worst <= tanh_ulps);
  CHECK(worst > 2);  // the measure is not always 0
}

TEST_CASE("tanh has the documented accuracy and is within -1 and 1", "[core][activation]") {
  for_types([]<class T, class S>(std::type_identity<T>, S) {
    double worst = 0;
    S place = 0;
    for (const S a : sweep<S>()) {
      const Result y = at<Tanh, T>(a);
      const double error = ulps<S>(y.value, std::tanh(static_cast<long double>(a)));
      if (error > worst) worst = error, place = a;
      if (std::abs(y.value) > 1) FAIL("beyond 1 at " << a);
      if (y.slope < 0) FAIL("negative slope at " << a);
    }
    INFO("worst at " << place);
    CHECK(worst <= tanh_ulps);
  });
}

TEST_CASE("The sigmoid is accurate to a few units in the last place of 1 and is within 0 and 1",
          "[core][activation]") {
  for_types([]<class T, class S>(std::type_identity<T>, S) {
    double worst = 0;
    S place = 0;
    for (const S a : sweep<S>()) {
      const Result y = at<Sigmoid, T>(a);
      const double exact = static_cast<double>(1 / (1 + std::exp(-static_cast<long double>(a))));
      const double error = std::abs(y.value - exact) / static_cast<double>(std::numeric_limits<S>::epsilon());
      if (error > worst) worst = error, place = a;
      if (y.value < 0 || y.value > 1) FAIL("beyond 0 and 1 at " << a);
      if (y.slope < 0) FAIL("negative slope at " << a);
    }
    INFO("worst at " << place);
    CHECK(worst <= 2);
    CHECK(at<Sigmoid, T>(S(0)).value == 0.5);
  });
}

TEST_CASE("ReLU and the identity are exact", "[core][activation]") {
  for_types([]<class T, class S>(std::type_identity<T>, S) {
    for (const S a : sweep<S>()) {
      const Result relu = at<Relu, T>(a), identity = at<Identity, T>(a);
      const double x = static_cast<double>(a);
      if (relu.value != std::max(x, 0.0) || relu.slope != (x > 0 ? 1 : 0)) FAIL("ReLU at " << a);
      if (identity.value != x || identity.slope != 1) FAIL("identity at " << a);
    }
  });
}

/// A user's own activation. Its slope needs its input.
struct Square {
  template <class T>
  static T value(const T& a) {
    return a * a;
  }
  template <class T>
  static T slope(const T& a, const T&) {
    return 2 * a;
  }
};
static_assert(Activation<Square> && !detail::SlopeFromOutput<Square>);
static_assert(detail::SlopeFromOutput<Tanh> && detail::SlopeFromOutput<Sigmoid> &&
              detail::SlopeFromOutput<Relu> && detail::SlopeFromOutput<Elu>);

TEST_CASE("ELU keeps its digits near 0, and is at least -1", "[core][activation]") {
  for_types([]<class T, class S>(std::type_identity<T>, S) {
    double worst = 0;
    for (const S a : sweep<S>()) {
      const Result y = at<Elu, T>(a);
      const double x = static_cast<double>(a), exact = x > 0 ? x : std::expm1(x);
      if (exact != 0 && std::isnormal(a))
        worst = std::max(
            worst, std::abs(y.value / exact - 1) / static_cast<double>(std::numeric_limits<S>::epsilon()));
      if (y.value < -1 || y.slope < 0) FAIL("ELU at " << a);
    }
    CHECK(worst <= 8);
  });
}

TEST_CASE("A softmax of no numbers reads none", "[core][activation]") {
  softmax<float>(nullptr, 0);
  softmax<double>(nullptr, 0);
  SUCCEED();
}

TEST_CASE("Slopes match the values", "[core][activation]") {
  const auto check = []<class F>(F) {
    for (double a = -6.05; a < 6; a += 0.1) {
      const double h = 1e-6, numeric = (F::value(a + h) - F::value(a - h)) / (2 * h);
      if (std::abs(numeric - slope<F>(a, F::value(a))) > 1e-8) FAIL("slope at " << a);
      const Result packed = at<F, Pack<double>>(a);
      if (std::abs(numeric - packed.slope) > 1e-8) FAIL("slope of a pack at " << a);
    }
  };
  check(Tanh{});
  check(Relu{});
  check(Gelu{});
  check(Elu{});
  check(Sigmoid{});
  check(Identity{});
  check(Square{});
  SUCCEED();
}

TEST_CASE("A NaN stays a NaN, and an infinite input gives the limit", "[core][activation]") {
  for_types([]<class T, class S>(std::type_identity<T>, S) {
    const S no = static_cast<S>(nan), large = static_cast<S>(infinity);
    CHECK(std::isnan(at<Tanh, T>(no).value));
    CHECK(std::isnan(at<Sigmoid, T>(no).value));
    CHECK(std::isnan(at<Relu, T>(no).value));
    CHECK(std::isnan(at<Identity, T>(no).value));
    const double last = static_cast<double>(std::numeric_limits<S>::epsilon()) / 2;  // place below 1
    for (const S far : {S(100), S(1e4), large}) {
      CHECK(std::abs(at<Tanh, T>(far).value - 1) <= last);
      CHECK(std::abs(at<Tanh, T>(-far).value + 1) <= last);
      CHECK(at<Tanh, T>(far).slope <= 2 * last);
      CHECK(std::abs(at<Sigmoid, T>(far).value - 1) <= last);
      CHECK(at<Sigmoid, T>(-far).value <= last);
    }
    CHECK(at<Relu, T>(large).value == infinity);
    CHECK(at<Relu, T>(-large).value == 0);
    CHECK(at<Relu, T>(large).slope == 1);
    CHECK(at<Relu, T>(-large).slope == 0);
  });
}

template <class S>
void check_softmax() {
  constexpr double epsilon = static_cast<double>(std::numeric_limits<S>::epsilon());
  MatrixX<S> logits(5, 6);
  logits << 1, 2, -3, 1e4, -1e4, 0,  //
      2, 2, 0, -1e4, -1e4, 80,       //
      -1, 2, 1, 0, -1e4, 60,         //
      0.5, 2, 5, 1e4, -1e4, -80,     //
      0, 2, 2, 9999, -9999, 79.5;
  MatrixX<S> p = logits;
  softmax(p);
  for (Index n = 0; n < logits.cols(); ++n) {
    INFO("column " << n);
    using Exact = Eigen::Array<long double, Dynamic, 1>;
    Exact exact = logits.col(n).template cast<long double>().array();
    exact = (exact - exact.maxCoeff()).exp();
    exact /= exact.sum();
    CHECK(max_abs(p.col(n).template cast<long double>().array() - exact) < 8 * epsilon);
    CHECK(std::abs(static_cast<double>(p.col(n).sum()) - 1) < 8 * epsilon);
    CHECK(p.col(n).minCoeff() >= 0);
  }

  // A NaN at any place spoils only its own column.
  for (Index c = 0; c < logits.rows(); ++c) {
    p = logits;
    p(c, 1) = static_cast<S>(nan);
    softmax(p);
    CHECK(p.col(1).array().isNaN().all());
    CHECK(p.col(0).allFinite());
    CHECK(p.col(2).allFinite());
  }
  // A logit of -inf has probability 0 or almost 0.
  p = logits;
  p(1, 0) = -static_cast<S>(infinity);
  softmax(p);
  CHECK(p(1, 0) >= 0);
  CHECK(static_cast<double>(p(1, 0)) < 1e-30);
  CHECK(std::abs(static_cast<double>(p.col(0).sum()) - 1) < 8 * epsilon);
}

TEST_CASE("Softmax is stable for logits of any size", "[core][activation]") {
  check_softmax<float>();
  check_softmax<double>();
  VectorX<float> single(1);
  single << 1e4f;
  softmax(single);
  CHECK(single(0) == 1);
  MatrixX<float> nothing(0, 3);
  softmax(nothing);
  log_softmax(nothing);
  CHECK(nothing.cols() == 3);
}

TEMPLATE_TEST_CASE(
    "Softmax of numbers in memory equals softmax of a column, and its gradient matches its equation",
    "[core][activation]", float, double) {
  using S = TestType;
  const S epsilon = std::numeric_limits<S>::epsilon();
  for (const Index count : {1, 2, 3, 4, 5, 8, 9, 16, 37})
    for (const S shift : {S(0), S(-500), S(500)}) {
      INFO(count << " numbers about " << shift);
      VectorX<S> y = VectorX<S>::Random(count).array() * 3 + shift;
      y(count / 2) += 2;
      VectorX<S> expected = y;
      CHECK(detail::largest(y.data(), count) == y.maxCoeff());
      softmax(expected);
      softmax(y.data(), count);
      CHECK(max_abs(y - expected) < 8 * epsilon);
      const VectorX<S> dy = VectorX<S>::Random(count);
      VectorX<S> d = dy;
      detail::softmax_backward(y.data(), d.data(), count);
      CHECK(max_abs(d - y.cwiseProduct(dy - VectorX<S>::Constant(count, y.dot(dy)))) < 8 * epsilon);
    }
  VectorX<S> numbers = VectorX<S>::Zero(19);
  numbers(18) = std::numeric_limits<S>::quiet_NaN();
  softmax(numbers.data(), 19);
  CHECK(numbers.array().isNaN().all());
}

TEST_CASE("Log-softmax is the logarithm of softmax for logits of any size", "[core][activation]") {
  MatrixX<double> p = MatrixX<double>::Zero(3, 3);
  p << 1, 1e4, -1e4, 2, -1e4, -1e4, -0.5, 0, -1e4;
  MatrixX<double> log_p = p;
  softmax(p);
  log_softmax(log_p);
  CHECK(max_abs(log_p.col(0).array().exp() - p.col(0).array()) < 1e-15);
  CHECK(log_p(0, 1) == 0);
  CHECK(log_p(1, 1) == -2e4);
  CHECK(log_p(2, 2) == Approx(-std::log(3)));
}

TEMPLATE_TEST_CASE("The error function and GELU have the documented accuracy", "[core][activation]", float,
                   double) {
  using S = TestType;
  const double margin = std::same_as<S, float> ? 6e-7 : 1e-15;
  for (double x = -12; x <= 12; x += 0.00390625) {
    const S number = static_cast<S>(x);
    S lanes[Pack<S>::size], slopes[Pack<S>::size];
    const Pack<S> pack(number);
    erf(pack).store(lanes);
    REQUIRE(std::abs(static_cast<double>(lanes[0]) - std::erf(x)) <= margin);
    const double distribution = std::erfc(-x / std::sqrt(2.0)) / 2;
    Gelu::value(pack).store(lanes);
    slope<Gelu>(pack, pack).store(slopes);
    const double density = std::exp(-x * x / 2) / std::sqrt(2 * std::acos(-1.0));
    REQUIRE(std::abs(static_cast<double>(lanes[0]) - x * distribution) <= 4 * margin);
    REQUIRE(std::abs(static_cast<double>(slopes[0]) - distribution - x * density) <= 4 * margin);
  }
}

TEMPLATE_TEST_CASE("The error function, GELU and the exponential keep a NaN and have the right limits",
                   "[core][activation]", float, double) {
  using S = TestType;
  using P = Pack<S>;
  const auto first = [](P pack) {
    S lanes[P::size];
    pack.store(lanes);
    return lanes[0];
  };
  const P no(static_cast<S>(nan)), large(static_cast<S>(infinity));
  CHECK(std::isnan(first(erf(no))));
  CHECK(std::isnan(first(Gelu::value(no))));
  CHECK(std::isnan(first(slope<Gelu>(no, no))));
  CHECK(std::isnan(first(exp(no))));
  CHECK(first(erf(large)) == 1);
  CHECK(first(erf(-large)) == -1);
  CHECK(first(Gelu::value(large)) == static_cast<S>(infinity));
  CHECK(first(Gelu::value(-large)) == 0);
  CHECK(first(slope<Gelu>(large, large)) == 1);
  CHECK(first(slope<Gelu>(-large, -large)) == 0);
  CHECK(Gelu::value(-static_cast<S>(infinity)) == 0);
  CHECK(std::isnan(slope<Gelu>(static_cast<S>(nan), static_cast<S>(nan))));
  CHECK(first(exp(-large)) <= std::numeric_limits<S>::min());
  CHECK(first(exp(large)) >= S(1e37));
}

TEMPLATE_TEST_CASE("Logits of minus infinity have probability 0 at every place", "[core][activation]", float,
                   double) {
  using S = TestType;
  constexpr S minus_infinity = -std::numeric_limits<S>::infinity(), largest = std::numeric_limits<S>::max();
  for (const Index count : {2, 8, 16, 21}) {
    VectorX<S> a = VectorX<S>::Zero(count);
    a(0) = a(count - 1) = minus_infinity;
    if (count == 2) a(0) = 0;
    VectorX<S> log_p = a, p = a;
    CHECK(static_cast<double>(detail::log_sum_exp(a.data(), count)) ==
          Approx(std::log(count == 2 ? 1.0 : static_cast<double>(count - 2))).margin(1e-6));
    softmax(p);
    CHECK(p(count - 1) == 0);
    CHECK(static_cast<double>(p.sum()) == Approx(1));
    log_softmax(log_p);
    CHECK(log_p(count - 1) == minus_infinity);

    a.setConstant(-largest);  // differences overflow
    a(count - 1) = largest;
    softmax(a);
    CHECK(a(count - 1) == 1);
    CHECK(a.sum() == 1);

    a.setConstant(minus_infinity);  // no logit is finite
    CHECK(detail::log_sum_exp(a.data(), count) == minus_infinity);
    a(count / 2) = std::numeric_limits<S>::quiet_NaN();
    CHECK(std::isnan(detail::log_sum_exp(a.data(), count)));
    a(count / 2) = minus_infinity;
    softmax(a);
    CHECK(a.array().isNaN().all());
    a.setZero();
    a(count - 1) = -minus_infinity;
    softmax(a);
    CHECK(a.hasNaN());
  }
}

}  // namespace activation_test
}  // namespace recur::testing
