#include "recur/exchange/keras/file.hpp"

#include <filesystem>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "allocations.hpp"
#include "catch.hpp"
#include "recur/core/file.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace keras_file_test {

using Catch::Matchers::ContainsSubstring;
using detail::exchange::KerasFile;

std::string bytes_of(const char* name) {
  return detail::read_file(std::filesystem::path(RECUR_GOLDEN_DIR) / "keras" / name);
}
std::string refused(const std::string& bytes) {
  return refusal<FileError>([&] { KerasFile(bytes, "x.keras"); });
}
std::string archive(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::ostringstream out;
  detail::exchange::write_zip(out, entries);
  return out.str();
}

TEST_CASE("A file of Keras has a version, an architecture and weights by name", "[exchange][keras_file]") {
  KerasFile second(bytes_of("k2_chain.h5"), "x.h5");
  CHECK(second.version() == 2);
  CHECK(second.config()["class_name"].text() == "Sequential");
  CHECK(second.weights("SimpleRNN", "simple_rnn_1").size() == 3);
  CHECK(second.weights("SimpleRNN", "none").empty());
  KerasFile third(bytes_of("k3_text.keras"), "x.keras");
  CHECK(third.version() == 3);
  CHECK(third.weights("GRU", "gru").size() == 3);
}

TEST_CASE("A file of Keras that is cut off or empty says so", "[exchange][keras_file]") {
  CHECK_THAT(refused(""), ContainsSubstring("x.keras: is empty: it should be a model of Keras"));
  const std::string old = bytes_of("k2_chain.h5"), now = bytes_of("k3_text.keras");
  for (const std::size_t parts : {1U, 2U, 3U}) {
    const std::size_t size = old.size() * parts / 4;
    CHECK_THAT(refused(old.substr(0, size)),
               ContainsSubstring("it seems cut off at byte " + std::to_string(size)));
    CHECK_THAT(refused(now.substr(0, now.size() * parts / 4)),
               ContainsSubstring("a zip archive that seems cut off"));
  }
  CHECK_THAT(
      refused(archive({{"config.json", "{\"a\": ["}, {"metadata.json", "{}"}})),
      ContainsSubstring("x.keras: its config.json is not JSON to its end: it seems cut off at byte 7"));
  CHECK_THAT(refused(archive({{"config.json", "{}"}, {"metadata.json", ""}})),
             ContainsSubstring("its metadata.json is empty"));
}

TEST_CASE("A file of Keras takes at most ten times its size in memory", "[exchange][keras_file]") {
  if (!CountAllocations::works) return;
  for (const std::string part : {"0,", "[],", "\"\","}) {
    std::string list = "[0";
    while (list.size() < 300000) list += ',' + part.substr(0, part.size() - 1);
    const std::string bytes = archive({{"config.json", list + ']'}, {"metadata.json", "{}"}});
    const CountAllocations allocations;
    CHECK_FALSE(refused(bytes) == "nothing was refused");
    CHECK(static_cast<double>(allocations.peak()) < 10.0 * static_cast<double>(bytes.size()));
  }
}

}  // namespace keras_file_test
}  // namespace recur::testing
