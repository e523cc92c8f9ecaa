// What is written, run by OpenCV.
#include <opencv2/dnn.hpp>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "recur/exchange/onnx.hpp"
#include "recur/network/standard.hpp"
#include "temporary.hpp"

namespace recur::testing {
namespace onnx_opencv_test {

TEST_CASE("ONNX: OpenCV computes the same", "[exchange][onnx_opencv]") {
  const TemporaryDirectory directory;
  const Description lstm("lstm", 3, 4), gru("gru", 3, 4),
      both = Description("lstm", 3, 4).with("direction", "both");
  const auto chain = [](std::initializer_list<Description> layers) {
    Description all("chain");
    all.layers = layers;
    return all;
  };
  const std::vector<std::pair<std::string, Description>> all{
      {"lstm", lstm},
      {"both", both},
      {"gru", gru},
      {"gru both", Description("gru", 3, 4).with("direction", "both")},
      {"tagger",
       chain({both, Description("lstm", 8, 5), Description("dense", 5, 2).with("activation", "tanh")})},
      {"residual", chain({Description("lstm", 3, 3).with("residual", true),
                          Description("dense", 3, 4).with("activation", "relu")})}};
  MatrixX<float> steps(3, 14);
  Random random(2);
  uniform(steps, 1, random);
  const Sequence<float> x(steps, 2);
  std::uint64_t seed = 1;
  for (const auto& [name, description] : all) {
    INFO(name);
    auto net = make_network<float>(description);
    initialize(net, seed++, Uniform{0.7});
    const auto path = directory.path / "model.onnx";
    save_onnx(path, net, {.steps = 7, .batch = 2});
    cv::dnn::Net other = cv::dnn::readNetFromONNX(path.string());
    const std::vector<int> sizes{7, 2, 3};
    other.setInput(cv::Mat(sizes, CV_32F, steps.data()));
    const cv::Mat y = other.forward();
    Network<float>::Tape tape;
    const auto& expected = net.forward(x, tape);
    REQUIRE(static_cast<Index>(y.total()) == expected.features() * expected.columns());
    const ConstMatrixMap<float> given(y.ptr<float>(), expected.features(), expected.columns());
    CHECK((given - expected.values()).cwiseAbs().maxCoeff() < 1e-5);
  }
}

}  // namespace onnx_opencv_test
}  // namespace recur::testing
