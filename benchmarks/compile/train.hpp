// Trains an architecture, for the files with one and with three.
#pragma once

#include <iostream>
#include <recur/train.hpp>
#include <vector>

using namespace recur;

template <class Model>
void train(Model model, const std::vector<typename Model::Example>& examples) {
  initialize(model, 1);
  Optimizer optimizer(model, Adam{});
  std::cout << fit(model, optimizer, examples, {.epochs = 2}).epochs.back().training_loss << '\n';
}
