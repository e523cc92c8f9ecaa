#include "recur/embedded/words.hpp"

#include <string>
#include <vector>

#include "catch.hpp"
#include "recur/data/tokenizer.hpp"

namespace recur::testing {
namespace words_test {

std::vector<std::string> cut(const std::string& text) {
  std::vector<std::string> words;
  embedded::for_each_word(text.c_str(), [&](const char* begin, const char* end) {
    words.emplace_back(begin, end);
    for (char& c : words.back()) c = embedded::detail::to_lower(c);
  });
  return words;
}

TEST_CASE("Embedded words are those of the tokenizer", "[embedded][words]") {
  for (const char* text :
       {"The food is not good.", "It isn't GOOD, is it?", "We can't, cannot and won't come: it's late!",
        "a-b (c) \"d\"; e", "", "  two\tspaces\n", "rock'n'roll '90s dogs' 'quoted' o'clock",
        "they'd we've you're I'm she'll", "100% of 3.50 caf\xc3\xa9", "n't 's", "x's", "'"})
    CHECK(cut(text) == tokenize(text));
}

TEST_CASE("Every word of a list is found, in capitals too, and no other", "[embedded][words]") {
  static constexpr embedded::Word words[] = {{"'s", 4}, {"a", 2},           {"aa", 7},
                                             {"b", 1},  {"caf\303\251", 9}, {"z", 3}};
  const auto find = [](const std::string& word) {
    return embedded::find(words, word.data(), word.data() + word.size());
  };
  for (const auto& [text, token] : words) CHECK(find(text) == token);
  CHECK(find("AA") == 7);
  for (const char* word : {"", "aaa", "ab", "caf", "zz", "\xff"}) CHECK(find(word) == 0);
}

}  // namespace words_test
}  // namespace recur::testing
