// Optimizers. A rule (train/rule.hpp) is the mathematics of one step, with its settings. An Optimizer applies a rule
// to every parameter of a model. It holds the rule's moments, that is its memory, as arrays.
//
//   Optimizer optimizer(model, Adam{.rate = 1e-3});
//   optimizer.step(model, gradient);
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "recur/core/compiled.hpp"
#include "recur/core/denormals.hpp"
#include "recur/core/error.hpp"
#include "recur/core/parameters.hpp"
#include "recur/core/threads.hpp"
#include "recur/core/utf8.hpp"
#include "recur/train/rule.hpp"

namespace recur::inline RECUR_ABI {

namespace detail::optimizer {

template <class S>
using Numbers = Eigen::Array<S, Dynamic, 1>;

inline constexpr std::size_t most_moments = 8;

/// A rule for numbers of S. Its type is known only at run time.
template <class S>
class AnyRule {
 public:
  virtual ~AnyRule() = default;
  virtual std::unique_ptr<AnyRule> copy() const = 0;
  virtual std::span<const char* const> moments() const = 0;
  virtual double rate() const = 0;
  virtual void set_rate(double rate) = 0;
  /// Throws if the rule is not legal at this rate. A rate that rounds to 0 is legal: the weights then stay.
  virtual void check(double rate) const = 0;
  /// Comes before the updates of a step; the first step is 1. Group g moves at factors[g] times the rate.
  virtual void begin(std::int64_t step, std::span<const double> factors) = 0;
  /// One step for `count` numbers: moments[i][k] belongs to p[k].
  virtual void update(std::size_t group, S* p, const S* g, std::span<S* const> moments,
                      Index count) const = 0;
};

template <class S, class Rule>
class RuleOf final : public AnyRule<S> {
  static_assert(Rule::moments.size() <= most_moments, "a rule may have at most 8 moments");

 public:
  explicit RuleOf(Rule rule) : rule_(std::move(rule)) {
    check(rule_);
    updates_.reserve(1);  // so that the first step allocates nothing
  }
  RuleOf(const RuleOf& other) : AnyRule<S>(other), rule_(other.rule_) {
    updates_.reserve(other.updates_.capacity());
  }
  std::unique_ptr<AnyRule<S>> copy() const override { return std::make_unique<RuleOf>(*this); }

  std::span<const char* const> moments() const override { return Rule::moments; }
  double rate() const override { return rule_.rate; }
  void set_rate(double rate) override { rule_.rate = rate; }
  void check(double rate) const override {
    Rule rule = rule_;
    rule.rate = std::max(rate, static_cast<double>(std::numeric_limits<S>::min()));
    check(rule);
  }

  void begin(std::int64_t step, std::span<const double> factors) override {
    updates_.clear();
    for (const double factor : factors) {
      Rule rule = rule_;
      rule.rate *= factor;
      updates_.push_back(rule.template update<S>(step));
    }
  }
  void update(std::size_t group, S* p, const S* g, std::span<S* const> moments, Index count) const override {
    const auto apply = [&]<std::size_t... i>(std::index_sequence<i...>) {
      updates_[group](Eigen::Map<Numbers<S>>(p, count), Eigen::Map<const Numbers<S>>(g, count),
                      Eigen::Map<Numbers<S>>(moments[i], count)...);
    };
    apply(std::make_index_sequence<Rule::moments.size()>{});
  }

 private:
  using Update = decltype(std::declval<const Rule&>().template update<S>(std::int64_t{}));

  static void check(const Rule& rule) {
    if constexpr (requires { rule.template check<S>(); })
      rule.template check<S>();
    else
      rule.check();
  }

  Rule rule_;
  std::vector<Update> updates_;  // of each group in the present step
};

/// Only this function knows the type of a rule.
template <class S, class Rule>
std::unique_ptr<AnyRule<S>> make_rule(Rule rule) {
  return std::make_unique<RuleOf<S, Rule>>(std::move(rule));
}

/// Whether a name fits a pattern. Each * in the pattern stands for any text, also with dots.
RECUR_INLINE bool matches(std::string_view pattern, std::string_view name);
#if RECUR_DEFINES
RECUR_INLINE bool matches(std::string_view pattern, std::string_view name) {
  std::size_t p = 0, n = 0, star = std::string_view::npos,
              taken = 0;  // the last star, and where its text ends
  while (n < name.size())
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++taken;
    } else {
      return false;
    }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}
#endif

}  // namespace detail::optimizer

/// A rule with its moments for every parameter of a model. Only the constructor knows the types of rule and
/// model.
///
/// Throws std::invalid_argument if a setting of the rule is not legal for the scalar of the model. `step`
/// throws it if model, gradient or moments have other sizes than the model that the optimizer was made for; it then
/// changes nothing. `step` allocates nothing, except in the first step after a new rate factor.
///
/// A copy of an Optimizer with a copy of its model trains on exactly like the first. An optimizer that was
/// saved and loaded (save_weights, load_weights) does too. The file has the moments and the number of steps, with
/// which Adam corrects its moments. It does not have the settings of the rule, its rate and the rate factors:
/// set them again.
template <class S>
class Optimizer {
 public:
  using Scalar = S;

  std::vector<VectorX<S>> moments;  ///< by the rule's names, each for all numbers of the model in their order
  std::int64_t steps = 0;           ///< taken so far

  template <class Model, class Rule>
  RECUR_COLD Optimizer(const Model& model, Rule rule)
      : Optimizer(detail::optimizer::make_rule<S>(std::move(rule)), Parameters<const S>(model)) {}
  Optimizer(const Optimizer& other);
  Optimizer(Optimizer&&) noexcept = default;
  Optimizer& operator=(const Optimizer& other) { return *this = Optimizer(other); }
  Optimizer& operator=(Optimizer&&) noexcept = default;
  ~Optimizer();

  double rate() const { return rule().rate(); }
  /// Takes effect at the next step. A schedule may end at zero, so zero is legal here: the weights then stay.
  /// Throws std::invalid_argument, like the constructor, for a rate that is not legal with the other settings
  /// of the rule or with the rate factors.
  void set_rate(double rate);

  /// From the next step on, trains the parameters with names that fit the pattern at `factor` times the rate.
  /// A pattern is "body.0.weight" or "body.*", where * stands for any text. If several patterns fit a
  /// parameter, the last one counts. Throws std::invalid_argument for a factor that is negative or not
  /// finite, or with which the rate is not legal, and if no parameter fits.
  void set_rate_factor(std::string_view pattern, double factor);
  /// Keeps the parameters with names that fit the pattern, and their moments, unchanged until they get a rate
  /// factor. Their gradient is still computed, and it counts in the norm that clipping uses. Adam counts the
  /// steps of all parameters together. A parameter that was frozen from the start therefore takes steps of up
  /// to seven times its rate when it is freed: begin there with a smaller factor.
  void freeze(std::string_view pattern) { set_rate_factor(pattern, 0); }

  /// The factor of each parameter, in their order.
  std::vector<double> rate_factors() const;
  /// Sets the rate and the factor of each parameter at once, as they were in another optimizer for the same model.
  /// Throws std::invalid_argument, before anything is changed, for numbers that are not legal.
  RECUR_COLD void set_rates(double rate, std::span<const double> factors);
  /// Throws std::invalid_argument for what set_rates would refuse.
  RECUR_COLD void check_rates(double rate, std::span<const double> factors) const;

  /// Throws std::invalid_argument unless these parameters have the sizes of the model that the optimizer was
  /// made for.
  void check(const Parameters<S>& model) const;

  /// One step of the model against its gradient. It runs on up to `threads` threads if that is worth it; the
  /// result is the same. Model and gradient may also be lists of parameters.
  template <Visitable Model>
  void step(Model& model, const Model& gradient, int threads = 1) {
    static_cast<void>(rule());
    model_.rebind(model);
    gradient_.rebind(gradient, "the gradient");
    step(threads);
  }
  void step(const Parameters<S>& model, const Parameters<S>& gradient, int threads = 1);

  /// The contents of the optimizer's file: the moments, with names such as "m.body.0.weight", and "steps", an
  /// integer.
  template <class F, class Self>
  static void visit(const Name& at, F&& f, Self& self) {
    self.check_moments();
    using Number = std::conditional_t<std::is_const_v<Self>, const S, S>;
    for (std::size_t i = 0; i < self.moments.size(); ++i) {
      Index before = 0;
      for (const auto& p : self.model_) {
        const ParameterView<Number> moment{
            self.moments[i].data() + before, p.rows, p.columns, p.is_vector, p.is_row_major, nullptr};
        f(at / self.rule_->moments()[i] / std::string_view(p.name), moment);
        before += p.size();
      }
    }
    f(at / "steps", self.steps);
  }

 private:
  RECUR_COLD Optimizer(std::unique_ptr<detail::optimizer::AnyRule<S>> rule, Parameters<const S> model);
  void step(int threads);

  /// Throws std::invalid_argument if the optimizer was moved from.
  const detail::optimizer::AnyRule<S>& rule() const;

  /// Throws std::invalid_argument unless the moments, which are public, are those of the rule for all numbers.
  void check_moments() const;

  /// Updates the numbers [begin, end) of all, in pieces. A piece and its moments fit into the first-level
  /// cache, so an update of several expressions reads and writes memory once.
  void update(Index begin, Index end);

  static constexpr Index chunk = 1024, worth_a_thread = 65536;

  std::unique_ptr<detail::optimizer::AnyRule<S>> rule_;
  Parameters<const S> gradient_;       // of the last step; before the first, its places are not read
  Parameters<S> model_;                // of the last step; before the first, only names and sizes
  std::vector<std::size_t> group_;     // of each parameter
  std::vector<double> factors_ = {1};  // times the rate, for each group
};
template <class Model, class Rule>
Optimizer(const Model&, Rule) -> Optimizer<typename Model::Scalar>;

#if RECUR_DEFINES
template <class S>
Optimizer<S>::Optimizer(std::unique_ptr<detail::optimizer::AnyRule<S>> rule, Parameters<const S> model)
    : rule_(std::move(rule)), gradient_(std::move(model)), model_(gradient_), group_(model_.size(), 0) {
  moments.resize(rule_->moments().size());
  for (auto& moment : moments) recur::detail::set_zero(moment, count_parameters(model_));
}

template <class S>
Optimizer<S>::Optimizer(const Optimizer& other)
    : moments(other.moments),
      steps(other.steps),
      rule_(other.rule().copy()),
      gradient_(other.gradient_),
      model_(other.model_),
      group_(other.group_),
      factors_(other.factors_) {}

template <class S>
Optimizer<S>::~Optimizer() = default;

template <class S>
const detail::optimizer::AnyRule<S>& Optimizer<S>::rule() const {
  require(rule_ != nullptr, "an optimizer that was moved from was used: it has no rule");
  return *rule_;
}

template <class S>
void Optimizer<S>::check_moments() const {
  const Index all = count_parameters(model_);
  bool fit = moments.size() == rule().moments().size();
  for (const auto& moment : moments) fit = fit && moment.size() == all;
  require(fit, "the moments of an optimizer have other sizes than its model, which has ", all,
          " numbers: they must keep the sizes that they were made with");
}

template <class S>
void Optimizer<S>::check(const Parameters<S>& model) const {
  static_cast<void>(rule());  // throws if it was moved from
  Parameters<const S> sizes = gradient_;
  sizes.rebind(model);
}

template <class S>
void Optimizer<S>::set_rate(double rate) {
  detail::optimizer::check_not_negative<S>("learning rate", rate);
  const auto& rule = this->rule();
  for (const std::size_t group : group_) rule.check(rate * factors_[group]);
  rule_->set_rate(rate);
}

template <class S>
std::vector<double> Optimizer<S>::rate_factors() const {
  std::vector<double> factors;
  for (const std::size_t group : group_) factors.push_back(factors_[group]);
  return factors;
}

template <class S>
void Optimizer<S>::set_rate_factor(std::string_view pattern, double factor) {
  detail::optimizer::check_not_negative<S>("rate factor", factor);
  rule().check(rule().rate() * factor);
  std::vector<std::size_t> fitting;
  for (std::size_t k = 0; k < model_.size(); ++k)
    if (detail::optimizer::matches(pattern, model_[k].name)) fitting.push_back(k);
  require(!fitting.empty(), "no parameter of the model fits the pattern ", detail::quote(pattern),
          ": its first parameter is ", detail::quote(model_.size() == 0 ? "" : model_[0].name));
  std::size_t group = 0;  // one of this factor, or one that no other parameter needs
  const auto is_needed = [&](std::size_t g) {
    for (std::size_t k = 0; k < group_.size(); ++k)
      if (group_[k] == g && !std::binary_search(fitting.begin(), fitting.end(), k)) return true;
    return false;
  };
  while (group < factors_.size() && factors_[group] != factor && is_needed(group)) ++group;
  factors_.resize(std::max(factors_.size(), group + 1));
  factors_[group] = factor;
  for (const std::size_t k : fitting) group_[k] = group;
}

template <class S>
void Optimizer<S>::check_rates(double rate, std::span<const double> factors) const {
  const auto& its_rule = rule();  // throws if the optimizer was moved from
  require(factors.size() == group_.size(), factors.size(), " rate factors for ", group_.size(),
          " parameters: there must be one for each");
  detail::optimizer::check_not_negative<S>("learning rate", rate);
  for (const double factor : factors) {
    detail::optimizer::check_not_negative<S>("rate factor", factor);
    its_rule.check(rate * factor);
  }
}

template <class S>
void Optimizer<S>::set_rates(double rate, std::span<const double> factors) {
  check_rates(rate, factors);
  std::vector<double> different;
  for (std::size_t k = 0; k < factors.size(); ++k) {
    const auto found = std::find(different.begin(), different.end(), factors[k]);
    group_[k] = static_cast<std::size_t>(found - different.begin());
    if (found == different.end()) different.push_back(factors[k]);
  }
  if (!different.empty()) factors_ = std::move(different);
  rule_->set_rate(rate);
}

template <class S>
void Optimizer<S>::step(const Parameters<S>& model, const Parameters<S>& gradient, int threads) {
  static_cast<void>(rule());  // throws if it was moved from
  model_.rebind(model);
  gradient_.rebind(gradient, "the gradient");
  step(threads);
}

template <class S>
void Optimizer<S>::step(int threads) {
  detail::check_threads("a step of the optimizer", threads);
  require(steps >= 0, "an optimizer has made ", steps, " steps: it must be at least 0");
  check_moments();
  for (std::size_t k = 0; k < model_.size(); ++k)
    require(model_[k].data != gradient_[k].data || model_[k].size() == 0,
            "an optimizer was given the parameter ", model_[k].name,
            " of the model itself as its gradient: the gradient must be another value");
  const Index all = count_parameters(model_), worth = std::max<Index>(1, all / worth_a_thread);
  const auto workers = static_cast<int>(std::clamp<Index>(threads, 1, worth));
  rule_->begin(++steps, factors_);
  // Each worker has its own part, in one piece. Where two parts meet, two processors ask for the same lines
  // of memory; this way there are few such lines.
  parallel(workers, [&](int worker) {
    const FlushDenormals flush;  // moments of rows that are no longer touched fade away
    update(all * worker / workers, all * (worker + 1) / workers);
  });
}

template <class S>
void Optimizer<S>::update(Index begin, Index end) {
  std::array<S*, detail::optimizer::most_moments> moment;
  Index before = 0;  // numbers of the parameters so far
  for (std::size_t k = 0; k < model_.size(); ++k) {
    const Index size = model_[k].size(), first = std::clamp<Index>(begin - before, 0, size),
                last = std::clamp<Index>(end - before, 0, size);
    if (factors_[group_[k]] != 0)
      for (Index i = first; i < last; i += chunk) {
        for (std::size_t m = 0; m < moments.size(); ++m) moment[m] = moments[m].data() + before + i;
        rule_->update(group_[k], model_[k].data + i, gradient_[k].data + i,
                      std::span(moment).first(moments.size()), std::min(chunk, last - i));
      }
    before += size;
  }
}
#endif

/// Settings for a rule that is chosen by name. The rule's defaults hold for all that is not set.
struct RuleSettings {
  std::optional<double> rate{}, weight_decay{};  ///< as in the rule; none: the rule's own
  std::optional<double> momentum{};              ///< of "momentum" and "nesterov"; none: 0.9
  std::optional<double> beta1{}, beta2{};        ///< of "adam" and "adamw"
  std::optional<double> alpha{};                 ///< of "rmsprop"
  std::optional<double> epsilon{};               ///< of all but "sgd", "momentum" and "nesterov"
};

namespace detail::optimizer {

/// Gives a rule a setting, if it was set. member(rule) is its place; a rule without it refuses it.
template <class Rule, class Member>
void set(Rule& rule, std::string_view rule_name, const char* name, const std::optional<double>& value,
         Member member) {
  if (!value) return;
  if constexpr (std::invocable<Member, Rule&>)
    member(rule) = *value;
  else
    refuse({"the optimizer ", rule_name, " was given ", name, " ", *value, ", which it doesn't have"});
}

}  // namespace detail::optimizer

/// The names that make_optimizer knows.
inline constexpr auto rule_names =
    std::array{"sgd", "momentum", "nesterov", "rmsprop", "adagrad", "adam", "adamw"};

namespace detail::optimizer {

/// Throws std::invalid_argument for a name that is not in rule_names, and for a momentum of a rule that has none.
RECUR_INLINE void check_name(std::string_view rule, const RuleSettings& settings);
#if RECUR_DEFINES
RECUR_INLINE void check_name(std::string_view rule, const RuleSettings& settings) {
  if (rule == "momentum" || rule == "nesterov") return;
  if (std::find(rule_names.begin(), rule_names.end(), rule) == rule_names.end()) {
    std::string legal;
    for (const char* name : rule_names) legal += (legal.empty() ? "" : ", ") + std::string(name);
    refuse({"no optimizer is called ", quote(rule), ": there are ", legal});
  }
  if (settings.momentum)
    refuse({"momentum ", *settings.momentum, " for the optimizer ", quote(rule),
            ": only momentum and nesterov have one"});
}
#endif

}  // namespace detail::optimizer

/// An optimizer with a rule that is chosen by name at run time: `sgd` is Sgd without momentum, `momentum` and
/// `nesterov` are Sgd with one. Throws std::invalid_argument for a name that is not in rule_names, for a momentum, beta,
/// alpha or epsilon that the rule doesn't have, and as Optimizer does.
template <Visitable Model>
Optimizer<typename Model::Scalar> make_optimizer(const Model& model, std::string_view rule,
                                                 const RuleSettings& settings = {}) {
  const auto with = [&](auto its) -> Optimizer<typename Model::Scalar> {
    its.rate = settings.rate.value_or(its.rate);
    its.weight_decay = settings.weight_decay.value_or(its.weight_decay);
    using detail::optimizer::set;
    set(its, rule, "beta1", settings.beta1, [](auto& r) -> decltype((r.beta1)) { return r.beta1; });
    set(its, rule, "beta2", settings.beta2, [](auto& r) -> decltype((r.beta2)) { return r.beta2; });
    set(its, rule, "alpha", settings.alpha, [](auto& r) -> decltype((r.alpha)) { return r.alpha; });
    set(its, rule, "epsilon", settings.epsilon, [](auto& r) -> decltype((r.epsilon)) { return r.epsilon; });
    return {model, its};
  };
  detail::optimizer::check_name(rule, settings);
  if (rule == "momentum" || rule == "nesterov")
    return with(
        Sgd{.momentum = settings.momentum ? *settings.momentum : 0.9, .nesterov = rule == "nesterov"});
  if (rule == "sgd") return with(Sgd{});
  if (rule == "rmsprop") return with(RmsProp{});
  if (rule == "adagrad") return with(Adagrad{});
  if (rule == "adam") return with(Adam{});
  return with(AdamW{});
}

}  // namespace recur::inline RECUR_ABI

#define RECUR_COMPILED_RULES(how, S)                              \
  how template std::unique_ptr<AnyRule<S>> make_rule<S>(Sgd);     \
  how template std::unique_ptr<AnyRule<S>> make_rule<S>(RmsProp); \
  how template std::unique_ptr<AnyRule<S>> make_rule<S>(Adagrad); \
  how template std::unique_ptr<AnyRule<S>> make_rule<S>(Adam);    \
  how template std::unique_ptr<AnyRule<S>> make_rule<S>(AdamW);
#define RECUR_COMPILED_OPTIMIZER(S) template class Optimizer<S>;
#if defined(RECUR_COMPILED)
namespace recur::inline RECUR_ABI::detail::optimizer {
RECUR_COMPILED_RULES(extern, float)
RECUR_COMPILED_RULES(extern, double)
}  // namespace recur::inline RECUR_ABI::detail::optimizer
#endif
