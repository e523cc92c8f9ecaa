// Checkpoints of a training on a long text. The checksum is made right before the training goes on from one, since else
// hardly any would be looked at further. One that is refused, in whatever words, changes nothing, and none makes the training ask for much memory.
#include <memory>
#include <string>
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
    const VectorX<float> before = values_of(Parameters(model));
    FitOptions options{.epochs = 2};
    options.checkpoint = {.in = std::make_shared<OneCheckpoint>(std::move(file)), .resume = true};
    options.checkpoint.on_warning = [](const std::string&) {};
    try {
      fuzz::within(size, [&] { return fit(model, optimizer, text, options); });
    } catch (
        const NonFinite&) {  // the training went on from the checkpoint, whose numbers are too large for it
      return;
    } catch (...) {
      if (values_of(Parameters(model)) != before || optimizer.steps != 0)
        fuzz::fail("a checkpoint that was refused changed the model or the optimizer");
      throw;
    }
  });
  return 0;
}
