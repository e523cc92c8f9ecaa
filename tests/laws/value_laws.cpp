// Laws of a layer as a value, and of its tape as memory.
#include <stdexcept>

#include "catch.hpp"
#include "laws/laws.hpp"
#include "laws/numbers.hpp"

namespace recur::testing {

void is_a_value(Subject& subject, const Input& input) {
  INFO("law: a layer is a value");
  const VectorX<double> parameters = subject.parameters();
  const Output output = subject.forward(input);
  const Upstream upstream = draw_upstream(output);
  subject.clear_gradient();
  const Gradient gradient = subject.backward(upstream);
  CHECK(subject.parameters() == parameters);  // forward and backward are const

  const auto copy = subject.copy();
  CHECK(same_bits(copy->forward(input), output));
  copy->set_parameters(2 * parameters);
  if (parameters.size() > 0) CHECK_FALSE(same_bits(copy->forward(input), output));
  CHECK(subject.parameters() == parameters);
  CHECK(same_bits(subject.forward(input), output));
  copy->assign_layer(subject);
  CHECK(copy->parameters() == parameters);
  CHECK(same_bits(copy->forward(input), output));

  // The tape moves between forward and backward.
  subject.clear_gradient();
  const auto again = subject.copy();
  again->forward(input);
  const auto moved = again->move_everything();
  CHECK(moved->parameters() == parameters);
  CHECK(same_bits(moved->backward(upstream), gradient));
  CHECK(same_bits(moved->forward(input), output));
}

void throws_before_it_changes(Subject& subject, const Input& input) {
  INFO("law: what throws has changed nothing");
  const Output output = subject.forward(input);
  const Upstream upstream = draw_upstream(output);
  subject.clear_gradient();
  const Gradient expected = subject.backward(upstream);
  const auto refuses = [&](const Upstream& wrong) {
    subject.clear_gradient();
    try {
      subject.backward(wrong);
      return false;
    } catch (const std::invalid_argument&) {
      CHECK(subject.gradient().isZero(0));
      return true;
    }
  };
  Upstream longer = upstream, higher = upstream, wider = upstream, fewer = upstream;
  longer.d_y[0] = MatrixX<double>::Ones(longer.d_y[0].rows(), longer.d_y[0].cols() + 1);
  for (auto& d : higher.d_y) d = MatrixX<double>::Ones(d.rows() + 1, d.cols());
  fewer.d_y.pop_back();
  CHECK(refuses(longer));
  CHECK(refuses(higher));
  CHECK(refuses(fewer));
  if (!upstream.d_final.empty()) {
    for (auto& d : wider.d_final) d = MatrixX<double>::Ones(d.rows(), d.cols() + 1);
    CHECK(refuses(wider));
  }
  subject.clear_gradient();
  CHECK(same_bits(subject.backward(upstream), expected));

  // A pass that records nothing is enough for some layers.
  subject.forward(input, Mode{.record = false});
  if (refuses(upstream)) {
    subject.forward(input);
    subject.clear_gradient();
    CHECK(same_bits(subject.backward(upstream), expected));
  }
}

void repeats_itself(Subject& subject, const Input& input, Mode mode) {
  INFO("law: the same numbers to the last bit");
  const auto fresh = subject.copy();
  const Output output = fresh->forward(input, mode);
  const Upstream upstream = draw_upstream(output);
  const Gradient gradient = fresh->backward(upstream);
  const Mode inference{.record = false, .noise = mode.noise};

  const auto is_as_before = [&](Subject& other, const char* when) {
    INFO(when);
    CHECK(same_bits(other.forward(input, inference), output));
    CHECK(same_bits(other.forward(input, mode), output));
    other.clear_gradient();
    CHECK(same_bits(other.backward(upstream), gradient));
    CHECK(same_bits(other.forward(input, inference), output));
  };
  const auto reused = subject.copy();
  is_as_before(*reused, "in a second run");

  // A batch of more and longer samples, then of fewer and shorter ones
  Lengths more;
  Index shortest = input.x[0].cols();  // a layer with windows may take none that is shorter
  for (const auto& sample : input.x) {
    more.insert(more.end(), {sample.cols() + 3, sample.cols() + 1});
    shortest = std::min(shortest, sample.cols());
  }
  for (const bool initial : {false, true})
    for (const Lengths& others : {more, Lengths{shortest + 1, shortest}}) {
      const Input other = draw_input(subject, others, initial, 9);
      reused->forward(other, inference);
      is_as_before(*reused, "after inference on another batch");
      reused->backward(draw_upstream(reused->forward(other, mode)));
      is_as_before(*reused, "after training on another batch");
      reused->poison(other);
      is_as_before(*reused, "after another batch that was not finite");
    }
  reused->new_tape();
  is_as_before(*reused, "with a new tape");
}

void allocates_nothing(Subject& subject, const Input& input) {
  if (!CountAllocations::works) return;
  INFO("law: a steady loop allocates nothing");
  const Upstream upstream = draw_upstream(subject.forward(input));
  CHECK(subject.pass_allocations(input, upstream) == 0);
  CHECK(subject.step_allocations(input.x[1]) == 0);
}

}  // namespace recur::testing
