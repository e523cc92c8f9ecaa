// The options of `fit`, and the templates that they take the addresses of.
#pragma once

#include "recur/train/fit_run.hpp"
#include "recur/train/fit_settings.hpp"
#include "recur/train/keep_checkpoints.hpp"
#include "recur/train/progress_display.hpp"

#define RECUR_COMPILED_FIT_OPTIONS(how)                                                          \
  how template std::unique_ptr<detail::fitting::Keeper> detail::fitting::keep_checkpoints<>(     \
      CheckpointStore&, detail::fitting::Run&);                                                  \
  how template std::unique_ptr<detail::fitting::Display> detail::fitting::display_on_terminal<>( \
      const detail::fitting::Run&);
#if defined(RECUR_COMPILED)
namespace recur::inline RECUR_ABI {
RECUR_COMPILED_FIT_OPTIONS(extern)
}  // namespace recur::inline RECUR_ABI
#endif
