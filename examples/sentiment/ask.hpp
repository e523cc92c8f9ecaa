// Classifies sentences: from the command line, from the standard input, or as a person types them.
#pragma once

#include "command_line.hpp"

namespace sentiment {

/// The model that answers. If there is none yet, the error says how to make one.
Classifier load_to_ask(const AskCommand& command);

/// Returns whether every sentence was answered. The standard error stream names sentences without an answer.
bool predict(const AskCommand& command);

void repl(const AskCommand& command);

}  // namespace sentiment
