// Saves, loads and asks a network together with its words and classes.
#include "classifier.hpp"

#include <algorithm>
#include <charconv>
#include <ostream>

#include "recur/io/model_file.hpp"

namespace sentiment {

namespace {

/// Reads the metadata beside the weights. Errors have the path and what is legal.
class Reader {
  template <class F>
  auto named(F read) const {
    try {
      return read();
    } catch (const recur::FileError& error) {
      throw recur::FileError(recur::detail::message(recur::detail::printable(recur::detail::in_utf8(path_)),
                                                    ": ", error.what()));
    }
  }

 public:
  Reader(const recur::TensorFile& file, const std::filesystem::path& path) : file_(file), path_(path) {}

  const std::string& text(const std::string& key) const {
    const auto found = file_.metadata.find(key);
    recur::detail::require_file(found != file_.metadata.end(), path_,
                                "the file is not a model of this program: it does not say ",
                                recur::detail::quote(key));
    return found->second;
  }

  Index size(const std::string& key) const {
    const auto size = number<Index>(key);
    recur::detail::require_file(size && *size >= 1 && *size <= largest_size, path_, recur::detail::quote(key),
                                " is ", recur::detail::quote(text(key)), ": legal are integers from 1 to ",
                                largest_size);
    return *size;
  }

  /// Files need not have it.
  std::optional<std::uint64_t> seed(const std::string& key) const {
    if (!file_.metadata.contains(key)) return {};
    const auto seed = number<std::uint64_t>(key);
    recur::detail::require_file(seed.has_value(), path_, recur::detail::quote(key), " is ",
                                recur::detail::quote(text(key)), ": legal are integers from 0");
    return seed;
  }

  double rate(const std::string& key) const {
    const auto rate = number<double>(key);
    recur::detail::require_file(rate && *rate >= 0 && *rate < 1, path_, recur::detail::quote(key), " is ",
                                recur::detail::quote(text(key)), ": legal are numbers from 0 to below 1");
    return *rate;
  }

  std::vector<std::string> list(const std::string& key) const {
    return named([&] { return recur::list_from_metadata(file_.metadata, key); });
  }
  recur::Vocabulary vocabulary() const {
    return named([&] { return recur::vocabulary_from_metadata(file_.metadata); });
  }

  /// A matrix of weights must have the sizes that the metadata of the file give.
  void check_shape(const std::string& tensor, Index rows, Index columns) const {
    const auto found = file_.tensors.find(tensor);
    recur::detail::require_file(found != file_.tensors.end(), path_, "has no parameter ",
                                recur::detail::quote(tensor));
    const std::vector<std::uint64_t> expected{static_cast<std::uint64_t>(rows),
                                              static_cast<std::uint64_t>(columns)};
    recur::detail::require_file(
        found->second.shape == expected, path_, "parameter ", recur::detail::quote(tensor), " is ",
        recur::detail::describe(found->second.shape), ", but with the sizes in the file the legal shape is ",
        recur::detail::describe(expected));
  }

 private:
  template <class Number>
  std::optional<Number> number(const std::string& key) const {
    const std::string& digits = text(key);
    Number value{};
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || stop != digits.data() + digits.size()) return {};
    return value;
  }

  const recur::TensorFile& file_;
  const std::filesystem::path& path_;
};

/// The shortest text that gives the same number again.
std::string to_text(double number) {
  std::array<char, 32> digits{};
  return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr};
}

}  // namespace

std::string name_of(recur::Pooling pooling) {
  return std::string(
      std::ranges::find(poolings, pooling, [](const auto& entry) { return entry.second; })->first);
}

bool are_labels_of(const std::vector<std::string>& labels, const std::vector<std::string>& classes) {
  if (labels == classes) return true;
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (labels[i] != std::to_string(i)) return false;
  return labels.size() <= classes.size();
}

void save(const Classifier& classifier, const std::filesystem::path& path) {
  const Architecture& what = classifier.what;
  recur::Metadata metadata{{"sentiment.cell", what.cell},
                           {"sentiment.embedding", std::to_string(what.embedding)},
                           {"sentiment.hidden", std::to_string(what.hidden)},
                           {"sentiment.pooling", name_of(what.pooling)},
                           {"sentiment.dropout", to_text(what.dropout)}};
  if (classifier.held_out_by) metadata["sentiment.held_out_by"] = std::to_string(*classifier.held_out_by);
  recur::vocabulary_to_metadata(classifier.vocabulary, metadata);
  recur::list_to_metadata(classifier.classes, metadata, "sentiment.classes");
  recur::write_safetensors(path, recur::store_weights(*classifier.network, std::move(metadata)));
}

Classifier load(const std::filesystem::path& path, std::optional<double> dropout) {
  const recur::TensorFile file = recur::read_safetensors(path);
  const Reader reader(file, path);
  Classifier classifier;
  Architecture& what = classifier.what;
  what.cell = reader.text("sentiment.cell");
  recur::detail::require_file(std::ranges::find(cells, what.cell) != cells.end(), path, "the cell ",
                              recur::detail::quote(what.cell),
                              " is not known: legal are rnn-tanh, rnn-relu, lstm and gru");
  const auto pooling = std::ranges::find(poolings, reader.text("sentiment.pooling"),
                                         [](const auto& entry) { return entry.first; });
  recur::detail::require_file(pooling != poolings.end(), path, "the pooling ",
                              recur::detail::quote(reader.text("sentiment.pooling")),
                              " is not known: legal are last, mean and max");
  what.pooling = pooling->second;
  what.embedding = reader.size("sentiment.embedding");
  what.hidden = reader.size("sentiment.hidden");
  what.dropout = dropout ? *dropout : reader.rate("sentiment.dropout");
  classifier.held_out_by = reader.seed("sentiment.held_out_by");
  classifier.vocabulary = reader.vocabulary();
  classifier.classes = reader.list("sentiment.classes");
  recur::detail::require_file(classifier.classes.size() >= 2, path, "knows ", classifier.classes.size(),
                              " classes: a classifier has at least two");
  what.words = classifier.vocabulary.size();
  what.classes = static_cast<Index>(classifier.classes.size());
  reader.check_shape("body.0.weight", what.words, what.embedding);
  const Index gates = what.cell == "lstm" ? 4 : what.cell == "gru" ? 3 : 1;
  reader.check_shape("body.2.weight_hh", gates * what.hidden, what.hidden);
  reader.check_shape("head.1.weight", what.classes, what.hidden);
  classifier.network = make_network(what);
  recur::take_weights(*classifier.network, file, path);
  return classifier;
}

}  // namespace sentiment
