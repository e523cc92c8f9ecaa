// Prints how good a classifier is on labelled sentences.
#include "evaluation.hpp"

#include <algorithm>
#include <iomanip>
#include <iostream>

#include "ask.hpp"
#include "calibration.hpp"
#include "classifier.hpp"
#include "output.hpp"
#include "recur/core/threads.hpp"
#include "recur/core/utf8.hpp"
#include "recur/data/labelled_text.hpp"
#include "recur/train/metrics.hpp"
#include "strip.hpp"

namespace sentiment {

namespace {

/// The sentences of a file with the classes of the model, by their names or, if the labels are numbers, in
/// their order.
std::vector<recur::LabelledText> read_for(const Classifier& classifier, const std::filesystem::path& path,
                                          const AskCommand& command) {
  recur::LabelledTextOptions options{command.text_column, command.label_column, {}};
  auto texts = recur::read_labelled_text(path, options);
  if (!are_labels_of(texts.classes, classifier.classes)) {  // it may lack one of them
    options.classes = classifier.classes;
    texts = recur::read_labelled_text(path, options);
  }
  return std::move(texts.samples);
}

void write_classes(const recur::MatrixX<Index>& confusion, const std::vector<std::string>& classes) {
  std::vector<std::string> names;
  int longest = 8;
  for (const auto& name : classes) {
    names.push_back(recur::detail::printable(name));
    longest = std::max(longest, width(names.back()));
  }
  const int columns = recur::Terminal::standard_output().columns;
  const int room = std::clamp(columns - 32, 8, std::min(longest, 24));
  const auto spaces = [](int number) { return std::string(static_cast<std::size_t>(number), ' '); };
  const auto begin_row = [&](const std::string& name) {
    const std::string text = shortened(name, room);
    std::cout << text << spaces(room - width(text));
  };
  std::cout << "\n";
  begin_row("class");
  std::cout << "precision  recall      F1 number\n";
  const auto matches = recur::class_matches(confusion);
  for (std::size_t c = 0; c < classes.size(); ++c) {
    begin_row(names[c]);
    std::cout << std::setw(9) << percent(matches[c].precision()) << std::setw(8)
              << percent(matches[c].recall()) << std::setw(8) << percent(matches[c].f1()) << std::setw(7)
              << matches[c].actual << "\n";
  }
  constexpr std::size_t shown = 6;
  std::cout << "\n";
  write_text("How many of each class (row) got which answer (column):");
  if (classes.size() > shown) {
    std::cout << "not shown for more than " << shown << " classes\n";
    return;
  }
  const int cell = std::clamp((columns - room) / static_cast<int>(classes.size()) - 1, 4, 10);
  begin_row("");
  for (const auto& name : names) {
    const std::string text = shortened(name, cell);
    std::cout << spaces(1 + cell - width(text)) << text;
  }
  std::cout << "\n";
  for (std::size_t c = 0; c < classes.size(); ++c) {
    begin_row(names[c]);
    for (Index taken = 0; taken < confusion.cols(); ++taken)
      std::cout << ' ' << std::setw(cell) << confusion(static_cast<Index>(c), taken);
    std::cout << "\n";
  }
}

void test(const Classifier& classifier, const std::filesystem::path& path, const AskCommand& command) {
  auto sentences = read_for(classifier, path, command);
  const std::size_t wordless = leave_out_wordless(sentences);
  recur::detail::require_file(!sentences.empty(), path, "no sentence has a word");
  const Samples samples = to_samples(sentences, classifier.vocabulary);
  const auto certain =
      probabilities(*classifier.network, samples, std::min(recur::available_threads(), recur::most_threads));
  const auto predicted = recur::most_likely(certain);

  std::vector<int> labels;
  std::vector<double> certainty;
  std::vector<bool> right;
  std::size_t words = 0, unknown = 0, number_right = 0;
  double sure = 0;
  for (std::size_t n = 0; n < samples.size(); ++n) {
    labels.push_back(samples[n].label);
    certainty.push_back(static_cast<double>(certain.col(static_cast<Index>(n)).maxCoeff()));
    right.push_back(predicted[n] == labels[n]);
    number_right += right[n];
    sure += certainty[n] / static_cast<double>(samples.size());
    words += samples[n].tokens.size();
    unknown += static_cast<std::size_t>(std::ranges::count(samples[n].tokens, recur::Vocabulary::unknown));
  }
  const auto part = [](std::size_t some, std::size_t all) {
    return percent(static_cast<double>(some) / static_cast<double>(all));
  };
  std::cout << recur::detail::printable(recur::detail::in_utf8(path)) << ": "
            << several(samples.size(), "sentence");
  if (wordless > 0) std::cout << ", and " << wordless << " without words, left out";
  std::cout << "\n\naccuracy          " << std::setw(7) << part(number_right, samples.size()) << "  "
            << number_right << " right\n"
            << "mean certainty    " << std::setw(7) << percent(sure) << "\n"
            << "calibration error " << std::setw(7) << percent(calibration_error(certainty, right)) << "\n"
            << "unknown words     " << std::setw(7) << part(unknown, words) << "  it knows "
            << classifier.known_words() << "\n";
  write_classes(recur::confusion(predicted, labels, static_cast<Index>(classifier.classes.size())),
                classifier.classes);
}

}  // namespace

void test(const AskCommand& command) {
  const Classifier classifier = load_to_ask(command);
  for (const auto& file : command.files) {
    if (&file != &command.files.front()) std::cout << "\n";
    test(classifier, file, command);
  }
}

}  // namespace sentiment
