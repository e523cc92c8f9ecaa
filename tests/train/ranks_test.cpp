#include "recur/train/ranks.hpp"

#include <barrier>
#include <exception>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "max_abs.hpp"
#include "recur/architecture/many_to_many.hpp"
#include "recur/architecture/many_to_one.hpp"
#include "recur/cell/gru.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/core/initialize.hpp"
#include "recur/io/checkpoint.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/dropout.hpp"
#include "recur/layer/embedding.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "recur/train/fit.hpp"
#include "recur/train/loss.hpp"
#include "recur/train/rule.hpp"
#include "recur/train/sequence_loss.hpp"
#include "temporary.hpp"

namespace ranks_test {

using namespace recur;
using testing::max_abs;

/// What the ranks of one program share: threads instead of processes.
struct Meeting {
  explicit Meeting(int size)
      : barrier(size), numbers(static_cast<std::size_t>(size)), lists(numbers.size()) {}
  std::barrier<> barrier;
  std::vector<std::vector<double>> numbers;
  std::vector<std::vector<Index>> lists;
};

class ThreadRanks final : public Ranks {
 public:
  ThreadRanks(Meeting& meeting, int rank) : meeting_(meeting), rank_(rank) {}
  int rank() const override { return rank_; }
  int size() const override { return static_cast<int>(meeting_.numbers.size()); }
  void sum(std::span<float> numbers) override { add(numbers); }
  void sum(std::span<double> numbers) override { add(numbers); }
  std::vector<Index> gather(std::span<const Index> numbers) override {
    meeting_.lists[static_cast<std::size_t>(rank_)].assign(numbers.begin(), numbers.end());
    meeting_.barrier.arrive_and_wait();
    std::vector<Index> all;
    for (const auto& list : meeting_.lists) all.insert(all.end(), list.begin(), list.end());
    meeting_.barrier.arrive_and_wait();
    return all;
  }

 private:
  template <class S>
  void add(std::span<S> numbers) {
    meeting_.numbers[static_cast<std::size_t>(rank_)].assign(numbers.begin(), numbers.end());
    meeting_.barrier.arrive_and_wait();
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      S sum = 0;
      for (const auto& of_rank : meeting_.numbers) sum += static_cast<S>(of_rank[i]);
      numbers[i] = sum;
    }
    meeting_.barrier.arrive_and_wait();
  }
  Meeting& meeting_;
  int rank_;
};

/// Calls f(ranks) on as many threads as there are ranks. Their exceptions must come on all of them.
template <class F>
void on_ranks(int size, F f) {
  Meeting meeting(size);
  std::vector<std::exception_ptr> errors(static_cast<std::size_t>(size));
  std::vector<std::thread> threads;
  for (int rank = 0; rank < size; ++rank)
    threads.emplace_back([&, rank] {
      ThreadRanks ranks(meeting, rank);
      try {
        f(ranks);
      } catch (...) {
        errors[static_cast<std::size_t>(rank)] = std::current_exception();
      }
    });
  for (auto& thread : threads) thread.join();
  for (const auto& error : errors)
    if (error) std::rethrow_exception(error);
}

TEST_CASE("Ranks join the columns that each has, and one without any may not know the rows",
          "[train][ranks]") {
  const MatrixX<double> all{{1, 2, 3}, {4, 5, 6}};
  on_ranks(3, [&](Ranks& ranks) {
    MatrixX<double> mine;
    if (ranks.rank() == 0) mine = all, mine.rightCols(1).setZero();
    if (ranks.rank() == 1) mine = MatrixX<double>::Zero(1, 3);
    if (ranks.rank() == 2) mine = all, mine.leftCols(2).setZero();
    detail::ranks::join_columns(ranks, mine, 3);
    if (mine != all) throw std::logic_error("the columns are not joined");
  });
}

/// Sentences of 1 to 7 tokens; the label says whether token 1 comes before token 2.
auto classifier() {
  ManyToOne model{Sequential{Embedding<float>{12, 5}, Dropout<float>{0.2}, Recurrent{Lstm<float>{5, 6}}},
                  Pooling::last, Dense<float>{6, 2}, SoftmaxCrossEntropy{}};
  initialize(model, 3);
  return model;
}
using Classifier = decltype(classifier());

std::vector<Classifier::Example> sentences(int count, std::uint64_t seed) {
  Random random(seed);
  std::vector<Classifier::Example> all;
  for (int n = 0; n < count; ++n) {
    std::vector<Token> tokens(1 + static_cast<std::size_t>(random.below(7)));
    for (Token& token : tokens) token = static_cast<Token>(random.below(12));
    all.push_back({tokens, static_cast<int>(tokens.front() < tokens.back())});
  }
  return all;
}

struct Result {
  VectorX<float> weights;
  FitReport report;
};

Result train(Ranks* ranks, int threads, Index accumulate = 1) {
  Classifier model = classifier();
  Optimizer optimizer(model, Adam{.rate = 1e-2});
  Result result;
  result.report = fit(model, optimizer, sentences(41, 1), sentences(17, 2),
                      {.epochs = 3,
                       .batch_size = 8,
                       .accumulate = accumulate,
                       .threads = threads,
                       .seed = 5,
                       .clip_norm = 0.5,
                       .ranks = ranks,
                       .metric = Accuracy{}});
  result.weights = values_of(Parameters(model));
  return result;
}

TEST_CASE("ranks train as the threads of one program do, with dropout and rows of tables", "[train][ranks]") {
  const Index accumulate = GENERATE(1, 2);
  const int size = GENERATE(1, 2, 3);
  const int threads = size == 2 ? 2 : 1;
  const Result alone = train(nullptr, size * threads, accumulate);
  std::vector<Result> results(static_cast<std::size_t>(size));
  on_ranks(size, [&](Ranks& ranks) {
    results[static_cast<std::size_t>(ranks.rank())] = train(&ranks, threads, accumulate);
  });
  for (const Result& result : results) {
    CHECK(result.weights == results[0].weights);  // bit by bit
    CHECK(max_abs(result.weights - alone.weights) < 1e-5f);
    REQUIRE(result.report.epochs.size() == alone.report.epochs.size());
    for (std::size_t e = 0; e < alone.report.epochs.size(); ++e) {
      CHECK(result.report.epochs[e].training_loss ==
            Approx(alone.report.epochs[e].training_loss).epsilon(1e-6));
      CHECK(result.report.epochs[e].validation_loss ==
            Approx(alone.report.epochs[e].validation_loss).epsilon(1e-6));
      CHECK(result.report.epochs[e].metric == alone.report.epochs[e].metric);
      CHECK(result.report.epochs[e].max_norm == Approx(alone.report.epochs[e].max_norm).epsilon(1e-5));
    }
    CHECK(result.report.best_epoch == alone.report.best_epoch);
  }
}

TEST_CASE("ranks share the rows of a long text and carry their states", "[train][ranks]") {
  const auto make = [] {
    ManyToMany model{Sequential{Embedding<float>{9, 4}, Recurrent{Gru<float>{4, 5}}, Dense<float>{5, 9}},
                     EachStep{SoftmaxCrossEntropy{}}};
    initialize(model, 1);
    return model;
  };
  std::vector<Token> tokens;
  for (Random random(4); tokens.size() < 300;) tokens.push_back(static_cast<Token>(random.below(9)));
  const LongText text(tokens, 5, 7);
  const auto run = [&](Ranks* ranks, int threads) {
    auto model = make();
    Optimizer optimizer(model, Sgd{.rate = 0.1});
    const auto report = fit(model, optimizer, text, text, {.epochs = 2, .threads = threads, .ranks = ranks});
    return std::pair{values_of(Parameters(model)), report.epochs.back().validation_loss};
  };
  const auto [weights, loss] = run(nullptr, 3);
  on_ranks(3, [&, &weights = weights, &loss = loss](Ranks& ranks) {
    const auto [mine, my_loss] = run(&ranks, 1);
    if (!(max_abs(mine - weights) <= 1e-6f && std::abs(my_loss - loss) <= 1e-6))
      throw std::logic_error("rank " + std::to_string(ranks.rank()) + " differs");
  });
}

TEST_CASE("a rank with other weights, examples or options is named, on all ranks", "[train][ranks]") {
  const auto fails = [](auto change, const char* message) {
    CHECK_THROWS_WITH(on_ranks(3,
                               [&](Ranks& ranks) {
                                 Classifier model = classifier();
                                 auto examples = sentences(9, 1);
                                 FitOptions options{.epochs = 1, .ranks = &ranks};
                                 if (ranks.rank() == 2) change(model, examples, options);
                                 Optimizer optimizer(model, Sgd{});
                                 fit(model, optimizer, examples, options);
                               }),
                      Catch::Matchers::ContainsSubstring(message));
  };
  fails([](auto& model, auto&, auto&) { initialize(model, 9); }, "rank 2 of 3 has other weights than rank 0");
  fails([](auto&, auto& examples, auto&) { examples.pop_back(); },
        "rank 2 of 3 has another number of examples than rank 0");
  const auto differs = [&](auto change, const char* message) {
    fails([&](auto&, auto&, FitOptions& options) { change(options); }, message);
  };
  differs([](FitOptions& o) { o.seed = 7; }, "rank 2 of 3 has another seed than rank 0");
  differs([](FitOptions& o) { o.epochs = 2; },
          "has other epochs than rank 0: give fit the same on all ranks");
  differs([](FitOptions& o) { o.batch_size = 2; }, "another batch_size");
  differs([](FitOptions& o) { o.accumulate = 2; }, "another accumulate");
  differs([](FitOptions& o) { o.window = 2; }, "another window");
  differs([](FitOptions& o) { o.metric = [] { return 1.0; }; }, "another metric");
  differs([](FitOptions& o) { o.lower_metric_is_better = true; }, "another lower_metric_is_better");
  differs([](FitOptions& o) { o.skip_non_finite = true; }, "another skip_non_finite");
  differs([](FitOptions& o) { o.clip_norm = 2; }, "another clip_norm");
  differs([](FitOptions& o) { o.clip_value = 2; }, "another clip_value");
}

TEST_CASE("a rank with another optimizer is named, on all ranks", "[train][ranks]") {
  const auto fails = [](auto change, const std::string& message) {
    CHECK_THROWS_WITH(on_ranks(3,
                               [&](Ranks& ranks) {
                                 Classifier model = classifier();
                                 Optimizer optimizer(model, Adam{});
                                 if (ranks.rank() == 1) change(optimizer);
                                 fit(model, optimizer, sentences(9, 1), {.epochs = 1, .ranks = &ranks});
                               }),
                      message + " than rank 0: make and load the optimizer of each rank in the same way");
  };
  fails([](auto& optimizer) { optimizer.moments[1](3) = 1; },
        "rank 1 of 3 has other moments of the optimizer");
  fails([](auto& optimizer) { optimizer.steps = 4; },
        "rank 1 of 3 has another number of steps of the optimizer");
  fails([](auto& optimizer) { optimizer.set_rate(0.5); },
        "rank 1 of 3 has another rate or rate factor of the optimizer");
  fails([](auto& optimizer) { optimizer.freeze("body.0.*"); },
        "rank 1 of 3 has another rate or rate factor of the optimizer");
}

TEST_CASE("ranks that draw other numbers of examples, or evaluate a text on other threads, say so",
          "[train][ranks]") {
  CHECK_THROWS_WITH(on_ranks(2,
                             [&](Ranks& ranks) {
                               Classifier model = classifier();
                               Optimizer optimizer(model, Adam{});
                               const auto draw = [&](Random) { return sentences(8 + ranks.rank(), 1); };
                               fit(model, optimizer, draw, {}, {.epochs = 1, .ranks = &ranks});
                             }),
                    "rank 1 of 2 has another number of drawn examples than rank 0: draw must depend on its "
                    "Random alone");
  ManyToMany model{Sequential{Embedding<float>{9, 4}, Recurrent{Gru<float>{4, 5}}, Dense<float>{5, 9}},
                   EachStep{SoftmaxCrossEntropy{}}};
  initialize(model, 1);
  const std::vector<Token> tokens(100, 3);
  const LongText text(tokens, 5, 7);
  CHECK_THROWS_WITH(
      on_ranks(2,
               [&](Ranks& ranks) { evaluate(model, text, {.threads = 1 + ranks.rank(), .ranks = &ranks}); }),
      "rank 1 of 2 has another number of threads than rank 0: evaluate a long text with the same on all "
      "ranks");
}

TEST_CASE("if a callback stops the training on one rank, it stops on all", "[train][ranks]") {
  on_ranks(2, [&](Ranks& ranks) {
    Classifier model = classifier();
    Optimizer optimizer(model, Sgd{.rate = 0.1});
    FitOptions options{.epochs = 5, .batch_size = 4, .ranks = &ranks};
    if (ranks.rank() == 1) options.on_step = [](const StepReport& step) { return step.step < 2; };
    const FitReport report = fit(model, optimizer, sentences(20, 1), options);
    if (report.steps != 2 || report.stopped != Stopped::by_callback) throw std::logic_error("it went on");
  });
}

TEST_CASE("a run of ranks goes on from its checkpoint, also with another number of ranks", "[train][ranks]") {
  std::vector<Token> tokens;
  for (Random random(4); tokens.size() < 300;) tokens.push_back(static_cast<Token>(random.below(9)));
  const LongText text(tokens, 5, 7);
  const auto train = [&](Ranks& ranks, const std::filesystem::path& folder, Index last, bool resume) {
    ManyToMany model{Sequential{Embedding<float>{9, 4}, Recurrent{Gru<float>{4, 5}}, Dense<float>{5, 9}},
                     EachStep{SoftmaxCrossEntropy{}}};
    initialize(model, 1);
    Optimizer optimizer(model, Adam{.rate = 1e-2});
    FitOptions options{.epochs = 2, .ranks = &ranks};
    options.checkpoint = {.in = checkpoint_folder(folder), .resume = resume};
    options.checkpoint.on_warning = [](const std::string&) {};  // of another number of ranks
    options.on_step = [&](const StepReport& step) { return step.epoch < 2 || step.step < last; };
    fit(model, optimizer, text, options);
    return values_of(Parameters(model));
  };
  const TemporaryDirectory temporary;
  const auto& folder = temporary.path;
  VectorX<float> whole;
  on_ranks(2, [&](Ranks& ranks) {
    const auto weights = train(ranks, folder / "whole", 1000, false);
    if (ranks.rank() == 0) whole = weights;
    train(ranks, folder / "stopped", 3, false);  // in the middle of the second epoch
  });
  std::filesystem::copy(folder / "stopped", folder / "other");
  const auto goes_on = [&](int size, const std::filesystem::path& from) {
    VectorX<float> weights;
    on_ranks(size, [&](Ranks& ranks) {
      const auto mine = train(ranks, from, 1000, true);
      if (ranks.rank() == size - 1) weights = mine;
    });
    return weights;
  };
  CHECK(goes_on(2, folder / "stopped") == whole);
  CHECK(max_abs(goes_on(3, folder / "other") - whole) < 1e-5f);
}

TEST_CASE("a run that goes on warns of another number of threads and ranks", "[train][ranks]") {
  const TemporaryDirectory folder;
  std::string warnings;
  const auto train = [&](Ranks* ranks, int threads) {
    Classifier model = classifier();
    Optimizer optimizer(model, Sgd{.rate = 0.1});
    FitOptions options{.epochs = 1, .batch_size = 8, .threads = threads, .ranks = ranks};
    options.checkpoint = {.in = checkpoint_folder(folder.path), .resume = true};
    options.checkpoint.on_warning = [&](const std::string& text) { warnings += text + '\n'; };
    fit(model, optimizer, sentences(20, 1), options);
  };
  train(nullptr, 4);
  train(nullptr, 4);
  CHECK(warnings == "");
  on_ranks(2, [&](Ranks& ranks) { train(&ranks, 2); });
  CHECK_THAT(warnings, Catch::Matchers::ContainsSubstring("other options.threads: 4, and here it is 2") &&
                           Catch::Matchers::ContainsSubstring("other options.ranks: 1, and here it is 2"));
}

TEST_CASE("ranks that see other checkpoints say so", "[train][ranks]") {
  const TemporaryDirectory folder;
  const auto train = [&](Ranks* ranks, const std::filesystem::path& in, Index last) {
    Classifier model = classifier();
    Optimizer optimizer(model, Sgd{.rate = 0.1});
    FitOptions options{.epochs = 2, .batch_size = 4, .threads = ranks ? 1 : 2, .ranks = ranks};
    options.checkpoint = {.in = checkpoint_folder(in), .resume = true};
    options.checkpoint.on_warning = [](const std::string&) {};  // of other threads and ranks
    options.on_step = [&](const StepReport& step) { return step.step < last; };
    fit(model, optimizer, sentences(20, 1), options);
  };
  const auto resume = [&](const char* zero, const char* one) {
    on_ranks(2, [&](Ranks& ranks) { train(&ranks, folder.path / (ranks.rank() == 0 ? zero : one), 100); });
  };
  train(nullptr, folder.path / "a", 2);
  train(nullptr, folder.path / "b", 3);
  train(nullptr, folder.path / "c", 2);  // as many steps, but in another run
  std::filesystem::copy(folder.path / "a", folder.path / "d");
  const std::string message =
      "rank 1 of 2 has another newest checkpoint than rank 0: all ranks must see the same folder";
  CHECK_THROWS_WITH(resume("a", "b"), message);
  CHECK_THROWS_WITH(resume("a", "c"), message);
  CHECK_NOTHROW(resume("a", "d"));
}

TEST_CASE("the metric of rank 0 decides for all ranks", "[train][ranks]") {
  on_ranks(2, [&](Ranks& ranks) {
    Classifier model = classifier();
    Optimizer optimizer(model, Sgd{.rate = 0.1});
    double metric = 0;  // rises on rank 0 and falls on rank 1
    const FitReport report =
        fit(model, optimizer, sentences(20, 1),
            {.epochs = 4, .ranks = &ranks, .metric = [&] { return metric += ranks.rank() == 0 ? 1 : -1; }});
    if (report.best_epoch != 4 || report.epochs[3].metric != 4) throw std::logic_error("another best epoch");
  });
}

}  // namespace ranks_test
