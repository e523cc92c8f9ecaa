// Reads the rules of everyday.hpp and the lists of lexicon.hpp, and writes sentences with them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "everyday.hpp"
#include "lexicon.hpp"
#include "recur/core/error.hpp"
#include "writing.hpp"

namespace sentiment::detail {

/// The readings of a symbol depend only on its sign and on the topic of the sentence. They are found once.
class Rules {
 public:
  Rules() {
    read(kEveryday, '\n');
    read(kLexicon, ',');
    read(kOtherWords, ',');
    for (const DomainTopics& domain : kDomainTopics) {
      domains_.emplace_back();
      for (std::string_view rest = domain.topics; !rest.empty();) {
        const auto topic = next(rest, ',');
        domains_.back().push_back(topics_.size());
        topics_.push_back({topic, domain.domain, domains_.size() - 1});
      }
    }
  }

  /// A sentence of praise or blame. Throws std::logic_error for a rule that does not exist.
  std::string sentence(bool positive, SplitMix& random) {
    const auto& topics = domains_[random.below(domains_.size())];
    std::string text;
    write({.name = name("sentence"), .sign = '*'}, positive, topics[random.below(topics.size())], random,
          text);
    // A rule may give no text; then two spaces meet.
    const auto meet = [](char a, char b) { return a == ' ' && b == ' '; };
    text.erase(std::unique(text.begin(), text.end(), meet), text.end());
    if (random.below(25) == 0) std::erase(text, '\'');  // "dont"
    return polished(text);
  }

 private:
  /// Some text, and the symbol that follows it. `other` means that the symbol is of another topic of the
  /// domain.
  struct Piece {
    std::string_view text{};
    int name = -1;
    char sign = ' ';  // none, + or -, * the sign that is asked for, ~ the opposite
    bool other = false;
  };
  struct Reading {
    std::size_t weight;
    std::vector<Piece> pieces;
  };
  struct Topic {
    std::string_view name, domain;
    std::size_t domain_index;
  };
  struct Choice {
    std::vector<const Reading*> readings;
    std::vector<std::size_t> up_to;  // sums of weights
  };

  static std::string_view next(std::string_view& rest, char separator) {
    const auto end = std::min(rest.find(separator), rest.size());
    const auto part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return trimmed(part);
  }
  static std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(" \n");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \n") + 1 - begin);
  }

  int name(std::string_view text) {
    return names_.try_emplace(std::string(text), static_cast<int>(names_.size())).first->second;
  }

  /// "food.plain adj+" of "food.adj+"
  static std::string plain_name(std::string_view name) {
    const auto dot = name.find('.') + 1;
    return recur::detail::message(name.substr(0, dot), "plain ", name.substr(dot));
  }

  void read(std::string_view text, char separator) {
    text.remove_prefix(text.find('['));
    while (!text.empty()) {
      const auto close = text.find(']'), end = std::min(text.find("\n[", close), text.size());
      const std::string head(text.substr(1, close - 1));
      auto body = text.substr(close + 1, end - close - 1);
      body = trimmed(body.substr(0, body.find("\n====")));
      const std::string plain = plain_name(head);
      while (!body.empty()) {
        const auto line = next(body, separator);
        rules_[head].push_back(reading(line));
        if (separator == '\n') continue;
        if (line.starts_with('{'))
          rules_[plain].push_back(reading("{" + plain_name(line.substr(1))));
        else if (line.find(' ') == std::string_view::npos)
          rules_[plain].push_back(reading(line));
      }
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }

  /// "3 the {kind} {was} {adj*}": an optional weight, and text with symbols.
  Reading reading(std::string_view line) {
    std::size_t digits = 0, weight = 0;
    for (; digits < line.size() && line[digits] >= '0' && line[digits] <= '9'; ++digits)
      weight = 10 * weight + static_cast<std::size_t>(line[digits] - '0');
    const bool weighed = digits > 0 && digits < line.size() && line[digits] == ' ';
    return {weighed ? weight : 1, pieces(line.substr(weighed ? digits + 1 : 0))};
  }

  std::vector<Piece> pieces(std::string_view line) {
    std::vector<Piece> all;
    while (!line.empty()) {
      const auto open = std::min(line.find('{'), line.size());
      const auto close = std::min(line.find('}', open), line.size());
      Piece piece{.text = line.substr(0, open)};
      auto symbol = open < close ? line.substr(open + 1, close - open - 1) : std::string_view{};
      if (symbol.starts_with("also ")) {
        piece.other = true;
        symbol.remove_prefix(5);
      }
      if (!symbol.empty()) {
        if (std::string_view("+-*~").find(symbol.back()) != std::string_view::npos) {
          piece.sign = symbol.back();
          symbol.remove_suffix(1);
        }
        piece.name = name(symbol);
      }
      all.push_back(piece);
      line.remove_prefix(std::min(close + 1, line.size()));
    }
    return all;
  }

  void write(const Piece& piece, bool positive, std::size_t topic, SplitMix& random, std::string& text) {
    text += piece.text;
    if (piece.name < 0) return;
    const bool praise = piece.sign == '~' ? !positive : piece.sign == '*' ? positive : piece.sign == '+';
    if (piece.other) topic = other_than(topic, random);
    const Choice& choice = choices(piece.name, piece.sign == ' ' ? ' ' : praise ? '+' : '-', topic);
    const auto drawn =
        std::upper_bound(choice.up_to.begin(), choice.up_to.end(), random.below(choice.up_to.back()));
    const Reading& reading = *choice.readings[static_cast<std::size_t>(drawn - choice.up_to.begin())];
    for (const Piece& part : reading.pieces)
      write(part, piece.sign == ' ' ? positive : praise, topic, random, text);
  }

  std::size_t other_than(std::size_t topic, SplitMix& random) const {
    const auto& topics = domains_[topics_[topic].domain_index];
    for (int tries = 0; tries < 10; ++tries)
      if (const auto other = topics[random.below(topics.size())]; topics_[other].name != topics_[topic].name)
        return other;
    return topic;
  }

  const Choice& choices(int name, char sign, std::size_t topic) {
    Choice& choice = choices_[{name, sign, topic}];
    if (!choice.readings.empty()) return choice;
    const auto known =
        std::find_if(names_.begin(), names_.end(), [&](const auto& entry) { return entry.second == name; });
    std::size_t sum = 0;
    for (const std::string_view of : {topics_[topic].name, topics_[topic].domain, std::string_view{}})
      for (const char form : {sign, '*'}) {
        if (form == '*' && sign == ' ') continue;
        std::string key(of);
        if (!of.empty()) key += '.';
        key += known->first;
        if (form != ' ') key += form;
        const auto rule = rules_.find(key);
        if (rule == rules_.end()) continue;
        for (const Reading& reading : rule->second) {
          choice.readings.push_back(&reading);
          choice.up_to.push_back(sum += reading.weight);
        }
      }
    if (sum == 0) throw std::logic_error("there is no rule [" + known->first + sign + "]");
    return choice;
  }

  std::map<std::string, int> names_;
  std::map<std::string, std::vector<Reading>> rules_;
  std::vector<Topic> topics_;
  std::vector<std::vector<std::size_t>> domains_;
  std::map<std::tuple<int, char, std::size_t>, Choice> choices_;
};

}  // namespace sentiment::detail
