// The run log: a CSV file with a row of figures for each epoch. docs/run-log.md says what they are, and scripts/plot draws
// them.
#pragma once

#include <charconv>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <string>
#include <system_error>
#include <utility>

#include "recur/core/error.hpp"
#include "recur/core/file.hpp"
#include "recur/train/report.hpp"

namespace recur::inline RECUR_ABI {

/// Writes a row of figures after each epoch:
///
///   fit(model, optimizer, examples, {.epochs = 20, .on_epoch = log_epochs("run.csv")});
///
/// The first epoch begins the file, and what was in it is lost. If a training goes on in a later epoch, the rows of the
/// epochs before it stay. Numbers have eight digits; what does not apply is nan. Throws FileError if the file can't be
/// written.
inline auto log_epochs(std::filesystem::path path) {
  return [path = std::move(path), is_begun = false](const EpochReport& epoch) mutable {
    if (!std::exchange(is_begun, true)) {
      std::string rows, line;
      std::ifstream before(path);
      while (epoch.epoch > 1 && std::getline(before, line)) {
        int number = 0;
        const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
        if (error == std::errc() && number < epoch.epoch) rows += line + '\n';
      }
      write_file(path, [&](std::ostream& log) {
        log << "epoch,rate,training_loss,validation_loss,metric,mean_norm,max_norm,clipped,steps,skipped,"
               "seconds,samples_per_second,best\n"
            << rows;
      });
    }
    std::ofstream log(path, std::ios::app);
    log.precision(8);
    log << epoch.epoch << ',' << epoch.rate << ',' << epoch.training_loss << ',' << epoch.validation_loss
        << ',' << epoch.metric << ',' << epoch.mean_norm << ',' << epoch.max_norm << ',' << epoch.clipped
        << ',' << epoch.steps << ',' << epoch.skipped << ',' << epoch.seconds << ','
        << epoch.samples_per_second << ',' << epoch.best << std::endl;
    detail::require_file(log.good(), path, "can't be written");
    return true;
  };
}

}  // namespace recur::inline RECUR_ABI
