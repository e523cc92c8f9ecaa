// Numbers of every type, and files that are no ONNX models.
#include "recur/exchange/onnx_file.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "catch.hpp"
#include "exchange/onnx_models.hpp"
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
  CHECK_THAT(file("\x3a" + size + bomb), ContainsSubstring("of memory: at most 10 times its size is legal"));
  ModelWriter m;
  m.input("x", {"b", "t", 4}).output("y");
  m.node("Relu", {"x"}, {"y"});
  const std::string whole = m.model.SerializeAsString();
  for (std::size_t k = 1; k < whole.size(); ++k) {
    const std::string length = "has " + std::to_string(k) + " bytes";
    CHECK_THAT(file(whole.substr(0, k)), StartsWith(length) && ContainsSubstring("cut off"));
  }
}

}  // namespace onnx_file_test
}  // namespace recur::testing
