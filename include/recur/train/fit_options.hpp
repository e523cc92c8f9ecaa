// The options of `fit`, and the templates that they take the addresses of.
#pragma once

#include "recur/core/compiled.hpp"
#include "recur/train/fit_run.hpp"
#include "recur/train/fit_settings.hpp"
#if RECUR_DEFINES
#include "recur/train/keep_checkpoints.hpp"
#include "recur/train/progress_display.hpp"
#endif

#if defined(RECUR_COMPILING)
namespace recur::inline RECUR_ABI::detail::fitting {
template std::unique_ptr<Keeper> keep_checkpoints<>(CheckpointStore&, Run&);
template std::unique_ptr<Display> display_on_terminal<>(const Run&);
}  // namespace recur::inline RECUR_ABI::detail::fitting
#endif
