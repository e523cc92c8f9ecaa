// Read before all other code of recur: with an older C++, one line says so instead of thousands.
#pragma once

#if __cplusplus < 202002L
#error "recur needs C++20: add -std=c++20"
#include <no_such_file>  // at which g++ and clang++ stop reading; at an #error they go on
#endif
