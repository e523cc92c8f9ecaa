#include "recur/data/prices.hpp"

#include <cmath>
#include <stdexcept>
#include <string>

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
  CHECK_THROWS_WITH(recur::read_prices(directory.file("q.csv", "open,high,close\n1,2,3\n")),
                    ContainsSubstring("open, high, low and close") && ContainsSubstring("\"high\""));
}

}  // namespace prices_test
