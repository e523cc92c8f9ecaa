// A whole model in one file: a network with its weights and the description from which it can be made again.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "recur/core/description.hpp"
#include "recur/core/error.hpp"
#include "recur/core/utf8.hpp"
#include "recur/io/json.hpp"
#include "recur/io/safetensors.hpp"
#include "recur/io/weights.hpp"
#include "recur/network/standard.hpp"

namespace recur::inline RECUR_ABI {

namespace detail::network_file {

inline constexpr std::size_t longest_text = 1'000'000;  // of a description, which bounds its memory
inline constexpr std::size_t deepest = 64;              // layers within layers
inline constexpr std::size_t most_options = 64;         // of a layer
inline constexpr const char* metadata_key = "recur.network";

inline nlohmann::ordered_json to_json(const Description& layer) {
  nlohmann::ordered_json json{{"kind", layer.kind}};
  if (!layer.sizes.empty()) json["sizes"] = layer.sizes;
  for (const auto& [name, value] : layer.options) switch (value.type()) {
      case OptionValue::Type::flag:
        json[name] = value.flag();
        break;
      case OptionValue::Type::integer:
        json[name] = value.integer();
        break;
      case OptionValue::Type::number:
        require(std::isfinite(value.number()), "the option ", name, " of a layer of the kind ",
                quote(layer.kind), " is ", value, ": it must be finite");
        json[name] = value.number();
        break;
      case OptionValue::Type::text:
        json[name] = value.text();
    }
  for (const auto& inner : layer.layers) json["layers"].push_back(to_json(inner));
  return json;
}

/// Builds a description while its JSON is read. A whole document in memory would take many times the memory of its text.
class DescriptionEvents : nlohmann::json_sax<nlohmann::json> {
 public:
  Description parse(std::string_view text) {
    require(text.size() <= longest_text, "the description of a network has ", text.size(),
            " bytes: it can have at most ", longest_text);
    nlohmann::json::sax_parse(text.begin(), text.end(),
                              static_cast<nlohmann::json_sax<nlohmann::json>*>(this));
    return std::move(done_.front());
  }

 private:
  enum class Inside { layer, sizes, layers };

  bool start_object(std::size_t) override {
    check(inside_.empty() ? done_.empty() : inside_.back() == Inside::layers,
          "has an object where none can be");
    open(Description(""));
    return true;
  }
  bool end_object() override {
    check(!open_.back().kind.empty(), "has a layer without a kind");
    inside_.pop_back();
    close();
    return true;
  }
  bool key(string_t& name) override {
    const auto& layer = open_.back();
    const auto is = [&](const auto& option) { return option.first == name; };
    const bool twice = name == "kind"     ? !layer.kind.empty()
                       : name == "sizes"  ? !layer.sizes.empty()
                       : name == "layers" ? !layer.layers.empty()
                                          : std::any_of(layer.options.begin(), layer.options.end(), is);
    check(!twice, "says ", quote(name), " twice of one layer");
    check(layer.options.size() < most_options, "has a layer with more than ", most_options, " options");
    key_ = std::move(name);
    return true;
  }
  bool start_array(std::size_t) override {
    if (inside_.empty()) {
      check(done_.empty(), "has a list where none can be");
      open(Description("chain"));
      inside_.back() = Inside::layers;
    } else {
      check(inside_.back() == Inside::layer && (key_ == "sizes" || key_ == "layers"),
            "has a list where none can be: only sizes and layers are lists");
      inside_.push_back(key_ == "sizes" ? Inside::sizes : Inside::layers);
    }
    return true;
  }
  bool end_array() override {
    inside_.pop_back();
    if (inside_.empty()) close();
    return true;
  }
  bool string(string_t& text) override {
    if (inside_.empty() || inside_.back() != Inside::layer || key_ != "kind") return option(std::move(text));
    check(!text.empty() && text.size() <= 100, "has a kind of ", text.size(),
          " letters: it can have 1 to 100");
    open_.back().kind = std::move(text);
    return true;
  }
  bool boolean(bool flag) override { return option(flag); }
  bool number_float(number_float_t number, const string_t&) override { return option(number); }
  bool number_integer(number_integer_t number) override { return integer(static_cast<Index>(number)); }
  bool number_unsigned(number_unsigned_t number) override {
    check(number <= static_cast<std::uint64_t>(std::numeric_limits<Index>::max()), "has the number ", number,
          ", which is too large");
    return integer(static_cast<Index>(number));
  }
  bool null() override { return option(OptionValue(false), false); }
  bool binary(binary_t&) override { return option(OptionValue(false), false); }
  bool parse_error(std::size_t position, const std::string& token,
                   const nlohmann::json::exception&) override {
    check(false, "is not JSON: byte ", position, ", after ", quote(token));
    return false;
  }

  template <class... Parts>
  static void check(bool legal, const Parts&... parts) {
    if (!legal) refuse({"the description of a network ", parts...});
  }
  void open(Description layer) {
    check(open_.size() < deepest, "has layers within layers, ", deepest, " deep and more");
    open_.push_back(std::move(layer));
    inside_.push_back(Inside::layer);
  }
  void close() {
    Description layer = std::move(open_.back());
    open_.pop_back();
    (open_.empty() ? done_ : open_.back().layers).push_back(std::move(layer));
  }
  bool integer(Index number) {
    if (inside_.empty() || inside_.back() != Inside::sizes) return option(number);
    open_.back().sizes.push_back(number);
    return true;
  }
  bool option(OptionValue value, bool legal = true) {
    check(legal && !inside_.empty() && inside_.back() == Inside::layer && key_ != "kind" && key_ != "sizes" &&
              key_ != "layers",
          "has a value where it can't be: a kind is a text, sizes are whole numbers, layers are objects");
    open_.back().set(key_, std::move(value));
    return true;
  }

  std::vector<Description> open_, done_;
  std::vector<Inside> inside_;
  std::string key_;
};

/// Numbers of all tensors together.
inline Index numbers_of(const TensorFile& file) {
  Index count = 0;
  for (const auto& [name, tensor] : file.tensors)
    count += static_cast<Index>(tensor.bytes.size() / size_of(tensor.dtype));
  return count;
}

}  // namespace detail::network_file

/// A description as JSON: {"kind": "lstm", "sizes": [64, 128], "direction": "both"}. A layer that holds others has
/// them in a list, "layers". Throws std::invalid_argument for an option that is not finite.
inline std::string to_json(const Description& description) {
  return detail::network_file::to_json(description).dump();
}
/// Reads a description from such JSON. A list of layers becomes a chain. Throws std::invalid_argument for any other text.
inline Description description_from_json(std::string_view text) {
  return detail::network_file::DescriptionEvents().parse(text);
}

namespace detail::network_file {

/// The JSON of a description. Reading it gives the same description again.
inline std::string checked_json(const Description& description) {
  try {
    std::string json = recur::to_json(description);
    if (description_from_json(json) == description) return json;
  } catch (const nlohmann::json::exception&) {  // a text that is not UTF-8
  }
  refuse(
      {"the description of the network can't be saved: its options must have different names, and texts in "
       "UTF-8"});
}

}  // namespace detail::network_file

/// Saves a network as save_weights does, with its description in the metadata under "recur.network". Throws
/// what save_weights throws, and std::invalid_argument if a layer inside has no description.
template <std::floating_point S, class In>
void save_network(const std::filesystem::path& path, const Network<S, In>& network, Metadata metadata = {}) {
  metadata[detail::network_file::metadata_key] = detail::network_file::checked_json(network.description());
  write_safetensors(path, store_weights(network, std::move(metadata)));
}

/// The network in the content of a file of save_network. Errors call the file `path`. `kinds` are the kinds of
/// layers that it may have. Throws FileError if the file holds no network, if a layer is of another kind, or if the
/// weights don't fit the description.
template <std::floating_point S, class In = S>
Network<S, In> load_network(const TensorFile& file, const std::filesystem::path& path,
                            const Kinds<S>& kinds = standard_kinds<S>()) {
  const auto text = file.metadata.find(detail::network_file::metadata_key);
  detail::require_file(text != file.metadata.end(), path, "holds no network: its metadata have no ",
                       detail::quote(detail::network_file::metadata_key));
  SizeLimit limit(detail::network_file::numbers_of(file));
  auto network = [&] {
    try {
      return kinds.template make<In>(description_from_json(text->second), limit);
    } catch (const std::invalid_argument& error) {
      throw FileError(detail::message(detail::printable(detail::in_utf8(path)), ": ",
                                      detail::printable(error.what())));  // it quotes the file
    }
  }();
  take_weights(network, file, path);
  return network;
}
template <std::floating_point S, class In = S>
Network<S, In> load_network(const std::filesystem::path& path, const Kinds<S>& kinds = standard_kinds<S>()) {
  return load_network<S, In>(read_safetensors(path), path, kinds);
}

}  // namespace recur::inline RECUR_ABI
