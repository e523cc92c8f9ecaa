// The network of characters: its file, and how it writes.
#include "writer.hpp"

#include <array>
#include <cstring>
#include <limits>

#include "recur/core/utf8.hpp"
#include "recur/data/characters.hpp"

namespace playground {

using namespace recur;

namespace {

using Half = Eigen::half;
using Head = std::array<std::int32_t, 3>;  // letters, embedding, hidden

/// A newline is a letter too, and a line of the file ends with one.
constexpr std::string_view newline = "\\n";

struct File {
  Head head;
  Vocabulary letters;
  std::string_view weights;
};

File open(std::string_view bytes) {
  Head head{};
  require(bytes.size() > sizeof head, "a file of ", bytes.size(), " bytes is not a network of letters");
  std::memcpy(head.data(), bytes.data(), sizeof head);
  bytes.remove_prefix(sizeof head);
  for (const auto size : head)
    require(size >= 1 && size <= 4096, "a network of letters with a size of ", size, ": legal are 1 to 4096");
  std::vector<std::string> words{std::string(Vocabulary::unknown_word)};
  for (std::int32_t n = 1; n < head[0]; ++n) {
    const std::size_t end = bytes.find('\n');
    require(end != bytes.npos && end > 0, "a network of ", head[0], " letters names ", n);
    const std::string_view letter = bytes.substr(0, end);
    words.emplace_back(letter == newline ? "\n" : letter);
    bytes.remove_prefix(end + 1);
  }
  return {head, Vocabulary(std::move(words)), bytes};
}

Letters load(const File& file) {
  Letters model = make_letters(file.head[0], file.head[1], file.head[2]);
  const Parameters<float> parameters(model);
  require(file.weights.size() == static_cast<std::size_t>(count_parameters(parameters)) * sizeof(Half),
          "the network of letters has ", file.weights.size(), " bytes of weights: it must have ",
          count_parameters(parameters) * Index{sizeof(Half)});
  const char* at = file.weights.data();
  for (const auto& p : parameters)
    for (Index i = 0; i < p.size(); ++i, at += sizeof(Half)) {
      Half number;
      std::memcpy(&number, at, sizeof number);
      p.data[i] = static_cast<float>(number);
    }
  return model;
}

}  // namespace

Letters make_letters(Index letters, Index embedding, Index hidden, double dropout) {
  return {Sequential{Embedding<float>{letters, embedding}, Recurrent{Lstm<float>{embedding, hidden}},
                     Dropout<float>{dropout}, Dense<float>{hidden, letters}},
          EachStep{SoftmaxCrossEntropy<float>{}}};
}

std::string to_file(const Letters& model, const Vocabulary& letters) {
  const Head head{static_cast<std::int32_t>(letters.size()),
                  static_cast<std::int32_t>(std::get<0>(model.body.layers).output_size()),
                  static_cast<std::int32_t>(std::get<1>(model.body.layers).output_size())};
  std::string bytes(sizeof head, '\0');
  std::memcpy(bytes.data(), head.data(), sizeof head);
  for (Token n = 1; n < letters.size(); ++n)
    (bytes += letters.word(n) == "\n" ? newline : std::string_view(letters.word(n))) += '\n';
  for (const auto& p : Parameters(model))
    for (Index i = 0; i < p.size(); ++i) {
      const Half number(p.data[i]);
      bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
    }
  return bytes;
}

Writer::Writer(std::string_view bytes)
    : model_(load(open(bytes))), letters_(open(bytes).letters), stream_(model_.stream()) {
  start("");
}

void Writer::start(std::string_view text) {
  model_.reset(stream_);
  logits_ = model_.step_logits(letters_.id("\n"), stream_);  // each text begins on a new line
  for_each_character(text, [&](std::string_view letter) {
    if (const Token id = letters_.id(letter); id != Vocabulary::unknown)
      logits_ = model_.step_logits(id, stream_);
  });
  logits_(Vocabulary::unknown) = -std::numeric_limits<float>::infinity();  // it can't be written
}

void Writer::distribution(const SamplingOptions& how, Answer& answer) const {
  SamplingOptions open = how;
  open.top_p = 1;
  answer.add("all", Sampler(open).distribution(logits_));
  answer.add("drawn", Sampler(how).distribution(logits_));
}

std::string Writer::next(const SamplingOptions& how) {
  Sampler draw(how);
  return take(draw(logits_, random_));
}

std::string Writer::take(Token letter) {
  std::string text = letters_.word(letter);
  logits_ = model_.step_logits(letter, stream_);
  logits_(Vocabulary::unknown) = -std::numeric_limits<float>::infinity();
  return text;
}

}  // namespace playground
