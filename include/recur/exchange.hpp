// Models from elsewhere: RTNeural, the Neural Amp Modeler, GuitarML and AIDA-X; and a network as a header. Needs
// nlohmann-json. exchange/any_file.hpp reads all formats.
#pragma once

#include "recur/exchange/guitarml.hpp"
#include "recur/exchange/header_file.hpp"
#include "recur/exchange/nam.hpp"
#include "recur/exchange/rtneural.hpp"
