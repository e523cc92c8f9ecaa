// A network that ignores order: the mean of the word vectors, a hidden layer, a linear head.
#pragma once

#include "course.hpp"
#include "reader.hpp"
#include "recur/architecture/many_to_one.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/dropout.hpp"
#include "recur/layer/embedding.hpp"

namespace playground {

using Bag = recur::ManyToOne<
    recur::Sequential<recur::Embedding<float>, recur::Dropout<float>>,
    recur::Sequential<recur::Dense<float, recur::Tanh>, recur::Dropout<float>, recur::Dense<float>>, Loss>;

inline Bag make_bag(const Architecture& what, recur::Index words) {
  return {
      recur::Sequential{recur::Embedding<float>{words, what.embedding}, recur::Dropout<float>{what.dropout}},
      recur::Pooling::mean,
      recur::Sequential{recur::Dense<float, recur::Tanh>{what.embedding, what.hidden},
                        recur::Dropout<float>{what.dropout}, recur::Dense<float>{what.hidden, 2}},
      Loss{.label_smoothing = what.label_smoothing}};
}

}  // namespace playground
