// Tests of the sentences that the example sentiment makes for itself.
#include "../../examples/sentiment/corpus.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "catch.hpp"
#include "recur/data/tokenizer.hpp"

namespace corpus_test {

using namespace sentiment;

std::set<std::string> texts(const std::vector<Labelled>& sentences) {
  std::set<std::string> all;
  for (const auto& sentence : sentences) all.insert(sentence.text);
  return all;
}

double positive_part(const std::vector<Labelled>& sentences) {
  return static_cast<double>(std::ranges::count(sentences, 1, &Labelled::label)) /
         static_cast<double>(sentences.size());
}

std::vector<std::string> sorted_words(const std::string& text) {
  auto words = recur::tokenize(text);
  std::ranges::sort(words);
  return words;
}

TEST_CASE("The corpus is large and balanced and has no sentence twice", "[examples][corpus]") {
  const auto training = training_sentences(), validation = validation_sentences(), test = test_sentences();
  CHECK(training.size() + test.size() >= 2000);
  CHECK(std::size(kHandwrittenTraining) + std::size(kHandwrittenTest) >= 300);
  CHECK(std::abs(positive_part(training) - 0.5) < 0.02);
  CHECK(validation.size() >= 180);
  CHECK(std::ranges::count(training, kEverydayId, &Labelled::template_id) >= 20000);
  CHECK(std::abs(positive_part(validation) - 0.5) < 0.02);
  CHECK(std::abs(positive_part(test) - 0.5) < 0.02);
  CHECK(texts(training).size() == training.size());
  CHECK(texts(validation).size() == validation.size());
  CHECK(texts(test).size() == test.size());
}

TEST_CASE("About half of the training sentences of templates end without a full stop for each label",
          "[examples][corpus]") {
  for (const int label : {0, 1}) {
    int all = 0, bare = 0;
    for (const auto& sentence : training_sentences()) {
      const bool of_template =
          sentence.template_id > kHandwrittenTrainingId && sentence.template_id < kEverydayId;
      if (!of_template || sentence.label != label) continue;
      ++all;
      bare += std::string(".!?").find(sentence.text.back()) == std::string::npos;
    }
    INFO(bare << " of " << all << " with label " << label);
    CHECK(std::abs(static_cast<double>(bare) / all - 0.5) < 0.06);
  }
}

TEST_CASE("Sentences of test and validation use templates that training does not have",
          "[examples][corpus]") {
  const auto training = training_sentences();
  const auto seen = texts(training);
  std::set<int> templates;
  for (const auto& sentence : training) templates.insert(sentence.template_id);
  for (const auto& sentences : {validation_sentences(), test_sentences()})
    for (const auto& sentence : sentences) {
      INFO(sentence.text);
      CHECK((sentence.template_id == kEverydayId || !templates.contains(sentence.template_id)));
      CHECK_FALSE(seen.contains(sentence.text));
    }
}

TEST_CASE("The words of tests and pairs occur in training", "[examples][corpus]") {
  std::map<std::string, int> counts;
  for (const auto& sentence : training_sentences())
    for (const auto& word : recur::tokenize(sentence.text)) ++counts[word];
  const auto check = [&](const std::string& text) {
    for (const auto& word : recur::tokenize(text)) {
      INFO(text << ": " << word);
      CHECK(counts[word] >= 2);
    }
  };
  for (const auto& pair : negation_pairs()) check(pair.first), check(pair.second);
  for (const auto& pair : order_pairs()) check(pair.first), check(pair.second);
}

TEST_CASE("Pairs have opposite labels and are not in training", "[examples][corpus]") {
  const auto seen = texts(training_sentences());
  const auto negation = negation_pairs(), order = order_pairs();
  CHECK(negation.size() >= 150);
  CHECK(order.size() >= 120);
  for (const auto& pairs : {negation, order})
    for (const auto& pair : pairs) {
      INFO(pair.first << " / " << pair.second);
      CHECK(pair.first_label != pair.second_label);
      CHECK(pair.first != pair.second);
      CHECK_FALSE(seen.contains(pair.first));
      CHECK_FALSE(seen.contains(pair.second));
    }
}

TEST_CASE("The sentences of an order pair have the same words in another order", "[examples][corpus]") {
  for (const auto& pair : order_pairs()) {
    INFO(pair.first << " / " << pair.second);
    CHECK(sorted_words(pair.first) == sorted_words(pair.second));
  }
}

TEST_CASE("Everyday sentences have thousands of words and every rule that they name", "[examples][corpus]") {
  // A rule that is missing or has no reading throws when it is used.
  detail::Rules rules;
  detail::SplitMix random(3);
  std::set<std::string> words;
  for (int n = 0; n < 20000; ++n) {
    const std::string text = rules.sentence(n % 2 == 0, random);
    INFO(text);
    CHECK(text.find_first_of("{}[]*~|") == std::string::npos);
    CHECK(text.find("  ") == std::string::npos);
    const auto tokens = recur::tokenize(text);
    CHECK(!tokens.empty());
    words.insert(tokens.begin(), tokens.end());
  }
  CHECK(words.size() > 3000);
}

TEST_CASE("Rules of one sign have different words than rules of the other sign", "[examples][corpus]") {
  // Words on both lists would say nothing about the label.
  const auto words_of = [](const std::string& name) {
    const std::string lexicon(kLexicon);
    const auto begin = lexicon.find("\n[" + name + "]") + name.size() + 3;
    std::set<std::string> words;
    std::string word;
    for (const char c : lexicon.substr(begin, lexicon.find("\n[", begin) - begin) + ",") {
      if (c == ',') {
        if (!word.empty()) words.insert(word);
        word.clear();
      } else if (c != '\n' && (c != ' ' || !word.empty())) {
        word += c;
      }
    }
    return words;
  };
  for (const std::string name :
       {"adj", "things", "feel", "does", "critic", "person", "manner", "food.adj", "film.adj", "gadget.adj",
        "part.adj", "wear.adj", "room.adj", "company.adj", "job.adj"}) {
    const auto praise = words_of(name + "+"), blame = words_of(name + "-");
    CHECK(praise.size() >= 20);
    CHECK(blame.size() >= 20);
    for (const auto& word : praise) {
      INFO(name << ": " << word);
      CHECK_FALSE(blame.contains(word));
    }
  }
}

TEST_CASE("The corpus is the same in each run", "[examples][corpus]") {
  const auto once = training_sentences(), again = training_sentences();
  REQUIRE(once.size() == again.size());
  for (std::size_t n = 0; n < once.size(); ++n) CHECK(once[n].text == again[n].text);
}

}  // namespace corpus_test
