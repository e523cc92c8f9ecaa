// Writes the headers of golden/embedded anew, after a change of the format:
//
//   g++ -std=c++20 -isystem /usr/include/eigen3 -I include -I tests tests/golden/make_embedded.cpp -o make && ./make tests/golden/embedded
#include <concepts>
#include <filesystem>
#include <ostream>
#include <string>
#include <type_traits>

#include "exchange/header_networks.hpp"
#include "recur/core/file.hpp"

using namespace recur;
using namespace recur::testing::header_networks;

int main(int, char** arguments) {
  const std::filesystem::path folder = arguments[1];
  std::string all =
      "// What make_embedded.cpp writes: networks, their inputs and outputs.\n#pragma "
      "once\n\n#include <cstdint>\n\n";
  std::string values = "\nnamespace expected {\n";
  for_each_network(
      [&]<class In>(const std::string& name, const Network<float, In>& network, HeaderWeights weights) {
        write_header(folder / (name + ".hpp"), network, name, texts_of(network, weights));
        all += "#include \"" + name + ".hpp\"\n";
        const auto [y, x] = run(in_header(network, weights));
        const auto list = [&](const char* what, const auto* numbers, Index count, Index rows) {
          values += "inline constexpr " +
                    std::string(std::same_as<In, Token> && *what == 'x' ? "std::int32_t " : "float ") + name +
                    '_' + what + '[' + std::to_string(count / rows) + "][" + std::to_string(rows) + "] = {";
          for (Index i = 0; i < count; ++i) {
            values += (i == 0 ? "{" : i % rows == 0 ? "}, {" : ", ");
            if constexpr (std::same_as<std::remove_cvref_t<decltype(*numbers)>, float>)
              values += detail::header_file::literal(numbers[i]);
            else
              values += std::to_string(numbers[i]);
          }
          values += "}};\n";
        };
        list("x", x.data(), static_cast<Index>(x.size()), std::same_as<In, Token> ? 1 : network.input_size());
        list("y", y.data(), y.size(), y.rows());
      });
  write_file(folder / "all.hpp",
             [&](std::ostream& out) { out << all << values << "}  // namespace expected\n"; });
}
