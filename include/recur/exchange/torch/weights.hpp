// Weights of PyTorch's modules into a model, and back: which tensor belongs to which parameter.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <ostream>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/file.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/parameters.hpp"
#include "recur/core/utf8.hpp"
#include "recur/exchange/torch/options.hpp"
#include "recur/exchange/torch/pickle_write.hpp"
#include "recur/exchange/torch/state.hpp"
#include "recur/exchange/zip_file.hpp"
#include "recur/io/safetensors.hpp"
#include "recur/io/tensor_file.hpp"
#include "recur/io/weights.hpp"

namespace recur::inline RECUR_ABI {

inline void TorchNames::set_order(const StateDict& dict) {
  require(dict.has_order(), "the order of a safetensors file was asked for: it is sorted by name");
  const std::set<std::string_view> skipped(skip.begin(), skip.end());
  order.clear();
  for (const auto& tensor : dict)
    if (!skipped.contains(tensor.name)) order.push_back(tensor.name);
}

/// The steps that take_state_dict would take.
struct StateDictPlan {
  struct Step {
    std::string tensor, parameter;  ///< there, here; an empty one there is zero here
    std::vector<std::uint64_t> tensor_shape, parameter_shape;
    std::string problem{};  ///< why it can't be; empty if it can
  };
  struct Left {
    std::string name;
    std::vector<std::uint64_t> shape;
  };

  std::vector<Step> steps;    ///< in the order of the model
  std::vector<Left> missing;  ///< parameters without a tensor, by the names that the tensors should have
  std::vector<Left> surplus;  ///< tensors without a parameter

  /// Whether nothing is missing or left over, and every step can be made.
  bool is_complete() const {
    return missing.empty() && surplus.empty() &&
           std::ranges::all_of(steps, [](const Step& step) { return step.problem.empty(); });
  }
  /// A line for each tensor and parameter.
  std::string describe() const {
    std::string text;
    for (const auto& s : steps) {
      text += (s.tensor.empty() ? "zero" : s.tensor + ' ' + detail::describe(s.tensor_shape)) + " -> " +
              s.parameter;
      if (!s.problem.empty()) text += ' ' + detail::describe(s.parameter_shape) + ": " + s.problem;
      text += '\n';
    }
    for (const auto& left : missing)
      text += "missing: " + left.name + ' ' + detail::describe(left.shape) + '\n';
    for (const auto& left : surplus)
      text += "left over: " + left.name + ' ' + detail::describe(left.shape) + '\n';
    return text;
  }
  friend std::ostream& operator<<(std::ostream& out, const StateDictPlan& plan) {
    return out << plan.describe();
  }
};

namespace detail::exchange {

/// "body.1.reverse.weight_ih" is in the layer "body.1", reverse, "weight_ih".
struct RecurrentName {
  std::string layer, leaf;
  bool reverse = false;

  static std::optional<RecurrentName> of(const std::string& name) {
    constexpr std::array leaves{"weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr"};
    const std::size_t dot = name.rfind('.');
    RecurrentName parts{dot == name.npos ? "" : name.substr(0, dot),
                        dot == name.npos ? name : name.substr(dot + 1)};
    if (std::ranges::find(leaves, parts.leaf) == leaves.end()) return {};
    for (const std::string direction : {"forward", "reverse"}) {
      if (parts.layer != direction && !parts.layer.ends_with('.' + direction)) continue;
      parts.reverse = direction == "reverse";
      parts.layer.resize(parts.layer.size() - direction.size());
      if (!parts.layer.empty()) parts.layer.pop_back();
      break;
    }
    return parts;
  }
};

inline std::string join_names(const std::string& a, const std::string& b) {
  return a.empty() || b.empty() ? a + b : a + '.' + b;
}

/// PyTorch's names for each parameter, the most likely one first.
inline std::vector<std::vector<std::string>> torch_names(const std::vector<std::string>& parameters,
                                                         const TorchNames& names) {
  std::vector<std::vector<std::string>> all;
  std::vector<std::vector<std::string>> layers(names.pairs.size());  // recurrent, of each pair
  std::map<std::string_view, std::size_t> pair_of;                   // by the name here
  for (std::size_t i = 0; i < names.pairs.size(); ++i) pair_of.try_emplace(names.pairs[i].second, i);
  for (const std::string& name : parameters) {
    std::size_t best = names.pairs.size();
    for (std::string_view whole = name;;) {  // the longest name here that it is below
      if (const auto found = pair_of.find(whole); found != pair_of.end()) {
        best = found->second;
        break;
      }
      if (whole.empty()) break;
      const auto dot = whole.rfind('.');
      whole = dot == whole.npos ? std::string_view() : whole.substr(0, dot);
    }
    const bool paired = best < names.pairs.size();
    const std::string there = paired ? names.pairs[best].first : "",
                      here = paired ? names.pairs[best].second : "";
    const auto rest_of = [&](const std::string& whole) {
      return here.empty() ? whole : whole.substr(std::min(whole.size(), here.size() + 1));
    };
    const auto recurrent = RecurrentName::of(name);
    if (!recurrent) {
      all.push_back({join_names(there, rest_of(name))});
      continue;
    }
    const std::string own = join_names(there, rest_of(recurrent->layer)),
                      end = recurrent->reverse ? "_reverse" : "";
    std::vector<std::string> candidates;
    if (paired) {
      auto& known = layers[best];
      if (known.empty() || known.back() != recurrent->layer) known.push_back(recurrent->layer);
      candidates.push_back(
          join_names(there, recurrent->leaf + "_l" + std::to_string(known.size() - 1) + end));
    }
    candidates.push_back(join_names(own, recurrent->leaf + "_l0" + end));
    candidates.push_back(join_names(own, recurrent->leaf));
    if (names.cells) std::ranges::reverse(candidates);
    all.push_back(std::move(candidates));
  }
  return all;
}

/// Whether PyTorch lacks the parameter that has one of these names.
class Absent {
 public:
  explicit Absent(const TorchNames& names) : names_(names.absent.begin(), names.absent.end()) {}
  bool operator()(const std::vector<std::string>& candidates) const {
    return std::ranges::any_of(candidates, [&](const auto& n) { return names_.contains(n); });
  }

 private:
  std::set<std::string_view> names_;
};

/// The name of each parameter in PyTorch, of those in names.order if there is one; empty for one that is absent there.
/// Throws std::invalid_argument for names that are not in the order, or twice.
inline std::vector<std::string> chosen_names(const std::vector<std::string>& parameters,
                                             const TorchNames& names) {
  const std::set<std::string, std::less<>> legal(names.order.begin(), names.order.end());
  std::set<std::string, std::less<>> taken;
  const Absent is_absent(names);
  std::vector<std::string> chosen;
  for (const auto& candidates : torch_names(parameters, names)) {
    const auto found =
        legal.empty() ? candidates.begin()
                      : std::ranges::find_if(candidates, [&](const auto& n) { return legal.contains(n); });
    if (is_absent(candidates)) {
      chosen.emplace_back();
      continue;
    }
    require(found != candidates.end(), "the parameter ", quote(parameters[chosen.size()]),
            " should be called ", quote(candidates.front()), ", which is not in the order of names");
    require(taken.insert(*found).second, "two parameters should be called ", quote(*found),
            ": give each module its own pair of names");
    chosen.push_back(*found);
  }
  require(legal.size() == names.order.size(), "a name is twice in the order of names");
  require(legal.empty() || legal.size() == taken.size(), "the order of names has ", legal.size(),
          " of them, but the model ", taken.size(), " parameters");
  return chosen;
}

/// The tensor as p has it: the kernel of an nn.Conv1d, O × I × K, becomes O × K·I. Empty if its shape is another.
template <class S>
std::optional<StateTensor> fitted(const ParameterView<S>& p, const StateTensor& tensor) {
  if (tensor.shape == weights::shape_of(p)) return tensor;
  if (p.is_vector || tensor.shape.size() != 3) return {};
  const auto rows = static_cast<std::uint64_t>(p.rows), columns = static_cast<std::uint64_t>(p.columns);
  const auto& shape = tensor.shape;
  if (shape[0] != rows || shape[1] == 0 || columns % shape[1] != 0 || columns / shape[1] != shape[2])
    return {};
  StateTensor turned = tensor;
  std::swap(turned.shape[1], turned.shape[2]);
  std::swap(turned.strides[1], turned.strides[2]);
  return turned;
}

/// Throws FileError if a number is too large for S, infinite or no number.
template <class S>
void check_range(const StateTensor& tensor, const std::filesystem::path& path) {
  if (tensor.is_finite && tensor.dtype == Dtype::f32) return;
  const auto refuse_unless = [&](bool legal, auto number) {
    require_file(legal, path, "tensor ", quote(tensor.name), " holds ", number,
                 ": a weight must be finite in ", std::same_as<S, float> ? "single" : "double", " precision");
  };
  const auto check = [&](const S* numbers, std::uint64_t count) {
    if (arrays::all_finite(numbers, static_cast<Index>(count))) return;
    for (std::uint64_t i = 0; i < count; ++i) refuse_unless(std::isfinite(numbers[i]), numbers[i]);
  };
  const bool as_is =
      tensor.dtype == (std::same_as<S, float> ? Dtype::f32 : Dtype::f64) && tensor.is_contiguous();
  const auto address = reinterpret_cast<std::uintptr_t>(tensor.data);
  if (as_is && address % alignof(S) == 0) {
    check(reinterpret_cast<const S*>(tensor.data), tensor.size());
  } else if (tensor.dtype == Dtype::f64) {
    const VectorX<double> numbers = tensor.values<double>();
    for (const double number : numbers)
      refuse_unless(std::abs(number) <= static_cast<double>(std::numeric_limits<S>::max()), number);
  } else {
    const VectorX<S> numbers = tensor.values<S>();
    check(numbers.data(), static_cast<std::uint64_t>(numbers.size()));
  }
}

template <class S>
std::vector<std::string> names_of(const Parameters<S>& model) {
  std::vector<std::string> names;
  for (const auto& p : model) names.push_back(p.name);
  return names;
}

template <class S>
StateDictPlan plan(const Parameters<S>& model, const StateDict& dict, const TorchNames& names) {
  StateDictPlan plan;
  std::set<std::string_view> used(names.skip.begin(), names.skip.end());
  const auto candidates = torch_names(names_of(model), names);
  const Absent is_absent(names);
  for (std::size_t k = 0; k < model.size(); ++k) {
    const auto shape = weights::shape_of(model[k]);
    const StateTensor* tensor = nullptr;
    for (const std::string& name : candidates[k])
      if (!tensor) tensor = dict.find(name);
    if (!tensor && is_absent(candidates[k])) {
      plan.steps.push_back({"", model[k].name, {}, shape});
      continue;
    }
    if (!tensor) {
      plan.missing.push_back({candidates[k].front(), shape});
      continue;
    }
    StateDictPlan::Step step{tensor->name, model[k].name, tensor->shape, shape};
    if (!used.insert(tensor->name).second)
      step.problem = "it belongs to a parameter before";
    else if (!tensor->is_floating())
      step.problem =
          std::string("it holds ") + name_of(tensor->dtype) + ", and parameters are floating-point numbers";
    else if (!fitted(model[k], *tensor))
      step.problem = "the shapes differ";
    plan.steps.push_back(std::move(step));
  }
  for (const auto& tensor : dict)
    if (!used.contains(tensor.name)) plan.surplus.push_back({tensor.name, tensor.shape});
  return plan;
}

/// Throws FileError, which names at most eight differences, unless the plan is complete.
inline void check_plan(const StateDictPlan& plan, const std::filesystem::path& path) {
  if (plan.is_complete()) return;
  std::string list;
  int count = 0;
  const auto add = [&](const auto&... parts) {
    if (++count <= 8) list += message(list.empty() ? "" : "; ", parts...);
  };
  for (const auto& s : plan.steps)
    if (!s.problem.empty())
      add("tensor ", quote(s.tensor), ' ', describe(s.tensor_shape), " for parameter ", quote(s.parameter),
          ' ', describe(s.parameter_shape), ": ", s.problem);
  for (const auto& left : plan.missing)
    add("tensor ", quote(left.name), ' ', describe(left.shape), " is missing");
  for (const auto& left : plan.surplus)
    add("tensor ", quote(left.name), ' ', describe(left.shape), " is left over");
  if (count > 8) list += message("; and ", count - 8, " more");
  require_file(false, path, "is of another model: ", list);
}

/// When the numbers are looked at: before anything is changed, or as each tensor is taken, which is faster: then they are
/// in the cache. The latter suits a model that is thrown away if one is wrong.
enum class Check { before, meanwhile };

/// Puts tensors into the parameters, of which the first belongs to the first. All fit. Without a tensor it is zero.
template <class S>
void take_tensors(const Parameters<S>& model, const std::vector<const StateTensor*>& tensors,
                  const std::filesystem::path& path, Check check) {
  if (check == Check::before)
    for (const StateTensor* tensor : tensors)
      if (tensor) check_range<S>(*tensor, path);
  for (std::size_t k = 0; k < model.size(); ++k)
    if (tensors[k]) {
      load<S>(model[k], *fitted(model[k], *tensors[k]));
      if (check == Check::meanwhile && !arrays::all_finite(model[k].data, model[k].size()))
        check_range<S>(*tensors[k], path);
    } else {
      std::fill_n(model[k].data, model[k].size(), S(0));
    }
}

/// take_state_dict, with the choice.
template <class S>
void take_all(const Parameters<S>& parameters, const StateDict& dict, const TorchNames& names, Check check) {
  const StateDictPlan made = plan(parameters, dict, names);
  check_plan(made, dict.path());
  std::vector<const StateTensor*> tensors;
  for (const auto& step : made.steps)
    tensors.push_back(step.tensor.empty() ? nullptr : dict.find(step.tensor));
  take_tensors(parameters, tensors, dict.path(), check);
}

/// The parameter as PyTorch has it, with `kernel` steps of a Conv1d.
template <class S>
StoredTensor stored(const ParameterView<const S>& p, Index kernel) {
  StoredTensor tensor = weights::store(p);
  if (kernel == 0) return tensor;
  const Index inputs = p.columns / kernel;
  const weights::RowMajor<S> by_tap = weights::values_of<S>(tensor, p.rows * kernel, inputs);
  weights::RowMajor<S> turned(p.rows * inputs, kernel);
  for (Index o = 0; o < p.rows; ++o)
    turned.middleRows(o * inputs, inputs) = by_tap.middleRows(o * kernel, kernel).transpose();
  if (!tensor.bytes.empty()) std::memcpy(tensor.bytes.data(), turned.data(), tensor.bytes.size());
  tensor.shape = {static_cast<std::uint64_t>(p.rows), static_cast<std::uint64_t>(inputs),
                  static_cast<std::uint64_t>(kernel)};
  return tensor;
}

/// Tensors by PyTorch's names, in its order.
using NamedTensors = std::vector<std::pair<std::string, StoredTensor>>;

/// The kernel size of the Conv1d that has a weight; 0 if none has it.
class Kernels {
 public:
  explicit Kernels(const TorchNames& names) {
    for (const auto& conv : names.kernels) convs_.try_emplace(join_names(conv.first, "weight"), conv);
  }
  template <class S>
  Index of(const std::string& name, const ParameterView<S>& p) const {
    const auto found = convs_.find(name);
    if (found == convs_.end()) return 0;
    const auto& [module, kernel] = found->second;
    require(kernel > 0 && !p.is_vector && p.columns % kernel == 0, "the Conv1d ", quote(module),
            " with a weight of ", p.rows, " x ", p.columns, " was said to have the kernel size ", kernel,
            ": it must be at least 1 and divide ", p.columns);
    return kernel;
  }

 private:
  std::map<std::string, std::pair<std::string, Index>> convs_;  // by the name of the weight
};

/// The parameters that PyTorch has, in its order: calls f(name there, k).
template <class F>
void for_each_in_order(const std::vector<std::string>& chosen, const TorchNames& names, F&& f) {
  std::vector<std::size_t> order;
  if (names.order.empty()) {
    for (std::size_t k = 0; k < chosen.size(); ++k)
      if (!chosen[k].empty()) order.push_back(k);
  } else {
    std::map<std::string_view, std::size_t> places;
    for (std::size_t k = 0; k < chosen.size(); ++k) places.try_emplace(chosen[k], k);
    for (const auto& name : names.order) order.push_back(places.at(name));
  }
  for (const std::size_t k : order) f(chosen[k], k);
}

template <class S>
NamedTensors tensors_of(const Parameters<const S>& model, const TorchNames& names) {
  const auto chosen = chosen_names(names_of(model), names);
  for (std::size_t k = 0; k < model.size(); ++k)
    require(!chosen[k].empty() || arrays::all_zero(model[k].data, model[k].size()), "the parameter ",
            quote(model[k].name),
            " is not zero, and PyTorch has none in its place: freeze it while training");
  NamedTensors tensors;
  const Kernels kernels(names);
  for_each_in_order(chosen, names, [&](const std::string& name, std::size_t k) {
    tensors.emplace_back(name, stored<S>(model[k], kernels.of(name, model[k])));
  });
  return tensors;
}

/// The pickle and the tensors of a .pt file. A writer of values adds tensors by `tensor`.
class ArchiveWriter {
 public:
  PickleWriter pickle;

  void tensor(StoredTensor tensor) {
    const std::string key = std::to_string(count_++);
    pickle.tensor(key, tensor.dtype, tensor.shape);
    const auto* bytes = reinterpret_cast<const char*>(tensor.bytes.data());
    entries_.emplace_back("archive/data/" + key, std::string(bytes, tensor.bytes.size()));
  }
  void state_dict(NamedTensors tensors) {
    pickle.ordered_dict([&] {
      for (auto& [name, its] : tensors) pickle.text(name), tensor(std::move(its));
    });
  }
  void metadata(const Metadata& texts) {
    for (const auto& [key, text] : texts) entries_.emplace_back("archive/metadata/" + key, text);
  }
  void write(const std::filesystem::path& path) {
    entries_.insert(entries_.begin(), {"archive/data.pkl", pickle.finish()});
    entries_.emplace_back("archive/version", "3\n");
    write_file(path, [&](std::ostream& out) { write_zip(out, entries_); });
  }

 private:
  std::vector<std::pair<std::string, std::string>> entries_;
  std::size_t count_ = 0;
};

inline bool is_archive_name(const std::filesystem::path& path) {
  return path.extension() == ".pt" || path.extension() == ".pth";
}

}  // namespace detail::exchange

/// The steps that take_state_dict would take with the model, none of which is taken:
///
///   std::cout << plan_state_dict(model, read_state_dict("model.pt"), {{"encoder.rnn", "body.0"}, {"fc", "head"}});
template <Visitable Model>
StateDictPlan plan_state_dict(const Model& model, const StateDict& dict, const TorchNames& names = {}) {
  return detail::exchange::plan(Parameters(model), dict, names);
}

/// Takes the parameters of a model, of any composition, from PyTorch's. The layouts agree except for two things: a
/// kernel of nn.Conv1d is O × I × K there and O × K·I here, and a sequence is D × (samples, steps) here, whatever
/// batch_first says. Half precision and double become the model's scalar.
///
/// Every parameter must get a tensor of its shape, and every tensor must have a parameter, except those in names.skip.
/// Otherwise FileError names the differences, with both shapes, and the model stays as it was; see plan_state_dict. It
/// also throws FileError for whole numbers, for what is infinite or no number, and for a double that is too large for a
/// float.
template <Visitable Model>
void take_state_dict(Model& model, const StateDict& dict, const TorchNames& names = {}) {
  using namespace detail::exchange;
  take_all(Parameters(model), dict, names, Check::before);
}

/// Saves the parameters under PyTorch's names, so that load_state_dict(..., strict=True) of the module takes them:
/// as torch.save does if the path ends in .pt or .pth, otherwise as safetensors.
///
///   save_torch("model.pt", model, {{"encoder.rnn", "body.0"}, {"fc", "head"}});
///
/// The metadata are texts beside the tensors, at which PyTorch does not look: StateDict has them again.
///
/// Throws std::invalid_argument if two parameters would have one name, if names.order has other names than the model,
/// for a kernel size that does not fit, if one of names.absent is not zero, and for a .pt whose metadata have a key such as
/// "../a"; FileError if the file can't be written. An existing file then stays.
template <Visitable Model>
void save_torch(const std::filesystem::path& path, const Model& model, const TorchNames& names = {},
                Metadata metadata = {}) {
  using S = typename Model::Scalar;
  auto tensors = detail::exchange::tensors_of<S>(Parameters<const S>(model), names);
  if (detail::exchange::is_archive_name(path)) {
    detail::exchange::ArchiveWriter out;
    out.state_dict(std::move(tensors));
    out.metadata(metadata);
    out.write(path);
    return;
  }
  metadata["format"] = "pt";
  TensorFile file{{}, std::move(metadata)};
  for (auto& [name, tensor] : tensors) file.tensors.emplace(std::move(name), std::move(tensor));
  write_safetensors(path, file);
}

}  // namespace recur::inline RECUR_ABI
