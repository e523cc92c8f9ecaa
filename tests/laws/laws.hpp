// The laws that every layer keeps, and with it every cell.
//
//   LayerSubject lstm(Recurrent{Lstm<double>{3, 5}});
//   keeps_laws(lstm);
//
// The laws are written once, in gradient_laws.cpp, batch_laws.cpp, value_laws.cpp and file_laws.cpp, for a Subject,
// which LayerSubject makes of a layer.
#pragma once

#include "laws/distance.hpp"
#include "laws/pytorch.hpp"
#include "laws/subject.hpp"
#include "laws/textbook.hpp"

namespace recur::testing {

// ---- What the laws are tried on.

/// Draws all parameters: none is zero, so that none can be forgotten unseen.
void draw_parameters(Subject& subject, std::uint64_t seed = 1);
Input draw_input(const Subject& subject, const Lengths& lengths, bool initial, std::uint64_t seed = 2);
Upstream draw_upstream(const Output& output, std::uint64_t seed = 3);

// ---- The laws. Each is checked with Catch2's CHECK.

struct Exceptions {
  bool noise = false;           ///< try the laws of backward with noise, too
  bool reads_backward = false;  ///< the second half of a sequence comes before the first
};

/// All laws below, for ragged batches in no order of lengths, with and without an initial state.
void keeps_laws(Subject& subject, const Lengths& lengths = {2, 7, 1, 6}, const Exceptions& exceptions = {});

/// backward against signed central differences: input, every parameter, initial state, with upstream
/// gradients of output and final state.
void backward_is_the_slope(Subject& subject, const Input& input, Mode mode = {});
/// Streaming steps give what forward gives, and end in its final state.
void streams_as_it_runs(Subject& subject, const Input& input);
/// The last result of a stream may be its next input.
void steps_from_its_own_result(Subject& subject, const Input& input);
/// A batch gives what its samples give one by one, and in any other order.
void batch_is_its_samples(Subject& subject, const Input& input);
/// A second backward doubles the gradient; without the input's gradient that of the parameters is the same.
void backward_adds_up(Subject& subject, const Input& input, Mode mode = {});
/// Copies are deep, moves keep the value, and nothing but an assignment changes a layer.
void is_a_value(Subject& subject, const Input& input);
/// Saved and loaded into a layer of other weights, it gives the same to the last bit.
void comes_back_from_a_file(Subject& subject, const Input& input);
/// A backward that throws has changed nothing: after a pass that recorded nothing, and with gradients of other
/// sizes.
void throws_before_it_changes(Subject& subject, const Input& input);
/// The same numbers to the last bit: in each run, recording or not, whatever the tape held before.
void repeats_itself(Subject& subject, const Input& input, Mode mode = {});
/// A sequence in two halves, the second from the final state of the first, gives what the whole gives.
void goes_on_from_its_final_state(Subject& subject, const Input& input, bool reads_backward);
/// Passes and steps that have been done before allocate nothing.
void allocates_nothing(Subject& subject, const Input& input);

/// Two layers of one mathematics: with the same parameters they give the same numbers.
void agree(Subject& one, Subject& other, const Lengths& lengths = {2, 7, 1, 6});

}  // namespace recur::testing
