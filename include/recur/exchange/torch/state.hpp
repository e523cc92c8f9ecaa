// State dicts of PyTorch from a file of torch.save, of safetensors, or of JSON.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include "recur/core/file.hpp"
#include "recur/core/mapped_file.hpp"
#include "recur/core/utf8.hpp"
#include "recur/exchange/torch/archive.hpp"
#include "recur/exchange/torch/json.hpp"
#include "recur/exchange/torch/tensors.hpp"
#include "recur/io/safetensors.hpp"
#include "recur/io/tensor_file.hpp"

namespace recur::inline RECUR_ABI {

namespace detail::exchange {

inline StateDict read_tensors(std::string_view bytes, const std::filesystem::path& path,
                              std::string_view key) {
  require_file(key.empty(), path, "is a safetensors file, which has no key ", quote(key));
  StateDict dict(path, false);
  dict.metadata =
      safetensors::Parser(bytes, path, true)
          .for_each([&](const std::string& name, const StoredTensor& tensor, std::string_view data) {
            dict.add({name, tensor.dtype, tensor.shape, row_major(tensor.shape),
                      reinterpret_cast<const std::byte*>(data.data())});
          });
  return dict;
}

enum class TorchFormat { archive, safetensors, json };
/// The format of a file, by its first bytes. Throws FileError for the formats of torch.save before PyTorch 1.6.
inline TorchFormat torch_format(std::string_view begin, const std::filesystem::path& path) {
  // A safetensors file begins with the length of its header, of 8 bytes, of which the last are zero. The first can be those
  // of another format.
  if (begin.size() > 8 && begin[8] == '{' && begin.substr(4, 4) == std::string_view("\0\0\0\0", 4))
    return TorchFormat::safetensors;
  require_file(
      !begin.starts_with("\x80\x02") && !begin.starts_with("\x80\x03") && !begin.starts_with("\x80\x04"),
      path,
      "is in the format of torch.save before PyTorch 1.6: load it with a newer PyTorch and save it anew, "
      "torch.save(torch.load(\"old.pt\"), \"new.pt\")");
  if (begin.starts_with("PK")) return TorchFormat::archive;
  const std::string_view length = begin.substr(0, 8);
  const auto first = length.find_first_not_of(" \t\r\n");
  const bool is_json = first != length.npos && length[first] == '{' && length.find('\0') == length.npos;
  return is_json ? TorchFormat::json : TorchFormat::safetensors;
}

/// The same of a file, which must be one that can be read twice.
inline TorchFormat torch_format(const std::filesystem::path& path) {
  std::error_code error;
  require_file(!std::filesystem::is_fifo(path, error), path, "is a pipe, not a file");
  return torch_format(std::string_view(read_file(path, 9)), path);
}

}  // namespace detail::exchange

/// The tensors of a file of torch.save(model.state_dict(), path), of a safetensors file, or of JSON, in which a tensor is
/// lists within lists: {name: tensor.tolist() for name, tensor in model.state_dict().items()}. If a file of torch.save holds
/// a dictionary of dictionaries, `key` chooses one: read_state_dict("checkpoint.pt", "model").
///
/// It executes nothing of the pickle (see exchange/torch/pickle.hpp). Throws FileError, which names the place, for a file that
/// can't be read, is damaged, cut off, or of the format before PyTorch 1.6, for one that would take more memory than ten
/// times its size, for a pickle that holds anything but tensors, and for tensors that don't lie within their numbers.
inline StateDict read_state_dict(const std::filesystem::path& path, std::string_view key = {}) {
  using namespace detail::exchange;
  if (torch_format(path) == TorchFormat::archive) return read_archive(TorchArchive(path), key);
  const auto file = std::make_shared<detail::MappedFile>(path);
  if (torch_format(file->bytes(), path) == TorchFormat::json)
    return read_json_tensors(file->bytes(), path, key);
  StateDict dict = read_tensors(file->bytes(), path, key);
  dict.keep(file);
  return dict;
}
/// The same of bytes in memory, which must live longer than the tensors. Errors call them `path`.
inline StateDict parse_state_dict(std::string_view bytes, std::string_view key = {},
                                  const std::filesystem::path& path = "state_dict") {
  using namespace detail::exchange;
  const TorchFormat format = torch_format(bytes, path);
  if (format == TorchFormat::archive) return read_archive(TorchArchive(bytes, path), key);
  if (format == TorchFormat::json) return read_json_tensors(bytes, path, key);
  return read_tensors(bytes, path, key);
}

}  // namespace recur::inline RECUR_ABI
