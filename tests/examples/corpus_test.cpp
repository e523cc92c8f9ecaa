#include "../../examples/sentiment/corpus.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "catch.hpp"
#include "recur/data/tokenizer.hpp"

using namespace sentiment;

namespace {

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

}  // namespace

TEST_CASE("The corpus is large, balanced, and says nothing twice") {
  const auto training = training_sentences(), validation = validation_sentences(), test = test_sentences();
  CHECK(training.size() + test.size() >= 2000);
  CHECK(std::size(kHandwrittenTraining) + std::size(kHandwrittenTest) >= 300);
  CHECK(std::abs(positive_part(training) - 0.5) < 0.02);
  CHECK(validation.size() >= 180);
  CHECK(std::abs(positive_part(validation) - 0.5) < 0.02);
  CHECK(std::abs(positive_part(test) - 0.5) < 0.02);
  CHECK(texts(training).size() == training.size());
  CHECK(texts(validation).size() == validation.size());
  CHECK(texts(test).size() == test.size());
}

TEST_CASE("About half of the training sentences of templates end without a full stop, whatever their label") {
  for (const int label : {0, 1}) {
    int all = 0, bare = 0;
    for (const auto& sentence : training_sentences()) {
      if (sentence.template_id == kHandwrittenTrainingId || sentence.label != label) continue;
      ++all;
      bare += std::string(".!?").find(sentence.text.back()) == std::string::npos;
    }
    INFO(bare << " of " << all << " with label " << label);
    CHECK(std::abs(static_cast<double>(bare) / all - 0.5) < 0.06);
  }
}

TEST_CASE("Sentences of test and validation are of templates that training does not have") {
  const auto training = training_sentences();
  const auto seen = texts(training);
  std::set<int> templates;
  for (const auto& sentence : training) templates.insert(sentence.template_id);
  for (const auto& sentences : {validation_sentences(), test_sentences()})
    for (const auto& sentence : sentences) {
      INFO(sentence.text);
      CHECK_FALSE(templates.contains(sentence.template_id));
      CHECK_FALSE(seen.contains(sentence.text));
    }
}

TEST_CASE("The words of tests and pairs occur in training") {
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

TEST_CASE("Pairs have opposite labels, and training has none of them") {
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

TEST_CASE("The sentences of an order pair hold the same words in another order") {
  for (const auto& pair : order_pairs()) {
    INFO(pair.first << " / " << pair.second);
    CHECK(sorted_words(pair.first) == sorted_words(pair.second));
  }
}

TEST_CASE("The corpus is the same each time") {
  const auto once = training_sentences(), again = training_sentences();
  REQUIRE(once.size() == again.size());
  for (std::size_t n = 0; n < once.size(); ++n) CHECK(once[n].text == again[n].text);
}
