// Numbers of every type, and files that are no ONNX models.
#include "recur/exchange/onnx/file.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "allocations.hpp"
#include "catch.hpp"
#include "exchange/onnx/models.hpp"
#include "recur/exchange/onnx.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace onnx_file_test {

using namespace onnx_models;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

TEST_CASE("ONNX: weights of every type, as raw data and in lists", "[exchange][onnx_file]") {
  const TemporaryDirectory directory;
  const std::vector<double> w{0.5, -1.25, 2, 0.125};
  for (const int type : {1, 10, 11, 16})
    for (const bool raw : {false, true}) {
      ModelWriter m;
      m.input("x", {"t", "b", 2}).output("y");
      auto& tensor = m.add("w", {2, 2}, type);
      std::string bytes;
      for (const double value : w) {
        const auto single = static_cast<float>(value);
        const auto half = Eigen::half_impl::float_to_half_rtne(single).x;
        const auto brain = static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(single) >> 16U);
        const auto put = [&](auto number) {
          bytes.append(reinterpret_cast<const char*>(&number), sizeof(number));
        };
        type == 1 ? put(single) : type == 10 ? put(half) : type == 11 ? put(value) : put(brain);
        if (raw) continue;
        type == 1    ? tensor.add_float_data(single)
        : type == 11 ? tensor.add_double_data(value)
                     : tensor.add_int32_data(type == 10 ? half : brain);
      }
      if (raw) tensor.set_raw_data(bytes);
      m.node("MatMul", {"x", "w"}, {"y"});
      const auto net = load_onnx(m.write(directory));
      const auto list = Parameters(net);
      INFO(type << ' ' << raw);
      CHECK(std::vector<float>(list.begin()->data, list.begin()->data + 4) ==
            std::vector<float>{0.5F, -1.25F, 2, 0.125F});
    }
}

TEST_CASE("ONNX: files that are empty, cut off, damaged or of another kind", "[exchange][onnx_file]") {
  const TemporaryDirectory directory;
  const auto file = [&](const std::string& bytes) {
    const auto path = directory.file("file.onnx", bytes);
    return refusal<FileError>([&] { load_onnx(path); }).substr(path.string().size() + 2);
  };
  CHECK(file("") == "is empty: it must be an ONNX model");
  CHECK(file("{\"layers\": []}") == "has 14 bytes, which are not those of an ONNX model");
  CHECK(file("\x08\x07") == "has 2 bytes and no graph: it is not an ONNX model, or is cut off");
  CHECK(file("\x3a\x02\x0a\x07") == "has 4 bytes of an ONNX model that is damaged within");
  CHECK(file(std::string("\x3a\x00", 2)) ==
        "has 2 bytes and names no version of the operators of ONNX: it is damaged or cut off");
  std::string bomb;
  for (int k = 0; k < 600000; ++k) bomb += std::string("\x0a\x00", 2);  // empty nodes
  std::string size;
  for (std::size_t left = bomb.size(); left > 0; left >>= 7U)
    size += static_cast<char>((left & 0x7FU) | (left > 0x7FU ? 0x80U : 0U));
  CHECK_THAT(file("\x3a" + size + bomb), ContainsSubstring("bytes of memory: at most "));
  ModelWriter m;
  m.input("x", {"b", "t", 4}).output("y");
  m.node("Relu", {"x"}, {"y"});
  const std::string whole = m.model.SerializeAsString();
  for (std::size_t k = 1; k < whole.size(); ++k) {
    const std::string length = "has " + std::to_string(k) + " bytes";
    CHECK_THAT(file(whole.substr(0, k)), StartsWith(length) && ContainsSubstring("cut off"));
  }
}

TEST_CASE("An ONNX file takes at most ten times its size in memory", "[exchange][onnx_file]") {
  if (!CountAllocations::works) return;
  const TemporaryDirectory directory;
  std::string last = "n0";  // what the output is made of
  // Some two megabytes of part(model, k): the peak over the size of the file.
  const auto times = [&](auto&& part) {
    ModelWriter m;
    m.input("x", {"t", "b", 4}).output("y");
    m.node("Relu", {"x"}, {"n0"});
    std::size_t each = 0;
    for (int k = 0; static_cast<std::size_t>(k) * each < 2'000'000; ++k) {
      part(m, k);
      if (k == 9) each = (m.model.ByteSizeLong() - 60) / 10;
      if (k < 9) each = 1;
    }
    m.node("Relu", {std::exchange(last, "n0")}, {"y"});
    const auto path = m.write(directory);
    const auto size = static_cast<double>(std::filesystem::file_size(path));
    const CountAllocations allocations;
    try {
      load_onnx_graph(path);
    } catch (const FileError&) {
    }
    return static_cast<double>(allocations.peak()) / size;
  };
  const auto number = [](int k) { return std::to_string(k); };
  CHECK(times([&](ModelWriter& m, int k) {
          auto& node = m.node("Relu", {"x"}, {"o" + number(k)}).message();
          node.clear_name();
        }) < 10);
  CHECK(times([&](ModelWriter& m, int k) {
          const std::string name = "/body/relu_of_the_network/output_" + number(k);
          m.node("Relu", {std::exchange(last, name)}, {name});
        }) < 10);
  CHECK(times([&](ModelWriter& m, int) { m.model.mutable_graph()->add_node(); }) < 10);
  CHECK(times([&](ModelWriter& m, int k) { m.constant("c" + number(k), {1}, {1}); }) < 10);
  CHECK(times([&](ModelWriter& m, int k) {
          m.add("c" + number(k), {1}, 1).set_raw_data(std::string(4, '\0'));
        }) < 10);
  CHECK(times([&](ModelWriter& m, int k) {
          m.constant("w" + number(k), {4, 4}, Floats(16, 0.5f));
          m.node("MatMul", {last, "w" + number(k)}, {"m" + number(k)});
          last = "m" + number(k);
        }) < 10);
  CHECK(times([&](ModelWriter& m, int k) {
          if (k % 2 == 0) m.constant("w" + number(k), {4, 5000}, Floats(20000, 0.5f));
          if (k % 2 == 0) m.node("MatMul", {"x", "w" + number(k)}, {"m" + number(k)});
          if (k % 2 == 1) m.constant("w" + number(k), {5000, 4}, Floats(20000, 0.5f));
          if (k % 2 == 1) m.node("MatMul", {"m" + number(k - 1), "w" + number(k)}, {last = "o" + number(k)});
        }) < 10);
  CHECK(times([&](ModelWriter& m, int k) {
          if (k == 0) m.constant("w", {4, 4000}, Floats(16000, 0.5f));
          m.node("MatMul", {"x", "w"}, {"o" + number(k)});
        }) < 10);
  CHECK(times([&](ModelWriter& m, int k) {
          auto& w = m.add("w" + number(k), {4, 5000}, 10);
          for (int i = 0; i < 20000; ++i) w.add_int32_data(1);
          m.node("MatMul", {"x", "w" + number(k)}, {"o" + number(k)});
        }) < 10);
  CHECK(times([&](ModelWriter& m, int k) {
          m.whole("c" + number(k), {20000}, std::vector<Index>(20000, 1));
          m.node("Relu", {"x"}, {"o" + number(k)}).with("axes", Dims(20000, 1));
        }) < 10);
  CHECK(times([&](ModelWriter& m, int k) {
          m.node("Constant", {}, {"o" + number(k)}).with("value_ints", Dims(100, 1));
        }) < 10);
  CHECK(times([&](ModelWriter& m, int k) {
          auto& entry = *m.model.add_metadata_props();
          entry.set_key(number(k));
        }) < 10);
}

}  // namespace onnx_file_test
}  // namespace recur::testing
