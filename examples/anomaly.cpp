// A stream that never ends: a network listens to a machine, sample by sample, and raises the alarm when it no longer
// sounds like itself. It learns from two minutes of the healthy machine to predict the next sample, a few seconds of
// training. Then it predicts every sample of an hour, in which faults come now and then. What it can't predict is
// news; much news within a quarter of a second is an alarm. The faults are hardly louder than the machine, or not at all.
// A meter of loudness beside it, whose limit is set by the same rule, hears a third of them.
//
//   anomaly              an hour of 500 samples a second
//   anomaly --live       at the pace of the machine
//   anomaly --data FILE  a signal of your own: sound, or a column of numbers
//   anomaly --data -     one that comes through the standard input, for as long as it comes
#include <array>
#include <chrono>
#include <cmath>
#include <iostream>
#include <recur/io/model_file.hpp>
#include <recur/recur.hpp>
#include <recur/train/interrupt.hpp>
#include <thread>

#include "allocations.hpp"
#include "common/command_line.hpp"
#include "common/picture.hpp"
#include "common/weights.hpp"
#include "listening.hpp"
#include "machine.hpp"

using namespace recur;
using namespace examples;
using namespace listening;
using namespace machine;

/// How an ear fares with the faults of the machine. A fault is heard if the alarm comes until two seconds after its end.
struct Tally {
  double delay = 0;  ///< seconds from fault to alarm, summed
  Index false_alarms = 0;
  std::array<Index, 4> heard{};
  bool answered = true;

  void count(bool alarm, const Sample& sample) {
    if (sample.since == 0) answered = false;
    if (!alarm) return;
    if (sample.since < 0 || sample.since > Machine::lasts + 2 * rate) {
      ++false_alarms;
    } else if (!std::exchange(answered, true)) {
      ++heard[static_cast<std::size_t>(sample.fault)];
      delay += static_cast<double>(sample.since) / rate;
    }
  }
};

int main(int count, char** words) {
  return run_program("anomaly", [&] {
    Settings how{.cell = "gru", .epochs = 12, .clip = 1};
    double hours = 1, learning_rate = 1e-2, healthy = 0.5;
    Index hidden = 24, per_second = 500;
    std::string data;
    bool live = false;
    CommandLine line("anomaly",
                     "Hears when a machine no longer sounds like itself: learns to predict its\n"
                     "vibration, and then listens to an hour of it.",
                     how);
    const OptionGroup source = line.group("Data"), network = line.group("Network");
    source.add_with_default("--hours", hours, "HOURS", "How long it listens to the machine")
        ->check(number_above_zero());
    source.add_flag("--live", live, "At the pace of the machine: an hour takes an hour");
    source
        .add(
            "--data", data, "FILE",
            "Signal of your own instead: a file of sound or, called .csv, .tsv or .txt, a column of numbers. "
            "With - it comes through the standard input, as WAV or a number on each line, and it listens to "
            "that for as long as it comes, with a model to --load")
        ->check(not_empty());
    source.add_with_default("--per-second", per_second, "N", "Numbers a second in a column of them")
        ->check(whole_number(1, 1000000));
    source
        .add_with_default(
            "--healthy", healthy, "PART",
            "It learns from this part of the signal, its beginning, and listens to the rest. An alarm is "
            "a tenth above the most news in this part. With --load it listens to all")
        ->check(part());
    network.add_with_default("--hidden", hidden, "N", "Units of the cell")->check(whole_number(1, 100000));
    line.of_network("--hidden", hidden);
    network.add_with_default("--rate", learning_rate, "RATE", "Learning rate")->check(number_above_zero());
    line.footer(
        "While it listens to the machine or to the standard input, Ctrl-C ends that, with\n"
        "what it has heard so far.\n"
        "\nExamples:\n  anomaly --save machine.safetensors\n"
        "  anomaly --load machine.safetensors --hours 24 --seed 5\n"
        "  anomaly --data healthy.wav --save pump.safetensors\n"
        "  anomaly --data today.wav --load pump.safetensors\n"
        "  arecord -t wav -f S16_LE -r 8000 | anomaly --data - --load pump.safetensors");
    if (!line.parse(count, words)) return 0;
    line.require_with("--data", {"--per-second", "--healthy"});
    require(data.empty() || !line.is_given("--hours"),
            "--hours is for the machine: leave it out with --data");
    require(data != "-" || !line.trains(),
            "--data - hears what comes, which is not there to learn from: it needs --load, without --epochs");
    require(data.empty() || !live, "--live is for the machine: leave it out with --data");
    require(hours >= 1.0 / 3600 && hours <= 10000, "--hours ", hours,
            ": it must be a second, which is 0.00028, to 10000");
    require(!line.is_given("--per-second") || data == "-" || is_table(data),
            "--per-second is for a column of numbers: leave it out, a file of sound says it");
    require(!line.is_given("--healthy") || line.trains(),
            "--healthy with --load needs --epochs too: without it, it listens to all");
    if (how.is_short) hours = std::min(hours, 0.1);

    Model model{
        Sequential{standard_kinds<float>().make(recurrent(how.cell, 1, hidden)), Dense<float>{hidden, 1}},
        EachStep{SquaredError<float>{}}};
    initialize(model, how.seed);
    if (!data.empty())
      return listen_to(data == "-" ? incoming(per_second) : read_signal(data, per_second), healthy, model,
                       how, line, learning_rate);
    if (!how.load.empty()) load_for("the machine", model, how.load);
    if (line.trains()) {  // on two minutes, and some seconds that choose the best epoch
      Machine quiet(2 * how.seed);
      MatrixX<float> x(1, rate * (how.is_short ? 5 : 144));
      for (float& sample : x.reshaped()) sample = static_cast<float>(quiet.next().value);
      how.note(train(model, x, how, learning_rate,
                     [&] { save_for("the machine", model, how.save, line.metadata()); }));
    }

    // Ten healthy minutes tell what is usual: no alarm in them, and a margin. The first second does not count.
    Foresight foresight(model);
    Ear network_ear(rate / 4),
        meter(rate / 4);  // news is what can't be predicted or, for the meter, the square of the sample
    Tally network_tally, meter_tally;
    const Index minutes = rate * (how.is_short ? 20 : 600);
    // Training takes an even number: so a model that is loaded, from any seed, hears a sound that is new to it.
    Machine noisy(2 * how.seed + 1, minutes + 20 * rate);
    Healthy news, loudness;
    for (Index t = 0; t < minutes; ++t) {
      const Sample sample = noisy.next();
      network_ear.hears(foresight.news(sample.value));
      meter.hears(sample.value * sample.value);
      if (t < rate) continue;
      news.add(network_ear.mean);
      loudness.add(meter.mean);
    }
    network_ear.limit = news.limit();
    meter.limit = loudness.limit();

    const double none = std::numeric_limits<double>::quiet_NaN();
    VectorX<double> level = VectorX<double>::Constant(3000, none), faulty = level;  // every tenth of a second
    std::array<Index, 4> faults{};
    std::array<Sample, rate / 10> piece{};
    std::chrono::steady_clock::duration listening{};
    std::size_t allocated = 0;
    Index steps = 0, alarms = 0;
    const Index last = static_cast<Index>(hours * 3600) * rate, most_shown = live ? last : 8;
    const Interrupt interrupt;
    const auto begin = std::chrono::steady_clock::now();
    if (live) write_text("It listens at the pace of the machine. Ctrl-C ends it.");
    std::cout << std::endl;
    while (steps < last && !interrupt.requested()) {
      for (Sample& sample : piece) sample = noisy.next();
      if (live)
        std::this_thread::sleep_until(begin + std::chrono::milliseconds(100 * (10 * steps / rate + 1)));
      const std::size_t before = allocations;
      const auto start = std::chrono::steady_clock::now();
      const Sample* alarming = nullptr;  // one at most: it is quiet for three seconds then
      for (const Sample& sample : piece) {
        const bool alarm = network_ear.hears(foresight.news(sample.value));
        network_tally.count(alarm, sample);
        meter_tally.count(meter.hears(sample.value * sample.value), sample);
        if (sample.since == 0) ++faults[static_cast<std::size_t>(sample.fault)];
        if (alarm) alarming = &sample;
        if (const Index tenth = steps++ / (rate / 10); tenth < level.size()) {
          level(tenth) = network_ear.mean / network_ear.limit;
          if (sample.since >= 0 && sample.since < Machine::lasts) faulty(tenth) = 1;
        }
      }
      listening += std::chrono::steady_clock::now() - start;
      allocated += allocations - before;
      if (alarming != nullptr && ++alarms <= most_shown) {
        const double late = static_cast<double>(alarming->since) / rate;
        write_text(clock_text((steps - 1) / rate) + "  alarm" +
                   (late < 0 || late > 4
                        ? ", though nothing is wrong"
                        : text_of(" after ", fixed(late, 2), " s of a fault: ",
                                  Machine::faults[static_cast<std::size_t>(alarming->fault)])));
        std::cout.flush();
      }
    }
    if (alarms > most_shown) write_text(text_of("and ", alarms - most_shown, " more"));
#ifdef EXAMPLES_COUNT_ALLOCATIONS
    const double counted = static_cast<double>(allocated);
#else
    const double counted = none;
#endif

    const double heard_hours = static_cast<double>(std::max<Index>(1, steps)) / rate / 3600;
    std::vector<std::vector<std::string>> rows{{"fault", "came", "network", "meter"}};
    Index all = 0, hits = 0, meter_hits = 0;
    for (std::size_t k = 0; k < faults.size(); ++k) {
      rows.push_back({Machine::faults[k], std::to_string(faults[k]), std::to_string(network_tally.heard[k]),
                      std::to_string(meter_tally.heard[k])});
      all += faults[k];
      hits += network_tally.heard[k];
      meter_hits += meter_tally.heard[k];
    }
    rows.push_back({"all", std::to_string(all), std::to_string(hits), std::to_string(meter_hits)});
    rows.push_back({"false alarms", "", std::to_string(network_tally.false_alarms),
                    std::to_string(meter_tally.false_alarms)});
    std::cout << '\n';
    write_table(rows);
    const double nanoseconds = std::chrono::duration<double, std::nano>(listening).count() /
                               static_cast<double>(std::max<Index>(1, steps));
    write_text(text_of(
        "\nIn ", clock_text(steps / rate), " the network heard ", hits, " of ", all, " faults, ",
        fixed(network_tally.delay / static_cast<double>(std::max<Index>(1, hits)), 2),
        " s after they began, with ", fixed(static_cast<double>(network_tally.false_alarms) / heard_hours, 1),
        " false alarms an hour.\nA step costs ", fixed(nanoseconds, 0), " ns, and a sample lasts ",
        1000000000 / rate, " ns. Allocations in ", steps,
        " steps: ", std::isnan(counted) ? "not counted on this system" : fixed(counted, 0), "."));
    write_figures(how, {{"heard", static_cast<double>(hits) / static_cast<double>(std::max<Index>(1, all))},
                        {"false-alarms", static_cast<double>(network_tally.false_alarms) / heard_hours},
                        {"step", nanoseconds},
                        {"allocations", counted}});
    const std::array<Curve, 3> curves{Curve{"news", level}, Curve{"limit", VectorX<double>::Ones(3000)},
                                      Curve{"fault", faulty}};
    write_text(
        draw("anomaly", curves,
             "set title 'What the network could not predict, the first five minutes'\n"
             "set xlabel 'minutes'; set ylabel 'part of the limit'; set border 3; set tics nomirror out\n"
             "set logscale y; set xrange [0:5]; set yrange [0.2:50]; set key above\n"
             "set style fill solid noborder; set boxwidth 1.0/600\n"
             "plot DATA skip 1 using ($1/600):($4+50) with boxes lc rgb '#fcbba1' title 'fault', \\\n"
             "  '' skip 1 using ($1/600):2 with lines lw 1.5 lc rgb '#2171b5' title 'news', \\\n"
             "  '' skip 1 using ($1/600):3 with lines lw 1.5 lc rgb '#cb181d' title 'alarm above'\n",
             "png", "900,340"));
    return conclude(how,
                    "a network that knows how a machine sounds hears a fault that is hardly louder than "
                    "the machine, at once, on a "
                    "stream of any length, in the same memory.");
  });
}
