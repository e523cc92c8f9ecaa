#include "recur/core/parameters.hpp"

#include <limits>
#include <utility>

#include "catch.hpp"
#include "flat.hpp"

namespace recur::testing {
namespace parameters_test {

/// A row whose length the compiler does not know: for a fixed length GCC 12 warns of reads beyond its end.
Eigen::RowVectorXd row(double first, double second) { return Eigen::RowVectorXd{{first, second}}; }

/// A model of two parts, with a table and vectors of fixed size.
struct Part {
  using Scalar = double;
  MatrixX<double> weight = MatrixX<double>::Zero(2, 3);
  Eigen::Vector3d bias = Eigen::Vector3d::Zero();

  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    f(at / "weight", self.weight...);
    f(at / "bias", self.bias...);
  }
};
struct Model {
  using Scalar = double;
  Table<double> table{5, 2};
  Part parts[2];

  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    f(at / "table", self.table...);
    for (Index i = 0; i < 2; ++i) Part::visit(at / "parts" / i, f, self.parts[i]...);
  }
};

std::string names(const Model& model) {
  std::string all;
  for_each_parameter([&](const Name& name, const auto&) { all += name.str() + ' '; }, model);
  return all;
}

TEST_CASE("A name is a path", "[core][parameters]") {
  const Name root;
  CHECK(root.str().empty());
  const Name body = root / "body", first = body / Index{0};
  CHECK(body.str() == "body");
  CHECK(first.str() == "body.0");
  CHECK((first / "weight_ih").str() == "body.0.weight_ih");
  CHECK((root / Index{12} / "bias").str() == "12.bias");
}

TEST_CASE("A visit names each parameter once", "[core][parameters]") {
  const Model model;
  CHECK(names(model) == "table parts.0.weight parts.0.bias parts.1.weight parts.1.bias ");
  CHECK(count_parameters(model) == 10 + 2 * (6 + 3));
}

TEST_CASE("A visit takes several values of one type together", "[core][parameters]") {
  Model one, other;
  one.parts[1].weight.setConstant(2);
  for_each_parameter([](const Name&, auto& p, const auto& q) { flat(p) += flat(q) + 1; }, other,
                     std::as_const(one));
  CHECK(other.parts[1].weight.isConstant(3));
  CHECK(other.parts[0].weight.isConstant(1));
  CHECK(other.table.values.isConstant(1));
}

TEST_CASE("One visit gives the list of names, places and sizes", "[core][parameters]") {
  Model model;
  const Parameters list(model);
  REQUIRE(list.size() == 5);
  CHECK(list[0].name == "table");
  CHECK(list[0].data == model.table.values.data());
  CHECK(list[0].table == &model.table);
  CHECK(list[0].is_row_major);
  CHECK(list[1].name == "parts.0.weight");
  CHECK(list[1].rows == 2);
  CHECK(list[1].columns == 3);
  CHECK(!list[1].is_row_major);
  CHECK(!list[1].is_vector);
  CHECK(list[1].table == nullptr);
  CHECK(list[4].data == model.parts[1].bias.data());
  CHECK(list[4].is_vector);
  CHECK(list[4].size() == 3);
  list[4].data[2] = 8;
  CHECK(model.parts[1].bias(2) == 8);
  CHECK(std::is_same_v<decltype(Parameters(std::as_const(model))), Parameters<const double>>);
  CHECK(!std::is_constructible_v<Parameters<double>, const Model&>);  // nothing may change a const model
  CHECK_THROWS_WITH(list[5], "parameter 5 is out of range: there are 5, counted from 0");
}

/// A part that names one of its parameters twice.
struct Longer : Part {
  static void visit(const Name& at, auto&& f, auto&... self) {
    Part::visit(at, f, self...);
    f(at / "again", self.bias...);
  }
};

TEST_CASE("A list takes the parameters of another model of its sizes and refuses other models as a whole",
          "[core][parameters]") {
  Model model, other;
  Parameters list(model);
  list.rebind(other);
  CHECK(list[0].table == &other.table);
  CHECK(list[4].data == other.parts[1].bias.data());
  Model wrong;
  wrong.parts[1].weight.resize(2, 4);
  CHECK_THROWS_WITH(
      list.rebind(wrong, "the gradient"),
      Catch::Matchers::ContainsSubstring("parts.1.weight of the gradient is 2 x 4: it must be 2 x 3"));
  CHECK(list[0].table == &other.table);

  Part part;
  CHECK_THROWS_WITH(list.rebind(part), Catch::Matchers::ContainsSubstring("table of the model is 2 x 3"));
  Parameters of_part(part);
  CHECK_THROWS_AS(of_part.rebind(model), std::invalid_argument);
  Longer longer;
  CHECK_THROWS_WITH(of_part.rebind(longer),
                    Catch::Matchers::ContainsSubstring("the model has 3 parameters: it must have 2"));
  CHECK(of_part[0].data == part.weight.data());
}

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
