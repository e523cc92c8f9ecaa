// Files of PyTorch that may come from anyone: archives, pickles, state dicts, optimizers. An input that begins as a
// pickle is put into an archive, since one with a right checksum is hardly found.
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fuzz.hpp"
#include "recur/exchange/torch.hpp"
#include "recur/exchange/torch/optimizer.hpp"
#include "recur/train/optimizer.hpp"

namespace {

template <class F>
void attempt(F&& f) {
  try {
    f();
  } catch (const recur::FileError&) {  // all else ends the run
  }
}

void read(std::string_view bytes, std::string_view key) {
  using namespace recur;
  const auto within = [&](auto&& part) {
    fuzz::within(bytes.size(), part, 9, fuzz::free_for_archives);  // beside the bytes
  };
  within([&] {
    attempt([&] {
      const StateDict dict = parse_state_dict(bytes, key);
      const TorchOptions options{.heads = 1};
      attempt([&] { load_torch<float>(dict, options); });
      attempt([&] { load_torch<Token>(dict, options); });
    });
  });
  within([&] { attempt([&] { parse_torch_optimizer(bytes, key); }); });
}

/// Weights and the state of an optimizer, into a model that already is.
void take(std::string_view bytes) {
  using namespace recur;
  attempt([&] {
    const StateDict dict = parse_state_dict(bytes, "model");
    TorchModel found;
    auto net = load_torch<float>(dict, {.heads = 1}, &found);
    take_state_dict(net, dict, found.names);
    if (dict.has_order()) found.names.set_order(dict);
    const TorchOptimizer there = parse_torch_optimizer(bytes, "optimizer");
    const auto take_for = [&](auto rule) {
      Optimizer optimizer(net, rule);
      attempt([&] {
        fuzz::within(
            bytes.size(), [&] { take_optimizer_state(optimizer, net, there, found.names); }, 9);
      });
    };
    take_for(Adam{});
    take_for(Sgd{.momentum = 0.9});
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.starts_with('\x80')) {
    std::vector<std::pair<std::string, std::string>> entries{{"a/data.pkl", bytes}, {"a/version", "3\n"}};
    for (const auto& [key, count] :
         {std::pair("0", 24), std::pair("1", 36), std::pair("2", 12), std::pair("3", 4)})
      entries.emplace_back(std::string("a/data/") + key,
                           std::string(static_cast<std::size_t>(4 * count), '\x3E'));
    std::ostringstream out;
    recur::detail::exchange::write_zip(out, entries);
    bytes = out.str();
  }
  read(bytes, {});
  read(bytes, "model");
  take(bytes);
  return 0;
}
