// A model of PyTorch's, from its file, beside PyTorch itself on the same weights and the same data.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absent.hpp"
#include "suite/shell.hpp"

#if __has_include(<zip.h>)
#include "recur/exchange/torch.hpp"
#endif

namespace imported {

using Timer = std::function<double(const std::function<void()>&)>;

#if __has_include(<zip.h>)
/// PyTorch's time over ours for 32 sequences of 100 steps through two bidirectional LSTMs that load_torch read: the lower of
/// inference and training, on one thread; of each the median of three turns. Throws std::runtime_error if outputs or gradients differ.
inline double against_pytorch(const Timer& seconds_of) {
  using namespace recur;
  const auto folder = std::filesystem::temp_directory_path() / "recur-imported-torch";
  std::filesystem::create_directories(folder);
  const std::string path = (folder / "model.pt").string(), log = (folder / "log").string();
  std::string python;
  for (const char* one : {"python3", "/usr/bin/python3"})
    if (std::system((std::string(one) + " -c 'import torch' > /dev/null 2>&1").c_str()) == 0) python = one;
  if (python.empty()) throw Absent("no python3 has PyTorch: Debian's is python3-torch");
  const std::string command =
      python + " benchmarks/imported.py " + bench::for_shell(path) + " > " + bench::for_shell(log) + " 2>&1";
  const auto theirs = [&] {  // seconds of inference and of training; it writes the same model each time
    double infer = 0, train = 0;
    std::ifstream printed;
    if (std::system(command.c_str()) == 0) printed.open(log);
    if (!(printed >> infer >> train)) throw std::runtime_error("benchmarks/imported.py failed: see " + log);
    return std::pair(infer, train);
  };
  theirs();

  const Network<float> net = load_torch(path, {.key = "model"});
  const StateDict data = read_state_dict(path, "data");
  const auto sequence = [&](const char* name) {  // T × B × D there is D × (T, B) here
    const StateTensor& tensor = data.at(name);
    const VectorX<float> numbers = tensor.values<float>();
    const auto batch = static_cast<Index>(tensor.shape[1]), features = static_cast<Index>(tensor.shape[2]);
    return Sequence<float>(
        MatrixX<float>(ConstMatrixMap<float>(numbers.data(), features, numbers.size() / features)), batch);
  };
  const Sequence<float> x = sequence("x"), expected = sequence("y");
  Network<float>::Tape tape;
  Network<float> gradient = zeros_like(net);
  Sequence<float> dy;
  const auto run = [&](bool trains) {
    const Sequence<float>& y = net.forward(x, tape, trains ? recording : predicting);
    if (!trains) return;
    dy = y;
    clear_gradient(gradient);
    net.backward(x, dy, tape, gradient);
  };
  const auto differs = [](const auto& a, const auto& b) {
    return !((a - b).cwiseAbs().template maxCoeff<Eigen::PropagateNaN>() <
             1e-4f * (1 + b.cwiseAbs().maxCoeff()));
  };
  run(true);
  const Parameters<float> parts(gradient);
  const MatrixX<float> d_first = ConstMatrixMap<float>(parts[0].data, parts[0].rows, parts[0].columns);
  const VectorX<float> d_there = data.at("d_weight_ih_l0").values<float>();  // row by row
  if (differs(tape.output().values(), expected.values()) ||
      differs(
          d_first,
          MatrixX<float>(ConstMatrixMap<float>(d_there.data(), d_first.cols(), d_first.rows()).transpose())))
    throw std::runtime_error("PyTorch has computed something else: see " + path);

  const auto median = [](std::vector<double> all) {
    const auto middle = all.begin() + std::ssize(all) / 2;
    std::nth_element(all.begin(), middle, all.end());
    return *middle;
  };
  const auto ours = [&](bool trains) {
    std::vector<double> all(11);
    for (double& one : all) one = seconds_of([&] { run(trains); });
    return median(all);
  };
  std::vector<double> infer,
      train;  // in turns, since what else the machine does changes from minute to minute
  for (int turn = 0; turn < 3; ++turn) {
    const auto [infer_there, train_there] = theirs();
    infer.push_back(infer_there / ours(false));
    train.push_back(train_there / ours(true));
  }
  const double lowest = std::min(median(infer), median(train));
  std::filesystem::remove_all(folder);
  return lowest;
}
#else
inline double against_pytorch(const Timer&) { throw Absent("libzip is not installed"); }
#endif

}  // namespace imported
