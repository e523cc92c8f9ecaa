// Trains a classifier before the user's eyes, compares it with a network that is blind to order, and saves it.
#pragma once

#include "command_line.hpp"

namespace sentiment {

void train(TrainCommand command);

}  // namespace sentiment
