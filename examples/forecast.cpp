// Forecasts of a series, several steps ahead, with intervals. A recurrent network reads the steps so far and gives
// five numbers for each of the next ones: quantiles, between which the truth should lie in 90 % and in half of all
// cases. The last fifth of the series is held out. There the forecasts are measured beside those that need no
// network: the last value goes on, or the last season comes again, or a linear regression says what comes.
//
//   forecast                              chaos, made here: 12 steps ahead
//   forecast --make seasons               a trend with seasons, made here
//   forecast --data FILE --column NAME    a column of a CSV file
//   forecast --prices FILE                open, high, low, close of a market: tomorrow's return and its size
#include <array>
#include <limits>
#include <recur/io/model_file.hpp>
#include <recur/recur.hpp>

#include "common/command_line.hpp"
#include "common/picture.hpp"
#include "common/weights.hpp"
#include "forecast_measure.hpp"
#include "forecast_parts.hpp"

using namespace recur;
using namespace examples;
using namespace forecast;

/// Draws the last column. The forecasts of one origin go on until the next one begins, at a dotted line; the last ones are
/// those after the end of the file.
std::string picture(const Problem& problem, const Series& said) {
  const Index past = problem.past(), steps = problem.series.cols(), ahead = problem.ahead,
              k = problem.size() - 1;
  const VectorX<double> none =
      VectorX<double>::Constant(steps - past + ahead, std::numeric_limits<double>::quiet_NaN());
  std::vector<Curve> curves{{"truth", none},    {"q05", none}, {"q25", none},
                            {"forecast", none}, {"q75", none}, {"q95", none}};
  for (Index i = 0; i < none.size(); ++i) {
    if (past + i < steps) curves[0].second(i) = problem.series(k, past + i);
    const Index before = (steps - past - i + ahead - 1) / ahead * ahead;  // steps from the origin to the end
    const Index origin = steps - 1 - (past + i < steps ? before : 0), h = past + i - origin;
    if (origin < past - 1) continue;
    const VectorX<double> five = said.col(origin - past + 1).segment(((h - 1) * problem.size() + k) * 5, 5);
    for (Index q = 0; q < 5; ++q)
      curves[static_cast<std::size_t>(q + 1)].second(i) = q == 2 ? mean_of(five) : five(q);
  }
  const Index end = none.size(), begin = end - std::min(end, std::max<Index>(100, 8 * ahead));
  std::string starts;  // a line where each forecast starts; of one step, only that of the last
  for (Index x = steps - 1 - past; x >= begin && (ahead > 1 || starts.empty()); x -= ahead)
    starts +=
        text_of("set arrow from ", x, ", graph 0 to ", x, ", graph 1 nohead back dt 3 lc rgb '#555555'\n");
  return draw(
      "forecast", curves,
      text_of(
          "set title ",
          in_quotes(text_of(problem.names.back(), ": ", several(static_cast<std::size_t>(ahead), "step"),
                            " ahead")),
          "\nset xlabel 'steps after the past that the network learned from'; set ylabel ",
          in_quotes(problem.names.back()),
          "\nset key above; set border 3; set tics nomirror out; set xrange [", begin, ':', end, "]\n",
          starts,
          "plot DATA skip 1 using 1:3:7 with filledcurves lc rgb '#d0e1f2' title '90 % of all cases', \\\n"
          "  '' skip 1 using 1:4:6 with filledcurves lc rgb '#94c4df' title 'half of all cases', \\\n"
          "  '' skip 1 using 1:5 with lines lw 2 lc rgb '#2171b5' title 'forecast', \\\n"
          "  '' skip 1 using 1:2 with lines lw 1.5 lc rgb 'black' title 'truth', \\\n"
          "  NaN with lines dt 3 lc rgb '#555555' title '",
          ahead > 1 ? "a forecast starts" : "the last step of the file", "'\n"),
      "png", "1000,500");
}

template <class Model>
int run(Model model, const Problem& problem, Settings& how, const CommandLine& line) {
  const Index past = problem.past(), begin = past - std::max(past / 8, problem.window + problem.ahead);
  const Windows<float> later = View(problem, problem.series).windows(problem, begin, past);
  const auto training = to_learn_from(problem, problem.all_past ? past : begin);
  std::vector<Windows<float>::Example> examples;
  for (const auto& windows : training)
    for (const auto& example : windows.examples()) examples.push_back(example);
  write_text(text_of(problem.series.cols(), " steps, of which the last ", problem.series.cols() - past,
                     " are held out. ", several(static_cast<std::size_t>(problem.size()), "column"), ", ",
                     problem.ahead, problem.ahead > 1 ? " steps" : " step", " ahead."));
  initialize(model, how.seed);
  const std::string columns_text = several(static_cast<std::size_t>(problem.size()), "column");
  if (!how.load.empty()) load_for(columns_text, model, how.load);
  if (line.trains()) {
    Optimizer optimizer(model, AdamW{.rate = problem.rate, .weight_decay = problem.decay});
    FitOptions options = fit_options(how);
    options.batch_size = 16;
    options.schedule = CosineDecay{.rate = problem.rate, .over = options.epochs};
    how.note(train_and_save(
        options, how.save,
        [&](const FitOptions& watched) {
          return problem.all_past ? fit(model, optimizer, examples, watched)
                                  : fit(model, optimizer, examples, later.examples(), watched);
        },
        [&] { save_for(columns_text, model, how.save, line.metadata()); }));
  }
  const Series said = forecasts(model, problem, problem.series);
  const char* const rival = problem.season > 0 ? "season" : "mean";
  std::vector<std::vector<std::string>> rows{{"error", "net", "last", rival, "lin.", "90%", "50%"}};
  std::vector<Measured> columns;
  Measured sum;
  for (Index k = 0; k < problem.size(); ++k) {
    const Measured& m = columns.emplace_back(measure(problem, said, k));
    const auto name = static_cast<std::size_t>(k);
    const auto root = [](double square) { return fixed(std::sqrt(square), 2); };
    rows.push_back({printable(problem.names[name]), root(Measured::mean(m.network)),
                    root(Measured::mean(m.simple)), root(m.other), root(m.linear), fixed(100 * m.in_most, 0),
                    fixed(100 * m.in_half, 0)});
    sum.network.insert(sum.network.end(), m.network.begin(), m.network.end());
    sum.simple.insert(sum.simple.end(), m.simple.begin(), m.simple.end());
    sum.other += m.other / static_cast<double>(problem.size());
    sum.linear += m.linear / static_cast<double>(problem.size());
  }
  const double all = Measured::mean(sum.network), last = Measured::mean(sum.simple);
  write_table(rows);
  write_text(text_of(
      "Each error is the root of the mean square, in deviations of the past: of the network, of the last "
      "value, of the ",
      problem.season > 0 ? "last season" : "mean of the last 22 steps",
      ", and of a linear regression (lin.) on the last 22 steps of the column",
      problem.prices.empty() ? "" : " or, for the log range, on today's and its means of 5 and 22 days (HAR)",
      ". At the right, how many % of the truths lay within the intervals for 90 % and for half of them.\n\n"
      "Mean square over all columns: network ",
      fixed(all, 4), ", last ", fixed(last, 4), ", ", rival, ' ', fixed(sum.other, 4), ", linear ",
      fixed(sum.linear, 4), ". The network's RMSE is ", beside(all, last),
      " the last value's, and that of the linear regression is ", beside(sum.linear, last), " it.\n"));
  const Measured& final_column = columns.back();
  // By what part at least the forecast of tomorrow's return beats a random walk.
  double walk = std::numeric_limits<double>::quiet_NaN();
  if (!problem.prices.empty() && problem.ahead == 1) {
    const ForecastGain gain = forecast_gain(columns[0].network, columns[0].simple);
    walk = gain.low;
    write_text(verdict(gain, columns[0], columns[1]));
  }
  write_figures(how, {{"rmse-of-last", std::sqrt(all / last)},
                      {"mse-of-simple", all / std::min(last, sum.other)},
                      {"rmse-of-linear", std::sqrt(all / sum.linear)},
                      {"last-column-rmse-of-last",
                       std::sqrt(Measured::mean(final_column.network) / Measured::mean(final_column.simple))},
                      {"last-column-rmse-of-linear",
                       std::sqrt(Measured::mean(final_column.network) / final_column.linear)},
                      {"walk", walk}});
  const Index half = said.cols() / 2;
  require(forecasts(model, problem, another_future(problem, half, how.seed)).leftCols(half) ==
              said.leftCols(half),
          "the network has seen the future");
  write_text(
      "No peeking: with other values for all that comes later, the forecasts of the first half stay the "
      "same, bit for bit.");
  write_text(picture(problem, said));
  if (all >= std::min({last, sum.other, sum.linear}))
    return conclude(how,
                    "a simple rule or a linear regression predicts this series as well as the network, or "
                    "better. Its past is too short, or says too little that only a network can use.");
  return conclude(
      how,
      text_of("a network predicts the next steps better than a rule such as \"all stays as it is\", if the "
              "past has something to say about them. Its intervals tell how far to trust it",
              problem.ahead > 1 ? ": most of them widen with each step ahead." : "."));
}

int main(int count, char** words) {
  return run_program("forecast", [&] {
    Problem problem;
    Settings how{.epochs = 80, .clip = 1};
    CommandLine line("forecast",
                     "What comes next in a series, and how sure is that? Trains on its past,\n"
                     "is measured on its last fifth.",
                     how);
    const OptionGroup data = line.group("Data"), network = line.group("Network");
    constexpr std::array<std::string_view, 2> made{"mackey-glass", "seasons"};
    data.add_with_default("--make", problem.make, "NAME", "Series of its own: " + list(made))
        ->check(one_of(made));
    data.add("--data", problem.data, "FILE", "CSV file whose first line names the columns")
        ->check(not_empty());
    data.add("--column", problem.column, "NAMES",
             "Columns of it, with commas between them; without this, all with numbers");
    data.add("--prices", problem.prices, "FILE", "CSV file with open, high, low and close of each day")
        ->check(not_empty());
    data.add_flag("--validation", problem.validation,
                  "To choose options: leave out the last fifth, and hold out the last fifth of the rest");
    data.add_flag("--fill", problem.fill, "Where a number is missing, take the last one before it");
    data.add("--counts", problem.counts, "WHETHER",
             "yes: the series counts something, so read the roots of the counts, and learn from larger and "
             "smaller ones. no: don't. Without this, the past of a single column chooses")
        ->check(one_of({"yes", "no"}));
    data.add("--ahead", problem.ahead, "N", "Steps ahead [12; 1 for files]")->check(whole_number(1, 10000));
    data.add("--season", problem.season, "N", "Steps of a season: 24 for hours, 12 for months")
        ->check(whole_number(2, 100000));
    network.add_with_default("--window", problem.window, "N", "Steps that it reads, at least 22")
        ->check(whole_number(22, 100000));
    network.add_with_default("--hidden", problem.hidden, "N", "Units of the cell")
        ->check(whole_number(1, 100000));
    network.add_with_default("--rate", problem.rate, "RATE", "Learning rate")->check(number_above_zero());
    network.add_with_default("--decay", problem.decay, "RATE", "Decay of the weights (AdamW)")
        ->check(zero_or_above());
    network.add_flag("--all-past", problem.all_past,
                     "Learn from all of the past; without this, its last eighth tells which epoch is the "
                     "best. Then Ctrl-C keeps "
                     "the last weights");
    network.add_flag("--many-to-one", problem.many_to_one,
                     "Learn from the end of each window, not from each step in it");
    line.of_network("--ahead", problem.ahead);
    line.of_network("--season", problem.season);
    line.of_network("--window", problem.window);
    line.of_network("--hidden", problem.hidden);
    line.of_network("--many-to-one", problem.many_to_one);
    line.of_network("--counts", problem.counts);
    line.of_network("--validation", problem.validation);  // else it has learned from what would be held out
    line.footer(
        "\nExamples:\n  forecast --data monthly-sunspots.csv --column Sunspots --all-past \\\n"
        "    --epochs 40\n"
        "  forecast --data ETTh1.csv --ahead 24 --season 24 --epochs 5 --hidden 64\n"
        "  forecast --prices sp500-daily.csv");
    if (!line.parse(count, words)) return 0;
    require(problem.data.empty() || problem.prices.empty(),
            "--data and --prices: only one of them can be given");
    require(!line.is_given("--make") || (problem.data.empty() && problem.prices.empty()),
            "--make is for a series made here: leave it out with --data and --prices");
    line.require_with("--data", {"--column", "--fill"});
    if (problem.data.empty() && problem.prices.empty()) line.draws_data();
    take_series(problem, how.is_short, how.seed);
    if (!line.is_given("--window") && how.load.empty())  // a short series has few windows
      problem.window = std::clamp<Index>(problem.past() / 4, 22, problem.window);
    const Index least_past =
        2 * (problem.window + problem.ahead) + problem.season;  // to learn from, to choose the epoch
    const Index least =
        std::max((5 * least_past - 1) / 4, 5 * problem.ahead);  // the last fifth must have a forecast's steps
    require(problem.series.cols() >= least, "the series has ",
            several(static_cast<std::size_t>(problem.series.cols()), "step"), ": with --window ",
            problem.window, ", --ahead ", problem.ahead, " and --season ", problem.season,
            " it must have at least ", least);
    write_text(choose_counts(problem));
    const auto& kinds = standard_kinds<float>();
    const auto body =
                   kinds.make(recurrent(how.cell, problem.features().size(problem.size()), problem.hidden)),
               head = kinds.make({"dense", problem.hidden, problem.size() * problem.ahead * 5});
    const QuantileLoss<float> loss{quantiles};
    if (problem.many_to_one)
      return run(OnWindows{ManyToOne{body, Pooling::last, head, loss}}, problem, how, line);
    return run(OnWindows{ManyToMany{Sequential{body, head}, EachStep{loss}}}, problem, how, line);
  });
}
