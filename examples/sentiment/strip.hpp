// A sentence with the probability after each word, as a strip of colours: the memory at work.
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace sentiment {

/// Characters, not bytes: those that continue one of UTF-8 don't count.
int width(const std::string& text);

/// The word, or as much of it as has room, and dots.
std::string shortened(const std::string& word, int room);

/// A word and the probability of the shown class once it is read.
struct Reading {
  std::string word;
  double probability;
};

/// Writes the words in columns with the probabilities below them, in lines of at most `columns` characters, to which
/// longer words are cut; with colour on grounds from red, 0, to green, 1.
void write_strip(std::ostream& out, const std::vector<Reading>& readings, bool colour, int columns = 80);

}  // namespace sentiment
