// Encoder and decoder: sums of numbers that are written as text, "345+78" to "423". The decoder writes the
// answer from its last digit on, as people do on paper, and looks at the question by attention. The program
// draws where it looks.
//
//   add_numbers         half a minute
//   add_numbers --help  the options
#include <algorithm>
#include <cmath>
#include <iostream>
#include <recur/recur.hpp>
#include <set>
#include <string>
#include <utility>

#include "common/few_options.hpp"

using namespace examples;
using namespace recur;

const std::string symbols = "0123456789+=";  // '=' begins and ends an answer
std::vector<Token> tokens(const std::string& written) {
  std::vector<Token> all;
  for (const char symbol : written) all.push_back(static_cast<Token>(symbols.find(symbol)));
  return all;
}
std::string text(const std::vector<Token>& all) {
  std::string written;
  for (const Token token : all) written += symbols[static_cast<std::size_t>(token)];
  return written;
}

int main(int count, char** words) {
  const FewOptions how = few_options(count, words,
                                     "Adds numbers that are written as text. Trains an encoder and a decoder "
                                     "with attention for half a minute, "
                                     "and draws where it looks for each digit that it writes.",
                                     {.epochs = 20});
  constexpr Index letters = 12, embedding = 16, hidden = 64;
  EncoderDecoder model{
      Sequential{Embedding<float>{letters, embedding}, Recurrent{Lstm<float>{embedding, hidden}}},
      Decoder{Sequential{Embedding<float>{letters, embedding}, Recurrent{Lstm<float>{embedding, hidden}}},
              Attention{GeneralScore<float>{hidden, hidden}},
              Sequential{Dense<float, Tanh>{2 * hidden, hidden}, Dense<float>{hidden, letters}},
              {.begin = 11, .end = 11, .max_length = 6}},
      EachStep{SoftmaxCrossEntropy{}}};
  initialize(model, how.seed);

  Random random(how.seed + 1);
  std::vector<decltype(model)::Example> examples(how.is_short ? 500 : 20000);
  std::set<std::pair<Index, Index>> drawn;  // each sum once: what is held out must be new
  for (auto& [question, answer] : examples) {
    Index a, b;
    do {
      a = random.below(1000);
      b = random.below(1000);
    } while (!drawn.insert({a, b}).second);
    question = tokens(std::to_string(a) + '+' + std::to_string(b));
    answer = tokens(std::to_string(a + b));
    std::ranges::reverse(answer);  // the carry goes from the last digit to the first
  }
  const std::span all(examples);
  const std::size_t tenth = all.size() / 10;
  const auto training = all.first(8 * tenth), unseen = all.last(tenth);
  const auto chooses = all.subspan(8 * tenth, tenth);  // the best epoch
  Optimizer optimizer(model, Adam{.rate = 3e-3});
  FitOptions options = how.training();
  options.schedule = CosineDecay{.rate = 3e-3, .over = how.epochs};
  options.show_progress = true;
  const FitReport report = fit(model, optimizer, training, chooses, options);
  Index right = 0;
  for (const auto& [question, answer] : unseen) right += model.greedy(question) == answer;
  write_text(text_of(right, " of ", unseen.size(), " sums that it never saw are right."));
  write_text(
      "It writes each answer from its last digit on. Below the question you see where it looked (.:*# for "
      "more):");

  for (std::size_t n = 0; n < 3; ++n) {
    const auto& question = unseen[n].input;
    std::cout << "\n       " << text(question) << "\n";
    auto stream = model.stream(question);
    Token last = model.decoder.options.begin;
    for (const Token token : model.greedy(question)) {
      model.decoder.step_logits(last, stream);
      std::cout << "    " << symbols[static_cast<std::size_t>(token)] << "  ";
      for (Index t = 0; t < static_cast<Index>(question.size()); ++t)
        std::cout << " .:*#"[std::min(4, static_cast<int>(5 * stream.look.weights(0)(t)))];
      std::cout << "\n";
      last = token;
    }
    for (const auto& answer : model.beam(question, 3, 0.6)) {
      const std::string sum = text(answer.tokens);
      std::cout << "  = " << std::string(sum.rbegin(), sum.rend()) << " with probability "
                << std::exp(answer.log_probability) << "\n";
    }
  }
  return conclude(how.ending(report),
                  "a network can add numbers that it never saw. It looks at the digits that it adds.");
}
