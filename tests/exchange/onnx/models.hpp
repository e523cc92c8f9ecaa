// What the tests of ONNX share: models that they write, and the folder of real files.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <vector>

#include "catch.hpp"
#include "max_abs.hpp"
#include "recur/core/random.hpp"
#include "recur/core/sequence.hpp"
#include "recur/exchange/onnx/file.hpp"
#include "temporary.hpp"

namespace recur::testing::onnx_models {

namespace fs = std::filesystem;
namespace messages = recur_messages;
using Dims = std::vector<Index>;
using Floats = std::vector<float>;

/// A size that the file does not say, by name.
struct Dim {
  Index size = 0;
  std::string name{};
  Dim(Index s) : size(s) {}
  Dim(int s) : size(s) {}
  Dim(const char* n) : name(n) {}
};

inline Index count_of(const Dims& dims) {
  Index count = 1;
  for (const Index dim : dims) count *= dim;
  return count;
}
inline Floats random_floats(Random& random, Index count, float limit = 1) {
  Floats all;
  for (Index i = 0; i < count; ++i) all.push_back(static_cast<float>(2 * random.uniform() - 1) * limit);
  return all;
}

/// Attributes of a node, one after the other.
class NodeWriter {
 public:
  explicit NodeWriter(messages::Node& node) : node_(&node) {}
  NodeWriter& with(const char* name, int value) { return with(name, static_cast<Index>(value)); }
  NodeWriter& with(const char* name, Index value) {
    add(name, 2).set_i(value);
    return *this;
  }
  NodeWriter& with(const char* name, float value) {
    add(name, 1).set_f(value);
    return *this;
  }
  NodeWriter& with(const char* name, const char* value) {
    add(name, 3).set_s(value);
    return *this;
  }
  NodeWriter& with(const char* name, const Dims& values) {
    auto& a = add(name, 7);
    for (const Index value : values) a.add_ints(value);
    return *this;
  }
  NodeWriter& with(const char* name, const Floats& values) {
    auto& a = add(name, 6);
    for (const float value : values) a.add_floats(value);
    return *this;
  }
  NodeWriter& with(const char* name, const std::vector<std::string>& values) {
    auto& a = add(name, 8);
    for (const auto& value : values) a.add_strings(value);
    return *this;
  }
  messages::Node& message() { return *node_; }
  messages::Attribute& add(const char* name, int type) {
    auto& a = *node_->add_attribute();
    a.set_name(name);
    a.set_type(type);
    return a;
  }

 private:
  messages::Node* node_;
};

class ModelWriter {
 public:
  messages::Model model;

  explicit ModelWriter(Index opset = 16) {
    model.set_ir_version(8);
    model.add_opset_import()->set_version(opset);
    model.mutable_graph()->set_name("test");
  }
  ModelWriter& input(const std::string& name, const std::vector<Dim>& dims, int type = 1) {
    value(*model.mutable_graph()->add_input(), name, dims, type);
    return *this;
  }
  ModelWriter& output(const std::string& name) {
    value(*model.mutable_graph()->add_output(), name, {}, 1);
    return *this;
  }
  ModelWriter& constant(const std::string& name, const Dims& dims, const Floats& values) {
    auto& tensor = add(name, dims, 1);
    for (const float value : values) tensor.add_float_data(value);
    return *this;
  }
  ModelWriter& whole(const std::string& name, const Dims& dims, const std::vector<Index>& values) {
    auto& tensor = add(name, dims, 7);
    for (const Index value : values) tensor.add_int64_data(value);
    return *this;
  }
  NodeWriter node(const std::string& op, const std::vector<std::string>& inputs,
                  const std::vector<std::string>& outputs) {
    auto& node = *model.mutable_graph()->add_node();
    node.set_op_type(op);
    node.set_name(outputs[0] + "_node");
    for (const auto& name : inputs) node.add_input(name);
    for (const auto& name : outputs) node.add_output(name);
    return NodeWriter(node);
  }
  messages::Tensor& add(const std::string& name, const Dims& dims, int type) {
    auto& tensor = *model.mutable_graph()->add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(type);
    for (const Index dim : dims) tensor.add_dims(dim);
    return tensor;
  }
  fs::path write(const TemporaryDirectory& directory) const {
    return directory.file("model.onnx", model.SerializeAsString());
  }

 private:
  static void value(messages::Value& v, const std::string& name, const std::vector<Dim>& dims, int type) {
    v.set_name(name);
    v.mutable_type()->mutable_tensor_type()->set_elem_type(type);
    auto& shape = *v.mutable_type()->mutable_tensor_type()->mutable_shape();
    for (const Dim& dim : dims) {
      auto& to = *shape.add_dim();
      if (dim.name.empty())
        to.set_dim_value(dim.size);
      else
        to.set_dim_param(dim.name);
    }
  }
};

/// The largest difference from what is expected, for each sample F × T.
inline double distance(const std::vector<MatrixX<float>>& expected, const Sequence<float>& y) {
  double worst = 0;
  REQUIRE(y.batch() == static_cast<Index>(expected.size()));
  for (Index b = 0; b < y.batch(); ++b) {
    const MatrixX<float> one = y.sample(b);
    const auto& legal = expected[static_cast<std::size_t>(b)];
    REQUIRE(one.rows() == legal.rows());
    REQUIRE(one.cols() == legal.cols());
    if (!one.allFinite()) return 1e9;
    worst = worse(worst, static_cast<double>(max_abs(one - legal)));
  }
  return worst;
}

}  // namespace recur::testing::onnx_models
