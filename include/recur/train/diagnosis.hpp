// What goes wrong in a training, as a practised person sees it in the figures of its epochs.
//
//   for (const Finding& finding : diagnose(report.epochs)) std::cerr << finding.text << '\n';
//
// If `fit` shows its progress, it does this after each epoch, and says each trouble once. The rules wait until they are
// sure: a training that learns gets no warning. docs/run-log.md explains them.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "recur/core/compiled.hpp"
#include "recur/train/gradient_flow.hpp"
#include "recur/train/report.hpp"

namespace recur::inline RECUR_ABI {

/// What can go wrong in a training, as diagnose sees it in the figures of its epochs.
enum class Trouble {
  stands_still,  ///< the loss is still that of a guess
  vanishing,     ///< so it is, and the gradient does not reach the first step
  saturated,     ///< the loss falls no more, and the gradient does not reach the weights of recurrent layers
  exploding,     ///< now and then the gradient is a hundred times as large as usual, and nothing limits it
  diverging,     ///< the loss is higher than in the beginning
  overfitting,   ///< the validation loss rises while the training loss falls
  skipping       ///< steps were left out, since they were not finite
};

/// A trouble, and a text for people: what is seen, the likely cause, and what to do.
struct Finding {
  Trouble trouble;
  std::string text;
};

/// The troubles that show after the last of these epochs, which are all epochs of a training so far. L_e is the training
/// loss of epoch e, and L_0 that of the first step:
///
///   stands still    after 5 epochs, min L_e is above 0.98 L_0 and above 0.98 L_1, and it fell by less than 1 % in
///                   the last 4 epochs
///   vanishing       after 5 epochs, min L_e is above 0.9 L_2 and above 0.05 L_0, it fell by less than 1 % in the last
///                   4 epochs, and `look` says that less than 1e-6 of the gradient reaches the first of 10 or more
///                   steps
///   saturated       after 5 epochs, min L_e is above 0.05 L_0, it fell by less than 1 % in the last 4 epochs, and
///                   `look` says that less than 1e-3 of the gradient is in the weights of recurrent layers
///   exploding       after 2 epochs, nothing was clipped in an epoch of at least 10 steps, and its largest norm is 100
///                   times the mean of its other norms and 10 times the mean of the first epoch
///   diverging       in the last two of 3 or more epochs, L_e is above 1.1 L_1 or 1.5 L_0
///   overfitting     in the last three epochs, the validation loss is above that of its best epoch b, by 5 % of that and
///                   of its way from the first epoch; L_e has fallen by a tenth since b; no metric was better in these
///                   three
///   skipping        steps of the last epoch were skipped
///
/// So for positive losses; of others, the changes are compared with their size. `look` looks into the network, for
/// example with gradient_reach. It is called only if the loss stands still, so it costs nothing while the network
/// learns. Empty: vanishing and saturated are not found.
RECUR_INLINE std::vector<Finding> diagnose(std::span<const EpochReport> epochs,
                                           const std::function<GradientReach()>& look = {});

/// The likely cause of a step that was not finite, from the whole epochs before it and the figures of its own epoch.
RECUR_INLINE std::string cause_of_non_finite(std::span<const EpochReport> epochs,
                                             const EpochReport& unfinished);

}  // namespace recur::inline RECUR_ABI

#if RECUR_DEFINES
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace recur::inline RECUR_ABI {

namespace detail::diagnosis {

/// Three digits.
inline std::string shown(double number) {
  std::array<char, 32> digits{};
  std::snprintf(digits.data(), digits.size(), "%.3g", number);
  return digits.data();
}

/// By which part of `from` a loss fell to `to`; below 0 if it rose.
inline double fall(double from, double to) { return (from - to) / std::max(std::abs(from), 1e-30); }

inline double lowest_loss(std::span<const EpochReport> epochs) {
  double lowest = std::numeric_limits<double>::infinity();
  for (const EpochReport& epoch : epochs) lowest = std::fmin(lowest, epoch.training_loss);  // passes over NaN
  return lowest;
}

/// The mean norm of the steps of an epoch, without the step that has the largest. Beside a norm that is very large, the
/// mean of all has no digits left for the others: then it returns `otherwise`.
inline double usual_norm(const EpochReport& epoch, double otherwise) {
  const auto taken = static_cast<double>(epoch.steps - epoch.skipped);
  if (taken <= 1) return epoch.mean_norm;
  const double others = epoch.mean_norm * taken - epoch.max_norm;
  return others > 1e-10 * epoch.max_norm ? others / (taken - 1) : otherwise;
}

inline bool explodes(const EpochReport& epoch, double first_norm) {
  return epoch.steps - epoch.skipped >= 10 && epoch.clipped == 0 && epoch.max_norm > 0 &&
         epoch.max_norm >= 100 * usual_norm(epoch, 0) && epoch.max_norm >= 10 * first_norm;
}

inline std::string advice_to_clip(double usual) {
  return detail::message("limit it: clip_norm, at a few times what is usual, such as ", shown(5 * usual));
}

/// Whether the loss stands still, and why.
inline void look_for_standstill(std::span<const EpochReport> epochs,
                                const std::function<GradientReach()>& look, std::vector<Finding>& found) {
  if (epochs.size() < 5) return;
  const EpochReport &first = epochs[0], &last = epochs.back();
  const double lowest = lowest_loss(epochs);
  const double start = std::isnan(first.first_loss) ? first.training_loss : first.first_loss;
  const auto recent = epochs.last(5);
  if (!(fall(recent[0].training_loss, lowest_loss(recent)) < 0.01 && fall(start, lowest) < 0.95)) return;
  const std::string seen = detail::message("the training loss stands still at ", shown(lowest));
  const GradientReach reach = look ? look() : GradientReach{};
  if (reach.recurrent < 1e-3) {
    found.push_back(
        {Trouble::saturated,
         detail::message(seen, ", and a part of ", shown(reach.recurrent),
                         " of the gradient is in the weights of recurrent layers. All units are saturated, "
                         "or off if they are ReLUs. Bring the inputs to a mean of 0 and a deviation of 1 "
                         "(Scaler), take a smaller rate, or a LayerNorm before the cell.")});
  } else if (reach.steps >= 10 && reach.first_step < 1e-6 && fall(epochs[1].training_loss, lowest) < 0.1) {
    found.push_back(
        {Trouble::vanishing,
         detail::message(
             seen, ", and a part of ", shown(reach.first_step), " of the gradient reaches the first of ",
             reach.steps,
             " steps: it vanishes. If the beginning matters, take a Gru or Lstm, shorter sequences or "
             "attention. gradient_flow shows where it gets lost.")});
  } else if (fall(start, lowest) < 0.02 && fall(first.training_loss, lowest) < 0.02) {
    const std::string cause =
        last.rate == 0 ? std::string("The rate is 0.")
        : last.clipped > 0.95
            ? std::string(
                  "Nearly all steps are clipped, so the limit decides how far they go: raise clip_norm or "
                  "clip_value.")
            : detail::message(
                  "Likely the rate, ", shown(last.rate),
                  ", is far too small or too large, or targets don't belong to their inputs. Train on "
                  "ten examples until they are known by heart.");
    found.push_back({Trouble::stands_still,
                     detail::message(seen, ", which was ", shown(start), " at the first step. ", cause)});
  }
}

inline void look_for_overfitting(std::span<const EpochReport> epochs, std::vector<Finding>& found) {
  const auto best =
      std::min_element(epochs.begin(), epochs.end(), [](const EpochReport& a, const EpochReport& b) {
        return a.validation_loss < b.validation_loss ||
               (std::isnan(b.validation_loss) && !std::isnan(a.validation_loss));
      });
  if (std::isnan(best->validation_loss) || epochs.end() - best <= 3) return;
  const EpochReport& last = epochs.back();
  const double rise =
      0.05 * std::max(std::abs(best->validation_loss), epochs[0].validation_loss - best->validation_loss);
  const auto last_three = epochs.last(3);
  if (!std::all_of(last_three.begin(), last_three.end(), [&](const EpochReport& epoch) {
        return epoch.validation_loss > best->validation_loss + rise && !epoch.best;
      }))
    return;
  if (fall(best->training_loss, last.training_loss) < 0.1) return;
  found.push_back(
      {Trouble::overfitting,
       detail::message(
           "since epoch ", best->epoch, " the validation loss has risen from ", shown(best->validation_loss),
           " to ", shown(last.validation_loss), ", while the training loss fell from ",
           shown(best->training_loss), " to ", shown(last.training_loss),
           ". It learns by heart: more data, Dropout, fewer units, or an earlier stop (patience).")});
}

}  // namespace detail::diagnosis

RECUR_INLINE std::vector<Finding> diagnose(std::span<const EpochReport> epochs,
                                           const std::function<GradientReach()>& look) {
  using namespace detail::diagnosis;
  std::vector<Finding> found;
  if (epochs.empty()) return found;
  const EpochReport &first = epochs.front(), &last = epochs.back();
  if (last.skipped > 0)
    found.push_back(
        {Trouble::skipping, detail::message(last.skipped, " of ", last.steps, " steps of epoch ", last.epoch,
                                            " were skipped, since their loss or gradient was not finite. ",
                                            cause_of_non_finite(epochs.first(epochs.size() - 1), last))});
  if (epochs.size() < 2) return found;
  if (const double usual = usual_norm(last, first.mean_norm); explodes(last, first.mean_norm))
    found.push_back({Trouble::exploding,
                     detail::message("in epoch ", last.epoch, " the norm of the gradient went up to ",
                                     shown(last.max_norm), ", where ", shown(usual),
                                     " is usual: it explodes now and then; ", advice_to_clip(usual), '.')});
  const auto has_risen = [&](const EpochReport& epoch) {
    return fall(first.training_loss, epoch.training_loss) < -0.1 ||
           fall(first.first_loss, epoch.training_loss) < -0.5;
  };
  if (epochs.size() >= 3 && std::all_of(epochs.end() - 2, epochs.end(), has_risen)) {
    found.push_back(
        {Trouble::diverging,
         detail::message("the training loss rises: ", shown(std::fmin(first.first_loss, first.training_loss)),
                         " at first, ", shown(last.training_loss), " in epoch ", last.epoch,
                         ". Likely the rate, ", shown(last.rate),
                         ", is too large: divide it by ten, or let it rise slowly (WarmUp).")});
  } else {
    look_for_standstill(epochs, look, found);
    look_for_overfitting(epochs, found);
  }
  return found;
}

RECUR_INLINE std::string cause_of_non_finite(std::span<const EpochReport> epochs,
                                             const EpochReport& unfinished) {
  using namespace detail::diagnosis;
  if (epochs.empty() && unfinished.steps == unfinished.skipped)
    return "It was so from the first step: likely inputs or targets are very large, or the loss is not "
           "defined "
           "for one of them. Bring inputs to a mean of 0 and a deviation of 1 (Scaler).";
  const double usual = epochs.empty() ? usual_norm(unfinished, 0) : epochs.front().mean_norm;
  if (unfinished.clipped == 0 && unfinished.max_norm > 0 && unfinished.max_norm >= 100 * usual)
    return detail::message(
        "Likely the gradient explodes: before, its norm went up to ", shown(unfinished.max_norm),
        usual > 0 ? detail::message(", where ", shown(usual), " is usual") : "", "; limit it: clip_norm.");
  return detail::message("Likely the rate, ", shown(unfinished.rate),
                         ", is too large: divide it by ten, or let it rise slowly (WarmUp).");
}

}  // namespace recur::inline RECUR_ABI
#endif
