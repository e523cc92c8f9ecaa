// PyTorch through libtorch: the modules nn::RNN, nn::LSTM and nn::GRU with their autograd. Ragged batches are
// packed already, while a user would have to pack them in every step. Without a fast BLAS PyTorch is several
// times slower, so scripts/setup installs one.
#include <c10/core/InferenceMode.h>
#include <torch/nn/init.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/loss.h>
#include <torch/nn/modules/rnn.h>
#include <torch/nn/modules/transformerlayer.h>
#include <torch/nn/utils/clip_grad.h>
#include <torch/nn/utils/rnn.h>
#include <torch/optim/adam.h>
#include <torch/utils.h>

#include "peer.hpp"

namespace bench {

namespace {

namespace nn = torch::nn;
using torch::Tensor;

Tensor rows_of(const Matrix& m) {  // torch's rows one after the other
  return torch::from_blob(const_cast<float*>(m.data()), {m.cols(), m.rows()})
      .t()
      .clone(at::MemoryFormat::Contiguous);
}
Tensor vector_of(const Vector& v) {
  return torch::from_blob(const_cast<float*>(v.data()), {v.size()}).clone();
}
Tensor columns_of(const Sequence& x, std::vector<std::int64_t> sizes) {  // the same memory
  sizes.push_back(x.features());
  return torch::from_blob(const_cast<float*>(x.data()), sizes).clone();
}
Matrix matrix_of(const Tensor& t) {
  return Matrix(Eigen::Map<const Matrix>(t.contiguous().data_ptr<float>(), t.size(1), t.size(0)).transpose());
}
Vector to_vector(const Tensor& t) {
  return Eigen::Map<const Vector>(t.contiguous().data_ptr<float>(), t.size(0));
}
Matrix to_columns(const Tensor& t) {
  const Tensor flat = t.contiguous();
  const Index rows = flat.size(-1);
  return Eigen::Map<const Matrix>(flat.data_ptr<float>(), rows, flat.numel() / rows);
}

template <class Module>
void set(Module& module, const std::string& parameter, const Tensor& value) {
  const torch::NoGradGuard no_grad;
  module->named_parameters()[parameter].copy_(value);
}
template <class Module>
void set_cell(Module& module, const std::string& suffix, const Weights& w) {
  set(module, "weight_ih_" + suffix, rows_of(w.ih));
  set(module, "weight_hh_" + suffix, rows_of(w.hh));
  set(module, "bias_ih_" + suffix, vector_of(w.bias_ih));
  set(module, "bias_hh_" + suffix, vector_of(w.bias_hh));
}

template <class Module>
class Torch : public Side {
 public:
  Torch(const Problem& problem, Module module, bool train, int threads)
      : module_(std::move(module)), shape_(problem.shape), train_(train) {
    torch::set_num_threads(threads);
    const recur::Layout& layout = problem.x.layout();
    for (std::size_t i = 0; i < problem.weights.size(); ++i) set_cell(module_, suffix(i), problem.weights[i]);
    std::vector<std::int64_t> sizes{layout.steps(), layout.batch()};
    if (ragged()) sizes = {layout.columns()};
    x_ = columns_of(problem.x, sizes).requires_grad_(train);
    dy_ = columns_of(problem.dy, sizes);
    batch_sizes_ = torch::empty({layout.steps()}, torch::kInt64);
    for (Index t = 0; t < layout.steps(); ++t) batch_sizes_[t] = layout.batch_size(t);
  }

  void run() override {
    const c10::InferenceMode no_autograd(!train_);  // PyTorch's fastest way; records if it trains
    if (train_) {
      x_.mutable_grad() = Tensor();
      for (auto& p : module_->parameters()) p.mutable_grad() = Tensor();
    }
    if (ragged())
      y_ = std::get<0>(module_->forward_with_packed_input(nn::utils::rnn::PackedSequence(x_, batch_sizes_)))
               .data();
    else
      y_ = std::get<0>(module_->forward(x_));
    if (train_) y_.backward(dy_);
  }

  Values values() const override {
    Values values{to_columns(y_.detach()), {}, {}};
    if (!train_) return values;
    values.dx = to_columns(x_.grad());
    const auto parameters = module_->named_parameters();
    for (std::size_t i = 0; i < static_cast<std::size_t>(shape_.layers * shape_.ways()); ++i) {
      const auto grad = [&](const char* name) { return parameters[name + suffix(i)].grad(); };
      values.gradient.push_back({matrix_of(grad("weight_ih_")), matrix_of(grad("weight_hh_")),
                                 to_vector(grad("bias_ih_")), to_vector(grad("bias_hh_"))});
    }
    return values;
  }

 private:
  bool ragged() const { return !shape_.lengths.empty(); }
  std::string suffix(std::size_t i) const {
    const auto ways = static_cast<std::size_t>(shape_.ways());
    return recur::detail::message("l", i / ways, i % ways == 1 ? "_reverse" : "");
  }

  Module module_;
  Shape shape_;
  bool train_;
  Tensor x_, dy_, y_, batch_sizes_;
};

std::unique_ptr<Side> make(const Problem& problem, bool train, int threads) {
  const Shape& shape = problem.shape;
  const auto with = [&](auto options, auto module) -> std::unique_ptr<Side> {
    using Module = decltype(module);
    options.num_layers(shape.layers).bidirectional(shape.both_ways);
    return std::make_unique<Torch<Module>>(problem, Module(options), train, threads);
  };
  switch (shape.cell) {
    case Cell::tanh:
      return with(nn::RNNOptions(shape.input, shape.hidden), nn::RNN(nullptr));
    case Cell::lstm:
      return with(nn::LSTMOptions(shape.input, shape.hidden), nn::LSTM(nullptr));
    case Cell::gru:
      break;
  }
  return with(nn::GRUOptions(shape.input, shape.hidden), nn::GRU(nullptr));
}

class TorchEpoch : public Side {
  using P = EpochProblem;

 public:
  TorchEpoch(const P& problem, int threads)
      : problem_(problem),
        embedding_(problem.words, P::embedding),
        lstm_(P::embedding, P::hidden),
        dense_(P::hidden, P::classes) {
    torch::set_num_threads(threads);
  }

  // Begins with a copy of the first weights, as recur's side does. Modules that were made here would draw random ones first.
  void run() override {
    set(embedding_, "weight", rows_of(problem_.table));
    set_cell(lstm_, "l0", problem_.cell);
    set(dense_, "weight", rows_of(problem_.dense));
    set(dense_, "bias", vector_of(problem_.dense_bias));
    std::vector<Tensor> parameters;
    const auto add = [&](auto& module) {
      for (const auto& p : module->parameters()) parameters.push_back(p);
    };
    add(embedding_);
    add(lstm_);
    add(dense_);
    torch::optim::Adam optimizer(parameters, torch::optim::AdamOptions(P::rate));
    double sum = 0;
    for (const auto& rows : problem_.batches) {
      const Batch batch = assemble(rows);
      optimizer.zero_grad();
      const auto packed = nn::utils::rnn::PackedSequence(embedding_(batch.tokens), batch.batch_sizes);
      const Tensor last = std::get<0>(std::get<1>(lstm_->forward_with_packed_input(packed)))[0];
      const Tensor loss = criterion_(dense_(last), batch.labels);
      loss.backward();
      nn::utils::clip_grad_norm_(parameters, P::clip);
      optimizer.step();
      sum += loss.item<double>() * static_cast<double>(rows.size());
    }
    loss_ = sum / static_cast<double>(problem_.labels.size());
  }
  Values values() const override { return {Matrix::Constant(1, 1, static_cast<float>(loss_)), {}, {}}; }

 private:
  struct Batch {
    Tensor tokens, batch_sizes, labels;
  };

  /// Packed by hand, so PyTorch need not pad the batch and embed the padding.
  Batch assemble(const std::vector<Index>& rows) const {
    std::vector<std::int64_t> tokens, sizes, labels;
    for (const Index row : rows) labels.push_back(problem_.labels[static_cast<std::size_t>(row)]);
    for (std::size_t t = 0;; ++t) {
      const std::size_t before = tokens.size();
      for (const Index row : rows)  // the longest rows come first
        if (const auto& sentence = problem_.sentences[static_cast<std::size_t>(row)]; t < sentence.size())
          tokens.push_back(sentence[t]);
      if (tokens.size() == before) break;
      sizes.push_back(static_cast<std::int64_t>(tokens.size() - before));
    }
    return {torch::tensor(tokens), torch::tensor(sizes), torch::tensor(labels)};
  }

  const P& problem_;
  nn::Embedding embedding_;
  nn::LSTM lstm_;
  nn::Linear dense_;
  nn::CrossEntropyLoss criterion_;
  double loss_ = 0;
};

class TorchTransformer : public Side {
  using P = TransformerProblem;

 public:
  explicit TorchTransformer(const P& problem)
      : layer_(nn::TransformerEncoderLayerOptions(P::features, P::heads)
                   .dim_feedforward(P::hidden)
                   .dropout(problem.dropout)) {
    torch::set_num_threads(1);
    for (const auto& [name, value] : problem.parameters)
      set(layer_, name, value.cols() == 1 ? vector_of(value.col(0)) : rows_of(value));
    x_ = columns_of(problem.x, {P::steps, P::batch}).requires_grad_();
    dy_ = columns_of(problem.dy, {P::steps, P::batch});
  }
  void run() override {
    x_.mutable_grad() = Tensor();
    for (auto& p : layer_->parameters()) p.mutable_grad() = Tensor();
    y_ = layer_->forward(x_);
    y_.backward(dy_);
  }
  Values values() const override { return {to_columns(y_.detach()), to_columns(x_.grad()), {}}; }

 private:
  nn::TransformerEncoderLayer layer_;
  Tensor x_, dy_, y_;
};

const Entered entered({.name = "PyTorch",
                       .can = [](const Shape&) { return true; },
                       .make = make,
                       .stream = {},
                       .epoch = [](const EpochProblem& problem, int threads) -> std::unique_ptr<Side> {
                         return std::make_unique<TorchEpoch>(problem, threads);
                       },
                       .transformer = [](const TransformerProblem& problem) -> std::unique_ptr<Side> {
                         return std::make_unique<TorchTransformer>(problem);
                       }});

}  // namespace
}  // namespace bench
