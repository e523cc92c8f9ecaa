#include "recur/io/checkpoint.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#if __has_include(<sys/wait.h>)
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

#include "catch.hpp"
#include "recur/architecture/many_to_many.hpp"
#include "recur/cell/gru.hpp"
#include "recur/data/windows.hpp"
#include "recur/recurrence/learned_state.hpp"
#include "recur/train/metrics.hpp"
#include "recur/train/schedule.hpp"
#include "recur/train/sequence_loss.hpp"
#include "temporary.hpp"
#include "train/toy_fit.hpp"

namespace recur::testing {
namespace checkpoint_test {

using Catch::Matchers::ContainsSubstring;
using Toys = std::vector<Toy<float>::Example>;
namespace files = std::filesystem;

const Toys some = toy_examples<float>(24, 1), others = toy_examples<float>(10, 2);

/// The newest checkpoint of a folder, without what differs from run to run: seconds, and examples in a second.
TensorFile newest(const files::path& folder) {
  std::vector<files::path> all;
  for (const auto& entry : files::directory_iterator(folder))
    if (entry.path().extension() == ".safetensors") all.push_back(entry.path());
  TensorFile file = read_safetensors(std::ranges::max(all));
  file.metadata.clear();
  file.tensors.erase("run.seconds");
  file.tensors.erase("epoch.seconds");
  StoredTensor& history = file.tensors.at("history");
  auto figures = detail::weights::values_of<double>(history, static_cast<Index>(history.shape[0]), 14);
  figures.middleCols(10, 2).setZero();
  history = detail::weights::store<double>(detail::parameter_of(figures));
  return file;
}

/// A training of the same model on the same data, as a program would begin it each time.
using Begin = std::function<FitReport(FitOptions)>;

/// Stops a run after each of its steps, and goes on each time with a new model and optimizer. In the end, all arrays
/// are those of a run that was never stopped: weights, best weights, moments, history.
void check_goes_on(const FitOptions& options, const Begin& begin) {
  const TemporaryDirectory whole, pieces;
  FitOptions at_once = options;
  at_once.checkpoint = {.in = checkpoint_folder(whole.path, 1), .every_epochs = 0};
  const FitReport expected = begin(at_once);
  FitOptions stopped = options;
  stopped.checkpoint = {.in = checkpoint_folder(pieces.path, 1), .every_epochs = 0, .resume = true};
  stopped.on_step = [](const StepReport&) { return false; };
  Index runs = 1;
  FitReport report = begin(stopped);
  for (; report.stopped == Stopped::by_callback && runs < 100; ++runs) report = begin(stopped);
  CHECK(runs == expected.steps + 1);
  CHECK(report.stopped == expected.stopped);
  CHECK(report.best_epoch == expected.best_epoch);
  CHECK(report.epochs.size() == expected.epochs.size());
  const TensorFile one = newest(whole.path), other = newest(pieces.path);
  REQUIRE(one.tensors.size() == other.tensors.size());
  for (const auto& [name, tensor] : one.tensors) {
    INFO(name);
    CHECK((other.tensors.contains(name) && other.tensors.at(name) == tensor));
  }
}

template <class Rule>
Begin classifier(Rule rule, const Toys& validation = others) {
  return [rule, &validation](const FitOptions& options) {
    auto model = toy<float>();
    Optimizer optimizer(model, rule);
    return fit(model, optimizer, some, validation, options);
  };
}

TEST_CASE("A run that goes on is bit-identical to one that never stopped, with each rule",
          "[io][checkpoint]") {
  const FitOptions options{.epochs = 2, .batch_size = 9};
  check_goes_on(options, classifier(Sgd{.momentum = 0.9, .nesterov = true}));
  check_goes_on(options, classifier(RmsProp{.rate = 1e-2}));
  check_goes_on(options, classifier(Adagrad{}));
  check_goes_on(options, classifier(AdamW{.rate = 0.05}));
  check_goes_on({.epochs = 3, .batch_size = 5, .clip_norm = 0.1, .metric = Accuracy{}},
                classifier(Adam{.rate = 0.05}));
}

TEST_CASE("So it is on several threads, and where several batches make an update", "[io][checkpoint]") {
  check_goes_on({.epochs = 2, .batch_size = 8, .threads = 3}, classifier(Adam{.rate = 0.02}));
  check_goes_on({.epochs = 2, .batch_size = 4, .accumulate = 4, .threads = 2},
                classifier(Adam{.rate = 0.02}));
}

TEST_CASE("A schedule with a memory goes on too", "[io][checkpoint]") {
  const Plateau plateau{.rate = 0.2, .factor = 0.5, .patience = 0};
  check_goes_on({.epochs = 6, .batch_size = 13, .schedule = plateau}, classifier(Adam{}));
  check_goes_on(
      {.epochs = 3, .batch_size = 9, .schedule = WarmUp{2, plateau}, .schedule_interval = Interval::step},
      classifier(Adam{}));
  check_goes_on({.epochs = 5, .batch_size = 30, .schedule = WarmUp{2, Plateau{plateau}}},
                classifier(Sgd{}, {}));
}

TEST_CASE("Early stopping counts on, and stops the same again", "[io][checkpoint]") {
  const FitOptions options{.epochs = 30, .batch_size = 13, .patience = 2};
  check_goes_on(options, classifier(Adam{.rate = 0.3}));

  const TemporaryDirectory folder;
  FitOptions on = options;
  on.checkpoint = {.in = checkpoint_folder(folder.path), .resume = true};
  const FitReport first = classifier(Adam{.rate = 0.3})(on);
  REQUIRE(first.stopped == Stopped::early);
  const FitReport again = classifier(Adam{.rate = 0.3})(on);
  CHECK(again.stopped == Stopped::early);
  CHECK(again.epochs.size() == first.epochs.size());
  on.patience = 3;
  CHECK(classifier(Adam{.rate = 0.3})(on).epochs.size() > first.epochs.size());
}

TEST_CASE("Skipped steps, changed rate factors and examples that are drawn anew go on too",
          "[io][checkpoint]") {
  check_goes_on({.epochs = 2, .batch_size = 9, .skip_non_finite = true}, [](FitOptions options) {
    auto model = toy<float>();
    Optimizer optimizer(model, Adam{.rate = 0.02});
    options.on_gradient = [](const Parameters<float>&, const Parameters<float>& gradient) {
      float& g = gradient[1].data[0];  // about every second step
      if ((std::bit_cast<std::uint32_t>(g) & 1U) != 0) g = std::numeric_limits<float>::infinity();
    };
    return fit(model, optimizer, some, others, options);
  });
  check_goes_on({.epochs = 3, .batch_size = 13}, [](FitOptions options) {
    auto model = toy<float>();
    Optimizer optimizer(model, Adam{.rate = 0.02});
    optimizer.freeze("body.*");
    options.on_epoch = [&](const EpochReport& epoch) {  // of these, one part after the other
      if (epoch.epoch == 1) optimizer.set_rate_factor("body.2.*", 0.5);
      return true;
    };
    return fit(model, optimizer, some, others, options);
  });
  check_goes_on({.epochs = 3, .batch_size = 9}, [](const FitOptions& options) {
    auto model = toy<float>();
    Optimizer optimizer(model, Adam{.rate = 0.02});
    const auto draw = [](Random random) { return toy_examples<float>(10 + random.below(10), random.bits()); };
    return fit(model, optimizer, draw, others, options);
  });
}

auto reader() {
  ManyToMany model{Sequential{Embedding<float>{3, 4}, Dropout<float>{0.2},
                              LearnedState{Recurrent{Lstm<float>{4, 5}}}, Dense<float>{5, 3}},
                   EachStep{SoftmaxCrossEntropy<float>{}}};
  initialize(model, 1);
  return model;
}

LongText made_text() {
  std::vector<Token> tokens;
  Random random(5);
  for (int i = 0; i < 100; ++i) tokens.push_back(static_cast<Token>(random.below(3)));
  return LongText(tokens, 5, 4);
}

FitReport read_text(const FitOptions& options) {
  auto model = reader();
  Optimizer optimizer(model, Adam{.rate = 0.02});
  return fit(model, optimizer, made_text(), options);
}

TEST_CASE("A long text that is cut at other places is other data", "[io][checkpoint]") {
  const TemporaryDirectory folder;
  const auto read = [&](Index steps) {
    auto model = reader();
    Optimizer optimizer(model, Adam{});
    const FitOptions options{.epochs = 1,
                             .checkpoint = {.in = checkpoint_folder(folder.path), .resume = true}};
    return fit(model, optimizer, LongText(made_text().tokens(), 5, steps), options);
  };
  read(10);
  read(10);
  CHECK_THROWS_WITH(read(12), ContainsSubstring("other data.checksum"));  // two batches too
}

TEST_CASE("A long text goes on with the states of its rows", "[io][checkpoint]") {
  check_goes_on({.epochs = 2}, read_text);
  check_goes_on({.epochs = 2, .accumulate = 2, .threads = 2}, read_text);

  // With another number of threads only the order of sums differs.
  std::vector<double> losses;
  for (const int threads : {1, 3}) {
    const TemporaryDirectory folder;
    FitOptions options{.epochs = 1, .threads = 1};
    std::string warnings;
    options.checkpoint = {.in = checkpoint_folder(folder.path), .resume = true};
    options.checkpoint.on_warning = [&](const std::string& text) { warnings += text; };
    options.on_step = [](const StepReport& step) { return step.step < 3; };
    const auto undropped = [&] {
      auto model = reader();
      std::get<1>(model.body.layers) = Dropout<float>{0};
      Optimizer optimizer(model, Adam{.rate = 0.02});
      return fit(model, optimizer, made_text(), options);
    };
    undropped();
    options.threads = threads;
    options.on_step = {};
    losses.push_back(undropped().epochs.at(0).training_loss);
    if (threads == 1)
      CHECK(warnings == "");
    else
      CHECK_THAT(warnings, ContainsSubstring("with other options.threads: 1, and here it is 3"));
  }
  CHECK(losses[0] == Approx(losses[1]).epsilon(1e-6));
}

/// A run of 12 steps with checkpoints in a folder; `when` says the rest.
FitReport run_in(const files::path& folder, CheckpointOptions when, FitOptions options = {},
                 Toy<float>* result = nullptr) {
  when.in = when.in ? when.in : checkpoint_folder(folder, 3);
  options.epochs = 3;
  options.batch_size = 6;
  options.checkpoint = when;
  auto model = toy<float>();
  Optimizer optimizer(model, Adam{.rate = 0.05});
  struct Copy {
    Toy<float>*to, &from;
    ~Copy() {
      if (to) *to = from;
    }
  } copy{result, model};
  return fit(model, optimizer, some, others, options);
}

std::vector<std::string> names_in(const files::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : files::directory_iterator(folder))
    names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  return names;
}

std::string name(int steps) { return "checkpoint-00000000000" + std::to_string(steps) + ".safetensors"; }

TEST_CASE("Checkpoints come when they are due, and the last ones stay", "[io][checkpoint]") {
  const TemporaryDirectory folder;
  const auto steps_of = [&](CheckpointOptions when, int keep) {
    const files::path at = folder.path / "new" / "folder";
    files::remove_all(at);
    when.in = checkpoint_folder(at, keep);
    run_in(at, when);
    std::vector<int> steps;
    for (const std::string& one : names_in(at)) steps.push_back(std::stoi(one.substr(11)));
    return steps;
  };
  CHECK(steps_of({}, 9) == std::vector{0, 4, 8, 12});
  CHECK(steps_of({.every_epochs = 2}, 9) == std::vector{0, 8, 12});
  CHECK(steps_of({.every_steps = 5, .every_epochs = 0}, 9) == std::vector{0, 5, 10, 12});
  CHECK(steps_of({.every_steps = 3}, 2) == std::vector{9, 12});
  CHECK(steps_of({.every_epochs = 0}, 1) == std::vector{12});
  CHECK(steps_of({.every_epochs = 0, .every_minutes = 1e-12}, 20).size() == 13);
  CHECK_THROWS_WITH(CheckpointFolder("x", 0), ContainsSubstring("keep 0 checkpoints"));
  CHECK_THROWS_WITH(CheckpointFolder("", 1), ContainsSubstring("no name"));
}

TEST_CASE("Permissions of a checkpoint that is replaced stay", "[io][checkpoint]") {
  const TemporaryDirectory folder;
  const FitOptions stop{.on_step = [](const StepReport& step) { return step.step < 2; }};
  run_in(folder.path, {}, stop);
  files::permissions(folder.path / name(2), files::perms::owner_read | files::perms::owner_write);
  run_in(folder.path, {.every_steps = 2, .resume = true});
  TensorFile file = read_safetensors(folder.path / "checkpoint-000000000012.safetensors");
  CHECK(file.metadata.at("recur.checkpoint") == "1");
  CHECK(file.metadata.at("recur.checksum").size() == 16);
  const auto saved = detail::checkpoint::Saved(file, "x");
  CheckpointFolder again(folder.path, 9);
  VectorX<double> all = VectorX<double>::Ones(3);
  RunState state;
  state.add("a", detail::parameter_of(all));
  again.save(state, 2);
  files::permissions(folder.path / name(2), files::perms::owner_read | files::perms::owner_write);
  again.save(state, 2);
#ifndef _WIN32  // it has no such permissions
  CHECK(files::status(folder.path / name(2)).permissions() ==
        (files::perms::owner_read | files::perms::owner_write));
#endif
}

TEST_CASE("Two runs don't mix, and a run is only gone on with by itself", "[io][checkpoint]") {
  const TemporaryDirectory folder;
  run_in(folder.path, {});
  CHECK_THROWS_WITH(run_in(folder.path, {}), ContainsSubstring("there are checkpoints of a run already"));
  const auto on = [&](FitOptions options, const Toys& training = some) {
    auto model = toy<float>();
    Optimizer optimizer(model, Adam{});
    options.epochs = 3;
    options.checkpoint = {.in = checkpoint_folder(folder.path), .resume = true};
    const auto before = model;
    try {
      fit(model, optimizer, training, others, options);
    } catch (...) {
      CHECK(equal(model, before));
      CHECK(optimizer.steps == 0);
      throw;
    }
    return optimizer.steps;
  };
  CHECK(on({.batch_size = 6}) == 12);
  CHECK_THROWS_WITH(on({.batch_size = 7}),
                    ContainsSubstring("other options.batch_size: 6, and here it is 7"));
  CHECK_THROWS_WITH(on({.batch_size = 6, .seed = 1}), ContainsSubstring("options.seed_low"));
  CHECK_THROWS_WITH(on({.batch_size = 6, .accumulate = 2}), ContainsSubstring("options.accumulate"));
  CHECK_THROWS_WITH(on({.batch_size = 6}, Toys(some.begin() + 1, some.end())),
                    ContainsSubstring("data.examples"));

  auto wider = toy<double>();
  Optimizer optimizer(wider, Adam{});
  const FitOptions same{.batch_size = 6,
                        .checkpoint = {.in = checkpoint_folder(folder.path), .resume = true}};
  CHECK_THROWS_WITH(fit(wider, optimizer, toy_examples<double>(24, 1), toy_examples<double>(10, 2), same),
                    ContainsSubstring("\"model.body.0.weight\" is of F32, expected F64"));
  auto model = toy<float>();
  Optimizer simpler(model, Sgd{});
  CHECK_THROWS_WITH(fit(model, simpler, some, others, same),
                    ContainsSubstring("has no \"optimizer.momentum.body.0.weight\""));
  CHECK_THROWS_WITH(run_in(folder.path, {.every_steps = -1}), ContainsSubstring("none may be negative"));
  CHECK_THROWS_WITH(fit(model, simpler, some, {.checkpoint = {.resume = true}}),
                    ContainsSubstring("without checkpoint.in"));
}

TEST_CASE("A finished run goes on with more epochs", "[io][checkpoint]") {
  const TemporaryDirectory whole, pieces;
  for (const int epochs : {1, 3}) {
    auto model = toy<float>();
    Optimizer optimizer(model, Adam{.rate = 0.05});
    fit(model, optimizer, some, others,
        {.epochs = epochs,
         .batch_size = 6,
         .checkpoint = {.in = checkpoint_folder(pieces.path), .resume = true}});
  }
  run_in(whole.path, {});
  CHECK(newest(whole.path) == newest(pieces.path));
}

TEST_CASE("After an exception a run that went on has its best weights too", "[io][checkpoint]") {
  const TemporaryDirectory folder;
  auto best = toy<float>(), result = best;
  run_in(folder.path, {}, {.on_epoch = [](const EpochReport& epoch) { return epoch.epoch < 1; }}, &best);
  struct Failure {};
  const FitOptions fails{.on_step = [](const StepReport& step) -> bool {
    if (step.step == 2) throw Failure();
    return true;
  }};
  CHECK_THROWS_AS(run_in(folder.path, {.resume = true}, fails, &result), Failure);
  CHECK(equal(result, best));
  CHECK(!equal(result, toy<float>()));
}

/// The text of a warning, and the steps at which runs end.
struct Warned {
  std::vector<std::string> texts;
  CheckpointOptions options(CheckpointOptions when) {
    when.on_warning = [this](const std::string& text) { texts.push_back(text); };
    return when;
  }
};

TEST_CASE("A checkpoint that can't be read is not damaged, and keeps its name", "[io][checkpoint]") {
  const TemporaryDirectory folder;
  run_in(folder.path, {.in = checkpoint_folder(folder.path)});
  const files::path last = folder.path / "checkpoint-000000000013.safetensors";
  files::create_directory(last);
  CHECK_THROWS_WITH(run_in(folder.path, {.resume = true}),
                    ContainsSubstring("000013.safetensors: is a directory"));
  CHECK(files::is_directory(last));
}

TEST_CASE("A damaged or cut checkpoint is passed over, and the one before is used", "[io][checkpoint]") {
  const TemporaryDirectory whole;
  run_in(whole.path, {.every_steps = 3, .every_epochs = 0});
  const TensorFile expected = newest(whole.path);
  const auto spoil = [](const files::path& path, auto&& change) {
    std::string bytes = detail::read_file(path);
    change(bytes);
    std::ofstream(path, std::ios::binary) << bytes;
  };
  const std::vector<std::function<void(std::string&)>> ways{
      [](std::string& bytes) { bytes.resize(bytes.size() / 2); },
      [](std::string& bytes) { bytes.clear(); },
      [](std::string& bytes) { bytes[bytes.size() - 9] ^= 1; },
      [](std::string& bytes) { bytes[bytes.find("recur.checkpoint") + 19] = '7'; },
      [](std::string& bytes) { bytes[bytes.find("run.steps")] = 'R'; },
      [](std::string& bytes) { bytes[bytes.find("recur.checksum")] = 'R'; }};
  for (const auto& way : ways) {
    const TemporaryDirectory folder;
    run_in(folder.path, {.every_steps = 3},
           {.on_step = [](const StepReport& step) { return step.epoch < 2; }});
    REQUIRE(names_in(folder.path) == std::vector{name(3), name(4), name(5)});
    spoil(folder.path / name(5), way);
    Warned warned;
    run_in(folder.path, warned.options({.resume = true}));
    REQUIRE(warned.texts.size() == 1);
    CHECK_THAT(warned.texts[0], ContainsSubstring("an older checkpoint is used"));
    CHECK(newest(folder.path) == expected);
    CHECK(files::exists(folder.path / (name(5) + ".damaged")));
  }
  const TemporaryDirectory twice;
  run_in(twice.path, {.every_steps = 3}, {.on_step = [](const StepReport& step) { return step.epoch < 2; }});
  spoil(twice.path / name(5), ways[1]);
  spoil(twice.path / name(4), ways[0]);
  Warned both;
  run_in(twice.path, both.options({.resume = true}));
  REQUIRE(both.texts.size() == 1);
  CHECK_THAT(both.texts[0], ContainsSubstring(name(5)) && ContainsSubstring("; ") &&
                                ContainsSubstring(name(4)) && !ContainsSubstring(name(3)));

  const TemporaryDirectory folder;
  run_in(folder.path, {.in = checkpoint_folder(folder.path, 1)});
  spoil(folder.path / "checkpoint-000000000012.safetensors", ways[2]);
  CHECK_THROWS_WITH(run_in(folder.path, {.resume = true}),
                    ContainsSubstring("is damaged") && ContainsSubstring("no older checkpoint"));
  CHECK(names_in(folder.path).size() == 1);

  TensorFile later;
  detail::checkpoint::seal(later);
  later.metadata["recur.checkpoint"] = "2";
  later.metadata["recur.checksum"] = detail::checkpoint::checksum_of(later);
  write_safetensors(folder.path / "checkpoint-000000000013.safetensors", later);
  CHECK_THROWS_WITH(run_in(folder.path, {.resume = true}),
                    ContainsSubstring("of version \"2\", and this recur reads version 1"));
}

TEST_CASE("Numbers that a run can't have are refused", "[io][checkpoint]") {
  const TemporaryDirectory folder;
  run_in(folder.path, {.every_epochs = 0},
         {.on_step = [](const StepReport& step) { return step.epoch < 2; }});
  const TensorFile right = read_safetensors(folder.path / name(5));
  // The file with another number in one of its arrays of double. What refuses it leaves model and optimizer as they were.
  const auto with = [&](const char* what, double number, std::size_t at = 0) {
    TensorFile file = right;
    auto& bytes = file.tensors.at(what).bytes;
    REQUIRE(bytes.size() >= (at + 1) * sizeof number);
    std::memcpy(bytes.data() + at * sizeof number, &number, sizeof number);
    detail::checkpoint::seal(file);
    write_safetensors(folder.path / name(5), file);
    auto model = toy<float>();
    Optimizer optimizer(model, Adam{.rate = 0.05});
    try {
      fit(model, optimizer, some, others,
          {.epochs = 3,
           .batch_size = 6,
           .checkpoint = {.in = checkpoint_folder(folder.path), .resume = true}});
    } catch (...) {
      CHECK(equal(model, toy<float>()));
      CHECK(optimizer.steps == 0);
      CHECK(optimizer.rate() == 0.05);
      CHECK(values_of(Parameters<float>(optimizer)).isZero(0));
      throw;
    }
  };
  CHECK_THROWS_AS(with("run.epoch", 1), FileError);
  CHECK_THROWS_AS(with("run.epoch", 2.5), FileError);
  CHECK_THROWS_AS(with("run.epoch", 1e300), FileError);
  CHECK_THROWS_AS(with("run.best_epoch", 2), FileError);
  CHECK_THROWS_AS(with("run.steps", -1), FileError);
  CHECK_THROWS_AS(with("epoch.steps", 5), FileError);
  CHECK_THROWS_WITH(with("epoch.of", 5), ContainsSubstring("the training data are others"));
  CHECK_THROWS_AS(with("run.kept", 2), FileError);
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double steps : {nan, 1e300, -5.0, 0.5})
    CHECK_THROWS_WITH(with("optimizer.steps", steps),
                      ContainsSubstring("the checkpoint's optimizer.steps is "));
  for (const double rate : {nan, -1.0, 1e300}) {
    CHECK_THROWS_AS(with("optimizer.rate", rate), FileError);
    CHECK_THROWS_AS(with("optimizer.rate_factors", rate, 1), FileError);
  }
  CHECK_THROWS_WITH(with("history", nan), ContainsSubstring("the checkpoint's history is nan"));
  CHECK_NOTHROW(with("optimizer.steps", 5));
}

TEST_CASE("An array of another shape is refused before its size is asked for", "[io][checkpoint]") {
  constexpr std::uint64_t huge = std::uint64_t{1} << 40U;
  const auto with = [](const files::path& path, const char* what, const std::vector<std::uint64_t>& shape) {
    TensorFile file = read_safetensors(path);
    StoredTensor& tensor = file.tensors.at(what);
    tensor.shape = shape;
    tensor.bytes.resize(static_cast<std::size_t>(detail::bytes_of(tensor.dtype, shape).value()));
    if (what == std::string("history")) {
      const VectorX<double> epoch = VectorX<double>::Constant(1, static_cast<double>(shape[0]) + 1);
      file.tensors.at("run.epoch") = detail::weights::store<double>(detail::parameter_of(epoch));
    }
    detail::checkpoint::seal(file);
    write_safetensors(path, file);
  };
  FitOptions options{.epochs = 2};
  options.on_step = [](const StepReport& step) { return step.epoch < 2 || step.step < 3; };
  for (const int way : {0, 1, 2, 3, 4, 5, 6, 7}) {
    const TemporaryDirectory folder;
    options.checkpoint = {.in = checkpoint_folder(folder.path), .resume = true};
    read_text(options);
    const auto path = folder.path / std::ranges::max(names_in(folder.path));
    const auto right = read_safetensors(path).tensors.at("text.states").shape;
    REQUIRE((right.size() == 2 && right[1] == 5));
    const std::uint64_t rows = right[0];
    const std::vector<std::vector<std::uint64_t>> shapes{
        {huge, 5, 0}, {huge, 0}, {0, 5}, {rows, 5, 1}, {5 * rows}, {5, rows}, {rows + 1, 5}, {rows - 1, 5}};
    const auto& shape = shapes[static_cast<std::size_t>(way)];
    INFO(detail::describe(shape));
    with(path, "text.states", shape);
    CHECK_THROWS_AS(read_text(options), FileError);
  }
  constexpr std::uint64_t many = 2147483646;  // the largest number of epochs, less one
  for (const auto& shape :
       {std::vector<std::uint64_t>{many, 14, 0}, {many, 0}, {1, 14, 1}, {1, 7, 2}, {14}}) {
    const TemporaryDirectory folder;
    INFO(detail::describe(shape));
    run_in(folder.path, {}, {.on_step = [](const StepReport& step) { return step.epoch < 2; }});
    with(folder.path / name(5), "history", shape);
    CHECK_THROWS_AS(run_in(folder.path, {.resume = true}), FileError);
  }
}

TEST_CASE("Another run is noticed by its data and its options, and what may differ by a warning",
          "[io][checkpoint]") {
  const TemporaryDirectory folder;
  const FitOptions first{.epochs = 1, .batch_size = 6, .metric = Accuracy{}};
  const auto go = [&](FitOptions options, const Toys& training = some, const Toys& validation = others) {
    auto model = toy<float>();
    Optimizer optimizer(model, Adam{});
    std::string warnings;
    options.checkpoint = {.in = checkpoint_folder(folder.path), .resume = true};
    options.checkpoint.on_warning = [&](const std::string& text) { warnings += text + '\n'; };
    fit(model, optimizer, training, validation, options);
    return warnings;
  };
  const auto changed = [&](auto change) {
    FitOptions options = first;
    change(options);
    return options;
  };
  CHECK(go(first) == "");
  CHECK(go(first) == "");
  Toys data = some;
  data[3].target = 1 - data[3].target;
  CHECK_THROWS_WITH(go(first, data), ContainsSubstring("other data.checksum"));
  data = some;
  std::ranges::reverse(data);
  CHECK_THROWS_WITH(go(first, data), ContainsSubstring("other data.checksum"));
  CHECK_THROWS_WITH(go(first, some, Toys(others.begin() + 1, others.end())),
                    ContainsSubstring("other validation.examples: 10, and here it is 9"));
  data = others;
  data[3].target = 1 - data[3].target;
  CHECK_THROWS_WITH(go(first, some, data), ContainsSubstring("other validation.checksum"));
  const auto refused = [&](auto change, const char* what) {
    CHECK_THROWS_WITH(go(changed(change)), ContainsSubstring(what));
  };
  refused([](FitOptions& o) { o.seed = 4000000001; }, "and here it is 4000000001");
  refused([](FitOptions& o) { o.metric = {}; }, "other options.metric_checksum");
  refused([](FitOptions& o) { o.metric = F1{}; }, "other options.metric_checksum");
  refused([](FitOptions& o) { o.metric_name = "right"; }, "other options.metric_checksum");
  refused([](FitOptions& o) { o.schedule = ConstantRate{1e-3}; }, "other options.schedule_interval: 0");
  const auto warned = [&](auto change, const char* what) {
    CHECK_THAT(go(changed(change)), ContainsSubstring(what));
  };
  warned([](FitOptions& o) { o.clip_norm = 5; }, "other options.clip_norm: inf, and here it is 5");
  warned([](FitOptions& o) { o.clip_value = 2; }, "other options.clip_value: inf, and here it is 2");
  warned([](FitOptions& o) { o.threads = 2; }, "other options.threads: 1, and here it is 2");

  const TemporaryDirectory of_numbers;
  const auto measured = [&](bool lower_is_better) {
    auto model = toy<float>();
    Optimizer optimizer(model, Adam{});
    fit(model, optimizer, some, others,
        {.epochs = 1,
         .metric = [] { return 1.0; },
         .lower_metric_is_better = lower_is_better,
         .checkpoint = {.in = checkpoint_folder(of_numbers.path), .resume = true}});
  };
  measured(false);
  CHECK_THROWS_WITH(measured(true), ContainsSubstring("other options.lower_metric_is_better: 0"));
}

TEST_CASE("Real numbers that differ are a warning, since another processor may have computed them",
          "[io][checkpoint]") {
  const TemporaryDirectory folder;
  const auto go = [&](float last) {
    ManyToOne model{Recurrent{Gru<float>{2, 3}}, Pooling::last, Dense<float>{3, 1}, SquaredError{}};
    initialize(model, 1);
    std::vector<decltype(model)::Example> examples(6);
    for (Random random(1); auto& [x, y] : examples) {
      x = MatrixX<float>::NullaryExpr(2, 4, [&] { return static_cast<float>(random.normal()); });
      y = VectorX<float>::Constant(1, x.sum());
    }
    examples.back().input(1, 3) = last;
    Optimizer optimizer(model, Adam{});
    std::string warnings;
    FitOptions options{.epochs = 1, .checkpoint = {.in = checkpoint_folder(folder.path), .resume = true}};
    options.checkpoint.on_warning = [&](const std::string& text) { warnings += text; };
    fit(model, optimizer, examples, options);
    return warnings;
  };
  CHECK(go(1) == "");
  CHECK(go(1) == "");
  CHECK_THAT(go(2), ContainsSubstring("other data.reals_checksum") && ContainsSubstring("bit for bit"));
}

TEST_CASE("Windows of another series are other data", "[io][checkpoint]") {
  const TemporaryDirectory folder;
  const auto go = [&](double last) {
    MatrixX<float> series(1, 40);
    for (Index t = 0; t < 40; ++t) series(0, t) = static_cast<float>(t % 7);
    series(0, 39) = static_cast<float>(last);
    const Windows<float> windows(series, series, {.length = 8});
    OnWindows model{
        ManyToOne{Recurrent{Gru<float>{1, 3}}, Pooling::last, Dense<float>{3, 1}, SquaredError{}}};
    initialize(model, 1);
    Optimizer optimizer(model, Adam{});
    std::string warnings;
    FitOptions options{.epochs = 1, .checkpoint = {.in = checkpoint_folder(folder.path), .resume = true}};
    options.checkpoint.on_warning = [&](const std::string& text) { warnings += text; };
    fit(model, optimizer, windows.examples(), options);
    return warnings;
  };
  CHECK(go(1) == "");
  CHECK(go(1) == "");
  CHECK_THAT(go(2), ContainsSubstring("other data.reals_checksum"));
}

TEST_CASE("A training that goes on says what it did before", "[io][checkpoint]") {
  const TemporaryDirectory folder;
  int calls = 0;
  FitReport before;
  CheckpointOptions when{.resume = true};
  when.on_resume = [&](const FitReport& report) {
    ++calls;
    before = report;
  };
  const FitReport first =
      run_in(folder.path, when, {.on_epoch = [](const EpochReport& epoch) { return epoch.epoch < 2; }});
  CHECK(calls == 0);
  run_in(folder.path, when);
  CHECK(calls == 1);
  CHECK(before.epochs.size() == 2);
  CHECK(before.best_epoch == first.best_epoch);
  CHECK(before.steps == 8);
}

TEST_CASE("Of weights that are not finite no checkpoint is kept, so the last good ones stay",
          "[io][checkpoint]") {
  const TemporaryDirectory folder;
  auto model = toy<float>();
  Optimizer optimizer(model, Adam{.rate = 0.05});
  Warned warned;
  FitOptions options{.epochs = 3, .batch_size = 6, .skip_non_finite = true};
  options.checkpoint =
      warned.options({.in = checkpoint_folder(folder.path), .every_steps = 1, .resume = true});
  options.on_step = [&](const StepReport& step) {
    if (step.epoch == 2 && step.step == 2)  // after six updates
      model.head.bias(0) = std::numeric_limits<float>::infinity();
    return true;
  };
  fit(model, optimizer, some, others, options);
  CHECK(names_in(folder.path) == std::vector{name(3), name(4), name(5)});
  REQUIRE(warned.texts.size() == 1);
  CHECK(warned.texts[0] == "after step 6 no checkpoint was kept: parameter head.bias is not finite");

  options.on_step = {};
  options.skip_non_finite = false;
  model = toy<float>();
  Optimizer again(model, Adam{.rate = 0.05});
  fit(model, again, some, others, options);
  auto expected = toy<float>();
  const TemporaryDirectory whole;
  run_in(whole.path, {}, {}, &expected);
  CHECK(equal(model, expected));
}

TEST_CASE("A warning of weights that are not finite is given once, also if its function throws",
          "[io][checkpoint]") {
  const TemporaryDirectory folder;
  auto model = toy<float>();
  Optimizer optimizer(model, Adam{.rate = 0.05});
  std::vector<std::string> texts;
  FitOptions options{.epochs = 3, .batch_size = 6, .skip_non_finite = true};
  options.checkpoint = {.in = checkpoint_folder(folder.path), .every_steps = 1};
  options.checkpoint.on_warning = [&](const std::string& text) {
    texts.push_back(text);
    throw std::runtime_error("stopped by the warning");
  };
  options.on_step = [&](const StepReport& step) {
    if (step.step == 2) model.head.bias(0) = std::numeric_limits<float>::infinity();
    return true;
  };
  CHECK_THROWS_WITH(fit(model, optimizer, some, others, options), "stopped by the warning");
  CHECK(texts ==
        std::vector<std::string>{"after step 2 no checkpoint was kept: parameter head.bias is not finite"});
}

TEST_CASE("A folder that can't be written is an error before the first step, later a warning",
          "[io][checkpoint]") {
  const TemporaryDirectory folder;
  folder.file("file", "x");
  int steps = 0;
  const FitOptions count{.on_step = [&](const StepReport&) { return ++steps, true; }};
  CHECK_THROWS_WITH(run_in(folder.path / "file", {}, count), ContainsSubstring("can't be"));
  CHECK(steps == 0);

  // The folder goes away within the run.
  const files::path at = folder.path / "run";
  Warned warned;
  const FitOptions blocked{.on_step = [&](const StepReport& step) {
    if (step.epoch == 2 && step.step == 1) {
      files::remove_all(at);
      folder.file("run", "in the way");
    }
    return true;
  }};
  auto result = toy<float>(), expected = result;
  const FitReport report = run_in(at, warned.options({}), blocked, &result);
  CHECK(report.epochs.size() == 3);
  REQUIRE(warned.texts.size() == 2);
  CHECK_THAT(warned.texts[0], ContainsSubstring("after step 8 no checkpoint was kept: "));
  run_in(folder.path / "other", {}, {}, &expected);
  CHECK(equal(result, expected));

  // Without a function for warnings they go to the standard error stream.
  files::remove(at);
  const CaptureErrors errors;
  run_in(at, {}, blocked);
  CHECK_THAT(errors.text.str(), ContainsSubstring("after step 12 no checkpoint was kept: "));
}

#if __has_include(<sys/wait.h>)

/// Runs f in a process of its own, with its output thrown away. Returns how it ended, as waitpid says it.
template <class F>
int in_process(F f, std::chrono::microseconds kill_after = std::chrono::hours(1)) {
  const pid_t child = fork();
  if (child == 0) {
    try {
      f();
    } catch (...) {
      _exit(1);
    }
    _exit(0);
  }
  int status = 0;
  const auto end = std::chrono::steady_clock::now() + kill_after;
  while (waitpid(child, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() >= end) {
      kill(child, SIGKILL);
      waitpid(child, &status, 0);
      break;
    }
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
  return status;
}

TEST_CASE("A full disk ends no run, and the checkpoints before stay whole", "[io][checkpoint]") {
  // Files may have so many bytes that the first checkpoint fits, and those with best weights don't.
  const TemporaryDirectory folder;
  const auto limited = [](rlim_t bytes, auto&& f) {
    return in_process([&] {
      std::signal(SIGXFSZ, SIG_IGN);
      const rlimit limit{bytes, bytes};
      setrlimit(RLIMIT_FSIZE, &limit);
      f();
    });
  };
  std::size_t first = 0;
  run_in(folder.path, {}, {.on_step = [&](const StepReport&) {
           first = files::file_size(folder.path / name(0));
           return false;
         }});
  files::remove_all(folder.path);
  const int status = limited(first + 700, [&] {
    Warned warned;
    const FitReport report = run_in(folder.path, warned.options({}));
    if (report.epochs.size() != 3 || warned.texts.size() != 3) _exit(2);
    if (warned.texts[2].find("can't be written: ") == std::string::npos) _exit(3);
  });
  CHECK(status == 0);
  CHECK(names_in(folder.path) == std::vector{name(0)});
  CHECK(limited(10, [&] { run_in(folder.path / "new", {}); }) != 0);  // the first one must fit
  run_in(folder.path, {.resume = true});                              // now there is room
  const TemporaryDirectory whole;
  run_in(whole.path, {});
  CHECK(newest(folder.path) == newest(whole.path));
}

/// The steps before the newest checkpoint, or -1 if there is none. None may be damaged.
double steps_kept(const files::path& folder) {
  CheckpointFolder kept(folder, 2);
  const auto saved = kept.newest([](const std::string& warning) { FAIL_CHECK(warning); });
  double steps = -1;
  RunState run;
  run.add("run.steps", steps);
  if (saved) saved->read(run, false);
  return steps;
}

/// Kills a run so often at random moments, also while it writes, and goes on each time. No checkpoint is lost: the newest
/// is never older than before. The end is that of a run that was never stopped.
void check_kills(int times, std::uint64_t seed, const Begin& of_run, FitOptions options) {
  const TemporaryDirectory whole, killed;
  const auto train = [&](const files::path& folder) {
    options.checkpoint = {.in = checkpoint_folder(folder, 2), .every_steps = 1, .resume = true};
    options.checkpoint.on_warning = [](const std::string&) { _exit(2); };
    of_run(options);
  };
  const auto begin = std::chrono::steady_clock::now();
  REQUIRE(in_process([&] { train(whole.path); }) == 0);  // so that the threads of a run start in its process
  const auto alone =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
  const TensorFile expected = newest(whole.path);
  Random random(seed);
  int kills = 0, ends = 0;
  double kept = -1;
  while (kills < times) {
    const std::chrono::microseconds after(random.below(alone.count() / 2 + 1));
    const int status = in_process([&] { train(killed.path); }, after);
    const bool was_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    REQUIRE((was_killed || status == 0));
    kills += was_killed;
    const double before = std::exchange(kept, steps_kept(killed.path));
    REQUIRE(kept >= before);
    if (was_killed) continue;
    CHECK(newest(killed.path) == expected);
    files::remove_all(killed.path);
    kept = -1;
    ++ends;
  }
  CHECK(in_process([&] { train(killed.path); }) == 0);
  CHECK(newest(killed.path) == expected);
  for (const auto& left : names_in(killed.path)) CHECK(left.starts_with("checkpoint-"));  // no temporary file
  CHECK(names_in(killed.path).size() <= 3);  // the last kill may have come before the oldest one went
  INFO(ends);
}

/// Runs that are killed: of one thread, of two that make an update from several batches, and on a long text.
void check_kills(int times, std::uint64_t seed) {
  check_kills(times, seed, classifier(Adam{.rate = 0.05}),
              {.epochs = 3, .batch_size = 4, .schedule = Plateau{.rate = 0.05, .patience = 0}});
  check_kills(times, seed + 1, classifier(Adam{.rate = 0.05}),
              {.epochs = 4, .batch_size = 3, .accumulate = 2, .threads = 2});
  check_kills(times, seed + 2, read_text, {.epochs = 3, .threads = 2});
}
TEST_CASE("A run that was killed in its last save leaves no temporary file when it goes on",
          "[io][checkpoint]") {
  const TemporaryDirectory folder;
  run_in(folder.path, {});
  const auto kept = names_in(folder.path);
  std::ofstream(folder.path / ".recur-0123456789abcdef.tmp") << "half";
  run_in(folder.path, {.resume = true});  // it has ended, so it saves nothing
  CHECK(names_in(folder.path) == kept);
}

TEST_CASE("A run that is killed at any moment goes on as if it had not been", "[io][checkpoint]") {
  check_kills(12, 1);
}
TEST_CASE("A run that is killed 200 times goes on too", "[io][checkpoint][slow]") { check_kills(200, 2); }

#endif

}  // namespace checkpoint_test
}  // namespace recur::testing
