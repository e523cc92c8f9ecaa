// Questions to a timetable, made by a grammar, for the example tag. Their names are those of persons, places and dates.
#pragma once

#include <cstddef>
#include <map>
#include <recur/core/random.hpp>
#include <recur/data/tagged_text.hpp>
#include <recur/data/tokenizer.hpp>
#include <set>
#include <string>
#include <vector>

namespace timetable {

using Words = std::vector<std::string>;

inline const Words places{"paris",      "florence",  "austin",   "lincoln",    "april springs", "port may",
                          "new austin", "new paris", "may hill", "noon falls", "st june",       "june bay"};
inline const std::map<std::string, Words> named{
    {"origin", places},
    {"destination", places},
    {"person",
     {"april", "june", "may", "paris", "austin", "florence", "lincoln", "april may", "may austin",
      "june april", "paris lincoln"}},
    {"date",
     {"april", "june", "may", "april 3", "21 may", "may 9", "the first of june", "the last day of april",
      "may day"}},
    {"time", {"noon", "8", "9 in the evening", "half past 3", "quarter to 6", "21", "3 in the morning"}}};
inline const Words questions{
    "when does the next train from origin to destination leave in date?",
    "is there a train to destination from origin before time?",
    "may person travel from origin to destination on date?",
    "person is in origin and must be in destination by time on date.",
    "how do i get to destination by time if i leave origin on date?",
    "which trains leave origin for destination after time?",
    "may i take person to destination in date?",
    "what does a ticket to destination cost in date, and what one from origin?",
    "person wants to leave origin after time and to meet person in destination.",
    "can person march from origin to destination in date?",
    "does person know when the train that leaves destination for origin at time is late?",
    "is person late, or the train from origin?",
    "origin to destination, date, before time."};

/// A question with its tags. No two places in it are the same.
inline recur::TaggedText ask(recur::Random& random) {
  const auto one_of = [&](const Words& all) {
    return recur::tokenize(
        all[static_cast<std::size_t>(random.below(static_cast<recur::Index>(all.size())))]);
  };
  recur::TaggedText text;
  std::set<Words> visited;
  Words last;
  for (const std::string& word : one_of(questions)) {
    const auto kind = named.find(word);
    const bool is_name = kind != named.end();
    Words name{word};
    const bool is_place = word == "origin" || word == "destination";
    if (is_name) do
        name = one_of(kind->second);
      while (name == last || (is_place && visited.contains(name)));
    if (is_name) last = name;
    if (is_place) visited.insert(name);
    text.words.insert(text.words.end(), name.begin(), name.end());
    text.tags.push_back(is_name ? "B-" + word : "O");
    text.tags.resize(text.words.size(), "I-" + word);
  }
  return text;
}

}  // namespace timetable
