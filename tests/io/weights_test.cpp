#include "recur/io/weights.hpp"

#include "catch.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/embedding.hpp"

namespace recur::testing {
namespace weights_test {

using Model = Sequential<Embedding<float>, Dense<float>>;

Model drawn(std::uint64_t seed) {
  Model model{Embedding<float>{3, 2}, Dense<float>{2, 4}};
  initialize(model, seed, Scheme::pytorch);
  return model;
}

TEST_CASE("Weights are stored in memory by name and row by row", "[io][weights]") {
  const Model model = drawn(1);
  const TensorFile file = store_weights(model, {{"key", "text"}});
  REQUIRE(file.tensors.size() == 3);
  const StoredTensor& weight = file.tensors.at("1.weight");
  CHECK(weight.dtype == Dtype::f32);
  CHECK(weight.shape == std::vector<std::uint64_t>{4, 2});
  float second = 0;
  std::memcpy(&second, weight.bytes.data() + sizeof second, sizeof second);
  CHECK(second == std::get<1>(model.layers).weight(0, 1));
  CHECK(file.metadata.at("key") == "text");

  Model other = drawn(2);
  take_weights(other, file);
  CHECK(store_weights(other, {{"key", "text"}}) == file);
}

TEST_CASE("Weights of another model are refused with the first name that differs, and nothing is changed",
          "[io][weights]") {
  TensorFile file = store_weights(drawn(1));
  Model model = drawn(2);
  const TensorFile before = store_weights(model);
  SECTION("a shape") {
    file.tensors["1.weight"].shape = {2, 4};
    CHECK_THROWS_WITH(
        take_weights(model, file, "it"),
        Catch::Matchers::ContainsSubstring("\"1.weight\" has the shape [2, 4], expected [4, 2]"));
  }
  SECTION("one that is missing") {
    file.tensors.erase("1.bias");
    CHECK_THROWS_WITH(take_weights(model, file, "it"),
                      Catch::Matchers::ContainsSubstring("no parameter \"1.bias\""));
  }
  SECTION("one too many") {
    file.tensors["2.weight"] = file.tensors["1.weight"];
    CHECK_THROWS_WITH(take_weights(model, file, "it"),
                      Catch::Matchers::ContainsSubstring("no parameter \"2.weight\""));
  }
  CHECK(store_weights(model) == before);
}

}  // namespace weights_test
}  // namespace recur::testing
