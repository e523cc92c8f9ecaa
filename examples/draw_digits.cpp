// One to many: it takes a digit and its size, and gives the strokes of a pen that draws the digit.
//
// Twelve numbers set the state in which the decoder starts: a one among zeros for the digit, and its width
// and height. The decoder moves the pen: r, l, u, d draw a step, R, L, U, D move without drawing. The program
// asks for digits in sizes in which it never saw them.
//
//   draw_digits         two seconds
//   draw_digits --help  the options
#include <cctype>
#include <cstring>
#include <iostream>
#include <recur/recur.hpp>
#include <string>

#include "common/few_options.hpp"

using namespace examples;
using namespace recur;

const std::string moves = "rludRLUD.";  // '.' begins and ends a drawing

/// The strokes of each digit on a display of seven segments, from the upper left. A letter is a whole side.
const char* const sides[] = {"rddluu", "Rdd",     "rdldr", "rdlRdl",   "druDd",
                             "Rldrdl", "Rlddrul", "rdd",   "rddluuDr", "drulRDdl"};

std::vector<Token> strokes(Index digit, Index width, Index height) {
  std::vector<Token> all;
  for (const char* side = sides[digit]; *side; ++side) {
    const Index length = std::strchr("rlRL", *side) ? width : height;
    all.insert(all.end(), static_cast<std::size_t>(length), static_cast<Token>(moves.find(*side)));
  }
  return all;
}
VectorX<float> description(Index digit, Index width, Index height) {
  VectorX<float> x = VectorX<float>::Zero(12);
  x(digit) = 1;
  x(10) = static_cast<float>(width) / 4;
  x(11) = static_cast<float>(height) / 4;
  return x;
}

/// The drawing that the strokes leave on paper.
std::vector<std::string> drawing(const std::vector<Token>& tokens) {
  std::vector<std::string> paper(11, std::string(13, ' '));
  std::size_t row = 1, column = 1;
  for (const Token token : tokens) {
    const char move = moves[static_cast<std::size_t>(token)];
    const int way = std::tolower(move);
    if (way == move) paper[row][column] = '#';
    column = std::min<std::size_t>(12, column + (way == 'r') - (way == 'l' && column > 0));
    row = std::min<std::size_t>(10, row + (way == 'd') - (way == 'u' && row > 0));
    if (way == move) paper[row][column] = '#';
  }
  return paper;
}

int main(int count, char** words) {
  const FewOptions how = few_options(count, words,
                                     "Draws digits, stroke by stroke, in the size that is asked for. A "
                                     "decoder learns it within two seconds from "
                                     "drawings of some sizes, and is then asked for others.",
                                     {.epochs = 200});
  OneToMany model{Dense<float, Tanh>{12, 2 * 64},  // both states of the LSTM
                  Decoder{Sequential{Embedding<float>{9, 16}, Recurrent{Lstm<float>{16, 64}}},
                          Dense<float>{64, 9},
                          {.begin = 8, .end = 8, .max_length = 40}},
                  EachStep{SoftmaxCrossEntropy{}}};
  initialize(model, how.seed);
  std::vector<decltype(model)::Example> seen, chooses, unseen;
  for (Index digit = 0; digit < 10; ++digit)
    for (Index width = 2; width <= 5; ++width)
      for (Index height = 2; height <= 4; ++height)
        ((digit + width + height) % 4 ? seen
         : height == 2                ? chooses
                                      : unseen)
            .push_back({description(digit, width, height), strokes(digit, width, height)});
  Optimizer optimizer(model, Adam{.rate = 1e-2});
  FitOptions options = how.training();
  options.batch_size = 8;
  const FitReport report = fit(model, optimizer, seen, chooses, options);

  Index right = 0;
  for (const auto& [input, target] : unseen) right += model.greedy(input) == target;
  write_text(text_of(right, " of ", unseen.size(),
                     " drawings of digits in sizes in which it never saw them are right."));
  write_text("It draws digits in a width and height that it never saw for them:");
  const Index in_line = std::clamp<Index>(Terminal::standard_output().columns / 8, 1, 10);
  for (Index first = 0; first < 10; first += in_line) {
    std::vector<std::string> lines(8);
    std::string asked = "\n";
    for (Index digit = first; digit < std::min<Index>(10, first + in_line); ++digit) {
      const Index width = 5 - (digit + 4) % 4;
      const auto picture = drawing(model.greedy(description(digit, width, 3)));
      for (std::size_t row = 0; row < lines.size(); ++row) lines[row] += picture[row].substr(0, 8);
      asked += ' ' + std::to_string(digit) + ": " + std::to_string(width) + "x3 ";
    }
    std::cout << asked << "\n";
    for (const auto& row : lines) std::cout << row << "\n";
  }
  return conclude(how.ending(report),
                  "twelve numbers became a drawing, stroke by stroke. It learned shape and size separately.");
}
