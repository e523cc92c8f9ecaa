// How much faster two ranks of MPI train than one. The program `ranks` measures each.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "absent.hpp"
#include "threads.hpp"

namespace two_ranks {

/// Milliseconds that a step takes on so many ranks, as `ranks` prints them.
inline double milliseconds(int ranks) {
  const std::string program = "build/figures/bin/ranks", log = "build/figures/ranks.log";
  if (!std::filesystem::exists(program)) throw Absent("no " + program + ": it needs MPI");
  if (std::system("command -v mpirun >/dev/null") != 0) throw Absent("no mpirun");
  // Open MPI refuses to run as root, as in a container, or with fewer processors than ranks, unless it is told to.
  const std::string command =
      "OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 "
      "mpirun -n " +
      std::to_string(ranks) + ' ' + program + " >" + log + " 2>&1";
  std::ifstream printed;
  double ms = 0;
  if (std::system(command.c_str()) == 0) printed.open(log);
  for (std::string word; printed >> word;)
    if (word == "ranks:" && printed >> ms) return ms;
  throw std::runtime_error("mpirun failed: see " + log);
}

/// The median of three pairs in turns.
inline double speedup() {
  return threads::second_over_first(
      3, [] { return milliseconds(2); }, [] { return milliseconds(1); });
}

}  // namespace two_ranks
