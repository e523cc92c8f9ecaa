#include "recur/core/parameter_list.hpp"

#include <utility>

#include "catch.hpp"
#include "core/parts.hpp"
#include "flat.hpp"

namespace recur::testing {
namespace parameter_list_test {

using parts::Model, parts::names, parts::Part;

TEST_CASE("A name is a path", "[core][parameter_list]") {
  const Name root;
  CHECK(root.str().empty());
  const Name body = root / "body", first = body / Index{0};
  CHECK(body.str() == "body");
  CHECK(first.str() == "body.0");
  CHECK((first / "weight_ih").str() == "body.0.weight_ih");
  CHECK((root / Index{12} / "bias").str() == "12.bias");
}

TEST_CASE("A visit names each parameter once", "[core][parameter_list]") {
  const Model model;
  CHECK(names(model) == "table parts.0.weight parts.0.bias parts.1.weight parts.1.bias ");
  CHECK(count_parameters(model) == 10 + 2 * (6 + 3));
}

TEST_CASE("A visit takes several values of one type together", "[core][parameter_list]") {
  Model one, other;
  one.parts[1].weight.setConstant(2);
  for_each_parameter([](const Name&, auto& p, const auto& q) { flat(p) += flat(q) + 1; }, other,
                     std::as_const(one));
  CHECK(other.parts[1].weight.isConstant(3));
  CHECK(other.parts[0].weight.isConstant(1));
  CHECK(other.table.values.isConstant(1));
}

TEST_CASE("One visit gives the list of names, places and sizes", "[core][parameter_list]") {
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
          "[core][parameter_list]") {
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

}  // namespace parameter_list_test
}  // namespace recur::testing
