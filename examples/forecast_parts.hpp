// What the program forecast needs beside its command line: a series as a network sees it, and its forecasts.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <recur/recur.hpp>
#include <string>
#include <utility>
#include <vector>

#include "common/made_series.hpp"
#include "common/text.hpp"

namespace forecast {

using namespace recur;
using namespace examples;
using Series = MatrixX<double>;  // C × T: a row for each column of the file

inline const std::vector<double> quantiles{0.05, 0.25, 0.5, 0.75, 0.95};

/// What the user asked for, and the series.
struct Problem {
  std::string data, column, prices, make = "mackey-glass";
  std::string counts;  ///< "yes" or "no": whether it counts something; empty until the past has chosen
  std::vector<std::string> names;
  Series series;
  Index ahead = 0, season = 0, window = 64, hidden = 32;
  double rate = 5e-3, decay = 1;
  bool many_to_one = false, all_past = false, fill = false, validation = false;

  bool reads_roots() const { return counts == "yes"; }
  Index size() const { return series.rows(); }
  SeriesFeatures features() const { return {.season = season}; }
  Index past() const { return series.cols() - series.cols() / 5; }
};

/// Reads columns of numbers. If only missing ones are in the way, the error says what helps.
inline NumericTable read_columns(const Problem& problem) {
  NumericOptions options{.missing = problem.fill ? Missing::previous : Missing::refuse};
  if (!problem.column.empty()) options.columns = split_names(problem.column);
  try {
    return read_numeric(problem.data, options);
  } catch (const FileError& error) {
    options.missing = Missing::previous;
    read_numeric(problem.data, options);  // throws unless only numbers are missing
    throw FileError(text_of(error.what(), "; --fill takes the last one before it"));
  }
}

/// The series that the user asked for, and what follows from it. One that is made is drawn from the seed.
inline void take_series(Problem& problem, bool is_short, std::uint64_t seed) {
  if (!problem.prices.empty()) {
    const Prices prices = read_prices(problem.prices);
    problem.names = {"return", "log range"};
    problem.series.resize(2, prices.size() - 1);
    problem.series << prices.log_returns().transpose(),
        prices.log_ranges().tail(prices.size() - 1).transpose();
  } else if (!problem.data.empty()) {
    NumericTable table = read_columns(problem);
    if (problem.fill)
      write_text(text_of(table.filled, " numbers were filled in, ", table.left_out, " rows left out."));
    problem.names = std::move(table.columns);
    problem.series = std::move(table.values);
  } else if (problem.make == "seasons") {
    problem.names = {"seasons"};
    problem.series = trend_with_seasons(is_short ? 300 : 900, seed);
    problem.season = problem.season > 0 ? problem.season : 12;
  } else {
    problem.names = {"Mackey-Glass"};
    problem.series = mackey_glass(is_short ? 500 : 2000);
  }
  require(!problem.reads_roots() || problem.series.minCoeff() >= 0, "--counts yes, but a number is ",
          problem.series.minCoeff(), ": counts are 0 or above");
  if (problem.validation) problem.series = problem.series.leftCols(problem.past()).eval();
  if (problem.ahead == 0) problem.ahead = problem.data.empty() && problem.prices.empty() ? 12 : 1;
  require(problem.season == 0 || problem.ahead <= problem.season, "--ahead ", problem.ahead,
          " is more than --season ", problem.season, ": the last season says nothing of that");
}

/// The correlation of the size of a step with the value before it, r(|x_{t+1} - x_t|, x_t).
///
///   past: 1 × T
///
/// Counts vary the more the larger they are; their roots vary evenly (Bartlett, "The square root transformation in
/// analysis of variance", 1936).
inline double spread_with_level(const Series& past) {
  const Index n = past.cols() - 1;
  const auto centred = [](const Series& x) { return Series(x.array() - x.mean()); };
  const Series level = centred(past.leftCols(n)),
               size = centred((past.rightCols(n) - past.leftCols(n)).cwiseAbs());
  return level.cwiseProduct(size).sum() / std::sqrt(level.squaredNorm() * size.squaredNorm());
}

/// Chooses whether the network reads roots, if nobody has: for a column without negative numbers it does if the roots of its
/// past vary more evenly than the past itself. Returns a sentence about the choice; an empty text if there was none.
inline std::string choose_counts(Problem& problem) {
  if (!problem.counts.empty()) return {};
  problem.counts = "no";
  if (problem.size() != 1 || problem.series.minCoeff() < 0) return {};
  const Series past = problem.series.leftCols(problem.past());
  const double spread = spread_with_level(past), of_roots = spread_with_level(past.cwiseSqrt());
  if (!std::isfinite(spread) || !std::isfinite(of_roots))
    return {};  // of values or steps that are all the same
  const bool even = std::abs(of_roots) < std::abs(spread);
  if (even) problem.counts = "yes";
  return text_of("In the past, the size of a step correlates with the value before it by ", fixed(spread, 2),
                 "; of the square roots, by ", fixed(of_roots, 2), ". So the network reads the ",
                 even ? "roots, which vary more evenly; with --counts no it would not."
                      : "values themselves; with --counts yes it would read the roots.");
}

/// From what a forecast starts: the network says how far the truth will be from the mean, from the last value, or
/// from the value one season before.
enum class Base { mean, last, season };

inline double base(Base kind, const Series& z, Index column, Index origin, Index ahead, Index season) {
  return kind == Base::mean ? 0 : z(column, kind == Base::last ? origin : origin + ahead - season);
}

/// The roots of counts.
inline Series seen(const Problem& problem, const Series& series) {
  return problem.reads_roots() ? Series(series.cwiseSqrt()) : series;
}

/// The scaler of the past. Throws if a column can't be scaled by it.
inline Scaler<double> fitted(const Problem& problem, const Series& series) {
  const Series past = series.leftCols(problem.past());
  for (Index k = 0; k < past.rows(); ++k)
    require(past.row(k).minCoeff() < past.row(k).maxCoeff(), "the column ",
            quote(problem.names[static_cast<std::size_t>(k)]), " is always ", past(k, 0),
            " in the part that the network learns from: leave it out");
  const auto scaler = Scaler<double>::fit(seen(problem, past));
  const Series z = scaler.scaled(seen(problem, series));
  for (Index k = 0; k < z.rows(); ++k) {
    Index t = 0;
    require(z.row(k).cwiseAbs().maxCoeff(&t) < 1e30, "the column ",
            quote(problem.names[static_cast<std::size_t>(k)]), " has ", series(k, t),
            ", which is too far from what the network learns from");
  }
  return scaler;
}

/// A series as the network sees it. What depends on more than the steps so far, the scale and the best bases, comes
/// from the past alone.
struct View {
  Scaler<double> scaler;
  Series z;                 // scaled
  std::vector<Base> bases;  // one a column
  MatrixX<float> inputs;    // its features

  /// What the network sees, times `size`. Of counts it sees the roots. The bases are those of the series as it is,
  /// from which `forecasts` starts: a network must learn the distance from where its forecasts start.
  View(const Problem& problem, const Series& series, double size = 1)
      : scaler(fitted(problem, series)), z(scaler.scaled(seen(problem, series))) {
    const Index season = problem.season;
    for (Index k = 0; k < z.rows(); ++k) {
      std::vector<double> errors(season > 0 ? 3 : 2);
      for (std::size_t kind = 0; kind < errors.size(); ++kind)
        for (Index t = season; t + problem.ahead < problem.past(); ++t)
          for (Index h = 1; h <= problem.ahead; ++h)
            errors[kind] += std::pow(z(k, t + h) - base(static_cast<Base>(kind), z, k, t, h, season), 2);
      bases.push_back(static_cast<Base>(std::ranges::min_element(errors) - errors.begin()));
    }
    z = scaler.scaled(size * seen(problem, series));
    inputs = problem.features()(z).cast<float>();
  }

  /// Windows whose targets lie in steps first, ..., last - 1.
  Windows<float> windows(const Problem& problem, Index first, Index last) const {
    Series values = z;
    std::vector<double> carried;
    for (Index k = 0; k < z.rows(); ++k) {
      const Base kind = bases[static_cast<std::size_t>(k)];
      carried.push_back(kind == Base::last ? 1 : 0);
      for (Index t = problem.season; kind == Base::season && t < z.cols(); ++t)
        values(k, t) -= z(k, t - problem.season);
    }
    return {inputs,
            values.cast<float>(),
            {.length = problem.window,
             .ahead = problem.ahead,
             .stride = problem.many_to_one ? 1 : std::max<Index>(1, problem.window / 4),
             .each_step = !problem.many_to_one,
             .carried = carried,
             .first = first,
             .last = last}};
  }
};

/// The windows of the steps up to `last`, of counts also as if they were larger or smaller: no count of the past is an
/// upper bound of those to come.
inline std::vector<Windows<float>> to_learn_from(const Problem& problem, Index last) {
  const std::vector<double> sizes =
      problem.reads_roots() ? std::vector{0.6, 0.8, 1.0, 1.25, 1.6} : std::vector{1.0};
  std::vector<Windows<float>> all;
  for (const double size : sizes)
    all.push_back(View(problem, problem.series, size).windows(problem, problem.season, last));
  return all;
}

/// The quantiles that are predicted from the end of the past on, in the units of the file: a column for each origin,
/// with 5 numbers for each of the C columns of the file at each step ahead.
inline Series forecasts(const auto& model, const Problem& problem, const Series& series) {
  const View view(problem, series);
  const Index first = problem.past() - 1, c = view.z.rows(), five = 5;
  Series all(problem.ahead * c * five, view.z.cols() - first);
  for (Index o = 0; o < all.cols(); o += 64) {
    std::vector<MatrixX<float>> read;
    for (Index t = first + o; t < std::min(first + o + 64, view.z.cols()); ++t)
      read.push_back(view.inputs.middleCols(t + 1 - problem.window, problem.window));
    const auto answer = model.predict(Sequence<float>(read));
    MatrixX<float> said;
    if constexpr (requires { answer.step(0); })
      said = answer.step(problem.window - 1);
    else
      said = answer;
    sort_quantiles(said, five);
    all.middleCols(o, said.cols()) = said.cast<double>();
  }
  for (Index o = 0; o < all.cols(); ++o)
    for (Index i = 0; i < all.rows(); ++i) {
      const Index k = i / five % c;
      all(i, o) += base(view.bases[static_cast<std::size_t>(k)], view.z, k, first + o, i / five / c + 1,
                        problem.season);
      all(i, o) = view.scaler.mean()(k) + view.scaler.deviation()(k) * all(i, o);
      if (problem.reads_roots()) all(i, o) = std::pow(std::max(all(i, o), 0.0), 2);
    }
  return all;
}

/// The series with other values in all steps that the first `origins` forecasts must not have seen: those after the last of
/// these origins. They are larger than all others, so their mean and deviation are other ones too.
inline Series another_future(const Problem& problem, Index origins, std::uint64_t seed) {
  Series other = problem.series;
  Random random(seed);
  const double largest = 1 + other.cwiseAbs().maxCoeff();
  for (double& value : other.rightCols(other.cols() - (problem.past() - 1 + origins)).reshaped())
    value = largest * (1 + random.uniform());
  return other;
}

}  // namespace forecast
