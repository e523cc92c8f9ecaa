#include "recur/exchange/torch/optimizer.hpp"

#include <cstdlib>
#include <iostream>
#include <string>

#include "catch.hpp"
#include "exchange/torch/archive.hpp"
#include "max_abs.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/layer/conv1d.hpp"
#include "recur/layer/dense.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "refusal.hpp"
#include "temporary.hpp"

namespace recur::testing {
namespace torch_optimizer_test {

using Catch::Matchers::ContainsSubstring;

const std::string golden = RECUR_GOLDEN_DIR;

/// The Regression of make_torch.py.
using Regression = Sequential<Recurrent<Lstm<float>>, Dense<float>>;
Regression regression() { return Regression{Recurrent{Lstm<float>{2, 3}}, Dense<float>{3, 1}}; }
const TorchNames names{{"rnn", "0"}, {"fc", "1"}};

/// T × B × D there is D × (samples, steps) here.
Sequence<float> sequence_of(const StateTensor& t) {
  const VectorX<float> numbers = t.values<float>();
  const auto size = [&](std::size_t i) { return static_cast<Index>(t.shape[i]); };
  return {MatrixX<float>(ConstMatrixMap<float>(numbers.data(), size(2), size(0) * size(1))), size(1)};
}

/// nn.functional.mse_loss: the mean over all numbers.
void train(Regression& model, Optimizer<float>& optimizer, const StateDict& data, int steps) {
  const Sequence<float> x = sequence_of(data.at("x")), y = sequence_of(data.at("y"));
  Regression::Tape tape;
  Regression gradient = zeros_like(model);
  for (int i = 0; i < steps; ++i) {
    clear_gradient(gradient);
    Sequence<float> d = model.forward(x, tape, recording);
    d.values() = (d.values() - y.values()) * (2.0F / static_cast<float>(d.columns()));
    model.backward(x, d, tape, gradient);
    optimizer.step(model, gradient);
  }
}

/// Optimizer with the rule of that name and the settings in the file.
template <class F>
void with_rule(const std::string& name, const TorchOptimizer& there, F&& f) {
  if (name == "adam") return f(there.adam());
  if (name == "adamw") return f(there.adamw());
  f(there.sgd());
}

double difference(const Regression& model, const StateDict& later) {
  Regression there = model;
  take_state_dict(there, later, names);
  return static_cast<double>(max_abs(values_of(Parameters(there)) - values_of(Parameters(model))));
}

TEST_CASE("Training goes on where PyTorch stopped", "[exchange][torch_optimizer][golden]") {
  for (const std::string name : {"adam", "adamw", "sgd"}) {
    CAPTURE(name);
    const std::string path = golden + "/torch_" + name + ".pt";
    const StateDict dict = read_state_dict(path, "model"), later = read_state_dict(path, "later");
    const TorchOptimizer there = read_torch_optimizer(path, "optimizer");
    TorchNames ordered = names;
    ordered.set_order(dict);
    with_rule(name, there, [&](auto rule) {
      Regression model = regression();
      take_state_dict(model, dict, ordered);
      CHECK(difference(model, later) > 1e-2);
      Optimizer optimizer(model, rule);
      take_optimizer_state(optimizer, model, there, ordered);
      CHECK(optimizer.steps == (name == "sgd" ? 0 : 5));

      const TemporaryDirectory directory;  // the same state, saved and read again
      save_torch(directory.path / "x.pt", model, optimizer, rule, ordered);
      const TorchOptimizer again = read_torch_optimizer(directory.path / "x.pt", "optimizer");
      CHECK(again.settings.at("lr") == there.settings.at("lr"));
      for (const char* setting : {"beta1", "beta2", "eps", "weight_decay", "momentum", "nesterov"})
        CHECK(again.has(setting) == there.has(setting));
      Optimizer copy(model, rule);
      take_optimizer_state(copy, model, again, ordered);
      for (std::size_t m = 0; m < copy.moments.size(); ++m) CHECK(copy.moments[m] == optimizer.moments[m]);

      train(model, optimizer, read_state_dict(path, "data"), 5);
      CHECK(difference(model, later) < 1e-5);
    });
  }
}

/// Runs the script, which is beside this file, in a Python that has PyTorch. False if there is none.
bool runs(const std::string& arguments) {
  for (const char* python : {"/usr/bin/python3", "python3"}) {
    const std::string command = std::string(python) + ' ';
    if (std::system((command + "-c 'import torch' > /dev/null 2>&1").c_str()) != 0) continue;
    REQUIRE(std::system((command + golden + "/../exchange/torch/go_on.py " + arguments).c_str()) == 0);
    return true;
  }
  return false;
}

TEST_CASE("PyTorch goes on where training stopped here, and the other way",
          "[exchange][torch_optimizer][slow]") {
  const TemporaryDirectory directory;
  const auto file = [&](const char* name) { return (directory.path / name).string(); };
  for (const std::string name : {"adam", "adamw", "sgd"}) {
    CAPTURE(name);
    if (!runs("whole " + name + ' ' + file("whole.pt"))) {
      std::cout << "skipped: no python3 with torch is installed\n";
      return;
    }
    runs("make " + name + ' ' + file("half.pt"));
    const StateDict whole = read_state_dict(file("whole.pt"), "model");
    const StateDict data = read_state_dict(golden + "/torch_" + name + ".pt", "data");
    const TorchOptimizer half = read_torch_optimizer(file("half.pt"), "optimizer");
    with_rule(name, half, [&](auto rule) {
      Regression model = regression();  // five steps there, five here
      take_state_dict(model, read_state_dict(file("half.pt"), "model"), names);
      Optimizer optimizer(model, rule);
      take_optimizer_state(optimizer, model, half, names);
      train(model, optimizer, data, 5);
      CHECK(difference(model, whole) < 1e-5);

      Regression start = regression();  // five here, five there: first, what PyTorch began with
      const StateDict begin = read_state_dict(golden + "/torch_begin.pt");
      take_state_dict(start, begin, names);
      Optimizer fresh(start, rule);
      train(start, fresh, data, 5);
      CHECK(difference(start, read_state_dict(file("half.pt"), "model")) < 1e-5);
      save_torch(file("here.pt"), start, fresh, rule, names);
      runs("on " + name + ' ' + file("here.pt") + ' ' + file("there.pt"));
      Regression end = regression();
      take_state_dict(end, read_state_dict(file("there.pt"), "model"), names);
      CHECK(difference(end, whole) < 1e-5);

      // The weights alone in safetensors, both ways. What the .pt has for weights must not matter then.
      save_torch(file("here.safetensors"), start, names);
      Regression other = start;
      initialize(other, 9);
      save_torch(file("here.pt"), other, fresh, rule, names);
      runs("on " + name + ' ' + file("here.pt") + ' ' + file("there.safetensors") + ' ' +
           file("here.safetensors"));
      take_state_dict(end, read_state_dict(file("there.safetensors")), names);
      CHECK(difference(end, whole) < 1e-5);
    });
  }
}

TEST_CASE("An optimizer that can't be taken is refused, and nothing is changed",
          "[exchange][torch_optimizer][golden]") {
  const std::string path = golden + "/torch_adam.pt";
  const auto refused = [&](auto& model, auto rule, const TorchNames& its, const auto& change) {
    TorchOptimizer there = read_torch_optimizer(path, "optimizer");
    change(there);
    Optimizer optimizer(model, rule);
    for (auto& moment : optimizer.moments) moment.setOnes();
    const std::string error = refusal<FileError>([&] { take_optimizer_state(optimizer, model, there, its); });
    for (const auto& moment : optimizer.moments)
      CHECK((error == "nothing was refused") != (moment == VectorX<float>::Ones(moment.size())));
    CHECK((error == "nothing was refused") == (optimizer.steps == 5));
    return error;
  };
  const auto nothing = [](TorchOptimizer&) {};
  Regression model = regression();
  CHECK(refused(model, Adam{}, names, nothing) == "nothing was refused");
  Sequential more{Recurrent{Lstm<float>{2, 3}}, Dense<float>{3, 1}, Dense<float>{1, 1}};
  CHECK_THAT(refused(more, Adam{}, {}, nothing),
             ContainsSubstring("an optimizer of 6 parameters: the model has 8"));
  Sequential other{Recurrent{Lstm<float>{2, 3}}, Dense<float>{3, 2}};
  CHECK_THAT(
      refused(other, Adam{}, {}, nothing),
      ContainsSubstring("exp_avg of \"1.weight\" [1, 3] of F32 in its optimizer: the parameter is [2, 3]"));
  CHECK_THAT(refused(model, Adam{}, names, [](auto& there) { there.states[4].steps = 6; }),
             ContainsSubstring("has taken 5 steps of one parameter and 6 of \"fc.weight\""));
  CHECK_THAT(refused(model, Adam{}, names, [](auto& there) { there.states[4].moments.erase("exp_avg_sq"); }),
             ContainsSubstring("an optimizer without exp_avg_sq of \"fc.weight\""));
  CHECK_THAT(refused(model, Sgd{.momentum = 0.9}, names, nothing),
             ContainsSubstring("an optimizer without momentum_buffer of"));
  for (const char* rule : {"rmsprop", "adagrad"}) {
    auto other_rule = make_optimizer(model, rule);
    CHECK_THAT(refusal([&] {
                 take_optimizer_state(other_rule, model, read_torch_optimizer(path, "optimizer"), names);
               }),
               ContainsSubstring("moments of another rule: it must be Adam, AdamW or Sgd"));
  }
  TorchOptimizer fresh = read_torch_optimizer(path, "optimizer");
  for (auto& state : fresh.states) state = {};
  Optimizer adam(model, Adam{});
  adam.steps = 7;
  take_optimizer_state(adam, model, fresh, names);
  CHECK(adam.steps == 0);
  Optimizer with_momentum(model, Sgd{.momentum = 0.9});
  with_momentum.steps = 7;
  for (auto& state : fresh.states) state.is_there = true;  // as that of SGD without momentum
  take_optimizer_state(with_momentum, model, fresh, names);
  CHECK(with_momentum.steps == 7);

  TorchOptimizer there = read_torch_optimizer(path, "optimizer");
  CHECK_THAT(refusal<FileError>([&] { there.sgd(); }), ContainsSubstring("without the setting \"momentum\""));
  there.settings["amsgrad"] = 1;
  CHECK_THAT(refusal<FileError>([&] { there.adam(); }), ContainsSubstring("an optimizer with amsgrad"));
  there.settings["amsgrad"] = 0;
  there.settings["decoupled_weight_decay"] = 1;  // AdamW's
  CHECK_THAT(refusal<FileError>([&] { there.adam(); }),
             ContainsSubstring("an optimizer with decoupled_weight_decay"));
  CHECK(there.adamw().rate == there.setting("lr"));
  there.settings["decoupled_weight_decay"] = 0;  // Adam's
  CHECK(there.adam().rate == there.setting("lr"));
  CHECK_THAT(refusal<FileError>([&] { there.adamw(); }),
             ContainsSubstring("an optimizer whose decoupled_weight_decay is false"));
  there.settings.erase("amsgrad");  // RAdam's
  CHECK_THAT(refusal<FileError>([&] { there.adam(); }),
             ContainsSubstring("without the setting \"amsgrad\": it is neither Adam's nor AdamW's"));
  there.settings["decoupled_weight_decay"] = 1;
  CHECK_THAT(refusal<FileError>([&] { there.adamw(); }),
             ContainsSubstring("it is neither Adam's nor AdamW's"));
  CHECK_THAT(refusal<FileError>([&] { read_torch_optimizer(path, "model"); }),
             ContainsSubstring("has no list \"param_groups\""));
  Optimizer sgd(model, Sgd{.momentum = 0.9});
  const TemporaryDirectory directory;
  CHECK_THAT(refusal([&] { save_torch(directory.path / "x.pt", model, sgd, Adam{}); }),
             ContainsSubstring("the optimizer has 1 moments: its rule must have as many, and has 2"));
  CHECK_THAT(refusal([&] { save_torch(directory.path / "x.safetensors", model, sgd, Sgd{}); }),
             ContainsSubstring("must end in .pt"));
}

TEST_CASE("States of optimizers that are damaged are refused", "[exchange][torch_optimizer]") {
  const auto refused = [](const std::string& elements) {
    const std::string bytes = torch_archive(dict_pickle(elements));
    return refusal<FileError>([&] { parse_torch_optimizer(bytes, {}, "x.pt"); });
  };
  const auto group = [](const std::string& more, const std::string& params =
                                                     "](K\x01"
                                                     "e") {
    return text_op("param_groups") + "](}(" + text_op("params") + params + more + "ue";
  };
  const std::string none = "](e", one = std::string("](K\0e", 5);
  CHECK(refused(text_op("state") + "}" + group("", one)) == "nothing was refused");
  CHECK_THAT(refused(text_op("state") + "}"), ContainsSubstring("has no list \"param_groups\""));
  CHECK_THAT(refused(text_op("param_groups") + "]" + text_op("state") + "}"),
             ContainsSubstring("has no groups"));
  CHECK_THAT(refused(group("", one)), ContainsSubstring("has no dictionary \"state\""));
  CHECK_THAT(refused(text_op("state") + "}" + group("")), ContainsSubstring("are not 0, 1, 2 and so on"));
  CHECK_THAT(refused(text_op("state") + "}" + group(text_op("betas") + "K\x01", one)),
             ContainsSubstring("betas that are not two numbers"));
  CHECK_THAT(refused(text_op("state") + "}(K\x05}u" + group("", one)),
             ContainsSubstring("a parameter that is in no group"));
  CHECK_THAT(refused(text_op("state") + std::string("}(K\0", 4) + "}(" + text_op("step") +
                     std::string("J\xFF\xFF\xFF\xFF", 5) + "uu" + group("", one)),
             ContainsSubstring("has -1 steps of parameter 0"));
  CHECK_THAT(refused(text_op("state") + std::string("}(K\0", 4) + "}(" + text_op("exp_avg") + "K\x01uu" +
                     group("", one)),
             ContainsSubstring("\"exp_avg\" of parameter 0, which is a whole number"));
  const TemporaryDirectory directory;
  detail::exchange::ArchiveWriter out;
  auto& pickle = out.pickle;
  pickle.dict([&] {
    pickle.text("state"), pickle.dict([&] {
      pickle.integer(0), pickle.dict([&] {
        const VectorX<float> ones = VectorX<float>::Ones(2);
        pickle.text("exp_avg"), out.tensor(detail::weights::store(detail::parameter_of(ones)));
      });
    });
    pickle.text("param_groups"), pickle.list([&] {
      pickle.dict([&] { pickle.text("params"), pickle.list([&] { pickle.integer(0); }); });
    });
  });
  out.write(directory.path / "x.pt");
  CHECK_THAT(refusal<FileError>([&] { read_torch_optimizer(directory.path / "x.pt"); }),
             ContainsSubstring("has no steps of parameter 0"));
  CHECK_THAT(refused(text_op("state") + "}" + text_op("param_groups") + "](}(" + text_op("lr") + "K\x01ue"),
             ContainsSubstring("a group without params"));
}

}  // namespace torch_optimizer_test
}  // namespace recur::testing
