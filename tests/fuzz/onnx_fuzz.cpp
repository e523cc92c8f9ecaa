// Models in ONNX, and a short run of those that can be loaded.
#include <algorithm>
#include <vector>

#include "fuzz.hpp"
#include "recur/exchange/onnx.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace recur;
  const auto with_file = [&](auto&& read) { fuzz::try_to_read(fuzz::file_of(data, size, ".onnx"), read); };
  with_file([&](const auto& path) {
    const auto graph = fuzz::read_within(size, [&] { return load_onnx_graph(path); });
    std::vector<Sequence<float>> x;
    std::vector<NamedSequence<float>> inputs;
    for (const auto& input : graph.inputs()) {
      if (input.features > 1000) return;
      x.emplace_back(MatrixX<float>::Ones(input.features, 6), 2);
    }
    for (std::size_t k = 0; k < x.size(); ++k) inputs.push_back({graph.inputs()[k].name, x[k]});
    Graph<float>::Tape tape;
    graph.forward(inputs, tape);
  });
  with_file([&](const auto& path) {
    const auto net = fuzz::read_within(size, [&] { return load_onnx(path); });
    if (net.input_size() > 1000) return;
    Network<float>::Tape tape;
    net.forward(Sequence<float>(MatrixX<float>::Ones(std::max<Index>(net.input_size(), 1), 6), 2), tape);
  });
  with_file([&](const auto& path) {
    const auto graph = fuzz::read_within(size, [&] { return load_onnx_graph<Token>(path); });
    const Sequence<Token> x({{0, 0, 0}, {0}});
    std::vector<NamedSequence<Token>> inputs;
    for (const auto& input : graph.inputs()) inputs.push_back({input.name, x});
    Graph<float, Token>::Tape tape;
    graph.forward(inputs, tape);
  });
  with_file([&](const auto& path) {
    const auto net = fuzz::read_within(size, [&] { return load_onnx<Token>(path); });
    Network<float, Token>::Tape tape;
    net.forward(Sequence<Token>({{0, 0, 0}, {0}}), tape);
  });
  with_file([&](const auto& path) { fuzz::read_within(size, [&] { return onnx_metadata(path); }); });
  return 0;
}
