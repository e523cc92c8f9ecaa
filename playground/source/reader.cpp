// The network that reads, for each of the four cells.
#include "reader.hpp"

#include <cmath>
#include <map>
#include <tuple>

#include "recur/architecture/many_to_one.hpp"
#include "recur/cell/elman.hpp"
#include "recur/cell/gru.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/dropout.hpp"
#include "recur/layer/embedding.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "trace.hpp"

namespace playground {

using namespace recur;

namespace {

template <class C>
using Model = ManyToOne<Sequential<Embedding<float>, Dropout<float>, Recurrent<C>>,
                        Sequential<Dropout<float>, Dense<float>>, Loss>;

template <class C>
Model<C> make_model(const Architecture& what, Index words) {
  return {Sequential{Embedding<float>{words, what.embedding}, Dropout<float>{what.dropout},
                     Recurrent{C{what.embedding, what.hidden}}},
          Pooling::last, Sequential{Dropout<float>{what.dropout}, Dense<float>{what.hidden, 2}},
          Loss{.label_smoothing = what.label_smoothing}};
}

template <class C>
class ReaderOf final : public Reader {
 public:
  ReaderOf(const Architecture& what, const Sentences& sentences, const Course& course)
      : student_(make_model<C>(what, sentences.vocabulary.size()), sentences.training, course) {}

  StepResult step() override { return student_.step(); }
  double rate() const override { return student_.rate(); }
  Score measure(std::span<const Example> examples) const override { return student_.measure(examples); }
  Index parameters() const override { return count_parameters(Parameters(student_.model)); }

  std::vector<float> judge(const std::vector<std::vector<Token>>& sentences) const override {
    const MatrixX<float> p = model().predict(Sequence<Token>(sentences));
    std::vector<float> praise;
    for (Index b = 0; b < p.cols(); ++b) praise.push_back(p(1, b));
    return praise;
  }

  void read(const std::vector<Token>& sentence, Answer& answer) const override {
    const auto steps = static_cast<Index>(sentence.size());
    std::vector<std::vector<Token>> prefixes;
    for (std::size_t t = 1; t <= sentence.size(); ++t)
      prefixes.emplace_back(sentence.begin(), sentence.begin() + static_cast<std::ptrdiff_t>(t));
    const Sequence<Token> x(prefixes);
    typename Model<C>::Tape tape;
    const Sequence<float>& a = model().logits(x, tape, recording);

    MatrixX<float> d_logits(2, steps);  // a_praise - a_blame is the log-odds of praise
    d_logits.row(0).setConstant(-1);
    d_logits.row(1).setConstant(1);
    Model<C> unused = zeros_like(model());
    model().head.backward(tape.pool.output(), Sequence<float>(d_logits, steps), tape.head, unused.head);
    model().pool.backward(tape.body.output(), tape.head.d_input(), tape.pool, unused.pool);
    model().body.backward(x, tape.pool.d_input(), tape.body, unused.body, false);
    const Sequence<float>& vectors = std::get<1>(tape.body.tapes).output();    // what the cell reads
    const Sequence<float>& gradient = std::get<2>(tape.body.tapes).d_input();  // of the answers, for these

    VectorX<float> probability(steps);
    MatrixX<float> influence = MatrixX<float>::Zero(steps, steps), push = influence;
    MatrixX<float> words;
    for (Index t = 0; t < steps; ++t) {
      probability(t) = sigmoid(a.values()(1, t) - a.values()(0, t));
      const MatrixX<float> d = gradient.sample(t);
      words = vectors.sample(t);
      for (Index s = 0; s <= t; ++s) {
        influence(s, t) = d.col(s).norm();
        push(s, t) = d.col(s).dot(words.col(s));
      }
    }
    answer.add("probability", probability);
    answer.add("influence", influence);
    answer.add("push", push);
    answer.add("h", tape.body.output().sample(steps - 1));  // of the last prefix: the whole sentence
    const Trace inside = trace(cell(), words);
    const auto states = names_of_states(C::Unit::name), gates = names_of_gates(C::Unit::name);
    for (std::size_t q = 1; q < states.size(); ++q) answer.add(states[q], inside.states[q]);
    for (std::size_t q = 0; q < gates.size(); ++q) answer.add(gates[q], inside.saved[q]);
  }

  std::vector<float> influence_by_differences(const std::vector<Token>& sentence,
                                              std::size_t s) const override {
    const auto steps = static_cast<Index>(sentence.size());
    VectorX<double> squares = VectorX<double>::Zero(steps);
    Model<C> moved = model();
    auto vector = std::get<0>(moved.body.layers).weight.values.row(sentence[s]);
    const float h = 2e-3f;
    for (Index i = 0; i < vector.size(); ++i) {
      const float before = vector(i);
      vector(i) = before + h;
      const VectorX<double> above = log_odds(moved, sentence);
      vector(i) = before - h;
      squares.array() +=
          ((above - log_odds(moved, sentence)) / (2.0 * static_cast<double>(h))).array().square();
      vector(i) = before;
    }
    std::vector<float> norms;
    for (const double square : squares) norms.push_back(static_cast<float>(std::sqrt(square)));
    return norms;
  }

  void describe_units(std::span<const Example> examples, std::vector<Token>& words,
                      Answer& answer) const override {
    std::vector<Index> rows;
    for (std::size_t n = 0; n < examples.size(); ++n) rows.push_back(static_cast<Index>(n));
    typename Model<C>::Batch batch;
    typename Model<C>::Tape tape;
    Model<C>::assemble(examples, rows, batch);
    const Sequence<float>& all = model().body.forward(batch.x, tape.body);
    const Index units = all.features();

    std::array<VectorX<float>, 2> ends{VectorX<float>::Zero(units), VectorX<float>::Zero(units)};
    std::array<Index, 2> sentences{};
    VectorX<float> kept = VectorX<float>::Zero(units), squares = kept;
    std::map<Token, std::pair<Index, VectorX<float>>> changes;
    for (std::size_t n = 0; n < examples.size(); ++n) {
      const MatrixX<float> h = all.sample(static_cast<Index>(n));
      const auto label = static_cast<std::size_t>(examples[n].target);
      ends[label] += h.col(h.cols() - 1);
      ++sentences[label];
      for (Index t = 0; t < h.cols(); ++t) {
        VectorX<float> change = h.col(t);
        if (t > 0) {
          kept.array() += h.col(t).array() * h.col(t - 1).array();
          change -= h.col(t - 1);
        }
        squares.array() += h.col(t).array().square();
        auto& [count, sum] = changes[examples[n].input[static_cast<std::size_t>(t)]];
        if (count++ == 0) sum.setZero(units);
        sum += change;
      }
    }
    for (const std::size_t label : {0U, 1U})
      if (sentences[label] > 0) ends[label] /= static_cast<float>(sentences[label]);
    answer.add("sentiment", VectorX<float>(ends[1] - ends[0]));
    answer.add("memory", VectorX<float>(kept.array() / (squares.array() + 1e-12f)));
    auto& change = answer.array("change");
    for (const auto& [word, of] : changes) {
      const auto& [count, sum] = of;
      if (count < 5 || word == Vocabulary::unknown) continue;
      words.push_back(word);
      for (Index j = 0; j < units; ++j) change.push_back(sum(j) / static_cast<float>(count));
    }
  }

 private:
  const Model<C>& model() const { return student_.model; }

  /// After each word, from a stream: another way than that of `read`.
  static VectorX<double> log_odds(const Model<C>& model, const std::vector<Token>& sentence) {
    auto stream = model.stream();
    VectorX<double> odds(std::ssize(sentence));
    for (Index t = 0; t < odds.size(); ++t) {
      const VectorX<float> p = model.predict_step(sentence[static_cast<std::size_t>(t)], stream);
      odds(t) = std::log(static_cast<double>(p(1)) / static_cast<double>(p(0)));
    }
    return odds;
  }
  const C& cell() const { return std::get<2>(model().body.layers).cell; }

  Student<Model<C>> student_;
};

}  // namespace

std::unique_ptr<Reader> make_reader(const Architecture& what, const Sentences& sentences,
                                    const Course& course) {
  switch (what.cell) {
    case CellKind::tanh:
      return std::make_unique<ReaderOf<Elman<float>>>(what, sentences, course);
    case CellKind::relu:
      return std::make_unique<ReaderOf<Elman<float, Relu>>>(what, sentences, course);
    case CellKind::lstm:
      return std::make_unique<ReaderOf<Lstm<float>>>(what, sentences, course);
    case CellKind::gru:
      break;
  }
  return std::make_unique<ReaderOf<Gru<float>>>(what, sentences, course);
}

}  // namespace playground
