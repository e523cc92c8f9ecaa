// Functions of the laws for matrices of many samples.
#pragma once

#include "laws/subject.hpp"
#include "recur/core/random.hpp"

namespace recur::testing {

/// Normal numbers that float holds exactly, so layers of float and double get the same input.
MatrixX<double> draw(Index rows, Index cols, double scale, Random& random);
Matrices draw_like(const Matrices& like, Random& random);

double dot(const Matrices& a, const Matrices& b);
/// Column b of each state.
Matrices columns_of(const Matrices& states, Index b);

/// The samples at the given places, with their states.
Input select(const Input& input, const Lengths& order);
Upstream select(const Upstream& upstream, const Lengths& order);

}  // namespace recur::testing
