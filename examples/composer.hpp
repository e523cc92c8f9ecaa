// A network that writes tunes in a key and a metre, and its file. For the example melody.
#pragma once

#include <algorithm>
#include <recur/recur.hpp>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/cell.hpp"
#include "common/saved_model.hpp"
#include "common/text.hpp"
#include "music.hpp"

namespace composing {

using namespace recur;
using namespace examples;
using music::Tune;

/// The network, and what its numbers stand for.
struct Composer {
  using Model = OneToMany<Dense<float, Tanh>, Decoder<Network<float, Token>, Dense<float>>,
                          EachStep<SoftmaxCrossEntropy<float>>>;
  using Names = std::vector<std::string>;

  Vocabulary letters;
  Names keys, metres;
  Names usual;  ///< the key and the metre of a tune for which nobody asks for others
  Model model;

  /// Throws std::invalid_argument for a usual key or metre that it does not know.
  Composer(Vocabulary signs, Names its_keys, Names its_metres, Names its_usual, const Description& body,
           SizeLimit limit = {})
      : letters(std::move(signs)),
        keys(std::move(its_keys)),
        metres(std::move(its_metres)),
        usual(std::move(its_usual)),
        model(make(standard_kinds<float>().make<Token>(body, limit))) {
    require(usual.size() == 2, "a tune has ", usual.size(), " properties: it must have a key and a metre");
    input(usual[0], usual[1]);
  }

  Model make(Network<float, Token> body) const {
    const Index state = state_size(body), hidden = body.output_size();
    return {
        Dense<float, Tanh>{std::ssize(keys) + std::ssize(metres), state},
        {std::move(body), Dense<float>{hidden, letters.size()}, {.begin = 0, .end = 0, .max_length = 5000}},
        EachStep{SoftmaxCrossEntropy<float>{}}};
  }
  /// A one at the key and one at the metre.
  VectorX<float> input(const std::string& key, const std::string& metre) const {
    VectorX<float> x = VectorX<float>::Zero(std::ssize(keys) + std::ssize(metres));
    const auto mark = [&](const Names& names, const std::string& name, const char* what, Index first) {
      const auto found = std::ranges::find(names, name);
      require(found != names.end(), "it knows no tune in the ", what, ' ', quote(name), ", but in ",
              list_of(names));
      x(first + (found - names.begin())) = 1;
    };
    mark(keys, key, "key", 0);
    mark(metres, metre, "metre", std::ssize(keys));
    return x;
  }
  Model::Example example(const Tune& tune) const {
    Model::Example made{input(tune.key, tune.metre), letters.ids(characters(tune.text))};
    require(std::ranges::find(made.target, Vocabulary::unknown) == made.target.end(),
            "a tune has a sign that it does not know");
    return made;
  }
  Tune write(const std::string& key, const std::string& metre, Sampler& draw, Random& random) const {
    Tune tune{key, metre, {}};
    for (const Token sign : model.sample(input(key, metre), draw, random)) tune.text += letters.word(sign);
    return tune;
  }
};

/// A network for all signs, keys and metres of these tunes. The usual ones are those of the tune `usual`.
inline Composer make_composer(std::span<const Tune> tunes, const Tune& usual, const std::string& cell,
                              Index hidden, double dropout) {
  WordCounts counts;
  std::set<std::string> keys, metres;
  for (const Tune& tune : tunes) {
    count_words(characters(tune.text), counts);
    keys.insert(tune.key);
    metres.insert(tune.metre);
  }
  Vocabulary letters = Vocabulary::from_counts(counts);
  const Description body = Description("chain")
                               .around({"embedding", letters.size(), 32})
                               .around(recurrent(cell, 32, hidden))
                               .around(Description("dropout").with("rate", dropout));
  return {std::move(letters),
          {keys.begin(), keys.end()},
          {metres.begin(), metres.end()},
          {usual.key, usual.metre},
          body};
}

inline void save(const Composer& composer, const std::string& path, Metadata metadata) {
  vocabulary_to_metadata(composer.letters, metadata);
  list_to_metadata(composer.keys, metadata, "melody.keys");
  list_to_metadata(composer.metres, metadata, "melody.metres");
  list_to_metadata(composer.usual, metadata, "melody.usual");
  save_model(composer.model, path, std::move(metadata),
             {{"melody.body", composer.model.decoder.body.description()}});
}
inline Composer load_composer(const std::string& path) {
  return load_model(path, [](const SavedModel& saved) {
    const Description body = saved.network("melody.body");
    return Composer(saved.vocabulary(), saved.list("melody.keys"), saved.list("melody.metres"),
                    saved.list("melody.usual"), body, saved.limit());
  });
}

}  // namespace composing
