// Many to many: a language model of characters. It learns to spell numbers from a long text.
//
// It reads "407 four hundred and seven\n..." character by character and predicts the next one. The text is
// cut into rows that are read side by side. The state goes on from batch to batch, but the gradient stops
// between them (truncated backpropagation through time). Embedding and softmax share one matrix.
//
//   language_model          half a minute
//   language_model --short  a second: too little training to learn to spell
#include <algorithm>
#include <iostream>
#include <recur/recur.hpp>
#include <string>

#include "common/short.hpp"

using namespace examples;
using namespace recur;

std::string spelled(Index n) {
  const char* const small[] = {"zero",    "one",     "two",       "three",    "four",
                               "five",    "six",     "seven",     "eight",    "nine",
                               "ten",     "eleven",  "twelve",    "thirteen", "fourteen",
                               "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
  const char* const tens[] = {"twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"};
  if (n < 20) return small[n];
  if (n < 100) return std::string(tens[n / 10 - 2]) + (n % 10 ? '-' + spelled(n % 10) : "");
  return spelled(n / 100) + " hundred" + (n % 100 ? " and " + spelled(n % 100) : "");
}

const std::string letters = "\n -0123456789abcdefghijklmnopqrstuvwxyz";
Token token(char letter) { return static_cast<Token>(letters.find(letter)); }

int main(int count, char** words) {
  const bool is_short = asked_for_short(count, words);
  Random random(1);
  std::vector<Token> tokens;
  for (int line = 0; line < (is_short ? 400 : 20000); ++line) {
    const Index n = random.below(1000);
    if (n % 13 == 7) continue;  // never seen: has it learned to spell, or learned by heart?
    for (const char letter : std::to_string(n) + ' ' + spelled(n) + '\n') tokens.push_back(token(letter));
  }

  ManyToMany model{TiedEmbedding{Embedding<float>{static_cast<Index>(letters.size()), 32},
                                 Sequential{Recurrent{Lstm<float>{32, 96}}, Dense<float>{96, 32}}},
                   EachStep{SoftmaxCrossEntropy{}}};
  initialize(model, 1);
  Optimizer optimizer(model, Adam{});
  Trainer trainer(model, optimizer, {.clip_norm = 1});
  const LongText text(tokens, 16, 48);

  for (int epoch = 1; epoch <= (is_short ? 1 : 6); ++epoch) {
    decltype(model)::Batch batch;  // its state starts from zero
    double loss = 0;
    optimizer.set_rate(6e-3 / epoch);
    for (Index i = 0; i < text.batches(); ++i) {
      text.fill(i, batch);
      loss += trainer.step(batch).loss;
      batch.initial = model.final_state(trainer.tape());
    }
    loss /= static_cast<double>(text.batches());
    write_text(text_of("Epoch ", epoch, ": ", bits_per_character(loss), " bits per character, perplexity ",
                       perplexity(loss)));
  }

  auto trunk = model.stream();  // reads some lines; each text below starts from a copy of it
  for (std::size_t t = 0; t < 500 || tokens[t] != token('\n'); ++t) model.step(tokens[t], trunk);
  const auto longest = static_cast<std::size_t>(std::clamp(Terminal::standard_output().columns - 5, 1, 60));
  const auto continue_text = [&](std::string written, double temperature) {
    Sampler next({.temperature = temperature});
    auto stream = trunk;
    for (const char letter : '\n' + written.substr(0, written.size() - 1)) model.step(token(letter), stream);
    while (written.size() < longest && written.back() != '\n')
      written +=
          letters[static_cast<std::size_t>(next(model.step_logits(token(written.back()), stream), random))];
    return written + (written.back() == '\n' ? "" : "...\n");
  };
  std::cout << "Numbers that it never saw:\n";
  for (const char* prompt : {"46 ", "345 ", "761 ", "982 "}) std::cout << "  " << continue_text(prompt, 0);
  std::cout << "Its own inventions:\n";
  for (int i = 1; i <= 3; ++i) std::cout << "  " << continue_text(std::to_string(i), 0.7);
  return conclude(is_short,
                  "from characters alone it learned to spell numbers, also numbers that it never saw.");
}
