// An LSTM of 32 units learns the sound of an amplifier, and becomes a header. A firmware or a plug-in compiles it and needs
// no file, no heap and no library: embedded/amp.cpp is one.
//
//   export                  some seconds; writes amp.hpp, and replaces one that is there only with --overwrite
//   export --weights int8   weights of 8 bits: a third of the memory
//   export --help           the options
#include <cmath>
#include <filesystem>
#include <iostream>
#include <recur/exchange/header_file.hpp>
#include <recur/recur.hpp>
#include <vector>

#include "common/few_options.hpp"

using namespace examples;
using namespace recur;

/// What the amplifier makes of a signal: a soft limit, which is lower for one side, behind a filter that remembers.
VectorX<float> amplify(const VectorX<float>& x) {
  VectorX<float> y(x.size());
  float low = 0;
  for (Index t = 0; t < x.size(); ++t) {
    low += 0.3f * (x(t) - low);
    const float driven = 4 * low + 0.3f;
    y(t) = 0.8f * (std::tanh(driven) - std::tanh(0.3f)) -
           0.1f * (driven > 0 ? driven * driven / (1 + driven * driven) : 0);
  }
  return y;
}

/// Some notes of strings.
VectorX<float> play(Index samples, Random& random) {
  VectorX<float> x = VectorX<float>::Zero(samples);
  for (int note = 0; note < 3; ++note) {
    const double pitch = 0.01 + 0.3 * random.uniform(), loudness = 0.1 + 0.3 * random.uniform();
    for (Index t = 0; t < samples; ++t) {
      const auto time = static_cast<double>(t);
      x(t) += static_cast<float>(loudness * std::exp(-0.002 * time) * std::sin(pitch * time));
    }
  }
  return x;
}

int main(int count, char** words) {
  const FewOptions how = few_options(count, words,
                                     "Writes a trained network as a C++ header, amp.hpp. An LSTM learns the "
                                     "sound of an amplifier in some "
                                     "seconds; a program that includes the header then needs no library.",
                                     {.epochs = 30, .writes = "amp.hpp", .weights = "float32"});

  ManyToMany model{Sequential{Recurrent{Lstm<float>{1, 32}}, Dense<float>{32, 1}}, EachStep{SquaredError{}}};
  initialize(model, how.seed);
  Random random(how.seed + 1);
  std::vector<decltype(model)::Example> examples(300);
  double power = 0;
  for (auto& [input, target] : examples) {
    const VectorX<float> x = play(400, random), y = amplify(x);
    input = x.transpose();
    target = y.transpose();
    power += static_cast<double>(y.squaredNorm()) / 400 / 300;
  }
  Optimizer optimizer(model, Adam{.rate = 4e-3});
  const std::span all(examples);
  FitOptions options = how.training();
  options.show_progress = true;
  const FitReport report = fit(model, optimizer, all.first(225), all.subspan(225, 25), options);
  write_text(text_of("Error of the sound on unseen notes: ",
                     fixed(100 * evaluate(model, all.last(50)) / power, 2), " % of its power."));

  const Network network{model.body};
  const HeaderWeights weights = how.weights == "int8" ? HeaderWeights::int8 : HeaderWeights::float32;
  if (weights == HeaderWeights::int8) {
    round_to_int8(model);
    write_text(
        text_of("With weights of 8 bits: ", fixed(100 * evaluate(model, all.last(50)) / power, 2), " %."));
  }
  try {
    write_header("amp.hpp", network, "amp", {.weights = weights});
  } catch (const FileError& error) {  // such as a disk that is full
    std::cerr << "export: " << error.what() << '\n';
    return 2;
  }
  write_text(text_of("Wrote amp.hpp: ", count_parameters(network), " parameters, ",
                     std::filesystem::file_size("amp.hpp"), " bytes of text."));
  return conclude(how.ending(report),
                  "a trained network becomes a header of constants. A program that includes it needs the "
                  "folder recur/embedded "
                  "and no other library: see examples/embedded/amp.cpp.");
}
