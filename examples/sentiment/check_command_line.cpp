// The command line of `sentiment` alone, which is built within seconds: scripts/demo asks it whether its options are
// legal before it builds the rest. Ends with 2 if they are not, as `sentiment` does.

#include <iostream>

#include "command_line.hpp"

int main(int count, char** words) {
  try {
    sentiment::parse(count, words);
  } catch (const std::exception& error) {
    std::cerr << "sentiment: " << error.what() << "\n";
    return 2;
  }
}
