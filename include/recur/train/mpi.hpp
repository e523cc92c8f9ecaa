// Training on several processors or machines, by MPI. Link recur::mpi.
//
//   Mpi mpi(argc, argv);                                      // first in main
//   fit(model, optimizer, training, validation, {.ranks = &mpi});
//
// `mpirun -n 8 program` starts eight ranks (recur/train/ranks.hpp).
#pragma once

// Only the C interface. The C++ one was removed from MPI and would need another library.
#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <numeric>
#include <span>
#include <stdexcept>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/train/ranks.hpp"

namespace recur::inline RECUR_ABI {

/// The ranks that mpirun started. Make one at the beginning of main and keep it to its end.
///
/// If an exception destroys it, it ends the whole job, since the other ranks would wait for this one forever. If you catch the
/// exception within the life of this object, for example to print what it says, then call abort(code) or throw it again.
class Mpi final : public Ranks {
 public:
  /// Throws std::runtime_error if MPI can't start.
  Mpi(int& argc, char**& argv) : exceptions_(std::uncaught_exceptions()) {
    int provided = 0;
    if (MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS ||
        provided < MPI_THREAD_FUNNELED)
      throw std::runtime_error("MPI can't start with threads: it must support MPI_THREAD_FUNNELED");
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &size_);
  }
  Mpi(const Mpi&) = delete;
  Mpi& operator=(const Mpi&) = delete;
  ~Mpi() override {
    if (std::uncaught_exceptions() > exceptions_) MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
    MPI_Finalize();
  }

  /// Whether mpirun or another launcher of MPI has started this program.
  static bool is_started() {
    constexpr std::array names{"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_RANK", "MPI_LOCALNRANKS"};
    return std::ranges::any_of(names, [](const char* name) { return std::getenv(name) != nullptr; });
  }

  /// Ends all ranks at once, with this exit code.
  [[noreturn]] void abort(int code) {
    MPI_Abort(MPI_COMM_WORLD, code);
    std::abort();  // MPI_Abort returns in no implementation that we know
  }

  int rank() const override { return rank_; }
  int size() const override { return size_; }

  void sum(std::span<float> numbers) override { sum(numbers, MPI_FLOAT); }
  void sum(std::span<double> numbers) override { sum(numbers, MPI_DOUBLE); }

  std::vector<Index> gather(std::span<const Index> numbers) override {
    static_assert(sizeof(Index) == sizeof(long long));
    const int count = static_cast<int>(numbers.size());
    std::vector<int> counts(static_cast<std::size_t>(size_)), begins(counts.size());
    MPI_Allgather(&count, 1, MPI_INT, counts.data(), 1, MPI_INT, MPI_COMM_WORLD);
    std::exclusive_scan(counts.begin(), counts.end(), begins.begin(), 0);
    std::vector<Index> all(static_cast<std::size_t>(begins.back() + counts.back()));
    MPI_Allgatherv(numbers.data(), count, MPI_LONG_LONG, all.data(), counts.data(), begins.data(),
                   MPI_LONG_LONG, MPI_COMM_WORLD);
    return all;
  }

 private:
  /// In buckets, since MPI counts with int.
  template <class S>
  void sum(std::span<S> numbers, MPI_Datatype type) {
    constexpr std::size_t most = std::size_t{1} << 28;
    for (std::size_t first = 0; first < numbers.size(); first += most) {
      const auto bucket = numbers.subspan(first, std::min(most, numbers.size() - first));
      MPI_Allreduce(MPI_IN_PLACE, bucket.data(), static_cast<int>(bucket.size()), type, MPI_SUM,
                    MPI_COMM_WORLD);
    }
  }

  int exceptions_;
  int rank_ = 0, size_ = 1;
};

}  // namespace recur::inline RECUR_ABI
