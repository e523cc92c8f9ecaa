// oneDNN's RNN primitives, with every advantage that they have: the primitive chooses the format of the
// weights. For inference the weights are converted once, outside of the timing. In training every step
// changes them, and forward and backward pass want different formats. So both conversions belong to the step,
// as does recur's own packing in both modes.
//
// The state before the first step is given as zeros. Without it oneDNN 2.6 computes a wrong gradient of
// weight_hh for the tanh cell and the LSTM in one direction.
#include <cstring>
#include <oneapi/dnnl/dnnl.hpp>
#include <unordered_map>

#include "peer.hpp"

namespace bench {

namespace {

using namespace dnnl;
using Tag = memory::format_tag;
using Args = std::unordered_map<int, memory>;

memory::desc describe(const memory::dims& dims, Tag tag) { return {dims, memory::data_type::f32, tag}; }

/// oneDNN's order of gates is PyTorch's, except for the GRU: z, r, n. To swap the first two blocks works in
/// both directions.
template <class M>
M in_order_of_gates(Cell cell, Index hidden, M m) {
  if (cell == Cell::gru) m.topRows(hidden).swap(m.middleRows(hidden, hidden));
  return m;
}

// The three cells differ in how their primitives are described. `h` is the state before the first step.
template <class P, class... Descs>
auto forward_of(prop_kind kind, rnn_direction way, const memory::desc& x, const memory::desc& h,
                const memory::desc& y, const Descs&... weights) {
  const memory::desc none;
  if constexpr (std::is_same_v<P, vanilla_rnn_forward>)
    return typename P::desc(kind, algorithm::eltwise_tanh, way, x, h, weights..., y, none);
  else if constexpr (std::is_same_v<P, lstm_forward>)
    return typename P::desc(kind, way, x, h, h, weights..., y, none, none);
  else
    return typename P::desc(kind, way, x, h, weights..., y, none);
}
template <class P, class... Descs>
auto backward_of(rnn_direction way, const memory::desc& x, const memory::desc& h, const memory::desc& y,
                 const Descs&... weights) {
  const memory::desc none;
  const auto kind = prop_kind::backward;
  if constexpr (std::is_same_v<P, vanilla_rnn_backward>)
    return typename P::desc(kind, algorithm::eltwise_tanh, way, x, h, weights..., y, none, x, h, weights...,
                            y, none);
  else if constexpr (std::is_same_v<P, lstm_backward>)
    return
        typename P::desc(kind, way, x, h, h, weights..., y, none, none, x, h, h, weights..., y, none, none);
  else
    return typename P::desc(kind, way, x, h, weights..., y, none, x, h, weights..., y, none);
}

/// Copies one memory to another. They are the same memory if the format need not change.
struct Copy {
  memory from, to;
  reorder primitive = {};

  Copy() = default;
  Copy(const memory& a, const memory& b) : from(a), to(b) {
    if (from != to) primitive = reorder(from, to);
  }
  void run(stream& on) {
    if (from != to) primitive.execute(on, from, to);
  }
};

/// One layer, in one or both directions.
template <class Forward, class Backward>
class Layer {
 public:
  Layer(const engine& on, const Problem& problem, int layer, bool train, const memory& x, const memory& dx)
      : cell_(problem.shape.cell), hidden_(problem.shape.hidden), ways_(problem.shape.ways()) {
    const Shape& shape = problem.shape;
    const Index g = gates(cell_), g_bias = cell_ == Cell::gru ? 4 : g;  // the GRU's n has two biases
    const memory::dims w_dims{1, ways_, shape.input_of(layer), g, hidden_},
        u_dims{1, ways_, hidden_, g, hidden_};
    const auto y_desc = describe({shape.steps, shape.batch, hidden_ * ways_}, Tag::tnc);
    const auto h_desc = describe({1, ways_, shape.batch, hidden_}, Tag::ldnc);
    const auto w_any = describe(w_dims, Tag::any), u_any = describe(u_dims, Tag::any);
    const auto bias = describe({1, ways_, g_bias, hidden_}, Tag::ldgo);
    const auto x_desc = x.get_desc();
    const auto way =
        ways_ == 2 ? rnn_direction::bidirectional_concat : rnn_direction::unidirectional_left2right;
    const typename Forward::primitive_desc forward(
        forward_of<Forward>(train ? prop_kind::forward_training : prop_kind::forward_inference, way, x_desc,
                            h_desc, y_desc, w_any, u_any, bias),
        on);

    w_ = memory(describe(w_dims, Tag::ldigo), on);
    u_ = memory(describe(u_dims, Tag::ldigo), on);
    const memory b(bias, on);
    copy_weights(problem, layer, b);
    y = memory(y_desc, on);
    w_forward_ = {w_, like(w_, forward.weights_layer_desc(), on)};
    u_forward_ = {u_, like(u_, forward.weights_iter_desc(), on)};
    forward_ = Forward(forward);
    forward_args_ = {{DNNL_ARG_SRC_LAYER, x},
                     {DNNL_ARG_WEIGHTS_LAYER, w_forward_.to},
                     {DNNL_ARG_WEIGHTS_ITER, u_forward_.to},
                     {DNNL_ARG_BIAS, b},
                     {DNNL_ARG_DST_LAYER, y}};
    const memory start(h_desc, on);
    std::memset(start.get_data_handle(), 0, h_desc.get_size());
    forward_args_.insert({{DNNL_ARG_SRC_ITER, start}, {DNNL_ARG_SRC_ITER_C, start}});
    if (!train) return;

    const typename Backward::primitive_desc backward(
        backward_of<Backward>(way, x_desc, h_desc, y_desc, w_any, u_any, bias), on, forward);
    const memory workspace(forward.workspace_desc(), on);
    forward_args_.insert({DNNL_ARG_WORKSPACE, workspace});
    dy = memory(y_desc, on);
    dw_ = memory(describe(w_dims, Tag::ldigo), on);
    du_ = memory(describe(u_dims, Tag::ldigo), on);
    db_ = memory(bias, on);
    w_backward_ = {w_, like(w_, backward.weights_layer_desc(), on)};
    u_backward_ = {u_, like(u_, backward.weights_iter_desc(), on)};
    dw_backward_ = {like(dw_, backward.diff_weights_layer_desc(), on), dw_};
    du_backward_ = {like(du_, backward.diff_weights_iter_desc(), on), du_};
    backward_ = Backward(backward);
    backward_args_ = forward_args_;
    backward_args_[DNNL_ARG_WEIGHTS_LAYER] = w_backward_.to;
    backward_args_[DNNL_ARG_WEIGHTS_ITER] = u_backward_.to;
    backward_args_.insert({{DNNL_ARG_DIFF_SRC_LAYER, dx},
                           {DNNL_ARG_DIFF_SRC_ITER, memory(h_desc, on)},
                           {DNNL_ARG_DIFF_SRC_ITER_C, memory(h_desc, on)},
                           {DNNL_ARG_DIFF_WEIGHTS_LAYER, dw_backward_.from},
                           {DNNL_ARG_DIFF_WEIGHTS_ITER, du_backward_.from},
                           {DNNL_ARG_DIFF_BIAS, db_},
                           {DNNL_ARG_DIFF_DST_LAYER, dy}});
  }

  void prepare_forward(stream& on) {
    w_forward_.run(on);
    u_forward_.run(on);
  }
  void run_forward(stream& on) const { forward_.execute(on, forward_args_); }

  void run_backward(stream& on) {
    w_backward_.run(on);
    u_backward_.run(on);
    for (const memory& sum : {dw_backward_.from, du_backward_.from, db_})  // the primitive adds to these
      std::memset(sum.get_data_handle(), 0, sum.get_desc().get_size());
    backward_.execute(on, backward_args_);
    dw_backward_.run(on);
    du_backward_.run(on);
  }

  void add_gradient(std::vector<Weights>& all) const {
    const Index g = gates(cell_) * hidden_, g_bias = db_.get_desc().dims()[2] * hidden_;
    for (int d = 0; d < ways_; ++d) {
      const Vector b =
          in_order_of_gates(cell_, hidden_, Vector(Eigen::Map<const Vector>(data(db_) + d * g_bias, g_bias)));
      Weights w{part(dw_, d, g), part(du_, d, g), b.head(g), b.head(g)};
      if (cell_ == Cell::gru) w.bias_hh.tail(hidden_) = b.tail(hidden_);
      all.push_back(std::move(w));
    }
  }

  memory y, dy;

 private:
  static float* data(const memory& m) { return static_cast<float*>(m.get_data_handle()); }

  /// The memory itself if it has the wanted format, otherwise room for a copy of it.
  static memory like(const memory& m, const memory::desc& wanted, const engine& on) {
    return m.get_desc() == wanted ? m : memory(wanted, on);
  }

  // A column of recur's weights is a row of oneDNN's input × (gates, hidden): the memory is the same.
  Matrix part(const memory& m, int way, Index rows) const {
    const Index cols = m.get_desc().dims()[2];
    return in_order_of_gates(cell_, hidden_,
                             Matrix(Eigen::Map<const Matrix>(data(m) + way * rows * cols, rows, cols)));
  }
  void copy_weights(const Problem& problem, int layer, const memory& b) const {
    const auto put = [&](const auto& values, float* to) {
      const auto ordered = in_order_of_gates(cell_, hidden_, values);
      std::copy_n(ordered.data(), ordered.size(), to);
    };
    for (int d = 0; d < ways_; ++d) {
      const Weights& w = problem.weights[static_cast<std::size_t>(layer * ways_ + d)];
      put(w.ih, data(w_) + d * w.ih.size());
      put(w.hh, data(u_) + d * w.hh.size());
      if (cell_ == Cell::gru) {
        Vector bias(4 * hidden_);
        bias << w.bias_ih, w.bias_hh.tail(hidden_);
        bias.head(2 * hidden_) += w.bias_hh.head(2 * hidden_);
        put(bias, data(b) + d * bias.size());
      } else {
        put(Vector(w.bias_ih + w.bias_hh), data(b) + d * w.bias_ih.size());
      }
    }
  }

  Cell cell_;
  Index hidden_;
  int ways_;
  Forward forward_;
  Backward backward_;
  memory w_, u_, dw_, du_, db_;
  Copy w_forward_, u_forward_, w_backward_, u_backward_, dw_backward_, du_backward_;
  Args forward_args_, backward_args_;
};

template <class Forward, class Backward>
class OneDnn : public Side {
 public:
  OneDnn(const Problem& problem, bool train)
      : train_(train), rows_(problem.dy.features()), x_(tensor(problem.x)), dx_(x_.get_desc(), engine_) {
    layers_.reserve(static_cast<std::size_t>(problem.shape.layers));
    for (int layer = 0; layer < problem.shape.layers; ++layer)
      layers_.emplace_back(engine_, problem, layer, train, layer == 0 ? x_ : layers_.back().y,
                           layer == 0 ? dx_ : layers_.back().dy);
    if (train)
      std::copy_n(problem.dy.data(), problem.dy.values().size(),
                  static_cast<float*>(layers_.back().dy.get_data_handle()));
    for (auto& layer : layers_) layer.prepare_forward(stream_);
    stream_.wait();
  }

  void run() override {
    for (auto& layer : layers_) {
      if (train_) layer.prepare_forward(stream_);
      layer.run_forward(stream_);
    }
    if (train_)
      for (std::size_t i = layers_.size(); i-- > 0;) layers_[i].run_backward(stream_);
    stream_.wait();
  }

  Values values() const override {
    Values values{matrix(layers_.back().y, rows_), {}, {}};
    if (!train_) return values;
    values.dx = matrix(dx_, x_.get_desc().dims()[2]);
    for (const auto& layer : layers_) layer.add_gradient(values.gradient);
    return values;
  }

 private:
  // recur's features × (steps, samples), column by column, is oneDNN's steps × samples × features.
  memory tensor(const Sequence& x) const {
    memory m(describe({x.steps(), x.batch(), x.features()}, Tag::tnc), engine_);
    std::copy_n(x.data(), x.values().size(), static_cast<float*>(m.get_data_handle()));
    return m;
  }
  static Matrix matrix(const memory& m, Index rows) {
    const auto dims = m.get_desc().dims();
    return Eigen::Map<const Matrix>(static_cast<float*>(m.get_data_handle()), rows, dims[0] * dims[1]);
  }

  bool train_;
  Index rows_;
  engine engine_{engine::kind::cpu, 0};
  stream stream_{engine_};
  memory x_, dx_;
  std::vector<Layer<Forward, Backward>> layers_;
};

std::unique_ptr<Side> make(const Problem& problem, bool train, int) {
  switch (problem.shape.cell) {
    case Cell::tanh:
      return std::make_unique<OneDnn<vanilla_rnn_forward, vanilla_rnn_backward>>(problem, train);
    case Cell::lstm:
      return std::make_unique<OneDnn<lstm_forward, lstm_backward>>(problem, train);
    case Cell::gru:
      break;
  }
  return std::make_unique<OneDnn<lbr_gru_forward, lbr_gru_backward>>(problem, train);
}

const Entered entered({.name = "oneDNN",
                       .can = [](const Shape& shape) { return shape.lengths.empty(); },
                       .make = make,
                       .stream = {},
                       .epoch = {}});

}  // namespace
}  // namespace bench
