// Archives of torch.save, made by hand.
#pragma once

#include <zip.h>

#include <memory>
#include <sstream>
#include <stdexcept>
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

/// The same with its entries compressed, as torch.save never writes it.
inline std::string compressed_torch_archive(
    const std::string& pickle, const std::vector<std::pair<std::string, std::string>>& storages) {
  const auto check = [](bool done) {
    if (!done) throw std::runtime_error("libzip made no archive");
  };
  zip_error_t failure;
  zip_error_init(&failure);
  const std::unique_ptr<zip_source_t, decltype(&zip_source_free)> whole(
      zip_source_buffer_create(nullptr, 0, 0, &failure), zip_source_free);
  zip_source_keep(whole.get());
  zip_t* const archive = zip_open_from_source(whole.get(), ZIP_TRUNCATE, &failure);
  check(archive != nullptr);
  const auto add = [&](const std::string& name, const std::string& bytes) {
    check(zip_file_add(archive, name.c_str(), zip_source_buffer(archive, bytes.data(), bytes.size(), 0), 0) >=
          0);
  };
  add("a/data.pkl", pickle);
  for (const auto& [key, bytes] : storages) add("a/data/" + key, bytes);
  check(zip_close(archive) == 0 && zip_source_open(whole.get()) == 0);
  std::string all;
  char piece[4096];
  for (zip_int64_t got = 1; got > 0;) {
    got = zip_source_read(whole.get(), piece, sizeof piece);
    check(got >= 0);
    all.append(piece, static_cast<std::size_t>(got));
  }
  zip_source_close(whole.get());
  return all;
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
