#include "recur/attention/attention.hpp"

#include "attention/of_memory.hpp"
#include "catch.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace attention_test {

/// Attention as a layer, for the laws: the first Q features of x are queries, the others are memory.
template <class C>
struct Split {
  using Scalar = typename C::Scalar;
  using InputScalar = Scalar;
  Attention<C> attention;

  struct Tape : TapeOf<Scalar> {
    Sequence<Scalar> queries, memory;
    typename Attention<C>::Tape attention;
  };

  Index input_size() const { return attention.query_size() + attention.memory_size(); }
  Index output_size() const { return attention.memory_size(); }
  std::string describe() const { return attention.describe(); }
  void initialize(Random& random, Scheme scheme) { attention.initialize(random, scheme); }
  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    Attention<C>::visit(at, f, self.attention...);
  }
  const Sequence<Scalar>& forward(const Sequence<Scalar>& x, Tape& tape, Pass pass = predicting) const {
    tape.queries.reshape(attention.query_size(), x.layout());
    tape.memory.reshape(attention.memory_size(), x.layout());
    tape.queries.values() = x.values().topRows(attention.query_size());
    tape.memory.values() = x.values().bottomRows(attention.memory_size());
    tape.y = attention.forward(tape.queries, tape.memory, tape.attention, pass);
    return tape.y;
  }
  void backward(const Sequence<Scalar>& x, const Sequence<Scalar>& dy, Tape& tape, Split& gradient,
                bool = true) const {
    attention.backward(tape.queries, tape.memory, dy, tape.attention, gradient.attention);
    tape.dx.reshape(input_size(), x.layout());
    tape.dx.values().topRows(attention.query_size()) = tape.attention.d_queries.values();
    tape.dx.values().bottomRows(attention.memory_size()) = tape.attention.d_memory().values();
  }
};

template <class C>
void try_laws(C score) {
  LayerSubject subject(Split<C>{Attention<C>(std::move(score))});
  keeps_laws(subject);
}

TEST_CASE("Attention keeps the laws with every score", "[attention][laws]") {
  try_laws(DotScore<double>{3});
  try_laws(ScaledDotScore<double>{5});
  try_laws(GeneralScore<double>{2, 5});
  try_laws(GeneralScore<double>{5, 3});
  try_laws(AdditiveScore<double>{2, 3, 7});
  try_laws(AdditiveScore<float>{9, 4, 19});
}

template <class C, class F>
void is_its_equation(C score, F&& plain) {
  Attention attention(std::move(score));
  INFO(attention.describe());
  initialize(attention, 1);
  const auto queries = draw<double>(attention.query_size(), of_queries, 2);
  const auto memory = draw<double>(attention.memory_size(), of_memory, 3);
  typename Attention<C>::Tape tape;
  const auto& contexts = attention.forward(queries, memory, tape);
  REQUIRE(contexts.layout() == queries.layout());
  for (Index b = 0; b < queries.batch(); ++b) {
    const MatrixX<double> q = queries.sample(b), m = memory.sample(b);
    MatrixX<double> alpha(m.cols(), q.cols());
    for (Index i = 0; i < q.cols(); ++i) {
      for (Index j = 0; j < m.cols(); ++j)
        alpha(j, i) = std::exp(plain(attention.score, VectorX<double>(q.col(i)), VectorX<double>(m.col(j))));
      alpha.col(i) /= alpha.col(i).sum();
    }
    CHECK(distance(tape.weights(b), alpha) < 1e-14);
    CHECK(distance(contexts.sample(b), m * alpha) < 1e-14);
  }
}

TEST_CASE("Contexts are means of the memory, weighted by the softmax of the scores", "[attention]") {
  using V = VectorX<double>;
  is_its_equation(DotScore<double>{3}, [](auto&, const V& q, const V& m) { return q.dot(m); });
  is_its_equation(ScaledDotScore<double>{3},
                  [](auto&, const V& q, const V& m) { return q.dot(m) / std::sqrt(3.0); });
  is_its_equation(GeneralScore<double>{2, 3},
                  [](auto& s, const V& q, const V& m) { return q.dot(s.weight_memory * m); });
  is_its_equation(AdditiveScore<double>{2, 3, 5}, [](auto& s, const V& q, const V& m) {
    return s.weight_score.dot((s.weight_query * q + s.weight_memory * m).array().tanh().matrix());
  });
}

template <class C>
void is_the_slope(C score) {
  Attention attention(std::move(score));
  INFO(attention.describe());
  initialize(attention, 1);
  auto queries = draw<double>(attention.query_size(), of_queries, 2);
  auto memory = draw<double>(attention.memory_size(), of_memory, 3);
  const auto d = draw<double>(attention.memory_size(), of_queries, 4);
  typename Attention<C>::Tape tape, probe;
  attention.forward(queries, memory, tape);
  auto gradient = zeros_like(attention);
  attention.backward(queries, memory, d, tape, gradient);
  const auto loss = [&] {
    return attention.forward(queries, memory, probe).values().cwiseProduct(d.values()).sum();
  };
  CHECK(slope_error(queries, tape.d_queries, loss) < 1e-8);
  CHECK(slope_error(memory, tape.d_memory(), loss) < 1e-8);
  CHECK(slope_error_of_parameters(attention, gradient, loss) < 1e-8);
}

TEST_CASE("Gradients match differences for queries and memory of different lengths", "[attention]") {
  is_the_slope(DotScore<double>{3});
  is_the_slope(ScaledDotScore<double>{3});
  is_the_slope(GeneralScore<double>{2, 3});
  is_the_slope(AdditiveScore<double>{2, 3, 5});
}

/// A small decoder: each query is the last context, so the gradient flows through all looks.
template <class C>
void steps_as_a_decoder(C score) {
  Attention attention(std::move(score));
  INFO(attention.describe());
  initialize(attention, 1);
  auto memory = draw<double>(3, of_memory, 3);
  MatrixX<double> first = MatrixX<double>::Random(3, 4);
  const MatrixX<double> d_last = MatrixX<double>::Random(3, 2);
  const std::vector<std::vector<Index>> samples{{0, 1, 2, 3}, {3, 1}, {3, 1}};
  using Look = typename Attention<C>::Look;
  std::vector<Look> looks(3);
  typename Attention<C>::Memory read;
  const auto chosen = [](const MatrixX<double>& all) { return MatrixX<double>(all(Eigen::all, {3, 1})); };
  const auto run = [&] {
    attention.read(memory, read);
    const MatrixX<double> one = chosen(attention.look(first, samples[0], read, looks[0]));
    return MatrixX<double>(attention.look(MatrixX<double>(attention.look(one, samples[1], read, looks[1])),
                                          samples[2], read, looks[2]));
  };
  run();
  auto gradient = zeros_like(attention);
  MatrixX<double> d = d_last, queries;
  for (std::size_t t = 3; t-- > 0;) {
    queries = t == 0 ? first : t == 1 ? chosen(looks[0].context()) : MatrixX<double>(looks[1].context());
    attention.look_backward(queries, d, read, looks[t], gradient);
    d = looks[t].d_query();
    if (t != 1) continue;
    MatrixX<double> all = MatrixX<double>::Zero(3, 4);
    all.col(3) = d.col(0);
    all.col(1) = d.col(1);
    d = all;
  }
  attention.read_backward(memory, read, gradient);
  const MatrixX<double> d_first = d;
  const auto loss = [&] { return run().cwiseProduct(d_last).sum(); };
  CHECK(slope_error(first.data(), d_first.data(), 12, loss) < 1e-8);
  CHECK(slope_error(memory, read.d_memory(), loss) < 1e-8);
  CHECK(slope_error_of_parameters(attention, gradient, loss) < 1e-8);
}

TEST_CASE("Gradients match differences for a memory that is read once and used step by step", "[attention]") {
  steps_as_a_decoder(ScaledDotScore<double>{3});
  steps_as_a_decoder(GeneralScore<double>{3, 3});
  steps_as_a_decoder(AdditiveScore<double>{3, 3, 5});
}

TEST_CASE("Single looks give the same as all queries at once, also for several queries of a sample",
          "[attention]") {
  Attention attention(AdditiveScore<double>{2, 3, 5});
  initialize(attention, 1);
  const auto queries = draw<double>(2, of_queries, 2), memory = draw<double>(3, of_memory, 3);
  Attention<AdditiveScore<double>>::Tape tape;
  attention.forward(queries, memory, tape);
  Attention<AdditiveScore<double>>::Memory read;
  Attention<AdditiveScore<double>>::Look look;
  attention.read(memory, read);
  CHECK(read.batch() == 4);
  const std::vector<Index> beam{2, 2, 2, 2};
  CHECK(distance(attention.look(queries.sample(2), beam, read, look), tape.y.sample(2)) < 1e-15);
  CHECK(distance(look.weights(3), tape.weights(2).col(3)) < 1e-15);
  MatrixX<double> mixed(2, 3);
  mixed << queries.sample(0).col(1), queries.sample(3), queries.sample(0).col(2);
  attention.look(mixed, std::vector<Index>{0, 3, 0}, read, look);
  CHECK(distance(look.context().col(0), tape.y.sample(0).col(1)) < 1e-15);
  CHECK(distance(look.context().col(1), tape.y.sample(3)) < 1e-15);
  CHECK(distance(look.context().col(2), tape.y.sample(0).col(2)) < 1e-15);
}

TEST_CASE("The gradient of a look may be a part of a larger matrix", "[attention]") {
  Attention attention(AdditiveScore<double>{2, 3, 5});
  initialize(attention, 1);
  const auto memory = draw<double>(3, of_memory, 3);
  const MatrixX<double> queries = draw<double>(2, {4}, 2).values(),
                        d_joined = draw<double>(5, {4}, 4).values();
  const std::vector<Index> samples{0, 0, 2, 1};
  const auto gradients = [&](const Eigen::Ref<const MatrixX<double>>& d) {
    Attention<AdditiveScore<double>>::Memory read;
    Attention<AdditiveScore<double>>::Look look;
    attention.read(memory, read);
    attention.look(queries, samples, read, look);
    auto gradient = zeros_like(attention);
    attention.look_backward(queries, d, read, look, gradient);
    attention.read_backward(memory, read, gradient);
    std::vector<MatrixX<double>> all{look.d_query(), read.d_memory().values()};
    for_each_parameter([&](const Name&, const auto& g) { all.emplace_back(g); }, gradient);
    return all;
  };
  CHECK(gradients(d_joined.topRows(3)) == gradients(MatrixX<double>(d_joined.topRows(3))));
}

TEST_CASE("A look allocates nothing after one of the same size", "[attention]") {
  if (!CountAllocations::works) return;
  Attention attention(AdditiveScore<float>{2, 3, 5});
  Attention<AdditiveScore<float>>::Memory read;
  Attention<AdditiveScore<float>>::Look look;
  auto gradient = attention;
  const Sequence<float> memory({MatrixX<float>::Ones(3, 6), MatrixX<float>::Ones(3, 4)});
  const MatrixX<float> queries = MatrixX<float>::Ones(2, 2), d = MatrixX<float>::Ones(3, 2);
  const std::vector<Index> samples{0, 1};
  long count = 0;
  for (int i = 0; i < 2; ++i) {
    const CountAllocations allocations;
    attention.read(memory, read);
    attention.look(queries, samples, read, look);
    attention.look_backward(queries, d, read, look, gradient);
    attention.read_backward(memory, read, gradient);
    count = allocations.count();
  }
  CHECK(count == 0);
}

TEST_CASE("A pass of attention that ran out of memory is not taken for one", "[attention]") {
  if (!CountAllocations::works) return;
  const Attention attention(AdditiveScore<double>{2, 3, 5});
  const auto queries = draw<double>(2, of_queries, 2), d = draw<double>(3, of_queries, 4);
  const auto small = draw<double>(3, {1, 1, 1, 1}, 3), memory = draw<double>(3, {9, 8, 7, 6}, 3);
  Attention<AdditiveScore<double>>::Tape tape;
  auto gradient = zeros_like(attention);
  int failed = 0;
  with_too_little_memory(
      [&] {
        tape = {};
        attention.forward(queries, small, tape);
      },
      [&] { attention.forward(queries, memory, tape); },
      [&] {
        for (const auto* m : {&small, &memory})
          CHECK_THROWS_AS(attention.backward(queries, *m, d, tape, gradient), std::invalid_argument);
        ++failed;
      });
  CHECK(failed > 3);
  CHECK_NOTHROW(attention.backward(queries, memory, d, tape, gradient));
}

TEST_CASE("Attention is right for scores of any size", "[attention]") {
  Attention attention(DotScore<float>{2});
  Attention<DotScore<float>>::Tape tape;
  MatrixX<float> query(2, 1), memory(2, 3);
  query << 1000, 0;
  memory << 10, -10, 9, 1, 2, 3;
  attention.forward(Sequence<float>({query}), Sequence<float>({memory}), tape);
  CHECK(distance(tape.weights(0).cast<double>(), Eigen::Vector3d(1, 0, 0)) < 1e-6);
  memory.row(0).array() -= 1000;
  attention.forward(Sequence<float>({query}), Sequence<float>({memory}), tape);
  CHECK(distance(tape.weights(0).cast<double>(), Eigen::Vector3d(1, 0, 0)) < 1e-6);
}

TEST_CASE("Attention names its parameters and describes itself", "[attention]") {
  const Attention attention(AdditiveScore<float>{2, 3, 5});
  std::string names;
  for_each_parameter(
      [&](const Name& name, const auto& p) {
        names += detail::message(name.str(), ' ', p.rows(), 'x', p.cols(), ' ');
      },
      attention);
  CHECK(names == "weight_query 5x2 weight_memory 5x3 weight_score 5x1 ");
  CHECK(attention.describe() == "Attention (additive, 5 units, queries of 2, memory of 3)");
  CHECK(Attention(DotScore<float>{3}).describe() == "Attention (dot, queries of 3, memory of 3)");
  CHECK(Attention(ScaledDotScore<float>{3}).describe() ==
        "Attention (scaled dot, queries of 3, memory of 3)");
  CHECK(count_parameters(Attention(GeneralScore<float>{2, 3})) == 6);
}

TEST_CASE("Attention refuses sizes that don't fit", "[attention]") {
  using Additive = Attention<AdditiveScore<double>>;
  Additive attention(AdditiveScore<double>{2, 3, 5});
  const std::string name = attention.describe();
  const auto queries = draw<double>(2, of_queries, 2), memory = draw<double>(3, of_memory, 3),
             d = draw<double>(3, of_queries, 4);
  Additive::Tape tape;
  CHECK(refusal([&] { attention.forward(memory, memory, tape); }) ==
        name + " was given queries of 3 features: it takes 2");
  CHECK(refusal([&] { attention.forward(queries, queries, tape); }) ==
        name + " was given a memory of 2 features: it takes 3");
  CHECK(refusal([&] {
          attention.forward(queries, draw<double>(3, {1, 2}, 1), tape);
        }) == name + " was given queries of 4 samples and a memory of 2: they must be of the same samples");
  CHECK_THROWS_AS(attention.forward(Sequence<double>(), Sequence<double>(), tape), std::invalid_argument);
  attention.forward(queries, memory, tape);
  auto gradient = zeros_like(attention);
  const auto refused = [&](const auto& q, const auto& m, const auto& dy, auto& g) {
    CHECK_THROWS_AS(attention.backward(q, m, dy, tape, g), std::invalid_argument);
  };
  refused(draw<double>(2, of_memory, 1), memory, d, gradient);
  refused(queries, draw<double>(3, of_queries, 1), d, gradient);
  refused(queries, memory, draw<double>(3, of_memory, 1), gradient);
  refused(queries, memory, draw<double>(2, of_queries, 1), gradient);
  Additive larger(AdditiveScore<double>{2, 3, 6});
  refused(queries, memory, d, larger);

  Additive::Memory read;
  Additive::Look look;
  attention.read(memory, read);
  const MatrixX<double> q = MatrixX<double>::Ones(2, 2), dc = MatrixX<double>::Ones(3, 2);
  CHECK(refusal([&] {
          attention.look(q, std::vector<Index>{0, 4}, read, look);
        }) == name + " was given a query of sample 4: the memory that was read has the samples 0 to 3");
  CHECK(refusal([&] { attention.look(q, std::vector<Index>{0}, read, look); }) ==
        name +
            " was given 2 queries and the samples of 1: there must be at least one query, and a sample for "
            "each");
  CHECK_THROWS_AS(attention.look(q, std::vector<Index>{0, -1}, read, look), std::invalid_argument);
  CHECK_THROWS_AS(attention.look(dc, std::vector<Index>{0, 1}, read, look), std::invalid_argument);
  attention.look(q, std::vector<Index>{0, 1}, read, look);
  CHECK(refusal([&] { attention.look_backward(q, q, read, look, gradient); }) ==
        name +
            " was asked for a gradient with queries of 2 x 2 and contexts of 2 x 2: this look had 2 x 2 and "
            "3 x 2");
  CHECK_THROWS_AS(attention.look_backward(dc, dc, read, look, gradient), std::invalid_argument);
  CHECK_THROWS_AS(attention.look_backward(q, dc, read, look, larger), std::invalid_argument);
  CHECK_THROWS_AS(attention.read_backward(draw<double>(3, {1, 2, 3, 6}, 1), read, gradient),
                  std::invalid_argument);
  CHECK(gradient_norm(gradient) == 0);
  attention.read(draw<double>(3, {5, 6, 7, 8}, 1), read);
  CHECK(refusal([&] { attention.look_backward(q, dc, read, look, gradient); }) ==
        name + " was asked for a gradient with another memory than that of the look");

  attention.score.weight_query.resize(4, 2);
  CHECK(refusal([&] { attention.forward(queries, memory, tape); }) ==
        name + " has a weight_query of 4 x 2: it must be 5 x 2");
  attention.score.weight_query.resize(5, 2);
  attention.score.weight_memory.resize(4, 3);
  CHECK_THROWS_AS(attention.forward(queries, memory, tape), std::invalid_argument);
}

}  // namespace attention_test
}  // namespace recur::testing
