#include "recur/core/table.hpp"

#include <utility>
#include <vector>

#include "catch.hpp"

namespace recur::testing {
namespace table_test {

/// A row whose length the compiler does not know: for a fixed length GCC 12 warns of reads beyond its end.
Eigen::RowVectorXd row(double first, double second) { return Eigen::RowVectorXd{{first, second}}; }

TEST_CASE("A table remembers the rows that were touched", "[core][table]") {
  Table<double> table(5, 2);
  CHECK(table.rows() == 5);
  CHECK(table.cols() == 2);
  CHECK(table.size() == 10);
  CHECK(table.touched().empty());
  table.touch(3) += row(1, 2);
  table.touch(1) += row(3, 4);
  table.touch(3) += row(5, 6);
  CHECK(table.touched() == std::vector<Index>{3, 1});
  CHECK(table.values.row(3) == row(6, 8));
  CHECK(table.values.row(1) == row(3, 4));
  CHECK(table.values.row(0).isZero(0));
  table.clear();
  CHECK(table.touched().empty());
  CHECK(table.values.isZero(0));
  table.touch(3) += row(1, 1);
  CHECK(table.touched() == std::vector<Index>{3});
  CHECK(table.values.row(3) == row(1, 1));
}

TEST_CASE("A copy of a table touches rows on its own", "[core][table]") {
  Table<double> table(4, 2);
  table.touch(2) += row(1, 2);
  Table<double> copy = table;
  copy.touch(0) += row(3, 4);
  CHECK(copy.touched() == std::vector<Index>{2, 0});
  CHECK(table.touched() == std::vector<Index>{2});
  CHECK(table.values.row(0).isZero(0));
  copy.clear();
  CHECK(copy.values.isZero(0));
  CHECK(table.values.row(2) == row(1, 2));
}

TEST_CASE("A table keeps each row in one piece of memory", "[core][table]") {
  Table<float> table(3, 4);
  CHECK(table.values.isZero(0));
  CHECK(&table.values(1, 0) - &table.values(0, 0) == 4);
  CHECK(table.touch(2).data() == &table.values(2, 0));
}

TEST_CASE("A table whose values were given fewer rows touches and clears only those", "[core][table]") {
  Table<float> table(4, 2);
  table.touch(3).setOnes();
  table.touch(1).setOnes();
  table.values.setOnes(2, 2);
  CHECK_THROWS_AS(table.touch(3), std::out_of_range);
  table.clear();
  CHECK(table.values.row(0).isOnes(0));
  CHECK(table.values.row(1).isZero(0));
}

}  // namespace table_test
}  // namespace recur::testing
