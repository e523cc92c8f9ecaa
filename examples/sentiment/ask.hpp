// Classifies sentences: those of the command line, of the standard input, or what a person types.
#pragma once

#include "command_line.hpp"

namespace sentiment {

/// The model that is to be asked. Where there is none yet, the error says how to come by one.
Classifier load_to_ask(const AskCommand& command);

/// Returns whether every sentence was answered. What can't be is said on the standard error stream.
bool predict(const AskCommand& command);

void repl(const AskCommand& command);

}  // namespace sentiment
