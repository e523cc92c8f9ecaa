// Numbers in words, of the example translate.
#include "../../examples/numbers.hpp"

#include <set>
#include <string>

#include "catch.hpp"

namespace numbers_test {

TEST_CASE("Numbers in English have and before what is below a hundred", "[examples][numbers]") {
  CHECK(numbers::english(0) == "zero");
  CHECK(numbers::english(40) == "forty");
  CHECK(numbers::english(241) == "two hundred and forty-one");
  CHECK(numbers::english(1001) == "one thousand and one");
  CHECK(numbers::english(999100) == "nine hundred and ninety-nine thousand one hundred");
}

TEST_CASE("Numbers in French follow the rules of et, of 70 to 99, and of the plural", "[examples][numbers]") {
  const auto is = [](int number, const std::string& words) { CHECK(numbers::french(number) == words); };
  is(0, "zéro");
  is(17, "dix-sept");
  is(21, "vingt et un");
  is(71, "soixante et onze");
  is(77, "soixante-dix-sept");
  is(80, "quatre-vingts");
  is(81, "quatre-vingt-un");
  is(91, "quatre-vingt-onze");
  is(100, "cent");
  is(200, "deux cents");
  is(241, "deux cent quarante et un");
  is(280, "deux cent quatre-vingts");
  is(1000, "mille");
  is(2000, "deux mille");
  is(80000, "quatre-vingt mille");
  is(200280, "deux cent mille deux cent quatre-vingts");
  is(171071, "cent soixante et onze mille soixante et onze");
}

TEST_CASE("Numbers that are drawn are all different and small enough", "[examples][numbers]") {
  recur::Random random(1);
  const auto pairs = numbers::draw(3000, random);
  std::set<std::string> english, french;
  for (const auto& pair : pairs) {
    english.insert(pair.source);
    french.insert(pair.target);
  }
  CHECK(pairs.size() == 3000);
  CHECK(english.size() == 3000);
  CHECK(french.size() == 3000);
  CHECK(pairs[0].source == "zero");
}

}  // namespace numbers_test
