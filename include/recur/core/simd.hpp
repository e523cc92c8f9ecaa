// The one file that knows packets: the numbers of several hidden units in one register.
//
// The mathematics of a cell is written over a type T: a scalar in a proof, a Pack in every kernel.
// Both have + - * /, fma(a, b, c) = a·b + c, and tanh, sigmoid, exp, max, min, where_positive. A Pack is one
// of Eigen's packets; without vector instructions its only lane is the scalar itself.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <type_traits>

#include "recur/core/matrix.hpp"

// GCC warns that the alignment of a packet is no part of its type as a template argument. Nothing here relies
// on it: packets are loaded and stored unaligned.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wignored-attributes"
#endif

namespace recur {

namespace simd_detail {
namespace ei = Eigen::internal;

/// Widest packet of S with at most Lanes lanes: Packet itself, one of its halves, or the scalar.
template <class S, int Lanes, class Packet>
struct Widest {
  using Half = typename ei::unpacket_traits<Packet>::half;
  using Smaller =
      std::conditional_t<std::is_same_v<Half, Packet>, std::type_identity<S>, Widest<S, Lanes, Half>>;
  using type = typename std::conditional_t<(ei::unpacket_traits<Packet>::size <= Lanes),
                                           std::type_identity<Packet>, Smaller>::type;
};
}  // namespace simd_detail

/// Lanes of the widest register: 16 floats with AVX-512, 8 with AVX, 4 with SSE or NEON, else 1.
template <class S>
inline constexpr int max_lanes =
    Eigen::internal::unpacket_traits<typename Eigen::internal::packet_traits<S>::type>::size;

/// Vector registers that a kernel may fill.
inline constexpr int vector_registers = EIGEN_ARCH_DEFAULT_NUMBER_OF_REGISTERS;

/// At most Lanes numbers that are computed on at once.
template <class S, int Lanes = max_lanes<S>>
struct Pack {
  using Raw = typename simd_detail::Widest<S, Lanes, typename Eigen::internal::packet_traits<S>::type>::type;
  static constexpr int size = Eigen::internal::unpacket_traits<Raw>::size;

  Raw raw;

  Pack() = default;
  Pack(S value) : raw(Eigen::internal::pset1<Raw>(value)) {}  // implicit, so that 1 - x reads like 1 - x
  static Pack of(Raw raw) {
    Pack p;
    p.raw = raw;
    return p;
  }

  static Pack load(const S* from) { return of(Eigen::internal::ploadu<Raw>(from)); }
  void store(S* to) const { Eigen::internal::pstoreu(to, raw); }

  /// The first `count` lanes; the others are zero. Lanes that are left out are neither read nor written.
  static Pack load(const S* from, Index count) {
    if (count >= size) [[likely]]
      return load(from);
    alignas(64) S lanes[size] = {};
    std::copy_n(from, count, lanes);
    return load(lanes);
  }
  void store(S* to, Index count) const {
    if (count >= size) [[likely]]
      return store(to);
    alignas(64) S lanes[size];
    store(lanes);
    std::copy_n(lanes, count, to);
  }

  friend Pack operator+(Pack a, Pack b) { return of(Eigen::internal::padd(a.raw, b.raw)); }
  friend Pack operator-(Pack a, Pack b) { return of(Eigen::internal::psub(a.raw, b.raw)); }
  friend Pack operator*(Pack a, Pack b) { return of(Eigen::internal::pmul(a.raw, b.raw)); }
  friend Pack operator/(Pack a, Pack b) { return of(Eigen::internal::pdiv(a.raw, b.raw)); }
  friend Pack operator-(Pack a) { return of(Eigen::internal::pnegate(a.raw)); }
  friend Pack fma(Pack a, Pack b, Pack c) { return of(Eigen::internal::pmadd(a.raw, b.raw, c.raw)); }
  friend Pack max(Pack a, Pack b) { return of(Eigen::internal::pmax(a.raw, b.raw)); }
  friend Pack min(Pack a, Pack b) { return of(Eigen::internal::pmin(a.raw, b.raw)); }
  friend Pack abs(Pack a) { return of(Eigen::internal::pabs(a.raw)); }
  friend Pack exp(Pack a) { return of(Eigen::internal::pexp(a.raw)); }
  /// x > 0 ? yes : no, lane by lane; NaN counts as not positive.
  friend Pack where_positive(Pack x, Pack yes, Pack no) {
    return of(Eigen::internal::pselect(Eigen::internal::pcmp_lt(Pack(S(0)).raw, x.raw), yes.raw, no.raw));
  }
  /// Sum of all lanes.
  friend S sum(Pack a) { return Eigen::internal::predux(a.raw); }

  friend Pack tanh(Pack x) {
    if constexpr (std::same_as<S, float>) {
      return of(Eigen::internal::ptanh(x.raw));
    } else {  // Eigen has no packet of tanh for double
      alignas(64) std::array<S, size> lanes;
      x.store(lanes.data());
      for (S& lane : lanes) lane = std::tanh(lane);
      return load(lanes.data());
    }
  }
  /// 1 / (1 + exp(-x)) = (1 + tanh(x/2)) / 2, which needs no care for large |x|.
  friend Pack sigmoid(Pack x) {
    const Pack half(S(0.5));
    return fma(half, tanh(half * x), half);
  }
};

// The same functions of a scalar, for mathematics that is tried out on plain numbers.

template <std::floating_point S>
S tanh(S x) {
  return std::tanh(x);
}
template <std::floating_point S>
S sigmoid(S x) {
  return S(0.5) * std::tanh(S(0.5) * x) + S(0.5);
}
template <std::floating_point S>
S where_positive(S x, S yes, S no) {
  return x > 0 ? yes : no;
}

/// Calls f(integral_constant<int, 0>), ..., f(integral_constant<int, N-1>): a loop that can't stay rolled, so
/// that an array indexed by its constants lives in registers. A pragma that asks for unrolling is
/// granted only after the arrays have been laid on the stack.
template <int N, class F>
[[gnu::always_inline]] inline void unroll(F&& f) {
  [&]<int... n>(std::integer_sequence<int, n...>) __attribute__((always_inline)) {
    (f(std::integral_constant<int, n>{}), ...);
  }
  (std::make_integer_sequence<int, N>{});
}

}  // namespace recur

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
