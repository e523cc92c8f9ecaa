#include "recur/data/words.hpp"

#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"

namespace words_test {

using Catch::Matchers::ContainsSubstring;
using recur::join_words;
using recur::split_words;
using Words = std::vector<std::string>;

TEST_CASE("Words are in small letters, and signs are words of their own", "[data][words]") {
  CHECK(split_words("Éloigne-toi, ÇA (vite) !") ==
        Words{"éloigne", "-toi", ",", "ça", "(", "vite", ")", "!"});
  CHECK(split_words("«\u202FŒuf\u00A0» … 5 €") == Words{"«", "œuf", "»", "…", "5", "€"});
  CHECK(split_words("ΑΩ Žal Ёж \U0001F44D!") == Words{"αω", "žal", "ёж", "\U0001F44D", "!"});
  CHECK(split_words(" \t\n").empty());
}

TEST_CASE("Signs of many scripts are words of their own, and their words and numbers are not cut",
          "[data][words]") {
  CHECK(split_words("كيف؟ نعم، لا؛ ٣٫٥٪") == Words{"كيف", "؟", "نعم", "،", "لا", "؛", "٣٫٥", "٪"});
  CHECK(split_words("你好？人々：〇；") == Words{"你好", "？", "人々", "：", "〇", "；"});
  CHECK(split_words("है। Այո։ ሰላም። Τι; ｶ･ｶ") ==
        Words{"है", "।", "Այո", "։", "ሰላም", "።", "τι", ";", "ｶ", "･", "ｶ"});
  CHECK(split_words("בית־ספר ⸮a") == Words{"בית", "־", "ספר", "⸮", "a"});
  CHECK(split_words("Ինչպե՞ս") == Words{"Ինչպե՞ս"});
  CHECK(split_words("צ׳ק צה״ל") == Words{"צ׳ק", "צה״ל"});
  CHECK(split_words("1000￥ 5֏ បាទ។") == Words{"1000", "￥", "5", "֏", "បាទ", "។"});
  CHECK(split_words("nº 1ª 5µm a·b") == Words{"nº", "1ª", "5µm", "a", "·", "b"});
  CHECK(split_words("می\u200Cخواهم") == Words{"میخواهم"});  // a joiner has no width and ends no word
  CHECK(split_words("ÿĀ가ﾟ\U00020000") == Words{"ÿā가ﾟ\U00020000"});
}

TEST_CASE("Compounds are cut so that their parts show on which side they were joined", "[data][words]") {
  CHECK(split_words("L’homme qu'il aime") == Words{"l'", "homme", "qu'", "il", "aime"});
  CHECK(split_words("Va-t'en! twenty-one") == Words{"va", "-t'", "en", "!", "twenty", "-one"});
  CHECK(split_words("a - b, 'c' dogs' -x") ==
        Words{"a", "-", "b", ",", "'", "c", "'", "dogs", "'", "-", "x"});
  CHECK(split_words("3.5, 1,000 at 10:30. 7.") == Words{"3.5", ",", "1,000", "at", "10:30", ".", "7", "."});
  CHECK(split_words("a.b") == Words{"a", ".", "b"});
  CHECK(split_words("so\u00ADfa e\u0301") == Words{"sofa", "e\u0301"});
}

TEST_CASE("A text that was joined has the same words", "[data][words]") {
  for (const std::string_view text :
       {"l'homme (ici), n'est-ce pas ?", "a - b, 'c' dogs' -x", "3.5, 1,000 at 10:30: 7. 5",
        "rock 'n' roll...", "« oui » ; \"non\"", "l'-x 'tis '", "-", "((a))"}) {
    CAPTURE(text);
    const Words words = split_words(text);
    CHECK(split_words(join_words(words)) == words);
    CHECK(split_words(join_words(words, ".,)")) == words);
  }
  CHECK(join_words(split_words("Well, (don't) go!")) == "well, (don't) go!");
  CHECK(join_words(split_words("Avez-vous l'heure ?"), ".,)") == "avez-vous l'heure ?");
  CHECK(join_words(Words{}).empty());
}

TEST_CASE("A text that is not UTF-8 has no words", "[data][words]") {
  CHECK_THROWS_WITH(split_words("caf\xE9"), ContainsSubstring("not UTF-8: byte 3 "));
}

}  // namespace words_test
