// Runs all laws on a layer or a cell.
#include "laws/laws.hpp"

#include <algorithm>
#include <cmath>

#include "catch.hpp"
#include "laws/numbers.hpp"

namespace recur::testing {

// ---- Subjects and inputs of the laws.

void draw_parameters(Subject& subject, std::uint64_t seed) {
  Random random(seed);
  const double scale = 1 / std::sqrt(static_cast<double>(std::max<Index>(4, subject.state_size(0))));
  subject.set_parameters(draw(subject.parameters().size(), 1, scale, random));
}

Input draw_input(const Subject& subject, const Lengths& lengths, bool initial, std::uint64_t seed) {
  Random random(seed);
  Input input;
  for (const Index length : lengths) {
    input.x.push_back(draw(subject.features(), length, 1, random));
    if (subject.tokens() > 0)
      for (double& token : input.x.back().reshaped())
        token = static_cast<double>(random.below(subject.tokens()));
  }
  if (initial)
    for (int q = 0; q < subject.states(); ++q)
      input.initial.push_back(draw(subject.state_size(q), static_cast<Index>(lengths.size()), 0.5, random));
  return input;
}

Upstream draw_upstream(const Output& output, std::uint64_t seed) {
  Random random(seed);
  Upstream upstream;
  upstream.d_y = draw_like(output.y, random);
  upstream.d_final = draw_like(output.final, random);
  return upstream;
}

// ---- The laws.

void keeps_laws(Subject& subject, const Lengths& lengths, const Exceptions& exceptions) {
  INFO(subject.describe() << (subject.tolerance() < 1e-6 ? " in double" : " in float"));
  draw_parameters(subject);
  for (const bool initial : {false, true}) {
    if (initial && subject.states() == 0) break;
    INFO((initial ? "with" : "without") << " an initial state");
    const Input input = draw_input(subject, lengths, initial);
    backward_is_the_slope(subject, input);
    backward_adds_up(subject, input);
    throws_before_it_changes(subject, input);
    repeats_itself(subject, input);
    batch_is_its_samples(subject, input);
    streams_as_it_runs(subject, input);
    if (subject.streams() && subject.tokens() == 0 && subject.forward(input).y[0].rows() == input.x[0].rows())
      steps_from_its_own_result(subject, input);
    is_a_value(subject, input);
    comes_back_from_a_file(subject, input);
    goes_on_from_its_final_state(subject, input, exceptions.reads_backward);
    allocates_nothing(subject, input);
    if (exceptions.noise) {
      const Mode noisy{.noise = 7};
      INFO("with noise");
      CHECK_FALSE(same_bits(subject.forward(input, noisy), subject.forward(input, Mode{.noise = 8})));
      backward_is_the_slope(subject, input, noisy);
      backward_adds_up(subject, input, noisy);
      repeats_itself(subject, input, noisy);
    }
  }
}

void agree(Subject& one, Subject& other, const Lengths& lengths) {
  INFO(one.describe() << " and its double");
  draw_parameters(one);
  other.set_parameters(one.parameters());
  const double tolerance = std::max(one.tolerance(), other.tolerance());
  for (const bool initial : {false, true}) {
    const Input input = draw_input(one, lengths, initial);
    const Output output = one.forward(input);
    CHECK(distance(other.forward(input), output) < tolerance);
    const Upstream upstream = draw_upstream(output);
    one.clear_gradient();
    other.clear_gradient();
    CHECK(distance(other.backward(upstream), one.backward(upstream)) < tolerance);
    for (std::size_t b = 0; b < input.x.size(); ++b) {
      const Input sample = select(input, {static_cast<Index>(b)});
      CHECK(distance(other.stream(sample.x[0], sample.initial), one.stream(sample.x[0], sample.initial)) <
            tolerance);
    }
  }
}

}  // namespace recur::testing
