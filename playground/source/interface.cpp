// The functions that worker.js calls. Each leaves its answer in `answer`, which stays until the next call. Texts go in as
// UTF-8. A function returns 0, or 1 if it threw: error() then says what was wrong.
#include <cstdint>
#include <exception>
#include <string>
#include <utility>

#include "playground.hpp"

namespace {

using namespace playground;

Playground all;
Answer answer;
std::string error_text;

template <class F>
int ask(F&& question) {
  try {
    answer = question();
    return 0;
  } catch (const std::exception& error) {
    error_text = error.what();
    return 1;
  }
}

CellKind kind(int cell) {
  recur::require(cell >= 0 && cell < cell_kinds, "cell ", cell, ": it must be from 0 to ", cell_kinds - 1);
  return static_cast<CellKind>(cell);
}

/// JavaScript has its numbers as double, which holds each whole number up to 2^53.
std::uint64_t seed_from(double seed) {
  recur::require(seed >= 0 && seed <= 0x1p53, "seed ", seed, ": it must be from 0 to 2^53");
  return static_cast<std::uint64_t>(seed);
}

}  // namespace

#define EXPORT __attribute__((used, visibility("default")))

extern "C" {

EXPORT int play_begin(int cell, int hidden, double rate, double clip, double seed, int sentences,
                      int epochs) {
  return ask([&] {
    return all.begin({.cell = kind(cell),
                      .hidden = hidden,
                      .sentences = sentences,
                      .epochs = epochs,
                      .rate = rate,
                      .clip = clip,
                      .seed = seed_from(seed)});
  });
}
EXPORT int play_train(int steps) {
  return ask([&] { return all.train(steps); });
}
EXPORT int play_measure(int first, int count) {
  return ask([&] { return all.measure(first, count); });
}
EXPORT int play_read(const char* sentence) {
  return ask([&] { return all.read(sentence); });
}
EXPORT int play_units() {
  return ask([&] { return all.describe_units(); });
}
EXPORT int play_judge(const char* lines) {
  return ask([&] { return all.judge(lines); });
}
EXPORT int play_pairs() {
  return ask([&] { return all.pairs(); });
}
EXPORT int play_forget(int cell, int steps, int hidden, double scale, double memory, double clip,
                       double seed) {
  return ask([&] {
    return Playground::forget(kind(cell), {.steps = steps,
                                           .hidden = hidden,
                                           .scale = scale,
                                           .memory = memory,
                                           .clip = clip,
                                           .seed = seed_from(seed)});
  });
}
EXPORT int play_load_writer(const char* bytes, int size) {
  return ask([&] { return all.load_writer({bytes, static_cast<std::size_t>(size)}); });
}
EXPORT int play_start_writing(const char* text, double seed) {
  return ask([&] { return all.start_writing(text, seed_from(seed)); });
}
EXPORT int play_write(double temperature, double top_p, int letters, int chosen) {
  return ask([&] { return all.write({.temperature = temperature, .top_p = top_p}, letters, chosen); });
}

EXPORT const char* play_error() { return error_text.c_str(); }
EXPORT int play_arrays() { return static_cast<int>(answer.numbers.size()); }
EXPORT const char* play_array_name(int i) { return answer.numbers[static_cast<std::size_t>(i)].name.c_str(); }
EXPORT const float* play_array(int i) { return answer.numbers[static_cast<std::size_t>(i)].values.data(); }
EXPORT int play_array_size(int i) {
  return static_cast<int>(answer.numbers[static_cast<std::size_t>(i)].values.size());
}
EXPORT int play_lists() { return static_cast<int>(answer.words.size()); }
EXPORT const char* play_list_name(int i) { return answer.words[static_cast<std::size_t>(i)].name.c_str(); }
EXPORT const char* play_list(int i) { return answer.words[static_cast<std::size_t>(i)].lines.c_str(); }
}
