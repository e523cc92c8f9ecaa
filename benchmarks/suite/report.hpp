// What was measured: the table on the screen, the file that others read, the picture.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

#include "timer.hpp"

namespace bench {

/// One comparison. Numbers that don't apply are NaN.
struct Row {
  std::string name;        ///< what is special about the case, or nothing
  std::string cell, mode;  ///< mode: train, infer, stream, ragged, epoch
  Index batch = 1, steps = 1, input = 1, hidden = 1;
  int threads = 1;
  std::string peer;
  std::string build;  ///< of recur, where it is not the native one
  /// The ratio is peer's time over ours, for each unit of work where the two do different amounts (sizes that fit
  /// no packet, ragged against equal lengths), and the number of floats of `memory of the tape`.
  Timing timing;
  double gflops = 0, fraction_of_peak = 0;

  /// The same for the same case against the same peer, in every run.
  std::string label() const;
};

std::string headline();
std::string line(const Row& row);
/// By peer: the lowest ratio and the geometric mean.
void print_summary(std::ostream& out, const std::vector<Row>& rows);
/// What is slower than it was: a ratio that fell by more than a twentieth and by more than the spread of both
/// runs; where the peer is recur itself, only if our own time grew. Also names what was not measured again.
void print_slower(std::ostream& out, const std::vector<Row>& rows, const std::vector<Row>& before);

/// Throws std::runtime_error where the file is no report.
std::vector<Row> read_report(const std::filesystem::path& path);
void write_report(const std::filesystem::path& path, const std::vector<Row>& rows);
/// Through gnuplot; without it, says so.
void draw_report(std::ostream& out, const std::filesystem::path& picture, const std::vector<Row>& rows);

}  // namespace bench
