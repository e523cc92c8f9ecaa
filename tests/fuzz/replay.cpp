// Stands in for libFuzzer where that is not at hand: runs a fuzzer on the files of its corpus, on the beginnings of each, and
// on copies with some bytes changed. The changes are the same each time.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int count, char** folders) {
  constexpr int beginnings = 40, copies = 200;
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < count; ++i)
    for (const auto& entry : std::filesystem::directory_iterator(folders[i])) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  if (files.empty()) {
    std::fprintf(stderr, "replay: there are no files\n");
    return 1;
  }
  std::minstd_rand random(1);
  for (const auto& path : files) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> read{std::istreambuf_iterator<char>(file), {}};
    const std::vector<std::uint8_t> bytes(read.begin(), read.end());
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    for (std::size_t k = 0; k < beginnings; ++k)
      LLVMFuzzerTestOneInput(bytes.data(), bytes.size() * k / beginnings);
    for (int k = 0; k < copies && !bytes.empty(); ++k) {
      auto copy = bytes;
      for (unsigned changes = 1 + random() % 3; changes > 0; --changes)
        copy[random() % copy.size()] = static_cast<std::uint8_t>(random());
      LLVMFuzzerTestOneInput(copy.data(), copy.size());
    }
  }
  std::printf("%zu files, each with %d beginnings and %d changed copies\n", files.size(), beginnings, copies);
}
