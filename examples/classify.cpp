// Many to one: do the brackets of a text match? Those of "([]{})" do. Those of "([)]" don't, although they
// are the same brackets. Only order counts, and a single wrong bracket decides.
//
// Texts have from 2 to 24 brackets and share batches without padding. Texts that don't match come from texts
// that do, with two brackets exchanged. So it does not help to count brackets.
//
//   classify         some seconds
//   classify --help  the options
#include <cstdio>
#include <recur/recur.hpp>
#include <set>
#include <string>

#include "common/few_options.hpp"

using namespace examples;
using namespace recur;

const std::string brackets = "([{)]}";
std::vector<Token> tokens(const std::string& text) {
  std::vector<Token> all;
  for (const char bracket : text) all.push_back(static_cast<Token>(brackets.find(bracket)));
  return all;
}

/// The task of the network. A stack solves it.
bool match(const std::string& text) {
  std::string open;
  for (const char bracket : text) {
    const std::size_t kind = brackets.find(bracket);
    if (kind < 3) {
      open += bracket;
    } else {
      if (open.empty() || open.back() != brackets[kind - 3]) return false;
      open.pop_back();
    }
  }
  return open.empty();
}

/// A text of `number` pairs that match.
std::string pairs(Index number, Random& random) {
  if (number == 0) return "";
  const auto kind = static_cast<std::size_t>(random.below(3));
  const Index inside = random.below(number);
  return brackets[kind] + pairs(inside, random) + brackets[kind + 3] + pairs(number - 1 - inside, random);
}

int main(int count, char** words) {
  const FewOptions how = few_options(count, words,
                                     "Says whether the brackets of a text match. An LSTM learns it from "
                                     "10,000 texts within some seconds. Then it "
                                     "reads four texts, and says after each bracket how sure it is.",
                                     {.epochs = 20});
  ManyToOne model{Sequential{Embedding<float>{6, 8}, Recurrent{Lstm<float>{8, 64}}}, Pooling::last,
                  Dense<float>{64, 2}, SoftmaxCrossEntropy{}};
  initialize(model, how.seed);

  Random random(how.seed + 1);
  std::vector<decltype(model)::Example> examples;
  std::set<std::string> drawn;  // each text once: what is held out must be new
  while (examples.size() < (how.is_short ? 500 : 10000)) {
    std::string text = pairs(1 + random.below(12), random);
    if (examples.size() % 2 == 1) {  // every second text is wrong
      const auto any = [&] {
        return static_cast<std::size_t>(random.below(static_cast<Index>(text.size())));
      };
      std::swap(text[any()], text[any()]);
      if (match(text)) continue;
    }
    if (!drawn.insert(text).second) continue;
    examples.push_back({tokens(text), match(text) ? 1 : 0});
  }
  const std::span all(examples);
  const std::size_t tenth = all.size() / 10;
  const auto training = all.first(8 * tenth), unseen = all.last(tenth);
  const auto chooses = all.subspan(8 * tenth, tenth);  // the best epoch
  Optimizer optimizer(model, Adam{.rate = 3e-3});
  FitOptions options = how.training();
  options.show_progress = true;
  const FitReport report = fit(model, optimizer, training, chooses, options);
  std::printf("It is right on %.1f %% of unseen texts.\n", 100 * accuracy(model, unseen));
  write_text("How sure it is, in %, that they match if this bracket is the last:");
  for (const std::string text : {"([]{})", "([)]", "{{[()]}()}", "{{[()}]()}"}) {
    auto stream = model.stream();
    for (const char bracket : text) std::printf("%4c", bracket);
    std::printf("\n");
    for (const Token token : tokens(text)) std::printf("%4.0f", 100 * model.predict_step(token, stream)(1));
    std::printf("\n\n");
  }
  return conclude(how.ending(report),
                  "its memory keeps which brackets are open. A bracket that does not close the last one "
                  "tips it.");
}
