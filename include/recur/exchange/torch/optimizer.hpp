// Optimizers of PyTorch: their moments and counts of steps, so that training goes on here, or there.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/parameters.hpp"
#include "recur/core/utf8.hpp"
#include "recur/exchange/torch/pickle.hpp"
#include "recur/exchange/torch/pickle_write.hpp"
#include "recur/exchange/torch/state.hpp"
#include "recur/exchange/torch/weights.hpp"
#include "recur/train/optimizer.hpp"
#include "recur/train/rule.hpp"

namespace recur::inline RECUR_ABI {

/// The state of an optimizer of PyTorch: its settings, and for each parameter, in the order of
/// model.parameters(), the tensors that it remembers.
struct TorchOptimizer {
  struct State {
    bool is_there = false;  ///< a parameter that never had a gradient has none
    std::int64_t steps = 0;
    std::map<std::string, StateTensor, std::less<>> moments;  ///< "exp_avg", "exp_avg_sq", "momentum_buffer"

    const StateTensor* find(std::string_view name) const {
      const auto found = moments.find(name);
      return found == moments.end() ? nullptr : &found->second;
    }
  };

  StateDict tensors;                                    ///< owns the numbers
  std::map<std::string, double, std::less<>> settings;  ///< "lr", "beta1", "eps", ...; flags are 0 or 1
  std::vector<State> states;

  explicit TorchOptimizer(std::filesystem::path path) : tensors(std::move(path), true) {}

  bool has(std::string_view name) const { return settings.find(name) != settings.end(); }
  /// Throws FileError if there is no such setting.
  double setting(std::string_view name) const {
    const auto found = settings.find(name);
    detail::require_file(found != settings.end(), tensors.path(), "has an optimizer without the setting ",
                         detail::quote(name));
    return found->second;
  }

  /// The rules with these settings. An older file does not say whether it is Adam's or AdamW's. Throws FileError for the
  /// settings of another rule, and for amsgrad, maximize and dampening, which recur does not have. Newer versions of PyTorch
  /// write decoupled_weight_decay. It is true for AdamW and false for Adam, so adam() refuses the one and adamw() the other.
  Adam adam() const {
    check_family();
    refuse({"amsgrad", "maximize", "decoupled_weight_decay"});
    return {setting("lr"), setting("beta1"), setting("beta2"), setting("eps"), setting("weight_decay")};
  }
  /// As adam(), for a model that was trained with AdamW. Throws FileError as adam() does, and for a file of Adam.
  AdamW adamw() const {
    check_family();
    refuse({"amsgrad", "maximize"});
    detail::require_file(!has("decoupled_weight_decay") || setting("decoupled_weight_decay") != 0,
                         tensors.path(),
                         "has an optimizer whose decoupled_weight_decay is false: that is Adam's, which "
                         "adam() takes");
    return {setting("lr"), setting("beta1"), setting("beta2"), setting("eps"), setting("weight_decay")};
  }
  /// As adam(), for SGD.
  Sgd sgd() const {
    refuse({"dampening", "maximize"});
    return {setting("lr"), setting("momentum"), setting("weight_decay"), setting("nesterov") != 0};
  }

 private:
  /// RAdam and NAdam have all settings of Adam and AdamW but this one.
  void check_family() const {
    detail::require_file(
        has("amsgrad"), tensors.path(),
        "has an optimizer without the setting \"amsgrad\": it is neither Adam's nor AdamW's");
  }
  void refuse(std::initializer_list<const char*> names) const {
    for (const char* name : names) {
      const auto found = settings.find(name);
      detail::require_file(found == settings.end() || found->second == 0, tensors.path(),
                           "has an optimizer with ", name, ": it can't be taken here");
    }
  }
};

namespace detail::exchange {

/// {"state": {0: {"step": ..., "exp_avg": ...}, ...}, "param_groups": [{"lr": ..., "params": [0, 1, ...]}, ...]}
class OptimizerReader {
 public:
  OptimizerReader(TorchArchive& archive, std::string_view key)
      : archive_(archive), pickle_(archive.pickle()), result_(archive.path()), root_(archive.part(key)) {}

  TorchOptimizer read() {
    const Value* groups = pickle_.find(root_, "param_groups");
    check(groups && groups->kind == Kind::list, "has no list \"param_groups\"");
    bool first = true;
    for (const Value& group : pickle_.elements(*groups)) {
      check(group.kind == Kind::dict, "has a group of parameters that is not a dictionary");
      std::map<std::string, double, std::less<>> settings;
      read_group(group, settings);
      check(first || settings == result_.settings,
            "has groups of parameters with different settings: they can't be taken");
      result_.settings = std::move(settings);
      first = false;
    }
    check(!first, "has no groups of parameters");
    const Value* state = pickle_.find(root_, "state");
    check(state && state->kind == Kind::dict, "has no dictionary \"state\"");
    const auto both = pickle_.elements(*state);
    for (std::size_t i = 0; i + 1 < both.size(); i += 2) {
      check(both[i].kind == Kind::integer && both[i].integer >= 0 &&
                static_cast<std::uint64_t>(both[i].integer) < result_.states.size(),
            "has the state of a parameter that is in no group");
      read_state(both[i + 1], static_cast<std::size_t>(both[i].integer));
    }
    check_numbers(result_.tensors, archive_);
    return std::move(result_);
  }

 private:
  using Value = PickleValue;
  using Kind = Value::Kind;

  template <class... Parts>
  void check(bool legal, const Parts&... parts) const {
    require_file(legal, result_.tensors.path(), "the state of its optimizer ", parts...);
  }
  static bool is_number(const Value& value) {
    return value.kind == Kind::integer || value.kind == Kind::number || value.kind == Kind::flag;
  }
  static double number(const Value& value) {
    return value.kind == Kind::number ? value.number : static_cast<double>(value.integer);
  }

  void read_group(const Value& group, std::map<std::string, double, std::less<>>& settings) {
    const auto both = pickle_.elements(group);
    bool has_parameters = false;
    for (std::size_t i = 0; i + 1 < both.size(); i += 2) {
      check(both[i].kind == Kind::text, "has a setting without a name");
      const std::string name(pickle_.text(both[i]));
      const Value& value = both[i + 1];
      if (name == "params") {
        check(value.kind == Kind::list && !has_parameters, "has a group whose params are no list");
        has_parameters = true;
        for (const Value& index : pickle_.elements(value)) {
          check(index.kind == Kind::integer &&
                    index.integer == static_cast<std::int64_t>(result_.states.size()),
                "has groups whose params are not 0, 1, 2 and so on");
          result_.states.emplace_back();
        }
      } else if (name == "betas") {
        check(value.kind == Kind::tuple && pickle_.elements(value).size() == 2 &&
                  is_number(pickle_.elements(value)[0]) && is_number(pickle_.elements(value)[1]),
              "has betas that are not two numbers");
        settings["beta1"] = number(pickle_.elements(value)[0]);
        settings["beta2"] = number(pickle_.elements(value)[1]);
      } else if (is_number(value)) {
        settings[name] = number(value);
      }
    }
    check(has_parameters, "has a group without params");
  }

  void read_state(const Value& state, std::size_t index) {
    check(state.kind == Kind::dict, "has a state of parameter ", index, " that is not a dictionary");
    auto& its = result_.states[index];
    check(!its.is_there, "has two states of parameter ", index);
    its.is_there = true;
    bool counted = false;
    const auto both = pickle_.elements(state);
    for (std::size_t i = 0; i + 1 < both.size(); i += 2) {
      check(both[i].kind == Kind::text, "has a state of parameter ", index, " with a value without a name");
      const std::string name(pickle_.text(both[i]));
      const Value& value = both[i + 1];
      if (value.kind == Kind::tensor) {
        StateTensor tensor = archive_.tensor(value, name + '.' + std::to_string(index), result_.tensors);
        result_.tensors.add(tensor);
        if (name == "step") {
          its.steps = steps_of(tensor.size() == 1 ? tensor.values<double>()(0) : -1, index);
          counted = true;
        } else {
          its.moments.insert_or_assign(name, std::move(tensor));
        }
      } else if (name == "step") {
        check(is_number(value), "has steps of parameter ", index, " that are no number");
        its.steps = steps_of(number(value), index);
        counted = true;
      } else {
        check(value.kind == Kind::none, "has ", quote(name), " of parameter ", index, ", which is ",
              Pickle::name_of(value.kind), ": it must be a tensor");
      }
    }
    check(counted || !its.find("exp_avg"), "has no steps of parameter ", index);
  }
  std::int64_t steps_of(double steps, std::size_t index) const {
    check(steps >= 0 && steps <= 9007199254740992 && steps == std::floor(steps), "has ", steps,
          " steps of parameter ", index, ": it must be a whole number from 0 to 2^53");
    return static_cast<std::int64_t>(steps);
  }

  TorchArchive& archive_;
  const Pickle& pickle_;
  TorchOptimizer result_;
  const Value& root_;
};

/// PyTorch's names of the moments of a rule, in the rule's order.
template <class Rule>
inline constexpr std::array<const char*, 2> moment_names{"exp_avg", "exp_avg_sq"};
template <>
inline constexpr std::array<const char*, 1> moment_names<Sgd>{"momentum_buffer"};

inline void write_settings(PickleWriter& out, const Adam& rule) {
  out.text("betas"), out.tuple([&] { out.number(rule.beta1), out.number(rule.beta2); });
  out.text("eps"), out.number(rule.epsilon);
  out.text("weight_decay"), out.number(rule.weight_decay);
  for (const char* name : {"amsgrad", "maximize", "capturable"}) out.text(name), out.flag(false);
  out.text("foreach"), out.none();
}
inline void write_settings(PickleWriter& out, const AdamW& rule) {
  write_settings(out, Adam{rule.rate, rule.beta1, rule.beta2, rule.epsilon, rule.weight_decay});
}
inline void write_settings(PickleWriter& out, const Sgd& rule) {
  out.text("momentum"), out.number(rule.momentum);
  out.text("dampening"), out.number(0);
  out.text("weight_decay"), out.number(rule.weight_decay);
  out.text("nesterov"), out.flag(rule.nesterov);
  out.text("maximize"), out.flag(false);
  out.text("foreach"), out.none();
}

/// Whether the optimizer remembers anything. Sgd of PyTorch does not count, so there the moments alone tell.
template <class S, class Rule>
bool remembers(const Optimizer<S>& optimizer, const Rule&) {
  if constexpr (!std::same_as<Rule, Sgd>) return optimizer.steps > 0;
  return std::ranges::any_of(optimizer.moments,
                             [](const auto& moment) { return (moment.array() != S(0)).any(); });
}

template <class Rule>
inline constexpr bool has_torch_rule =
    std::same_as<Rule, Adam> || std::same_as<Rule, AdamW> || std::same_as<Rule, Sgd>;

/// The views of an optimizer's moments, moment by moment, each in the order of the model.
template <class S, class O>
std::vector<ParameterView<S>> moment_views(O& optimizer) {
  std::vector<ParameterView<S>> views;
  for (const auto& p : Parameters<S>(optimizer)) views.push_back(p);
  return views;
}

}  // namespace detail::exchange

/// The state in a file of torch.save(optimizer.state_dict(), path), or in one of several dictionaries there:
///
///   torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, "checkpoint.pt")
///   const TorchOptimizer there = read_torch_optimizer("checkpoint.pt", "optimizer");
///
/// Throws FileError if read_state_dict refuses the file, and if it holds no state of an optimizer.
inline TorchOptimizer read_torch_optimizer(const std::filesystem::path& path, std::string_view key = {}) {
  detail::exchange::torch_format(path);
  detail::exchange::TorchArchive archive(path);
  return detail::exchange::OptimizerReader(archive, key).read();
}
/// The same of bytes in memory, which must live longer. Errors call them `path`.
inline TorchOptimizer parse_torch_optimizer(std::string_view bytes, std::string_view key = {},
                                            const std::filesystem::path& path = "optimizer") {
  detail::exchange::torch_format(bytes, path);
  detail::exchange::TorchArchive archive(bytes, path);
  return detail::exchange::OptimizerReader(archive, key).read();
}

/// Takes moments and steps of an optimizer of PyTorch for a model that took its state dict:
///
///   auto dict = read_state_dict("checkpoint.pt", "model");
///   auto there = read_torch_optimizer("checkpoint.pt", "optimizer");
///   take_state_dict(model, dict, names);
///   Optimizer optimizer(model, there.adam());
///   names.set_order(dict);
///   take_optimizer_state(optimizer, model, there, names);
///
/// PyTorch numbers the parameters in the order of model.parameters(), which is names.order; without it they are in the
/// order of the model here. Settings are the caller's: see TorchOptimizer::adam. A parameter without a state gets zeros, and
/// Adam without any state begins at step 0.
///
/// Throws std::invalid_argument for names that don't fit the model, and for an optimizer that is not Adam, AdamW or Sgd.
/// Throws FileError, before anything is changed, if the number of parameters, a moment or its shape differs, or if the
/// parameters have taken different numbers of steps, which an Optimizer can't have. SGD of PyTorch does not count: `steps`
/// then stays.
template <class S, Visitable Model>
void take_optimizer_state(Optimizer<S>& optimizer, const Model& model, const TorchOptimizer& from,
                          const TorchNames& names = {}) {
  using namespace detail::exchange;
  const Parameters<const S> parameters(model);
  const auto views = moment_views<S>(optimizer);
  const std::size_t moments = optimizer.moments.size();
  require(views.size() == moments * parameters.size(), "the optimizer has ", views.size(),
          " moments of parameters: of ", parameters.size(), " parameters it must have ", moments, " each");
  const auto& path = from.tensors.path();
  const auto chosen = chosen_names(names_of(parameters), names);
  std::vector<const TorchOptimizer::State*> states(parameters.size(), nullptr);
  std::size_t index = 0;
  for_each_in_order(chosen, names, [&](const std::string&, std::size_t k) {
    if (index < from.states.size()) states[k] = &from.states[index];
    ++index;
  });
  detail::require_file(index == from.states.size(), path, "has an optimizer of ", from.states.size(),
                       " parameters: the model has ", index);
  constexpr std::array<const char*, 2> adam = moment_names<Adam>;
  constexpr std::array<const char*, 1> sgd = moment_names<Sgd>;
  require(moments <= 2, "the optimizer has ", moments, " moments: Adam, AdamW and Sgd have at most 2");
  require(views.empty() || Parameters<S>(optimizer)[0].name.starts_with(moments == 2 ? "m." : "momentum."),
          "the optimizer has moments of another rule: it must be Adam, AdamW or Sgd");
  std::int64_t steps = -1;
  std::vector<std::pair<const ParameterView<S>*, StateTensor>> loads;
  std::vector<const ParameterView<S>*> zeros;
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    const bool there = states[k] && states[k]->is_there;
    if (there && moments == 2) {
      detail::require_file(steps < 0 || steps == states[k]->steps, path, "has an optimizer that has taken ",
                           steps, " steps of one parameter and ", states[k]->steps, " of ",
                           detail::quote(chosen[k]), ": here they must be equal");
      steps = states[k]->steps;
    }
    for (std::size_t m = 0; m < moments; ++m) {
      const ParameterView<S>& view = views[m * parameters.size() + k];
      const char* const name = moments == 2 ? adam[m] : sgd[m];
      const StateTensor* const tensor = there ? states[k]->find(name) : nullptr;
      const bool is_plain = moments == 1 && there && states[k]->moments.empty();  // SGD without momentum
      detail::require_file(!there || tensor || is_plain, path, "has an optimizer without ", name, " of ",
                           detail::quote(chosen[k]));
      if (!tensor) {
        zeros.push_back(&view);
        continue;
      }
      auto turned = fitted(view, *tensor);
      detail::require_file(turned && tensor->is_floating(), path, "has ", name, " of ",
                           detail::quote(chosen[k]), ' ', detail::describe(tensor->shape), " of ",
                           detail::name_of(tensor->dtype), " in its optimizer: the parameter is ",
                           detail::describe(detail::weights::shape_of(view)));
      check_range<S>(*tensor, path);
      loads.emplace_back(&view, std::move(*turned));
    }
  }
  for (const auto* view : zeros) std::fill_n(view->data, view->size(), S(0));
  for (const auto& [view, tensor] : loads) load<S>(*view, tensor);
  if (moments == 2) optimizer.steps = std::max<std::int64_t>(steps, 0);
}

/// Saves a model and its optimizer for PyTorch, in a .pt file:
///
///   save_torch("checkpoint.pt", model, optimizer, Adam{.rate = 1e-3}, names);
///   checkpoint = torch.load("checkpoint.pt")
///   model.load_state_dict(checkpoint["model"])
///   optimizer.load_state_dict(checkpoint["optimizer"])
///
/// `rule` is that of the optimizer, Adam, AdamW or Sgd; its rate is taken from the optimizer. Parameters are numbered in
/// names.order, which must be the order of model.parameters() there; without it they are in the order of the model
/// here. Throws what save_torch of a model throws, and std::invalid_argument if the path does not end in .pt or .pth or
/// the rule has other moments than the optimizer.
template <Visitable Model, class S, class Rule>
requires detail::exchange::has_torch_rule<Rule>
void save_torch(const std::filesystem::path& path, const Model& model, const Optimizer<S>& optimizer,
                const Rule& rule, const TorchNames& names = {}) {
  using namespace detail::exchange;
  require(is_archive_name(path), "a file called ", detail::quote(detail::in_utf8(path)),
          " was to hold an optimizer: its name must end in .pt or .pth");
  const Parameters<const S> parameters(model);
  const auto views = moment_views<const S>(optimizer);
  require(optimizer.moments.size() == Rule::moments.size() &&
              views.size() == Rule::moments.size() * parameters.size(),
          "the optimizer has ", optimizer.moments.size(), " moments: its rule must have as many, and has ",
          Rule::moments.size());
  const auto chosen = chosen_names(names_of(parameters), names);
  auto tensors = tensors_of<S>(parameters, names);
  const std::size_t count = tensors.size();
  const Kernels kernels(names);

  ArchiveWriter out;
  PickleWriter& pickle = out.pickle;
  pickle.dict([&] {
    pickle.text("model"), out.state_dict(std::move(tensors));
    pickle.text("optimizer"), pickle.dict([&] {
      pickle.text("state"), pickle.dict([&] {
        std::int64_t index = 0;
        if (remembers(optimizer, rule))
          for_each_in_order(chosen, names, [&](const std::string& name, std::size_t k) {
            pickle.integer(index++), pickle.dict([&] {
              if (!std::same_as<Rule, Sgd>) {
                const VectorX<float> steps = VectorX<float>::Constant(1, static_cast<float>(optimizer.steps));
                StoredTensor step = detail::weights::store(detail::parameter_of(steps));
                step.shape.clear();
                pickle.text("step"), out.tensor(std::move(step));
              }
              for (std::size_t m = 0; m < Rule::moments.size(); ++m) {
                const ParameterView<const S>& view = views[m * parameters.size() + k];
                pickle.text(moment_names<Rule>[m]), out.tensor(stored<S>(view, kernels.of(name, view)));
              }
            });
          });
      });
      pickle.text("param_groups"), pickle.list([&] {
        pickle.dict([&] {
          pickle.text("lr"), pickle.number(optimizer.rate());
          write_settings(pickle, rule);
          pickle.text("params"), pickle.list([&] {
            for (std::size_t i = 0; i < count; ++i) pickle.integer(static_cast<std::int64_t>(i));
          });
        });
      });
    });
  });
  out.write(path);
}

}  // namespace recur::inline RECUR_ABI
