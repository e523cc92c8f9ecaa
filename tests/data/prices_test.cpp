#include "recur/data/prices.hpp"

#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

#include "catch.hpp"
#include "temporary.hpp"

namespace prices_test {

using Catch::Matchers::ContainsSubstring;

TEST_CASE("prices are checked, and give returns and ranges", "[data][prices]") {
  const TemporaryDirectory directory;
  const auto read = [&](const std::string& rows) {
    return recur::read_prices(directory.file("p.csv", "Date,OPEN,High,Low,Close,Adj Close\n" + rows));
  };
  const recur::Prices prices = read("1,10,12,9,11,5\n2,11,11,11,11,5\n3,11,22,11,22,5\n");
  CHECK(prices.high == recur::VectorX<double>{{12, 11, 22}});
  CHECK(prices.close == recur::VectorX<double>{{11, 11, 22}});
  CHECK(prices.log_returns().isApprox(recur::VectorX<double>{{0, std::log(2)}}));
  CHECK(prices.log_ranges(1e-3).isApprox(
      recur::VectorX<double>{{std::log(std::log(12.0 / 9)), std::log(1e-3), std::log(std::log(2.0))}}));
  CHECK_THROWS_AS(prices.log_ranges(0), std::invalid_argument);
  for (const char* row :
       {"2,11,10,9,10,5\n", "2,11,12,11.5,12,5\n", "2,11,12,9,8,5\n", "2,-1,12,-2,10,5\n"}) {
    CAPTURE(row);
    CHECK_THROWS_WITH(read("1,10,12,9,11,5\n" + std::string(row)),
                      ContainsSubstring("p.csv:3: open") && ContainsSubstring("must be positive"));
  }
  const auto from = [&](const std::string& first, const std::string& second) {
    return read(first + ",10,12,9,11,5\n" + second + ",11,12,9,11,5\n").size();
  };
  CHECK_THROWS_WITH(
      from("2020-02-01", "2020-01-31"),
      ContainsSubstring("p.csv:3: the date \"2020-01-31\" comes after \"2020-02-01\": the oldest"));
  for (const auto& [later, earlier] : {std::pair{"2020/02/01", "2020/01/31"},
                                       {"2020-02-01 09:00", "2020-01-31 10:00"},
                                       {"1/2/2020", "12/31/2019"},
                                       {"2.1.2020", "31.12.2019"}}) {
    CAPTURE(later);
    CHECK(from(earlier, later) == 2);
    CHECK_THROWS_WITH(from(later, earlier), ContainsSubstring("the oldest day must be the first"));
  }
  CHECK(from("2020-02-01", "2020-02-01") == 2);  // two bars of one day
  CHECK(from("2/1/2020", "1/3/2020") == 2);      // 2 January and 1 March, or 1 February and 3 January
  CHECK(from("9", "8") == 2);
  CHECK_THROWS_WITH(recur::read_prices(directory.file("q.csv", "open,high,close\n1,2,3\n")),
                    ContainsSubstring("open, high, low and close") && ContainsSubstring("\"high\""));
}

}  // namespace prices_test
