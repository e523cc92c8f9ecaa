// Whole numbers from 0 to 999,999 in words, in English and in French, for the example translate.
#pragma once

#include <array>
#include <cstddef>
#include <recur/core/random.hpp>
#include <recur/data/parallel_text.hpp>
#include <set>
#include <string>
#include <vector>

namespace numbers {

inline constexpr int largest = 999999;

/// "two hundred and forty-one".
inline std::string english(int number) {
  static const std::array<std::string, 20> small{"zero",    "one",     "two",       "three",    "four",
                                                 "five",    "six",     "seven",     "eight",    "nine",
                                                 "ten",     "eleven",  "twelve",    "thirteen", "fourteen",
                                                 "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
  static const std::array<std::string, 10> tens{"",      "",      "twenty",  "thirty", "forty",
                                                "fifty", "sixty", "seventy", "eighty", "ninety"};
  const auto rest = [](int count, const char* before, int whole) {
    return count % whole == 0 ? "" : before + english(count % whole);
  };
  if (number < 20) return small[static_cast<std::size_t>(number)];
  if (number < 100) return tens[static_cast<std::size_t>(number / 10)] + rest(number, "-", 10);
  if (number < 1000) return english(number / 100) + " hundred" + rest(number, " and ", 100);
  return english(number / 1000) + " thousand" + rest(number, number % 1000 < 100 ? " and " : " ", 1000);
}

/// "deux cent quarante et un", with hyphens below a hundred except beside "et", as before the reform of 1990. What is
/// counted by a number before "mille" has no plural: "quatre-vingts" and "deux cents", but "deux cent mille".
inline std::string french(int number, bool before_mille = false) {
  static const std::array<std::string, 17> small{"zéro",  "un",     "deux",     "trois",  "quatre", "cinq",
                                                 "six",   "sept",   "huit",     "neuf",   "dix",    "onze",
                                                 "douze", "treize", "quatorze", "quinze", "seize"};
  static const std::array<std::string, 7> tens{"",         "dix",       "vingt",   "trente",
                                               "quarante", "cinquante", "soixante"};
  const std::string plural = before_mille ? "" : "s";
  if (number < 17) return small[static_cast<std::size_t>(number)];
  if (number == 80) return "quatre-vingt" + plural;
  if (number > 80 && number < 100) return "quatre-vingt-" + french(number - 80);
  if (number < 100) {
    const int ten = number < 70 ? number / 10 : 6, rest = number - 10 * ten;  // 71 is sixty and eleven
    const std::string& word = tens[static_cast<std::size_t>(ten)];
    return rest == 0 ? word : word + (rest % 10 == 1 ? " et " : "-") + french(rest);
  }
  const int whole = number < 1000 ? 100 : 1000, count = number / whole, rest = number % whole;
  std::string word = whole == 1000 ? "mille" : count > 1 && rest == 0 ? "cent" + plural : "cent";
  if (count > 1) word = french(count, whole == 1000) + ' ' + word;
  return rest == 0 ? word : word + ' ' + french(rest, before_mille);
}

/// Numbers in English and French, all different. Each length of one to six digits is drawn as often, but each number is kept
/// once, so there are few short ones.
inline std::vector<recur::ParallelText> draw(std::size_t count, recur::Random& random) {
  std::set<int> drawn;
  std::vector<recur::ParallelText> pairs;
  const auto add = [&](int number) {
    if (drawn.insert(number).second) pairs.push_back({english(number), french(number)});
  };
  for (int number = 0; number < 9; ++number) add(number);  // 0 is in no other number: it can't be held out
  while (pairs.size() < count) {
    recur::Index below = 10;
    for (recur::Index digits = random.below(6); digits > 0; --digits) below *= 10;
    add(static_cast<int>(random.below(below)));
  }
  return pairs;
}

}  // namespace numbers
