// What is written, run by OpenCV.
#include <opencv2/dnn.hpp>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "max_abs.hpp"
#include "recur/cell/gru.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/composition/residual.hpp"
#include "recur/exchange/onnx.hpp"
#include "recur/layer/dense.hpp"
#include "recur/network/chain.hpp"
#include "recur/network/network.hpp"
#include "recur/recurrence/bidirectional.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "temporary.hpp"

namespace recur::testing {
namespace onnx_opencv_test {

TEST_CASE("ONNX: OpenCV computes the same", "[exchange][onnx_opencv]") {
  const TemporaryDirectory directory;
  const Lstm<float> lstm{3, 4};
  const Gru<float> gru{3, 4};
  Chain<float> tagger{Network<float>{Bidirectional{lstm}}};
  tagger.add(Network<float>{Recurrent{Lstm<float>{8, 4}}});
  tagger.add(Network<float>{Residual{Recurrent{Lstm<float>{4, 4}}}});
  tagger.add(Network<float>{Dense<float, Tanh>{4, 2}});
  std::vector<std::pair<std::string, Network<float>>> all;
  all.emplace_back("lstm", Recurrent{lstm});
  all.emplace_back("both", Bidirectional{lstm});
  all.emplace_back("gru", Recurrent{gru});
  all.emplace_back("gru both", Bidirectional{gru});
  all.emplace_back("tagger", std::move(tagger));
  MatrixX<float> steps(3, 14);
  Random random(2);
  uniform(steps, 1, random);
  const Sequence<float> x(steps, 2);
  std::uint64_t seed = 1;
  for (auto& [name, net] : all) {
    INFO(name);
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
    CHECK(max_abs(given - expected.values()) < 1e-5);
  }
}

}  // namespace onnx_opencv_test
}  // namespace recur::testing
