#include "recur/train/interrupt.hpp"

#include "catch.hpp"
#if __has_include(<sys/wait.h>)
#include <sys/wait.h>
#include <unistd.h>
#endif

namespace recur::testing {
namespace {

volatile std::sig_atomic_t seen = 0;
void count(int) { seen = seen + 1; }

TEST_CASE("The first Ctrl-C is a request, and afterwards the handler from before is back") {
  const auto before = std::signal(SIGINT, count);
  seen = 0;
  {
    const Interrupt interrupt;
    CHECK(!interrupt.requested());
    std::raise(SIGINT);
    CHECK(interrupt.requested());
    CHECK(seen == 0);
  }
  std::raise(SIGINT);
  CHECK(seen == 1);
  CHECK(!Interrupt().requested());  // a new watcher knows nothing of old requests
  std::signal(SIGINT, before);
}

TEST_CASE("Watchers share one request, and only the last to end brings the handler back") {
  const auto before = std::signal(SIGINT, count);
  seen = 0;
  {
    const Interrupt outer;
    { const Interrupt inner; }
    std::raise(SIGINT);
    CHECK(outer.requested());
    CHECK(Interrupt().requested());
    CHECK(outer.requested());
  }
  CHECK(seen == 0);
  std::raise(SIGINT);
  CHECK(seen == 1);
  std::signal(SIGINT, before);
}

TEST_CASE("Where Ctrl-C was ignored, it stays ignored") {
  const auto before = std::signal(SIGINT, SIG_IGN);
  {
    const Interrupt interrupt;
    std::raise(SIGINT);
    std::raise(SIGINT);
    CHECK(!interrupt.requested());
  }
  CHECK(std::signal(SIGINT, before) == SIG_IGN);
}

#if __has_include(<sys/wait.h>)
TEST_CASE("The second Ctrl-C ends the program") {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const Interrupt interrupt;
    std::raise(SIGINT);
    if (!interrupt.requested()) _exit(1);
    std::raise(SIGINT);
    _exit(2);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGINT);
}
#endif

}  // namespace
}  // namespace recur::testing
