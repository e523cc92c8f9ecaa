// Two macros that let the same headers be used alone or together with a compiled library.
//
// By default, a program uses only the headers. If it links the library recur::compiled, CMake defines
// RECUR_COMPILED. The library then holds the code that needs no type of the user, and the program does not
// compile this code again. Both ways use the same sources:
//
//   - At its end, a header lists the templates that the library holds, in a macro RECUR_COMPILED_...(how,
//     scalar). With `extern` for how, the list tells users that the library has them. With an empty how,
//     source/*.cpp instantiate them.
//   - A function that is not a template is always declared. It is defined where RECUR_DEFINES is 1: in every
//     file of a program that uses only the headers, otherwise in source/functions.cpp. RECUR_INLINE stands before
//     it: `inline` where only the headers are used.
//   - A template that there is only of float and double (Sequence also of Token), such as Optimizer, declares its larger
//     functions, and defines them where RECUR_DEFINES is 1. source/functions.cpp instantiates its list,
//     RECUR_COMPILED_...(scalar). It needs no `extern`, for which every file would have to compile the class for both
//     scalars.
//
// In a template, what does not depend on its parameters is compiled even if nobody calls it. So where functions that few
// programs call compute with matrices of double, they write detail::DoubleOf<S> (core/matrix.hpp).
#pragma once

#include "recur/core/compiler.hpp"

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
