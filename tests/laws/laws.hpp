// The laws that every layer and every cell keeps.
//
//   LayerSubject lstm(Recurrent{Lstm<double>{3, 5}});
//   keeps_laws(lstm);
//
// The laws are written once for a Subject, in gradient_laws.cpp, batch_laws.cpp, value_laws.cpp and file_laws.cpp.
// LayerSubject makes a Subject of a layer.
#pragma once

#include "laws/distance.hpp"
#include "laws/pytorch.hpp"
#include "laws/subject.hpp"
#include "laws/textbook.hpp"

namespace recur::testing {

// ---- Subjects and inputs of the laws.

/// Draws all parameters. None is zero, so a law notices if one is forgotten.
void draw_parameters(Subject& subject, std::uint64_t seed = 1);
Input draw_input(const Subject& subject, const Lengths& lengths, bool initial, std::uint64_t seed = 2);
Upstream draw_upstream(const Output& output, std::uint64_t seed = 3);

// ---- The laws. Each is checked with Catch2's CHECK.

struct Exceptions {
  bool noise = false;           ///< also try the laws of backward with noise
  bool reads_backward = false;  ///< the second half of a sequence comes before the first
};

/// All laws below, for ragged batches in no order of lengths, with and without an initial state.
void keeps_laws(Subject& subject, const Lengths& lengths = {2, 7, 1, 6}, const Exceptions& exceptions = {});

/// backward against signed central differences: input, every parameter, initial state, with upstream
/// gradients of output and final state.
void backward_is_the_slope(Subject& subject, const Input& input, Mode mode = {});
/// Streaming steps give the outputs of forward and end in its final state.
void streams_as_it_runs(Subject& subject, const Input& input);
/// The last result of a stream may be its next input, where a layer that streams has as many outputs as inputs.
void steps_from_its_own_result(Subject& subject, const Input& input);
/// A batch gives the same as its single samples, and the same in any order. Each sample gets output_length steps.
void batch_is_its_samples(Subject& subject, const Input& input);
/// A second backward doubles the gradient. The gradient of the parameters is the same without the input's gradient.
void backward_adds_up(Subject& subject, const Input& input, Mode mode = {});
/// Copies are deep, moves keep the value, and only an assignment changes a layer.
void is_a_value(Subject& subject, const Input& input);
/// A layer that was saved and loaded gives the same to the last bit.
void comes_back_from_a_file(Subject& subject, const Input& input);
/// A backward that throws has changed nothing: after a pass that recorded nothing, and with gradients of other
/// sizes.
void throws_before_it_changes(Subject& subject, const Input& input);
/// The same numbers to the last bit in each run, with and without recording, with any tape.
void repeats_itself(Subject& subject, const Input& input, Mode mode = {});
/// A sequence in two halves gives the same as the whole, if the second starts from the final state of the first.
void goes_on_from_its_final_state(Subject& subject, const Input& input, bool reads_backward);
/// Repeated passes and steps allocate nothing.
void allocates_nothing(Subject& subject, const Input& input);

/// Two layers of the same mathematics give the same numbers for the same parameters.
void agree(Subject& one, Subject& other, const Lengths& lengths = {2, 7, 1, 6});

}  // namespace recur::testing
