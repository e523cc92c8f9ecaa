// A sentence with the probability after each word, as a strip of colours. It shows the memory at work.
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace sentiment {

/// Counts characters, not bytes: bytes that continue a character of UTF-8 don't count.
int width(const std::string& text);

/// The word, or as much of it as fits, and dots.
std::string shortened(const std::string& word, int room);

/// A word, and the probability of the shown class after that word.
struct Reading {
  std::string word;
  double probability;
};

/// Writes the words in columns with the probabilities below them, in lines of at most `columns` characters.
/// Longer words are cut. With colour the backgrounds go from red, 0, to green, 1.
void write_strip(std::ostream& out, const std::vector<Reading>& readings, bool colour, int columns = 80);

}  // namespace sentiment
