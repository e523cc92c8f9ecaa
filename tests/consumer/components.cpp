// A program of somebody else's project that uses the optional parts which it links: each defines RECUR_HAS_...
#include <recur/core/error.hpp>

#if defined(RECUR_HAS_TORCH) != defined(RECUR_HAS_KERAS)
#error "torch and keras need the same library"
#endif
#ifdef RECUR_HAS_TORCH
#include <recur/exchange/zip_file.hpp>
#endif
#ifdef RECUR_HAS_ONNX
#include <recur/exchange/onnx/file.hpp>
#endif
#ifdef RECUR_HAS_MPI
#include <recur/train/mpi.hpp>
#endif

namespace {

/// Whether a reader says that there is no such file.
template <class Reader>
bool reads() {
  try {
    const Reader reader{std::filesystem::path("no such file")};
    return false;
  } catch (const recur::FileError&) {
    return true;
  }
}

}  // namespace

int main() {
  bool all = true;
#ifdef RECUR_HAS_TORCH
  all = all && reads<recur::detail::exchange::ZipFile>();
#endif
#ifdef RECUR_HAS_ONNX
  all = all && reads<recur::detail::onnx::File>();
#endif
#ifdef RECUR_HAS_MPI
  int begun = 0;
  all = all && MPI_Initialized(&begun) == MPI_SUCCESS && begun == 0 && !recur::Mpi::is_started();
#endif
  return all ? 0 : 1;
}
