// The results: the table on the screen, the file for other programs, the picture.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

#include "timer.hpp"

namespace bench {

/// One comparison. Numbers that don't apply are NaN.
struct Row {
  std::string name;        ///< what is special about the case; may be empty
  std::string cell, mode;  ///< mode: train, infer, stream, ragged, epoch
  Index batch = 1, steps = 1, input = 1, hidden = 1;
  int threads = 1;
  std::string peer;
  std::string build;  ///< of recur, if it is not the native one
  /// The ratio is the peer's time over ours. If the two sides do different amounts of work (sizes that do not
  /// fill a pack, ragged against equal lengths), it is that for one unit of work. For `memory of the tape` it
  /// is the number of floats.
  Timing timing;
  double gflops = 0, fraction_of_peak = 0;

  /// The same text for the same case against the same peer, in every run.
  std::string label() const;
};

std::string headline();
std::string line(const Row& row);
/// For each peer: the lowest ratio and the geometric mean.
void print_summary(std::ostream& out, const std::vector<Row>& rows);
/// Prints what is slower than before: a ratio that fell by more than a twentieth and by more than the spread
/// of both runs. If the peer is recur itself, our own time must also have grown. If `all` cases were to be
/// measured, it also names those that were not measured again.
void print_slower(std::ostream& out, const std::vector<Row>& rows, const std::vector<Row>& before,
                  bool all = true);

/// Throws std::runtime_error if the file is not a report.
std::vector<Row> read_report(const std::filesystem::path& path);
void write_report(const std::filesystem::path& path, const std::vector<Row>& rows);
/// Draws with gnuplot; without it, says so.
void draw_report(std::ostream& out, const std::filesystem::path& picture, const std::vector<Row>& rows);

}  // namespace bench
