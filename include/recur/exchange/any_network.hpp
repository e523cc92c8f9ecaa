// A network of numbers or of tokens, and whether it gives what a test case expects.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>
#include <variant>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/random.hpp"
#include "recur/core/sequence.hpp"
#include "recur/exchange/test_case.hpp"
#include "recur/network/network.hpp"

namespace recur::inline RECUR_ABI {

/// A network of numbers or of tokens.
using AnyNetwork = std::variant<Network<float>, Network<float, Token>>;

namespace detail::any_network {

/// A sample, I × T, of numbers or of tokens. Throws std::invalid_argument if it can't be one of tokens.
template <class In>
typename Sequence<In>::Sample sample_of(const MatrixX<float>& x) {
  if constexpr (std::same_as<In, Token>) {
    require(x.rows() == 1, "a network of tokens was given ", x.rows(), " numbers a step: it takes 1");
    std::vector<Token> tokens;
    for (const float number : x.row(0)) {
      require(number == std::floor(number) && std::abs(number) < 0x1p24f, "a network of tokens was given ",
              number, ": it must be a whole number, below 2^24 in size");
      tokens.push_back(static_cast<Token>(number));
    }
    return tokens;
  } else {
    return x;
  }
}

/// The larger of two errors. A NaN is larger than every number, so that none is forgotten.
inline double larger_error(double a, double b) { return std::isnan(a) || b <= a ? a : b; }

/// The largest difference from what is expected, over its size where that is above 1. NaN if any difference is NaN.
inline double error_of(const MatrixX<float>& y, const MatrixX<float>& expected, const char* what) {
  require(y.rows() == expected.rows() && y.cols() == expected.cols(), what, " gives ", y.rows(), " x ",
          y.cols(), " numbers, but ", expected.rows(), " x ", expected.cols(), " are expected");
  double error = 0;
  for (Index i = 0; i < y.size(); ++i) {
    const double right = static_cast<double>(expected.data()[i]);
    const double difference = std::abs(static_cast<double>(y.data()[i]) - right);
    error = larger_error(error, difference / std::max(1.0, std::abs(right)));
  }
  return error;
}

}  // namespace detail::any_network

/// The outputs of a network, O × T', for a whole sequence, I × T, of numbers, or of tokens as whole numbers. T' is 1 for a
/// network that pools. Throws std::invalid_argument for a sequence that the network does not take.
inline MatrixX<float> outputs_of(const AnyNetwork& any, const MatrixX<float>& x) {
  return std::visit(
      [&]<class In>(const Network<float, In>& network) -> MatrixX<float> {
        typename Network<float, In>::Tape tape;
        const auto sample = detail::any_network::sample_of<In>(x);
        if constexpr (std::same_as<In, float>)
          require(network.input_size() == any_size || network.input_size() == x.rows(), network,
                  " was given ", x.rows(), " numbers a step: it takes ", network.input_size());
        network.check_sample(sample);
        return network.forward(Sequence<In>({sample}), tape).values();
      },
      any);
}

namespace detail::any_network {

inline TestCase test_case_of(const AnyNetwork& any, Index steps) {
  Random random(16);
  TestCase test;
  const auto* const numbers = std::get_if<Network<float>>(&any);
  test.input.setZero(numbers ? std::max<Index>(numbers->input_size(), 1) : 1, steps);
  for (Index i = 0; i < test.input.size(); ++i)
    test.input.data()[i] = static_cast<float>(numbers ? 2 * random.uniform() - 1 : 0);
  if (!numbers) {  // the first words: how many the network knows, it says by refusing
    const auto& network = std::get<Network<float, Token>>(any);
    const auto knows = [&](Index token) {
      try {
        network.check_sample(std::vector<Token>(static_cast<std::size_t>(steps), static_cast<Token>(token)));
        return true;
      } catch (const std::exception&) {
        return false;
      }
    };
    for (Index t = 0; t < std::min<Index>(steps, 16) && knows(t); ++t)
      test.input(0, t) = static_cast<float>(t);
  }
  test.output = outputs_of(any, test.input);
  return test;
}

/// A test case, test_of(steps), of 16 steps. If test_of throws std::invalid_argument for 16 steps, it is one of more, up to
/// 4096, or of fewer. If it has more numbers than `enough`, it is one of 8 or 4 steps: a file keeps some 20 bytes for each
/// number, and the output can have one for each word of a vocabulary. Throws what test_of(1) throws if none is legal.
template <class F, class Count>
auto test_of_fitting_steps(F&& test_of, Count&& count_numbers) {
  constexpr Index enough = 1 << 15;
  std::optional<decltype(test_of(Index{1}))> found;
  Index length = 0;
  for (const Index steps : {16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8, 4, 2, 1}) try {
      if (found && steps > length) continue;  // it is too wide already
      found = test_of(steps);
      length = steps;
      if (steps <= 4 || count_numbers(*found) <= enough) break;
    } catch (const std::invalid_argument&) {  // perhaps its windows are longer, or its positions fewer
      if (steps == 1 && !found) throw;
    }
  return *std::move(found);
}

}  // namespace detail::any_network

/// A sequence of random steps, always the same ones, and what the network gives for it. Mostly it has 16 steps: more if the
/// network takes only longer ones, fewer if its output is wide. Throws std::invalid_argument for a network that takes none
/// of 1 to 4096 steps.
inline TestCase make_test_case(const AnyNetwork& any) {
  namespace a = detail::any_network;
  return a::test_of_fitting_steps(
      [&](Index steps) { return a::test_case_of(any, steps); },
      [](const TestCase& test) { return test.input.size() + test.output.size(); });
}

/// The largest difference from the output that a test case expects, over its size where that is above 1. Throws
/// std::invalid_argument for a test case that is not of this network.
inline double error_of(const AnyNetwork& network, const TestCase& test) {
  return detail::any_network::error_of(outputs_of(network, test.input), test.output, "the network");
}

}  // namespace recur::inline RECUR_ABI
