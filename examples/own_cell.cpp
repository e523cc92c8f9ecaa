// A cell of your own: the minimal gated unit (Zhou et al. 2016, with the gate after the product). You write
// down only its mathematics. Training, streaming and the gradient check then work without more code.
//
//   own_cell         a second
//   own_cell --help  the options

#include <iostream>
#include <recur/recur.hpp>

#include "common/few_options.hpp"

using namespace examples;
using namespace recur;

// f = σ(W_f x + U_f h' + b_f)     n = tanh(W_n x + b_n + f ∘ (U_n h' + c_n))     h = (1 - f) ∘ h' + f ∘ n
struct MinimalGatedUnit {
  static constexpr auto name = "minimal gated unit";
  static constexpr std::array from_input{0, 1}, from_hidden{0, 2};  // sums: f; n from x; n from h'
  static constexpr int states = 1, saved = 3;

  template <class T>
  static void forward(const std::array<T, 3>& sums, const std::array<T, 1>& previous, std::array<T, 1>& state,
                      std::array<T, 3>& save) {
    const T f = sigmoid(sums[0]), n = tanh(sums[1] + f * sums[2]);
    state = {previous[0] + f * (n - previous[0])};
    save = {f, n, sums[2]};
  }

  template <class T>
  static void backward(const std::array<T, 3>& save, const std::array<T, 1>& previous,
                       const std::array<T, 1>&, std::array<T, 1>& d_state, std::array<T, 3>& d_sums) {
    const auto& [f, n, u] = save;
    const T dh = d_state[0], da = dh * f * (1 - n * n);
    d_sums = {(dh * (n - previous[0]) + da * u) * f * (1 - f), da, da * f};
    d_state = {dh * (1 - f)};
  }
};
template <class S>
using Mgu = Cell<MinimalGatedUnit, S>;

int main(int count, char** words) {
  const FewOptions how =
      few_options(count, words,
                  "Shows a cell of your own, the minimal gated unit: twenty lines of mathematics. The "
                  "program checks its gradient, "
                  "and trains it within a second to say which of two marked numbers was the larger.",
                  {.epochs = 30});

  const GradientReport check = check_gradients(Recurrent{Mgu<double>{3, 5}});
  const bool is_right = check.error < 1e-6;
  write_text(text_of("Is the gradient right? ", is_right ? "Yes: " : "No: ", check));

  // Which of two marked numbers came first: the larger or the smaller one?
  ManyToOne model{Recurrent{Mgu<float>{2, 24}}, Pooling::last, Dense<float>{24, 2}, SoftmaxCrossEntropy{}};
  initialize(model, how.seed);
  Random random(how.seed + 1);
  std::vector<decltype(model)::Example> examples(2000);
  for (auto& [input, label] : examples) {
    input.setZero(2, 10 + random.below(20));
    for (Index t = 0; t < input.cols(); ++t) input(0, t) = static_cast<float>(random.uniform());
    const Index first = random.below(input.cols() / 2), second = first + 1 + random.below(input.cols() / 2);
    input(1, first) = input(1, second) = 1;
    label = input(0, first) > input(0, second) ? 1 : 0;
  }
  Optimizer optimizer(model, Adam{.rate = 1e-2});
  const std::span all(examples);
  const FitReport report = fit(model, optimizer, all.first(1400), all.subspan(1400, 100), how.training());
  write_text(text_of(
      "Which of two marked numbers was the larger? Right on ", percent(accuracy(model, all.last(500))),
      " of unseen sequences; guessing gives half. Loss on a hundred that chose the best epoch: ",
      losses(report), '.'));
  const int code = conclude(
      is_right ? how.ending(report) : Ending::whole,
      is_right ? "the gradient of a cell of twenty lines is right. It works in batches, training and streams."
               : "the gradient of this cell is wrong: backward is not the derivative of forward.");
  return is_right ? code : 1;
}
