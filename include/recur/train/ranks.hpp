// Several programs train one model together, often on several machines. Each is a rank, with a copy of the model.
//
// All ranks read the same examples, and draw the same batches, since they have the same seed. Each rank computes loss
// and gradient for its share of a batch. The ranks add their gradients, so all of them make the same update, and their
// weights stay equal bit by bit. N ranks with T threads share a batch as N·T threads of one program do.
//
// recur/train/mpi.hpp connects ranks by MPI.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "recur/core/compiled.hpp"
#include "recur/core/error.hpp"
#include "recur/core/parameters.hpp"

namespace recur::inline RECUR_ABI {

/// The programs that train together, as one of them sees them. Each function is called on all ranks, in the same
/// order. It returns after all have called it.
class Ranks {
 public:
  virtual ~Ranks() = default;

  virtual int rank() const = 0;  ///< of this program, from 0
  virtual int size() const = 0;  ///< how many there are

  /// Replaces each number by its sum over all ranks. The spans of all ranks are equally long, and all ranks get the
  /// same bits.
  virtual void sum(std::span<float> numbers) = 0;
  virtual void sum(std::span<double> numbers) = 0;

  /// The numbers of all ranks, in the order of the ranks. Each rank may give another count of them.
  virtual std::vector<Index> gather(std::span<const Index> numbers) = 0;
};

namespace detail::ranks {

/// The sum of a number over all ranks. Without ranks it is the number.
inline double sum(Ranks* all, double number) {
  if (all) all->sum(std::span(&number, 1));
  return number;
}

/// Whether a thing holds on any rank.
inline bool any(Ranks* all, bool here) { return all ? sum(all, here ? 1 : 0) > 0 : here; }

/// The number of rank 0. Ranks that decide by it decide the same.
inline double of_first(Ranks* all, double number) {
  return all ? sum(all, all->rank() == 0 ? number : 0) : number;
}

inline int rank(const Ranks* all) { return all ? all->rank() : 0; }
inline int size(const Ranks* all) { return all ? all->size() : 1; }

/// The examples of this program: as many as those of any other rank, or one more.
template <class Example>
std::span<const Example> share(const Ranks* all, std::span<const Example> examples) {
  const auto r = static_cast<std::size_t>(rank(all)), of = static_cast<std::size_t>(size(all));
  const std::size_t first = examples.size() * r / of;
  return examples.subspan(first, examples.size() * (r + 1) / of - first);
}

/// Throws std::invalid_argument, on all ranks, unless a number is the same on all of them.
RECUR_COLD RECUR_INLINE void check_same(Ranks* all, Index number, const char* what, const char* advice);
#if RECUR_DEFINES
RECUR_INLINE void check_same(Ranks* all, Index number, const char* what, const char* advice) {
  if (!all) return;
  const std::vector<Index> numbers = all->gather({&number, 1});
  const auto other = std::find_if(numbers.begin(), numbers.end(), [&](Index n) { return n != numbers[0]; });
  require(other == numbers.end(), "rank ", other - numbers.begin(), " of ", numbers.size(), " has ", what,
          " than rank 0: ", advice);
}
#endif

/// A number that follows from all bits of these numbers (FNV-1a, of words of 32 bits), and from that of the numbers before
/// them, `hash`.
template <class S>
std::uint64_t digest(const S* numbers, Index count, std::uint64_t hash = 0xcbf29ce484222325) {
  for (Index i = 0; i < count; ++i) {
    std::uint32_t words[sizeof(S) / 4];
    std::memcpy(words, numbers + i, sizeof(S));
    for (const std::uint32_t word : words) hash = (hash ^ word) * 0x100000001b3;
  }
  return hash;
}
/// The same of all parameters.
template <class S>
Index digest(const Parameters<S>& model) {
  std::uint64_t hash = digest<S>(nullptr, 0);
  for (const auto& p : model) hash = digest(p.data, p.size(), hash);
  return static_cast<Index>(hash);
}

template <class S>
void check_same_weights(Ranks* all, const Parameters<S>& model) {
  if (!all) return;
  check_same(all, digest(model), "other weights",
             "initialize the model of each rank with the same seed, or load the same file");
}

/// A matrix of which each rank has some columns, with zeros in the others. A rank without any may also have fewer rows,
/// or no matrix at all, since it does not know how many rows there are.
template <class S>
void join_columns(Ranks& all, MatrixX<S>& matrix, Index columns) {
  const Index mine = matrix.rows();
  const std::vector<Index> all_rows = all.gather({&mine, 1});
  const Index rows = *std::max_element(all_rows.begin(), all_rows.end());
  if (mine < rows) matrix.setZero(rows, columns);
  all.sum(std::span(matrix.data(), static_cast<std::size_t>(matrix.size())));
}

/// Replaces a gradient by its sum over all ranks. `buffer` is kept from step to step, so that it is allocated once.
///
/// For a table, only the rows that some rank has touched are sent. Afterwards all ranks have touched the same rows, in the
/// same order: it is the order in which their norm is summed.
template <class S>
void sum_gradient(Ranks& all, const Parameters<S>& gradient, std::vector<S>& buffer) {
  std::size_t count = 0;
  for (const auto& p : gradient) {
    if (p.table) {
      for (const Index row : all.gather(p.table->touched())) p.table->touch(row);
      p.table->sort_touched();
    }
    for_each_run(p, [&](S*, Index n) { count += static_cast<std::size_t>(n); });
  }
  buffer.resize(count);
  S* at = buffer.data();
  for (const auto& p : gradient)
    for_each_run(p, [&](const S* from, Index n) { at = std::copy_n(from, n, at); });
  all.sum(std::span(buffer));
  const S* from = buffer.data();
  for (const auto& p : gradient)
    for_each_run(p, [&](S* to, Index n) {
      std::copy_n(from, n, to);
      from += n;
    });
}

}  // namespace detail::ranks

}  // namespace recur::inline RECUR_ABI
