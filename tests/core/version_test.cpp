#include "recur/core/version.hpp"

#include <string_view>
#include <typeinfo>

#include "catch.hpp"
#include "recur/core/random.hpp"

namespace recur::testing {
namespace version_test {

static_assert(RECUR_VERSION == RECUR_VERSION_MAJOR * 10000 + RECUR_VERSION_MINOR * 100 + RECUR_VERSION_PATCH);
static_assert(RECUR_VERSION >= 100 && RECUR_VERSION_MINOR < 100 && RECUR_VERSION_PATCH < 100);

// The name after macros are replaced.
#define RECUR_TEXT_OF(name) #name
#define RECUR_TEXT(name) RECUR_TEXT_OF(name)

TEST_CASE("Types have their own names for each version and instruction set", "[core][version]") {
  const std::string_view space = RECUR_TEXT(RECUR_ABI), name = typeid(Random).name();
  CHECK(space.starts_with("v" RECUR_TEXT(RECUR_VERSION_MAJOR) "_" RECUR_TEXT(RECUR_VERSION_MINOR) "_"));
  CHECK(name.find(space) != name.npos);
#ifdef __AVX512F__
  CHECK(space.find("_avx512") != space.npos);
#endif
}

#undef RECUR_TEXT
#undef RECUR_TEXT_OF

}  // namespace version_test
}  // namespace recur::testing
