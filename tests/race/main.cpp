// Threads train a model and share it. ThreadSanitizer watches: it ends the program with 66 if two of them touch the
// same number without order.
#include <cstdio>
#include <thread>
#include <vector>

#include "recur/train/evaluate.hpp"
#include "recur/train/fit.hpp"
#include "recur/train/optimizer.hpp"
#include "train/toy.hpp"

int main() {
  using namespace recur::testing;
  const auto data = toy_examples<float>(60, 1);
  const auto train = [&] {
    auto model = toy<float>();
    recur::Optimizer optimizer(model, recur::Adam{.rate = 0.01});
    recur::fit(model, optimizer, data, data, {.epochs = 2, .batch_size = 20, .threads = 3});
    return model;
  };
  const auto model = train();
  if (!equal(model, train())) return std::puts("the same training gave other weights"), 1;

  // Threads of the user predict with one model, while the pool evaluates it.
  std::vector<std::vector<float>> answers(3);
  std::vector<std::thread> users;
  for (auto& answer : answers)
    users.emplace_back([&] {
      for (const auto& example : data) answer.push_back(model.predict(example.input)(1));
    });
  const double loss = recur::evaluate(model, data, {.batch_size = 20, .threads = 2});
  for (std::thread& user : users) user.join();
  if (answers[0] != answers[1] || answers[0] != answers[2])
    return std::puts("threads predict differently"), 1;
  std::printf("loss %.3f\n", loss);
  return loss < 1 ? 0 : 1;
}
