// A classifier as a header, for a program without files.
#pragma once

#include "command_line.hpp"

namespace sentiment {

/// Writes sentiment::Network, sentiment::words and sentiment::classes. Throws recur::FileError for a model that can't be
/// read, and for a file that can't be written.
void write(const HeaderCommand& command);

}  // namespace sentiment
