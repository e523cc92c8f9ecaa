// The only file that knows packets: the numbers of several hidden units in one register.
//
// The mathematics of a cell is written for a type T: a scalar in a proof, a Pack in every kernel. Both have
// + - * /, tanh, sigmoid, exp, erf and where_positive. A Pack also has fma(a, b, c) = a·b + c, max, min, abs
// and sqrt. A Pack is one of Eigen's packets. Without vector instructions it has one lane, the scalar itself.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <type_traits>

#include "recur/core/eigen.hpp"
#include "recur/core/matrix.hpp"

// GCC warns that it ignores the alignment of a packet that is a template argument. Nothing here depends on
// it: packets are loaded and stored unaligned.
RECUR_WITHOUT_WARNING("-Wignored-attributes")

namespace recur::inline RECUR_ABI {

namespace detail::simd {
namespace ei = Eigen::internal;

/// The widest packet of S with at most Lanes lanes: Packet itself, one of its halves, or the scalar.
template <class S, int Lanes, class Packet>
struct Widest {
  using Half = typename ei::unpacket_traits<Packet>::half;
  using Smaller =
      std::conditional_t<std::is_same_v<Half, Packet>, std::type_identity<S>, Widest<S, Lanes, Half>>;
  using type = typename std::conditional_t<(ei::unpacket_traits<Packet>::size <= Lanes),
                                           std::type_identity<Packet>, Smaller>::type;
};

// √a by the instruction of the processor, exact to the last bit. For speed, Eigen's psqrt of most packets
// starts from an estimate of 1/√a: it gives NaN for √∞, and 0 for a denormal number.
template <class Raw>
Raw root(const Raw& a) {
  return ei::psqrt(a);
}
#ifdef EIGEN_VECTORIZE_SSE
inline ei::Packet4f root(const ei::Packet4f& a) { return _mm_sqrt_ps(a); }
#endif
#ifdef EIGEN_VECTORIZE_AVX
inline ei::Packet8f root(const ei::Packet8f& a) { return _mm256_sqrt_ps(a); }
#endif
#ifdef EIGEN_VECTORIZE_AVX512
inline ei::Packet16f root(const ei::Packet16f& a) { return _mm512_sqrt_ps(a); }
inline ei::Packet8d root(const ei::Packet8d& a) { return _mm512_sqrt_pd(a); }
#endif

// The first `count` lanes of a packet; count is less than all. The others are zero, and are neither read nor
// written. AVX-512 has masks for this. On other processors the numbers go through memory, and the packet
// waits for them there.
template <class Raw, class S>
RECUR_NOINLINE Raw load_some(const S* from, Index count) {
  constexpr int size = ei::unpacket_traits<Raw>::size;
  alignas(64) S lanes[size] = {};
  for (Index i = 0; i < count; ++i) lanes[i] = from[i];
  return ei::ploadu<Raw>(lanes);
}
template <class Raw, class S>
RECUR_NOINLINE void store_some(S* to, const Raw& raw, Index count) {
  alignas(64) S lanes[ei::unpacket_traits<Raw>::size];
  ei::pstoreu(lanes, raw);
  for (Index i = 0; i < count; ++i) to[i] = lanes[i];
}
#ifdef EIGEN_VECTORIZE_AVX512
inline unsigned first_lanes(Index count) { return (1U << std::max<Index>(count, 0)) - 1; }
template <>
inline ei::Packet16f load_some<ei::Packet16f>(const float* from, Index count) {
  return _mm512_maskz_loadu_ps(static_cast<__mmask16>(first_lanes(count)), from);
}
template <>
inline ei::Packet8d load_some<ei::Packet8d>(const double* from, Index count) {
  return _mm512_maskz_loadu_pd(static_cast<__mmask8>(first_lanes(count)), from);
}
// Half packets use the masks of whole packets, because some AVX-512 processors have no other masks.
template <>
inline ei::Packet8f load_some<ei::Packet8f>(const float* from, Index count) {
  return _mm512_castps512_ps256(load_some<ei::Packet16f>(from, count));
}
template <>
inline ei::Packet4d load_some<ei::Packet4d>(const double* from, Index count) {
  return _mm512_castpd512_pd256(load_some<ei::Packet8d>(from, count));
}
template <>
inline void store_some(float* to, const ei::Packet16f& raw, Index count) {
  _mm512_mask_storeu_ps(to, static_cast<__mmask16>(first_lanes(count)), raw);
}
template <>
inline void store_some(double* to, const ei::Packet8d& raw, Index count) {
  _mm512_mask_storeu_pd(to, static_cast<__mmask8>(first_lanes(count)), raw);
}
template <>
inline void store_some(float* to, const ei::Packet8f& raw, Index count) {
  store_some(to, _mm512_castps256_ps512(raw), count);
}
template <>
inline void store_some(double* to, const ei::Packet4d& raw, Index count) {
  store_some(to, _mm512_castpd256_pd512(raw), count);
}
#endif
}  // namespace detail::simd

namespace detail {

/// Lanes of the widest register: 16 floats with AVX-512, 8 with AVX, 4 with SSE or NEON, else 1.
template <class S>
inline constexpr int max_lanes =
    Eigen::internal::unpacket_traits<typename Eigen::internal::packet_traits<S>::type>::size;

/// The vector registers that a kernel may use.
inline constexpr int vector_registers = EIGEN_ARCH_DEFAULT_NUMBER_OF_REGISTERS;

/// Calls f(0, ..., N-1) with constants, integral_constant<int, 0> and so on, for folds.
template <int N, class F>
RECUR_ALWAYS_INLINE inline void indices(F&& f) {
  [&]<int... n>(std::integer_sequence<int, n...>) RECUR_ALWAYS_INLINE {
    f(std::integral_constant<int, n>{}...);
  }
  (std::make_integer_sequence<int, N>{});
}

/// Calls f(0), ..., f(N-1) with such constants. This loop is always unrolled, so an array indexed by its
/// constants stays in registers. A pragma for unrolling comes too late: the compiler has then already put the
/// arrays on the stack.
template <int N, class F>
RECUR_ALWAYS_INLINE inline void unroll(F&& f) {
  [&]<int... n>(std::integer_sequence<int, n...>) RECUR_ALWAYS_INLINE {
    (f(std::integral_constant<int, n>{}), ...);
  }
  (std::make_integer_sequence<int, N>{});
}

/// Asks for the cache line at `address` before its use.
RECUR_ALWAYS_INLINE inline void prefetch(const void* address) { compiler::prefetch(address); }

/// Asks for [from, to) before its use, for the second-level cache.
template <class S>
RECUR_ALWAYS_INLINE inline void prefetch(const S* from, const S* to) {
  for (; from < to; from += 64 / sizeof(S)) compiler::prefetch<true>(from);
}

template <class P>
P tanh_rational(P x, double s);
template <class P>
P tanh_exponential(P x);
template <class P>
P erf_rational(P x);

}  // namespace detail

/// At most Lanes numbers for parallel computation.
template <class S, int Lanes = detail::max_lanes<S>>
struct Pack {
  using Scalar = S;
  using Raw = typename detail::simd::Widest<S, Lanes, typename Eigen::internal::packet_traits<S>::type>::type;
  static constexpr int size = Eigen::internal::unpacket_traits<Raw>::size;

  Raw raw;  ///< the register, a packet of Eigen's

  Pack() = default;
  Pack(S value) : raw(Eigen::internal::pset1<Raw>(value)) {}  // implicit, so that code can write 1 - x
  RECUR_ALWAYS_INLINE static Pack of(Raw raw) {
    Pack p;
    p.raw = raw;
    return p;
  }

  RECUR_ALWAYS_INLINE static Pack load(const S* from) { return of(Eigen::internal::ploadu<Raw>(from)); }
  /// Writes all lanes.
  RECUR_ALWAYS_INLINE void store(S* to) const { Eigen::internal::pstoreu(to, raw); }

  /// A load that stays in its register. Otherwise the compiler makes the load part of every multiplication
  /// that uses it, and a kernel that uses it three times loads it three times.
  RECUR_ALWAYS_INLINE static Pack load_once(const S* from) {
    Pack p = load(from);
    detail::compiler::keep_in_register(p.raw);
    return p;
  }

  /// The first `count` lanes; the others are zero. The memory of the other lanes is neither read nor written.
  RECUR_ALWAYS_INLINE static Pack load(const S* from, Index count) {
    if (count >= size) [[likely]]
      return load(from);
    return of(detail::simd::load_some<Raw>(from, count));
  }
  RECUR_ALWAYS_INLINE void store(S* to, Index count) const {
    if (count >= size) [[likely]]
      return store(to);
    detail::simd::store_some(to, raw, count);
  }

  RECUR_ALWAYS_INLINE friend Pack operator+(Pack a, Pack b) {
    return of(Eigen::internal::padd(a.raw, b.raw));
  }
  RECUR_ALWAYS_INLINE friend Pack operator-(Pack a, Pack b) {
    return of(Eigen::internal::psub(a.raw, b.raw));
  }
  RECUR_ALWAYS_INLINE friend Pack operator*(Pack a, Pack b) {
    return of(Eigen::internal::pmul(a.raw, b.raw));
  }
  RECUR_ALWAYS_INLINE friend Pack operator/(Pack a, Pack b) {
    return of(Eigen::internal::pdiv(a.raw, b.raw));
  }
  RECUR_ALWAYS_INLINE friend Pack operator-(Pack a) { return of(Eigen::internal::pnegate(a.raw)); }
  RECUR_ALWAYS_INLINE friend Pack fma(Pack a, Pack b, Pack c) {
    c.raw = Eigen::internal::pmadd(a.raw, b.raw, c.raw);
    return c;
  }
  /// A NaN in a stays a NaN; tanh needs this. A NaN in b may give a.
  RECUR_ALWAYS_INLINE friend Pack max(Pack a, Pack b) { return of(Eigen::internal::pmax(a.raw, b.raw)); }
  RECUR_ALWAYS_INLINE friend Pack min(Pack a, Pack b) { return of(Eigen::internal::pmin(a.raw, b.raw)); }
  RECUR_ALWAYS_INLINE friend Pack abs(Pack a) { return of(Eigen::internal::pabs(a.raw)); }
  /// Exact to the last bit, also for 0, denormal numbers and infinity. NaN for numbers below 0.
  RECUR_ALWAYS_INLINE friend Pack sqrt(Pack a) { return of(detail::simd::root(a.raw)); }
  /// exp(a/2)², within 4 ε. It is 0 at minus infinity and if the result is too small, and infinity if the
  /// result is too large. Eigen's packets instead give a smallest number for all results below it, such as
  /// 6e-309; some also end before the largest number. A NaN stays a NaN.
  RECUR_ALWAYS_INLINE friend Pack exp(Pack a) {
    if constexpr (size == 1) return exp_within(a);
    const Pack root = exp_within(S(0.5) * a);
    return root * root;
  }
  /// The same with less work and within 3 ε, if the result is far from the smallest and largest numbers.
  RECUR_ALWAYS_INLINE friend Pack exp_within(Pack a) { return of(Eigen::internal::pexp(a.raw)); }
  /// x > 0 ? yes : no, lane by lane. NaN counts as not positive.
  RECUR_ALWAYS_INLINE friend Pack where_positive(Pack x, Pack yes, Pack no) {
    return of(Eigen::internal::pselect(Eigen::internal::pcmp_lt(Pack(S(0)).raw, x.raw), yes.raw, no.raw));
  }
  /// Lane i of pack j becomes lane j of pack i.
  RECUR_ALWAYS_INLINE static void transpose(Pack (&packs)[size]) {
    if constexpr (size > 1) {
      Eigen::internal::PacketBlock<Raw, size> block;
      detail::unroll<size>([&](auto i) RECUR_ALWAYS_INLINE { block.packet[i] = packs[i].raw; });
      Eigen::internal::ptranspose(block);
      detail::unroll<size>([&](auto i) RECUR_ALWAYS_INLINE { packs[i].raw = block.packet[i]; });
    }
  }
  /// Sum of all lanes.
  RECUR_ALWAYS_INLINE friend S sum(Pack a) { return Eigen::internal::predux(a.raw); }

  /// The error is at most 6.1 units in the last place, and the result is within ±1. A NaN stays a NaN.
  RECUR_ALWAYS_INLINE friend Pack tanh(Pack x) {
    if constexpr (std::same_as<S, float>)
      return detail::tanh_rational(x, 1);
    else
      return detail::tanh_exponential(x);
  }
  /// 1 / (1 + exp(-x)) = (1 + tanh(x/2)) / 2, which needs no special case for large |x|. The absolute error
  /// is at most 2 ε; ε is the distance from 1 to the next number. The relative error of very small values can
  /// be large: the result may even be 0.
  RECUR_ALWAYS_INLINE friend Pack sigmoid(Pack x) {
    const Pack half(S(0.5));
    if constexpr (std::same_as<S, float>)
      return half + detail::tanh_rational(x, 0.5);
    else
      return fma(half, tanh(half * x), half);
  }
  /// 2/√π ∫_0^x exp(-t²) dt. For floats, the absolute error is at most 6e-7.
  RECUR_ALWAYS_INLINE friend Pack erf(Pack x) {
    if constexpr (std::same_as<S, float>) {
      return detail::erf_rational(x);
    } else {
      S lanes[size];
      x.store(lanes);
      for (S& lane : lanes) lane = std::erf(lane);
      return load(lanes);
    }
  }
};

namespace detail {

/// Calls f(first, lanes) for each pack of `count` numbers. The last pack may have fewer lanes.
template <class S, class F>
RECUR_ALWAYS_INLINE inline void over_packs(Index count, F&& f) {
  Index i = 0;
  for (; i + Pack<S>::size <= count; i += Pack<S>::size) f(i, Index{Pack<S>::size});
  if (i < count) f(i, count - i);
}

/// packs = the packs at from, from + step, ...
template <class P, std::size_t N, class S>
RECUR_ALWAYS_INLINE inline void load_all(std::array<P, N>& packs, const S* from, Index step) {
  unroll<static_cast<int>(N)>([&](auto i) RECUR_ALWAYS_INLINE { packs[i] = P::load(from + i * step); });
}
template <class P, std::size_t N, class S>
RECUR_ALWAYS_INLINE inline void store_all(const std::array<P, N>& packs, S* to, Index step) {
  unroll<static_cast<int>(N)>([&](auto i) RECUR_ALWAYS_INLINE { packs[i].store(to + i * step); });
}

/// packs += others
template <class P, std::size_t N>
RECUR_ALWAYS_INLINE inline void add_all(std::array<P, N>& packs, const std::array<P, N>& others) {
  unroll<static_cast<int>(N)>([&](auto i) RECUR_ALWAYS_INLINE { packs[i] = packs[i] + others[i]; });
}

}  // namespace detail

/// A number, rounded to T. T is a scalar or a pack.
template <class T>
RECUR_ALWAYS_INLINE inline T constant(double number) {
  if constexpr (std::floating_point<T>)
    return static_cast<T>(number);
  else
    return T(static_cast<typename T::Scalar>(number));
}

namespace detail {

/// Σ_k coefficients[k] x^k.
template <class P, class S, std::size_t N>
RECUR_ALWAYS_INLINE inline P polynomial(P x, const S (&coefficients)[N]) {
  P y(coefficients[N - 1]);
  unroll<static_cast<int>(N) - 1>([&](auto k)
                                      RECUR_ALWAYS_INLINE { y = fma(y, x, P(coefficients[N - 2 - k])); });
  return y;
}

/// a_0 + a_1 y + y² (a_2 + a_3 y + a_4 y²). It is three operations deep; Horner's scheme is four.
template <class P>
RECUR_ALWAYS_INLINE inline P quartic(P y, P square, const double (&a)[5]) {
  const P low = fma(constant<P>(a[1]), y, constant<P>(a[0]));
  const P high = fma(constant<P>(a[3]), y, constant<P>(a[2]));
  return fma(fma(constant<P>(a[4]), square, high), square, low);
}

/// s tanh(s x), s = 1 or ½, as s² x P(s² x²) / Q(s² x²). P and Q have degree 4. It needs one division and no
/// branch. The coefficients were fitted for this library to the smallest relative error on |s x| < 8.85, with
/// P(0) = Q(0) = 1, and then rounded to float. Beyond 8.85, tanh is within a unit in the last place of 1. In
/// exact arithmetic, the relative error of the quotient is at most 0.6 · 2^-24; the rest of the error comes
/// from rounding. The factors s² are part of the coefficients, where they cause no rounding. Beyond 8.85 the
/// quotient grows in proportion to x and is cut off at s.
template <class P>
RECUR_ALWAYS_INLINE inline P tanh_rational(P x, double s) {
  const double t = s * s;
  const P y = min(x * x, constant<P>(8.85 * 8.85 / t)), square = y * y;
  const P p =
      x * quartic(y, square,
                  {t, t * t * 0.13390786945819855, t * t * t * 0.003507201559841633,
                   t * t * t * t * 2.080130434478633e-05, t * t * t * t * t * 1.3624021022451416e-08});
  const P q = quartic(y, square,
                      {1.0, t * 0.4672410488128662, t * t * 0.025921110063791275,
                       t * t * t * 0.00033046703902073205, t * t * t * t * 7.886110893196019e-07});
  return max(min(p / q, constant<P>(s)), constant<P>(-s));
}

/// 1 - 2 / (exp(2x) + 1). For |x| < 0.625 this would cancel, so a quotient of polynomials is used there
/// (coefficients of the Cephes library).
template <class P>
RECUR_ALWAYS_INLINE inline P tanh_exponential(P x) {
  const P z = x * x;
  const P p =
      polynomial(z, {-1.61468768441708447952e3, -9.92877231001918586564e1, -9.64399179425052238628e-1});
  const P q =
      polynomial(z, {4.84406305325125486048e3, 2.23548839060100448583e3, 1.12811678491632931402e2, 1.0});
  const P inner = fma(x * z, p / q, x);
  const P outer = 1 - 2 / (exp_within(2 * max(min(x, P(20.0)), P(-20.0))) + 1);
  return where_positive(P(0.625) - abs(x), inner, outer);
}

/// 1 - (a_1 t + ... + a_5 t^5) exp(-x²) with t = 1 / (1 + 0.3275911 x), mirrored for x < 0. In exact
/// arithmetic it is within 1.5e-7 (Abramowitz and Stegun 1964, eq. 7.1.26).
template <class P>
RECUR_ALWAYS_INLINE inline P erf_rational(P x) {
  const P size = abs(x), t = 1 / fma(P(0.3275911f), size, P(1.0f));
  const P tail = t * polynomial(t, {0.254829592f, -0.284496736f, 1.421413741f, -1.453152027f, 1.061405429f}) *
                 exp(-(x * x));
  return where_positive(x, 1 - tail, tail - 1);
}

}  // namespace detail

// The same functions for a scalar, to test mathematics on plain numbers.

/// tanh(x) of a number, or of each number of a pack.
template <std::floating_point S>
S tanh(S x) {
  return std::tanh(x);
}
/// 2 / √π times the integral of e^(-t²) from 0 to x.
template <std::floating_point S>
S erf(S x) {
  return std::erf(x);
}
/// eˣ.
template <std::floating_point S>
S exp(S x) {
  return std::exp(x);
}
/// Its relative error is small everywhere, so the probability of a logit of -50 is not 0.
template <std::floating_point S>
S sigmoid(S x) {
  const S e = std::exp(-std::abs(x));  // at most 1, so nothing overflows
  return (x < 0 ? e : 1) / (1 + e);
}
/// `yes` where x > 0, else `no`: what packs have instead of an `if`.
template <std::floating_point S>
S where_positive(S x, S yes, S no) {
  return x > 0 ? yes : no;
}

}  // namespace recur::inline RECUR_ABI

RECUR_WITH_WARNINGS
