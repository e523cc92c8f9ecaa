// Words and characters of a text, its vocabulary, and words with tags. The first byte chooses the reader.
#include <string>
#include <string_view>
#include <vector>

#include "fuzz.hpp"
#include "recur/data/characters.hpp"
#include "recur/data/labels.hpp"
#include "recur/data/tagged_text.hpp"
#include "recur/data/text.hpp"
#include "recur/data/tokenizer.hpp"
#include "recur/data/vocabulary.hpp"
#include "recur/data/words.hpp"

namespace {

using namespace recur;

void check(bool holds, const char* law) {
  if (!holds) fuzz::fail(std::string("it broke a law: ") + law);
}

/// Tokens are within the text and in order, and those of the joined tokens are the same.
void words(std::string_view text) {
  const auto pieces = tokenize_with_positions(text);
  std::string joined;
  std::size_t end = 0;
  for (const auto& piece : pieces) {
    check(piece.begin >= end && piece.end >= piece.begin && piece.end <= text.size(), "tokens are in order");
    end = piece.end;
    joined += piece.token + ' ';
  }
  const auto tokens = tokenize(text);
  check(tokens == tokenize(joined), "tokens stay when they are joined");
  WordCounts counts;
  count_words(tokens, counts);
  const auto vocabulary = Vocabulary::from_counts(counts);
  for (const auto& token : tokens) check(vocabulary.word(vocabulary.id(token)) == token, "a word has its id");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const char kind = static_cast<char>(data[0]);
  ++data, --size;
  const auto read = [&](auto&& reader) { fuzz::try_to_read(fuzz::file_of(data, size, ".txt"), reader); };
  if (kind == 'w')
    read([&](const auto& path) {
      const std::string text = fuzz::within(size, [&] { return read_text(path); });
      fuzz::within(size, [&] { for_each_token(text, [](std::string_view) {}); });
      words(text);
    });
  if (kind == 's')
    read([&](const auto& path) {
      const auto all = split_words(read_text(path));
      check(split_words(join_words(all)) == all, "words stay when they are joined");
    });
  if (kind == 'c')
    read([&](const auto& path) {
      const std::string text = read_text(path);
      std::string joined;
      for (const auto& character : characters(text)) joined += character;
      check(joined == text, "characters together are the text");
    });
  if (kind == 'g' || kind == 'i')
    read([&](const auto& path) {
      const TagScheme scheme = kind == 'i' ? TagScheme::iob : TagScheme::plain;
      // A word and its tag of a byte each are strings of 32 bytes, in lists that grow.
      const auto sentences = fuzz::within(
          size, [&] { return read_tagged_text(path, {.scheme = scheme, .comment = "#"}); }, 100);
      std::vector<std::vector<std::string>> tags;
      for (const auto& sentence : sentences) tags.push_back(sentence.tags);
      const Labels labels = Labels::seen_in(tags);
      for (const auto& of_one : tags)
        check(labels.names(labels.numbers(of_one)) == of_one, "tags have their numbers");
    });
  if (kind == 'r')  // the tokenizer also gets what is no UTF-8
    fuzz::attempt([&] { tokenize(std::string_view(reinterpret_cast<const char*>(data), size)); });
  return 0;
}
