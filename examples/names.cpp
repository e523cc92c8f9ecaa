// Many to one: which language is a name from? A recurrent network reads it letter by letter.
//
//   names                        some seconds, with languages that the program invents
//   names --data FOLDER          a file LANGUAGE.txt for each language, with a name on each line
//   names --load MODEL < list    a line for each name
#include <algorithm>
#include <cmath>
#include <iostream>
#include <numeric>
#include <recur/recur.hpp>
#include <set>
#include <string>
#include <vector>

#include "common/answer_input.hpp"
#include "common/classifier.hpp"
#include "common/command_line.hpp"
#include "common/picture.hpp"

using namespace examples;
using namespace recur;

/// Different names in invented languages, each with a rule for its syllables. Letters alone don't tell all of them apart:
/// Oveli has those of Tavolu, in the other order.
LabelledTexts invent(std::size_t of_each, Random& random) {
  struct Language {
    std::string name;
    std::vector<std::string> begins, ends;  // a syllable is one of each
    Index least, most;                      // syllables
  };
  const std::vector<Language> languages{
      {"Gromak", {"gr", "kr", "dr", "z", "g", "t"}, {"ok", "ag", "urz", "okh", "ud", "ash"}, 1, 3},
      {"Lumari", {"l", "m", "r", "n", "v", "y"}, {"a", "i", "u", "ia", "e", "ua"}, 2, 4},
      {"Oveli", {"a", "o", "u", "e"}, {"t", "v", "l", "s", "p", "n"}, 2, 4},
      {"Sjöli", {"sj", "h", "b", "fj", "st", "l"}, {"ö", "å", "ör", "and", "ik", "ås"}, 1, 3},
      {"Tavolu", {"t", "v", "l", "s", "p", "n"}, {"a", "o", "u", "e"}, 2, 4},
      {"Zhaneth", {"zh", "th", "sh", "x", "q"}, {"an", "eth", "ei", "uo", "in"}, 1, 3}};
  LabelledTexts names;
  std::set<std::string> drawn;
  for (const auto& [language, begins, ends, least, most] : languages) {
    const auto one_of = [&](const auto& parts) {
      return parts[static_cast<std::size_t>(random.below(static_cast<Index>(parts.size())))];
    };
    while (names.samples.size() < of_each * (names.classes.size() + 1)) {
      std::string name;
      for (Index syllables = least + random.below(most - least + 1); syllables > 0; --syllables)
        name += one_of(begins) + one_of(ends);
      if (drawn.insert(name).second) names.samples.push_back({name, static_cast<int>(names.classes.size())});
    }
    names.classes.push_back(language);
  }
  return names;
}

using Example = Classifier::Model::Example;
struct Data {
  std::vector<Example> training, validation, unseen;
  std::vector<std::string> unseen_names;
  std::vector<bool> is_new;  // lists have names twice: which of the unseen ones are in no other part
};

/// Every tenth name of each language is held out. Of each twenty names, another one chooses the best epoch.
Data split(const LabelledTexts& names, const Vocabulary& letters) {
  Data data;
  std::set<std::string> known;
  std::vector<int> counts(names.classes.size());
  for (const auto& [name, label] : names.samples) {
    const int number = counts[static_cast<std::size_t>(label)]++;
    const Example example{letters.ids(characters(name)), label};
    if (number % 10 == 9) {
      data.unseen.push_back(example);
      data.unseen_names.push_back(name);
      continue;
    }
    (number % 20 == 4 ? data.validation : data.training).push_back(example);
    known.insert(name);
  }
  for (const auto& name : data.unseen_names) data.is_new.push_back(!known.contains(name));
  return data;
}

Classifier make(const LabelledTexts& names, const Settings& how, Index hidden, double dropout) {
  WordCounts counts;
  for (const auto& [name, label] : names.samples) count_words(characters(name), counts);
  auto letters = Vocabulary::from_counts(counts, {.min_count = 2});
  const Index known = letters.size(), classes = static_cast<Index>(names.classes.size());
  const Description noise = Description("dropout").with("rate", dropout);
  return {std::move(letters), names.classes,
          Description("chain")
              .around({"embedding", known, 32})
              .around(noise)
              .around(recurrent(how.cell, 32, hidden)),
          Description("chain").around(noise).around({"dense", hidden, classes})};
}

/// A table with a row for each language, and a picture of what was answered instead.
void show(const Classifier& classifier, const MatrixX<Index>& counts) {
  std::vector<std::vector<std::string>> rows{{"language", "names", "found", "F1", "taken for"}};
  const auto matches = class_matches(counts);
  MatrixX<double> shares = counts.cast<double>();
  for (Index i = 0; i < counts.rows(); ++i) {
    const Index all = counts.row(i).sum();
    shares.row(i) /= static_cast<double>(std::max<Index>(1, all));
    VectorX<Index> wrong = counts.row(i);
    wrong(i) = 0;
    Index most = 0;
    const bool none = wrong.maxCoeff(&most) == 0;
    const auto& names = classifier.classes;
    rows.push_back({printable(names[static_cast<std::size_t>(i)]), std::to_string(all),
                    fixed(100 * shares(i, i), 0) + " %", fixed(matches[static_cast<std::size_t>(i)].f1(), 2),
                    none ? "-" : shortened(printable(names[static_cast<std::size_t>(most)]), 9)});
  }
  write_table(rows);
  std::cout << '\n';
  write_text(draw("names", shares, classifier.classes, classifier.classes,
                  R"(set title 'Which language is a name from?'
set ylabel 'it is from'; set xlabel 'the network says'; set yrange [*:*] reverse
set palette defined (0 'white', 0.3 '#9ecae1', 1 '#08306b'); set cbrange [0:1]; set cblabel 'part of the names'
set xtics rotate by -45 nomirror; set ytics nomirror; set tics out; unset key
plot DATA matrix rowheaders columnheaders with image)"));
}

/// The most likely languages of a name: "Irish 91 %, English 5 %".
std::string answer(const Classifier& classifier, const std::string& line) {
  const std::string name(trim(line));
  require(is_utf8(name), "a name must be text in UTF-8");
  if (name.empty()) return {};
  const VectorX<float> p = classifier.model.predict(classifier.vocabulary.ids(characters(name)));
  std::vector<std::size_t> order(classifier.classes.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    return p(static_cast<Index>(a)) > p(static_cast<Index>(b));
  });
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(3, order.size()); ++i)
    if (const auto part = static_cast<double>(p(static_cast<Index>(order[i]))); i == 0 || part >= 0.01)
      text +=
          text_of(i ? ", " : "", printable(classifier.classes[order[i]]), ' ', fixed(100 * part, 0), " %");
  return text;
}

int main(int count, char** words) {
  return run_program("names", [&] {
    Settings how{.epochs = 12};
    std::string folder;
    std::vector<std::string> asked;
    Index hidden = 128;
    double rate = 3e-3, dropout = 0.3;
    bool balance = false;
    CommandLine line("names",
                     "Which language is a name from? Trains a network that reads it letter by letter.", how);
    const OptionGroup data_options = line.group("Data"), network = line.group("Network");
    data_options
        .add("--data", folder, "FOLDER",
             "Folder with a file LANGUAGE.txt for each language, a name on each line; without it, invented "
             "languages")
        ->check(not_empty());
    network.add_with_default("--hidden", hidden, "N", "Units of the cell")->check(whole_number(1, 100000));
    network.add_with_default("--dropout", dropout, "RATE", "Part of the features dropped in training")
        ->check(part());
    network.add_with_default("--rate", rate, "RATE", "Learning rate")->check(number_above_zero());
    line.of_network("--hidden", hidden);
    line.of_network("--dropout", dropout);
    network.add_flag("--balance", balance, "Give languages with few names more weight");
    line.add_words(asked, "NAME", "Names to classify at the end");
    line.footer(
        "With --load, and neither --data nor --epochs, it only answers: the names that\n"
        "are given, or else each line of the standard input.\n"
        "\nExamples:\n"
        "  names --data names --save names.safetensors\n"
        "  names --load names.safetensors Okafor \"O'Brien\"\n"
        "  names --load names.safetensors < list.txt > languages.txt");
    if (!line.parse(count, words)) return 0;
    for (const auto& name : asked)
      require(!trim(name).empty() && is_utf8(name), quote(name), " is not a name: it must be text in UTF-8");

    const std::string lesson =
        "a network that reads letter by letter keeps what it read in its state. From that it tells "
        "languages apart, even those that have the same letters in another order.";
    const auto answer_all = [&](const Classifier& classifier, bool more) {
      for (const auto& name : asked) write_text(printable(name) + ": " + answer(classifier, name));
      if (more) answer_input("a name", [&](const std::string& name) { return answer(classifier, name); });
    };
    if (line.only_uses({"--balance"})) {
      answer_all(load_classifier(how.load), asked.empty());
      return asked.empty() ? 0 : conclude(how, lesson);
    }
    if (folder.empty()) line.draws_data();
    Random random(how.seed);
    const LabelledTexts names =
        folder.empty() ? invent(how.is_short ? 60U : 500U, random) : read_class_folder(folder);
    Classifier classifier = how.load.empty() ? make(names, how, hidden, dropout) : load_classifier(how.load);
    require(classifier.classes == names.classes, printable(how.load),
            " knows other languages: ", list_of(classifier.classes));
    const Data data = split(names, classifier.vocabulary);
    require(!data.unseen.empty(), "no name is left to measure on: give at least ten of a language");
    write_text(text_of(names.samples.size(), " names in ", names.classes.size(), " languages: ",
                       list_of(names.classes), ". ", data.unseen.size(), " of them are held out.\n"));
    double seconds = 0;
    if (line.trains()) {
      auto& model = classifier.model;
      if (balance) {
        std::vector<int> labels;
        for (const auto& example : data.training) labels.push_back(example.target);
        auto weights = balanced_weights(labels, std::ssize(names.classes));
        for (double& weight : weights)
          weight = std::sqrt(weight);  // halfway to languages that all weigh the same
        model.criterion.class_weights = weights;
      }
      if (how.load.empty()) initialize(model, how.seed);
      Optimizer optimizer(model, Adam{.rate = rate});
      FitOptions options = fit_options(how);
      options.schedule = CosineDecay{.rate = rate, .over = options.epochs, .floor = rate / 50};
      options.metric = Accuracy{};
      seconds = how.note(train_and_save(
          options, how.save,
          [&](const FitOptions& watched) {
            return fit<Classifier::Model>(model, optimizer, data.training, data.validation, watched);
          },
          [&] { save(classifier, how.save, line.metadata()); }));
    }

    const MatrixX<float> p =
        predictions<Classifier::Model>(classifier.model, data.unseen, {.threads = how.threads});
    const std::vector<int> found = most_likely(p);
    std::vector<int> labels;
    std::size_t right = 0, right_new = 0, all_new = 0;
    for (std::size_t n = 0; n < found.size(); ++n) {
      labels.push_back(data.unseen[n].target);
      right += found[n] == labels[n];
      all_new += data.is_new[n];
      right_new += data.is_new[n] && found[n] == labels[n];
    }
    show(classifier, confusion(found, labels, p.rows()));
    const auto part_of = [](std::size_t some, std::size_t all) {  // of none: not a number
      return static_cast<double>(some) / static_cast<double>(all);
    };
    const double accuracy = part_of(right, found.size()), of_new = part_of(right_new, all_new);
    write_text(text_of("\nAccuracy on the names held out: ", percent(accuracy), " of ", found.size(),
                       "; on the ", all_new, " of them that are not also among those it learned from: ",
                       all_new > 0 ? percent(of_new) : "none", ".\n"));
    write_figures(how, {{"accuracy", accuracy}, {"new", of_new}, {"training", seconds}});
    if (asked.empty())
      for (std::size_t n = 0; n < found.size(); n += (found.size() + 6) / 7)
        asked.push_back(data.unseen_names[n]);
    answer_all(classifier, can_ask());
    return conclude(how, lesson);
  });
}
