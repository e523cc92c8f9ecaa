// Classifies the sentences that the user gives or types, and prints the answers.
#include "ask.hpp"

#include <algorithm>
#include <iostream>

#include "line_reader.hpp"
#include "output.hpp"
#include "recur/core/utf8.hpp"
#include "recur/data/tokenizer.hpp"
#include "recur/train/progress.hpp"
#include "strip.hpp"

namespace sentiment {

namespace {

/// The answer for a whole sentence.
struct Answer {
  std::vector<Reading> readings;  ///< the probability of the shown class, word by word
  std::string best;
  double certainty;
  std::string unknown;  ///< words, with commas between them
  bool is_guess;        ///< no word is known
};

/// Whether a word is a sign, such as a full stop. Signs need not be known.
bool is_sign(const std::string& word) {
  return word.size() == 1 && recur::detail::tokenizer::signs.find(word[0]) != std::string_view::npos;
}

/// Throws std::invalid_argument for a text without a sentence.
Answer ask(const Classifier& classifier, const std::string& sentence) {
  recur::require(sentence.size() <= longest_line, "it has more than a megabyte");
  const auto words = recur::tokenize(sentence);
  recur::require(!words.empty(), "there are no words");
  const auto tokens = classifier.vocabulary.ids(words);
  const auto probabilities = read(*classifier.network, tokens);
  Index best = 0;
  const float certainty = probabilities.back().maxCoeff(&best);
  Answer answer{
      {}, classifier.classes[static_cast<std::size_t>(best)], static_cast<double>(certainty), {}, false};
  const Index shown = classifier.classes.size() == 2 ? 1 : best;
  bool any_known = false;
  for (std::size_t t = 0; t < words.size(); ++t) {
    answer.readings.push_back({words[t], static_cast<double>(probabilities[t](shown))});
    if (is_sign(words[t])) continue;
    if (tokens[t] == recur::Vocabulary::unknown)
      answer.unknown += (answer.unknown.empty() ? "" : ", ") + words[t];
    else
      any_known = true;
  }
  answer.is_guess = !any_known;
  return answer;
}

/// A label that is a number is shown as a class. "1, 99.9 % sure" would be hard to understand.
std::string shown_name(const std::string& name) {
  return name.find_first_not_of("-0123456789") == std::string::npos ? "class " + name
                                                                    : recur::detail::printable(name);
}

struct Style {
  bool colour;
  int columns;

  explicit Style(const std::string& when) {
    const auto terminal = recur::Terminal::standard_output();
    colour = when == "auto" ? terminal.colour : when == "always";
    columns = terminal.columns;
  }
};

void write(const Answer& answer, const Classifier& classifier, const Style& style) {
  write_strip(std::cout, answer.readings, style.colour, style.columns);
  std::string text = (answer.is_guess ? "a guess, since it knows none of the words: " : "") +
                     shown_name(answer.best) + ", " + percent(answer.certainty) + " sure";
  if (!answer.unknown.empty() && !answer.is_guess)
    text += recur::detail::message("; not known: ", answer.unknown, " (it knows ", classifier.known_words(),
                                   " words)");
  write_text("  ", text);
}

/// Writes class TAB probability TAB sentence. The first two are empty if there is no answer. Tabs and ends of
/// lines within the fields become spaces, so each line has three columns.
void write_tsv(const Answer* answer, std::string sentence) {
  const auto field = [](std::string text) {
    std::ranges::replace_if(
        text, [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
    return text;
  };
  if (sentence.ends_with('\r')) sentence.pop_back();
  char probability[16] = "";
  if (answer) std::snprintf(probability, sizeof probability, "%.6f", answer->certainty);
  std::cout << field(answer ? answer->best : "") << '\t' << probability << '\t' << field(sentence) << '\n';
}

/// Whether the line has only spaces and invisible characters.
bool is_blank(const std::string& line) { return recur::detail::trim(line).empty(); }

}  // namespace

Classifier load_to_ask(const AskCommand& command) {
  std::error_code ignored;
  recur::detail::require_file(
      command.model != default_model || std::filesystem::exists(command.model, ignored), command.model,
      "there is no model here yet: make one with \"", command.program,
      " train\", or give another with --load FILE");
  return load(command.model);
}

bool predict(const AskCommand& command) {
  const Classifier classifier = load_to_ask(command);
  const Style style(command.colour);
  bool all_answered = true;
  const auto answer = [&](const char* what, std::size_t number, const std::string& sentence) {
    try {
      const Answer read = ask(classifier, sentence);
      if (command.tsv)
        write_tsv(&read, sentence);
      else
        write(read, classifier, style);
    } catch (const std::invalid_argument& error) {
      all_answered = false;
      if (command.tsv) write_tsv(nullptr, sentence);
      std::cout << std::flush;
      std::cerr << "sentiment: " << what << ' ' << number << ": " << error.what() << std::endl;
    }
    examples::require_output();
  };
  for (std::size_t n = 0; n < command.sentences.size(); ++n) answer("sentence", n + 1, command.sentences[n]);
  if (!command.sentences.empty()) return all_answered;

  LineReader lines("");
  if (lines.is_typed()) std::cerr << "Type one sentence a line; Ctrl-D ends." << std::endl;
  std::size_t number = 0;
  while (const auto line = lines.next()) {
    ++number;
    if (!is_blank(*line))
      answer("line", number, *line);
    else if (command.tsv)
      write_tsv(nullptr, *line);
  }
  return all_answered;
}

void repl(const AskCommand& command) {
  const Classifier classifier = load_to_ask(command);
  const Style style(command.colour);
  LineReader lines("> ");
  if (lines.is_typed()) {
    write_text("", recur::detail::message("It knows ", classifier.known_words(), " words and tells ",
                                          list_of(classifier.classes), "."));
    write_text("", "Type a sentence; an empty line or Ctrl-D ends.");
  }
  while (const auto line = lines.next()) {
    if (is_blank(*line)) return;
    try {
      write(ask(classifier, *line), classifier, style);
    } catch (const std::invalid_argument& error) {
      std::cout << "  " << error.what() << "\n";
    }
    examples::require_output();
  }
  if (lines.is_typed()) std::cout << "\n";
}

}  // namespace sentiment
