// The run log: a CSV file with a row of figures for each epoch. docs/run-log.md says what they are, and scripts/plot draws
// them.
#pragma once

#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <locale>
#include <ostream>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>

#include "recur/core/error.hpp"
#include "recur/core/file.hpp"
#include "recur/core/utf8.hpp"
#include "recur/train/report.hpp"

namespace recur::inline RECUR_ABI {

/// Writes a row of figures after each epoch:
///
///   fit(model, optimizer, examples, {.epochs = 20, .on_epoch = log_epochs("run.csv")});
///
/// The file begins when the first epoch ends, and what was in it is lost. If a training goes on in a later epoch, the
/// rows of the epochs before it stay. Numbers have eight digits; what does not apply is nan. The first call throws
/// FileError if the file can't be begun, for example since its folder is not there. If a later row can't be written, as
/// on a full disk, a line on the standard error stream says so, and the training goes on. The row is written as soon as
/// there is space again.
///
/// With ranks, callbacks run on each. Give log_epochs to rank 0 alone, since all would write into one file.
inline auto log_epochs(std::filesystem::path path) {
  return [path = std::move(path), rows = std::string(), is_begun = false](const EpochReport& epoch) mutable {
    const bool is_first = !std::exchange(is_begun, true), had_space = rows.empty();
    if (is_first) {
      std::string before, line;
      std::ifstream old(path);
      while (epoch.epoch > 1 && std::getline(old, line)) {
        int number = 0;
        const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
        const bool is_whole = !old.eof() && *end == ',';  // a run that was killed may have left half a row
        if (error == std::errc() && is_whole && number < epoch.epoch) before += line + '\n';
      }
      write_file(path, [&](std::ostream& log) {
        log << "epoch,rate,training_loss,validation_loss,metric,mean_norm,max_norm,clipped,steps,skipped,"
               "seconds,samples_per_second,best\n"
            << before;
      });
    }
    std::ostringstream row;
    row.imbue(std::locale::classic());  // a program may have a locale that writes 0,5
    row.precision(8);
    row << epoch.epoch << ',' << epoch.rate << ',' << epoch.training_loss << ',' << epoch.validation_loss
        << ',' << epoch.metric << ',' << epoch.mean_norm << ',' << epoch.max_norm << ',' << epoch.clipped
        << ',' << epoch.steps << ',' << epoch.skipped << ',' << epoch.seconds << ','
        << epoch.samples_per_second << ',' << epoch.best << '\n';
    rows += row.str();

    std::error_code ignored;
    const auto size = std::filesystem::file_size(path, ignored);
    std::ofstream log(path, std::ios::app);
    if (log << rows << std::flush) {
      rows.clear();
      return true;
    }
    log.close();
    if (size != static_cast<std::uintmax_t>(-1))
      std::filesystem::resize_file(path, size, ignored);  // no half row
    detail::require_file(!is_first, path, "can't be written");
    if (had_space)
      std::cerr << detail::message(detail::printable(detail::in_utf8(path)),
                                   ": can't be written: the training goes on")
                << std::endl;
    return true;
  };
}

}  // namespace recur::inline RECUR_ABI
