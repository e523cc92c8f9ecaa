// Stops the compiler with one clear line if it reads recur as an older C++ than C++20. Every header includes this
// first, since the errors of all others would fill thousands of lines.
#pragma once

#if __cplusplus < 202002L && \
    !(defined(_MSVC_LANG) && _MSVC_LANG >= 202002L)  // MSVC says 199711 without an option
#error "recur needs C++20: add -std=c++20"
#include <no_such_file>  // g++ and clang++ stop here; they go on after an #error
#endif
