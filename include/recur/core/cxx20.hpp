// The compiler reads this before all other code of recur. With an older C++, one line says so instead of
// thousands.
#pragma once

#if __cplusplus < 202002L
#error "recur needs C++20: add -std=c++20"
#include <no_such_file>  // g++ and clang++ stop here; they go on after an #error
#endif
