// Laws of backward.
#include <algorithm>
#include <cmath>

#include "catch.hpp"
#include "laws/laws.hpp"
#include "laws/numbers.hpp"

namespace recur::testing {
namespace {

double loss(const Output& output, const Upstream& upstream) {
  return dot(output.y, upstream.d_y) + (upstream.d_final.empty() ? 0 : dot(output.final, upstream.d_final));
}

/// Keeps the largest of many errors and its place.
struct Worst {
  double error = 0;
  std::string where;

  void see(double difference, double magnitude, const std::string& place) {
    const double relative = std::abs(difference) / std::max(1.0, std::abs(magnitude));
    if (relative <= error || std::isnan(error)) return;  // a NaN is kept
    error = relative;
    where = place;
  }
};

}  // namespace

void backward_is_the_slope(Subject& subject, const Input& input, Mode mode) {
  if (subject.tolerance() > 1e-6) return;  // differences of floats are not exact enough
  INFO("law: backward is the slope");
  const auto original = subject.copy();
  const VectorX<double> parameters = subject.parameters();
  const Upstream upstream = draw_upstream(subject.forward(input, mode));
  subject.clear_gradient();
  const Gradient gradient = subject.backward(upstream);
  const auto probe = subject.copy();
  Worst worst;
  const double epsilon = 1e-5;
  // `value` is a number of `at`, or of the parameters
  const auto compare = [&](double& value, const Input& at, const VectorX<double>& p, double analytic,
                           const auto& place) {
    const double kept = value;
    const auto loss_at = [&](double moved) {
      value = moved;
      probe->set_parameters(p);
      return loss(probe->forward(at, mode), upstream);
    };
    const double numeric = (loss_at(kept + epsilon) - loss_at(kept - epsilon)) / (2 * epsilon);
    value = kept;
    if (!(std::abs(numeric - analytic) <= 1e-12)) worst.see(numeric - analytic, numeric, place());
  };
  const auto compare_all = [&](Matrices& values, const Input& at, const Matrices& analytic,
                               const char* what) {
    REQUIRE(values.size() == analytic.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      REQUIRE(values[i].size() == analytic[i].size());
      for (Index j = 0; j < values[i].size(); ++j)
        compare(values[i].data()[j], at, parameters, analytic[i].data()[j],
                [&] { return detail::message(what, ' ', i, " [", j, ']'); });
    }
  };

  Input moved = input;
  if (subject.tokens() == 0) compare_all(moved.x, moved, gradient.d_x, "input of sample");
  compare_all(moved.initial, moved, gradient.d_initial, "initial state");
  VectorX<double> p = parameters;
  REQUIRE(gradient.d_parameters.size() == p.size());
  const Index every = p.size() > 600 ? 7 : 1;  // many parameters: only some, in all positions of a pack
  for (Index i = 0; i < p.size(); i += every)
    compare(p(i), input, p, gradient.d_parameters(i), [&] { return subject.parameter(i); });
  INFO("worst at " << worst.where);
  CHECK(worst.error < 1e-7);
  CHECK(gradient.d_parameters.squaredNorm() + dot(gradient.d_x, gradient.d_x) > 0);
}

void backward_adds_up(Subject& subject, const Input& input, Mode mode) {
  INFO("law: backward adds up");
  const Upstream upstream = draw_upstream(subject.forward(input, mode));
  subject.clear_gradient();
  const Gradient once = subject.backward(upstream);
  Gradient twice = subject.backward(upstream);
  CHECK(same_bits(twice.d_x, once.d_x));  // written, not added to
  CHECK(same_bits(twice.d_initial, once.d_initial));
  CHECK(distance(MatrixX<double>(twice.d_parameters), MatrixX<double>(2 * once.d_parameters)) <
        subject.tolerance());

  subject.clear_gradient();
  const Gradient without_input = subject.backward(upstream, false);
  CHECK(without_input.d_parameters == once.d_parameters);
  CHECK(same_bits(without_input.d_initial, once.d_initial));

  if (upstream.d_final.empty()) return;
  Upstream zero = upstream;
  for (auto& state : zero.d_final) state.setZero();
  subject.clear_gradient();
  const Gradient with_zero = subject.backward(zero);
  subject.clear_gradient();
  CHECK(same_bits(with_zero, subject.backward({upstream.d_y, {}})));
}

}  // namespace recur::testing
