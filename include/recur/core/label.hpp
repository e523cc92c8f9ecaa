// Labels of classes, and targets that don't count.
//
// A sample or a step may have no target, for example a word whose tag nobody knows. Such a step is ignored. Its label
// is ignored_label. If targets are numbers, each number that is not known is ignored_number. SoftmaxCrossEntropy,
// BinaryCrossEntropy, SquaredError and QuantileLoss, also of EachStep, give an ignored step no weight and no gradient,
// and metrics don't count it. The network still reads it. LinearChainCrf and CtcLoss need every label, and refuse
// ignored_label. Padding needs no label, since there is none (core/sequence.hpp). Only targets can be ignored: what a
// network reads must be known, so a sequence refuses ignored_number.
#pragma once

#include <cmath>
#include <concepts>
#include <limits>
#include <stdexcept>

#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"

namespace recur::inline RECUR_ABI {

/// The label of what doesn't count. It is the default of PyTorch's ignore_index.
inline constexpr int ignored_label = -100;

/// The target of an output that doesn't count, for targets of numbers: the lowest number of the scalar. It is
/// not NaN, which may come by accident and is refused.
template <std::floating_point S>
inline constexpr S ignored_number = std::numeric_limits<S>::lowest();

namespace detail {

/// Throws std::invalid_argument unless a network can read this number, feature f of step t: it must be finite and not
/// ignored_number. `where` is for the message.
template <std::floating_point S, class... Where>
void check_readable(S number, Index f, Index t, const Where&... where) {
  require(std::isfinite(number), "feature ", f, " of step ", t, where..., " is ", number,
          ": every value must be finite");
  require(number != ignored_number<S>, "feature ", f, " of step ", t, where...,
          " is ignored_number: only a target can be ignored, and what a network reads must be known");
}

/// Throws std::out_of_range unless the label is one of 0, ..., classes - 1. `where` is for the message.
template <class... Where>
void check_label(int label, Index classes, const Where&... where) {
  if (label < 0 || label >= classes) [[unlikely]]
    fail<std::out_of_range>(
        message("label ", label, where..., " is out of range: legal labels are 0 to ", classes - 1));
}

/// The same for losses that need every label, which refuse ignored_label by its name.
template <class... Where>
void check_known_label(int label, Index classes, const Where&... where) {
  if (label == ignored_label) [[unlikely]]
    fail<std::out_of_range>(message("label ", label, where...,
                                    " is ignored_label: a field and CTC need every label; only losses of ",
                                    "single samples and steps, such as EachStep, take it"));
  check_label(label, classes, where...);
}

/// Throws std::out_of_range unless the blank of CTC is one of the classes.
inline void check_blank(int blank, Index classes) {
  if (blank < 0 || blank >= classes) [[unlikely]]
    fail<std::out_of_range>(
        message("blank ", blank, " is out of range: it must be a class, 0 to ", classes - 1));
}

}  // namespace detail

}  // namespace recur::inline RECUR_ABI
