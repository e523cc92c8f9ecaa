// Models from elsewhere: RTNeural, the Neural Amp Modeler, GuitarML and AIDA-X. Needs nlohmann-json.
#pragma once

#include "recur/exchange/guitarml.hpp"
#include "recur/exchange/nam.hpp"
#include "recur/exchange/rtneural.hpp"
