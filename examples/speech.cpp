// Which digits were spoken? A network hears sound as it comes in and writes a digit as soon as it is sure of one.
//   speech                         the tones of a telephone's keys, in noise; some seconds
//   speech --data FOLDER           recordings of spoken digits, DIGIT_SPEAKER_NUMBER.wav
//   speech --single                one digit each, by a network that reads both ways
//   speech --load M --listen FILE  what it understands of a file, as it comes in
//
// A string of digits is labelled without the times of its digits: CTC sums over all of them. The strings are joined
// again for each epoch, with other noise, speed and loudness. One digit is many to one.
#include <chrono>
#include <recur/recur.hpp>

#include "common/command_line.hpp"
#include "common/saved_model.hpp"
#include "spoken.hpp"

using namespace recur;
using namespace examples;
using namespace spoken;

using Body = Sequential<Scale<float>, Network<float>>;
using Strings = ManyToMany<Body, CtcLoss>;  // class 0 is the blank, class d + 1 the digit d
using Single = ManyToOne<Body, Dense<float>, SoftmaxCrossEntropy<float>>;
template <class Model>
constexpr bool is_single = std::same_as<Model, Single>;

template <class Model>
std::vector<typename Model::Example> to_examples(std::span<const Word> words) {
  std::vector<typename Model::Example> examples;
  for (const Word& word : words) {
    auto& example = examples.emplace_back();
    example.input = features()(word.samples);
    if constexpr (is_single<Model>)
      example.target = word.digits[0];
    else
      for (const int digit : word.digits) example.target.push_back(digit + 1);
  }
  return examples;
}

template <class Model>
Model make(const Description& network, SizeLimit limit = {}) {
  Body body{Scale<float>{features().bands()}, standard_kinds<float>().make(network, limit)};
  if constexpr (is_single<Model>) {
    const Index outputs = body.output_size();
    return {std::move(body), Pooling::mean, Dense<float>{outputs, 10}, SoftmaxCrossEntropy<float>{}};
  } else {
    return {std::move(body), CtcLoss{}};
  }
}
template <class Model>
Model make(const Settings& how, Index hidden, double dropout) {
  Description chain = Description("chain")
                          .around(recurrent(how.cell, features().bands(), hidden)
                                      .with("num_layers", 2)
                                      .with("dropout", dropout)
                                      .with("direction", is_single<Model> ? "both" : "forward"))
                          .around(Description("dropout").with("rate", dropout));
  return make<Model>(is_single<Model> ? chain : chain.around({"dense", hidden, 11}));
}

template <class Model>
void save(const Model& model, const std::string& path, Metadata metadata) {
  save_model(model, path, std::move(metadata),
             {{"speech.network", std::get<1>(model.body.layers).description()}});
}
template <class Model>
Model load(const std::string& path) {
  return load_model(path, [](const SavedModel& saved) {
    return make<Model>(saved.network("speech.network"), saved.limit());
  });
}

/// Trains on strings of 3 to 7 words or on single ones, joined again for each epoch, and saves.
template <class Model>
FitReport train(Model& model, const Words& words, const Settings& how, double rate,
                const Metadata& metadata) {
  const Index least = is_single<Model> ? 1 : 3, most = is_single<Model> ? 1 : 7;
  const std::size_t all = words.training.size(), count = how.is_short ? 20
                                                         : is_single<Model>
                                                             ? all
                                                             : std::max<std::size_t>(600, all / 2);
  const auto draw = [&](Random random) {
    return to_examples<Model>(practice(words, count, least, most, random));
  };
  if (how.load.empty()) {
    initialize(model, how.seed);
    std::vector<typename Model::Input> inputs;
    for (auto& example : draw(Random(how.seed))) inputs.push_back(std::move(example.input));
    // Each band gets mean 0 and deviation 1.
    const auto scaler = Scaler<float>::fit(Sequence<float>(inputs).values());
    auto& scale = std::get<0>(model.body.layers);
    scale.weight = scaler.deviation().cwiseInverse();
    scale.bias = -scaler.mean().cwiseQuotient(scaler.deviation());
  }
  const auto validation = to_examples<Model>(
      test(words.validation, words.unseen_noise, how.is_short ? 10 : 150, least, most, Random(how.seed + 1)));
  Optimizer optimizer(model, Adam{.rate = rate});
  FitOptions options = fit_options(how);
  options.batch_size = 16;
  options.schedule = CosineDecay{.rate = rate, .over = options.epochs, .floor = rate / 50};
  return train_and_save(
      options, how.save,
      [&](const FitOptions& watched) { return fit(model, optimizer, draw, validation, watched); },
      [&] { save(model, how.save, metadata); });
}

/// What the network understands of a sound that comes in sample by sample. Calls on_digit for each digit as soon as
/// the network is sure of it.
template <class F>
std::vector<int> listen(const Strings& model, const Samples& samples, F&& on_digit) {
  std::vector<int> digits;
  auto ear = features().stream();
  auto stream = model.stream();
  CtcStream path;
  for (Index n = 0; n < samples.size(); ++n)
    if (const auto* frame = features().step(samples(n), ear))
      if (const auto label = path.step(model.step_logits(*frame, stream))) {
        digits.push_back(*label - 1);
        on_digit(Heard{static_cast<double>(n + 1) / sample_rate, digits.back()}, digits);
      }
  return digits;
}

/// Writes what was understood so far at each new digit, and draws it.
void show(const Strings& model, const Samples& samples) {
  std::vector<Heard> heard;
  const auto start = std::chrono::steady_clock::now();
  listen(model, samples, [&](const Heard& digit, const std::vector<int>& so_far) {
    heard.push_back(digit);
    std::cout << fixed(digit.seconds, 2) << " s   " << std::flush;
    write_text(to_text(so_far), 9);
  });
  const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  draw(samples, heard);
  const double lasts = static_cast<double>(samples.size()) / sample_rate;
  write_text(text_of("It heard ", fixed(lasts, 1), " s in ", fixed(1000 * took, 1), " ms."));
}

/// Measures on single words, and says which digits it takes for which.
double measure(const Single& model, const Words& words, const Settings& how) {
  Random random(how.seed + 2);
  std::vector<Word> unseen;
  std::vector<int> labels;
  for (const Word& word : words.unseen) {
    unseen.push_back(joined(std::span(&word, 1), words.unseen_noise, random));
    labels.push_back(word.digits[0]);
  }
  const auto examples = to_examples<Single>(unseen);
  const auto found = most_likely(predictions<Single>(model, examples, {.threads = how.threads}));
  const MatrixX<Index> counts = confusion(found, labels, 10);
  std::vector<std::vector<std::string>> rows{{"digit", "heard", "right", "taken for"}};
  for (int d = 0; d < 10; ++d) {
    std::vector<int> others;
    for (int other = 0; other < 10; ++other)
      if (other != d && counts(d, other) > 0) others.push_back(other);
    const Index heard = counts.row(d).sum();
    rows.push_back({std::to_string(d), std::to_string(heard), std::to_string(counts(d, d)), to_text(others)});
  }
  std::cout << '\n';
  write_table(rows);
  const double right = static_cast<double>(counts.trace()) / static_cast<double>(labels.size());
  write_text(text_of("\nRight on ", percent(right), " of ", labels.size(), " digits held out."));
  return right;
}

/// Measures on strings of words with the network that hears them as they come in, and shows the first of them.
double measure(const Strings& model, const Words& words, const Settings& how) {
  const auto unseen =
      test(words.unseen, words.unseen_noise, how.is_short ? 10 : 300, 3, 7, Random(how.seed + 2));
  std::vector<std::vector<int>> found, right;
  for (const Word& word : unseen) {
    found.push_back(listen(model, word.samples, [](const auto&...) {}));
    right.push_back(word.digits);
  }
  const double error = error_rate(found, right);
  write_text(text_of("\nOn ", found.size(), " strings of 3 to 7 digits held out, ", percent(error),
                     " of the digits are wrong, missing or too many. In the first one the digits are\n",
                     "         ", to_text(right[0]), "\nand this it understood:\n"));
  show(model, unseen[0].samples);
  if (has_sound_files && is_there("speech.wav") && !how.overwrite) {
    write_text("No sound: speech.wav is there, and may be yours. --overwrite replaces it.");
  } else if (has_sound_files) {
    write_sound("speech.wav", unseen[0].samples, sample_rate);
    write_text("Sound: speech.wav, to hear it and for --listen.");
  }
  return error;
}

int main(int count, char** words) {
  return run_program("speech", [&] {
    Settings how{.cell = "gru", .epochs = 20};
    std::string folder, file;
    bool single = false;
    Index hidden = 128;
    double rate = 3e-3, dropout = 0.2;
    CommandLine line("speech",
                     "Which digits were spoken? Hears strings of digits while they come in. First it\n"
                     "learns them, from the tones of telephone keys in noise or from recordings.",
                     how);
    const OptionGroup data = line.group("Data"), network = line.group("Network");
    data.add("--data", folder, "FOLDER",
             "Recordings of single digits, DIGIT_SPEAKER_NUMBER.wav, 8000 samples a second; numbers below 10 "
             "are held out. Without it, telephone tones");
    data.add("--listen", file, "FILE", "WAV file to understand; with --load it does nothing else");
    data.add_flag("--single", single, "One digit instead of strings, by a network that reads both ways");
    network.add_with_default("--hidden", hidden, "N", "Units of each layer")->check(whole_number(1, 100000));
    network.add_with_default("--dropout", dropout, "RATE", "Part of the features dropped")->check(part());
    line.of_network("--hidden", hidden);
    line.of_network("--dropout", dropout);
    line.of_network("--single", single);
    network.add_with_default("--rate", rate, "RATE", "Learning rate")->check(number_above_zero());
    line.footer(
        "\nExamples:\n  speech --save tones.safetensors\n"
        "  speech --load tones.safetensors --listen speech.wav\n"
        "  speech --data fsdd --save digits.safetensors");
    if (!line.parse(count, words)) return 0;
    require(!single || file.empty(), "--listen hears strings of digits: leave out --single");
    require(how.figures.empty() || file.empty(), "--listen measures nothing: leave out --figures");
    if (has_sound_files && !single && file.empty()) {
      require_outside("speech.wav", folder);
      line.keep_results_from("speech.wav");
    }
    const Samples to_hear = file.empty() ? Samples() : read_sound(file, sample_rate);

    const auto run = [&]<class Model>(Model model) {
      Words all;
      double seconds = 0;
      if (file.empty() || line.trains())
        all = folder.empty() ? tones(how.is_short ? 8 : 40, Random(how.seed)) : recordings(folder);
      if (line.trains()) seconds = how.note(train(model, all, how, rate, line.metadata()));
      if constexpr (!is_single<Model>)
        if (!file.empty()) return show(model, to_hear);
      write_figures(how, {{single ? "digits" : "strings", measure(model, all, how)}, {"training", seconds}});
    };
    if (single)
      run(how.load.empty() ? make<Single>(how, hidden, dropout) : load<Single>(how.load));
    else
      run(how.load.empty() ? make<Strings>(how, hidden, dropout) : load<Strings>(how.load));
    return conclude(
        how, single ? "one answer for a whole sound. The network reads it from both ends, so it must have "
                      "heard the end before it answers."
                    : "nobody told the network when a digit begins or ends. CTC sums over all times at "
                      "which the digits may be, and the network finds them. It reads one way only, so it "
                      "writes each digit while the sound comes in.");
  });
}
