#include "recur/architecture/beam_search.hpp"

#include <limits>

#include "catch.hpp"
#include "recur/core/activation.hpp"
#include "recur/core/initialize.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace beam_search_test {

using Catch::Matchers::ContainsSubstring;
using Tokens = std::vector<Token>;

constexpr Token begin = 0, end = 3;

/// A language of four tokens. The next token depends on all earlier ones: the state is their history.
struct Language {
  std::uint64_t seed;
  VectorX<double> operator()(Tokens& history, Token token) const {
    history.push_back(token);
    Random random(seed);
    for (const Token t : history) random = random.split(static_cast<std::uint64_t>(t));
    MatrixX<double> y(4, 1);
    normal(y, 2, random);
    softmax(y);
    return y.array().log().matrix();
  }
};

/// Every sequence that ends within max_length tokens or is cut there, the best first.
std::vector<BeamHypothesis> exhaustive(const Language& language, Index max_length, double alpha) {
  std::vector<BeamHypothesis> all;
  const auto extend = [&](auto& self, const Tokens& history, Token last, BeamHypothesis so_far) -> void {
    Tokens state = history;
    const VectorX<double> log_y = language(state, last);
    for (Token c = 0; c < 4; ++c) {
      BeamHypothesis next = so_far;
      next.log_probability += log_y(c);
      next.ended = c == end;
      if (!next.ended) next.tokens.push_back(c);
      const auto length = static_cast<Index>(state.size());
      next.score = next.log_probability / std::pow((5.0 + static_cast<double>(length)) / 6, alpha);
      if (next.ended || length == max_length)
        all.push_back(next);
      else
        self(self, state, c, next);
    }
  };
  extend(extend, {}, begin, {});
  std::ranges::stable_sort(all, std::greater{}, &BeamHypothesis::score);
  return all;
}

Tokens greedy(const Language& language, Index max_length) {
  Tokens tokens, state;
  for (Token last = begin; static_cast<Index>(tokens.size()) < max_length;) {
    Index best = 0;
    language(state, last).maxCoeff(&best);
    last = static_cast<Token>(best);
    if (last == end) break;
    tokens.push_back(last);
  }
  return tokens;
}

TEST_CASE("A beam of width 1 is greedy", "[architecture][beam_search]") {
  Index ended = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto found = beam_search(Tokens{}, begin, Language{seed},
                                   {.width = 1, .max_length = 8, .end = end, .length_penalty = 0.7});
    REQUIRE(found.size() == 1);
    CHECK(found[0].tokens == greedy(Language{seed}, 8));
    ended += found[0].ended;
  }
  CHECK(ended > 5);
  CHECK(ended < 50);
}

TEST_CASE("A beam that keeps everything is exhaustive", "[architecture][beam_search]") {
  for (std::uint64_t seed = 0; seed < 10; ++seed)
    for (const double alpha : {0.0, 0.6, 2.0}) {
      const auto expected = exhaustive(Language{seed}, 5, alpha);
      const auto found = beam_search(Tokens{}, begin, Language{seed},
                                     {.width = 4000, .max_length = 5, .end = end, .length_penalty = alpha});
      REQUIRE(found.size() == expected.size());
      for (std::size_t i = 0; i < found.size(); ++i) {
        CHECK(found[i].tokens == expected[i].tokens);
        CHECK(found[i].ended == expected[i].ended);
        CHECK(found[i].log_probability == Approx(expected[i].log_probability).epsilon(1e-13));
        CHECK(found[i].score == Approx(expected[i].score).epsilon(1e-13));
      }
    }
}

/// Beam search by its definition: it keeps and sorts everything and does not end early.
std::vector<BeamHypothesis> plain_beam(const Language& language, std::size_t width, Index max_length,
                                       double alpha) {
  struct Entry {
    Tokens tokens;
    double log_p;
  };
  std::vector<Entry> beam{{{}, 0}};
  std::vector<BeamHypothesis> found;
  for (Index length = 1; length <= max_length; ++length) {
    std::vector<Entry> grown;
    for (const Entry& entry : beam) {
      Tokens state{begin};
      state.insert(state.end(), entry.tokens.begin(), entry.tokens.end());
      const Token last = state.back();
      state.pop_back();
      const VectorX<double> log_y = language(state, last);
      for (Token c = 0; c < 4; ++c) {
        grown.push_back({entry.tokens, entry.log_p + log_y(c)});
        grown.back().tokens.push_back(c);
      }
    }
    std::ranges::stable_sort(grown, std::greater{}, &Entry::log_p);
    if (grown.size() > width) grown.resize(width);
    beam.clear();
    for (Entry& entry : grown) {
      const bool ends = entry.tokens.back() == end;
      if (!ends && length < max_length) {
        beam.push_back(entry);
        continue;
      }
      if (ends) entry.tokens.pop_back();
      found.push_back(
          {entry.tokens, entry.log_p, entry.log_p / detail::beam_length_penalty(length, alpha), ends});
    }
  }
  std::ranges::stable_sort(found, std::greater{}, &BeamHypothesis::score);
  if (found.size() > width) found.resize(width);
  return found;
}

TEST_CASE("A beam that ends early finds the same as one that goes on", "[architecture][beam_search]") {
  for (std::uint64_t seed = 0; seed < 30; ++seed)
    for (const Index width : {1, 2, 3, 7})
      for (const double alpha : {0.0, 0.6, 1.5}) {
        const auto expected = plain_beam(Language{seed}, static_cast<std::size_t>(width), 9, alpha);
        const auto found =
            beam_search(Tokens{}, begin, Language{seed},
                        {.width = width, .max_length = 9, .end = end, .length_penalty = alpha});
        REQUIRE(found.size() == expected.size());
        for (std::size_t i = 0; i < found.size(); ++i) CHECK(found[i].tokens == expected[i].tokens);
      }
}

TEST_CASE("A beam ends early if no other sequence can be among the best", "[architecture][beam_search]") {
  Index steps = 0;
  const auto sure = [&](int& state, Token) {
    ++steps;
    ++state;
    return state == 3 ? std::vector<double>{-50.0, 0.0} : std::vector<double>{0.0, -50.0};
  };
  const auto found = beam_search(0, 0, sure, {.width = 1, .max_length = 1000, .end = 1});
  CHECK(found[0].tokens == Tokens{0, 0});
  CHECK(found[0].ended);
  CHECK(steps == 3);
  steps = 0;
  beam_search(0, 0, sure, {.width = 2, .max_length = 1000, .end = 1});
  CHECK(steps < 100);
}

TEST_CASE("The length penalty matches Wu et al.", "[architecture][beam_search]") {
  CHECK(detail::beam_length_penalty(1, 0.7) == 1);
  CHECK(detail::beam_length_penalty(7, 1) == Approx(2));
  CHECK(detail::beam_length_penalty(19, 0.5) == Approx(2));
  CHECK(detail::beam_length_penalty(19, 0) == 1);
  // A short sequence of log-probability -1.1, and a long one of -1.2.
  const auto step = [](int& state, Token token) {
    const double none = -std::numeric_limits<double>::infinity();
    ++state;
    if (state == 1) return std::vector<double>{-1.2, none, -1.1};
    return state < 6 && token == 0 ? std::vector<double>{0, none, none} : std::vector<double>{none, none, 0};
  };
  const auto best = [&](double alpha) {
    return beam_search(0, 1, step, {.width = 3, .max_length = 10, .end = 2, .length_penalty = alpha})[0];
  };
  CHECK(best(0).tokens.empty());
  CHECK(best(0).score == Approx(-1.1));
  CHECK(best(0.6).tokens == Tokens(5, 0));
  CHECK(best(0.6).log_probability == Approx(-1.2));
  CHECK(best(0.6).score == Approx(-1.2 / std::pow(11.0 / 6, 0.6)));
}

TEST_CASE("Sequences without an end token have the maximum length", "[architecture][beam_search]") {
  const auto found = beam_search(Tokens{}, begin, Language{1}, {.width = 3, .max_length = 4});
  REQUIRE(found.size() == 3);
  for (const auto& hypothesis : found) {
    CHECK(hypothesis.tokens.size() == 4);
    CHECK_FALSE(hypothesis.ended);
  }
}

TEST_CASE("Of equally likely sequences the first are found, in their order", "[architecture][beam_search]") {
  const auto even = [](int&, Token) { return std::vector<double>{-1, -1}; };
  const auto found = beam_search(0, 0, even, {.width = 3, .max_length = 2});
  REQUIRE(found.size() == 3);
  CHECK(found[0].tokens == Tokens{0, 0});
  CHECK(found[1].tokens == Tokens{0, 1});
  CHECK(found[2].tokens == Tokens{1, 0});
}

TEST_CASE("A beam search with illegal arguments throws and says why", "[architecture][beam_search]") {
  const auto attempt = [](const BeamOptions& options, std::vector<double> gives = {-1, -1}) {
    return refusal([&] {
      beam_search(
          0, 0, [&](int&, Token) { return gives; }, options);
    });
  };
  CHECK_THAT(attempt({.width = 0}), ContainsSubstring("width 0"));
  CHECK_THAT(attempt({.max_length = 0}), ContainsSubstring("max_length 0"));
  CHECK_THAT(attempt({.length_penalty = -1}), ContainsSubstring("length_penalty -1"));
  CHECK_THAT(attempt({.length_penalty = std::nan("")}), ContainsSubstring("length_penalty"));
  CHECK_THAT(attempt({}, {}), ContainsSubstring("at least one"));
  CHECK_THAT(attempt({}, {-1, 0.5}), ContainsSubstring("0.5 for token 1"));
  CHECK_THAT(attempt({}, {std::nan("")}), ContainsSubstring("for token 0"));
  CHECK(beam_search(0, 0, [](int&, Token) { return std::vector<float>{-INFINITY}; }).empty());
}

}  // namespace beam_search_test
}  // namespace recur::testing
