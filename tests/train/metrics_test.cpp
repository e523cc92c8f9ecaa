#include "recur/train/metrics.hpp"

#include <limits>

#include "catch.hpp"
#include "recur/architecture/many_to_many.hpp"
#include "recur/train/sequence_loss.hpp"
#include "toy.hpp"

namespace recur::testing {
namespace metrics_test {

using Catch::Matchers::ContainsSubstring;

const MatrixX<double> scores{{0.1, 2, -1, 4, 0.5}, {0.2, 1, -3, 4, 0.1}, {0.3, 0, -2, 0, 0.9}};
const std::vector<int> labels{2, 1, 0, 0, 1};

TEST_CASE("The most likely class has the highest score, and the first of equal scores wins",
          "[train][metrics]") {
  CHECK(most_likely(scores) == std::vector<int>{2, 0, 0, 0, 2});
  CHECK(most_likely(MatrixX<float>(3, 0)).empty());
}

TEST_CASE("Accuracy counts the right samples, and the confusion matrix counts all pairs",
          "[train][metrics]") {
  CHECK(accuracy(scores, labels) == Approx(3.0 / 5));
  CHECK(confusion(scores, labels) == MatrixX<Index>{{2, 0, 0}, {1, 0, 1}, {0, 0, 1}});
}

TEST_CASE("Predicted classes give the same counts as scores", "[train][metrics]") {
  CHECK(confusion(most_likely(scores), labels, 3) == confusion(scores, labels));
  CHECK(confusion(std::vector<int>{0}, std::vector<int>{1}, 2) == MatrixX<Index>{{0, 0}, {1, 0}});
}

TEST_CASE("Precision, recall and F1 match the textbook and are 0 without samples", "[train][metrics]") {
  // The example of scikit-learn's precision_recall_fscore_support: cat, dog, pig.
  const auto classes =
      class_matches(confusion(std::vector<int>{0, 2, 1, 0, 0, 1}, std::vector<int>{0, 1, 2, 0, 1, 2}, 3));
  REQUIRE(classes.size() == 3);
  CHECK(classes[0] == Matches{2, 3, 2});
  CHECK(classes[0].precision() == Approx(2.0 / 3));
  CHECK(classes[0].recall() == 1);
  CHECK(classes[0].f1() == Approx(0.8));
  CHECK(classes[1].f1() == 0);
  const Averages macro = macro_average(classes);
  CHECK(macro.precision == Approx(0.222).margin(5e-4));
  CHECK(macro.recall == Approx(0.333).margin(5e-4));
  CHECK(macro.f1 == Approx(0.267).margin(5e-4));
  const Matches micro = micro_average(classes);
  CHECK(micro.precision() == Approx(0.333).margin(5e-4));
  CHECK(micro.recall() == micro.precision());
  CHECK(micro.f1() == micro.precision());
  CHECK(micro_average(std::span(classes).subspan(1)) == Matches{0, 3, 4});
  // Classes 0 and 1 are all right, and class 2 never comes: 1, as scikit-learn's f1_score(average="macro").
  const std::vector<int> two{0, 1, 1};
  const Averages without = macro_average(class_matches(confusion(two, two, 3)));
  CHECK(without.precision == 1);
  CHECK(without.recall == 1);
  CHECK(without.f1 == 1);
  CHECK(macro_average(std::vector<Matches>(3)).f1 == 0);
  CHECK(Matches{}.precision() == 0);
  CHECK(Matches{}.recall() == 0);
  CHECK(Matches{}.f1() == 0);
  CHECK(Matches{3, 4, 10}.f1() == Approx(2 * 0.75 * 0.3 / (0.75 + 0.3)));
}

TEST_CASE("Each of many labels has its own matches", "[train][metrics]") {
  const MatrixX<double> p{{0.9, 0.2, 0.4}, {0.6, 0.7, 0.5}};
  const MatrixX<double> y{{1, 1, 0}, {1, 0, 0}};
  CHECK(label_matches(p, y) == std::vector<Matches>{{1, 1, 2}, {1, 2, 1}});
  CHECK(label_matches(p, y, 0.1) == std::vector<Matches>{{2, 3, 2}, {1, 3, 1}});
}

TEST_CASE("Accuracy of many labels counts each label, or whole samples if they must be exact",
          "[train][metrics]") {
  const MatrixX<double> p{{0.9, 0.2, 0.4}, {0.6, 0.7, 0.5}};
  const MatrixX<double> y{{1, 1, 0}, {1, 0, 0}};
  CHECK(label_accuracy(p, y) == Approx(4.0 / 6));
  CHECK(label_accuracy(p, y, 0.5, true) == Approx(2.0 / 3));
  CHECK(label_accuracy(p, y, 0.65) == Approx(3.0 / 6));
}

TEST_CASE("The accuracy of a model is the accuracy of its predictions", "[train][metrics]") {
  const auto model = toy<double>();
  const auto examples = toy_examples<double>(23, 4);
  Index right = 0;
  for (const auto& example : examples) {
    const MatrixX<double> y = model.predict(Sequence<Token>({example.input}));
    right += (y(1) > y(0)) == (example.target == 1);
  }
  CHECK(right > 0);
  CHECK(right < 23);
  CHECK(accuracy(model, examples) == Approx(static_cast<double>(right) / 23));
  CHECK(accuracy(model, examples, {.batch_size = 4, .threads = 2}) ==
        Approx(static_cast<double>(right) / 23));
}

TEST_CASE("The accuracy of a model of many labels counts each label", "[train][metrics]") {
  ManyToOne model{Recurrent{Lstm<double>{2, 3}}, Pooling::mean, Dense<double>{3, 2},
                  BinaryCrossEntropy<double>{}};
  model.head.bias = VectorX<double>{{1, -1}};
  model.head.weight.setOnes();  // the body's weights are zero, so the outputs are always true, false
  const std::vector<decltype(model)::Example> examples{
      {MatrixX<double>::Ones(2, 3), VectorX<double>{{1, 0}}},
      {MatrixX<double>::Ones(2, 1), VectorX<double>{{1, 1}}}};
  CHECK(accuracy(model, examples) == 0.75);
}

/// A tagger of numbers: the label of a step is the row of its largest number.
auto tagger() {
  ManyToMany model{Dense<double>{3, 3}, EachStep{SoftmaxCrossEntropy<double>{}}};
  model.body.weight.setIdentity();
  return model;
}
using Tagger = decltype(tagger());

const std::vector<Tagger::Example> tagged{
    {MatrixX<double>{{9, 0, 0}, {0, 9, 0}, {0, 0, 9}}, {0, 1, 1}},
    {MatrixX<double>{{9}, {0}, {0}}, {1}},
    {MatrixX<double>{{9, 9}, {0, 0}, {0, 0}}, {0, ignored_label}},
};

TEST_CASE("The accuracy of a tagger is that of its steps, without those that are ignored",
          "[train][metrics]") {
  const Tagger model = tagger();
  CHECK(recur::labels(model, tagged) == std::vector<std::vector<int>>{{0, 1, 2}, {0}, {0, 0}});
  CHECK(recur::labels(model, tagged, {.batch_size = 1, .threads = 2}) == recur::labels(model, tagged));
  CHECK(accuracy(model, tagged) == 0.6);
  const Answers answers = count_answers(model, tagged);
  CHECK(answers.right == 3);
  CHECK(answers.all == 5);
  CHECK(answers.classes == std::vector<Matches>{{2, 3, 2}, {1, 1, 3}, {0, 1, 0}});
  CHECK_THROWS_WITH(
      accuracy(model, std::vector<Tagger::Example>{{MatrixX<double>{{9}, {0}, {0}}, {ignored_label}}}),
      ContainsSubstring("are ignored"));
}

TEST_CASE("A class that never comes has answers too, and its F1 is 0", "[train][metrics]") {
  const std::vector<Tagger::Example> two{{MatrixX<double>{{9, 0}, {0, 9}, {0, 0}}, {0, 1}}};
  const Answers answers = count_answers(tagger(), two);
  CHECK(answers.classes == std::vector<Matches>{{1, 1, 1}, {1, 1, 1}, {}});
  CHECK(F1{.label = 2}(answers) == 0);
  CHECK(F1{}(answers) == 1);
  CHECK_THROWS_AS(F1{.label = 3}(answers), std::out_of_range);
  const auto model = toy<double>();
  for (const auto& example : toy_examples<double>(2, 4))
    CHECK(count_answers(model, std::vector{example}).classes.size() == 2);
}

TEST_CASE("Answers are of losses of labels, and not of a regression", "[train][metrics]") {
  const auto counts = [](auto loss) {
    using Loss = decltype(loss);
    return detail::metrics::Countable<ManyToOne<Recurrent<Lstm<double>>, Dense<double>, Loss>> &&
           detail::metrics::Countable<ManyToMany<Dense<double>, EachStep<Loss>>>;
  };
  CHECK(counts(SoftmaxCrossEntropy<double>{}));
  CHECK(counts(BinaryCrossEntropy<double>{}));
  CHECK_FALSE(counts(SquaredError<double>{}));
  CHECK_FALSE(counts(QuantileLoss<double>{}));
}

TEST_CASE("Labels of many samples are those of their predictions", "[train][metrics]") {
  const auto model = toy<double>();
  const auto examples = toy_examples<double>(23, 4);
  CHECK(recur::labels(model, examples) == most_likely(predictions(model, examples)));
}

TEST_CASE("A tagger of many labels has the accuracy of all labels that count", "[train][metrics]") {
  ManyToMany model{Dense<double>{2, 2}, EachStep{BinaryCrossEntropy<double>{}}};
  model.body.weight = MatrixX<double>{{1, 0}, {0, 1}};
  constexpr double no = ignored_number<double>;
  const std::vector<decltype(model)::Example> examples{
      {MatrixX<double>{{1, -1}, {1, 1}}, MatrixX<double>{{1, 1}, {no, 1}}}};
  CHECK(accuracy(model, examples) == Approx(2.0 / 3));
}

TEST_CASE("Ignored labels don't count in metrics of scores", "[train][metrics]") {
  const std::vector<int> some{0, ignored_label, 2, ignored_label, 0};
  CHECK(confusion(scores, some).sum() == 3);
  MatrixX<double> others(scores.rows(), 3);
  others << scores.col(0), scores.col(2), scores.col(4);
  CHECK(accuracy(scores, some) == accuracy(others, std::vector<int>{0, 2, 0}));
  CHECK_THROWS_WITH(accuracy(scores, std::vector<int>(5, ignored_label)), ContainsSubstring("are ignored"));
  constexpr double no = ignored_number<double>;
  const MatrixX<double> p{{0.9, 0.2}, {0.6, 0.7}}, y{{1, no}, {no, no}};
  CHECK(label_accuracy(p, y) == 1);
  CHECK(label_accuracy(p, y, 0.5, true) == 1);
  CHECK(label_matches(p, y)[0] == Matches{1, 1, 1});
  CHECK(label_matches(p, y)[1] == Matches{});
}

TEST_CASE("A metric of illegal arguments throws, and the message says what is legal", "[train][metrics]") {
  CHECK_THROWS_WITH(accuracy(scores, std::vector<int>{1, 2}),
                    ContainsSubstring("2 labels") && ContainsSubstring("5 samples"));
  CHECK_THROWS_WITH(confusion(scores, std::vector<int>{0, 1, 2, 3, 0}),
                    ContainsSubstring("label 3") && ContainsSubstring("0 to 2"));
  CHECK_THROWS_AS(accuracy(scores, std::vector<int>{0, 1, 2, -1, 0}), std::out_of_range);
  CHECK_THROWS_AS(accuracy(MatrixX<double>(3, 0), std::vector<int>{}), std::invalid_argument);
  CHECK_THROWS_AS(most_likely(MatrixX<double>(0, 2)), std::invalid_argument);
  CHECK_THROWS_AS(most_likely(MatrixX<double>::Constant(2, 2, std::numeric_limits<double>::quiet_NaN())),
                  std::invalid_argument);
  CHECK_THROWS_WITH(confusion(std::vector<int>{1}, std::vector<int>{1, 2}, 3),
                    ContainsSubstring("2 labels") && ContainsSubstring("1 predictions"));
  CHECK_THROWS_AS(confusion(std::vector<int>{3}, std::vector<int>{0}, 3), std::out_of_range);
  CHECK_THROWS_AS(confusion(std::vector<int>{0}, std::vector<int>{-1}, 3), std::out_of_range);
  CHECK_THROWS_AS(confusion(std::vector<int>{}, std::vector<int>{}, 3), std::invalid_argument);
  CHECK_THROWS_WITH(class_matches(MatrixX<Index>::Zero(2, 3)), ContainsSubstring("2 x 3"));
  CHECK_THROWS_AS(macro_average(std::vector<Matches>{}), std::invalid_argument);
  MatrixX<double> broken = scores;
  broken(1, 2) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(label_accuracy(broken, MatrixX<double>::Zero(3, 5)),
                    ContainsSubstring("the probability of label 1 is nan"));
  CHECK_THROWS_WITH(label_accuracy(MatrixX<double>::Zero(3, 5), broken),
                    ContainsSubstring("the target of label 1 is"));
  CHECK_THROWS_AS(label_matches(MatrixX<double>::Zero(3, 5), broken), std::invalid_argument);
  CHECK_THROWS_WITH(confusion(std::vector<int>{0}, std::vector<int>{0}, -1),
                    ContainsSubstring("-1 classes: there must be at least 1"));
  CHECK_THROWS_AS(label_matches(scores, MatrixX<double>::Zero(2, 5)), std::invalid_argument);
  CHECK_THROWS_AS(label_accuracy(scores, MatrixX<double>::Zero(2, 5)), std::invalid_argument);
  CHECK_THROWS_AS(label_accuracy(MatrixX<double>(3, 0), MatrixX<double>(3, 0)), std::invalid_argument);
  CHECK_THROWS_AS(accuracy(toy<double>(), {}), std::invalid_argument);
}

}  // namespace metrics_test
}  // namespace recur::testing
