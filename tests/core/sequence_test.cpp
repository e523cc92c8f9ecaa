#include "recur/core/sequence.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "allocations.hpp"
#include "catch.hpp"
#include "recur/core/random.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace sequence_test {

using Catch::Matchers::ContainsSubstring;

/// F × length. Each number shows its place: 100 · sample + 10 · step + feature.
MatrixX<float> sample(Index features, Index b, Index length) {
  MatrixX<float> values(features, length);
  for (Index t = 0; t < length; ++t)
    for (Index f = 0; f < features; ++f) values(f, t) = static_cast<float>(100 * b + 10 * t + f);
  return values;
}

TEST_CASE("A layout sorts by length and puts step after step", "[core][sequence]") {
  const std::vector<Index> lengths{2, 4, 3, 4, 1};
  const Layout layout(lengths);
  CHECK(layout.batch() == 5);
  CHECK(layout.steps() == 4);
  CHECK(layout.columns() == 14);
  const Index batch_sizes[] = {5, 4, 3, 2, 0}, offsets[] = {0, 5, 9, 12, 14};
  for (Index t = 0; t <= 4; ++t) {
    CHECK(layout.batch_size(t) == batch_sizes[t]);
    CHECK(layout.offset(t) == offsets[t]);
  }
  const Index sorted[] = {4, 4, 3, 2, 1}, users[] = {1, 3, 2, 0, 4};  // equal lengths keep their order
  for (Index n = 0; n < 5; ++n) {
    CHECK(layout.length(n) == sorted[n]);
    CHECK(layout.user_index(n) == users[n]);
    CHECK(layout.place(users[n]) == n);
  }
  for (const Index i : {-1, 5}) {
    CHECK_THROWS_AS(layout.offset(i), std::out_of_range);
    CHECK_THROWS_AS(layout.length(i), std::out_of_range);
    CHECK_THROWS_AS(layout.user_index(i), std::out_of_range);
    CHECK_THROWS_AS(layout.place(i), std::out_of_range);
  }
  for (const Index t : {-1, 5, 7}) CHECK_THROWS_AS(layout.batch_size(t), std::out_of_range);
}

TEST_CASE("A layout of any lengths equals a stable sort and allocates only when it grows",
          "[core][sequence]") {
  Random random(1);
  Layout layout;
  for (int trial = 0; trial < 50; ++trial) {
    std::vector<Index> lengths(static_cast<std::size_t>(1 + random.below(20)));
    for (Index& length : lengths) length = 1 + random.below(12);
    layout.assign(static_cast<Index>(lengths.size()),
                  [&](Index b) { return lengths[static_cast<std::size_t>(b)]; });
    std::vector<Index> order(lengths.size());
    std::iota(order.begin(), order.end(), Index{0});
    const auto length_of = [&](Index b) { return lengths[static_cast<std::size_t>(b)]; };
    std::stable_sort(order.begin(), order.end(),
                     [&](Index a, Index b) { return length_of(a) > length_of(b); });
    Index column = 0;
    for (Index t = 0; t < layout.steps(); ++t, column += layout.batch_size(t - 1)) {
      if (layout.offset(t) != column) FAIL("offset of step " << t);
      if (layout.batch_size(t) !=
          std::count_if(lengths.begin(), lengths.end(), [t](Index l) { return l > t; }))
        FAIL("batch size of step " << t);
    }
    CHECK(layout.columns() == std::accumulate(lengths.begin(), lengths.end(), Index{0}));
    for (std::size_t n = 0; n < order.size(); ++n) {
      if (layout.user_index(static_cast<Index>(n)) != order[n]) FAIL("order of " << n);
      if (layout.length(static_cast<Index>(n)) != lengths[static_cast<std::size_t>(order[n])])
        FAIL("length of " << n);
    }
  }
  const auto like = [](Index b) { return 1 + b % 12; };
  layout.assign(20, like);
  const CountAllocations allocations;
  layout.assign(20, like);
  layout.assign(3, [](Index b) { return 12 - b; });
  const long count = allocations.count();
  CHECK(count == 0);
  const Layout before = layout;
  CHECK_THROWS_AS(layout.assign(3, [](Index b) { return 1 - b; }), std::invalid_argument);
  CHECK(layout == before);
}

TEST_CASE("A layout of equal lengths keeps the user's order", "[core][sequence]") {
  Layout layout(3, 2);
  CHECK(layout == Layout(std::vector<Index>{2, 2, 2}));
  CHECK(layout.columns() == 6);
  CHECK(layout.user_index(2) == 2);
  layout.assign(1, 4);
  CHECK(layout == Layout(std::vector<Index>{4}));
  CHECK(layout != Layout(std::vector<Index>{3}));
  CHECK(Layout(std::vector<Index>{1, 2}) != Layout(std::vector<Index>{2, 1}));  // the order is part of it
}

TEST_CASE("An empty layout is an empty batch", "[core][sequence]") {
  const Layout layout;
  CHECK(layout.batch() == 0);
  CHECK(layout.steps() == 0);
  CHECK(layout.columns() == 0);
  CHECK(layout.offset(layout.steps()) == 0);
  const Sequence<float> sequence;
  CHECK(sequence.batch() == 0);
  CHECK(sequence.values().size() == 0);
}

TEST_CASE("A layout refuses empty batches and lengths below one", "[core][sequence]") {
  CHECK(refusal([] { Layout{std::span<const Index>()}; }) ==
        "a batch must hold at least one sequence, but it is empty");
  CHECK(refusal([] {
          Layout(std::vector<Index>{3, 0, 2});
        }) == "sequence 1 of the batch has length 0: the shortest legal length is 1");
  CHECK_THAT(refusal([] { Layout(std::vector<Index>{-2}); }), ContainsSubstring("has length -2"));
  CHECK_THAT(refusal([] { Layout(0, 3); }), ContainsSubstring("0 sequences of length 3"));
  CHECK_THAT(refusal([] { Layout(3, 0); }), ContainsSubstring("both must be at least 1"));
  CHECK_THROWS_AS(Layout(3, -1), std::invalid_argument);
  constexpr Index most = std::numeric_limits<Index>::max();
  CHECK_THAT(refusal([] { Layout(1, most); }), ContainsSubstring("more steps than can be counted"));
  CHECK_THAT(refusal([] { Layout(most, 1); }), ContainsSubstring("more than can be counted"));
  CHECK_THAT(refusal([] {
               Layout(std::vector<Index>{2, most});
             }),
             ContainsSubstring("more steps than can be counted"));
  CHECK(refusal([] {
          Layout(std::vector<Index>{most, 1});
        }) == "a batch of 2 sequences has more steps than can be counted");
}

TEST_CASE("A layout stays as it was if memory runs out", "[core][sequence]") {
  if (!CountAllocations::works) return;
  const Layout before(std::vector<Index>{2, 4, 3});
  Layout layout;
  int failed = 0;
  const auto runs_out = [&](auto&& assign) {
    with_too_little_memory([&] { layout = Layout(), layout = before; }, assign,
                           [&] {
                             CHECK(layout == before);
                             ++failed;
                           });
    layout = Layout();
  };
  runs_out([&] { layout.assign(5, 6); });
  runs_out([&] { layout.assign(5, [](Index b) { return 9 - b; }); });
  const Layout other(5, 6);
  runs_out([&] { layout = other; });
  CHECK(failed == 12);
}

/// Whether x holds sample(2, b, lengths[b]) for each b, step by step and sample by sample.
bool holds(const Sequence<float>& x, const std::vector<Index>& lengths) {
  bool all = x.features() == 2 && x.batch() == static_cast<Index>(lengths.size());
  for (Index b = 0; all && b < x.batch(); ++b)
    all = x.sample(b) == sample(2, b, lengths[static_cast<std::size_t>(b)]);
  for (Index t = 0; all && t < x.steps(); ++t)
    for (Index n = 0; all && n < x.step(t).cols(); ++n)
      for (Index f = 0; all && f < 2; ++f)
        all = x.step(t)(f, n) == static_cast<float>(100 * x.layout().user_index(n) + 10 * t + f);
  return all;
}

TEST_CASE("A sequence can be made of matrices in every form", "[core][sequence]") {
  const std::vector<Index> lengths{2, 4, 3};
  const std::vector<MatrixX<float>> samples{sample(2, 0, 2), sample(2, 1, 4), sample(2, 2, 3)};
  CHECK(holds(Sequence<float>(samples), lengths));
  CHECK(holds(Sequence<float>(std::span(samples)), lengths));
  CHECK(holds(Sequence<float>({samples[0], samples[1], samples[2]}), lengths));
  CHECK(holds(Sequence<float>{samples[0], samples[1], samples[2]}, lengths));
  CHECK(holds(Sequence<float>({sample(2, 0, 5).leftCols(2), sample(2, 1, 4)}), {2, 4}));
  CHECK(holds(Sequence<float>({samples[0]}), {2}));

  MatrixX<float> steps(2, 6);  // T · B: column t · B + b
  for (Index t = 0; t < 3; ++t)
    for (Index b = 0; b < 2; ++b) steps.col(t * 2 + b) = sample(2, b, 3).col(t);
  CHECK(holds(Sequence<float>(steps, 2), {3, 3}));
  CHECK(holds(Sequence<float>{steps, 2}, {3, 3}));
  CHECK(Sequence<float>(steps, 2).layout() == Layout(2, 3));
  CHECK(Sequence<float>(steps, 6).steps() == 1);
  CHECK(Sequence<float>(steps, 1).sample(0) == steps);
}

TEST_CASE("A sequence can be made of token lists in every form", "[core][sequence]") {
  const auto is = [](const Sequence<Token>& x, const std::vector<std::vector<Token>>& lists) {
    bool same = x.features() == 1 && x.batch() == static_cast<Index>(lists.size());
    for (Index b = 0; same && b < x.batch(); ++b) {
      const MatrixX<Token> tokens = x.sample(b);
      const auto& list = lists[static_cast<std::size_t>(b)];
      same = std::equal(list.begin(), list.end(), tokens.data(), tokens.data() + tokens.size());
    }
    return same;
  };
  const std::vector<std::vector<Token>> lists{{1, 3}, {4, 2, 7}, {5}};
  CHECK(is(Sequence<Token>(lists), lists));
  CHECK(is(Sequence<Token>(std::span(lists)), lists));
  CHECK(is(Sequence<Token>({lists[0], lists[1], lists[2]}), lists));
  // As a user writes them down, of any lengths
  CHECK(is(Sequence<Token>({{4, 2, 7}, {1, 3}}), {{4, 2, 7}, {1, 3}}));
  CHECK(is(Sequence<Token>{{4, 2, 7}, {1, 3}}, {{4, 2, 7}, {1, 3}}));
  CHECK(is(Sequence<Token>({{1}, {2}}), {{1}, {2}}));
  CHECK(is(Sequence<Token>({{4, 2, 7}}), {{4, 2, 7}}));
  CHECK(is(Sequence<Token>({{4, 2}}), {{4, 2}}));
  CHECK(is(Sequence<Token>({{1, 2, 3, 4}, {5, 6, 7, 8}}), {{1, 2, 3, 4}, {5, 6, 7, 8}}));
  CHECK(is(Sequence<Token>({{1, 2}, {5, 6}, {3}}), {{1, 2}, {5, 6}, {3}}));
}

TEST_CASE("A sequence keeps order within steps: the longest first", "[core][sequence]") {
  const Sequence<float> x({sample(1, 0, 2), sample(1, 1, 4), sample(1, 2, 3)});
  MatrixX<float> expected(1, 9);
  expected << 100, 200, 0, 110, 210, 10, 120, 220, 130;
  CHECK(x.values() == expected);
  CHECK(x.step(2).cols() == 2);
  CHECK(x.step(3)(0, 0) == 130);
  CHECK_THROWS_WITH(x.step(9), Catch::Matchers::StartsWith("step 9 is out of range: there are "));
  CHECK_THROWS_WITH(x.sample(3), "sample 3 is out of range: there are 3, counted from 0");
  CHECK_THROWS_AS(x.sample(-1), std::out_of_range);
}

TEST_CASE("A sequence refuses samples that are not a batch", "[core][sequence]") {
  using Samples = std::vector<MatrixX<double>>;
  const MatrixX<double> good = MatrixX<double>::Ones(3, 2);
  CHECK_THAT(refusal([] { Sequence<double>(Samples{}); }), ContainsSubstring("it is empty"));
  CHECK_THAT(refusal([] { Sequence<Token>(std::vector<std::vector<Token>>{}); }),
             ContainsSubstring("it is empty"));
  CHECK_THAT(refusal([&] {
               Sequence<double>({good, MatrixX<double>(3, 0)});
             }),
             ContainsSubstring("sequence 1 of the batch has length 0"));
  CHECK_THAT(refusal([] {
               Sequence<Token>({{1, 2}, {}});
             }),
             ContainsSubstring("sequence 1") && ContainsSubstring("length 0"));
  CHECK(refusal([&] {
          Sequence<double>({good, MatrixX<double>::Ones(4, 2)});
        }) == "sequence 1 of the batch has 4 features, but sequence 0 has 3: they must be equal");
  CHECK(refusal([&] { Sequence<double>(good, 0); }) == "a batch of 0 sequences: it must hold at least one");
  CHECK(refusal([] { Sequence<double>(MatrixX<double>::Ones(3, 7), 2); }) ==
        "7 columns can't be 2 sequences of one length: they must be a positive multiple of 2");
  CHECK_THROWS_AS(Sequence<double>(MatrixX<double>(3, 0), 2), std::invalid_argument);
}

TEST_CASE("A sequence refuses values that are not finite", "[core][sequence]") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (const double bad : {infinity, -infinity, std::numeric_limits<double>::quiet_NaN()}) {
    MatrixX<double> values = MatrixX<double>::Ones(3, 2);
    values(2, 1) = bad;
    CHECK(refusal([&] {
            Sequence<double>({MatrixX<double>::Ones(3, 4), values});
          }) == detail::message("feature 2 of step 1 of sequence 1 of the batch is ", bad,
                                ": every value must be finite"));
    MatrixX<double> steps = MatrixX<double>::Ones(3, 8);  // 4 steps of 2 sequences: column t · 2 + b
    steps(0, 5) = bad;
    CHECK(refusal([&] { Sequence<double>(steps, 2); }) ==
          detail::message("feature 0 of step 2 of sequence 1 of the batch is ", bad,
                          ": every value must be finite"));
  }
  const MatrixX<double> ignored = MatrixX<double>::Constant(1, 3, ignored_number<double>);
  CHECK(refusal([&] { Sequence<double>{ignored}; }) ==
        "feature 0 of step 0 of sequence 0 of the batch is ignored_number: only a target can be ignored, and "
        "what a network reads must be known");
  const MatrixX<double> largest = MatrixX<double>::Constant(1, 1, std::numeric_limits<double>::max());
  CHECK_NOTHROW(Sequence<double>(largest, 1));
}

TEST_CASE("A sequence takes other samples into its memory or stays unchanged", "[core][sequence]") {
  const std::vector<MatrixX<float>> samples{sample(2, 0, 2), sample(2, 1, 4), sample(2, 2, 3)};
  const auto at = [&](Index b) -> const MatrixX<float>& { return samples[static_cast<std::size_t>(b)]; };
  Sequence<float> x;
  x.assign(3, at);
  CHECK(holds(x, {2, 4, 3}));
  const CountAllocations allocations;
  x.assign(2, at);
  x.assign(3, at);
  const long count = allocations.count();
  CHECK(count == 0);
  CHECK(holds(x, {2, 4, 3}));

  MatrixX<float> bad = sample(2, 1, 5), flat = sample(1, 1, 5), empty(2, 0);
  bad(1, 4) = std::numeric_limits<float>::infinity();
  for (const auto* wrong : {&bad, &flat, &empty}) {
    CHECK_THROWS_AS(
        x.assign(2, [&](Index b) -> const MatrixX<float>& { return b == 0 ? samples[0] : *wrong; }),
        std::invalid_argument);
    CHECK(holds(x, {2, 4, 3}));
  }
  CHECK_THROWS_AS(x.assign(0, at), std::invalid_argument);
  CHECK(holds(x, {2, 4, 3}));
}

TEST_CASE("A sequence is a value", "[core][sequence]") {
  Sequence<float> one({sample(2, 0, 2), sample(2, 1, 4)});
  Sequence<float> copy = one;
  copy.values().setZero();
  CHECK(holds(one, {2, 4}));
  copy = one;
  const Sequence<float> moved = std::move(one);
  CHECK(holds(moved, {2, 4}));
  CHECK(holds(copy, {2, 4}));
}

TEST_CASE("Memory of a sequence only grows", "[core][sequence]") {
  Sequence<float> x;
  x.reshape(3, Layout(4, 5));
  CHECK(x.features() == 3);
  CHECK(x.columns() == 20);
  x.values().setZero();
  const float* place = x.data();
  x.reshape(2, Layout(std::vector<Index>{3, 1}));
  CHECK(x.values().rows() == 2);
  CHECK(x.values().cols() == 4);
  CHECK(x.data() == place);
}

TEST_CASE("A sequence has no numbers if there is no memory for them", "[core][sequence]") {
  if (!CountAllocations::works) return;
  const Layout small(1, 1), large(std::vector<Index>{20, 30});
  const MatrixX<float> samples[] = {sample(2, 0, 20), sample(2, 1, 30)};
  Sequence<float> x;
  int failed = 0;
  const auto runs_out = [&](auto&& f) {
    with_too_little_memory(
        [&] {
          x = Sequence<float>();
          x.reshape(2, small);
        },
        f,
        [&] {
          CHECK(x.values().size() <= 2);
          ++failed;
        });
    CHECK(x.values().size() == 100);
  };
  runs_out([&] { x.reshape(2, large); });
  runs_out([&] { x.assign(2, [&](Index b) -> const MatrixX<float>& { return samples[b]; }); });
  const Sequence<float> other(samples);
  runs_out([&] { x = other; });
  CHECK(x.values() == other.values());
  CHECK(x.layout() == other.layout());
  CHECK(failed == 15);
}

}  // namespace sequence_test
}  // namespace recur::testing
