// Answers the questions of the page.
#include "playground.hpp"

#include <algorithm>
#include <limits>

#include "recur/data/tokenizer.hpp"

namespace playground {

using recur::require, recur::Vocabulary;

namespace {

constexpr Index described = 160;  // sentences that show what units respond to

/// Leaves the words of a sentence that the page reads, and says how many it leaves out.
template <class Word>
float cut(std::vector<Word>& sentence) {
  const std::size_t unread = sentence.size() - std::min(sentence.size(), longest);
  sentence.resize(sentence.size() - unread);
  return static_cast<float>(unread);
}

}  // namespace

Answer Playground::begin(const Choice& choice) {
  require(choice.hidden >= 1 && choice.hidden <= 128, choice.hidden, " units: it must be from 1 to 128");
  require(choice.sentences >= 32 && choice.epochs >= 1 && choice.epochs <= 20, choice.sentences,
          " sentences in ", choice.epochs, " epochs: it must be at least 32, and from 1 to 20");
  bag_.reset();  // they look at the sentences
  reader_.reset();
  if (!sentences_ || count_ != choice.sentences) {
    sentences_ = make_sentences(static_cast<std::size_t>(choice.sentences), 1);
    count_ = choice.sentences;
  }
  const Architecture what{.cell = choice.cell, .hidden = choice.hidden};
  const Index batch = 32, an_epoch = (std::ssize(sentences_->training) + batch - 1) / batch;
  const Course course{.rate = choice.rate,
                      .clip = choice.clip,
                      .seed = choice.seed,
                      .batch = batch,
                      .steps = an_epoch * choice.epochs};
  reader_ = make_reader(what, *sentences_, course);
  bag_ = std::make_unique<Student<Bag>>(make_bag(what, sentences_->vocabulary.size()), sentences_->training,
                                        course);
  Answer answer;
  answer.add("parameters", static_cast<double>(reader_->parameters()));
  answer.add("steps", static_cast<double>(course.steps));
  answer.add("words", static_cast<double>(sentences_->vocabulary.size() - 1));
  answer.add("sentences", static_cast<double>(sentences_->training.size()));
  answer.add("validation", static_cast<double>(sentences_->validation.size()));
  return answer;
}

const Reader& Playground::reader() const {
  require(reader_ != nullptr, "there is no network yet: it must begin first");
  return *reader_;
}

Answer Playground::train(int steps) {
  reader();
  std::vector<float> loss, norm, clipped, rate;
  for (int n = 0; n < steps; ++n) {
    const recur::StepResult result = reader_->step();
    bag_->step();
    loss.push_back(result.skipped ? std::numeric_limits<float>::quiet_NaN()
                                  : static_cast<float>(result.loss));
    norm.push_back(static_cast<float>(result.norm));
    clipped.push_back(result.clipped ? 1 : 0);
    rate.push_back(static_cast<float>(reader_->rate()));
  }
  Answer answer;
  answer.array("loss") = loss;
  answer.array("norm") = norm;
  answer.array("clipped") = clipped;
  answer.array("rate") = rate;
  return answer;
}

Answer Playground::measure(Index first, Index count) const {
  const Reader& network = reader();
  const auto all = static_cast<Index>(sentences_->validation.size());
  require(first >= 0 && count >= 1 && first + count <= all, "sentences ", first, " to ", first + count - 1,
          ": there are ", all);
  const std::span<const Example> some(sentences_->validation.data() + first, static_cast<std::size_t>(count));
  const Score score = network.measure(some), of_bag = bag_->measure(some);
  Answer answer;
  answer.add("right", score.right);
  answer.add("loss", score.loss);
  answer.add("bag_right", of_bag.right);
  answer.add("bag_loss", of_bag.loss);
  return answer;
}

Answer Playground::read(std::string_view sentence) const {
  const Reader& network = reader();
  auto words = recur::tokenize(sentence);
  Answer answer;
  answer.add("unread", cut(words));
  const std::vector<Token> tokens = sentences_->vocabulary.ids(words);
  answer.add("tokens", words);
  auto& known = answer.array("known");
  for (const Token token : tokens) known.push_back(token == Vocabulary::unknown ? 0 : 1);
  if (!tokens.empty()) network.read(tokens, answer);
  return answer;
}

Answer Playground::check_influence(std::string_view sentence, std::size_t s) const {
  const Reader& network = reader();
  std::vector<Token> tokens = sentences_->vocabulary.ids(sentence);
  cut(tokens);
  require(s < tokens.size(), "word ", s, " of ", tokens.size());
  Answer answer;
  answer.array("differences") = network.influence_by_differences(tokens, s);
  return answer;
}

Answer Playground::describe_units() const {
  const Reader& network = reader();
  std::vector<Token> words;
  Answer answer;
  network.describe_units({sentences_->validation.data(), static_cast<std::size_t>(std::min<Index>(
                                                             described, std::ssize(sentences_->validation)))},
                         words, answer);
  const std::vector<float> change = answer.numbers.back().values;
  const std::size_t units = words.empty() ? 0 : change.size() / words.size();
  std::vector<std::string> names;
  std::vector<float> negation(units);
  for (std::size_t w = 0; w < words.size(); ++w) {
    names.push_back(sentences_->vocabulary.word(words[w]));
    if (names.back() == "not" || names.back() == "n't")
      for (std::size_t j = 0; j < units; ++j) negation[j] += change[w * units + j];
  }
  answer.array("negation") = negation;
  answer.add("words", names);
  return answer;
}

Answer Playground::judge(std::string_view lines) const {
  const Reader& network = reader();
  std::vector<std::vector<Token>> sentences;
  std::vector<std::size_t> places;
  std::vector<float> unread;
  std::size_t count = 0;
  for (; !lines.empty(); ++count) {
    const auto end = std::min(lines.find('\n'), lines.size());
    std::vector<Token> tokens = sentences_->vocabulary.ids(lines.substr(0, end));
    unread.push_back(cut(tokens));
    if (!tokens.empty()) {
      sentences.push_back(std::move(tokens));
      places.push_back(count);
    }
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  std::vector<float> by_reader(count, std::numeric_limits<float>::quiet_NaN()), by_bag = by_reader;
  if (!sentences.empty()) {
    const auto praise = network.judge(sentences);
    const recur::MatrixX<float> p = bag_->model.predict(recur::Sequence<Token>(sentences));
    for (std::size_t n = 0; n < places.size(); ++n) {
      by_reader[places[n]] = praise[n];
      by_bag[places[n]] = p(1, static_cast<Index>(n));
    }
  }
  Answer answer;
  answer.array("reader") = by_reader;
  answer.array("bag") = by_bag;
  answer.array("unread") = unread;
  return answer;
}

Answer Playground::pairs() const {
  reader();
  std::vector<std::string> first, second;
  for (const Pair& pair : sentences_->pairs) {
    first.push_back(pair.first);
    second.push_back(pair.second);
  }
  Answer answer;
  answer.add("first", first);
  answer.add("second", second);
  return answer;
}

Answer Playground::forget(CellKind cell, const Forgetting& how) {
  Answer answer;
  playground::forget(cell, how, answer);
  return answer;
}

Answer Playground::load_writer(std::string_view file) {
  writer_.emplace(file);
  Answer answer;
  answer.add("letters", writer_->letters().words());
  answer.add("parameters", static_cast<double>(recur::count_parameters(recur::Parameters(writer_->model()))));
  return answer;
}

Answer Playground::start_writing(std::string_view text, std::uint64_t seed) {
  require(writer_.has_value(), "the network that writes is not there yet: it must be loaded first");
  writer_->seed(seed);
  writer_->start(text);
  return {};
}

Answer Playground::write(const recur::SamplingOptions& how, int letters, Token chosen) {
  require(writer_.has_value(), "the network that writes is not there yet: it must be loaded first");
  std::string text;
  if (chosen > Vocabulary::unknown) text += writer_->take(chosen);
  for (int n = 0; n < letters; ++n) text += writer_->next(how);
  Answer answer;
  answer.words.push_back({"text", text});
  writer_->distribution(how, answer);
  return answer;
}

}  // namespace playground
