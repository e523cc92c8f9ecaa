// A trained network as a header: constant arrays and a type, for programs without files, heap and exceptions.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "recur/cell/gate_function.hpp"
#include "recur/core/description.hpp"
#include "recur/core/error.hpp"
#include "recur/core/file.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/parameters.hpp"
#include "recur/core/sequence.hpp"
#include "recur/core/utf8.hpp"
#include "recur/exchange/int8.hpp"
#include "recur/exchange/test_case.hpp"
#include "recur/network/kinds.hpp"
#include "recur/network/network.hpp"

namespace recur::inline RECUR_ABI {

/// What the matrices of a header are made of.
enum class HeaderWeights {
  float32,  ///< the numbers of the network, bit for bit
  int8  ///< signed bytes, with a float scale for each output or word: a quarter of the memory if matrices are large
};

namespace detail::header_file {

/// The shortest literal that gives the same float again.
inline std::string literal(float number) {
  require(std::isfinite(number), "a header was asked for of a network that gives it the number ", number,
          ", such as the sum of two biases: all must be finite");
  std::array<char, 32> digits{};
  std::string text(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
  if (text.find_first_of(".e") == text.npos) text += ".0";
  return text + 'f';
}

/// Whether it can be the name of a namespace: ASCII letters, digits and single underscores, no word of the language, and no
/// type of recur::embedded, which the header then could not name.
inline bool is_name(std::string_view name) {
  static constexpr std::string_view reserved =
      " alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t "
      "char32_t class "
      "co_await co_return co_yield compl concept const const_cast consteval constexpr constinit continue "
      "decltype "
      "default delete do double dynamic_cast else enum explicit export extern false float for friend goto if "
      "inline "
      "int linux long main mutable namespace new noexcept not not_eq nullptr operator or or_eq private "
      "protected "
      "public recur register reinterpret_cast requires return short signed sizeof static static_assert "
      "static_cast "
      "std struct switch template this thread_local throw true try typedef typeid typename union unix "
      "unsigned using "
      "virtual void volatile wchar_t while xor xor_eq "
      "Activate Affine Bidirectional Chain Conv1d Dense Elman Elu Embedding Exponential FlexibleElu Gelu Gru "
      "GruResetBefore HardSigmoid Identity Int8Matrix LayerNorm LeakyRelu LearnedState Lstm Merge PRelu Pool "
      "Pooling ProjectedLstm Relu Residual Reverse Scale ScaledTanh Selu Sigmoid Silu Softmax Softplus "
      "Softsign Tanh ThresholdedRelu ";
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto is_legal = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_'; };
  return !name.empty() && name.size() <= 100 && is_letter(name[0]) &&
         std::all_of(name.begin(), name.end(), is_legal) && name.find("__") == name.npos &&
         reserved.find(' ' + std::string(name) + ' ') == reserved.npos;
}

/// The arrays of a network, and the type that it has in a program.
class Writer {
 public:
  Writer(const Parameters<const float>& parameters, Index features, HeaderWeights weights)
      : features_(features), weights_(weights) {
    for (const auto& parameter : parameters) parameters_[parameter.name] = parameter;
  }

  /// The type of a layer whose parameters have names that begin with `at`.
  std::string type_of(const Description& layer, const std::string& at) {
    SizeLimit none;
    DescriptionReader say(layer, none);
    std::string type = read(say, layer, at);
    say.finish();
    return type;
  }
  const std::string& arrays() const { return arrays_; }
  Index numbers() const { return numbers_; }
  Index bytes() const { return bytes_; }
  Index vocabulary() const { return vocabulary_; }
  Index outputs() const { return features_; }

 private:
  /// An array of the header: array[outer][inner], or array[inner].
  struct Values {
    Index inner, outer;
    bool is_vector;
    std::vector<float> numbers;
    bool is_table = false;  ///< an inner array is a word, and not an input
  };

  using List = std::vector<std::string>;

  /// "Lstm<a, b>". Arguments in braces are evaluated in their order, and so are the arrays.
  static std::string with(const char* type, const List& arguments) {
    std::string text = type;
    for (std::size_t i = 0; i < arguments.size(); ++i) text += (i == 0 ? "<" : ", ") + arguments[i];
    return text + '>';
  }

  std::string read(DescriptionReader& say, const Description& layer, const std::string& at) {
    const std::string& kind = layer.kind;
    const auto own = [&](const char* name) { return array(at + name); };
    if (kind == "chain") return chain(say.layers(), at);
    if (kind == "dropout") return say.number("rate", 0), activation("Identity");
    if (kind == "residual") return with("Residual", {type_of(say.layers().at(0), at)});
    if (kind == "elman" || kind == "irnn")
      return recurrent(say, kind, at, [&](const std::string& from) {
        List all{array(from + "weight_ih"), array(from + "weight_hh"), sum_of_biases(from)};
        if (say.choice("activation", {"tanh", "relu"}) == 1 || kind == "irnn") all.emplace_back("Relu");
        return with("Elman", all);
      });
    if (kind == "lstm")
      return recurrent(say, kind, at, [&](const std::string& from) {
        return with("Lstm", {array(from + "weight_ih"), array(from + "weight_hh"), sum_of_biases(from)});
      });
    if (kind == "projected_lstm")
      return recurrent(say, kind, at, [&](const std::string& from) {
        return with("ProjectedLstm", {array(from + "weight_ih"), array(from + "weight_hh"),
                                      sum_of_biases(from), array(from + "weight_hr")});
      });
    if (kind == "softmax") {
      List all{known_features()};
      if (say.flag("logarithm", false)) all.emplace_back("true");
      return with("Softmax", all);
    }
    if (kind == "gru")
      return recurrent(say, kind, at, [&](const std::string& from) {
        return with("Gru", {array(from + "weight_ih"), array(from + "weight_hh"), bias(from, "bias_ih", 3),
                            bias(from, "bias_hh", 3)});
      });
    if (kind == "gru_reset_before")
      return recurrent(say, kind, at, [&](const std::string& from) {
        const Values all = values(from + "weight_hh");
        return with("GruResetBefore",
                    {array(from + "weight_ih"), write(from + "weight_hh_rz", rows(all, 0, 2 * hidden_)),
                     write(from + "weight_hh_n", rows(all, 2 * hidden_, hidden_)), bias(from, "bias", 3)});
      });
    if (kind == "flexible_elman" || kind == "flexible_lstm" || kind == "flexible_gru")
      return flexible(say, kind, at);
    if (kind == "embedding") {
      vocabulary_ = say.size("vocabulary");
      features_ = say.size("embedding");
      return with("Embedding", {own("weight")});
    }
    if (kind == "dense") {
      say.size("input");
      features_ = say.size("output");
      hidden_ = features_;
      say.flag("bias", true);
      List all{own("weight"), bias(at, "bias", 1)};
      const auto chosen = say.choice("activation", {"identity", "tanh", "relu", "sigmoid", "gelu", "elu"});
      if (chosen > 0) all.emplace_back(std::array{"", "Tanh", "Relu", "Sigmoid", "Gelu", "Elu"}[chosen]);
      return with("Dense", all);
    }
    if (kind == "conv1d") {
      const Index inputs = say.size("input");
      features_ = say.size("output");
      say.size("kernel");
      return with("Conv1d", {std::to_string(inputs), std::to_string(say.integer("dilation", 1)),
                             own("weight"), own("bias")});
    }
    if (kind == "prelu") {
      features_ = say.size("features");
      return with("PRelu", {own("weight")});
    }
    if (kind == "scale") {
      features_ = say.size("features");
      return with("Scale", {own("weight"), own("bias")});
    }
    if (kind == "layer_norm") {
      features_ = say.size("features");
      const auto epsilon = static_cast<float>(say.number("epsilon", 1e-5));
      return with("LayerNorm", {own("weight"), own("bias"), define(at + "epsilon", "", literal(epsilon))});
    }
    if (kind == "activation")
      return activation(
          std::array{"Tanh", "Relu", "Sigmoid", "Gelu",
                     "Elu"}[say.choice("function", {"tanh", "relu", "sigmoid", "gelu", "elu"})]);
    if (kind == "flexible_activation")
      return with("Activate", {known_features(), function(say, "function", GateKind::identity, at)});
    if (kind == "pool")
      return with("Pool",
                  {known_features(),
                   std::array{"Pooling::last", "Pooling::ends", "Pooling::mean",
                              "Pooling::max"}[say.choice("pooling", {"last", "ends", "mean", "max"})]});
    refuse(
        {"a header was asked for of a network with a layer of the kind ", quote(kind),
         ": it can have chain, residual, elman, irnn, lstm, projected_lstm, gru, gru_reset_before, "
         "flexible_elman, flexible_lstm, flexible_gru, embedding, dense, conv1d, prelu, scale, layer_norm, "
         "activation, flexible_activation, softmax, pool and dropout, which it leaves out"});
  }

  std::string chain(const std::vector<Description>& layers, const std::string& at) {
    List types;
    for (std::size_t i = 0; i < layers.size(); ++i)
      if (layers[i].kind != "dropout") types.push_back(type_of(layers[i], at + std::to_string(i) + '.'));
    return types.empty() ? activation("Identity") : with("Chain", types);
  }
  std::string activation(const char* function) { return with("Activate", {known_features(), function}); }
  std::string known_features() const {
    require(features_ != any_size, "a header was asked for of a network that takes any number of features");
    return std::to_string(features_);
  }

  /// The type of a GateFunction. Its parameters become constants.
  std::string function(DescriptionReader& say, const std::string& key, GateKind otherwise,
                       const std::string& at) {
    static constexpr auto types = std::array{"Identity",        "Affine",      "Relu",       "LeakyRelu",
                                             "ThresholdedRelu", "Tanh",        "ScaledTanh", "Sigmoid",
                                             "HardSigmoid",     "FlexibleElu", "Selu",       "Softsign",
                                             "Softplus",        "Exponential", "Silu",       "Gelu"};
    const auto named = say.has(key) ? GateFunction::kind_named(say.text(key)) : otherwise;
    say.refuse_unless(named.has_value(), "has an unknown ", key);
    const GateFunction usual = *named;
    List parameters;
    const auto add = [&](const char* name, double value) {
      parameters.push_back(
          define(at + key + name, "", literal(static_cast<float>(say.number(key + name, value)))));
    };
    if (usual.has_alpha()) add("_alpha", usual.alpha());
    if (usual.has_beta()) add("_beta", usual.beta());
    const char* const type = types[static_cast<std::size_t>(*named)];
    return parameters.empty() ? type : with(type, parameters);
  }
  /// The flexible cells are the others with other functions.
  std::string flexible(DescriptionReader& say, const std::string& kind, const std::string& at) {
    for (const char* option : {"clip", "peepholes", "input_forget"})
      say.refuse_unless(!say.has(option), "has the option ", option, ": a header can't have it");
    say.flag("clip_memory", true);  // without a clip it says nothing
    const bool elman = kind == "flexible_elman", lstm = kind == "flexible_lstm";
    const bool reset_after = elman || lstm || say.flag("linear_before_reset", true);
    List functions;
    if (elman) functions.push_back(function(say, "activation", GateKind::tanh, at));
    if (!elman) functions.push_back(function(say, "gate", GateKind::sigmoid, at));
    if (!elman) functions.push_back(function(say, "candidate", GateKind::tanh, at));
    if (lstm) functions.push_back(function(say, "output", GateKind::tanh, at));
    return recurrent(say, kind, at, [&](const std::string& from) {
      List all{array(from + "weight_ih")};
      if (reset_after) {
        all.push_back(array(from + "weight_hh"));
      } else {
        const Values both = values(from + "weight_hh");
        all.push_back(write(from + "weight_hh_rz", rows(both, 0, 2 * hidden_)));
        all.push_back(write(from + "weight_hh_n", rows(both, 2 * hidden_, hidden_)));
      }
      if (elman || lstm || !reset_after) {
        all.push_back(sum_of_biases(from));
      } else {
        all.push_back(bias(from, "bias_ih", 3));
        all.push_back(bias(from, "bias_hh", 3));
      }
      all.insert(all.end(), functions.begin(), functions.end());
      return with(elman ? "Elman" : lstm ? "Lstm" : reset_after ? "Gru" : "GruResetBefore", all);
    });
  }

  /// type(names begin with) is the type of one direction.
  template <class F>
  std::string recurrent(DescriptionReader& say, const std::string& kind, const std::string& at, F&& type) {
    say.size("input");
    hidden_ = features_ = say.size("hidden");
    const bool projected = kind == "projected_lstm";
    if (projected) features_ = say.size("output");
    say.flag("bias", true);
    const auto direction = say.choice("direction", {"forward", "reverse", "both"});
    const auto merge = say.choice("merge", {"concatenate", "sum", "mean"});
    const bool learned = say.flag("learned_state", false);
    if (direction == 2) {
      List both{type(at + "forward."), type(at + "reverse.")};
      if (merge > 0) both.emplace_back(merge == 1 ? "Merge::sum" : "Merge::mean");
      if (merge == 0) features_ *= 2;
      return with("Bidirectional", both);
    }
    std::string one = type(at);
    if (learned) {
      require(!projected,
              "a header was asked for of a projected LSTM with a learned state: it can have one that starts "
              "at zero");
      List parts{one};
      for (Index q = 0; parameters_.contains(at + "initial." + std::to_string(q)); ++q)
        parts.push_back(array(at + "initial." + std::to_string(q)));
      one = with("LearnedState", parts);
    }
    return direction == 1 ? with("Reverse", {one}) : one;
  }
  /// The kernel adds both biases to the same sum.
  std::string sum_of_biases(const std::string& at) {
    if (!parameters_.contains(at + "bias_ih"))
      return bias(at, "bias", values(at + "weight_hh").inner / hidden_);
    Values sum = values(at + "bias_ih");
    const Values other = values(at + "bias_hh");
    for (std::size_t i = 0; i < sum.numbers.size(); ++i) sum.numbers[i] += other.numbers[i];
    return write(at + "bias", sum);
  }
  /// A bias of so many gates, zero if the layer has none.
  std::string bias(const std::string& at, const char* name, Index gates) {
    if (parameters_.contains(at + name)) return array(at + name);
    const Index count = gates * hidden_;
    return write(at + name, {count, 1, true, std::vector<float>(static_cast<std::size_t>(count))});
  }

  /// A parameter in the order of memory: a matrix column by column, a table row by row.
  Values values(const std::string& name) const {
    const auto found = parameters_.find(name);
    require(found != parameters_.end(), "a header was asked for of a network without the parameter ",
            quote(name));
    const auto& p = found->second;
    std::vector<float> numbers(p.data, p.data + p.size());
    for (const float number : numbers)
      require(std::isfinite(number), "a header was asked for of a network whose parameter ", quote(name),
              " has the number ", number, ": all must be finite");
    if (p.is_row_major && !p.is_vector) return {p.columns, p.rows, false, std::move(numbers), true};
    return {p.rows, p.columns, p.is_vector, std::move(numbers)};
  }
  /// Some rows of a matrix.
  static Values rows(const Values& all, Index first, Index count) {
    Values part{count, all.outer, false, {}};
    for (Index c = 0; c < all.outer; ++c) {
      const auto from = all.numbers.begin() + c * all.inner + first;
      part.numbers.insert(part.numbers.end(), from, from + count);
    }
    return part;
  }

  std::string array(const std::string& name) { return write(name, values(name)); }
  /// Adds an array, and returns its name.
  std::string write(const std::string& parameter, const Values& values) {
    numbers_ += static_cast<Index>(values.numbers.size());
    if (weights_ == HeaderWeights::int8 && !values.is_vector) return write_bytes(parameter, values);
    bytes_ += 4 * static_cast<Index>(values.numbers.size());
    const auto extent = [](Index size) { return '[' + std::to_string(size) + ']'; };
    return define(parameter, (values.is_vector ? "" : extent(values.outer)) + extent(values.inner),
                  '\n' + list(values.numbers, values.is_vector ? 0 : values.inner, literal));
  }
  /// Adds a matrix of bytes with its scales, and returns its name.
  std::string write_bytes(const std::string& parameter, const Values& values) {
    const std::vector<float>& numbers = values.numbers;
    const auto inner = static_cast<std::size_t>(values.inner);
    const auto row = [&](std::size_t i) { return values.is_table ? i / inner : i % inner; };
    std::vector<float> scales(static_cast<std::size_t>(values.is_table ? values.outer : values.inner));
    for (std::size_t i = 0; i < numbers.size(); ++i)
      scales[row(i)] = std::max(scales[row(i)], std::abs(numbers[i]));
    for (float& scale : scales) scale = int8::scale_of(scale);
    std::vector<int> bytes;
    for (std::size_t i = 0; i < numbers.size(); ++i)
      bytes.push_back(int8::byte_of(numbers[i], scales[row(i)]));
    bytes_ += static_cast<Index>(bytes.size() + 4 * scales.size());
    return define(
        parameter, "",
        "\n{" + list(bytes, values.inner, [](int byte) { return std::to_string(byte); }) + ",\n" +
            list(scales, 0, literal) + '}',
        with("recur::embedded::Int8Matrix",
             {std::to_string(values.outer), std::to_string(values.inner), std::to_string(scales.size())}));
  }
  /// "{{1, 2}, {3, 4}}" if inner is 2, and "{1, 2, 3, 4}" if it is 0.
  template <class Number, class F>
  static std::string list(const std::vector<Number>& numbers, Index inner, F&& text_of) {
    std::string text = "{";
    std::size_t line = 0;  // where it begins
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const bool begins = inner > 0 && i % static_cast<std::size_t>(inner) == 0;
      const std::string number = (begins ? "{" : "") + text_of(numbers[i]);
      if (i > 0) text += begins ? "}," : ",";
      const bool is_full = text.size() - line + number.size() > 105;
      if (is_full) line = text.size() + 1;
      text += (i == 0 ? "" : is_full ? "\n" : " ") + number;
    }
    return text + (inner > 0 ? "}}" : "}");
  }
  /// Adds a constant, and returns its name: that of the parameter, as far as it can be one.
  std::string define(const std::string& parameter, const std::string& extents, const std::string& value,
                     const std::string& type = "float") {
    std::string name = parameter;
    std::replace(name.begin(), name.end(), '.', '_');
    if (name[0] >= '0' && name[0] <= '9') name.insert(0, "layer_");
    arrays_ += "inline constexpr " + type + ' ' + name + extents + " =" + (value[0] == '\n' ? "" : " ") +
               value + ";\n";
    return name;
  }

  std::map<std::string, Parameter<const float>> parameters_;
  std::string arrays_;
  Index numbers_ = 0, bytes_ = 0, features_, hidden_ = 0, vocabulary_ = 0;
  HeaderWeights weights_;
};

/// A text as a literal. Bytes that not every compiler takes are octal.
inline std::string quoted(const std::string& text) {
  std::string literal = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= ' ' && byte < 127 && c != '"' && c != '\\' && c != '?')
      literal += c;
    else
      for (const unsigned shift : {6U, 3U, 0U})
        literal += shift == 6U ? "\\" : "", literal += static_cast<char>('0' + ((byte >> shift) & 7U));
  }
  return literal + '"';
}

/// Steps as an array, test_input[T][I]: numbers, or tokens of a vocabulary if it is not 0.
inline std::string steps_array(const std::string& name, const MatrixX<float>& steps, Index vocabulary = 0) {
  const bool tokens = vocabulary > 0;
  std::string text = "inline constexpr " + std::string(tokens ? "std::int32_t " : "float ") + name + '[' +
                     std::to_string(steps.cols()) + "][" + std::to_string(steps.rows()) + "] = {";
  for (Index t = 0; t < steps.cols(); ++t) {
    text += t == 0 ? "\n{" : ",\n{";
    for (Index i = 0; i < steps.rows(); ++i) {
      require(std::isfinite(steps(i, t)), "a header was asked for with a test case that has the number ",
              steps(i, t));
      require(!tokens || (steps(i, t) >= 0 && steps(i, t) < static_cast<float>(vocabulary) &&
                          steps(i, t) == std::floor(steps(i, t))),
              "a header was asked for with a test case that has the token ", steps(i, t),
              ": it must be a whole number from 0 to ", vocabulary - 1);
      text += (i == 0 ? "" : ", ") +
              (tokens ? std::to_string(static_cast<Token>(steps(i, t))) : literal(steps(i, t)));
    }
    text += '}';
  }
  return text + "};\n";
}

/// The words by name, each with its token.
inline std::string word_list(const std::vector<std::string>& words) {
  std::vector<std::size_t> order(words.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return words[a] < words[b]; });
  std::string text = "inline constexpr recur::embedded::Word words[" + std::to_string(words.size()) + "] = {";
  for (std::size_t i = 0; i < order.size(); ++i)
    text += (i == 0 ? "\n{" : ",\n{") + quoted(words[order[i]]) + ", " + std::to_string(order[i]) + '}';
  return text + "};\n";
}

}  // namespace detail::header_file

/// What a header has besides a network, and how it has the weights.
struct HeaderOptions {
  std::vector<std::string> words = {};    ///< of the tokens 0, 1, ...; none for a network of numbers
  std::vector<std::string> classes = {};  ///< of its outputs
  std::optional<TestCase> test = {};      ///< an input with the output that is expected
  HeaderWeights weights =
      HeaderWeights::float32;  ///< of the matrices; vectors such as biases are always floats
};

/// Writes a network as a C++ header: constexpr arrays and the type NAME::Network, which needs only the folder
/// recur/embedded. It has no files, heap, exceptions or RTTI.
///
///   write_header("amp.hpp", network, "amp");
///
///   #include "amp.hpp"               // in a program for a microcontroller, or a plug-in
///   amp::Network net;
///   net.step(x, y);                  // float x[1], y[1]; tokens are std::int32_t x[1]
///
/// Its numbers are those of the network, bit for bit, except where two biases become their sum. Its outputs are those of the
/// network to 1e-5. With HeaderWeights::int8 its matrices are those that round_to_int8 makes, and its outputs are those of such a
/// network to 1e-5. Dropout is left out.
///
/// With texts it has also NAME::words, in the order that embedded::find needs, and NAME::classes; with a test case
/// NAME::test_input and NAME::test_output, for embedded::error_of. HeaderWeights::int8 does not change the test case: its error
/// is then that of the rounding.
///
/// Throws std::invalid_argument, before it writes, for
///
/// - a layer that a header can't have, which the message names,
/// - a network that takes any number of features,
/// - a number that is not finite, such as the sum of two biases,
/// - more words than the network knows, and more classes than it has outputs,
/// - weights that are neither float32 nor int8,
/// - a token of the test case that the network does not know,
/// - a name that is not a name of C++, or that is one of a type in recur::embedded, such as Lstm.
///
/// Throws FileError if the file can't be written; an existing one then stays as it was.
template <class In>
void write_header(const std::filesystem::path& path, const Network<float, In>& network,
                  const std::string& name, const HeaderOptions& texts = {}) {
  require(detail::header_file::is_name(name), detail::quote(name),
          " can't be the name of a header's network: it must be a name of C++ of ASCII letters, digits and "
          "single underscores, and not that of a type in recur::embedded");
  require(texts.weights == HeaderWeights::float32 || texts.weights == HeaderWeights::int8,
          "a header was asked for with the weights number ", static_cast<int>(texts.weights),
          ": they must be HeaderWeights::float32 or HeaderWeights::int8");
  detail::header_file::Writer writer(Parameters<const float>(network), network.input_size(), texts.weights);
  const std::string type = writer.type_of(network.description(), "");
  require(static_cast<Index>(texts.words.size()) <= writer.vocabulary(), "a header was asked for with ",
          texts.words.size(), " words, of a network that knows ", writer.vocabulary());
  require(static_cast<Index>(texts.classes.size()) <= writer.outputs(), "a header was asked for with ",
          texts.classes.size(), " classes, of a network with ", writer.outputs(), " outputs");
  std::string text = "// " + detail::printable(network.describe()) +
                     ", made by recur: " + std::to_string(writer.numbers()) + " numbers, " +
                     std::to_string(writer.bytes()) + " bytes" +
                     (texts.weights == HeaderWeights::int8 ? ", matrices of 8 bits" : "") + ".\n//\n//   " +
                     name + "::Network net;\n";
  if (network.can_stream())
    text += "//   net.step(x, y);               // " +
            std::string(std::same_as<In, Token> ? "std::int32_t" : "float") +
            " x[net.inputs], float y[net.outputs]\n";
  else
    text += "//   int steps = net.run<100>(x, count, y);   // " +
            std::string(std::same_as<In, Token> ? "std::int32_t x[count][net.inputs], float"
                                                : "float x[count][net.inputs],") +
            " y[100][net.outputs]\n";
  text += "#pragma once\n\n#include \"recur/embedded/network.hpp\"\n";
  if (!texts.words.empty()) text += "#include \"recur/embedded/words.hpp\"\n";
  text += "\nnamespace " + name + " {\nnamespace weights {\n" + writer.arrays() +
          "using namespace recur::embedded;\nusing Network = " + type + ";\n}  // namespace weights\n\n" +
          "using Network = weights::Network;\n";
  if (!texts.words.empty()) text += detail::header_file::word_list(texts.words);
  if (!texts.classes.empty()) {
    text += "inline constexpr const char* classes[" + std::to_string(texts.classes.size()) + "] = {";
    for (std::size_t i = 0; i < texts.classes.size(); ++i)
      text += (i == 0 ? "" : ", ") + detail::header_file::quoted(texts.classes[i]);
    text += "};\n";
  }
  if (texts.test) {
    text += detail::header_file::steps_array("test_input", texts.test->input,
                                             std::same_as<In, Token> ? writer.vocabulary() : 0);
    text += detail::header_file::steps_array("test_output", texts.test->output);
  }
  text += "}  // namespace " + name + '\n';
  write_file(path, [&](std::ostream& out) { out << text; });
}

}  // namespace recur::inline RECUR_ABI
