// Headers alone are the default. A program that links recur::compiled, for which CMake defines RECUR_COMPILED, finds there what
// needs no type of its own, and does not compile it again. Both ways have the same sources:
//
//   - A header lists at its end which of its templates the library holds, in a macro RECUR_COMPILED_...(how, scalar): with
//     `extern` for how, users are told; with nothing, source/*.cpp instantiate them.
//   - A function that is no template is declared for all and defined where RECUR_DEFINES is 1: in every file of a program of
//     headers alone, else in source/functions.cpp.
#pragma once

#include "recur/core/version.hpp"

#if !defined(RECUR_COMPILED)
#define RECUR_DEFINES 1
#define RECUR_INLINE inline
#elif defined(RECUR_COMPILING)  // by source/functions.cpp
#define RECUR_DEFINES 1
#define RECUR_INLINE
#else
#define RECUR_DEFINES 0
#define RECUR_INLINE
#endif
