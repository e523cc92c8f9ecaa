// Two files of one program are compiled with different flags, and both are right.
#include <cstdio>

#include "half.hpp"

namespace {

int wrong = 0;
void check(bool right, const char* what) {
  if (right) return;
  std::printf("wrong: %s\n", what);
  wrong = 1;
}
void check(const Half& half, const char* name) {
  std::printf("%s: %d lanes, errors %.1e and %.1e, loss %.1e\n", name, half.lanes, half.error,
              half.step_error, half.loss);
  check(half.error < 1e-5, "outputs of a batch");
  check(half.step_error < 1e-5, "outputs of a stream");
  check(half.loss < 0.1, "the loss after training");
}

}  // namespace

int main() {
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) {
    std::puts("skipped: this processor has no AVX2");
    return 77;
  }
  const Half narrow = plain(), broad = wide();
  check(narrow, "plain");
  check(broad, "wide");
  check(narrow.lanes == 4 && broad.lanes == 8, "the lanes of the flags");
  check(narrow.address != broad.address, "a function of its own for each");
  return wrong;
}
