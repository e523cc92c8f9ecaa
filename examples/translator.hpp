// Two vocabularies and a network between them: the model of the example translate, and its file.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <recur/architecture/copy_unknown.hpp>
#include <recur/architecture/encoder_decoder.hpp>
#include <recur/attention/attention.hpp>
#include <recur/core/error.hpp>
#include <recur/data/parallel_text.hpp>
#include <recur/data/vocabulary.hpp>
#include <recur/io/model_file.hpp>
#include <recur/layer/dense.hpp>
#include <recur/network/network.hpp>
#include <recur/network/standard.hpp>
#include <recur/train/loss.hpp>
#include <recur/train/sequence_loss.hpp>
#include <span>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "common/cell.hpp"
#include "common/picture.hpp"
#include "common/saved_model.hpp"
#include "common/text.hpp"

namespace examples {

using Reader = recur::Network<float, recur::Token>;
using Crossing = recur::Dense<float, recur::Tanh>;  ///< from the states of the encoder to that of the decoder
using WordLoss = recur::EachStep<recur::SoftmaxCrossEntropy<float>>;
using Looking = recur::Attention<recur::AdditiveScore<float>>;

/// With attention, and without.
using Attentive =
    recur::EncoderDecoder<Reader, recur::Decoder<Reader, recur::Network<float>, Looking>, WordLoss, Crossing>;
using Plain =
    recur::EncoderDecoder<Reader, recur::Decoder<Reader, recur::Network<float>>, WordLoss, Crossing>;

/// The number of words between spaces.
inline recur::Index length(const std::string& text) {
  std::istringstream words(text);
  return std::distance(std::istream_iterator<std::string>(words), {});
}

/// The layers of a model as data.
struct Parts {
  recur::Description encoder, decoder, head;
  recur::Index longest;  ///< translation, in words, with its end
};

/// What is needed to translate. The last word of the target, <end>, begins and ends a sentence.
template <class Model>
struct Translator {
  recur::Vocabulary source, target;
  Model model;

  /// Throws std::invalid_argument for layers that don't fit, and those with more numbers than the limit.
  Translator(recur::Vocabulary from, recur::Vocabulary to, const Parts& parts, recur::SizeLimit limit = {})
      : source(std::move(from)), target(std::move(to)), model(make_model(parts, limit)) {
    recur::require(model.decoder.output_size() == target.size(), "the network writes ",
                   model.decoder.output_size(), " words, but names ", target.size());
  }

 private:
  Model make_model(const Parts& parts, recur::SizeLimit& limit) const {
    const auto& kinds = recur::standard_kinds<float>();
    auto encoder = kinds.make<recur::Token>(parts.encoder, limit);
    auto decoder = kinds.make<recur::Token>(parts.decoder, limit);
    auto head = kinds.make(parts.head, limit);
    Crossing bridge{recur::state_size(encoder), recur::state_size(decoder)};
    const recur::Token end = static_cast<recur::Token>(target.size()) - 1;
    const recur::DecoderOptions options{.begin = end, .end = end, .max_length = parts.longest};
    if constexpr (std::same_as<Model, Attentive>) {
      const recur::Index size = decoder.output_size();
      Looking look{recur::AdditiveScore<float>{size, encoder.output_size(), (size + 1) / 2}};
      return {std::move(encoder), std::move(bridge),
              recur::Decoder{std::move(decoder), std::move(look), std::move(head), options}, WordLoss{}};
    } else {
      return {std::move(encoder), std::move(bridge),
              recur::Decoder{std::move(decoder), std::move(head), options}, WordLoss{}};
    }
  }
};

/// The vocabulary of words that occur at least `least` times.
inline recur::Vocabulary words_of(std::span<const recur::Translations> pairs, recur::Index least,
                                  bool of_target) {
  recur::WordCounts counts;
  for (const auto& [sentence, translations] : pairs)
    for (const auto& translation : translations)
      recur::count_words(of_target ? translation : sentence, counts);
  auto words = recur::Vocabulary::from_counts(counts, {.min_count = least}).words();
  if (of_target) words.emplace_back("<end>");
  return recur::Vocabulary(std::move(words));
}

struct Architecture {
  std::string cell;
  recur::Index hidden;
  double dropout;
};

/// A network for these words: an encoder that reads both ways, and a decoder.
template <class Model>
Translator<Model> make_translator(recur::Vocabulary source, recur::Vocabulary target,
                                  const Architecture& sizes, recur::Index longest) {
  using recur::Description;
  const recur::Index hidden = sizes.hidden, half = (hidden + 1) / 2, reads = source.size(),
                     writes = target.size();
  const recur::Index seen =
      std::same_as<Model, Attentive> ? 3 * hidden : hidden;  // its state, and both ways' memory
  // Numbers of size 1 behind the embeddings, and before the many weights of the last layer: it then learns several times
  // faster.
  const Description chain("chain"), norm{"layer_norm", half},
      noise = Description("dropout").with("rate", sizes.dropout), cell = recurrent(sizes.cell, half, hidden);
  const auto embedded = [&](recur::Index words) {
    return chain.around({"embedding", words, half}).around(norm).around(noise);
  };
  return {std::move(source), std::move(target),
          Parts{embedded(reads).around(cell.with("direction", "both")), embedded(writes).around(cell),
                chain.around(Description("dense", seen, half).with("activation", "tanh"))
                    .around(norm)
                    .around(noise)
                    .around({"dense", half, writes}),
                longest}};
}

/// Saves all of it as one safetensors file, with metadata of the program.
inline void save(const Translator<Attentive>& translator, const std::filesystem::path& path,
                 recur::Metadata metadata) {
  const Attentive& model = translator.model;
  metadata["translate.longest"] = std::to_string(model.decoder.options.max_length);
  recur::vocabulary_to_metadata(translator.source, metadata, "translate.source");
  recur::vocabulary_to_metadata(translator.target, metadata, "translate.target");
  save_model(model, path, std::move(metadata),
             {{"translate.encoder", model.source.encoder.description()},
              {"translate.decoder", model.decoder.body.description()},
              {"translate.head", model.decoder.head.description()}});
}

/// The translator that `save` saved. Throws recur::FileError for any other file.
inline Translator<Attentive> load_translator(const std::filesystem::path& path) {
  return load_model(path, [](const SavedModel& saved) {
    const Parts parts{saved.network("translate.encoder"), saved.network("translate.decoder"),
                      saved.network("translate.head"), saved.integer("translate.longest")};
    return Translator<Attentive>(saved.vocabulary("translate.source"), saved.vocabulary("translate.target"),
                                 parts, saved.limit());
  });
}

/// A translation, and where the network looked if it has attention.
struct Translated {
  std::vector<std::string> words;
  recur::MatrixX<float> looked;
};

/// The best translation that a beam search of this width finds. A word that the network does not know, such as a name,
/// stands there as it is, if the network has attention.
template <class Model>
Translated translate(const Translator<Model>& translator, const std::vector<std::string>& sentence,
                     recur::Index width) {
  auto [tokens, from, weights] = recur::beam_copying(translator.model, translator.source.ids(sentence),
                                                     recur::Vocabulary::unknown, width);
  Translated result{{}, std::move(weights)};
  for (std::size_t t = 0; t < tokens.size(); ++t)
    result.words.push_back(from[t] < 0 ? translator.target.word(tokens[t])
                                       : sentence[static_cast<std::size_t>(from[t])]);
  return result;
}

/// Writes, for each word that was written, the words that were read, with the weights of the attention. Draws the same.
inline void show_attention(const std::vector<std::string>& read, const Translated& translated) {
  if (translated.words.empty()) return write_text("Nowhere: it has not written a word.");
  const bool colour = recur::Terminal::standard_output().colour;
  std::size_t widest = 0;
  for (const auto& word : translated.words) widest = std::max(widest, columns_of(word));
  for (std::size_t t = 0; t < translated.words.size(); ++t) {
    const std::string word = printable(translated.words[t]);
    std::string line = std::string(2 + widest - std::min(widest, columns_of(word)), ' ') + word + ' ';
    for (std::size_t s = 0, used = 3 + widest; s < read.size(); ++s) {
      const std::size_t size = 3 + columns_of(read[s]);
      if (used + size > text_columns()) {
        used = 3 + widest;
        line += '\n' + std::string(used, ' ');
      }
      used += size;
      line +=
          highlighted(printable(read[s]),
                      translated.looked(static_cast<recur::Index>(s), static_cast<recur::Index>(t)), colour);
    }
    std::cout << line << '\n';
  }
  std::cout << '\n';
  write_text(draw("translate", translated.looked.transpose().cast<double>(), translated.words, read,
                  R"(set title 'Where it looks while it writes'
set ylabel 'it writes'; set xlabel 'it looks at'; set yrange [*:*] reverse
set palette defined (0 'white', 0.3 '#9ecae1', 1 '#08306b'); set cbrange [0:1]; set cblabel 'weight'
set xtics rotate by -45 nomirror; set ytics nomirror; set tics out; unset key
plot DATA matrix rowheaders columnheaders with image)"));
}

}  // namespace examples
