// Trains a classifier while the user watches, compares it with a network that ignores order, and saves it.
#pragma once

#include "command_line.hpp"

namespace sentiment {

void train(TrainCommand command);

}  // namespace sentiment
