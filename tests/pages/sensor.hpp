// A network that is written as a header, for blocks that include one by this name.
#pragma once

#include "mine.hpp"

namespace sensor = mine;
