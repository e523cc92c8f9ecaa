#include "recur/io/tensor_file.hpp"

#include "catch.hpp"

namespace recur::testing {
namespace tensor_file_test {

TEST_CASE("A tensor's bytes follow from its type and shape, unless they are too many to be counted") {
  CHECK(detail::bytes_of(Dtype::f32, {2, 3}) == 24);
  CHECK(detail::bytes_of(Dtype::f64, {5}) == 40);
  CHECK(detail::bytes_of(Dtype::f64, {}) == 8);
  CHECK(detail::bytes_of(Dtype::f32, {7, 0}) == 0);
  CHECK_FALSE(detail::bytes_of(Dtype::f32, {std::uint64_t{1} << 62U}).has_value());
  CHECK_FALSE(detail::bytes_of(Dtype::f64, {std::uint64_t{1} << 31U, std::uint64_t{1} << 31U}).has_value());
}

TEST_CASE("Types and shapes are called as in files") {
  CHECK(std::string(detail::name_of(Dtype::f32)) == "F32");
  CHECK(std::string(detail::name_of(Dtype::f64)) == "F64");
  CHECK(detail::describe({2, 3}) == "[2, 3]");
  CHECK(detail::describe({}) == "[]");
  CHECK(detail::describe(std::vector<std::uint64_t>(8, 1)) == "[1, 1, 1, 1, 1, 1, 1, 1]");
  CHECK(detail::describe(std::vector<std::uint64_t>(9, 1)) == "[1, 1, 1, 1, 1, 1, 1, 1, ...]");
}

}  // namespace tensor_file_test
}  // namespace recur::testing
