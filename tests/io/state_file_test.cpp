#include "recur/io/state_file.hpp"

#include <cstdint>
#include <limits>

#include "catch.hpp"
#include "recur/cell/gru.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/core/initialize.hpp"
#include "recur/layer/dense.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "refusal.hpp"
#include "temporary.hpp"

namespace recur::testing {
namespace state_file_test {

using Catch::Matchers::ContainsSubstring;

template <class S>
void comes_back() {
  const Sequential network{Recurrent{Lstm<S>{2, 3}}, Dense<S>{3, 2}, Recurrent{Gru<S>{2, 2}}};
  MatrixX<S> state(8, 3);
  Random random(1);
  normal(state, 1, random);
  state(0, 0) = -std::numeric_limits<S>::denorm_min();
  const TemporaryDirectory directory;
  const auto path = directory.path / "state";
  for (const Index samples : {3, 1, 0}) {
    const MatrixX<S> saved = state.leftCols(samples);
    save_state(path, saved);
    const MatrixX<S> loaded = load_state(path, network);
    REQUIRE(loaded.rows() == 8);
    REQUIRE(loaded.cols() == samples);
    CHECK(loaded == saved);
  }
}

TEST_CASE("A state is loaded to the last bit", "[io][state_file]") {
  comes_back<float>();
  comes_back<double>();
}

TEST_CASE("A file with the state of another network or without a state is refused", "[io][state_file]") {
  const Recurrent gru{Gru<double>{2, 4}};
  const TemporaryDirectory directory;
  const auto path = directory.path / "state";
  const auto said = [&] { return refusal<FileError>([&] { load_state(path, gru); }); };
  save_state(path, MatrixX<double>(MatrixX<double>::Ones(5, 2)));
  CHECK_THAT(said(), ContainsSubstring("\"state\" has the shape [5, 2], expected [4, "));
  write_safetensors(path, store_weights(gru));
  CHECK_THAT(said(), ContainsSubstring("no parameter \"state\""));
  save_state(path, MatrixX<double>(MatrixX<double>::Ones(1, 1)));
  const auto said_of_none = [&] {
    return refusal<FileError>([&] { load_state(path, Dense<double>{2, 2}); });
  };
  CHECK_THAT(said_of_none(), ContainsSubstring("[1, 1]"));
  TensorFile endless;  // so many samples take no bytes if they have no rows
  endless.tensors["state"] = {Dtype::f64, {0, std::uint64_t{1} << 40U}, {}};
  write_safetensors(path, endless);
  CHECK_THAT(said_of_none(), ContainsSubstring("[0, 1099511627776]"));
}

}  // namespace state_file_test
}  // namespace recur::testing
