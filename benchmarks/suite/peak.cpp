// Measures how many multiplications and additions the processor does in a second at best.
#include "peak.hpp"

#include <algorithm>
#include <chrono>

#include "recur/core/simd.hpp"

namespace bench {

namespace {

using Pack = recur::Pack<float>;
constexpr int chains = 10;  // enough to hide the latency of two FMAs in each cycle
constexpr double flops_of_round = 2.0 * chains * Pack::size;

float multiply(long rounds) {
  Pack sums[chains];
  recur::detail::unroll<chains>([&](auto i) { sums[i] = Pack(1.0F + static_cast<float>(i)); });
  float start = 0.5F;
  asm volatile("" : "+m"(start));  // the compiler then can't know its value
  const Pack half(start);
  for (long n = 0; n < rounds; ++n)
    recur::detail::unroll<chains>([&](auto i) RECUR_ALWAYS_INLINE { sums[i] = fma(sums[i], half, half); });
  float lanes[Pack::size], total = 0;
  recur::detail::unroll<chains>([&](auto i) {
    sums[i].store(lanes);
    total += lanes[0];
  });
  asm volatile("" : "+m"(total));  // nor that nobody uses the result
  return total;
}

class Peak : public Side {
 public:
  explicit Peak(double flops) : rounds_(std::max(1L, static_cast<long>(flops / flops_of_round))) {}
  void run() override { total_ = multiply(rounds_); }
  Values values() const override { return {Matrix::Constant(1, 1, total_), {}, {}}; }

 private:
  long rounds_;
  float total_ = 0;
};

}  // namespace

double measure_peak() {
  using Clock = std::chrono::steady_clock;
  constexpr double flops = 2e8;  // a few milliseconds, so some runs are undisturbed
  Peak peak(flops);
  double best = 0;
  for (const auto begin = Clock::now(); Clock::now() - begin < std::chrono::seconds(1);) {
    const auto before = Clock::now();
    peak.run();
    best = std::max(best, flops / std::chrono::duration<double>(Clock::now() - before).count());
  }
  return best / 1e9;
}

std::unique_ptr<Side> make_peak(double flops) { return std::make_unique<Peak>(flops); }

}  // namespace bench
