#include "recur/core/parameters.hpp"

#include <limits>
#include <string>
#include <utility>

#include "catch.hpp"
#include "core/parts.hpp"
#include "flat.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace parameters_test {

using parts::Model, parts::Part;

/// A row whose length the compiler does not know: for a fixed length GCC 12 warns of reads beyond its end.
Eigen::RowVectorXd row(double first, double second) { return Eigen::RowVectorXd{{first, second}}; }

TEST_CASE("Gradients and values of another size are refused as a whole", "[core][parameters]") {
  Model model;
  model.parts[0].bias(0) = 1;
  Model wrong;
  wrong.parts[1].weight.setOnes(2, 4);
  wrong.parts[0].bias(0) = 5;
  const Parameters sum(model);
  CHECK_THROWS_WITH(add_gradient(sum, Parameters(wrong)),
                    Catch::Matchers::ContainsSubstring("gradient to be added is 2 x 4: it must be 2 x 3"));
  CHECK_THROWS_AS(add_gradient(model, wrong), std::invalid_argument);
  Part part;
  CHECK_THROWS_AS(add_gradient(sum, Parameters(part)), std::invalid_argument);
  CHECK(model.parts[0].bias(0) == 1);
  CHECK_THROWS_WITH(set_values(sum, VectorX<double>::Ones(27)),
                    Catch::Matchers::ContainsSubstring("27 values were given to a model of 28 numbers"));
  CHECK(model.parts[0].bias(0) == 1);
}

TEST_CASE("All numbers of a model become one array and come back", "[core][parameters]") {
  Model model;
  model.parts[0].weight << 1, 2, 3, 4, 5, 6;
  model.table.values(4, 1) = 7;
  const VectorX<double> values = values_of(Parameters(model));
  CHECK(values.size() == 28);
  CHECK(values(9) == 7);
  CHECK(values(11) == 4);
  VectorX<double> kept(28);
  const double* const place = kept.data();
  copy_values(Parameters(model), kept);
  CHECK(kept == values);
  CHECK(kept.data() == place);
  Model other;
  set_values(Parameters(other), values);
  CHECK(other.parts[0].weight == model.parts[0].weight);
  CHECK(other.table.values == model.table.values);
}

TEST_CASE("Zeros have the shape of their model and are independent of it", "[core][parameters]") {
  Model model;
  for_each_parameter([](const Name&, auto& p) { flat(p).setConstant(4); }, model);
  Model zeros = zeros_like(model);
  for_each_parameter(
      [](const Name&, const auto& p, const auto& q) {
        CHECK(flat(p).isZero(0));
        CHECK(p.rows() == q.rows());
        CHECK(p.cols() == q.cols());
      },
      std::as_const(zeros), std::as_const(model));
  zeros.parts[0].weight(0, 0) = 1;
  CHECK(model.parts[0].weight(0, 0) == 4);
}

TEST_CASE("Gradients are cleared, added, scaled and measured, and tables only in their touched rows",
          "[core][parameters]") {
  Model gradient, term;
  gradient.table.touch(2) += row(3, 0);
  gradient.parts[0].bias = Eigen::Vector3d(0, 4, 0);
  CHECK(gradient_norm(gradient) == 5);
  scale_gradient(gradient, 2);
  CHECK(gradient.table.values(2, 0) == 6);
  CHECK(gradient.parts[0].bias(1) == 8);
  CHECK(gradient_norm(gradient) == 10);

  term.table.touch(4) += row(0, 1);
  term.table.touch(2) += row(1, 1);
  term.parts[1].weight(1, 2) = 7;
  add_gradient(gradient, term);
  CHECK(gradient.table.touched() == std::vector<Index>{2, 4});
  CHECK(gradient.table.values.row(2) == row(7, 1));
  CHECK(gradient.table.values.row(4) == row(0, 1));
  CHECK(gradient.parts[1].weight(1, 2) == 7);
  CHECK(gradient.parts[0].bias(1) == 8);
  CHECK(term.parts[0].bias.isZero(0));

  // Rows that were not touched are not read.
  gradient.table.values(0, 0) = 1000;
  CHECK(gradient_norm(gradient) < 1000);
  gradient.table.values(0, 0) = 0;

  clear_gradient(gradient);
  CHECK(gradient_norm(gradient) == 0);
  CHECK(gradient.table.touched().empty());
  for_each_parameter([](const Name&, const auto& p) { CHECK(flat(p).isZero(0)); }, std::as_const(gradient));
}

/// A vector that begins with ones, then a matrix.
struct Scaled {
  using Scalar = double;
  VectorX<double> scale = VectorX<double>::Ones(2);
  MatrixX<double> weight = MatrixX<double>::Zero(2, 2);

  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    f(at / "scale", self.scale...);
    f(at / "weight", self.weight...);
  }
};
struct Vectors {
  using Scalar = double;
  VectorX<double> scale = VectorX<double>::Zero(2);

  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    f(at / "scale", self.scale...);
  }
};

TEST_CASE("A weight of a model that looks uninitialized is named", "[core][parameters]") {
  const auto says = [](const Parameters<double>& model) {
    return refusal([&] { detail::check_initialized(model, "training can't start from there"); });
  };
  const std::string advice =
      ", and training can't start from there: call recur::initialize(model, seed) first";
  CHECK(says({}) == "the model has no parameters, and training can't start from there");
  Scaled scaled;
  CHECK(says(Parameters(scaled)) == "every weight of the model is zero, such as weight" + advice);
  scaled.weight(0, 1) = 1;
  CHECK(says(Parameters(scaled)) == "nothing was refused");
  Vectors vectors;
  CHECK(says(Parameters(vectors)) == "every weight of the model is zero, such as scale" + advice);
}

TEST_CASE("The first parameter that is not finite is named", "[core][parameters]") {
  Model model;
  CHECK(first_non_finite(model).empty());
  model.parts[1].weight(0, 1) = std::numeric_limits<double>::quiet_NaN();
  CHECK(first_non_finite(model) == "parts.1.weight");
  model.parts[0].bias(2) = -std::numeric_limits<double>::infinity();
  CHECK(first_non_finite(model) == "parts.0.bias");
  model.table.values(0, 0) = std::numeric_limits<double>::infinity();  // touched or not
  CHECK(first_non_finite(model) == "table");
}

/// One parameter.
template <class S>
struct Column {
  using Scalar = S;
  VectorX<S> x;
  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    f(at / "x", self.x...);
  }
};

TEMPLATE_TEST_CASE("A finite gradient has a finite norm even if squares overflow or vanish",
                   "[core][parameters]", float, double) {
  using S = TestType;
  using Limits = std::numeric_limits<S>;
  const auto norm = [](Index count, S value) {
    return gradient_norm(Column<S>{VectorX<S>::Constant(count, value)});
  };
  for (const Index count : {1, 5, 16, 1023, 2000})
    for (const S value : {Limits::max() / 100, std::sqrt(Limits::max()), S(1), -S(1e-3),
                          std::sqrt(Limits::min()) / 3, -Limits::min() * 4}) {
      INFO(count << " times " << value);
      CHECK(
          norm(count, value) ==
          Approx(std::abs(static_cast<double>(value)) * std::sqrt(static_cast<double>(count))).epsilon(1e-5));
    }
  CHECK(norm(7, 0) == 0);
  CHECK(norm(0, 0) == 0);
  Column<S> mixed{VectorX<S>::Constant(3000, S(1e-3))};
  mixed.x(1500) = Limits::max() / 2;
  CHECK(gradient_norm(mixed) == Approx(static_cast<double>(Limits::max()) / 2));
  for (const S bad : {Limits::infinity(), -Limits::infinity()}) {
    mixed.x(7) = bad;
    CHECK(std::isinf(gradient_norm(mixed)));
  }
  mixed.x(8) = Limits::quiet_NaN();
  CHECK(std::isnan(gradient_norm(mixed)));
}

TEST_CASE("The norm of millions of floats equals the norm in double", "[core][parameters]") {
  const Index count = Index{1} << 22;
  CHECK(gradient_norm(Column<float>{VectorX<float>::Constant(count, 0.1f)}) ==
        Approx(static_cast<double>(0.1f) * 2048).epsilon(1e-6));
}

TEST_CASE("A number that is not finite is found at every place", "[core][parameters]") {
  using Limits = std::numeric_limits<float>;
  for (const Index count : {1, 3, 16, 37}) {
    VectorX<float> x = VectorX<float>::Constant(count, Limits::max());
    CHECK(detail::arrays::all_finite(x.data(), count));
    for (Index i = 0; i < count; ++i)
      for (const float bad : {Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity()}) {
        const float saved = std::exchange(x(i), bad);
        CHECK(!detail::arrays::all_finite(x.data(), count));
        x(i) = saved;
      }
  }
  CHECK(detail::arrays::all_finite<float>(nullptr, 0));
}

TEST_CASE("All values of a parameter are one column in the order of memory", "[core][parameters]") {
  MatrixX<double> m(2, 2);
  m << 1, 2, 3, 4;
  CHECK((flat(std::as_const(m)) == Eigen::Array4d(1, 3, 2, 4)).all());
  Table<double> table(2, 2);
  table.values << 1, 2, 3, 4;
  CHECK((flat(std::as_const(table)) == Eigen::Array4d(1, 2, 3, 4)).all());
  flat(m) *= 2;
  CHECK(m(1, 0) == 6);
}

template <class S>
struct OneVector {
  using Scalar = S;
  VectorX<S> weight = VectorX<S>::Zero(4100);
  static void visit(const Name& at, auto&& f, auto&... self) { f(at / "weight", self.weight...); }
};

TEST_CASE("Norms are right if squares overflow or vanish", "[core][parameters]") {
  const auto norm = [](auto number) {
    using S = decltype(number);
    OneVector<S> one;
    one.weight(3) = number;
    one.weight(4000) = -number;
    return gradient_norm(one) / std::sqrt(2.0);
  };
  for (const float number : {1e20f, 1e38f, 1e-25f, 1e-44f, 3.0f})
    CHECK(norm(number) == Approx(static_cast<double>(number)).epsilon(1e-7));
  for (const double number : {1e200, 1e307, 1e-200, 1e-310, 3.0})
    CHECK(norm(number) / number == Approx(1).epsilon(1e-7));
  CHECK(norm(0.0) == 0);
  CHECK(norm(std::numeric_limits<double>::infinity()) == std::numeric_limits<double>::infinity());
  CHECK(std::isnan(norm(std::numeric_limits<float>::quiet_NaN())));
}

}  // namespace parameters_test
}  // namespace recur::testing
