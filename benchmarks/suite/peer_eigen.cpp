// The loop that a user writes by hand with Eigen: one product of the input for all steps at once, a product
// of the state at each step, and the nonlinearities as expressions of arrays. Its threads are Eigen's own.
#include "peer.hpp"

namespace bench {

namespace {

using Eigen::ArrayXXf;

class EigenLoop : public Side {
  // A step of all rows, and of those of one gate.
  auto at(Matrix& m, Index t) const { return m.middleCols(t * b_, b_); }
  auto gate(Matrix& m, Index g, Index t) const { return m.block(g * h_, t * b_, h_, b_).array(); }

 public:
  EigenLoop(const Problem& problem, bool train)
      : cell_(problem.shape.cell),
        b_(problem.shape.batch),
        t_(problem.shape.steps),
        h_(problem.shape.hidden),
        g_(gates(cell_) * h_),
        train_(train),
        w_(problem.weights[0]),
        x_(problem.x.values()),
        dy_(problem.dy.values()),
        a_(g_, b_ * t_),
        u_(g_, b_),
        y_(h_, b_ * t_) {
    if (train_) d_.resize(g_, b_ * t_);
    if (cell_ == Cell::lstm) c_.resize(h_, b_ * t_);
    if (cell_ == Cell::gru && train_) {
      n_.resize(h_, b_ * t_);
      du_.resize(g_, b_ * t_);
    }
  }

  void run() override {
    const bool apart = cell_ == Cell::gru;  // the reset gate comes between the products of state and input
    a_.noalias() = w_.ih * x_;
    a_.colwise() += apart ? w_.bias_ih : Vector(w_.bias_ih + w_.bias_hh);
    for (Index t = 0; t < t_; ++t) {
      if (apart) {
        u_ = w_.bias_hh.replicate(1, b_);
        if (t > 0) u_.noalias() += w_.hh * at(y_, t - 1);
      } else if (t > 0) {
        at(a_, t).noalias() += w_.hh * at(y_, t - 1);
      }
      forward(t);
    }
    if (train_) backward();
  }

  Values values() const override {
    if (!train_) return {y_, {}, {}};
    return {y_, dx_, {gradient_}};
  }

 private:
  /// Turns sums into gates, in place, and computes the next state.
  void forward(Index t) {
    auto h = gate(y_, 0, t);
    if (cell_ == Cell::tanh) {
      h = gate(a_, 0, t).tanh();
    } else if (cell_ == Cell::lstm) {
      auto i = gate(a_, 0, t), f = gate(a_, 1, t), g = gate(a_, 2, t), o = gate(a_, 3, t), c = gate(c_, 0, t);
      i = i.logistic();
      f = f.logistic();
      g = g.tanh();
      o = o.logistic();
      c = i * g;
      if (t > 0) c += f * gate(c_, 0, t - 1);
      h = o * c.tanh();
    } else {
      auto r = gate(a_, 0, t), z = gate(a_, 1, t), n = gate(a_, 2, t);
      r = (r + gate(u_, 0, 0)).logistic();
      z = (z + gate(u_, 1, 0)).logistic();
      n = (n + r * gate(u_, 2, 0)).tanh();
      h = (1 - z) * n;
      if (t > 0) h += z * gate(y_, 0, t - 1);
      if (train_) gate(n_, 0, t) = gate(u_, 2, 0);
    }
  }

  void backward() {
    Matrix dh = Matrix::Zero(h_, b_), dc = Matrix::Zero(h_, b_);
    Matrix& d_hidden = cell_ == Cell::gru ? du_ : d_;  // gradient of the product of the state
    for (Index t = t_; t-- > 0;) {
      dh += at(dy_, t);
      backward(t, dh.array(), dc.array());
      if (cell_ == Cell::gru)
        dh.noalias() += w_.hh.transpose() * at(d_hidden, t);
      else
        dh.noalias() = w_.hh.transpose() * at(d_hidden, t);
    }
    dx_.noalias() = w_.ih.transpose() * d_;
    gradient_.ih.noalias() = d_ * x_.transpose();
    gradient_.hh.noalias() = d_hidden.rightCols((t_ - 1) * b_) * y_.leftCols((t_ - 1) * b_).transpose();
    gradient_.bias_ih = d_.rowwise().sum();
    gradient_.bias_hh = d_hidden.rowwise().sum();
  }

  /// Turns the gradient of the state into that of the sums. dh keeps the part that reaches the previous state
  /// directly.
  template <class A>
  void backward(Index t, A dh, A dc) {
    auto h = gate(y_, 0, t);
    if (cell_ == Cell::tanh) {
      gate(d_, 0, t) = dh * (1 - h.square());
    } else if (cell_ == Cell::lstm) {
      auto i = gate(a_, 0, t), f = gate(a_, 1, t), g = gate(a_, 2, t), o = gate(a_, 3, t);
      tanh_c_ = gate(c_, 0, t).tanh();
      dc += dh * o * (1 - tanh_c_.square());
      gate(d_, 0, t) = dc * g * i * (1 - i);
      if (t > 0)
        gate(d_, 1, t) = dc * gate(c_, 0, t - 1) * f * (1 - f);
      else
        gate(d_, 1, t).setZero();
      gate(d_, 2, t) = dc * i * (1 - g.square());
      gate(d_, 3, t) = dh * tanh_c_ * o * (1 - o);
      dc *= f;
    } else {
      auto r = gate(a_, 0, t), z = gate(a_, 1, t), n = gate(a_, 2, t);
      auto dr = gate(d_, 0, t), dz = gate(d_, 1, t), dn = gate(d_, 2, t);
      dn = dh * (1 - z) * (1 - n.square());
      dr = dn * gate(n_, 0, t) * r * (1 - r);
      if (t > 0)
        dz = dh * (gate(y_, 0, t - 1) - n) * z * (1 - z);
      else
        dz = -dh * n * z * (1 - z);
      gate(du_, 0, t) = dr;
      gate(du_, 1, t) = dz;
      gate(du_, 2, t) = dn * r;
      dh *= z;
    }
  }

  Cell cell_;
  Index b_, t_, h_, g_;
  bool train_;
  Weights w_, gradient_;
  Matrix x_, dy_, a_, u_, y_, c_, n_, d_, du_, dx_;
  ArrayXXf tanh_c_;
};

/// Streaming with sizes that the compiler knows: one product takes input, state and bias together.
template <int H>
class LstmLoop {
 public:
  explicit LstmLoop(const StreamProblem& problem) : dense_(problem.dense), dense_bias_(problem.dense_bias) {
    w_ << problem.weights.ih, problem.weights.hh, problem.weights.bias_ih + problem.weights.bias_hh;
    reset();
  }
  void reset() {
    x_.setZero();
    x_(H + 1) = 1;
    c_.setZero();
  }
  float step(float x) {
    x_(0) = x;
    a_.noalias() = w_ * x_;
    const auto i = a_.template segment<H>(0).array().logistic(),
               f = a_.template segment<H>(H).array().logistic();
    const auto g = a_.template segment<H>(2 * H).array().tanh();
    const auto o = a_.template segment<H>(3 * H).array().logistic();
    c_ = f * c_ + i * g;
    x_.template segment<H>(1) = o * c_.tanh();
    return dense_.dot(x_.template segment<H>(1)) + dense_bias_;
  }

 private:
  Eigen::Matrix<float, 4 * H, H + 2> w_;
  Eigen::Matrix<float, H + 2, 1> x_;
  Eigen::Matrix<float, 4 * H, 1> a_;
  Eigen::Array<float, H, 1> c_;
  Eigen::Matrix<float, H, 1> dense_;
  float dense_bias_;
};

template <int H>
class GruLoop {
 public:
  explicit GruLoop(const StreamProblem& problem) : dense_(problem.dense), dense_bias_(problem.dense_bias) {
    w_ << problem.weights.ih, problem.weights.bias_ih;
    u_ << problem.weights.hh, problem.weights.bias_hh;
    reset();
  }
  void reset() {
    h_.setZero();
    h_(H) = 1;
  }
  float step(float x) {
    a_.noalias() = w_ * Eigen::Vector2f(x, 1);
    b_.noalias() = u_ * h_;
    rz_ = (a_.template head<2 * H>() + b_.template head<2 * H>()).array().logistic();
    n_ = (a_.template tail<H>().array() + rz_.template head<H>() * b_.template tail<H>().array()).tanh();
    auto h = h_.template head<H>().array();
    h = n_ + rz_.template tail<H>() * (h - n_);
    return dense_.dot(h_.template head<H>()) + dense_bias_;
  }

 private:
  Eigen::Matrix<float, 3 * H, 2> w_;
  Eigen::Matrix<float, 3 * H, H + 1> u_;
  Eigen::Matrix<float, H + 1, 1> h_;
  Eigen::Matrix<float, 3 * H, 1> a_, b_;
  Eigen::Array<float, 2 * H, 1> rz_;
  Eigen::Array<float, H, 1> n_;
  Eigen::Matrix<float, H, 1> dense_;
  float dense_bias_;
};

/// The weights of the largest size are too large for the stack, and passing them by value would put them
/// there.
template <class Loop>
struct OnHeap {
  explicit OnHeap(const StreamProblem& problem) : loop(std::make_unique<Loop>(problem)) {}
  void reset() { loop->reset(); }
  float step(float x) { return loop->step(x); }
  std::unique_ptr<Loop> loop;
};

std::unique_ptr<Side> stream(const StreamProblem& problem) {
  return with_size(problem.hidden, [&](auto size) -> std::unique_ptr<Side> {
    using Lstm = OnHeap<LstmLoop<size>>;
    using Gru = OnHeap<GruLoop<size>>;
    if (problem.cell == Cell::lstm) return std::make_unique<StreamSide<Lstm>>(problem, Lstm(problem));
    return std::make_unique<StreamSide<Gru>>(problem, Gru(problem));
  });
}

const Entered entered(
    {.name = "Eigen loop",
     .can = [](const Shape& shape) { return shape.lengths.empty() && shape.layers == 1 && !shape.both_ways; },
     .make = [](const Problem& problem, bool train, int) -> std::unique_ptr<Side> {
       return std::make_unique<EigenLoop>(problem, train);
     },
     .stream = stream,
     .epoch = {}});

}  // namespace
}  // namespace bench
