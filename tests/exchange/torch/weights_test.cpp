#include "recur/exchange/torch/weights.hpp"

#include <algorithm>
#include <ctime>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "catch.hpp"
#include "recur/attention/transformer.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/layer/conv1d.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/dropout.hpp"
#include "recur/layer/embedding.hpp"
#include "recur/layer/layer_norm.hpp"
#include "recur/recurrence/bidirectional.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "refusal.hpp"
#include "temporary.hpp"

namespace recur::testing {
namespace torch_weights_test {

using Catch::Matchers::ContainsSubstring;
using Names = std::vector<std::pair<std::string, std::string>>;

const std::string golden = RECUR_GOLDEN_DIR;

/// The Tagger of make_torch.py.
auto tagger() {
  return Sequential{
      Embedding<float>{5, 3},
      Sequential{Bidirectional{Lstm<float>{3, 4}}, Dropout<float>{0.5}, Bidirectional{Lstm<float>{8, 4}}},
      LayerNorm<float>{8}, Dense<float, Relu>{8, 6}, Dense<float>{6, 2}};
}
TorchNames tagger_names() {
  TorchNames names{{"embedding", "0"}, {"lstm", "1"}, {"norm", "2"}, {"fc1", "3"}, {"fc2", "4"}};
  names.absent = {"fc2.bias"};
  return names;
}

TEST_CASE("A state dict goes into a model of one's own, and back", "[exchange][torch_weights][golden]") {
  const StateDict dict = read_state_dict(golden + "/torch_modules.pt", "tagger");
  auto model = tagger();
  take_state_dict(model, dict, tagger_names());
  CHECK(std::get<0>(model.layers).weight.values.transpose().reshaped() ==
        dict.at("embedding.weight").values<float>());
  const auto& second = std::get<2>(std::get<1>(model.layers).layers).reverse_layer.cell;
  const MatrixX<float> turned = second.weight_hh.transpose();
  CHECK(turned.reshaped() == dict.at("lstm.weight_hh_l1_reverse").values<float>());

  const TemporaryDirectory directory;
  TorchNames ordered = tagger_names();
  ordered.set_order(dict);
  for (const char* name : {"x.pt", "x.safetensors"}) {
    save_torch(directory.path / name, model, ordered);
    const StateDict back = read_state_dict(directory.path / name);
    REQUIRE(back.size() == dict.size());
    std::size_t i = 0;
    for (const auto& tensor : dict) {
      CHECK(back.at(tensor.name).shape == tensor.shape);
      CHECK(back.at(tensor.name).values<float>() == tensor.values<float>());
      if (back.has_order()) CHECK((back.begin() + static_cast<std::ptrdiff_t>(i++))->name == tensor.name);
    }
  }
  std::get<4>(model.layers).bias(0) = 1;
  CHECK_THAT(refusal([&] { save_torch(directory.path / "y.pt", model, ordered); }),
             ContainsSubstring("the parameter \"4.bias\" is not zero, and PyTorch has none"));
  CHECK(directory.count() == 2);
}

TEST_CASE("A plan lists what goes where", "[exchange][torch_weights][golden]") {
  const StateDict dict = read_state_dict(golden + "/torch_modules.pt", "tagger");
  Sequential model{Embedding<float>{5, 3}, Recurrent{Lstm<float>{3, 4}}, Dense<float>{4, 7}};
  const StateDictPlan plan =
      plan_state_dict(model, dict, {{"embedding", "0"}, {"lstm", "1"}, {"fc1", "2"}, {"fc2", "3"}});
  CHECK_FALSE(plan.is_complete());
  std::ostringstream out;
  out << plan;
  CHECK_THAT(out.str(), ContainsSubstring("embedding.weight [5, 3] -> 0.weight\n") &&
                            ContainsSubstring("lstm.weight_ih_l0 [16, 3] -> 1.weight_ih\n") &&
                            ContainsSubstring("fc1.weight [6, 8] -> 2.weight [7, 4]: the shapes differ\n") &&
                            ContainsSubstring("left over: lstm.weight_ih_l0_reverse [16, 3]\n") &&
                            ContainsSubstring("left over: fc2.weight [2, 6]\n"));
  CHECK(plan_state_dict(tagger(), dict, tagger_names()).is_complete());
  CHECK(plan_state_dict(Sequential{Embedding<float>{5, 3}}, dict).missing[0].name == "0.weight");
}

TEST_CASE("What does not fit is named, and nothing is changed", "[exchange][torch_weights][golden]") {
  const StateDict dict = read_state_dict(golden + "/torch_modules.pt", "tagger");
  const auto refused = [&](auto model, const TorchNames& names) {
    initialize(model, 1);
    const auto before = values_of(Parameters(model));
    const std::string error = refusal<FileError>([&] { take_state_dict(model, dict, names); });
    CHECK((values_of(Parameters(model)) == before) == (error != "nothing was refused"));
    return error;
  };
  auto names = tagger_names();
  CHECK(refused(tagger(), names) == "nothing was refused");
  names.absent.clear();
  CHECK_THAT(refused(tagger(), names),
             ContainsSubstring("is of another model: tensor \"fc2.bias\" [2] is missing"));
  Sequential wide{Embedding<float>{5, 3}, Bidirectional{Lstm<float>{3, 5}}};
  CHECK_THAT(refused(wide, tagger_names()),
             ContainsSubstring("tensor \"lstm.weight_ih_l0\" [16, 3] for parameter \"1.forward.weight_ih\" "
                               "[20, 3]: the shapes differ") &&
                 ContainsSubstring("more"));
  names = tagger_names();
  names.pairs[4] = {"fc1", "4"};
  CHECK_THAT(refused(tagger(), names), ContainsSubstring("\"fc1.weight\"") &&
                                           ContainsSubstring("it belongs to a parameter before") &&
                                           ContainsSubstring("tensor \"fc2.weight\" [2, 6] is left over"));
  names = tagger_names();
  names.skip = {"fc2.weight"};
  CHECK_THAT(refused(tagger(), names), ContainsSubstring("it belongs to a parameter before"));

  Dense<float> dense{4, 3};
  const StateDict whole = read_state_dict(golden + "/torch_modules.pt", "whole");
  CHECK_THAT(refusal<FileError>([&] { take_state_dict(dense, whole); }), ContainsSubstring("it holds I64"));
  Dense<double> large{4, 3};
  large.weight(2, 1) = 1e300;
  const TemporaryDirectory directory;
  save_torch(directory.path / "x.safetensors", large);
  dense.weight.setOnes();
  CHECK_THAT(
      refusal<FileError>([&] { take_state_dict(dense, read_state_dict(directory.path / "x.safetensors")); }),
      ContainsSubstring("tensor \"weight\" holds 1e+300: a weight must be finite in single precision"));
  CHECK(dense.weight == MatrixX<float>::Ones(3, 4));
}

TEST_CASE("Names of recurrent layers", "[exchange][torch_weights]") {
  using detail::exchange::chosen_names;
  const std::vector<std::string> stack{"body.0.weight",
                                       "body.1.weight_ih",
                                       "body.1.bias_hh",
                                       "body.3.forward.weight_ih",
                                       "body.3.reverse.weight_ih",
                                       "head.weight"};
  CHECK(chosen_names(stack, {{"rnn", "body"}, {"embedding", "body.0"}}) ==
        std::vector<std::string>{"embedding.weight", "rnn.weight_ih_l0", "rnn.bias_hh_l0", "rnn.weight_ih_l1",
                                 "rnn.weight_ih_l1_reverse", "head.weight"});
  CHECK(chosen_names({"weight_ih", "x.weight_hr"}, {}) ==
        std::vector<std::string>{"weight_ih_l0", "x.weight_hr_l0"});
  CHECK(chosen_names({"reverse.bias_ih", "forwards.weight_ih"}, {}) ==
        std::vector<std::string>{"bias_ih_l0_reverse", "forwards.weight_ih_l0"});
  TorchNames cells{{"a", "0"}, {"b", "01"}};
  cells.cells = true;
  CHECK(chosen_names({"0.weight_ih", "01.weight_ih"}, cells) ==
        std::vector<std::string>{"a.weight_ih", "b.weight_ih"});
  CHECK_THAT(refusal([&] {
               chosen_names({"0.weight", "1.weight"}, {{"a", "0"}, {"a", "1"}});
             }),
             ContainsSubstring("two parameters should be called \"a.weight\""));
  TorchNames ordered;
  ordered.order = {"0.weight", "0.bias"};
  CHECK_THAT(refusal([&] { chosen_names({"0.weight"}, ordered); }),
             ContainsSubstring("the order of names has 2 of them, but the model 1"));
  CHECK_THAT(refusal([&] {
               chosen_names({"0.weight", "1.weight"}, ordered);
             }),
             ContainsSubstring("should be called \"1.weight\", which is not in the order"));
  CHECK_THAT(refusal([&] { ordered.set_order(read_state_dict(golden + "/torch_tagger.safetensors")); }),
             ContainsSubstring("sorted by name"));
}

TEST_CASE("A model of many layers takes time in proportion to their number", "[exchange][torch_weights]") {
  const auto seconds = [](int count) {
    TorchNames names;
    std::vector<std::string> parameters;
    for (int i = 0; i < count; ++i) {
      const std::string there = "conv" + std::to_string(i), here = "body." + std::to_string(i);
      names.pairs.emplace_back(there, here);
      names.kernels.emplace_back(there, 1);
      names.absent.push_back(there + ".bias");
      names.order.push_back(there + ".weight");
      parameters.push_back(here + ".weight");
    }
    const MatrixX<float> weight = MatrixX<float>::Ones(1, 1);
    const auto view = detail::parameter_of(weight);
    double best = 1e9;
    for (int k = 0; k < 3; ++k) {
      const std::clock_t start = std::clock();
      const auto chosen = detail::exchange::chosen_names(parameters, names);
      const detail::exchange::Kernels kernels(names);
      Index all = 0;
      detail::exchange::for_each_in_order(chosen, names, [&](const std::string& name, std::size_t) {
        all += kernels.of<const float>(name, view);
      });
      CHECK(all == count);
      best = std::min(best, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
    }
    return best;
  };
  // A loop within a loop would take 64 times as long. A clock may be too coarse for 1000 of them.
  CHECK(seconds(8000) < 24 * std::max(seconds(1000), 1e-3));
}

TEST_CASE("The kernel of a Conv1d is turned, both ways", "[exchange][torch_weights][golden]") {
  const StateDict dict = read_state_dict(golden + "/torch_modules.pt", "conv").below("conv");
  Conv1d<float> conv{4, 3, 2, 2};
  take_state_dict(conv, dict);
  const VectorX<float> there = dict.at("weight").values<float>();  // O × I × K
  for (Index o = 0; o < 3; ++o)
    for (Index i = 0; i < 4; ++i)
      for (Index k = 0; k < 2; ++k) CHECK(conv.weight(o, k * 4 + i) == there((o * 4 + i) * 2 + k));
  const TemporaryDirectory directory;
  TorchNames names;
  names.kernels = {{"", 2}};
  save_torch(directory.path / "x.pt", conv, names);
  const StateDict back = read_state_dict(directory.path / "x.pt");
  CHECK(back.at("weight").shape == std::vector<std::uint64_t>{3, 4, 2});
  CHECK(back.at("weight").values<float>() == there);
  names.kernels = {{"", 3}};
  CHECK_THAT(refusal([&] { save_torch(directory.path / "x.pt", conv, names); }),
             ContainsSubstring("to have the kernel size 3: it must be at least 1 and divide 8"));
}

TEST_CASE("Weights that are infinite or no numbers are refused by name", "[exchange][torch_weights]") {
  const TemporaryDirectory directory;
  for (const float wrong : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()})
    for (const char* file : {"x.pt", "x.safetensors"}) {
      Dense<float> dense{3, 2};
      dense.weight(1, 2) = wrong;
      save_torch(directory.path / file, dense);
      Dense<float> other{3, 2};
      const StateDict dict = read_state_dict(directory.path / file);
      CHECK_THAT(
          refusal<FileError>([&] { take_state_dict(other, dict); }),
          ContainsSubstring("tensor \"weight\" holds ") && ContainsSubstring("a weight must be finite"));
      CHECK(other.weight.isZero());
    }
}

TEST_CASE("Texts beside the tensors come back", "[exchange][torch_weights]") {
  const TemporaryDirectory directory;
  for (const char* file : {"x.pt", "x.safetensors"}) {
    save_torch(directory.path / file, Dense<float>{3, 2}, {}, {{"recur.test", "{}"}, {"note", "a b"}});
    const StateDict dict = read_state_dict(directory.path / file);
    CHECK(dict.size() == 2);
    CHECK(dict.metadata.at("recur.test") == "{}");
    CHECK(dict.metadata.at("note") == "a b");
  }
  CHECK_THAT(refusal([&] {
               save_torch(directory.path / "y.pt", Dense<float>{3, 2}, {}, {{"../a", ""}});
             }),
             ContainsSubstring("\"archive/metadata/../a\": a name must be a path"));
}

}  // namespace torch_weights_test
}  // namespace recur::testing
