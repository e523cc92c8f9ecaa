// Archives of torch.save, made by hand.
#pragma once

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "recur/exchange/zip_file.hpp"

namespace recur::testing {

inline std::string torch_archive(const std::string& pickle,
                                 const std::vector<std::pair<std::string, std::string>>& storages = {}) {
  std::vector<std::pair<std::string, std::string>> entries{{"a/data.pkl", pickle}, {"a/version", "3\n"}};
  for (const auto& [key, bytes] : storages) entries.emplace_back("a/data/" + key, bytes);
  std::ostringstream out;
  detail::exchange::write_zip(out, entries);
  return out.str();
}

/// Opcodes: texts below 128 letters, whole numbers below 256, tuples.
inline std::string text_op(const std::string& text) {
  return 'X' + std::string{static_cast<char>(text.size()), '\0', '\0', '\0'} + text;
}
inline std::string integer_op(int value) { return {'K', static_cast<char>(value)}; }
inline std::string tuple_op(const std::string& elements) { return '(' + elements + 't'; }
inline std::string global_op(const std::string& module, const std::string& name) {
  return 'c' + module + '\n' + name + '\n';
}
inline std::string storage_op(const std::string& key, int count, const std::string& type = "FloatStorage") {
  return tuple_op(text_op("storage") + global_op("torch", type) + text_op(key) + text_op("cpu") +
                  integer_op(count)) +
         'Q';
}
/// A tensor of these sizes and strides, which are opcodes.
inline std::string tensor_op(const std::string& storage, const std::string& offset, const std::string& shape,
                             const std::string& strides) {
  return global_op("torch._utils", "_rebuild_tensor_v2") +
         tuple_op(storage + offset + tuple_op(shape) + tuple_op(strides) + '\x89' +
                  global_op("collections", "OrderedDict") + ")R") +
         'R';
}
/// A dictionary of keys and values, opcodes in turn, as a whole pickle.
inline std::string dict_pickle(const std::string& elements) {
  return std::string("\x80\x02", 2) + "}(" + elements + "u.";
}

}  // namespace recur::testing
