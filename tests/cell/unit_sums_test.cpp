// Cells of units with unusual sums: without a sum of h, and with more sums than there are registers.
#include "catch.hpp"
#include "laws/laws.hpp"
#include "recur/cell/cell.hpp"
#include "recur/recurrence/recurrent.hpp"

namespace recur::testing {
namespace unit_sums_test {

// Without U: units that meet only in their input (compare Lei et al. 2018).
//
//   f = σ(W_f x)      h = f ∘ h' + (1 - f) ∘ W_n x
struct ForgetUnit {
  static constexpr auto name = "Forget";
  static constexpr std::array from_input{0, 1};
  static constexpr std::array<int, 0> from_hidden{};
  static constexpr int states = 1, saved = 2;

  template <class T>
  static void forward(const std::array<T, 2>& sums, const std::array<T, 1>& previous, std::array<T, 1>& state,
                      std::array<T, 2>& save) {
    const T f = sigmoid(sums[0]);
    state = {f * previous[0] + (1 - f) * sums[1]};
    save = {f, sums[1]};
  }
  template <class T>
  static void backward(const std::array<T, 2>& save, const std::array<T, 1>& previous,
                       const std::array<T, 1>&, std::array<T, 1>& d_state, std::array<T, 2>& d_sums) {
    const auto& [f, n] = save;
    const T dh = d_state[0];
    d_sums = {dh * (previous[0] - n) * f * (1 - f), dh * (1 - f)};
    d_state = {dh * f};
  }
};

TEST_CASE("A cell without weights of h keeps the laws", "[cell][unit_sums][laws]") {
  const auto make = [](Index inputs, Index hidden) {
    return Recurrent{Cell<ForgetUnit, double>{inputs, hidden}};
  };
  LayerSubject layer(make(7, 19));
  keeps_laws(layer, {4, 6, 2, 6, 3});
  matches_in_every_size(make, [](const Weights& w, const Column& x, const std::vector<Column>& previous) {
    const Index H = previous[0].size();
    const Column f = sigmoid(w.input(x, 0, H));
    return std::vector<Column>{f * previous[0] + (1.0 - f) * w.input(x, 1, H)};
  });
  Cell<ForgetUnit, double> cell{3, 5};
  Random random(1);
  cell.initialize(random);
  CHECK(cell.weight_hh.size() == 0);
  CHECK(count_parameters(cell) == 2 * 5 * (3 + 1));
}

// Eight sums, more than the registers hold for several samples at once: an LSTM whose gates multiply the sum
// of x by the sum of h (Wu et al. 2016).
struct ProductUnit {
  static constexpr auto name = "Product";
  static constexpr std::array from_input{0, 1, 2, 3}, from_hidden{4, 5, 6, 7};
  static constexpr int states = 2, saved = 12;

  template <class T>
  static void forward(const std::array<T, 8>& sums, const std::array<T, 2>& previous, std::array<T, 2>& state,
                      std::array<T, 12>& save) {
    const auto& [xi, xf, xg, xo, hi, hf, hg, ho] = sums;
    const T i = sigmoid(xi * hi), f = sigmoid(xf * hf), g = tanh(xg * hg), o = sigmoid(xo * ho);
    const T c = f * previous[1] + i * g;
    state = {o * tanh(c), c};
    save = {i, f, g, o, xi, xf, xg, xo, hi, hf, hg, ho};
  }
  template <class T>
  static void backward(const std::array<T, 12>& save, const std::array<T, 2>& previous,
                       const std::array<T, 2>& state, std::array<T, 2>& d_state, std::array<T, 8>& d_sums) {
    const auto& [i, f, g, o, xi, xf, xg, xo, hi, hf, hg, ho] = save;
    const T tanh_c = tanh(state[1]), dh = d_state[0], dc = d_state[1] + dh * o * (1 - tanh_c * tanh_c);
    const T di = dc * g * i * (1 - i), df = dc * previous[1] * f * (1 - f), dg = dc * i * (1 - g * g),
            d_o = dh * tanh_c * o * (1 - o);
    d_sums = {di * hi, df * hf, dg * hg, d_o * ho, di * xi, df * xf, dg * xg, d_o * xo};
    d_state = {T(0), dc * f};
  }
};

TEST_CASE("A cell of more sums than registers keeps the laws", "[cell][unit_sums][laws]") {
  const auto make = [](Index inputs, Index hidden) {
    return Recurrent{Cell<ProductUnit, double>{inputs, hidden}};
  };
  LayerSubject layer(make(7, 19));
  keeps_laws(layer, {4, 6, 2, 6, 3});
  matches_in_every_size(make, [](const Weights& w, const Column& x, const std::vector<Column>& previous) {
    const Column &h = previous[0], &c = previous[1];
    const Index H = h.size();
    const auto gate = [&](Index g) { return Column(w.input(x, g, H) * w.recurrent(h, g, H)); };
    const Column c_next = sigmoid(gate(1)) * c + sigmoid(gate(0)) * tanh(gate(2));
    return std::vector<Column>{sigmoid(gate(3)) * tanh(c_next), c_next};
  });
}

// One sum that two blocks of W feed: in the list of fed sums, the last minus the first is as if they stood side by side.
//
//   n = tanh((W_0 + W_1) x - U h')      h = σ(W_2 x) ∘ n
struct TwiceFedUnit {
  static constexpr auto name = "TwiceFed";
  static constexpr std::array from_input{0, 0, 2};
  static constexpr std::array from_hidden{1};
  static constexpr int states = 1, saved = 2;

  template <class T>
  static void forward(const std::array<T, 3>& sums, const std::array<T, 1>&, std::array<T, 1>& state,
                      std::array<T, 2>& save) {
    const T n = tanh(sums[0] - sums[1]), i = sigmoid(sums[2]);
    state = {i * n};
    save = {n, i};
  }
  template <class T>
  static void backward(const std::array<T, 2>& save, const std::array<T, 1>&, const std::array<T, 1>&,
                       std::array<T, 1>& d_state, std::array<T, 3>& d_sums) {
    const auto& [n, i] = save;
    const T dh = d_state[0], d_n = dh * i * (1 - n * n);
    d_sums = {d_n, -d_n, dh * n * i * (1 - i)};
    d_state = {T(0)};
  }
};

TEST_CASE("A cell that feeds a sum twice keeps the laws", "[cell][unit_sums][laws]") {
  const auto make = [](Index inputs, Index hidden) {
    return Recurrent{Cell<TwiceFedUnit, double>{inputs, hidden}};
  };
  LayerSubject layer(make(7, 19));
  keeps_laws(layer, {4, 6, 2, 6, 3});
  matches_in_every_size(make, [](const Weights& w, const Column& x, const std::vector<Column>& previous) {
    const Index H = previous[0].size();
    const Column n = tanh(Column(w.input(x, 0, H) + w.input(x, 1, H) - w.recurrent(previous[0], 0, H)));
    return std::vector<Column>{sigmoid(w.input(x, 2, H)) * n};
  });
}

}  // namespace unit_sums_test
}  // namespace recur::testing
