// Only the command line of `sentiment`, which builds within seconds. scripts/demo uses it to check its
// options before it builds the rest. Ends with 2 if they are not legal, as `sentiment` does.

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
