// Trains the network that writes in the page, on texts of this project, and writes its file.
//
//   train_writer TO STEPS FILE...
//
// It takes everything in a Markdown file, and the comments of a C++ header.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <ostream>
#include <string>
#include <string_view>

#include "recur/core/file.hpp"
#include "recur/core/number.hpp"
#include "recur/core/utf8.hpp"
#include "recur/data/characters.hpp"
#include "recur/data/long_text.hpp"
#include "recur/data/text.hpp"
#include "recur/train/evaluate.hpp"
#include "recur/train/optimizer.hpp"
#include "recur/train/schedule.hpp"
#include "recur/train/trainer.hpp"
#include "writer.hpp"

using namespace recur;

namespace {

/// The prose of a source: the comments that stand in lines of their own.
std::string comments_of(std::string_view source) {
  std::string text;
  while (!source.empty()) {
    const auto end = std::min(source.find('\n'), source.size());
    std::string_view line = source.substr(0, end);
    source.remove_prefix(std::min(end + 1, source.size()));
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    if (!line.starts_with("//")) continue;
    line.remove_prefix(std::min(line.find_first_not_of('/'), line.size()));
    if (line.starts_with("   ") || line.find("  ", 1) != line.npos)
      continue;  // an equation, a table, a program
    if (line.starts_with(' ')) line.remove_prefix(1);
    (text += line) += '\n';
  }
  return text;
}

}  // namespace

int main(int count, char** words) try {
  require(count > 3, "usage: train_writer TO STEPS FILE...");
  const Index steps = detail::number_in<Index>(words[2]).value_or(0);
  require(steps > 0, "STEPS is ", detail::quote(words[2]), ": it must be a whole number above 0");
  std::string text;
  for (int n = 3; n < count; ++n) {
    const std::string content = read_text(words[n]);
    text += std::filesystem::path(words[n]).extension() == ".hpp" ? comments_of(content) : content;
  }
  WordCounts counts;
  const std::vector<std::string> all = characters(text);
  count_words(all, counts);
  const auto letters = Vocabulary::from_counts(counts, {.min_count = 30});
  std::vector<Token> tokens;
  for (const auto& letter : all)
    if (const Token id = letters.id(letter); id != Vocabulary::unknown) tokens.push_back(id);
  std::fprintf(stderr, "train_writer: %zu letters, %d different ones\n", tokens.size(),
               static_cast<int>(letters.size()) - 1);

  const std::size_t learned = tokens.size() - tokens.size() / 20;
  const LongText training({tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(learned)}, 32, 64),
      unseen({tokens.begin() + static_cast<std::ptrdiff_t>(learned), tokens.end()}, 16, 64);
  auto model = playground::make_letters(letters.size(), 24, 128, 0.1);
  initialize(model, 1);
  const double rate = 6e-3;
  Optimizer optimizer(model, Adam{.rate = rate});
  Trainer trainer(model, optimizer, {.clip_norm = 1, .seed = 1});
  const CosineDecay schedule{.rate = rate, .over = steps, .floor = rate / 100};
  double loss = 0;
  for (Index step = 0; step < steps; ++step) {
    optimizer.set_rate(schedule(step));
    loss += (trainer.step(training, step % training.batches()).loss - loss) /
            static_cast<double>(std::min<Index>(step + 1, 50));
  }
  std::fprintf(stderr, "train_writer: %ld steps; %.3f nats a letter, on text that it has not seen %.3f\n",
               static_cast<long>(steps), loss, evaluate(model, unseen));
  write_file(words[1], [&](std::ostream& out) { out << playground::to_file(model, letters); });
} catch (const std::exception& error) {
  std::fprintf(stderr, "train_writer: %s\n", error.what());
  return 2;
}
