// Checkpoints of a training on a long text. The checksum is made right before the training goes on from one, since else
// hardly any would be looked at further.
#include <memory>
#include <utility>
#include <vector>

#include "fuzz.hpp"
#include "recur/architecture/many_to_many.hpp"
#include "recur/cell/elman.hpp"
#include "recur/io/checkpoint.hpp"
#include "recur/train.hpp"

namespace {

struct OneCheckpoint final : recur::CheckpointStore {
  explicit OneCheckpoint(recur::TensorFile its) : file(std::move(its)) {}
  bool is_empty() const override { return false; }
  void save(const recur::RunState&, recur::Index) override {}
  std::unique_ptr<recur::SavedRun> newest(const std::function<void(const std::string&)>&) override {
    return std::make_unique<recur::detail::checkpoint::Saved>(file, "fuzz");
  }
  recur::TensorFile file;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace recur;
  fuzz::try_to_read(fuzz::file_of(data, size, ".safetensors"), [&](const auto& path) {
    TensorFile file = fuzz::within(size, [&] { return read_safetensors(path); });
    try {
      detail::checkpoint::check_whole(file, path);
    } catch (const FileError&) {
      detail::checkpoint::seal(file);
    }
    ManyToMany model{Sequential{Embedding<float>{3, 2}, Recurrent{Elman<float>{2, 2}}, Dense<float>{2, 3}},
                     EachStep{SoftmaxCrossEntropy<float>{}}};
    initialize(model, 1);
    Optimizer optimizer(model, Sgd{.momentum = 0.5});
    const LongText text({0, 1, 2, 0, 1, 1, 2, 2, 0, 1, 0}, 2, 2);
    fit(model, optimizer, text,
        {.epochs = 2,
         .checkpoint = {.in = std::make_shared<OneCheckpoint>(std::move(file)), .resume = true}});
  });
  return 0;
}
