// What the page computes, computed by this processor and printed as JSON: the tests hold the page against it.
//
//   native [CELL] [STEPS] [WRITER]   cell 0 to 3: tanh, ReLU, LSTM, GRU; 2 and 60 without
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include "playground.hpp"
#include "recur/core/file.hpp"

using namespace playground;

namespace {

void print(const char* name, const Answer& answer, bool last = false) {
  std::printf("\"%s\":{", name);
  const char* comma = "";
  for (const auto& [its_name, values] : answer.numbers) {
    std::printf("%s\"%s\":[", comma, its_name.c_str());
    for (std::size_t i = 0; i < values.size(); ++i)
      if (std::isfinite(values[i]))
        std::printf("%s%.9g", i ? "," : "", static_cast<double>(values[i]));
      else
        std::printf("%snull", i ? "," : "");
    std::printf("]");
    comma = ",";
  }
  std::printf("}%s\n", last ? "" : ",");
}

}  // namespace

int main(int count, char** words) try {
  const int cell = count > 1 ? std::atoi(words[1]) : 2;
  recur::require(cell >= 0 && cell < cell_kinds, "cell ", cell, ": it must be from 0 to ", cell_kinds - 1);
  const int steps = count > 2 ? std::atoi(words[2]) : 60;
  Playground all;
  std::printf("{");
  print("begin", all.begin({.cell = static_cast<CellKind>(cell)}));
  const auto begin = std::chrono::steady_clock::now();
  print("train", all.train(steps));
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  std::fprintf(stderr, "%d steps in %.1f s\n", steps, seconds.count());
  Answer whole;
  double right = 0, of_bag = 0, sentences = 0;
  for (Index first = 0; first < 1024; first += 64, sentences += 64) {
    const Answer score = all.measure(first, 64);
    right += static_cast<double>(score.numbers[0].values[0]);
    of_bag += static_cast<double>(score.numbers[2].values[0]);
  }
  whole.add("reader", right / sentences);
  whole.add("bag", of_bag / sentences);
  print("accuracy", whole);
  print("measure", all.measure(0, 64));
  print("read", all.read("The food is not good, but I love it."));
  print("checked", all.check_influence("The food is not good, but I love it.", 3));
  print("units", all.describe_units());
  print("judge", all.judge("the food is good\n\nthe food is not good\nnot bad, good\nbad, not good"));
  for (int c = 0; c < cell_kinds; ++c)
    print(("forget" + std::to_string(c)).c_str(),
          Playground::forget(static_cast<CellKind>(c), {.steps = 50, .scale = 1.2, .memory = 1, .clip = 1}));
  if (count > 3) {
    all.load_writer(recur::detail::read_file(words[3]));
    all.start_writing("The gradient ", 1);
    print("write", all.write({.temperature = 0.8, .top_p = 0.9}, 0));
  }
  print("end", {}, true);
  std::printf("}\n");
} catch (const std::exception& error) {
  std::fprintf(stderr, "native: %s\n", error.what());
  return 2;
}
