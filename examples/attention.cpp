// What does a network look at? It sees cards with a letter and a digit, and then one of the letters alone.
// Which digit was beside that letter? A layer of a transformer learns to look it up, and the picture shows
// where it looks.
//
//   attention         two seconds
//   attention --help  the options

#include <array>
#include <iostream>
#include <recur/recur.hpp>

#include "common/few_options.hpp"

using namespace examples;
using namespace recur;

constexpr int letters = 8, digits = 10, width = 32, views = 2;

/// Tokens: the cards a0, a1, ..., a9, b0, ..., and then the letters alone.
constexpr Token card(int letter, int digit) { return letter * digits + digit; }
constexpr Token question(int letter) { return letters * digits + letter; }
std::string name(Token token) {
  if (token >= card(letters, 0)) return {static_cast<char>('a' + token - card(letters, 0)), '?'};
  return {static_cast<char>('a' + token / digits), static_cast<char>('0' + token % digits)};
}

int main(int count, char** words) {
  const FewOptions how = few_options(count, words,
                                     "Shows where attention looks. A layer of a transformer learns within "
                                     "two seconds to look up which digit "
                                     "stands beside a letter; the picture shows at which cards it looks.",
                                     {.epochs = 12});
  const bool colour = Terminal::standard_output().colour;

  using Encoder = TransformerEncoderLayer<float, Gelu>;
  ManyToOne model{Sequential{Embedding<float>{question(letters), width},
                             Encoder{width, views, 2 * width, {.norm = NormOrder::before, .dropout = 0}},
                             LayerNorm<float>{width}},
                  Pooling::last, Dense<float>{width, digits}, SoftmaxCrossEntropy{}};
  initialize(model, how.seed);

  Random random(how.seed + 1);
  std::vector<decltype(model)::Example> examples(how.is_short ? 500 : 6000);
  for (auto& [input, label] : examples) {
    std::array<int, letters> deck{0, 1, 2, 3, 4, 5, 6, 7};
    random.shuffle(std::span<int>(deck));
    const auto shown = static_cast<std::size_t>(3 + random.below(letters - 3));
    for (std::size_t i = 0; i < shown; ++i)
      input.push_back(card(deck[i], static_cast<int>(random.below(digits))));
    const auto asked = static_cast<std::size_t>(random.below(static_cast<Index>(shown)));
    label = input[asked] % digits;
    input.push_back(question(deck[asked]));
  }
  const std::span all(examples);
  const std::size_t tenth = examples.size() / 10;
  Optimizer optimizer(model, Adam{.rate = 5e-3});
  const FitReport report =
      fit(model, optimizer, all.first(8 * tenth), all.subspan(8 * tenth, tenth), how.training());
  write_text(text_of(
      "Right on ", percent(accuracy(model, all.last(tenth))),
      " of unseen cards; guessing gives a tenth. Loss on those that chose the best epoch: ", losses(report),
      ".\n\nCards, the question, and where the last step looks, a line for each head (",
      colour ? "brighter means more" : "none . : * #, from less to more", "):"));

  decltype(model)::Tape tape;
  for (const auto& [input, label] : all.last(4)) {
    Index answer = 0;
    model.predict(Sequence<Token>({input}), tape).col(0).maxCoeff(&answer);
    const auto& attention = std::get<1>(tape.body.tapes).self_attn;
    for (Index head = 0; head < views; ++head) {
      std::cout << "  ";
      Index t = 0;
      for (const Token token : input)
        std::cout << highlighted(name(token), attention.weights(0, head)(t++, attention.output().steps() - 1),
                                 colour);
      std::cout << '\n';
    }
    std::cout << "   answer " << answer << ", right is " << label << "\n\n";
  }
  return conclude(how.ending(report),
                  "to answer, the last step looks at the one card that has the letter of the question.");
}
