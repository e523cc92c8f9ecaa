// The three kernel functions that a recurrent layer calls. A library may contain them: core/compiled.hpp.
#pragma once

#include <array>
#include <cstddef>
#include <type_traits>

#include "recur/cell/cell.hpp"
#include "recur/core/compiled.hpp"
#include "recur/core/sequence.hpp"
#include "recur/recurrence/kernel/backward.hpp"
#include "recur/recurrence/kernel/forward.hpp"
#include "recur/recurrence/kernel/states.hpp"
#include "recur/recurrence/kernel/step.hpp"
#if defined(RECUR_COMPILED)
#include "recur/cell/elman.hpp"
#include "recur/cell/gru.hpp"
#include "recur/cell/lstm.hpp"
#endif

namespace recur::inline RECUR_ABI::detail::kernel {

/// All steps, from the initial states to the final ones: see ForwardPass. With `record`, the workspace keeps what
/// run_backward needs.
template <class Unit, class S, int I, int H>
void run_forward(const Cell<Unit, S, I, H>& cell, Direction direction, const Sequence<S>& x,
                 const StateRef<S>& initial, Sequence<S>& h, MatrixX<S>& final, Workspace<Unit, S>& work,
                 bool record) {
  using T = TileOf<Unit, S>;
  const Layout& layout = x.layout();
  const Index hidden = cell.hidden_size(), tiles = T::count(hidden);
  work.recorded = false;  // until the pass has ended
  h.reshape(hidden, layout);
  list_spans(layout, direction, work.spans);
  StatesAtEnds<Unit, S> states(layout, hidden, work);
  states.load_initial(initial);
  for (auto& state : work.carried) state.resize(tiles, record ? layout.columns() : layout.batch(), T::units);
  if (record) work.saved.resize(tiles, layout.columns(), Unit::saved * T::units);
  ForwardPass<Cell<Unit, S, I, H>>(cell, x.data(), h.data(), work, record).run();
  states.store_final(h.data(), direction, record, final);
  work.recorded = record;
}

/// All steps, beginning with the last: see BackwardPass. dx may be null. d_initial is written if run_forward was given
/// initial states.
template <class Unit, class S, int I, int H>
void run_backward(const Cell<Unit, S, I, H>& cell, const Sequence<S>& x, const Sequence<S>& h,
                  const Sequence<S>& dy, const StateRef<S>& d_final, Sequence<S>* dx,
                  Cell<Unit, S, I, H>& gradient, Workspace<Unit, S>& work, MatrixX<S>& d_initial) {
  const bool to_initial = work.h_initial.size() > 0;
  if (dx) dx->reshape(cell.input_size(), x.layout());
  StatesAtEnds<Unit, S> states(x.layout(), cell.hidden_size(), work);
  states.load_d_final(d_final);
  BackwardPass<Cell<Unit, S, I, H>>(cell, x.data(), h.data(), dy.data(), dx ? dx->data() : nullptr, gradient,
                                    work)
      .run(to_initial);
  if (to_initial) states.store_d_initial(d_initial);
}

/// One step of one sample: see Step. Models for audio often have 4, 8 or 16 units. To such small cells the loops over
/// units cost as much as the mathematics, so these sizes have steps of their own. They hold only the code that a small cell
/// needs, since each program that uses only the headers compiles them.
template <class Unit, class S, int I, int H, std::size_t N>
void run_step(const Cell<Unit, S, I, H>& cell, const S* x, const std::array<VectorX<S>, N>& previous,
              std::array<VectorX<S>, N>& next, S* room, bool turned) {
  using States = std::array<VectorX<S>, N>;
  const auto run_small = [&](auto units) RECUR_ALWAYS_INLINE {
    Step<Cell<Unit, S, I, H>, States, units>{cell, x, previous, next}.run_small();
  };
  if constexpr (H == Dynamic)
    if (cell.input_size() <= few_features) switch (cell.hidden_size()) {
        case 4:
          return run_small(std::integral_constant<Index, 4>{});
        case 8:
          return run_small(std::integral_constant<Index, 8>{});
        case 16:
          return run_small(std::integral_constant<Index, 16>{});
        default:
          break;
      }
  Step<Cell<Unit, S, I, H>, States>{cell, x, previous, next}.run(room, turned);
}

}  // namespace recur::inline RECUR_ABI::detail::kernel

// For the cells that most programs use, with sizes given at run time.
#define RECUR_COMPILED_PASSES_OF(how, Unit, S)                                                            \
  how template void run_forward(const Cell<Unit, S>&, Direction, const Sequence<S>&, const StateRef<S>&,  \
                                Sequence<S>&, MatrixX<S>&, Workspace<Unit, S>&, bool);                    \
  how template void run_backward(const Cell<Unit, S>&, const Sequence<S>&, const Sequence<S>&,            \
                                 const Sequence<S>&, const StateRef<S>&, Sequence<S>*, Cell<Unit, S>&,    \
                                 Workspace<Unit, S>&, MatrixX<S>&);                                       \
  how template void run_step(const Cell<Unit, S>&, const S*, const std::array<VectorX<S>, Unit::states>&, \
                             std::array<VectorX<S>, Unit::states>&, S*, bool);
#define RECUR_COMPILED_PASSES(how, S)               \
  RECUR_COMPILED_PASSES_OF(how, ElmanUnit<Tanh>, S) \
  RECUR_COMPILED_PASSES_OF(how, ElmanUnit<Relu>, S) \
  RECUR_COMPILED_PASSES_OF(how, LstmUnit, S)        \
  RECUR_COMPILED_PASSES_OF(how, GruUnit, S)
// Other cells also use the products: cells with the same inputs to their sums, cells of fixed sizes, and
// MinGru.
#define RECUR_COMPILED_PRODUCTS(how, S)                                                           \
  how template void transpose(const S*, Index, Index, Index, S*, Index);                          \
  how template class ForwardProducts<Tile<1, S>, std::array{0}, std::array{0}>;                   \
  how template class ForwardProducts<Tile<2, S>, std::array{0, 1}, std::array<int, 0>{}>;         \
  how template class ForwardProducts<Tile<4, S>, std::array{0, 1, 2, 3}, std::array{0, 1, 2, 3}>; \
  how template class ForwardProducts<Tile<4, S>, std::array{1, 2, 0}, std::array{1, 2, 3}>;       \
  how template class BackwardProducts<Tile<1, S>, std::array{0}>;                                 \
  how template class BackwardProducts<Tile<2, S>, std::array{0, 1}>;                              \
  how template class BackwardProducts<Tile<4, S>, std::array{0, 1, 2, 3}>;                        \
  how template class BackwardProducts<Tile<4, S>, std::array{1, 2, 0}>;                           \
  how template class BackwardProducts<Tile<4, S>, std::array{1, 2, 3}>;
#if defined(RECUR_COMPILED)
namespace recur::inline RECUR_ABI::detail::kernel {
RECUR_COMPILED_PRODUCTS(extern, float)
RECUR_COMPILED_PRODUCTS(extern, double)
RECUR_COMPILED_PASSES(extern, float)
RECUR_COMPILED_PASSES(extern, double)
}  // namespace recur::inline RECUR_ABI::detail::kernel
#endif
