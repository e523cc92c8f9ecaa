// Noise inside a recurrence. It keeps the recurrence from learning its data by heart. It works for every cell
// made of units.
//
// Dropout that draws at each step would erase a unit's memory within some steps. Two kinds of noise keep
// the memory:
//
//   recurrent dropout (Gal and Ghahramani 2016, "A theoretically grounded application of dropout in recurrent
//   neural networks", section 4: one mask for all steps of a sequence)
//
//     W_hh (m ∘ h') in place of W_hh h'       m: 0 with probability p, else 1 / (1 - p)
//
//   zoneout (Krueger et al. 2017, "Zoneout: regularizing RNNs by randomly preserving hidden activations",
//   equations 3 to 6: a mask for each step)
//
//     h = d ∘ h' + (1 - d) ∘ h~               d: 1 with probability z, else 0; h~: the cell's result
//     c = d ∘ c' + (1 - d) ∘ c~               with a mask of its own
//
// Without a source of noise, as in prediction or when a gradient is checked, m and d have their means: m = 1,
// d = z.
#pragma once

#include "recur/cell/stepwise.hpp"
#include "recur/core/mask.hpp"

namespace recur::inline RECUR_ABI {

/// Rates of the noise in a recurrence, each at least 0 and below 1.
struct Regularization {
  double recurrent_dropout = 0;  ///< p: part of h' hidden from W_hh, the same at all steps of a sequence
  double zoneout = 0;            ///< z of h: part of the units that keep their state, drawn at each step
  double zoneout_cell = 0;       ///< z of all other states, such as c of an LSTM
};

/// A cell made of units, with recurrent dropout (Gal and Ghahramani 2016) and zoneout (Krueger et al. 2017,
/// equations 3 to 6):
///
///   h~, c~ = Cell(x, m ∘ h', h', c')     h = d ∘ h' + (1 - d) ∘ h~     c = d ∘ c' + (1 - d) ∘ c~
///
///   x: I × B; h~, h, h', c~, c, c': H × B; m: H × B, for all steps; d: H × B, for each step and state
///
///   Recurrent{Regularized{Lstm<float>{8, 16}, {.recurrent_dropout = 0.2, .zoneout = 0.05}}}
///
/// m ∘ h' replaces h' only in the product with W_hh. Elsewhere a cell sees h', as in z ∘ h' of a GRU. The
/// parameters are those of the cell, with their names. Each sample has its own masks, which follow from the
/// generator of the pass and from the sample's place in the batch.
///
/// A model that was trained with zoneout also needs it to predict (d = z): load its weights into a Regularized of the
/// same rates, not into the plain cell. Recurrent dropout alone needs no such care.
///
/// Throws std::invalid_argument if a rate is not legal, and for recurrent dropout of a cell without W_hh.
template <class C>
requires Unit<typename C::Unit, typename C::Scalar>
class Regularized {
  using U = typename C::Unit;
  using S = typename C::Scalar;
  using P = Pack<S>;
  static constexpr int sums = detail::sums_of<U>, own_weights = detail::unit_weights_of<U>;
  static constexpr Index input_gates = C::input_gates, hidden_gates = C::hidden_gates;

 public:
  using Scalar = S;
  using Step = StepOf<Regularized>;
  using StepGradient = StepGradientOf<Regularized>;
  static constexpr std::size_t states = static_cast<std::size_t>(U::states);

  C cell;

  explicit Regularized(C c, Regularization rates = {}) : cell(std::move(c)), rates_(rates) {
    const auto rounded = [](double rate) { return static_cast<double>(static_cast<S>(rate)); };  // may be 1
    detail::check_rate("recurrent dropout", rounded(rates.recurrent_dropout));
    detail::check_rate("zoneout", rounded(rates.zoneout));
    detail::check_rate("zoneout of the cell", rounded(rates.zoneout_cell));
    require(hidden_gates > 0 || rates.recurrent_dropout == 0, U::name, " with recurrent dropout ",
            rates.recurrent_dropout, ": it has no weight_hh, so the rate must be 0");
  }

  const Regularization& rates() const { return rates_; }  ///< of dropout and zoneout
  std::string name() const { return detail::message("regularized ", U::name); }
  Index input_size() const { return cell.input_size(); }
  Index hidden_size() const { return cell.hidden_size(); }

  std::array<Index, states> state_sizes() const {
    std::array<Index, states> sizes;
    sizes.fill(hidden_size());
    return sizes;
  }
  /// W_ih x + b_ih.
  std::array<Index, 1> sum_sizes() const { return {input_gates * hidden_size()}; }
  /// m ∘ h', W_hh (m ∘ h') + b_hh, the numbers that the unit saves, and h~, c~.
  std::array<Index, 4> saved_sizes() const {
    const Index h = hidden_size();
    return {h, hidden_gates * h, U::saved * h, U::states * h};
  }
  /// Gradients of m ∘ h', of W_hh (m ∘ h') + b_hh, and of the unit's own weights.
  std::array<Index, 3> d_saved_sizes() const {
    const Index h = hidden_size();
    return {h, hidden_gates * h, own_weights * h};
  }

  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    C::visit(at, f, self.cell...);
  }
  template <class Self, class F>
  static void shapes(Self& self, F&& f) {
    C::shapes(self.cell, f);
  }
  void initialize(Random& random, Scheme scheme = Scheme::recommended) { cell.initialize(random, scheme); }

  // m for each sequence; for each of its steps, d of each state, one after the other.
  Index sequence_noise() const { return drops() ? hidden_size() : 0; }
  Index step_noise() const { return zones() ? U::states * hidden_size() : 0; }
  void draw_sequence(Random& random, S* mask) const {
    if (drops()) detail::draw_mask(mask, hidden_size(), rates_.recurrent_dropout, random);
  }
  void draw_step(Random& random, S* kept) const {
    if (!zones()) return;
    for (std::size_t q = 0; q < states; ++q)
      detail::draw_choices(kept + static_cast<Index>(q) * hidden_size(), hidden_size(), zoneout(q), S(1),
                           S(0), random);
  }

  void forward_inputs(const S* x, Index count, const std::array<S*, 1>& products) const {
    stepwise::affine(cell.weight_ih, cell.bias_ih, x, count, products[0]);
  }

  void forward_step(const Step& at) const {
    const Index H = hidden_size();
    if constexpr (hidden_gates > 0) {
      if (const S* const mask = mask_of(at))
        detail::arrays::multiply(mask, at.previous[0], at.saved[0], H * at.count);
      else
        std::copy_n(at.previous[0], H * at.count, at.saved[0]);
      stepwise::affine(cell.weight_hh, cell.bias_hh, at.saved[0], at.count, at.saved[1]);
    }
    for (Index n = 0; n < at.count; ++n)
      stepwise::for_packs<S>(H, [&](auto pack) {
        std::array<P, sums> a;
        a.fill(P(S(0)));
        add(a, U::from_input, at.sums[0] + n * input_gates * H, pack);
        add(a, U::from_hidden, at.saved[1] + n * hidden_gates * H, pack);
        const auto own = own_of(pack);
        const auto previous = previous_of(at, n, pack);
        std::array<P, U::states> proposed;
        std::array<P, U::saved> save;
        detail::unit_forward<U, P>(a, own, previous, proposed, save);
        store(save, at.saved[2] + n * U::saved * H, pack);
        store(proposed, at.saved[3] + n * U::states * H, pack);
        for (std::size_t q = 0; q < states; ++q) {
          const P d = kept(at, n, q, pack);
          pack.store(at.state[q] + n * H, d * previous[q] + (1 - d) * proposed[q]);
        }
      });
  }

  void backward_step(const Step& at, const StepGradient& d) const {
    const Index H = hidden_size();
    for (Index n = 0; n < at.count; ++n)
      stepwise::for_packs<S>(H, [&](auto pack) {
        std::array<P, U::saved> save;
        std::array<P, U::states> proposed, d_proposed, d_kept;
        load(save, at.saved[2] + n * U::saved * H, pack);
        load(proposed, at.saved[3] + n * U::states * H, pack);
        for (std::size_t q = 0; q < states; ++q) {
          const P keeps = kept(at, n, q, pack), d_state = pack.load(d.d_state[q] + n * H);
          d_kept[q] = keeps * d_state;
          d_proposed[q] = (1 - keeps) * d_state;
        }
        std::array<P, sums> d_sums;
        std::array<P, own_weights> d_own;
        detail::unit_backward<U, P>(save, own_of(pack), previous_of(at, n, pack), proposed, d_proposed,
                                    d_sums, d_own);
        for (std::size_t q = 0; q < states; ++q) pack.store(d.d_state[q] + n * H, d_kept[q] + d_proposed[q]);
        scatter(d_sums, U::from_input, d.d_sums[0] + n * input_gates * H, pack);
        scatter(d_sums, U::from_hidden, d.d_saved[1] + n * hidden_gates * H, pack);
        store(d_own, d.d_saved[2] + n * own_weights * H, pack);
      });
    if constexpr (hidden_gates > 0) {
      S* const d_masked = d.d_saved[0];
      product(transposed(cell.weight_hh), as_is<S>(d.d_saved[1], hidden_gates * H, at.count), d_masked);
      if (const S* const mask = mask_of(at)) detail::arrays::multiply(mask, d_masked, d_masked, H * at.count);
      detail::arrays::add(d.d_state[0], d_masked, H * at.count);
    }
  }

  void backward_weights(const Step& at, const StepGradient& d, Regularized& gradient) const {
    const Index H = hidden_size();
    if constexpr (hidden_gates > 0) {
      S* const of_no_input = nullptr;
      stepwise::affine_backward(cell.weight_hh, at.saved[0], d.d_saved[1], at.count, of_no_input,
                                gradient.cell.weight_hh, gradient.cell.bias_hh);
    }
    for (std::size_t q = 0; q < static_cast<std::size_t>(own_weights); ++q)
      detail::add_terms(
          gradient.cell.unit_weights[q].data(), H, at.count, [&](Index n, Index i, Index lanes) {
            return P::load(d.d_saved[2] + (n * own_weights + static_cast<Index>(q)) * H + i, lanes);
          });
  }

  void backward_inputs(const S* x, const Step& at, const StepGradient& d, S* dx,
                       Regularized& gradient) const {
    stepwise::affine_backward(cell.weight_ih, x, d.d_sums[0], at.count, dx, gradient.cell.weight_ih,
                              gradient.cell.bias_ih);
  }

 private:
  double zoneout(std::size_t q) const { return q == 0 ? rates_.zoneout : rates_.zoneout_cell; }
  bool drops() const { return rates_.recurrent_dropout > 0; }
  bool zones() const { return rates_.zoneout > 0 || rates_.zoneout_cell > 0; }

  /// m of the samples, or null where m is 1.
  const S* mask_of(const Step& at) const { return drops() ? at.sequence_noise : nullptr; }
  /// d of state q of sample n.
  P kept(const Step& at, Index n, std::size_t q, const auto& pack) const {
    if (!zones() || !at.step_noise) return P(static_cast<S>(zoneout(q)));
    return pack.load(at.step_noise + (n * U::states + static_cast<Index>(q)) * hidden_size());
  }

  std::array<P, own_weights> own_of(const auto& pack) const {
    std::array<P, own_weights> own;
    for (std::size_t q = 0; q < own.size(); ++q) own[q] = pack.load(cell.unit_weights[q].data());
    return own;
  }
  std::array<P, U::states> previous_of(const Step& at, Index n, const auto& pack) const {
    std::array<P, U::states> previous;
    for (std::size_t q = 0; q < states; ++q) previous[q] = pack.load(at.previous[q] + n * hidden_size());
    return previous;
  }

  // Blocks of H numbers, one below the other, and from each the numbers of a few units.
  template <std::size_t N>
  void load(std::array<P, N>& numbers, const S* blocks, const auto& pack) const {
    for (std::size_t q = 0; q < N; ++q)
      numbers[q] = pack.load(blocks + static_cast<Index>(q) * hidden_size());
  }
  template <std::size_t N>
  void store(const std::array<P, N>& numbers, S* blocks, const auto& pack) const {
    for (std::size_t q = 0; q < N; ++q)
      pack.store(blocks + static_cast<Index>(q) * hidden_size(), numbers[q]);
  }
  /// Block g feeds sum from[g] and gets that sum's gradient.
  void add(std::array<P, sums>& a, const auto& from, const S* blocks, const auto& pack) const {
    for (std::size_t g = 0; g < from.size(); ++g) {
      P& sum = a[static_cast<std::size_t>(from[g])];
      sum = sum + pack.load(blocks + static_cast<Index>(g) * hidden_size());
    }
  }
  void scatter(const std::array<P, sums>& d_sums, const auto& from, S* blocks, const auto& pack) const {
    for (std::size_t g = 0; g < from.size(); ++g)
      pack.store(blocks + static_cast<Index>(g) * hidden_size(), d_sums[static_cast<std::size_t>(from[g])]);
  }

  Regularization rates_;
};

}  // namespace recur::inline RECUR_ABI
