// The distance of two results.
#pragma once

#include "laws/subject.hpp"

namespace recur::testing {

/// The largest difference, relative to the largest number of each matrix or to 1; infinite if sizes differ.
double distance(const MatrixX<double>& a, const MatrixX<double>& b);
double distance(const Matrices& a, const Matrices& b);
double distance(const Output& a, const Output& b);
double distance(const Gradient& a, const Gradient& b);
/// To the last bit.
bool same_bits(const MatrixX<double>& a, const MatrixX<double>& b);
bool same_bits(const Matrices& a, const Matrices& b);
bool same_bits(const Output& a, const Output& b);
bool same_bits(const Gradient& a, const Gradient& b);

}  // namespace recur::testing
