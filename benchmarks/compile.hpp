// The processor time and memory that g++ needs to compile small programs, divided by those for a file with
// one Eigen product.
#pragma once

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

namespace compile {

namespace fs = std::filesystem;

/// The cost of a compiler and the processes that it starts.
struct Cost {
  double seconds = 0;    ///< of processor time
  double megabytes = 0;  ///< the most that one of the processes used
};

/// Compiles a file as a user would, without ccache.
inline Cost compile(const fs::path& source, const std::string& flags) {
  const fs::path folder = "build/figures/compile";
  fs::create_directories(folder);
  const std::string command =
      "CCACHE_DISABLE=1 exec g++ -std=c++20 -O2 -isystem /usr/include/eigen3 -Iinclude " + flags + " -c " +
      source.string() + " -o " + (folder / "object.o").string();
  const pid_t child = fork();
  if (child == 0) {
    execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    _exit(127);
  }
  int status = 0;
  rusage used{};
  if (child < 0 || wait4(child, &status, 0, &used) != child || status != 0)
    throw std::runtime_error("failed: " + command);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return {seconds(used.ru_utime) + seconds(used.ru_stime), static_cast<double>(used.ru_maxrss) / 1024};
}

inline double median(std::vector<double> numbers) {
  const auto middle = numbers.begin() + static_cast<std::ptrdiff_t>(numbers.size() / 2);
  std::ranges::nth_element(numbers, middle);
  return *middle;
}

/// The cost of one file divided by that of another; the two are compiled in turns. Writes what it measured to
/// the standard error stream.
inline Cost over(const fs::path& ours, const std::string& flags, const fs::path& theirs,
                 const std::string& their_flags = "") {
  constexpr int turns = 5;
  std::vector<double> seconds, megabytes, our_seconds, their_seconds;
  for (int turn = 0; turn < turns; ++turn) {
    const Cost a = compile(ours, flags), b = compile(theirs, their_flags);
    seconds.push_back(a.seconds / b.seconds);
    megabytes.push_back(a.megabytes / b.megabytes);
    our_seconds.push_back(a.seconds);
    their_seconds.push_back(b.seconds);
  }
  std::cerr << "g++ -O2 " << flags << (flags.empty() ? "" : " ") << ours.filename().string() << " over "
            << theirs.filename().string() << ", medians of " << turns << " turns: processor time "
            << median(our_seconds) << " s over " << median(their_seconds) << " s, " << median(seconds)
            << "; memory " << median(megabytes) << '\n';
  return {median(seconds), median(megabytes)};
}

inline const fs::path programs = "benchmarks/compile";

/// The first program of the README, divided by the product.
inline Cost readme(const std::string& flags) {
  const fs::path folder = "build/figures/compile";
  fs::create_directories(folder);
  std::ifstream text("README.md");
  std::ofstream program(folder / "readme.cpp");
  std::string line;
  while (std::getline(text, line) && line != "```cpp") {
  }
  while (std::getline(text, line) && line != "```") program << line << '\n';
  program.close();
  return over(folder / "readme.cpp", flags, programs / "product.cpp");
}
/// With headers only. Measured once, for two figures.
inline const Cost& readme() {
  static const Cost cost = readme("");
  return cost;
}
/// With recur::compiled.
inline double compiled() { return readme("-DRECUR_COMPILED").seconds; }
inline double stream() { return over(programs / "stream.cpp", "", programs / "product.cpp").seconds; }
/// A file with three architectures, divided by a file with one.
inline double three() { return over(programs / "three.cpp", "", programs / "one.cpp").seconds; }

}  // namespace compile
