// The bytes of a file without a copy.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#if defined(__unix__) || defined(__APPLE__)
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#endif

#include "recur/core/file.hpp"
#include "recur/core/temporary_file.hpp"

namespace recur::inline RECUR_ABI::detail {

/// The bytes of a file. Where the system can, they are the system's own (mmap), which takes half of the time of a
/// copy; elsewhere, and for a pipe, they are read. Throws what read_file throws.
///
/// The file must not become shorter while this lives: a system then ends the program. Files that are replaced under
/// their name, as write_file does it, stay whole.
class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& path) {
#if defined(__unix__) || defined(__APPLE__)
    std::error_code error;
    if (std::filesystem::is_regular_file(path, error)) {
#if defined(MAP_POPULATE)
      constexpr int flags = MAP_PRIVATE | MAP_POPULATE;
#else
      constexpr int flags = MAP_PRIVATE;
#endif
      const file::Descriptor opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
      struct stat is {};
      if (opened && ::fstat(*opened, &is) == 0 && S_ISREG(is.st_mode) && is.st_size > 0) {
        const auto size = static_cast<std::size_t>(is.st_size);
        void* const at = ::mmap(nullptr, size, PROT_READ, flags, *opened, 0);
        if (at != MAP_FAILED) {
          mapped_ = {static_cast<const char*>(at), size};
          return;
        }
      }
    }
#endif
    read_ = read_file(path);
  }
  ~MappedFile() {
#if defined(__unix__) || defined(__APPLE__)
    if (!mapped_.empty()) ::munmap(const_cast<char*>(mapped_.data()), mapped_.size());
#endif
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::string_view bytes() const { return mapped_.empty() ? std::string_view(read_) : mapped_; }

 private:
  std::string_view mapped_;
  std::string read_;
};

}  // namespace recur::inline RECUR_ABI::detail
