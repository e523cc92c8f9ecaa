// Laws of the parts of a batch: samples, their steps, their halves.
#include <numeric>
#include <span>

#include "catch.hpp"
#include "laws/laws.hpp"
#include "laws/numbers.hpp"

namespace recur::testing {

void batch_is_its_samples(Subject& subject, const Input& input) {
  INFO("law: a batch is its samples");
  const double tolerance = subject.tolerance();
  const Output output = subject.forward(input);
  const Upstream upstream = draw_upstream(output);
  subject.clear_gradient();
  const Gradient gradient = subject.backward(upstream);
  REQUIRE(output.y.size() == input.x.size());

  subject.clear_gradient();
  VectorX<double> d_parameters;
  for (std::size_t b = 0; b < input.x.size(); ++b) {
    INFO("sample " << b << " of length " << input.x[b].cols());
    const auto column = static_cast<Index>(b);
    const Output alone = subject.forward(select(input, {column}));
    CHECK(distance(alone.y[0], output.y[b]) < tolerance);
    CHECK(output.y[b].cols() == subject.output_length(input.x[b].cols()));
    CHECK(distance(alone.final, columns_of(output.final, column)) < tolerance);
    const Gradient d = subject.backward(select(upstream, {column}));
    if (!d.d_x.empty()) CHECK(distance(d.d_x[0], gradient.d_x[b]) < tolerance);
    CHECK(distance(d.d_initial, columns_of(gradient.d_initial, column)) < tolerance);
    d_parameters = d.d_parameters;  // the sum of all so far
  }
  CHECK(distance(MatrixX<double>(d_parameters), MatrixX<double>(gradient.d_parameters)) < tolerance);

  Lengths order(input.x.size());
  std::iota(order.begin(), order.end(), Index{0});
  Random random(5);
  for (int i = 0; i < 3; ++i) {
    random.shuffle(std::span(order));
    INFO("shuffle " << i);
    const Output shuffled = subject.forward(select(input, order));
    const Upstream expected = select(Upstream{output.y, output.final}, order);
    CHECK(distance(shuffled.y, expected.d_y) < tolerance);
    CHECK(distance(shuffled.final, expected.d_final) < tolerance);
    subject.clear_gradient();
    const Gradient d = subject.backward(select(upstream, order));
    CHECK(distance(MatrixX<double>(d.d_parameters), MatrixX<double>(gradient.d_parameters)) < tolerance);
    if (gradient.d_x.empty()) continue;
    const Input d_input = select(Input{gradient.d_x, gradient.d_initial}, order);
    CHECK(distance(d.d_x, d_input.x) < tolerance);
    CHECK(distance(d.d_initial, d_input.initial) < tolerance);
  }
}

void streams_as_it_runs(Subject& subject, const Input& input) {
  if (!subject.streams() || (!input.initial.empty() && !subject.stream_shows_state())) return;
  INFO("law: it streams as it runs");
  for (std::size_t b = 0; b < input.x.size(); ++b) {
    Input sample = select(input, {static_cast<Index>(b)});
    const MatrixX<double> whole = sample.x[0];
    const Output streamed = subject.stream(whole, sample.initial);
    REQUIRE(streamed.y.size() == 1);
    REQUIRE(streamed.y[0].cols() == whole.cols());
    for (Index t = 0; t < whole.cols(); ++t) {
      INFO("sample " << b << ", step " << t);
      sample.x[0] = whole.leftCols(t + 1);
      const Output run = subject.forward(sample, Mode{.record = false});
      CHECK(distance(streamed.y[0].col(t), run.y[0].rightCols(1)) < subject.tolerance());
      if (t + 1 == whole.cols() && subject.stream_shows_state())
        CHECK(distance(streamed.final, run.final) < subject.tolerance());
    }
  }
}

void steps_from_its_own_result(Subject& subject, const Input& input) {
  INFO("law: the last result of a stream may be its next input");
  const VectorX<double> x = input.x[0].col(0);
  const MatrixX<double> apart = subject.feed_back(x, 4, false);
  REQUIRE(apart.size() > 0);
  CHECK(same_bits(subject.feed_back(x, 4, true), apart));
}

void goes_on_from_its_final_state(Subject& subject, const Input& input, bool reads_backward) {
  if (!subject.goes_on()) return;
  INFO("law: it goes on from its final state");
  Lengths lengths, cuts;
  for (const auto& sample : input.x) {
    lengths.push_back(sample.cols() + 2);
    cuts.push_back(1 + (5 * sample.cols()) % (sample.cols() + 1));
  }
  const Input whole = draw_input(subject, lengths, !input.initial.empty(), 11);
  Input first{{}, whole.initial}, second;
  const Output output = subject.forward(whole);
  if (output.y[0].cols() != lengths[0]) return;  // the output is not a sequence, so it has no halves
  const Upstream upstream = draw_upstream(output);
  Upstream d_first, d_second{{}, upstream.d_final};
  for (std::size_t b = 0; b < whole.x.size(); ++b) {
    const Index cut = cuts[b], rest = lengths[b] - cut;
    REQUIRE(rest > 0);
    auto& left = reads_backward ? second : first;
    auto& right = reads_backward ? first : second;
    left.x.push_back(whole.x[b].leftCols(cut));
    right.x.push_back(whole.x[b].rightCols(rest));
    (reads_backward ? d_second : d_first).d_y.push_back(upstream.d_y[b].leftCols(cut));
    (reads_backward ? d_first : d_second).d_y.push_back(upstream.d_y[b].rightCols(rest));
  }
  const auto join = [&](const Matrices& one, const Matrices& other) {
    Matrices joined;
    for (std::size_t b = 0; b < one.size(); ++b) {
      const auto& left = reads_backward ? other[b] : one[b];
      const auto& right = reads_backward ? one[b] : other[b];
      joined.push_back(MatrixX<double>(left.rows(), left.cols() + right.cols()));
      joined.back() << left, right;
    }
    return joined;
  };

  subject.clear_gradient();
  const Gradient gradient = subject.backward(upstream);
  for (const bool record : {true, false}) {
    const Output one = subject.forward(first, Mode{.record = record});
    const Output other = subject.forward({second.x, one.final}, Mode{.record = record});
    CHECK(distance(Output{join(one.y, other.y), other.final}, output) < subject.tolerance());
    CHECK(same_bits(subject.forward(first, Mode{.record = record}), one));
  }
  // The gradient of the second half's initial state goes on as that of the first half's final state.
  const Output one = subject.forward(first);
  const auto later = subject.copy();
  later->forward({second.x, one.final});
  const Gradient d_later = later->backward(d_second);
  d_first.d_final = d_later.d_initial;
  subject.clear_gradient();
  const Gradient d_earlier = subject.backward(d_first);
  const Gradient sum{join(d_earlier.d_x, d_later.d_x), d_earlier.d_initial,
                     d_earlier.d_parameters + d_later.d_parameters};
  CHECK(distance(sum, gradient) < subject.tolerance());
}

}  // namespace recur::testing
