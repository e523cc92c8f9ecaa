// What the blocks of docs/from-audio.md take for granted.
#include <recur/core/matrix.hpp>

namespace from_audio {
extern recur::VectorX<float> x, y;
}
