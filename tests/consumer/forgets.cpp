// What users forget, one thing each: FORGOTTEN says which.
#include <recur/architecture/many_to_many.hpp>
#include <recur/architecture/many_to_one.hpp>
#include <recur/cell/lstm.hpp>
#include <recur/composition/sequential.hpp>
#include <recur/layer/dense.hpp>
#include <recur/recurrence/bidirectional.hpp>
#include <recur/recurrence/recurrent.hpp>
#include <recur/train/loss.hpp>
#include <recur/train/sequence_loss.hpp>

using namespace recur;

int main() {
#if FORGOTTEN == 1  // EachStep
  ManyToMany model{Recurrent{Lstm<float>{2, 3}}, SoftmaxCrossEntropy{}};
#elif FORGOTTEN == 2  // Recurrent in a stack
  Sequential model{Lstm<float>{2, 3}, Dense<float>{3, 2}};
#elif FORGOTTEN == 3  // Recurrent as a body
  ManyToOne model{Lstm<float>{2, 3}, Pooling::last, Dense<float>{3, 2}, SoftmaxCrossEntropy{}};
#elif FORGOTTEN == 4  // one scalar in a stack
  Sequential model{Dense<float>{2, 3}, Dense<double>{3, 2}};
#elif FORGOTTEN == 5  // one scalar in body and head
  ManyToOne model{Recurrent{Lstm<float>{2, 3}}, Pooling::last, Dense<double>{3, 2}, SoftmaxCrossEntropy{}};
#elif FORGOTTEN == 6  // that a stream has no end to read from
  ManyToOne model{Bidirectional{Lstm<float>{2, 3}}, Pooling::mean, Dense<float>{6, 2}, SoftmaxCrossEntropy{}};
  model.stream();
#elif FORGOTTEN == 7  // that there is one answer
  ManyToOne model{Recurrent{Lstm<float>{2, 3}}, Pooling::last, Dense<float>{3, 2},
                  EachStep{SoftmaxCrossEntropy{}}};
#endif
}
