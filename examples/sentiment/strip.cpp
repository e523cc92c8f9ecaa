// Prints a sentence in colours, which show the probability after each word.
#include "strip.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace sentiment {

namespace {

/// A background from red over grey to green, in the 256 colours that every terminal has.
std::string ground(double probability) {
  constexpr std::array shades{160, 167, 174, 181, 250, 151, 114, 71, 34};
  const auto shade =
      static_cast<std::size_t>(std::clamp(probability, 0.0, 0.999) * static_cast<double>(shades.size()));
  return "\033[48;5;" + std::to_string(shades[shade]) + ";38;5;16m";
}

}  // namespace

int width(const std::string& text) {
  return static_cast<int>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string shortened(const std::string& word, int room) {
  if (width(word) <= room) return word;
  std::string begin;
  for (const char c : word) {
    if ((c & 0xC0) != 0x80 && width(begin) >= room - 3) break;
    begin += c;
  }
  return begin + "...";
}

void write_strip(std::ostream& out, const std::vector<Reading>& readings, bool colour, int columns) {
  for (std::size_t begin = 0; begin < readings.size();) {
    std::string words = "  ", numbers = "  ";
    std::size_t end = begin;
    for (int used = 2; end < readings.size(); ++end) {
      const std::string word = shortened(readings[end].word, std::max(columns - 4, 4));
      const double probability = readings[end].probability;
      const int cell = std::max(width(word), 4) + 2;
      if (end > begin && used + cell > columns) break;
      used += cell;
      char number[8];
      std::snprintf(number, sizeof number, "%.2f", probability);
      const std::string on = colour ? ground(probability) : "", off = colour ? "\033[0m" : "";
      words += on + " " + word + std::string(static_cast<std::size_t>(cell - 1 - width(word)), ' ') + off;
      numbers += on + " " + number + std::string(static_cast<std::size_t>(cell - 5), ' ') + off;
    }
    out << words << '\n' << numbers << '\n';
    begin = end;
    if (begin < readings.size()) out << '\n';
  }
}

}  // namespace sentiment
