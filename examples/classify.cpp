// Many to one: does a string of brackets close? "([]{})" does, "([)]" does not, although it has the same brackets:
// order is all that counts.
//
// Strings have from 2 to 24 brackets and share batches without padding. Those that fail are sound ones with two
// brackets exchanged, so that counting doesn't help.
//
//   classify          some seconds
//   classify --short  a second, which is too little to learn
#include <cstdio>
#include <recur/recur.hpp>
#include <string>

#include "short.hpp"

using namespace recur;

const std::string brackets = "([{)]}";
std::vector<Token> tokens(const std::string& text) {
  std::vector<Token> all;
  for (const char bracket : text) all.push_back(static_cast<Token>(brackets.find(bracket)));
  return all;
}

/// The brackets that are open at the end, or "!" if one is closed that is not open.
std::string open_after(const std::string& text) {
  std::string open;
  for (const char bracket : text) {
    const std::size_t kind = brackets.find(bracket);
    if (kind < 3) {
      open += bracket;
    } else {
      if (open.empty() || open.back() != brackets[kind - 3]) return "!";
      open.pop_back();
    }
  }
  return open;
}

/// A string that closes, of so many pairs.
std::string sound(Index pairs, Random& random) {
  if (pairs == 0) return "";
  const auto kind = static_cast<std::size_t>(random.below(3));
  const Index inside = random.below(pairs);
  return brackets[kind] + sound(inside, random) + brackets[kind + 3] + sound(pairs - 1 - inside, random);
}

int main(int count, char** words) {
  const bool is_short = asked_for_short(count, words);
  ManyToOne model{Sequential{Embedding<float>{6, 8}, Recurrent{Lstm<float>{8, 64}}}, Pooling::last,
                  Dense<float>{64, 2}, SoftmaxCrossEntropy{}};
  initialize(model, 1);

  Random random(2);
  std::vector<decltype(model)::Example> examples;
  while (examples.size() < (is_short ? 500 : 10000)) {
    std::string text = sound(1 + random.below(12), random);
    if (examples.size() % 2 == 1) {
      const auto length = static_cast<Index>(text.size());
      std::swap(text[static_cast<std::size_t>(random.below(length))],
                text[static_cast<std::size_t>(random.below(length))]);
      if (open_after(text).empty()) continue;
    }
    examples.push_back({tokens(text), open_after(text).empty() ? 1 : 0});
  }
  const std::span all(examples);
  const auto training = all.first(all.size() * 9 / 10), unseen = all.subspan(training.size());
  Optimizer optimizer(model, Adam{.rate = 3e-3});
  fit(model, optimizer, training, unseen,
      {.epochs = is_short ? 1 : 20, .clip_norm = 1, .show_progress = !is_short});
  std::printf("%.1f %% of the strings that it never saw are judged right.\n", 100 * accuracy(model, unseen));

  for (const std::string text : {"([]{})", "([)]", "{{[()]}()}", "{{[()}]()}"}) {
    std::printf("\n%s\n", text.c_str());
    auto stream = model.stream();
    for (const Token token : tokens(text)) std::printf("%4.0f %%", 100 * model.step(token, stream)(1));
    std::printf("\n");
  }
}
