// The list of everything that the suite measures: sizes, cells, and the sides that are compared.
#include "cases.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <stdexcept>

#include "memory.hpp"
#include "ours.hpp"
#include "peak.hpp"
#include "peer.hpp"
#include "recur/core/simd.hpp"
#include "recur/core/threads.hpp"

namespace bench {

namespace {

using Make = std::function<std::unique_ptr<Side>()>;

/// What a case compares. If the two sides do different amounts of work, it compares the time of one unit of
/// work.
struct Comparison {
  Make ours, peer;
  double flops = NAN;
  double our_work = 1, peer_work = 1;
  double tolerance = 1e-4;  ///< how much their values may differ; infinite if they need not agree
};

void run(const Comparison& what, Row& row, double seconds) {
  use_threads(row.threads);
  const auto ours = what.ours(), peer = what.peer();
  ours->run();
  peer->run();
  if (std::isfinite(what.tolerance))
    if (const Difference worst = difference(ours->values(), peer->values()); worst.relative > what.tolerance)
      throw std::runtime_error("the two sides disagree by " + std::to_string(worst.relative) + " in " +
                               worst.where);
  Timing& t = row.timing;
  t = take_turns(*ours, *peer, seconds);
  const double scale = what.our_work / what.peer_work;
  t.ratio *= scale;
  t.low *= scale;
  t.high *= scale;
  row.gflops = what.flops / t.ours_ms / 1e6;
}

/// A side with its problem. The problem is made when the side is needed and lives as long as the side.
class Owner : public Side {
 public:
  using Make = std::function<std::unique_ptr<Side>(const Problem&)>;
  Owner(const Shape& shape, float scale_of_dy, const Make& make)
      : problem_(shape, scale_of_dy), side_(make(problem_)) {}
  void run() override { side_->run(); }
  Values values() const override { return side_->values(); }

 private:
  Problem problem_;
  std::unique_ptr<Side> side_;
};

class List {
 public:
  explicit List(bool quick) : quick_(quick) {}

  std::vector<Case> take() && {
    for (const int threads : {1, 2}) {
      if (threads == 2 && !has_threads()) break;
      threads_ = threads;
      batches();
      deep();
      odd_sizes();
      ragged();
      if (threads == 1) {
        streaming();
        transformer();
        denormals();
        memory();
      }
      epochs();
    }
    return std::move(cases_);
  }

  std::vector<Case> take_growth() && {
    const Shape middle{.cell = Cell::lstm, .batch = 32, .steps = 100, .input = 64, .hidden = 128};
    const auto grow = [&](const std::string& what, Index Shape::*size, std::initializer_list<Index> values) {
      for (const Index value : values) {
        Shape shape = middle;
        shape.*size = value;
        against_peers(shape, true, what);
      }
    };
    grow("growth with the batch", &Shape::batch, {1, 2, 4, 8, 16, 32, 64, 128});
    grow("growth with the steps", &Shape::steps, {10, 25, 50, 100, 200, 400});
    grow("growth with the units", &Shape::hidden, {16, 32, 64, 128, 256, 512});
    // The time on some threads over that of recur on one.
    const std::string what = "growth with the threads";
    for (threads_ = 1; threads_ <= recur::available_threads(); threads_ *= 2) {
      const int threads = threads_;
      const Make one = ours(middle, true, 1);
      if (threads > 1)
        add(row_of(middle, true), what, "recur", {.ours = one, .peer = ours(middle, true, threads)});
      for (const Peer& peer : peers())
        if (peer.make && peer.can(middle))
          add(row_of(middle, true), what, peer.name,
              {.ours = one, .peer = side(middle, 1, [=](const Problem& problem) {
                              return peer.make(problem, true, threads);
                            })});
    }
    return std::move(cases_);
  }

 private:
  static Row row_of(const Shape& shape, bool train) {
    Row row;
    row.cell = name(shape.cell);
    row.mode = !shape.lengths.empty() ? "ragged" : train ? "train" : "infer";
    row.batch = shape.batch;
    row.steps = shape.steps;
    row.input = shape.input;
    row.hidden = shape.hidden;
    return row;
  }

  void add(Row row, const std::string& what, const std::string& peer, Comparison comparison) {
    row.name = what;
    row.peer = peer;
    row.threads = threads_;
    cases_.push_back(
        {std::move(row), [=](Row& result, double seconds) { run(comparison, result, seconds); }});
  }

  static Make side(const Shape& shape, float scale_of_dy, Owner::Make make) {
    return [=] { return std::make_unique<Owner>(shape, scale_of_dy, make); };
  }
  static Make ours(const Shape& shape, bool train, int threads, float scale_of_dy = 1) {
    return side(shape, scale_of_dy,
                [=](const Problem& problem) { return make_ours(problem, train, threads); });
  }

  /// Compares with every system that can do it.
  void against_peers(const Shape& shape, bool train, const std::string& what) {
    for (const Peer& peer : peers()) {
      if (!peer.make || !peer.can(shape) || (quick_ && peer.name == "Eigen loop" && shape.hidden != 128))
        continue;
      const int threads = threads_;
      add(row_of(shape, train), what, peer.name,
          {.ours = ours(shape, train, threads),
           .peer = side(shape, 1, [=](const Problem& problem) { return peer.make(problem, train, threads); }),
           .flops = flops(shape, train)});
    }
  }

  void batches() {
    std::vector<Shape> shapes{{.batch = 1, .steps = 50, .input = 16, .hidden = 16},
                              {.batch = 1, .steps = 50, .input = 64, .hidden = 64},
                              {.batch = 8, .steps = 100, .input = 32, .hidden = 96},
                              {.batch = 20, .steps = 20, .input = 200, .hidden = 200},
                              {.batch = 32, .steps = 50, .input = 64, .hidden = 64},
                              {.batch = 32, .steps = 100, .input = 64, .hidden = 128},
                              {.batch = 64, .steps = 100, .input = 128, .hidden = 256},
                              {.batch = 64, .steps = 50, .input = 256, .hidden = 512},
                              {.batch = 256, .steps = 28, .input = 28, .hidden = 128}};
    if (quick_) shapes = {shapes[1], shapes[2], shapes[5]};
    for (Shape shape : shapes)
      for (const Cell cell : all_cells)
        for (const bool train : {true, false}) {
          if (quick_ && threads_ == 2 && (cell != Cell::lstm || shape.hidden != 128)) continue;
          shape.cell = cell;
          against_peers(shape, train, "");
          if (threads_ == 1 && shape.batch >= 32 && shape.hidden >= 128)
            add(row_of(shape, train), "", "FMA peak, same FLOPs",
                {.ours = ours(shape, train, 1),
                 .peer = [work = flops(shape, train)] { return make_peak(work); },
                 .flops = flops(shape, train),
                 .tolerance = INFINITY});
          if (threads_ > 1 && shape.batch >= 32)
            add(row_of(shape, train), "", "recur, one thread",
                {.ours = ours(shape, train, threads_),
                 .peer = ours(shape, train, 1),
                 .flops = flops(shape, train)});
        }
  }

  void deep() {
    for (const Cell cell : all_cells)
      for (const bool train : {true, false}) {
        if (quick_ && (cell != Cell::lstm || threads_ == 2)) continue;
        Shape shape{.cell = cell, .batch = 32, .steps = 100, .input = 64, .hidden = 128};
        shape.layers = 2;
        against_peers(shape, train, "two layers");
        shape.layers = 1;
        shape.both_ways = true;
        against_peers(shape, train, "both directions");
      }
  }

  void odd_sizes() {
    if (threads_ > 1) return;
    for (const Cell cell : all_cells)
      for (const Index hidden : {50, 100, 300})
        for (const bool train : {true, false}) {
          if (quick_ && cell != Cell::lstm) continue;
          Shape shape{.cell = cell, .batch = 32, .steps = 50, .input = 64, .hidden = hidden};
          Shape even = shape;
          constexpr Index lanes = recur::detail::max_lanes<float>;
          even.hidden = (hidden + lanes - 1) / lanes * lanes;
          add(row_of(shape, train), "size that fits no packet",
              "recur, " + std::to_string(even.hidden) + " units",
              {.ours = ours(shape, train, 1),
               .peer = ours(even, train, 1),
               .flops = flops(shape, train),
               .our_work = flops(shape, train),
               .peer_work = flops(even, train),
               .tolerance = INFINITY});
          if (!quick_) against_peers(shape, train, "size that fits no packet");
        }
  }

  void ragged() {
    // 4 to 50 steps, 19 on average, like sentences.
    const std::vector<Index> sentences{50, 43, 38, 35, 32, 30, 28, 26, 25, 23, 22, 21, 20, 19, 18, 17,
                                       16, 15, 15, 14, 13, 12, 12, 11, 10, 9,  8,  7,  6,  5,  4,  4};
    std::vector<Index> one_long(32, 10);
    one_long[0] = 200;
    const auto add_both = [&](const std::vector<Index>& lengths, const std::string& what) {
      for (const Cell cell : all_cells)
        for (const bool train : {true, false}) {
          if (quick_ && (cell != Cell::lstm || threads_ == 2)) continue;
          Shape shape{.cell = cell, .batch = 32, .steps = lengths[0], .input = 64, .hidden = 128};
          Shape equal = shape;
          shape.lengths = lengths;
          equal.steps = (shape.columns() + 31) / 32;
          const std::string full = what + (train ? ", train" : ", infer");
          against_peers(shape, train, full);
          add(row_of(shape, train), full, "recur, equal lengths",
              {.ours = ours(shape, train, threads_),
               .peer = ours(equal, train, threads_),
               .flops = flops(shape, train),
               .our_work = static_cast<double>(shape.columns()),
               .peer_work = static_cast<double>(equal.columns()),
               .tolerance = INFINITY});
        }
    };
    add_both(sentences, "sentences");
    add_both(one_long, "one long among short");
  }

  void streaming() {
    constexpr Index steps = 1000;  // milliseconds of a run are then microseconds of a step
    for (const Cell cell : {Cell::lstm, Cell::gru})
      for (const Index hidden : stream_sizes) {
        if (quick_ && (cell != Cell::lstm || !std::has_single_bit(static_cast<unsigned>(hidden)))) continue;
        const auto problem = std::make_shared<StreamProblem>(cell, hidden, steps);
        const Shape shape{.cell = cell, .steps = steps, .hidden = hidden};
        Row row = row_of(shape, false);
        row.mode = "stream";
        const auto our = [=](bool fixed) -> Make { return [=] { return make_our_stream(*problem, fixed); }; };
        for (const Peer& peer : peers())
          if (peer.stream)
            add(row, "fixed size", peer.name,
                {.ours = our(true),
                 .peer = [=] { return peer.stream(*problem); },
                 .flops = flops(shape, false)});
        add(row, "dynamic size", "recur, fixed size",
            {.ours = our(false), .peer = our(true), .flops = flops(shape, false)});
      }
  }

  void transformer() {
    using P = TransformerProblem;
    Row row;
    row.cell = "transformer";
    row.mode = "train";
    row.batch = P::batch;
    row.steps = P::steps;
    row.input = P::features;
    row.hidden = P::hidden;
    for (const double dropout : {0.0, 0.1}) {
      const auto problem = std::make_shared<P>(dropout);
      for (const Peer& peer : peers())
        if (peer.transformer)
          add(row, dropout > 0 ? "encoder layer, dropout" : "encoder layer", peer.name,
              {.ours = [=] { return make_our_transformer(*problem); },
               .peer = [=] { return peer.transformer(*problem); },
               .flops = P::flops(),
               .tolerance = dropout > 0 ? INFINITY : 1e-4});
    }
  }

  void denormals() {
    for (const Cell cell : all_cells) {
      const Shape shape{.cell = cell, .batch = 32, .steps = 100, .input = 64, .hidden = 128};
      add(row_of(shape, true), "gradients that are denormal", "recur, normal gradients",
          {.ours = ours(shape, true, 1, 1e-38F),
           .peer = ours(shape, true, 1),
           .flops = flops(shape, true),
           .tolerance = INFINITY});
    }
  }

  void memory() {
    if (!can_measure_memory()) return;
    for (const Cell cell : all_cells) {
      const Shape shape{.cell = cell, .batch = 32, .steps = 100, .input = 64, .hidden = 128};
      Row row = row_of(shape, true);
      row.name = "memory of the tape";
      row.peer = "recur, floats/unit/step";
      cases_.push_back({row, [=](Row& result, double) {
                          const double floats = tape_floats(shape);
                          result.timing = {NAN, NAN, floats, floats, floats, 1};
                          result.gflops = NAN;
                        }});
    }
  }

  void epochs() {
    const auto problem = std::make_shared<EpochProblem>(quick_ ? 640 : 5000);
    Row row;
    row.cell = name(Cell::lstm);
    row.mode = "epoch";
    row.batch = EpochProblem::batch;
    row.input = EpochProblem::embedding;
    row.hidden = EpochProblem::hidden;
    row.steps = problem->steps() / static_cast<Index>(problem->sentences.size());
    const std::string what = std::to_string(problem->sentences.size()) + " sentences";
    const int threads = threads_;
    const Make our = [=] { return make_our_epoch(*problem, threads); };
    for (const Peer& peer : peers())
      if (peer.epoch && !(quick_ && threads > 1))
        // The losses of all steps of Adam. Small differences of rounding grow until the end.
        add(row, what, peer.name,
            {.ours = our, .peer = [=] { return peer.epoch(*problem, threads); }, .tolerance = 1e-4});
    if (threads > 1)
      add(row, what, "recur, one thread",
          {.ours = our, .peer = [=] { return make_our_epoch(*problem, 1); }, .tolerance = 1e-4});
  }

  bool quick_;
  int threads_ = 1;
  std::vector<Case> cases_;
};

}  // namespace

std::vector<Case> list_cases(bool quick) { return List(quick).take(); }

std::vector<Case> list_growth() { return List(false).take_growth(); }

}  // namespace bench
