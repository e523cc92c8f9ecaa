#include "recur/train/interrupt.hpp"

#include <utility>

#include "catch.hpp"
#if __has_include(<sys/wait.h>)
#include <sys/wait.h>
#include <unistd.h>
#endif
#ifdef _WIN32
#include <windows.h>
#endif

namespace recur::testing {
namespace interrupt_test {

volatile std::sig_atomic_t seen = 0;
void count(int) { seen = seen + 1; }

TEST_CASE("SIGTERM is a request like Ctrl-C, and the program can tell which one came", "[train][interrupt]") {
  for (const int number : {SIGTERM, SIGINT}) {
    const auto before = std::signal(number, count);
    seen = 0;
    {
      const Interrupt interrupt;
      CHECK(interrupt.signal() == 0);
      std::raise(number);
      CHECK(interrupt.requested());
      CHECK(interrupt.signal() == number);
      CHECK(seen == 0);
    }
    std::raise(number);
    CHECK(seen == 1);
    std::signal(number, before);
  }
}

TEST_CASE("The first Ctrl-C is a request, and the previous handler is restored afterwards",
          "[train][interrupt]") {
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

TEST_CASE("Watchers share one request, and the last one to end restores the handler", "[train][interrupt]") {
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

TEST_CASE("An ignored signal stays ignored", "[train][interrupt]") {
  for (const auto& [ignored, other] : {std::pair(SIGINT, SIGTERM), std::pair(SIGTERM, SIGINT)}) {
    const auto before = std::signal(ignored, SIG_IGN);
    {
      const Interrupt interrupt;
      std::raise(ignored);
      CHECK(!interrupt.requested());
      std::raise(other);
      CHECK(interrupt.signal() == other);
      std::raise(ignored);
    }
    CHECK(std::signal(ignored, before) == SIG_IGN);
  }
}

#ifdef _WIN32
TEST_CASE("Windows sends the Ctrl-C of a console", "[train][interrupt]") {
  const Interrupt interrupt;
  SetConsoleCtrlHandler(nullptr, FALSE);  // a shell may have turned it off
  if (!GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0)) {
    WARN("left out: there is no console");
    return;
  }
  for (int i = 0; i < 100 && !interrupt.requested(); ++i) Sleep(20);  // it comes on a thread of its own
  CHECK(interrupt.signal() == SIGINT);
}
#endif

#if __has_include(<sys/wait.h>)
TEST_CASE("The second request of any kind ends the program", "[train][interrupt]") {
  for (const int first : {SIGINT, SIGTERM})
    for (const int second : {SIGINT, SIGTERM}) {
      const pid_t child = fork();
      REQUIRE(child >= 0);
      if (child == 0) {
        const Interrupt interrupt;
        std::raise(first);
        if (!interrupt.requested()) _exit(1);
        std::raise(second);
        _exit(2);
      }
      int status = 0;
      REQUIRE(waitpid(child, &status, 0) == child);
      CHECK(WIFSIGNALED(status));
      CHECK(WTERMSIG(status) == second);
    }
}
#endif

}  // namespace interrupt_test
}  // namespace recur::testing
