// The one header that includes nlohmann-json.
#pragma once

#if __has_include(<nlohmann/json.hpp>)
#include <nlohmann/json.hpp>
#else
#error "recur: files of weights need nlohmann-json (Debian: nlohmann-json3-dev)"
#include <no_such_file>  // at which g++ and clang++ stop reading; at an #error they go on
#endif

#include "recur/core/version.hpp"
