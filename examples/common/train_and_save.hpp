// Training that ends with a file, also if it fails.
#pragma once

#include <exception>
#include <iostream>
#include <recur/core/utf8.hpp>
#include <recur/train/interrupt.hpp>
#include <recur/train/report.hpp>
#include <string>
#include <utility>

namespace examples {

/// Calls train(options), which calls `fit` with them, and then save(). Without a path it does not save.
/// Until it is saved, Ctrl-C does not end the program: only a second one does.
///
/// If an exception ends the training, the model has the weights of its best epoch. If there was one, also before the training
/// was resumed, they are saved too, since hours of work may be in them. Then the exception goes on.
template <class Options, class Train, class Save>
recur::FitReport train_and_save(Options options, const std::string& path, Train train, Save save) {
  const recur::Interrupt until_saved;  // Ctrl-C between the end of the training and that of the file
  int best = 0;                        // none yet
  const auto watch = [&best](const recur::EpochReport& epoch) {
    if (epoch.best) best = epoch.epoch;
  };
  options.on_epoch = [watch, then = std::move(options.on_epoch)](const recur::EpochReport& epoch) {
    watch(epoch);
    return !then || then(epoch);
  };
  recur::Index earlier = -1;  // steps before it was resumed
  options.checkpoint.on_resume = [watch, &earlier](const recur::FitReport& before) {
    earlier = before.steps;
    for (const auto& epoch : before.epochs) watch(epoch);
  };
  recur::FitReport report;
  try {
    report = train(std::as_const(options));
  } catch (...) {
    if (best > 0 && !path.empty()) try {
        save();
        std::cout << "Saved to " << recur::detail::printable(path) << ": the weights of epoch " << best
                  << ", the best before the error that follows.\n"
                  << std::flush;
      } catch (const std::exception& error) {
        std::cerr << "the weights of the best epoch could not be saved: " << error.what() << "\n";
      }
    throw;
  }
  if (report.steps == earlier && report.stopped == recur::Stopped::at_the_end)
    std::cout << "This run was complete, so nothing was trained: give more --epochs to go on with it.\n";
  if (!path.empty()) save();
  return report;
}

}  // namespace examples
