// The one header that includes nlohmann-json.
#pragma once

#if !__has_include(<nlohmann/json.hpp>)
#error "recur: files of weights need nlohmann-json (Debian: nlohmann-json3-dev)"
#endif
#include <nlohmann/json.hpp>

#include "recur/core/cxx20.hpp"
