// Eigen includes this header of the 64-bit MMX registers beside those of SSE. Emscripten has none, and Eigen uses nothing
// of it; clang's own refuses every processor but x86.
