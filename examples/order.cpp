// Why not a feed-forward network? Three networks learn to answer a question about a sentence:
//
//   room ? the film is good , the room is not bad , the food is poor      good
//   room ? the film is not bad , the room is good , the food is poor      good
//   room ? the room is poor , the film is good , the food is not bad      bad
//
// A bag of words counts the words. A window sees each word at its place, as far as its inputs reach. A recurrent
// network reads one word after the other, however many there are.
//
//   order                        some seconds
//   order --help                 all options
#include <algorithm>
#include <functional>
#include <iostream>
#include <recur/recur.hpp>
#include <recur/train/interrupt.hpp>
#include <set>
#include <string>
#include <vector>

#include "common/classifier.hpp"
#include "common/command_line.hpp"
#include "common/picture.hpp"
#include "questions.hpp"

using namespace examples;
using namespace recur;
using namespace questions;

/// A feed-forward network with one hidden layer; its input is one vector.
using Classic = ManyToOne<Network<float>, Network<float>, SoftmaxCrossEntropy<float>>;
Classic feed_forward(Index inputs, Index hidden) {
  return {make_network<float>({Description("dense", inputs, hidden).with("activation", "tanh")}),
          Pooling::last, make_network<float>({{"dense", hidden, 2}}), SoftmaxCrossEntropy<float>{}};
}

/// How often each word occurs: V × 1.
MatrixX<float> counts_of(const std::vector<Token>& tokens, Index words) {
  MatrixX<float> x = MatrixX<float>::Zero(words, 1);
  for (const Token token : tokens) ++x(token);
  return x;
}
/// Which word is at which place, as far as the window reaches: (V · places) × 1.
MatrixX<float> places_of(const std::vector<Token>& tokens, Index words, Index places) {
  MatrixX<float> x = MatrixX<float>::Zero(words * places, 1);
  for (Index t = 0; t < std::min<Index>(places, static_cast<Index>(tokens.size())); ++t)
    x(t * words + tokens[static_cast<std::size_t>(t)]) = 1;
  return x;
}

/// What a network reached: a column of the table.
struct Column {
  std::string name;
  double seconds = 0;
  Index parameters = 0;
  std::vector<double> accuracy{};  // on each test set
  std::vector<bool> says_good{};   // of the sentences that are shown
};

/// Trains a network, measures it on each set of sentences, and asks it about the last set.
template <class Model, class ToInput>
Column run(const std::string& name, Model& model, const std::vector<std::vector<Sentence>>& sets, bool trains,
           double rate, FitOptions options, Settings& how, ToInput to_input,
           const std::function<void()>& save = {}) {
  const auto as_examples = [&](const std::vector<Sentence>& sentences) {
    std::vector<typename Model::Example> all;
    for (const auto& [words, label] : sentences) all.push_back({to_input(words), label});
    return all;
  };
  Column column{name};
  if (trains) {
    std::cerr << name << '\n';
    options.checkpoint = checkpoint_options(how.checkpoints, save ? "recurrent" : name);
    Optimizer optimizer(model, Adam{.rate = rate});
    const auto training = as_examples(sets[0]), validation = as_examples(sets[1]);
    column.seconds = how.note(train_and_save(
        options, save ? how.save : "",
        [&](const FitOptions& watched) {
          return fit<Model>(model, optimizer, training, validation, watched);
        },
        save));
  }
  column.parameters = count_parameters(model);
  for (std::size_t i = 2; i < sets.size(); ++i) {
    const auto all = as_examples(sets[i]);
    const auto found = most_likely(predictions<Model>(model, all));
    std::size_t right = 0;
    for (std::size_t n = 0; n < found.size(); ++n) right += found[n] == sets[i][n].label;
    column.accuracy.push_back(static_cast<double>(right) / static_cast<double>(found.size()));
    if (i + 1 == sets.size())
      for (const int answer : found) column.says_good.push_back(answer == 1);
  }
  return column;
}

int main(int count, char** words) {
  return run_program("order", [&] {
    Settings how{.epochs = 60};
    how.checkpoints.networks = {"recurrent", "bag of words", "window"};
    Index hidden = 64;
    CommandLine line("order", "Why not a feed-forward network? Three networks learn from the same sentences.",
                     how);
    const OptionGroup network = line.group("Network");
    network.add_with_default("--hidden", hidden, "N", "Units of each network")
        ->check(whole_number(1, 100000));
    line.of_network("--hidden", hidden);
    line.footer("--save, --load and --log concern the recurrent network; the others are trained\nagain.\n");
    if (!line.parse(count, words)) return 0;

    line.draws_data();
    Random random(how.seed);
    const std::size_t size = how.is_short ? 300 : 6000;
    std::vector<std::vector<Sentence>> sets{draw_sentences(size, 1, 3, random),  // to learn from
                                            draw_sentences(300, 1, 3, random)};  // to choose the best epoch
    std::set<Words> known;
    for (const auto& set : sets)
      for (const auto& sentence : set) known.insert(sentence.words);
    sets.push_back(draw_sentences(1000, 1, 3, random, known));
    sets.push_back(draw_pairs(1000, random, known));
    sets.push_back(draw_sentences(1000, 4, 6, random, known));
    sets.push_back({{tokenize("room ? the room is good , the film is bad"), 1},
                    {tokenize("room ? the room is bad , the film is good"), 0}});
    WordCounts seen;
    for (const auto& sentence : sets[0]) count_words(sentence.words, seen);
    Classifier rnn = [&] {
      if (!how.load.empty()) return load_classifier(how.load);
      auto vocabulary = Vocabulary::from_counts(seen);
      const Index signs = vocabulary.size();
      return Classifier(
          std::move(vocabulary), {"bad", "good"},
          Description("chain").around({"embedding", signs, 16}).around(recurrent(how.cell, 16, hidden)),
          Description("chain").around({"dense", hidden, 2}));
    }();
    require(rnn.classes == Words{"bad", "good"}, printable(how.load),
            " answers other questions: ", list_of(rnn.classes));
    const Vocabulary& vocabulary = rnn.vocabulary;
    std::size_t longest = 0;
    for (const auto& sentence : sets[0]) longest = std::max(longest, sentence.words.size());
    const Index signs = vocabulary.size(), places = static_cast<Index>(longest);
    Classic bag = feed_forward(signs, hidden), window = feed_forward(signs * places, hidden);

    FitOptions options = fit_options(how);
    const double rate = 5e-3;
    options.schedule = CosineDecay{.rate = rate, .over = options.epochs, .floor = rate / 50};
    const Interrupt interrupt;  // Ctrl-C ends the training of all three
    initialize(bag, how.seed);
    initialize(window, how.seed);
    if (how.load.empty()) initialize(rnn.model, how.seed);
    // First, so that it has learned something if Ctrl-C ends the training of all three. The log is its own.
    Column of_rnn = run(
        how.cell, rnn.model, sets, line.trains(), rate, options, how,
        [&](const Words& all) { return vocabulary.ids(all); }, [&] { save(rnn, how.save, line.metadata()); });
    options.on_epoch = nullptr;
    std::vector<Column> columns;
    columns.push_back(run("bag of words", bag, sets, true, rate, options, how,
                          [&](const Words& all) { return counts_of(vocabulary.ids(all), signs); }));
    columns.push_back(run("window", window, sets, true, rate, options, how,
                          [&](const Words& all) { return places_of(vocabulary.ids(all), signs, places); }));
    columns.push_back(std::move(of_rnn));

    std::vector<Words> rows{{"right on"},    {"new sentences"}, {"order pairs"},
                            {"longer ones"}, {"parameters"},    {"trained in"}};
    for (const Column& column : columns) {
      rows[0].push_back(column.name == "bag of words" ? "bag" : column.name);
      for (std::size_t i = 0; i < 3; ++i) rows[i + 1].push_back(fixed(100 * column.accuracy[i], 1) + "%");
      rows[4].push_back(std::to_string(column.parameters));
      rows[5].push_back(seconds_text(column.seconds));
    }
    write_figures(how, {{"pairs", columns.back().accuracy[1]}, {"longer", columns.back().accuracy[2]}});
    std::cout << '\n';
    write_table(rows);
    write_text(text_of("\nAll learned from ", size, " sentences of 1 to 3 clauses; the window has ", places,
                       " places, as many as the longest of them has words. None of them is among those that "
                       "are measured. Order pairs have the same words and "
                       "different answers. Longer ones have 4 to 6 clauses.\n"));
    MatrixX<double> right(3, 3);
    for (Index i = 0; i < 3; ++i)
      for (Index k = 0; k < 3; ++k)
        right(i, k) = 100 * columns[static_cast<std::size_t>(k)].accuracy[static_cast<std::size_t>(i)];
    const Words kinds{"new sentences", "order pairs", "longer ones"},
        names{"bag of words", "window", how.cell};
    write_text(draw("order", right, kinds, names, R"(set title 'Right on sentences that no network has seen'
set style data histograms; set style histogram clustered gap 1; set style fill solid noborder
set ylabel '%'; set yrange [0:100]; set xrange [-0.5:2.5]; set border 3; set tics nomirror out; set key above
set arrow from graph 0, first 50 to graph 1, first 50 nohead dt 2
plot for [i=2:4] DATA using i:xtic(1) lc rgb word('#c6dbef #6baed6 #08519c', i-1) title columnheader(i))",
                    "png", "700,360"));
    std::cout << '\n';
    for (std::size_t n = 0; n < 2; ++n) {
      std::string text, answers;
      for (const auto& word : sets.back()[n].words) text += (text.empty() ? "" : " ") + word;
      for (const Column& column : columns)
        answers += (answers.empty() ? "" : ", ") + column.name + (column.says_good[n] ? " good" : " bad");
      write_text(text + "\n  " + answers);
    }
    return conclude(
        how,
        "what counts is not which words there are, nor where they stand, but what came before. Only the "
        "recurrent network can use that in sentences longer than those that it learned from.");
  });
}
